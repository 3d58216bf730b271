"""A ledger that an older version made is brought up to date; one that a newer version made is refused.

`made_by_603cd29` holds what the first release left after its first sync, as SQL and rows, engine by engine.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from dbt_intercom_activate.ledger import opening
from dbt_intercom_activate.ledger.tables import Tables
from dbt_intercom_activate.warehouse.access import macro_package
from dbt_intercom_activate.warehouse.connection import Warehouse

RELEASED = Path(__file__).parent / "made_by_603cd29"
OLDEST = ("origin", "process_space")
"""Columns that no ledger had before the first release."""
LATER = (*OLDEST, "generation", "place", "attempted_at", "payload", "failed_unwarned", "run_state")
"""Columns that later versions have brought."""
NEW = (
    *(f"ledger.{name}" for name in ("generation", "place", "attempted_at", "payload")),
    "runs.generation",
    "runs.failed_unwarned",
    "runs.run_state",
    "locks.generation",
)
GROWN = f"new columns: ledger.origin, {', '.join(NEW[:7])}, locks.process_space, {NEW[7]}"
UNCHANGED = {"customers": 3, "accounts": 2, "tags": 3, "memberships": 2, "events": 2}


@pytest.fixture(params=["duckdb", "postgres", pytest.param("spark", marks=pytest.mark.spark)])
def trade(request, make_trade):
    return make_trade(request.param)


@pytest.fixture(params=["duckdb", "postgres"])
def changeable(request, make_trade):
    """Where columns can be dropped and retyped."""
    return make_trade(request.param)


def lay(trade, *, without=()):
    """Make the ledger of the first release, or an older one without these columns."""
    if trade.engine.name == "postgres" and os.environ.get("TEST_POSTGRES_DSN"):
        pytest.skip("the first release made its ledger in another database, and a ledger remembers which")
    released = json.loads((RELEASED / f"{trade.engine.name}.json").read_text(encoding="utf-8"))
    trade.engine.execute("create schema intercom_activate")
    types = {}
    for statement in released["made"]:
        for column in without:
            statement = re.sub(rf",\n\s+{column}( \w+)?(?=[,\n])", "", statement)  # noqa: PLW2901
        trade.engine.execute(statement)
        table = re.search(r"intercom_activate\.(\w+) \(", statement)
        if table is not None:
            types[table[1]] = dict(re.findall(r"^  (\w+) (\w+)", statement, re.MULTILINE))
    for table, (columns, *rows) in released["rows"].items():
        for row in rows:
            values = {name: value for name, value in zip(columns, row, strict=True) if name not in without}
            literals = [
                "null" if value is None else f"cast('{value}' as {types[table][name]})"
                for name, value in values.items()
            ]
            trade.engine.execute(
                f"insert into intercom_activate.{table} ({', '.join(values)}) select {', '.join(literals)}"
            )


def columns_of(trade, table):
    try:
        described = trade.engine.query(f"describe intercom_activate.{table}")
        return [row[0] for row in described if row[0] and not row[0].startswith("#")]
    except Exception:  # noqa: BLE001 (PostgreSQL has no `describe`)
        return [
            name
            for (name,) in trade.engine.query(
                "select column_name from information_schema.columns where table_schema = 'intercom_activate' "
                f"and table_name = '{table}' order by ordinal_position"
            )
        ]


def rows_of(trade, table="ledger"):
    names = [name for name in columns_of(trade, table) if name not in LATER]
    return sorted(map(str, trade.engine.query(f"select {', '.join(names)} from intercom_activate.{table}")))


def versions(trade):
    return [
        int(row[0]) for row in trade.engine.query("select ledger_version from intercom_activate.versions")
    ]


def assert_goes_on(trade, ran):
    """Nothing is sent to Intercom that it was told already, and what changes is sent."""
    assert ran.code == 0, ran.text
    assert trade.calls() == {}
    assert {name: ran.counts(name) for name in UNCHANGED} == {
        name: {"rows": count, "unchanged": count} for name, count in UNCHANGED.items()
    }


# A ledger of an older version


@pytest.mark.slow
def test_a_sync_over_the_released_ledger_makes_no_call(trade):
    lay(trade)
    before = rows_of(trade)
    assert_goes_on(trade, trade.sync())
    assert rows_of(trade) == before
    assert versions(trade) == [3]

    assert_goes_on(trade, trade.sync())
    assert versions(trade) == [3]


def test_an_older_ledger_grows_and_keeps_its_rows(trade):
    lay(trade, without=OLDEST)
    before = rows_of(trade)
    ran = trade.sync()

    assert_goes_on(trade, ran)
    assert f"was of version 0, and is of version 3 now ({GROWN}); no row was changed" in ran.text
    assert rows_of(trade) == before
    assert columns_of(trade, "ledger")[-5:] == ["origin", "generation", "place", "attempted_at", "payload"]
    assert columns_of(trade, "locks")[-2:] == ["process_space", "generation"]
    assert set(columns_of(trade, "failures")) == set(columns_of(trade, "ledger"))
    assert set(columns_of(trade, "synced")) == set(columns_of(trade, "ledger"))
    assert versions(trade) == [3]

    trade.put(accounts=[("a1", "Ada & Daughters"), ("a2", "Bits")])
    ran = trade.sync("--select", "accounts")
    assert "was of version" not in ran.text
    origins = trade.ledger("accounts", "record_key", "operation", "origin")
    assert [key for key, operation, origin in origins if origin is not None] == ["a1"]


SPELT = {
    "timestamp": "{0}",
    "bigint": "{1}",
    "double precision": "{1}",
    "decimal(20, 6)": "{1}",
}
"""How another type of column spells the moments of the released ledger's events."""


