"""CONTRIBUTING.md names files and folders that are there."""

from __future__ import annotations

import re

from pages_of_the_docs import ROOT

import dbt_intercom_activate

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGE = ROOT / dbt_intercom_activate.__name__

QUESTIONS = [
    "an object",
    "a failure code",
    "an option of a command",
    "the version of the API",
    "a field of a contact",
    "a warehouse",
    "the pace",
    "a key of `meta`",
    "a column of the ledger",
    "a bulk endpoint",
]


def rows(heading):
    """The rows of the first table below a heading, cell by cell."""
    table = CONTRIBUTING.partition(f"## {heading}\n")[2].partition("\n|---|---|\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()]


def missing(cell):
    """The paths in a cell that lead nowhere; `macros/` stands beside the package."""
    paths = re.findall(r"`([\w/]+(?:/|\.py|\.sql))`", cell)
    assert paths, cell
    return [path for path in paths if not ((ROOT if path.startswith("macros/") else PACKAGE) / path).exists()]


def test_ten_changes_begin_in_files_that_exist():
    answers = dict(rows("Where to change what"))
    assert list(answers) == QUESTIONS
    assert [path for cell in answers.values() for path in missing(cell)] == []


def test_the_rooms_are_those_of_the_package():
    cells = [cell for cell, _ in rows("How it is built")]
    assert [path for cell in cells for path in missing(cell)] == []
    named = set(re.findall(r"`(\w+)/`", " ".join(cells)))
    assert named == {path.parent.name for path in PACKAGE.glob("*/__init__.py")} | {"macros"}
