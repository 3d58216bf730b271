"""The main job, the same on every engine: what is promised on DuckDB holds wherever the data is."""

from __future__ import annotations

import json
import shutil

import pytest
from trade_harness import EACH

from dbt_intercom_activate.sandbox.faults import Fault

HOSTILE = {
    "quotes": "O'Neil said \"hi\"; it''s",
    "backslash": "C:\\new\\table\\'; drop table customers; --",
    "unicode": "Zoë 🦊 名前 \u00a0\u200b",
    "lines": "one\ntwo\r\n\tthree",
    "empty": "",
    "word": "null",
    "mark": "N",
    "braces": "{{ 1 / 0 }} {% raw %} %s %(x)s $1 ?",
    "parts": "1:a,2:bc",
}
"""By the contact's external_id: its name."""


@pytest.fixture(params=EACH)
def trade(request, make_trade):
    """The trade on each engine."""
    return make_trade(request.param)


@pytest.fixture
def synced(trade):
    """The trade after a first sync, its calls forgotten."""
    assert trade.sync().code == 0
    trade.calls()
    return trade


def people(**names):
    """Customers with these names, and nothing else."""
    return [(key, None, name, None, None, None, None) for key, name in names.items()]


def test_a_first_sync_delivers_everything(trade):
    ran = trade.sync()

    assert ran.code == 0, ran.text
    assert {name: result["status"] for name, result in ran.results.items()} == dict.fromkeys(
        ("customers", "accounts", "tags", "memberships", "events"), "success"
    )
    contacts = trade.contacts()
    assert contacts.keys() == {"c1", "c2", "c3"}
    assert {key: each.fields.get("signed_up_at") for key, each in contacts.items()} == {
        "c1": 1709210096,
        "c2": 1719792000,
        "c3": None,
    }
    assert dict(contacts["c1"].custom_attributes) == {"balance": 19.9, "seats": 3, "is_vip": True}
    assert {each.company_id for each in trade.state.companies} == {"a1", "a2"}
    assert (trade.tags_of("c1"), trade.tags_of("c2")) == ({"vip"}, {"vip", "new"})
    assert len(contacts["c1"].companies) == len(contacts["c2"].companies) == 1
    assert len(trade.state.events) == 2


def test_the_ledger_knows_intercoms_id_of_every_record(synced):
    ids = dict(synced.ledger("customers", "record_key", "intercom_id"))

    assert ids == {key: each.id for key, each in synced.contacts().items()}
    assert dict(synced.ledger("tags", "record_key", "related_value")) == {
        "2:c1,3:vip": "vip",
        "2:c2,3:vip": "vip",
        "2:c2,3:new": "new",
    }
    ((rows,),) = synced.engine.query("select count(*) from intercom_activate.synced")
    assert rows == 3 + 2 + 3 + 2 + 2


def test_a_second_sync_is_quiet(synced):
    ran = synced.sync()

    assert ran.code == 0, ran.text
    assert synced.calls() == {}
    assert ran.counts("customers") == {"rows": 3, "unchanged": 3}
    assert ran.counts("events") == {"rows": 2, "unchanged": 2}


def test_one_change_is_one_call(synced):
    changed = [("c1", "ada@example.com", "Ada", "2024-02-29 12:34:56+00", "20.00", 3, True)]
    rows = [row for row in synced_rows() if row[0] != "c1"]
    synced.put(customers=changed + rows)
    ran = synced.sync()

    assert synced.calls() == {"PUT /contacts/{contact_id}": 1}
    assert ran.counts("customers") == {"rows": 3, "unchanged": 2, "updated": 1}
    assert synced.contacts()["c1"].custom_attributes["balance"] == 20


def synced_rows():
    return [
        ("c1", "ada@example.com", "Ada", "2024-02-29 12:34:56+00", "19.90", 3, True),
        ("c2", "zoe@example.com", "Zoë", "2024-07-01 00:00:00+00", "0.00", 0, False),
        ("c3", None, None, None, None, None, None),
    ]


def test_what_failed_is_tried_again_until_it_succeeds(trade):
    trade.sandbox.faults.add(Fault("POST", "/contacts", status=503, times=1_000))
    trade.put(tags=[], memberships=[], events=[])
    ran = trade.sync("--select", "customers", "--max-time", "3")
    trade.sandbox.faults.clear()

    assert ran.code == 1, ran.text
    assert len(trade.state.contacts) == 0
    ran = trade.sync("--select", "customers")
    assert ran.code == 0, ran.text
    assert trade.contacts().keys() == {"c1", "c2", "c3"}


