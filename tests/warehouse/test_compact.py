"""`compact_ledger` drops what was superseded long ago, and nothing that a later run would need."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.ledger.tables import Tables

CUTOFF = "2024-06-01 00:00:00.000000"
OLD, OLDER, NEW = "2024-02-01 00:00:00", "2024-01-01 00:00:00", "2024-07-01 00:00:00"


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def empty_ledger(request, open_apart):
    warehouse, engine = open_apart(request.param)
    tables = Tables(warehouse, schema="intercom_activate", database=None)
    tables.make(tables.standing())
    return warehouse, engine, tables.relation("ledger")


def compacted(empty_ledger, rows):
    """What is left of these rows: (run, key, code, at), and the status of HTTP where there was an answer."""
    warehouse, engine, ledger = empty_ledger
    engine.execute("delete from intercom_activate.ledger")
    for run_id, key, code, at, *http_status in rows:
        status = "failed" if code else "succeeded"
        written = "null" if code is None else f"'{code}'"
        engine.execute(
            "insert into intercom_activate.ledger "
            "(run_id, project, workspace, activation, record_key, status, code, http_status, delivered_at) "
            f"values ('{run_id}', 'p', 'w', 'a', '{key}', '{status}', {written}, {(*http_status, 'null')[0]}, "
            f"timestamp '{at}')"
        )
    warehouse.execute(warehouse.render("compact_ledger", ledger=ledger, cutoff=CUTOFF))
    return {run_id for (run_id,) in engine.query("select run_id from intercom_activate.ledger")}


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        pytest.param([], set(), id="nothing"),
        pytest.param([("r1", "1", None, OLDER)], {"r1"}, id="an old row that nothing superseded stays"),
        pytest.param(
            [("r1", "1", None, OLDER), ("r2", "1", None, OLD)], {"r2"}, id="a superseded success goes"
        ),
        pytest.param(
            [("r1", "1", None, OLDER), ("r2", "1", "rejected", OLD)],
            {"r1", "r2"},
            id="the newest success stays under a newer failure",
        ),
        pytest.param(
            [("r1", "1", "rejected", OLDER), ("r2", "1", None, OLD)],
            {"r2"},
            id="a failure that was mended goes",
        ),
        pytest.param(
            [("r1", "1", None, NEW), ("r2", "1", None, "2024-07-02 00:00:00")],
            {"r1", "r2"},
            id="a superseded row that is not old stays",
        ),
        pytest.param(
            [("r1", "1", None, OLD), ("r2", "2", None, NEW)],
            {"r1", "r2"},
            id="another record supersedes nothing",
        ),
        pytest.param(
            [("r1", "1", "not_found", OLDER), ("r2", "1", None, OLD)],
            {"r1", "r2"},
            id="that an id is no longer Intercom's stays known",
        ),
        pytest.param(
            [("r1", "1", None, OLDER, 200), ("r2", "1", None, OLD, 200), ("r3", "1", None, NEW)],
            {"r2", "r3"},
            id="the newest answer stays under what needed no call",
        ),
        pytest.param(
            [("r1", "1", None, OLD), ("r1", "1", None, OLD)],
            {"r1"},
            id="rows that are the same stay or go together",
        ),
        pytest.param(
            [("r1", "1", None, OLD), ("r2", "1", None, OLD)],
            {"r2"},
            id="of one moment the later run is the newer",
        ),
    ],
)
def test_what_is_left(empty_ledger, rows, left):
    assert compacted(empty_ledger, rows) == left


def written(engine, **row):
    """A row of the ledger, with what is told of it, of a run of its own."""
    known = {"project": "p", "workspace": "w", "activation": "a", "record_key": "1", "status": "succeeded"}
    row = {**known, "delivered_at": OLD, **row}
    values = ", ".join("null" if each is None else f"'{each}'" for each in row.values())
    engine.execute(f"insert into intercom_activate.ledger ({', '.join(row)}) values ({values})")


@pytest.mark.parametrize("other", ["project", "workspace", "activation", "record_key"])
def test_what_is_of_another_supersedes_nothing(empty_ledger, other):
    """Neither the newest success of a record, nor the failure after it."""
    warehouse, engine, ledger = empty_ledger
    engine.execute("delete from intercom_activate.ledger")
    failure = {"status": "failed", "code": "rejected"}
    written(engine, run_id="r1", delivered_at=OLDER)
    written(engine, run_id="r2", **failure)
    written(engine, run_id="r3", **{other: "another"}, delivered_at=NEW)
    written(engine, run_id="r4", **{other: "another"}, **failure, delivered_at=NEW)
    warehouse.execute(warehouse.render("compact_ledger", ledger=ledger, cutoff=CUTOFF))
    assert len(engine.query("select 1 from intercom_activate.ledger")) == 4


@pytest.mark.parametrize("other", ["project", "workspace", "activation", "record_key", "status"])
def test_what_goes_takes_no_row_of_its_moment_with_it(empty_ledger, other):
    """Of one run and one moment, and told apart by one column alone: the other row is the newest of its kind."""
    warehouse, engine, ledger = empty_ledger
    engine.execute("delete from intercom_activate.ledger")
    code = {"code": "rejected"} if other == "status" else {}
    written(engine, run_id="r1", delivered_at=OLDER, status="failed", code="rejected")
    written(
        engine, run_id="r1", delivered_at=OLDER, **{other: "succeeded" if other == "status" else "another"}
    )
    written(engine, run_id="r2", status="failed", **code)
    warehouse.execute(warehouse.render("compact_ledger", ledger=ledger, cutoff=CUTOFF))
    left = {run_id for (run_id,) in engine.query("select run_id from intercom_activate.ledger")}
    assert left == {"r1", "r2"}
    assert len(engine.query("select 1 from intercom_activate.ledger")) == 2


@pytest.mark.parametrize("code", ["not_found", "archived", "deleted", "merged"])
def test_that_an_id_was_lost_stays_known_for_each_reason(empty_ledger, code):
    assert compacted(empty_ledger, [("r1", "1", code, OLDER), ("r2", "1", None, OLD)]) == {"r1", "r2"}


def test_a_row_of_the_very_moment_is_not_old(empty_ledger):
    assert compacted(empty_ledger, [("r1", "1", None, CUTOFF), ("r2", "1", None, NEW)]) == {"r1", "r2"}


def test_payloads_of_superseded_successes_go(empty_ledger):
    warehouse, engine, ledger = empty_ledger
    engine.execute("delete from intercom_activate.ledger")
    written(engine, run_id="r1", delivered_at=OLDER, payload="{}")
    written(engine, run_id="r2", payload="{}")
    written(engine, run_id="r3", delivered_at=NEW, payload="{}")
    written(engine, run_id="r4", delivered_at=NEW, status="failed", code="rejected")
    written(engine, run_id="r5", delivered_at=OLDER, record_key="2", payload="{}")
    warehouse.execute(warehouse.render("drop_payloads", ledger=ledger, cutoff=OLD + ".000001"))
    kept = engine.query("select run_id from intercom_activate.ledger where payload is not null")
    assert {run_id for (run_id,) in kept} == {"r3", "r5"}
    assert len(engine.query("select 1 from intercom_activate.ledger")) == 5


def test_payloads_that_are_not_old_stay(empty_ledger):
    warehouse, engine, ledger = empty_ledger
    engine.execute("delete from intercom_activate.ledger")
    for run_id in ("r1", "r2"):
        written(engine, run_id=run_id, delivered_at=NEW, payload="{}")
    warehouse.execute(warehouse.render("drop_payloads", ledger=ledger, cutoff=CUTOFF))
    assert engine.query("select count(*) from intercom_activate.ledger where payload is not null") == [(2,)]


def test_what_was_told_last_outlives_a_row_that_told_nothing(empty_ledger):
    """Such a row needed no call, and was written without a payload: of an event, or with `payloads` off."""
    warehouse, engine, ledger = empty_ledger
    engine.execute("delete from intercom_activate.ledger")
    written(engine, run_id="r1", delivered_at=OLDER, operation="insert", payload="{}", http_status=200)
    written(engine, run_id="r2", delivered_at=OLDER, operation="none", payload='{"a":1}')
    written(engine, run_id="r3", operation="none")
    written(engine, run_id="r4", delivered_at=NEW, operation="none")
    of = {"project": "p", "workspace": "w", "activation": "a"}
    told = warehouse.render(
        "told_payloads", ledger=ledger, of=of, records="(select '1' as ia_record_key) as ia_listed"
    )
    assert warehouse.query(told) == [("1", '{"a":1}')]
    for macro in ("drop_payloads", "compact_ledger"):
        warehouse.execute(warehouse.render(macro, ledger=ledger, cutoff=CUTOFF))
        assert warehouse.query(told) == [("1", '{"a":1}')], macro
    left = engine.query("select run_id, payload is null from intercom_activate.ledger order by run_id")
    assert left == [("r1", True), ("r2", False), ("r4", True)]
