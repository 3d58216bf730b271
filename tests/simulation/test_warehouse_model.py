"""The warehouse in memory tells what the macros tell: what worlds asked of it is asked of DuckDB once more."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from warehouse_model import Literals
from world import lived

from dbt_intercom_activate.ledger.tables import Tables

if TYPE_CHECKING:
    from warehouse_model import Relation

STATEMENTS = {"append_left", "append_outcomes", "drop_stage", "stage_changes"}
QUERIES = {
    "count_classes",
    "count_delivered",
    "count_settled",
    "count_staged",
    "read_page",
    "read_removals",
    "read_removed",
    "read_undelivered",
    "recorded_of_run",
}


@pytest.fixture(scope="module")
def duckdb(open_apart):
    warehouse, engine = open_apart("duckdb")
    tables = Tables(warehouse, schema="intercom_activate", database=None)
    tables.make(tables.standing())
    engine.execute("create schema if not exists shop")
    engine.execute(f"create or replace view no_stage as select * from {warehouse.render('no_stage')}")
    return warehouse, engine


def there(argument: Any) -> Any:
    """An argument of a macro, with the names that relations have in DuckDB."""
    if isinstance(argument, Literals):
        return there(argument.row)
    if isinstance(argument, str):
        return argument.removeprefix("db.") if argument.startswith("db.") else argument
    if isinstance(argument, dict):
        return {name: there(value) for name, value in argument.items()}
    return [there(each) for each in argument] if isinstance(argument, list) else argument


def written(warehouse: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a statement with its outcomes as literals, which the memory does not need."""
    if "outcomes" in arguments:
        arguments["outcomes"] = [warehouse.literals(each) for each in arguments["outcomes"]]
    return arguments


def told(rows: list[tuple[Any, ...]], macro: str) -> Counter[tuple[str, ...]]:
    """Rows as they are compared: the order of rows with one key is nobody's, and so are their numbers."""
    first = 1 if macro in ("read_page", "read_undelivered") else 0
    return Counter(tuple(_plain(value) for value in row[first:]) for row in rows)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    try:
        return str(float(value))
    except (TypeError, ValueError):
        return str(value)


def publish(engine: Any, name: str, relation: Relation) -> None:
    columns = ", ".join(f'"{each.name}" {each.data_type}' for each in relation.columns)
    engine.execute(f"create or replace table {there(name)} ({columns})")
    for row in relation.rows:
        values = ", ".join("null" if value is None else f"'{value}'" for value in row.values())
        engine.execute(f"insert into {there(name)} values ({values})")


def repeat(duckdb: Any, seed: int) -> int:
    """Ask all that a world asked; how many answers were compared."""
    warehouse, engine = duckdb
    engine.execute("delete from intercom_activate.ledger")
    compared = 0
    for number, (macro, arguments, result) in enumerate(lived(seed).database.heard):
        if macro == "publish":
            publish(engine, **arguments)
        elif macro in STATEMENTS:
            if arguments.get("outcomes", True):
                warehouse.execute(warehouse.render(macro, **written(warehouse, there(dict(arguments)))))
        elif macro in QUERIES:
            rows = warehouse.query(warehouse.render(macro, **there(dict(arguments))))
            assert told(rows, macro) == told(result, macro), f"seed {seed}: {number}: {macro}"
            compared += 1
    return compared


@pytest.mark.parametrize("seed", [1, 20])
def test_the_warehouse_in_memory_tells_what_duckdb_tells(seed, duckdb):
    assert repeat(duckdb, seed) > 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_the_warehouse_in_memory_tells_what_duckdb_always_tells(seed, duckdb):
    repeat(duckdb, seed)
