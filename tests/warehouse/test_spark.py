"""The main job on an engine that distributes its work, with tables that can only be appended to or made anew.

A statement takes Spark a second, so each test here tells a story of several syncs.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from dbt_intercom_activate.sandbox.faults import Fault

pytestmark = pytest.mark.spark

REFUSED = {"type": "error.list", "errors": [{"code": "parameter_invalid", "message": "no such luck"}]}


@pytest.fixture
def trade(make_trade):
    return make_trade("spark")


@pytest.fixture
def set_time_zones(trade, monkeypatch):
    """Move the session of Spark, and this process, to other time zones."""

    def move(session, process):
        trade.engine.live_in(session)
        monkeypatch.setenv("TZ", process)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


def rows(*, balance="19.90"):
    return [
        ("c1", "ada@example.com", "Ada\nLovelace \\N 'x'", None, balance, 3, True),
        ("c2", "zoe@example.com", "Zoë 🦊", None, "0.00", 0, False),
        ("c3", None, "", None, None, None, None),
    ]


def person(key, *, email=None, name=None, moment=None):
    return (key, email, name, moment, None, None, None)


def ours(trade, table, columns="*"):
    return trade.engine.query(f"select {columns} from intercom_activate.{table}")


def test_the_life_of_a_model(trade):
    trade.put(customers=rows())
    ran = trade.sync()

    assert ran.code == 0, ran.text
    assert {key: each.fields.get("name") for key, each in trade.contacts().items()} == {
        "c1": "Ada\nLovelace \\N 'x'",
        "c2": "Zoë 🦊",
        "c3": "",
    }
    assert trade.contacts()["c1"].custom_attributes["balance"] == 19.9
    assert (trade.tags_of("c1"), trade.tags_of("c2")) == ({"vip"}, {"vip", "new"})
    assert len(trade.state.events) == 2
    assert {row[0]: row[1] for row in trade.ledger("customers", "record_key", "intercom_id")} == {
        key: each.id for key, each in trade.contacts().items()
    }

    trade.calls()
    ran = trade.sync("--select", "customers", "tags")
    assert ran.code == 0, ran.text
    assert trade.calls() == {}
    assert ran.counts("customers") == {"rows": 3, "unchanged": 3}
    assert ran.counts("tags") == {"rows": 3, "unchanged": 3}

    trade.put(customers=rows(balance="20.00"))
    ran = trade.sync("--select", "customers")
    assert trade.calls() == {"PUT /contacts/{contact_id}": 1}
    assert ran.counts("customers") == {"rows": 3, "unchanged": 2, "updated": 1}

    trade.put(customers=[])
    ran = trade.sync("--select", "customers")
    assert ran.code == 1
    assert ran.counts("customers") == {"held": 3}
    assert trade.calls() == {}

    trade.put(customers=rows(balance="20.00")[:2])
    ran = trade.sync("--select", "customers")
    assert ran.counts("customers") == {"rows": 2, "unchanged": 2, "removed": 1}
    assert trade.contacts().keys() == {"c1", "c2"}
    synced = trade.engine.query(
        "select record_key from intercom_activate.synced where activation = 'customers'"
    )
    assert sorted(synced) == [("c1",), ("c2",)]

    tables = {row[1] for row in trade.engine.query("show tables in intercom_activate")}
    assert not {name for name in tables if name.startswith("stage_")}
    provider = trade.engine.query("describe extended intercom_activate.ledger")
    assert ("Provider", "parquet") in {row[:2] for row in provider}


def test_what_failed_is_accounted_for_until_it_succeeds(trade):
    trade.put(
        customers=[
            person("bad", email="no address"),
            person("twice", name="One"),
            person("twice", name="Two"),
            person(None, email="nobody@example.com"),
            person("refused"),
        ]
    )
    # The first call is the search for the one contact that can be sent.
    trade.sandbox.faults.add(Fault("POST", "/contacts", status=400, body=REFUSED, skip=1))
    ran = trade.sync("--select", "customers")

    assert ran.code == 1, ran.text
    assert ran.counts("customers") == {"rows": 5, "failed": 5}
    assert sorted(ours(trade, "failures", "record_key, code")) == [
        ("", "missing_identifier"),
        ("bad", "invalid_value"),
        ("refused", "rejected"),
        ("twice", "duplicate_identifier"),
    ]
    assert ours(trade, "runs", "activation, status, row_count, failed") == [("customers", "partial", 5, 5)]

    trade.calls()
    ran = trade.sync("--select", "customers")
    assert trade.calls() == {}, "none of these can be mended by trying again"
    assert ran.counts("customers") == {"rows": 5, "failed": 5}

    ran = trade.run("retry", "--select", "customers")
    assert ran.counts("customers") == {"rows": 5, "inserted": 1, "failed": 4}
    assert trade.contacts().keys() == {"refused"}

    trade.put(customers=[person("bad", email="an@example.com"), person("refused")])
    ran = trade.sync("--select", "customers")
    assert ran.code == 0, ran.text
    assert trade.contacts().keys() == {"refused", "bad"}
    assert sorted(ours(trade, "synced", "record_key")) == [("bad",), ("refused",)]


def test_a_moment_is_the_same_in_every_time_zone(trade, set_time_zones):
    """The two events are one moment for whoever asks New York's clock, which skipped that hour."""
    moments = ("2024-03-10 02:30:00+00", "2024-03-10 03:30:00+00")
    trade.put(
        customers=[person("c1", name="first", moment=moments[0])],
        events=[("c1", "joined", moment, None) for moment in moments],
    )
    set_time_zones("America/New_York", "Asia/Tokyo")
    ran = trade.sync("--select", "customers", "events")

    assert ran.code == 0, ran.text
    assert trade.contacts()["c1"].fields["signed_up_at"] == 1710037800
    assert sorted(event.created_at for event in trade.state.events) == [1710037800, 1710041400]
    assert [key for (key,) in trade.ledger("events", "record_key")] == [
        "2:c1,6:joined,10:1710037800",
        "2:c1,6:joined,10:1710041400",
    ]

    trade.put(customers=[person("c1", name="second", moment=moments[0])])
    trade.calls()
    set_time_zones("Asia/Tokyo", "America/New_York")
    ran = trade.sync("--select", "customers", "events")
    assert trade.calls() == {"PUT /contacts/{contact_id}": 1}, "no event is sent again"

    ran = trade.sync("--select", "customers")
    assert trade.calls() == {}, "the newest row is the newest, wherever the session was when it was written"
    assert ran.counts("customers") == {"rows": 1, "unchanged": 1}

    trade.engine.put(
        "customers", [person("c1", name="third", moment="2024-03-10 02:30:00")], signed_up_at="timestamp_ntz"
    )
    ran = trade.sync("--select", "customers")
    assert trade.contacts()["c1"].fields["name"] == "third"
    assert trade.contacts()["c1"].fields["signed_up_at"] == 1710037800, "without a zone it is UTC"


