"""SQL stands in macros alone, where dbt's dispatch lets a warehouse have its own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import dbt_intercom_activate

ROOT = Path(dbt_intercom_activate.__file__).parent
SQL = re.compile(
    r"(^|\{\} ?)(select \S|(insert into|delete from|merge into|truncate( table)?) \S"
    r"|(create|drop|alter) (table|view|schema|or replace|index|temp)|update \S+ set "
    r"|with( recursive)? \w+ as|explain \w|grant \w+ on )",
    re.IGNORECASE,
)
"""A statement where a string begins, or after a value in it."""


def docstrings(tree):
    """What stands alone as a statement: docstrings of modules, classes, functions and attributes."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def texts(tree):
    """Every string that the code uses; a value inside of one is `{}`."""
    seen = docstrings(tree)
    for node in ast.walk(tree):
        if id(node) in seen:
            continue
        if isinstance(node, ast.JoinedStr):
            seen.update(map(id, node.values))
            parts = [str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values]
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def is_sql(text):
    """Messages for people begin with a capital letter, and statements all in capitals, or in none."""
    found = SQL.search(text.strip())
    return found is not None and not found[2][:2].istitle()


def statements(source):
    return [line for line, text in texts(ast.parse(source)) if is_sql(text)]


def test_no_python_file_holds_a_statement():
    offenders = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(ROOT.rglob("*.py"))
        for line in statements(path.read_text(encoding="utf-8"))
    }
    assert offenders == set()


@pytest.mark.parametrize(
    "source",
    [
        "query('select 1')",
        "query('SELECT a FROM b')",
        "query(f'select {columns} from {relation}')",
        "query(f'{steps} select a from b')",
        "execute(f'drop table if exists {stage}')",
        "X = {'a': ' with a as (select 1) select * from a'}",
        "execute('explain ' 'insert into a select 1')",
    ],
)
def test_a_statement_is_found(source):
    assert statements(source) == [1]


@pytest.mark.parametrize(
    "source",
    [
        "'''select 1 from here'''",
        "option('--select')",
        "say('Create a table')",
        "path('DELETE /contacts/{}')",
    ],
)
def test_what_only_looks_like_a_statement_is_not(source):
    assert statements(source) == []
