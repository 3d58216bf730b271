"""Machines whose clocks are wrong: neither the order of outcomes nor what Intercom made rests on them."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from dbt_intercom_activate.clock import RunClock
from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.sync import beginning
from dbt_intercom_activate.sync.outbox import Outbox

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "name": "name"},
}
LEADS = {
    "name": "people",
    "object": "contact",
    "behaviour": "insert",
    "key": ["id"],
    "fields": {"name": "name"},
    "constants": {"role": "lead"},
}
TWO_DAYS = timedelta(days=2)


@pytest.fixture
def person(shop):
    """Let the model hold one person of a name."""

    def put(name, block=PEOPLE):
        shop.only(block, "id text, name text", [("u1", name)])

    return put


@pytest.fixture
def sync_ahead(shop, monkeypatch):
    """Sync on a machine whose clock, and so its warehouse's in a file, is ahead."""

    def sync(ahead=TWO_DAYS, *arguments):
        with monkeypatch.context() as patch:
            patch.setattr(beginning, "RunClock", lambda began: RunClock(began + ahead))
            return shop.sync(*arguments)

    return sync


def name_in_intercom(shop):
    (contact,) = (each for each in shop.state.contacts if each.live)
    return contact.fields["name"]


# The order of the ledger


def test_what_a_fast_clock_wrote_is_no_last_word(shop, person, sync_ahead):
    person("A")
    sync_ahead()
    for name in ("B", "A", "B"):
        person(name)
        assert shop.sync().counts("people") == {"rows": 1, "updated": 1}
        assert name_in_intercom(shop) == name
        assert shop.sync().counts("people") == {"rows": 1, "unchanged": 1}


@pytest.mark.slow
def test_a_failure_of_a_fast_clock_is_mended_for_good(shop, person, sync_ahead):
    person("A")
    shop.sandbox.faults.add(Fault("POST", "/contacts", status=400, whole_path=True))
    assert sync_ahead().counts("people") == {"rows": 1, "failed": 1}

    assert shop.sync().counts("people") == {"rows": 1, "inserted": 1}, "nobody knows how old it is"
    assert shop.sync().counts("people") == {"rows": 1, "unchanged": 1}
    assert shop.sql("select * from intercom_activate.failures") == []


@pytest.mark.slow
def test_a_contact_returns_after_a_fast_clock_archived_it(shop, person, sync_ahead):
    block = {**PEOPLE, "removed": "archive", "archived": "unarchive"}
    person("A", block)
    assert shop.sync().code == 0
    shop.only(block, "id text, name text", [])
    assert sync_ahead(TWO_DAYS, "--allow-removals").counts("people") == {"removed": 1}

    person("A", block)
    assert shop.sync().counts("people") == {"rows": 1, "updated": 1, "unarchived": 1}
    assert name_in_intercom(shop) == "A"
    assert shop.sync().counts("people") == {"rows": 1, "unchanged": 1}


@pytest.mark.slow
def test_status_shows_the_newest_run_whatever_its_clock(shop, person, sync_ahead):
    person("A")
    sync_ahead()
    person("B")
    shop.sync()
    (told,) = shop.run("status", "--output", "json").document["results"]

    assert (told["counts"]["updated"], told["counts"]["inserted"]) == (1, 0)


@pytest.mark.slow
def test_compact_keeps_what_is_newest_whatever_its_clock(shop, person, sync_ahead):
    person("A")
    sync_ahead(-3 * 100 * TWO_DAYS)
    person("B")
    sync_ahead(-4 * 100 * TWO_DAYS)
    assert shop.run("compact", "--output", "json").document["rows_dropped"] == 1

    assert shop.sync().counts("people") == {"rows": 1, "unchanged": 1}


@pytest.mark.slow
def test_a_clock_that_steps_back_midway_loses_no_outcome(shop, monkeypatch):
    shop.only(LEADS, "id text, name text", [(f"u{number}", "A") for number in range(20)])

    class StepsBack(RunClock):
        def __call__(self):
            self._began_at -= timedelta(seconds=5)
            return super().__call__()

    monkeypatch.setattr(beginning, "RunClock", StepsBack)
    assert shop.sync().counts("people") == {"rows": 20, "inserted": 20}
    assert shop.sync().counts("people") == {"rows": 20, "unchanged": 20}
    assert len(shop.state.contacts) == 20


def test_each_run_takes_the_next_generation(shop, person):
    for name in ("A", "B", "B"):
        person(name)
        assert shop.sync().code == 0
    assert [row["generation"] for row in shop.ledger()] == [1, 2]
    assert [row["generation"] for row in shop.runs()] == [1, 2, 3]