def test_another_run_holds_the_lock_until_its_heartbeat_is_old(trade, set_time_zones):
    trade.put(customers=[person("c1")])
    assert trade.sync("--select", "customers").code == 0
    trade.put(customers=[person("c1"), person("c2")])
    set_time_zones("Asia/Tokyo", "America/New_York")
    tell(trade, "run-8", "claim", minutes=11)
    tell(trade, "run-9", "claim", minutes=9)
    ran = trade.sync("--select", "customers")

    assert ran.code == 2
    assert "another run of this project is alive: run run-9 on host another-machine, process 4711" in ran.text
    assert trade.contacts().keys() == {"c1"}

    tell(trade, "run-9", "release", minutes=0)
    ran = trade.sync("--select", "customers")
    assert ran.code == 0, ran.text
    assert trade.contacts().keys() == {"c1", "c2"}


def tell(trade, run_id, state, *, minutes):
    """What a run on another machine wrote so many minutes ago."""
    seen_at = datetime.now(timezone.utc) - timedelta(minutes=minutes)
    trade.engine.execute(
        "insert into intercom_activate.locks (run_id, project, host, pid, lock_state, seen_at) select "
        f"'{run_id}', 'trade', 'another-machine', 4711, '{state}', timestamp_ntz '{seen_at:%Y-%m-%d %H:%M:%S}'"
    )


def test_compact_is_refused_since_nothing_can_be_deleted_in_place(trade):
    trade.put(customers=rows())
    trade.sync("--select", "customers")
    ran = trade.run("compact")

    assert ran.code == 2
    assert "spark cannot delete rows of" in ran.text
    assert "in place; nothing was dropped" in ran.text
    assert "Traceback" not in ran.text
    assert len(ours(trade, "ledger")) == 3
    ran = trade.sync("--select", "customers")
    assert ran.code == 0, "the refusal left no lock behind"
