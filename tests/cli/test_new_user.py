"""What a new user types, one command after the other, in a dbt project that knows nothing of Intercom yet.

The commands are the installed ones, as processes of their own; the Intercom is the sandbox.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from shop_harness import dbt_in, run_in

pytestmark = pytest.mark.slow  # a person's first hour, each command a process of its own

COMMANDS = Path(sys.executable).parent

PROJECT = {
    "dbt_project.yml": "name: shop\nprofile: shop\nflags: {send_anonymous_usage_stats: false}\n",
    "profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n",
    "models/intercom_contacts.sql": (
        "select 'c1' as customer_id, 'ada@example.com' as email, 'pro' as plan\n"
        "union all select 'c2', 'grace@example.com', 'free'\n"
    ),
}

MODEL = """\
models:
  - name: intercom_contacts
    config:
      materialized: table
      meta:
        intercom:
{block}
    columns:
      - name: customer_id
        data_tests: [unique, not_null]
"""

WITH_THREE_MISTAKES = """\
          object: contact
          behaviour: upsrt
          identifier: external_id
          nulls: keep
          fields:
            external_id: customer_id
            emial: email
            custom_attributes.plan: plan
          create_attributes: true"""
BLOCK = (
    WITH_THREE_MISTAKES.replace("upsrt", "upsert")
    .replace("nulls: keep", "nulls: skip")
    .replace("emial", "email")
)


class NewUser:
    """Somebody at a terminal, in the folder of their project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in PROJECT.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text)

    def types(self, line: str, code: int = 0) -> str:
        """Type a line and read what it prints; it ends with this exit code."""
        command, *arguments = line.split()
        ran = subprocess.run(
            [COMMANDS / command, *arguments],
            cwd=self.folder,
            env={**os.environ, "DBT_USE_COLORS": "false"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ran.returncode == code, f"$ {line}\n{ran.stdout}"
        assert "Traceback" not in ran.stdout
        return ran.stdout


class LaterUser(NewUser):
    """The same person, who does not wait for a process at each command."""

    def types(self, line: str, code: int = 0) -> str:
        """As at a terminal; of dbt's own commands nothing is read."""
        command, *arguments = line.split()
        if command == "dbt":
            assert dbt_in(self.folder, *arguments).success, line
            return ""
        ran = run_in(self.folder, *arguments)
        assert ran.code == code, f"$ {line}\n{ran.text}"
        assert "Traceback" not in ran.text
        return ran.text


@pytest.fixture
def user(tmp_path):
    return NewUser(tmp_path)


def test_a_new_user_gets_from_nothing_to_a_sync(user, shared_sandbox):
    shared_sandbox.state.reset()
    user.types("dbt build")

    said = user.types("dbt-intercom-activate init")
    assert f"Wrote {user.folder / 'intercom.yml'}" in said
    assert "Next:" in said
    workspaces = (user.folder / "intercom.yml").read_text()
    user.write("intercom.yml", workspaces.replace("http://127.0.0.1:8765", shared_sandbox.base_url))

    user.write("models/schema.yml", MODEL.format(block=WITH_THREE_MISTAKES))
    said = user.types("dbt parse", code=2)
    mistakes = dict(re.findall(r"models/schema\.yml:(\d+): intercom_contacts: meta\.intercom\.(\S+):", said))
    assert mistakes == {"8": "behaviour", "10": "nulls", "13": "fields.emial"}
    assert "3 mistakes" in said
    assert "Did you mean `upsert`?" in said
    assert "Did you mean `email`?" in said
    assert len(shared_sandbox.calls) == 0

    user.write("models/schema.yml", MODEL.format(block=BLOCK))
    user.types("dbt parse")

    said = user.types("dbt-intercom-activate check")
    assert "token: [OK accepted by Sandbox, id sandbox1]" in said
    assert "the first sync makes plan (string)" in said
    assert "All checks passed!" in said
    assert len(shared_sandbox.state.contacts) == 0
    assert len(shared_sandbox.state.attributes) == 0
    shared_sandbox.calls.clear()

    said = user.types("dbt-intercom-activate plan")
    assert re.search(r"^intercom_contacts +2 +2 +0 +0 +0 +0 +0$", said, re.MULTILINE)
    assert shared_sandbox.calls.writes == 0
    assert len(shared_sandbox.state.contacts) == 0

    said = user.types("dbt-intercom-activate build")
    assert "1 of 1 OK intercom_contacts: 2 inserted" in said
    assert {contact.external_id for contact in shared_sandbox.state.contacts} == {"c1", "c2"}

    model = PROJECT["models/intercom_contacts.sql"]
    user.write("models/intercom_contacts.sql", model.replace("'c2'", "'c1'").replace("free", "pro"))
    shared_sandbox.calls.clear()
    said = user.types("dbt-intercom-activate build", code=1)
    assert "1 of 1 BLOCKED intercom_contacts" in said
    assert "failed: unique_intercom_contacts_customer_id" in said
    assert shared_sandbox.calls.writes == 0

    said = user.types("dbt-intercom-activate status")
    assert re.fullmatch(
        r"intercom_contacts to sandbox: success at \S+ \S+Z: 2 inserted; blocked at \S+ \S+Z\n", said
    )

    user.write("models/intercom_contacts.sql", model.replace("free", "pro"))
    said = user.types("dbt-intercom-activate build")
    assert "1 of 1 OK intercom_contacts: 1 unchanged, 1 updated" in said
    assert user.types("dbt-intercom-activate status --failures") == "No record failed last.\n"


INTERCOM = """\
default: sandbox
workspaces:
  sandbox: {{base_url: "{url}", access_token: sandbox}}
"""
PEOPLE = """\
          name: people
          object: contact
          behaviour: upsert
          identifier: external_id
          removed: archive
          max_removed: 100%
          fields: {external_id: customer_id, email: email}"""
SNAPSHOT = """\
snapshots:
  - name: customers_as_they_were
    relation: ref('intercom_contacts')
    config:
      unique_key: customer_id
      strategy: check
      check_cols: all
      meta:
        intercom:
          name: history
          object: contact
          behaviour: update
          identifier: external_id
          fields: {external_id: customer_id, email: email}
"""


@pytest.fixture
def synced(tmp_path, shared_sandbox):
    """The user, an hour later: two people are in Intercom."""
    user = LaterUser(tmp_path)
    shared_sandbox.state.reset()
    user.write("intercom.yml", INTERCOM.format(url=shared_sandbox.base_url))
    user.write("models/schema.yml", MODEL.format(block=PEOPLE))
    user.types("dbt-intercom-activate build")
    shared_sandbox.calls.clear()
    return user


def test_the_day_after_names_identifiers_and_snapshots_change(synced, shared_sandbox):
    state = shared_sandbox.state
    renamed = PEOPLE.replace("name: people", "name: folks")
    synced.write("models/schema.yml", MODEL.format(block=renamed))
    said = synced.types("dbt-intercom-activate build")
    assert "activation people is in the ledger and no longer in the project: 2 records" in said

    model = PROJECT["models/intercom_contacts.sql"]
    synced.write("models/intercom_contacts.sql", model.partition("union all")[0])
    renamed = renamed.replace("name: folks", "name: folks\n          was: people")
    synced.write("models/schema.yml", MODEL.format(block=renamed))
    said = synced.types("dbt-intercom-activate build")
    assert "folks: 1 removed" in said
    assert [each.external_id for each in state.contacts if each.live] == ["c1"]

    by_email = renamed.replace("identifier: external_id", "identifier: email")
    synced.write("models/schema.yml", MODEL.format(block=by_email))
    synced.types("dbt parse")
    planned = synced.types("dbt-intercom-activate plan")
    assert re.search(r"^folks +1 +1 +0 +0 +0 +1 +0 +0$", planned, re.MULTILINE)
    synced.types("dbt-intercom-activate build")
    assert [each.external_id for each in state.contacts if each.live] == ["c1"]

    synced.write("models/schema.yml", MODEL.format(block=renamed))
    synced.write("snapshots/history.yml", SNAPSHOT)
    synced.types("dbt-intercom-activate build")
    synced.write("models/intercom_contacts.sql", model.replace("ada@", "countess@").partition("union all")[0])
    said = synced.types("dbt-intercom-activate build")
    assert "OK history" in said
    assert "duplicate_identifier" not in said
    assert [each.email for each in state.contacts if each.live] == ["countess@example.com"]


def test_the_day_after_other_commands_come_between(synced, shared_sandbox):
    synced.types("dbt build")
    synced.types("dbt docs generate")
    assert "1 of 1 OK people: 2 unchanged" in synced.types("dbt-intercom-activate sync")

    assert "1 of 1 OK people: 2 unchanged" in synced.types("dbt-intercom-activate sync --select people")
    said = synced.types("dbt-intercom-activate sync --select poeple")
    assert "'poeple' does not match any activation" in said
    assert "Did you mean `activation:people`?" in said

    synced.write("intercom.yml", INTERCOM.format(url="http://127.0.0.1:9"))
    said = synced.types("dbt-intercom-activate sync --resend", code=1)
    assert said.count("nothing answers at http://127.0.0.1:9, which is this machine") == 1
    assert "dbt-intercom-activate sandbox" in said
    assert shared_sandbox.calls.writes == 0
