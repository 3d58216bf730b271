"""docs/warehouses.md says what was run, with which adapter: the table is held against the engines and their pins."""

from __future__ import annotations

import re
from pathlib import Path

import stand_ins
import trade_harness
from sqlglot.dialects import Dialect

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "warehouses.md").read_text(encoding="utf-8")
ROWS = {
    name.lower().replace("postgresql", "postgres"): (adapter, state)
    for name, adapter, state in re.findall(
        r"^\| ([A-Z]\w+) \| (dbt-[^|]+) \| (run|parsed) \|", PAGE, re.MULTILINE
    )
}


def pinned(name):
    """The version of the adapter that the tests ran with."""
    own = ROOT / "constraints" / f"{name}.txt"
    text = (own if own.exists() else ROOT / "constraints.txt").read_text(encoding="utf-8")
    return re.search(rf"^dbt-{name}==(\S+)$", text, re.MULTILINE)[1]


def test_each_engine_was_run_as_the_page_says():
    run = {name: adapter for name, (adapter, state) in ROWS.items() if state == "run"}
    assert run == {name: f"dbt-{name} {pinned(name)}" for name in trade_harness.ENGINES}


def test_what_is_parsed_has_a_dialect_and_no_engine():
    parsed = {name for name, (_, state) in ROWS.items() if state == "parsed"}
    assert parsed == {"databricks", "trino"}
    assert all(Dialect.get(name) for name in parsed)


def test_each_stand_in_has_a_target_and_its_limits():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    warehouses = re.search(r"^WAREHOUSES := (.+)$", makefile, re.MULTILINE)[1].split()
    assert set(warehouses) == {each.name for each in stand_ins.ALL}
    kinder = PAGE[PAGE.index("### Where a stand-in") : PAGE.index("## Grants")]
    assert {name.lower() for name in re.findall(r"^\*\*(\w+)\.\*\*$", kinder, re.MULTILINE)} == set(
        warehouses
    )


def test_grants_name_each_right_that_changes_rows():
    grants = PAGE[PAGE.index("## Grants") : PAGE.index("## What a sync costs")]
    texts = [each.read_text(encoding="utf-8") for each in (ROOT / "macros").rglob("*.sql")]
    rights = {
        verb for text in texts for verb in re.findall(r"^(delete|update|merge|truncate) ", text, re.MULTILINE)
    }
    assert rights == {verb for verb in ("delete", "update", "merge", "truncate") if f" {verb} " in grants}