@pytest.mark.slow
def test_the_released_ledger_knows_events_whatever_their_type(changeable):
    lay(changeable)
    before = rows_of(changeable)
    moments = {"c1": ("2024-02-29 12:34:56", 1_709_210_096), "c2": ("2024-07-01 00:00:00", 1_719_792_000)}
    for data_type, spelt in SPELT.items():
        rows = [(contact, "joined", spelt.format(*moment), None) for contact, moment in moments.items()]
        changeable.engine.put("events", rows, happened_at=data_type)
        ran = changeable.sync("--select", "events")
        assert ran.counts("events") == {"rows": 2, "unchanged": 2}, (data_type, ran.text)
    assert changeable.calls() == {}
    assert rows_of(changeable) == before


@pytest.mark.slow
def test_looking_at_an_older_ledger_changes_nothing(trade):
    lay(trade, without=OLDEST)
    tables = {name: columns_of(trade, name) for name in ("ledger", "runs", "locks", "failures", "synced")}
    planned, told, checked = trade.run("plan"), trade.run("status"), trade.run("check")
    failed = trade.run("status", "--failures")

    for ran in (planned, told, failed, checked):
        assert "is of version 0, and this program makes version 3" in ran.text
        assert GROWN in ran.text
    assert re.search(r"customers\W+3\W+0\W+0\W+3\W+0", planned.text), planned.text
    assert "customers to test: success" in told.text
    assert "No record failed last." in failed.text
    assert checked.code == 0
    assert {name: columns_of(trade, name) for name in tables} == tables
    assert not columns_or_none(trade, "versions")


def columns_or_none(trade, table):
    try:
        return columns_of(trade, table)
    except Exception:  # noqa: BLE001 (each driver has errors of its own)
        return None


STEPS = 10
"""Statements until a ledger of the oldest version has grown; before the last it says so itself."""


@pytest.mark.parametrize(
    "step", [4, *(pytest.param(each, marks=pytest.mark.slow) for each in range(STEPS + 1) if each != 4)]
)
def test_a_growth_that_is_killed_goes_on(make_trade, step):
    trade = make_trade("duckdb")
    lay(trade, without=OLDEST)
    before = rows_of(trade)
    with dying_at(step), pytest.raises(Killed):
        trade.sync()
    grown = bool(columns_or_none(trade, "versions")) and versions(trade) == [3]
    assert grown == (step == STEPS)
    assert_goes_on(trade, trade.sync())
    assert rows_of(trade) == before
    assert versions(trade) == [3]
    assert "origin" in columns_of(trade, "synced")


class Killed(BaseException):
    """The process is gone."""


@contextlib.contextmanager
def dying_at(step):
    """From this statement on nothing reaches the warehouse."""
    said = []

    def until_then(do):
        def say(*arguments):
            if len(said) >= step:
                raise Killed
            said.append(arguments)
            do(*arguments)

        return say

    with pytest.MonkeyPatch.context() as patch:
        for name in ("execute", "add_columns"):
            patch.setattr(Warehouse, name, until_then(getattr(Warehouse, name)))
        yield


@pytest.fixture(params=["duckdb", "postgres", pytest.param("spark", marks=pytest.mark.spark)])
def tables(request, open_apart):
    warehouse, engine = open_apart(request.param)
    engine.drop_ledger()
    warehouse.forget_relations()
    return Tables(warehouse, schema="intercom_activate", database=None), engine


