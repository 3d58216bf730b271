"""All of it, end to end: dbt builds Mossbank, its models land in an Intercom, and a change costs one call.

Run it against the local Intercom that comes with the package:

    dbt-intercom-activate sandbox --run "python sample_project/scripts/demo.py"

Every command is shown before it runs.
Two records are bad on purpose, and fail while all others succeed.
At the end, what the models, the ledger and Intercom hold is compared record by record and field by field.
The exit code is 1 where they differ, where a sync made other calls than it should, or where other records failed.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import requests

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "target" / "demo"
WAREHOUSE = FOLDER / "mossbank.duckdb"
FAILURES = {"contact_tags": "not_found", "events": "invalid_value"}
"""The code of the one record that fails, by activation."""
LOOKUPS = 2
"""Calls by which every sync asks again for the contact that was not found: a search, and the contact by its own id."""
TAGS_A_CALL = 50
CONTROL = {"X-Sandbox": "1"}
"""What the sandbox asks of those who look behind it, so that no web page can."""


def main() -> int:
    """Tell the story; returns the exit code."""
    intercom = Intercom.from_environment()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    mistakes: list[str] = []

    say("A new Intercom workspace has the attributes that Intercom gives it. Create those that are ours:")
    for attribute in json.loads((PROJECT / "intercom_attributes.json").read_text(encoding="utf-8")):
        intercom.post("attributes", attribute)
        print(f"  {attribute['model']}: {attribute['name']} ({attribute['data_type']})")

    say("Build and test the models with dbt.")
    run("dbt --quiet build")
    print(f"  {in_words(artifact('run_results.json'))}, in {WAREHOUSE.relative_to(PROJECT.parent)}")

    say("What would a sync send? This asks the warehouse only.")
    run("dbt-intercom-activate plan")

    say("Sync: every record is new. Two are bad on purpose; all others arrive, and the exit code is 1.")
    first = sync(intercom, "dbt-intercom-activate sync", exit_code=1)

    say("Which failed, and why? Ask the warehouse.")
    failures = show_failures()
    if sorted((activation, code) for activation, _, code, _ in failures) != sorted(FAILURES.items()):
        mistakes.append(f"failures: expected {FAILURES}")

    say(
        "Sync again: nothing changed, so nothing is sent. The event waits for another value and costs no call;"
        f"\n# whether the ambassador is in Intercom by now is asked again, in {LOOKUPS} calls that read."
    )
    second = sync(intercom, "dbt-intercom-activate sync", exit_code=1)

    say("In the source data, one customer asks for no more marketing emails.")
    customer = change_one_customer()
    run("dbt --quiet run")
    changed = sync(intercom, "dbt-intercom-activate sync", exit_code=1)
    results = artifact("intercom_activate_results.json")["results"]
    print(f"\nGET /contacts/find_by_external_id/{customer}")
    print(f"  unsubscribed_from_emails: {json.dumps(intercom.contact(customer)['unsubscribed_from_emails'])}")

    say(
        "One ambassador leaves the list, and with `removed: detach` loses the tag: one call that reads the tags' ids,"
        "\n# and one that takes it off. Build and sync that model alone. What fails in it stands in its `warn`,"
        "\n# so the exit code is 0."
    )
    remove_one_ambassador()
    gone = sync(intercom, "dbt-intercom-activate build --select intercom_contact_tags", exit_code=0)

    say("Compare what the models, the ledger and Intercom hold.")
    state = intercom.get("state")
    table("records", "model", "failed", "ledger", "Intercom", "all equal")
    writes_due = 0
    for result in results:
        name = result["activation"]
        compared = compare(result, state)
        failed = sum(activation == name for activation, *_ in failures)
        table(name, compared.model, failed, compared.ledger, compared.intercom, compared.equal)
        if {compared.ledger, compared.intercom, compared.equal} != {compared.model - failed}:
            mistakes.append(f"{name}: model, ledger and Intercom differ")
        writes_due += compared.calls

    print()
    table("calls", "read", "write", "sync told")
    for name, (reads, writes, told), reads_due, due in (
        ("first sync", first, None, writes_due),
        ("second sync", second, LOOKUPS, 0),
        ("one row changed", changed, LOOKUPS, 1),
        ("one row gone", gone, LOOKUPS + 1, 1),
    ):
        table(name, reads, writes, told)
        if writes != due:
            mistakes.append(f"{name}: {writes:,} calls that write, expected {due:,}")
        if reads_due is not None and reads != reads_due:
            mistakes.append(f"{name}: {reads:,} calls that read, expected {reads_due:,}")
        if told != reads + writes:
            mistakes.append(f"{name}: sync told of {told:,} calls, Intercom had {reads + writes:,}")

    print()
    table("failures", "code")
    for activation, _, code, _ in failures:
        table(activation, code)

    print()
    for mistake in mistakes:
        print(f"MISMATCH {mistake}")
    print("The demo failed." if mistakes else "All agree.")
    return 1 if mistakes else 0


class Intercom:
    """The local Intercom, seen from behind: what it holds, and which calls it had."""

    def __init__(self, url: str) -> None:
        self._url = url

    @classmethod
    def from_environment(cls) -> Intercom:
        """The one that `sandbox --run` started; never a real one."""
        url = os.environ.get("INTERCOM_BASE_URL", "")
        if urlsplit(url).hostname != "127.0.0.1":
            sys.exit(__doc__)
        return cls(url)

    def get(self, path: str) -> Any:
        """What stands below /_sandbox/."""
        answer = requests.get(f"{self._url}/_sandbox/{path}", headers=CONTROL, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: Any) -> None:
        """Change what stands below /_sandbox/."""
        answer = requests.post(f"{self._url}/_sandbox/{path}", json=body, headers=CONTROL, timeout=30)
        answer.raise_for_status()

    def contact(self, external_id: str) -> Any:
        """A contact, as any client of Intercom's API gets it."""
        token = os.environ["INTERCOM_ACCESS_TOKEN"]
        answer = requests.get(
            f"{self._url}/contacts/find_by_external_id/{external_id}",
            headers={"Authorization": f"Bearer {token}", "Intercom-Version": "2.16"},
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json()

    def calls(self) -> tuple[int, int]:
        """How many calls read, and how many wrote; what every run asks at its start does not count."""
        log = self.get("calls")
        start = sum(log["calls"].get(each, 0) for each in ("GET /me", "GET /data_attributes"))
        return log["total"] - start - log["writes"], log["writes"]


def sync(intercom: Intercom, command: str, *, exit_code: int) -> tuple[int, int, int]:
    """Sync; returns how many calls read and wrote, and how many there were by sync's own account."""
    before = intercom.calls()
    run(command, exit_code=exit_code)
    after = intercom.calls()
    told = sum(each["api_calls"] for each in artifact("intercom_activate_results.json")["results"])
    return after[0] - before[0], after[1] - before[1], told


def show_failures() -> list[tuple[str, str, str, str]]:
    """Print and return the failed records, as the warehouse has them."""
    statement = "select activation, identifier_value, code, message from intercom_activate.failures order by all"
    print(f"\nduckdb> {statement}")
    with duckdb.connect(str(WAREHOUSE), read_only=True) as connection:
        failures = connection.execute(statement).fetchall()
    for activation, identifier, code, message in failures:
        print(f"  {activation:<14}{identifier:<14}{code:<15}{message}")
    return failures


def change_one_customer() -> str:
    """Change one row of the source data in the warehouse; returns the customer's id."""
    with duckdb.connect(str(WAREHOUSE)) as connection:
        [(customer,)] = connection.execute(
            "select min(customer_id) from dev.intercom_contacts where not is_unsubscribed_from_emails"
        ).fetchall()
        statement = f"update raw.raw_customers set marketing_opt_out = true where customer_id = '{customer}'"
        print(f"\nduckdb> {statement}")
        connection.execute(statement)
    return str(customer)


def remove_one_ambassador() -> None:
    """Delete one row of the source data in the warehouse."""
    with duckdb.connect(str(WAREHOUSE)) as connection:
        [(customer,)] = connection.execute(
            "select min(identifier_value) from intercom_activate.synced where related_value = 'Ambassador'"
        ).fetchall()
        statement = f"delete from raw.raw_ambassadors where customer_id = '{customer}'"
        print(f"\nduckdb> {statement}")
        connection.execute(statement)


@dataclass(frozen=True)
class Compared:
    """How many records of an activation there are in each place."""

    model: int
    ledger: int
    intercom: int
    equal: int
    """How many are the same in all three."""
    calls: int
    """How many calls it takes to write all of them for the first time."""


def compare(result: dict[str, Any], state: dict[str, Any]) -> Compared:
    """Count an activation's records in model, ledger and Intercom, and those that are equal in all three."""
    node = artifact("manifest.json")["nodes"][result["unique_id"]]
    with duckdb.connect(str(WAREHOUSE), read_only=True) as connection:
        relation = connection.execute(f"select * from {node['relation_name']}")
        names = [column[0] for column in relation.description]
        rows = [dict(zip(names, row)) for row in relation.fetchall()]
        ledger = {
            key: ids
            for key, *ids in connection.execute(
                "select record_key, intercom_id, related_id from intercom_activate.synced where activation = ?",
                [result["activation"]],
            ).fetchall()
        }
    held = HELD[result["object"]](state)
    fields = mapping(node)
    constants = node["config"]["meta"]["intercom"].get("constants", {})
    keys = KEYS[result["object"]]
    equal = 0
    for row in rows:
        sent = {field: column for field, (column, only) in fields.items() if only in (None, row[column])}
        due = {field: as_sent(row[column]) for field, column in sent.items()} | constants
        record = held.get(tuple(due[field] for field in keys))
        ids = ledger.get(record_key([str(due[field] if field == "created_at" else row[sent[field]]) for field in keys]))
        if record is None or ids is None or ids != [record.get("id"), record.get("related_id")]:
            continue
        equal += all(in_intercom(record, field) == value for field, value in due.items())
    if result["object"] in ("contact_tag", "company_tag"):
        by_tag = Counter(tag for _, tag in held)
        calls = sum(math.ceil(count / TAGS_A_CALL) for count in by_tag.values())
    else:
        calls = len(held)
    return Compared(len(rows), len(ledger), len(held), equal, calls)


def record_key(texts: list[str]) -> str:
    """How the ledger names a record: by the text of one column, or by those of several with their lengths.

    The moment of an event is its unix seconds.
    """
    return texts[0] if len(texts) == 1 else ",".join(f"{len(text)}:{text}" for text in texts)


def tags_of(state: dict[str, Any], objects: str, key: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Which contact, or company, has which tag."""
    names = {tag["id"]: tag["name"] for tag in state["tags"]}
    return {
        (each[key], names[tag]): {"id": each["id"], "related_id": tag, "fields": {key: each[key], "tag": names[tag]}}
        for each in state[objects]
        for tag in each["tags"]
    }


def memberships(state: dict[str, Any]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Which contact belongs to which company."""
    company_ids = {company["id"]: company["company_id"] for company in state["companies"]}
    held = {}
    for contact in state["contacts"]:
        for company in contact["companies"]:
            pair = contact["external_id"], company_ids[company]
            fields = {"contact.external_id": pair[0], "company.company_id": pair[1]}
            held[pair] = {"id": contact["id"], "related_id": company, "fields": fields}
    return held


def events(state: dict[str, Any]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Who did what when. Intercom tells no id of an event, and so neither does the ledger."""
    return {
        (each["external_id"], each["event_name"], each["created_at"]): {
            "fields": {name: each[name] for name in ("external_id", "event_name", "created_at")},
            "metadata": each["metadata"],
        }
        for each in state["events"]
    }


KEYS = {
    "contact": ("external_id",),
    "company": ("company_id",),
    "contact_company": ("contact.external_id", "company.company_id"),
    "contact_tag": ("external_id", "tag"),
    "company_tag": ("company_id", "tag"),
    "event": ("external_id", "event_name", "created_at"),
}
"""The fields that tell one record of an object from another."""

HELD = {
    "contact": lambda state: {(each["external_id"],): each for each in state["contacts"]},
    "company": lambda state: {(each["company_id"],): each for each in state["companies"]},
    "contact_company": memberships,
    "contact_tag": lambda state: tags_of(state, "contacts", "external_id"),
    "company_tag": lambda state: tags_of(state, "companies", "company_id"),
    "event": events,
}
"""What the local Intercom holds of an object, by these fields."""


def mapping(node: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Intercom field: column, and the only value that is sent (None for all), from the model's meta and its columns'."""
    fields = dict(node["config"]["meta"]["intercom"]["fields"])
    for column in node["columns"].values():
        if "intercom" in column["config"]["meta"]:
            fields[column["config"]["meta"]["intercom"]] = column["name"]
    return {
        field: (written["column"], written["only_to"]) if isinstance(written, dict) else (written, None)
        for field, written in fields.items()
    }


def in_intercom(record: dict[str, Any], field: str) -> Any:
    """A field's value as Intercom holds it; it holds no nulls."""
    group, _, name = field.partition(".")
    if group in ("custom_attributes", "metadata"):
        return record[group].get(name)
    return record[field] if field in record else record["fields"].get(field)


def as_sent(value: Any) -> Any:
    """A column's value as Intercom's API spells it: unix seconds, numbers, text."""
    if isinstance(value, datetime):
        return int(value.replace(tzinfo=timezone.utc).timestamp())
    if isinstance(value, date):
        return as_sent(datetime.combine(value, time()))
    return float(value) if isinstance(value, Decimal) else value


def artifact(name: str) -> Any:
    """One of the files that dbt and sync leave behind."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def in_words(run_results: dict[str, Any]) -> str:
    """How dbt's build went: `6 seeds, 17 models and 125 tests passed`."""
    kinds = [each["unique_id"].split(".")[0] for each in run_results["results"]]
    tests = kinds.count("test") + kinds.count("unit_test")
    return f"{kinds.count('seed')} seeds, {kinds.count('model')} models and {tests} tests passed"


def say(sentence: str) -> None:
    """Tell what comes next."""
    print(f"\n# {sentence}", flush=True)


def table(name: str, *cells: int | str) -> None:
    """Print a row of a table."""
    texts = (cell if isinstance(cell, str) else f"{cell:,}" for cell in cells)
    print(f"  {name:<18}" + "".join(f"{text:>14}" for text in texts))


def run(command: str, *, exit_code: int = 0) -> None:
    """Show a command and run it in the project's folder; another exit code than the one due ends the demo."""
    print(f"\n$ {command}", flush=True)
    program, *arguments = command.split()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # The user's own dbt settings would lead elsewhere.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    environment |= {
        "DBT_LOG_PATH": str(FOLDER),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_TARGET_PATH": str(FOLDER),
        "PATH": path,
        "SAMPLE_DUCKDB_PATH": str(WAREHOUSE),
    }
    found = shutil.which(program, path=path) or program
    code = subprocess.run([found, *arguments], cwd=PROJECT, env=environment, check=False).returncode
    if code != exit_code:
        sys.exit(f"\nThe demo failed: `{command}` ended with exit code {code}, not {exit_code}")


if __name__ == "__main__":
    sys.exit(main())
