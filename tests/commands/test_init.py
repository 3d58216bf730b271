"""`init` starts a project, and overwrites nothing."""

from __future__ import annotations

import pytest
import yaml

from dbt_intercom_activate.commands.init import EXAMPLE
from dbt_intercom_activate.configuration import workspace as workspaces


@pytest.fixture
def empty(shop):
    (shop.folder / "intercom.yml").unlink()
    return shop


def test_a_file_that_works_is_written(empty):
    ran = empty.run("init", "--region", "eu")

    assert ran.code == 0
    assert "Next:" in ran.out
    env = {"INTERCOM_ACCESS_TOKEN": "t"}
    production = workspaces.read(empty.folder, target={"name": "prod"}, env=env)
    assert production.workspace(production.default).base_url == "https://api.eu.intercom.io"
    laptop = workspaces.read(empty.folder, target={"name": "dev"}, env={})
    assert laptop.workspace(laptop.default).base_url == "http://127.0.0.1:8765"


SCHEMA = """\
version: 2
models:
  # who buys from us
  - name: customers   # one row each
    description: People.
{config}
    columns:
      - name: customer_id   # ours
"""


@pytest.fixture
def described(shop):
    """A built model that its schema file describes, without an activation."""

    def describe(config):
        (shop.folder / "models/shop.yml").write_text(SCHEMA.format(config=config))
        shop.configure(customers=None)
        return shop

    return describe


CONFIGS = {
    "no config": "    tests: []",
    "a config": "    config:\n      # it is big\n      tags: [people]",
    "meta of another tool": "    config:\n      meta:\n        owner: me   # the owner",
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_suggested_activation_is_written_between_the_lines(described, config):
    shop = described(config)
    before = (shop.folder / "models/shop.yml").read_text()
    ran = shop.run("init", "--from", "customers", "--write")

    assert ran.code == 0, ran.text
    after = (shop.folder / "models/shop.yml").read_text()
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    (model,) = yaml.safe_load(after)["models"]
    block = model["config"]["meta"]["intercom"]
    assert (block["object"], block["identifier"]) == ("contact", "external_id")
    assert block["fields"]["signed_up_at"] == "signed_up_at"
    assert block["fields"]["custom_attributes.plan_name"] == "plan_name"
    unread = shop.run("init", "--from", "customers", "--write")
    shop.dbt("parse")
    again = shop.run("init", "--from", "customers", "--write")
    for ran in (unread, again):
        assert (ran.code, (shop.folder / "models/shop.yml").read_text()) == (2, after)
        assert "has an activation already" in ran.err


def test_what_dbt_adds_to_a_snapshot_is_no_field(shop):
    shop.configure(customers=None, accounts=None)
    shop.sql("alter table customers add column dbt_valid_to timestamp")
    manifest = shop.manifest()
    node = manifest["nodes"].pop("model.shop.customers")
    node.update(unique_id="snapshot.shop.customers", resource_type="snapshot")
    manifest["nodes"]["snapshot.shop.customers"] = node
    shop.write_manifest(manifest)
    ran = shop.run("init", "--from", "customers")

    assert "email: email" in ran.out
    assert "dbt_valid_to" not in ran.out


def test_lines_that_end_otherwise_stay_as_they_are(described):
    shop = described("    config:\n      tags: [people]")
    file = shop.folder / "models/shop.yml"
    before = b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n")
    file.write_bytes(before)
    assert shop.run("init", "--from", "customers", "--write").code == 0

    after = file.read_bytes()
    assert after.startswith(before[:40])
    assert set(before.splitlines(keepends=True)) <= set(after.splitlines(keepends=True))
    assert all(line.endswith(b"\r\n") for line in after.splitlines(keepends=True))


def test_a_file_that_cannot_be_written_is_said_and_whole(described, monkeypatch):
    shop = described("    config:\n      tags: [people]")
    before = (shop.folder / "models/shop.yml").read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    ran = shop.run("init", "--from", "customers", "--write")
    assert (ran.code, (shop.folder / "models/shop.yml").read_bytes()) == (2, before)
    assert "models/shop.yml cannot be written: No space left on device" in ran.err


def test_a_suggestion_is_printed_to_be_pasted(described):
    shop = described("    config: {tags: [people]}")
    ran = shop.run("init", "--from", "customers")

    (model,) = yaml.safe_load(ran.out)["models"]
    assert model["config"]["meta"]["intercom"]["fields"]["email"] == "email"
    by_hand = shop.run("init", "--from", "customers", "--write")
    assert by_hand.code == 2
    assert "put this there by hand" in by_hand.err
    missing = shop.run("init", "--from", "custmers")
    assert (
        missing.err
        == "the manifest has no model, seed or snapshot 'custmers'. Did you mean customers? [model-unknown]\n"
    )


def test_a_file_that_is_there_stays_as_it_is(shop):
    before = (shop.folder / "intercom.yml").read_text()

    ran = shop.run("init")

    assert ran.code == 2
    assert "exists already" in ran.err
    assert (shop.folder / "intercom.yml").read_text() == before


def test_outside_of_a_dbt_project_nothing_is_written(empty, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ran = empty.run("init", "--project-dir", str(elsewhere))
    assert ran.code == 2
    assert "dbt_project.yml" in ran.err
    assert list(elsewhere.iterdir()) == []


def test_the_example_is_right_once_it_is_no_comment(empty):
    uncommented = "\n".join(line.removeprefix("# ") for line in EXAMPLE.splitlines()[3:])
    block = yaml.safe_load(uncommented)["models"][0]["config"]["meta"]["intercom"]
    columns = "customer_id text, email text, full_name text, first_order_at timestamp, plan_name text"
    empty.run("init")
    empty.only(block, columns, [["c1", "a@example.com", "Ada", None, "pro"]])
    env = {"INTERCOM_BASE_URL": empty.sandbox.base_url, "INTERCOM_ACCESS_TOKEN": "sandbox"}

    assert empty.run("sync", env=env).code == 0
    assert set(empty.contacts()) == {"c1"}


def test_init_writes_an_example_that_dbt_can_parse(empty):
    file = empty.folder / "models" / "example.yml"

    assert empty.run("init", "--example", "models/example.yml").code == 0
    assert file.read_text() == EXAMPLE
    assert not (empty.folder / "intercom.yml").exists()
    assert empty.run("init", "--example", "models/example.yml").code == 2
    env = {"INTERCOM_BASE_URL": empty.sandbox.base_url, "INTERCOM_ACCESS_TOKEN": "sandbox"}
    assert empty.run("check", env=env).code == 0