def test_what_another_run_has_grown_meanwhile_is_left(tables):
    made, engine = tables
    unmade = made.standing()
    made.make(unmade)
    made.make(unmade)
    assert made.standing().absent == frozenset()
    engine.execute("drop view intercom_activate.synced")
    (version,) = engine.query("select count(*) from intercom_activate.versions")
    assert version == (1,)


# A ledger of a newer version


def test_a_newer_ledger_is_refused_with_both_versions_named(trade):
    assert trade.sync().code == 0
    moment = "timestamp_ntz" if trade.engine.name == "spark" else "timestamp"
    trade.engine.execute(
        "insert into intercom_activate.versions (ledger_version, program, recorded_at) "
        f"select 99, '7.0.0', {moment} '2030-01-01 00:00:00'"
    )
    trade.sandbox.calls.clear()
    for command in ("sync", "retry", "compact", "plan", "status", "check"):
        ran = trade.run(command)
        assert ran.code == 2, (command, ran.text)
        assert "is a ledger of version 99, which dbt-intercom-activate 7.0.0 made" in ran.text
        assert "knows versions up to 3" in ran.text
        if command != "check":
            assert trade.sandbox.calls.by_operation() == {}, command


@pytest.mark.slow
def test_a_later_column_takes_one_line_in_the_list(make_trade, tmp_path, monkeypatch):
    """The next version grows the ledger, and this one refuses it from then on."""
    trade = make_trade("duckdb")
    assert trade.sync().code == 0
    trade.calls()
    package = tmp_path / "package"
    package.mkdir()
    shutil.copytree(macro_package() / "macros", package / "macros")
    shutil.copy(macro_package() / "dbt_project.yml", package)
    listed = package / "macros" / "ledger" / "columns.sql"
    line = "('payload', text, 3),"
    listed.write_text(listed.read_text().replace(line, f"{line}\n('mood', count, 4),"))
    with monkeypatch.context() as patch:
        patch.setattr(opening, "macro_package", lambda: package)
        ran = trade.sync()
        assert_goes_on(trade, ran)
        assert "was of version 3, and is of version 4 now (new columns: ledger.mood)" in ran.text
        trade.put(accounts=[("a1", "Ada & Daughters"), ("a2", "Bits")])
        ran = trade.sync("--select", "accounts")
        assert "nothing fills the column mood of the ledger" in ran.text
    ran = trade.sync()
    assert ran.code == 2
    assert "is a ledger of version 4" in ran.text


# A ledger that is not as it was made


def without_views(trade, *statements):
    trade.engine.execute(
        "drop view intercom_activate.failures", "drop view intercom_activate.synced", *statements
    )
    trade.sandbox.calls.clear()


@pytest.mark.slow
def test_a_column_that_somebody_dropped_ends_the_run(changeable):
    assert changeable.sync().code == 0
    without_views(
        changeable,
        "alter table intercom_activate.ledger drop column record_key",
        "alter table intercom_activate.runs drop column held",
    )
    for command in ("sync", "plan"):
        ran = changeable.run(command)
        assert ran.code == 2
        assert re.search(r"ledger\"?: column record_key: expected a column of type .*, found none", ran.text)
        assert re.search(r"runs\"?: column held: expected a column of type .*, found none", ran.text)
        assert "Nothing was sent" in ran.text
    assert changeable.sandbox.calls.by_operation() == {}
    assert "record_key" not in columns_of(changeable, "ledger")


@pytest.mark.slow
def test_a_column_of_another_type_ends_the_run(changeable):
    assert changeable.sync().code == 0
    without_views(changeable, "alter table intercom_activate.ledger alter column delivered_at type text")
    ran = changeable.sync()
    assert ran.code == 2
    assert re.search(r"column delivered_at: expected the type timestamp, found (?i:text|varchar)", ran.text)
    assert changeable.sandbox.calls.by_operation() == {}


@pytest.mark.slow
def test_another_length_of_text_is_the_same_type(changeable):
    assert changeable.sync().code == 0
    without_views(changeable, "alter table intercom_activate.ledger alter column code type varchar(500)")
    assert changeable.sync().code == 0


@pytest.mark.slow
def test_views_of_the_user_are_left_alone(changeable):
    lay(changeable, without=OLDEST)
    changeable.engine.execute("create view trade.mine as select record_key from intercom_activate.failures")
    try:
        assert changeable.sync().code == 0
        assert changeable.engine.query("select * from trade.mine") == []
    finally:
        changeable.engine.execute("drop view trade.mine")
