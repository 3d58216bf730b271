"""How many statements a sync puts to the warehouse, which is what it costs where each takes a second or is billed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dbt.adapters.sql import SQLConnectionManager

PAGE = Path(__file__).parents[2] / "docs" / "warehouses.md"
STEPS = ("the first sync", "nothing has changed", "one record has changed", "one record has left")


@pytest.fixture
def trade(make_trade, monkeypatch):
    """The trade on DuckDB, and the statements so far, as its driver gets them; begin and commit aside."""
    made = make_trade("duckdb")
    made.statements = []
    add_query = SQLConnectionManager.add_query

    def counted(manager, sql, *arguments, **named):
        if sql.strip().lower() not in ("begin", "commit"):
            made.statements.append(sql)
        return add_query(manager, sql, *arguments, **named)

    monkeypatch.setattr(SQLConnectionManager, "add_query", counted)
    return made


def test_the_page_says_how_many_statements_a_sync_takes(trade):
    found = {}
    people = [(key, None, key, None, None, None, None) for key in ("c1", "c2")]
    for step, given in zip(
        STEPS, (people, people, [*people[:1], ("c2", None, "two", *[None] * 4)], people[:1]), strict=True
    ):
        trade.put(customers=given)
        trade.statements.clear()
        ran = trade.sync("--select", "customers")
        assert ran.code == 0, ran.text
        found[step] = len(trade.statements)
    told = {
        step: int(count)
        for step, count in re.findall(r"^\| ([a-z ]+) \| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    }
    assert {step: told.get(step) for step in STEPS} == found


def test_an_unchanged_activation_more_takes_two_statements(trade):
    trade.put(customers=[("c1", None, "c1", None, None, None, None)], accounts=[("a1", "Acme")])
    found = {}
    for chosen in (["customers"], ["customers", "accounts"]):
        selection = ["--select", *chosen]
        assert trade.sync(*selection).code == 0
        trade.statements.clear()
        assert trade.sync(*selection).code == 0
        found[len(chosen)] = len(trade.statements)

    assert found[2] == found[1] + 2
