"""`history` tells what Intercom was told of a record, with the values where the ledger kept them."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.ledger.opening import open_ledger
from dbt_intercom_activate.project.location import locate_project

BLOCK = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "name": "name", "custom_attributes.plan": "plan"},
    "removed": "archive",
}
COLUMNS = "id text, name text, plan text"
ODD = 'it\'s \\ "odd" \x1b[2J{{ x }} %s ?\n名前 🦊'


@pytest.fixture
def keeping(shop):
    """A shop whose ledger keeps payloads, after three syncs: a change, and one that left."""
    keep(shop)
    shop.only(BLOCK, COLUMNS, [("c1", "Ann", ODD), ("c2", "Bob", "free")])
    assert shop.sync().code == 0
    shop.put("customers", COLUMNS, [("c1", "Ann", "pro"), ("c2", "Bob", "free")])
    assert shop.sync().code == 0
    shop.put("customers", COLUMNS, [("c2", "Bob", "free")])
    assert shop.sync("--allow-removals").code == 0
    return shop


def keep(shop):
    file = shop.folder / "intercom.yml"
    file.write_text(f"{file.read_text()}ledger: {{payloads: true}}\n")


def told_of(shop, key, *options):
    ran = shop.run("history", key, "--output", "json", *options)
    assert ran.code == 0, ran.text
    return ran.document["results"]


def test_what_was_told_is_kept_and_told_newest_first(keeping):
    removed, changed, new = told_of(keeping, "c1")

    assert [each["why"] for each in (removed, changed, new)] == ["removed", "changed", "new"]
    assert [each["operation"] for each in (removed, changed, new)] == ["archive", "update", "insert"]
    assert changed["changes"] == {"custom_attributes.plan": {"old": ODD, "new": "pro"}}
    assert new["payload"] == {"external_id": "c1", "name": "Ann", "custom_attributes": {"plan": ODD}}
    assert removed["payload"] is None
    assert len({each["run_id"] for each in (removed, changed, new)}) == 3
    assert told_of(keeping, "c1", "--as-of", changed["delivered_at"]) == [changed, new]
    assert told_of(keeping, "c1", "--as-of", "2001-01-01") == []
    assert told_of(keeping, "c1", "--activation", "others") == []

    shown = keeping.run("history", "c1").out.splitlines()
    assert "people to test: archived as it was to be taken away" in shown[0]
    assert "people to test: updated as it changed, in run" in shown[1]
    assert shown[2].strip().endswith('→ "pro"')
    assert all(line.isprintable() for line in shown)

    payloads = {row["record_key"]: row["payload"] for row in keeping.ledger() if row["payload"]}
    assert payloads["c1"] == json.dumps(json.loads(payloads["c1"]), sort_keys=True, separators=(",", ":"))


@pytest.mark.slow
def test_a_key_that_was_never_delivered_is_said(keeping):
    ran = keeping.run("history", "nobody's \\ 'key'")

    assert ran.code == 0
    assert ran.out == "Intercom was told nothing of this record.\n"


def test_without_payloads_there_are_no_fields(shop):
    assert shop.run("history", "c1").out == "Intercom was told nothing of this record.\n"
    shop.only(BLOCK, COLUMNS, [("c1", "Ann", "free")])
    shop.sync()
    shop.put("customers", COLUMNS, [("c1", "Ann", "pro")])
    shop.sync()
    shop.sync("--resend")

    again, changed, new = told_of(shop, "c1")
    assert [each["why"] for each in (again, changed, new)] == ["again", "changed", "new"]
    assert {each["payload"] for each in (again, changed, new)} == {None}
    assert {each["changes"] for each in (again, changed, new)} == {None}
    assert {row["payload"] for row in shop.ledger()} == {None}


def test_what_was_told_last_is_found_by_key(keeping, monkeypatch):
    monkeypatch.chdir(keeping.folder)
    project = locate_project(project_dir=str(keeping.folder), cwd=keeping.folder, home=keeping.folder)
    for name, value in keeping.environment().items():
        monkeypatch.setenv(name, value)
    with open_ledger(project) as ledger:
        names = "(select record_key as ia_record_key from intercom_activate.ledger) as ia_some"
        of = {
            "project": ledger.warehouse.target.project_name,
            "workspace": "sandbox1",
            "activation": "people",
        }
        sql = ledger.warehouse.render("told_payloads", ledger=ledger.outcomes.name, of=of, records=names)
        told = {key: json.loads(payload) for key, payload in ledger.warehouse.query(sql)}

    assert told == {"c2": {"external_id": "c2", "name": "Bob", "custom_attributes": {"plan": "free"}}}


@pytest.mark.slow
def test_compacting_drops_the_payloads_of_superseded_rows(keeping):
    ran = keeping.run("compact", "--payloads", "--older-than", "0")

    assert ran.code == 0, ran.text
    assert {row["record_key"] for row in keeping.ledger() if row["payload"]} == {"c2"}
    assert next(each["why"] for each in told_of(keeping, "c1")) == "removed"


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "", "0001-01-01T00:00:00+14:00"])
def test_a_moment_of_another_form_is_refused(shop, moment):
    ran = shop.run("history", "c1", "--as-of", moment)

    assert ran.code == 2
    assert "expected a moment such as 2026-01-31" in ran.err


@pytest.mark.slow
def test_after_a_time_without_payload_no_field_is_guessed(keeping):
    """As where a run was killed, and the next one completed the ledger from its journal, which holds no values."""
    keeping.sql("update intercom_activate.ledger set payload = null where operation = 'insert'")
    _, changed, new = told_of(keeping, "c1")

    assert (changed["why"], changed["changes"], new["changes"]) == ("changed", None, None)
    assert changed["payload"]["custom_attributes"] == {"plan": "pro"}
    lines = keeping.run("history", "c1").out.splitlines()
    assert "    What was told before is not kept; this time it was:" in lines
    assert '    custom_attributes.plan: "pro"' in lines


@pytest.mark.slow
def test_a_row_that_told_nothing_hides_no_payload(keeping):
    """As where `payloads` was off while other columns changed, and the payload stayed as it was."""
    keeping.sql(
        "insert into intercom_activate.ledger select * replace "
        "('none' as operation, null as payload, place + 100 as place) "
        "from intercom_activate.ledger where record_key = 'c2'"
    )
    keeping.put("customers", COLUMNS, [("c2", "Bob", "pro")])
    assert keeping.sync().code == 0
    changed, new = told_of(keeping, "c2")

    assert (changed["why"], new["why"]) == ("changed", "new")
    assert changed["changes"] == {"custom_attributes.plan": {"old": "free", "new": "pro"}}