@pytest.mark.slow
def test_outcomes_of_a_dead_run_stay_older_than_later_runs(shop, person, monkeypatch, tmp_path):
    """Another machine went on meanwhile, without the journal."""
    person("A")
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "_flush", lambda *_, **__: None)
        shop.sync()
    (journal,) = (shop.folder / "target" / "intercom_activate").glob("journal-*")
    journal = journal.rename(tmp_path / journal.name)
    person("B")
    assert shop.sync().counts("people") == {"rows": 1, "updated": 1}
    journal.rename(shop.folder / "target" / "intercom_activate" / journal.name)

    assert shop.sync().counts("people") == {"rows": 1, "unchanged": 1}
    assert [(row["generation"], row["place"]) for row in shop.ledger()] == [(1, 1), (2, 1)]
    assert name_in_intercom(shop) == "B"


@pytest.mark.slow
def test_what_a_dead_run_left_is_sent_though_clocks_differ(shop, sync_ahead, monkeypatch):
    """It was announced two days in the future, as far as this machine can tell."""
    shop.only(LEADS, "id text, name text", [("u1", "A")])
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "_take_back_announcements", lambda _: None)
        patch.setattr("dbt_intercom_activate.sync.run._settle", lambda *_: None)
        patch.setattr("dbt_intercom_activate.delivery.workers.Workers.deliver", announced_only)
        sync_ahead()
    assert shop.codes("people") == {"u1": "maybe_delivered"}

    assert shop.sync().counts("people") == {"rows": 1, "inserted": 1}
    assert shop.sync().counts("people") == {"rows": 1, "unchanged": 1}


def announced_only(_, records):
    list(records)
    yield from ()


# Intercom's own clock


@pytest.mark.parametrize("ahead", [5, -5, 172_800], ids=lambda seconds: f"{seconds} s ahead")
def test_our_insert_whose_answer_was_lost_is_ours(shop, person, monkeypatch, ahead):
    """This machine's clock is so far ahead of Intercom's."""
    monkeypatch.setattr(shop.state, "clock", lambda: time.time() - ahead)
    person("A", {**PEOPLE, "behaviour": "insert"})
    shop.sandbox.faults.add(
        Fault("POST", "/contacts", status=500, after_commit=True, times=2, whole_path=True)
    )
    shop.sync()
    assert len(shop.state.contacts) == 1
    assert shop.codes("people") == {"u1": "unreachable"}

    assert shop.sync().counts("people") == {"rows": 1, "inserted": 1}
    assert len(shop.state.contacts) == 1


@pytest.mark.slow
def test_our_insert_is_ours_though_an_outage_followed(shop, person):
    person("A", {**PEOPLE, "behaviour": "insert"})
    shop.sandbox.faults.add(
        Fault("POST", "/contacts", status=500, after_commit=True, times=2, whole_path=True)
    )
    shop.sandbox.faults.add(Fault("GET", "/me", status=500, skip=1))
    ran = shop.sync()
    assert (ran["people"]["status"], ran.counts("people")) == ("deferred", {"rows": 1, "failed": 1})

    assert shop.sync().counts("people") == {"rows": 1, "inserted": 1}
    assert len(shop.state.contacts) == 1


@pytest.mark.slow
def test_a_company_whose_answer_was_lost_is_ours(shop, monkeypatch):
    monkeypatch.setattr(shop.state, "clock", lambda: time.time() - 5)
    block = {
        "name": "firms",
        "object": "company",
        "behaviour": "insert",
        "identifier": "company_id",
        "fields": {"company_id": "id", "name": "name"},
    }
    shop.only(block, "id text, name text", [("f1", "A")])
    shop.sandbox.faults.add(
        Fault("POST", "/companies", status=500, after_commit=True, times=2, whole_path=True)
    )
    shop.sync()
    assert shop.codes("firms") == {"f1": "unreachable"}

    assert shop.sync().counts("firms") == {"rows": 1, "inserted": 1}


@pytest.mark.slow
def test_what_was_never_sent_makes_nothing_ours(shop, person):
    """A contact that a teammate made after our search failed was not made by us."""
    person("A", {**PEOPLE, "behaviour": "insert"})
    shop.sandbox.faults.add(Fault("POST", "/contacts/search", status=500, times=2))
    shop.sync()
    assert shop.codes("people") == {"u1": "unreachable"}
    made = shop.add_contact(external_id="u1")
    shop.change_contact(made.id, created_at=shop.state.now() + 60)

    shop.sync()
    assert shop.codes("people") == {"u1": "already_exists"}
