"""Runs that are killed, told to end, or kept out by another: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import signal
import time

import pytest

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "email": "email"},
}
ROWS = 240
PATIENCE = 120
"""Seconds for another process to get going."""


@pytest.fixture(scope="module")
def slow(scene):
    """An Intercom that takes its time."""
    return scene(latency_ms=15)


@pytest.fixture
def crowd(slow):
    shop = slow
    attributes = dict(shop.state.attributes)
    shop.state.reset()
    for attribute in attributes.values():
        shop.state.put_attribute(attribute)
    shop.sql("drop schema if exists intercom_activate cascade")
    config = (shop.folder / "intercom.yml").read_text()
    (shop.folder / "intercom.yml").write_text(config.replace("concurrency: 8", "concurrency: 2"))
    shop.configure(customers=PEOPLE, accounts=None)
    shop.sql(
        "create or replace table customers as"
        " select 'key-' || i as id, 'person' || i || '@example.com' as email from range(?) r(i)",
        ROWS,
    )
    return shop


def wait_for_contacts(shop, process, count):
    limit = time.monotonic() + PATIENCE
    while len(shop.state.contacts) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.002)


def journals(shop):
    return list((shop.folder / "target" / "intercom_activate").glob("journal-*.jsonl"))


def test_a_run_that_is_killed_is_completed_by_the_next_one(crowd):
    for count in (3, 130):
        process = crowd.start("sync", "--log-level", "debug")
        wait_for_contacts(crowd, process, count)
        process.kill()
        process.communicate()
        assert len(journals(crowd)) == 1
        written = journals(crowd)[0].read_text()
        assert "key-" not in written
        assert "example.com" not in written

    assert len(crowd.state.contacts) < ROWS
    ran = crowd.sync()

    assert ran.code == 0, ran.text
    assert "was ended from outside" in ran.out
    assert len(crowd.state.contacts) == ROWS
    assert len(crowd.contacts()) == ROWS
    ledger = crowd.last("people")
    assert {key: row["intercom_id"] for key, row in ledger.items()} == {
        key: each.id for key, each in crowd.contacts().items()
    }
    assert {row["code"] for row in ledger.values()} == {None}
    assert journals(crowd) == []
    tables = crowd.sql(
        "select table_name from information_schema.tables where table_schema = 'intercom_activate'"
    )
    assert not [name for (name,) in tables if name.startswith("stage_")]
    runs = crowd.runs()
    assert [run["status"] for run in runs] == ["deferred", "deferred", "success"]
    assert sum(run["inserted"] + run["updated"] for run in runs) <= len(crowd.ledger("people"))
    for run in runs:
        done = run["unchanged"] + run["inserted"] + run["updated"] + run["failed"] + run["pending"]
        assert run["row_count"] == done == ROWS
    crowd.calls()
    assert crowd.sync().counts("people") == {"rows": ROWS, "unchanged": ROWS}
    assert crowd.calls() == {}


def test_a_run_is_refused_while_another_is_alive(shop):
    holding = (
        "import filelock, sys; lock = filelock.FileLock('target/intercom_activate/lock'); lock.acquire();"
        " print('held', flush=True); sys.stdin.read()"
    )
    (shop.folder / "target" / "intercom_activate").mkdir()
    with shop.start(code=holding) as other:
        assert other.stdout.readline() == "held\n"
        ran = shop.sync()
        other.communicate("")

    assert ran.code == 2
    assert "another run of this project is alive" in ran.err
    assert len(shop.sandbox.calls) == 0
    assert shop.sync().code == 0


def test_a_run_that_is_told_to_end_accounts_for_what_it_did(crowd):
    process = crowd.start("sync")
    wait_for_contacts(crowd, process, 20)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()

    assert process.returncode == 1, out + err
    artifact = json.loads((crowd.folder / "target" / "intercom_activate_results.json").read_text())
    (result,) = artifact["results"]
    assert result["status"] == "deferred"
    assert "SIGTERM" in result["message"]
    counts = result["counts"]
    assert counts["inserted"] == len(crowd.state.contacts) == len(crowd.ledger("people"))
    assert counts["pending"] == ROWS - counts["inserted"]
    assert counts["pending"] > 0
    assert journals(crowd) == []
    ran = crowd.sync()
    assert ran.code == 0
    assert ran.counts("people") == {
        "rows": ROWS,
        "unchanged": counts["inserted"],
        "inserted": counts["pending"],
    }
