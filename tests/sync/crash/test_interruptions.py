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
def many_contacts(slow):
    shop = slow
    attributes = dict(shop.state.attributes)
    shop.state.reset()
    for attribute in attributes.values():
        shop.state.put_attribute(attribute)
    shop.sql("drop schema if exists intercom_activate cascade")
    (shop.folder / "target/intercom_activate/remembered.json").unlink(missing_ok=True)
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


@pytest.mark.slow
def test_the_next_run_completes_a_killed_one(many_contacts):
    for count in (3, 130):
        process = many_contacts.start("sync", "--log-level", "debug")
        wait_for_contacts(many_contacts, process, count)
        process.kill()
        process.communicate()
        assert len(journals(many_contacts)) == 1
        written = journals(many_contacts)[0].read_text()
        assert "key-" not in written
        assert "example.com" not in written

    assert len(many_contacts.state.contacts) < ROWS
    ran = many_contacts.sync()

    assert ran.code == 0, ran.text
    assert "was ended from outside" in ran.out
    assert len(many_contacts.state.contacts) == ROWS
    assert len(many_contacts.contacts()) == ROWS
    ledger = many_contacts.last("people")
    assert {key: row["intercom_id"] for key, row in ledger.items()} == {
        key: each.id for key, each in many_contacts.contacts().items()
    }
    assert {row["code"] for row in ledger.values()} == {None}
    assert journals(many_contacts) == []
    tables = many_contacts.sql(
        "select table_name from information_schema.tables where table_schema = 'intercom_activate'"
    )
    assert not [name for (name,) in tables if name.startswith("stage_")]
    runs = many_contacts.runs()
    assert [run["status"] for run in runs] == ["deferred", "deferred", "success"]
    assert sum(run["inserted"] + run["updated"] for run in runs) <= len(many_contacts.ledger("people"))
    for run in runs:
        done = run["unchanged"] + run["inserted"] + run["updated"] + run["failed"] + run["pending"]
        assert run["row_count"] == done == ROWS
    many_contacts.calls()
    assert many_contacts.sync().counts("people") == {"rows": ROWS, "unchanged": ROWS}
    assert many_contacts.calls() == {}


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


@pytest.mark.slow
def test_an_interrupted_run_accounts_for_what_it_did(many_contacts):
    process = many_contacts.start("sync")
    wait_for_contacts(many_contacts, process, 20)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()

    assert process.returncode == 1, out + err
    artifact = json.loads((many_contacts.folder / "target" / "intercom_activate_results.json").read_text())
    (result,) = artifact["results"]
    assert result["status"] == "deferred"
    assert "SIGTERM" in result["message"]
    counts = result["counts"]
    assert counts["inserted"] == len(many_contacts.state.contacts) == len(many_contacts.ledger("people"))
    assert counts["pending"] == ROWS - counts["inserted"]
    assert counts["pending"] > 0
    assert journals(many_contacts) == []
    ran = many_contacts.sync()
    assert ran.code == 0
    assert ran.counts("people") == {
        "rows": ROWS,
        "unchanged": counts["inserted"],
        "inserted": counts["pending"],
    }
