"""The SQL of docs/operations.md, on the ledger of a real sync."""

from __future__ import annotations

import re

import pytest
from pages_of_the_docs import blocks

SQL = [block.text for block in blocks("sql") if block.page.name == "operations.md"]
ENGINES = ["duckdb", pytest.param("postgres", marks=pytest.mark.slow)]


def of_kind(kind: str) -> list[str]:
    return [statement for statement in SQL if statement.startswith(kind)]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_every_query_runs_and_finds_something(make_trade, engine):
    trade = make_trade(engine)
    trade.engine.put("customers", [("c1", "no email", None, None, None, None, None)])
    trade.sync()
    found = {query: trade.engine.query(query) for query in of_kind("select")}

    assert len(found) >= 9
    # Nothing is maybe_delivered, no run is alive, and no activation here is called contacts.
    empty = [query for query, rows in found.items() if not rows]
    assert [
        query for query in empty if not re.search("maybe_delivered|lock_state|= 'contacts'|synced", query)
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_person_is_erased_by_what_the_page_says(make_trade, engine):
    trade = make_trade(engine)
    trade.sync()
    (statement,) = [each for each in of_kind("delete") if "identifier_value" in each]
    about = "select count(*) from intercom_activate.ledger where identifier_value = 'c1'"
    assert trade.engine.query(about) != [(0,)]
    trade.engine.execute(statement.replace("'shop'", "'trade'"))

    assert trade.engine.query(about) == [(0,)]
    assert trade.engine.query("select count(*) from intercom_activate.ledger") != [(0,)]