def test_a_lasting_failure_waits_and_is_told_again_by_retry(trade):
    refused = {"type": "error.list", "errors": [{"code": "parameter_invalid", "message": "no such luck"}]}
    trade.put(customers=people(c1="Ada"))
    trade.sandbox.faults.add(Fault("POST", "/contacts", status=400, body=refused, skip=1))
    trade.sync("--select", "customers")
    trade.calls()
    ran = trade.sync("--select", "customers")

    assert trade.calls() == {}
    assert ran.results["customers"]["failures"] == {"rejected": 1}
    assert trade.ledger("customers", "code", "message") == [("rejected", "parameter_invalid: no such luck")]
    assert trade.run("report", "--keys").code == 0
    page = (trade.folder / "target" / "intercom_activate.html").read_text(encoding="utf-8")
    assert "<bdi>c1</bdi>" in page
    assert "no such luck" not in page
    ran = trade.run("retry", "--select", "customers")
    assert ran.code == 0, ran.text
    assert trade.codes("customers") == {"c1": None}


def test_what_left_the_model_is_archived_and_detached(synced):
    synced.put(customers=synced_rows()[1:], tags=[("c2", "vip")], memberships=[("c2", "a2")], events=[])
    ran = synced.sync()

    assert ran.code == 0, ran.text
    assert ran.counts("customers") == {"rows": 2, "unchanged": 2, "removed": 1}
    assert ran.counts("tags") == {"rows": 1, "unchanged": 1, "removed": 2}
    assert ran.counts("memberships") == {"rows": 1, "unchanged": 1, "removed": 1}
    assert synced.contacts().keys() == {"c2", "c3"}
    assert synced.tags_of("c2") == {"vip"}
    synced.calls()
    assert synced.sync().code == 0
    assert synced.calls() == {}


def test_an_empty_relation_holds_its_removals(synced):
    synced.put(customers=[])
    ran = synced.sync("--select", "customers")

    assert ran.code == 1, ran.text
    assert ran.counts("customers") == {"held": 3}
    assert synced.calls() == {}
    ran = synced.sync("--select", "customers", "--allow-removals")
    assert ran.counts("customers") == {"removed": 3}
    assert synced.contacts() == {}


def test_a_changed_scale_changes_the_row_and_costs_no_call(synced):
    synced.engine.put("customers", synced_rows(), balance=synced.engine.decimal(14, 4))
    ran = synced.sync("--select", "customers")

    assert ran.counts("customers") == {"rows": 3, "unchanged": 3}
    assert synced.calls() == {}
    operations = [row for row in synced.ledger("customers", "record_key", "operation") if row[1] == "none"]
    assert operations == ([("c1", "none"), ("c2", "none")] if synced.engine.shows_scale else [])


def test_a_null_key_and_a_duplicate_fail_before_any_call(trade):
    trade.put(customers=[*people(c1="Ada", c2="Zoë"), *people(c2="Zoe"), (None, *synced_rows()[0][1:])])
    ran = trade.sync("--select", "customers")

    assert ran.counts("customers") == {"rows": 4, "inserted": 1, "failed": 3}
    assert ran.results["customers"]["failures"] == {"duplicate_identifier": 2, "missing_identifier": 1}
    assert trade.codes("customers") == {
        "c1": None,
        "c2": "duplicate_identifier",
        "": "missing_identifier",
    }
    trade.calls()
    ran = trade.sync("--select", "customers")
    assert ran.counts("customers") == {"rows": 4, "unchanged": 1, "failed": 3}
    assert trade.calls() == {}


def test_hostile_text_arrives_as_it_is(trade):
    trade.put(customers=people(**HOSTILE))
    ran = trade.sync("--select", "customers")

    assert ran.code == 0, ran.text
    assert {key: each.fields.get("name") for key, each in trade.contacts().items()} == HOSTILE
    trade.calls()
    trade.sync("--select", "customers")
    assert trade.calls() == {}


