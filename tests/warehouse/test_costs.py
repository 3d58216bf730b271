"""How many statements a sync puts to the warehouse, which is what it costs where each takes a second or is billed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dbt_intercom_activate.warehouse.connection import Warehouse

PAGE = Path(__file__).parents[2] / "docs" / "warehouses.md"
STEPS = ("the first sync", "nothing has changed", "one record has changed", "one record has left")


@pytest.fixture
def trade(make_trade, monkeypatch):
    """The trade on DuckDB, and the statements so far."""
    made = make_trade("duckdb")
    made.statements = 0

    def counted(method):
        def say(*arguments, **named):
            made.statements += 1
            return method(*arguments, **named)

        return say

    for name in ("execute", "query", "columns_of", "exists", "create_schema", "has_schema"):
        monkeypatch.setattr(Warehouse, name, counted(getattr(Warehouse, name)))
    return made


def test_the_page_says_how_many_statements_a_sync_takes(trade):
    found = {}
    people = [(key, None, key, None, None, None, None) for key in ("c1", "c2")]
    for step, given in zip(
        STEPS, (people, people, [*people[:1], ("c2", None, "two", *[None] * 4)], people[:1]), strict=True
    ):
        trade.put(customers=given)
        trade.statements = 0
        ran = trade.sync("--select", "customers")
        assert ran.code == 0, ran.text
        found[step] = trade.statements
    told = {
        step: int(count)
        for step, count in re.findall(r"^\| ([a-z ]+) \| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    }
    assert {step: told.get(step) for step in STEPS} == found