def test_hostile_text_is_a_key_like_any_other(trade):
    lines = HOSTILE["lines"]  # no identifier has control characters inside
    keys = [text for text in HOSTILE.values() if text and text == text.strip() and text != lines]
    trade.put(customers=[(key, None, "name", None, None, None, None) for key in keys])
    ran = trade.sync("--select", "customers")

    assert ran.code == 0, ran.text
    assert trade.codes("customers") == dict.fromkeys(keys)
    trade.calls()
    ran = trade.sync("--select", "customers")
    assert ran.counts("customers") == {"rows": len(keys), "unchanged": len(keys)}


@pytest.mark.parametrize(
    ("before", "after"), [("", None), (None, ""), ("null", None), ("N", None), ("", "N")]
)
def test_null_and_empty_string_and_words_for_nothing_differ(trade, before, after):
    trade.put(customers=people(c1=before))
    trade.sync("--select", "customers")
    trade.put(customers=people(c1=after))
    trade.calls()
    ran = trade.sync("--select", "customers")

    assert ran.counts("customers") == {"rows": 1, "updated": 1}
    assert trade.calls() == {"PUT /contacts/{contact_id}": 1}


def test_a_dead_run_is_completed_from_its_journal(trade):
    """The ledger loses what a killed run had not flushed; its journal and its stage are still there."""
    before = trade.folder / "before"
    trade.put(tags=[], memberships=[], events=[])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dbt_intercom_activate.ledger.outcomes.Outcomes.append", _die)
        patch.setattr("dbt_intercom_activate.ledger.outcomes.Outcomes.append_runs", _die)
        patch.setattr("dbt_intercom_activate.ledger.stages.Stages.drop", _keep)
        with pytest.raises(Killed):
            trade.sync("--select", "customers")
    journals = list((trade.folder / "target" / "intercom_activate").glob("journal-*"))
    assert len(journals) == 1, "the run died with a journal"
    shutil.copy(journals[0], before)
    assert any("intercom_id" in json.loads(line) for line in before.read_text().splitlines())
    assert trade.ledger("customers", "record_key") == []
    trade.calls()
    ran = trade.sync("--select", "customers")

    assert ran.code == 0, ran.text
    assert "run" in ran.text
    assert trade.calls() == {}
    assert ran.counts("customers") == {"rows": 3, "unchanged": 3}
    assert dict(trade.ledger("customers", "record_key", "intercom_id")) == {
        key: each.id for key, each in trade.contacts().items()
    }
    assert len(trade.state.contacts) == 3


class Killed(BaseException):
    """The process is gone."""


def _die(*_args, **_kwargs):
    raise Killed


def _keep(*_args, **_kwargs):
    pass


def test_a_plan_creates_nothing(trade):
    ran = trade.run("plan", "--output", "json")

    assert ran.code == 0, ran.text
    assert not trade.engine.has_schema("intercom_activate")
    counts = {each["activation"]: each["counts"] for each in json.loads(_json(ran.text))["results"]}
    assert counts["customers"]["added"] == 3
    assert counts["tags"]["added"] == 3


def _json(text):
    return text[text.index("{") : text.rindex("}") + 1]


def test_no_stage_is_left(synced):
    tables = synced.engine.tables("intercom_activate")

    assert "ledger" in tables
    assert not {name for name in tables if name.startswith("stage_")}


def test_a_plan_is_applied_as_it_was_kept(synced):
    """What left is removed, what is new is sent, and neither follows what the model says meanwhile."""
    synced.put(customers=people(c1="Ada", c2="Two", c4="Four"), tags=[("c1", "vip"), ("c4", "vip")])
    plan = synced.folder / "plan.json"
    assert synced.run("plan", "--out", str(plan)).code == 0
    synced.put(customers=people(c1="One", c5="Five"))
    refused = synced.run("apply", str(plan))
    assert (refused.code, synced.calls()) == (2, {}), refused.text
    assert "customers: " in refused.text

    ran = synced.run("apply", str(plan), "--stale-data")
    assert ran.code == 0, ran.text
    assert {key: each.fields.get("name") for key, each in synced.contacts().items()} == {
        "c1": "Ada",
        "c2": "Two",
        "c4": "Four",
    }
    assert [synced.tags_of(key) for key in ("c2", "c4")] == [set(), {"vip"}]
    assert "it was applied already" in synced.run("apply", str(plan), "--stale-data").text
