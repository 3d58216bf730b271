"""The names of tests are sentences that one can remember."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parent
MOST_WORDS = 10


def test_a_tests_name_has_ten_words_at_most():
    offenders = [
        f"{path.relative_to(TESTS)}:{node.lineno}: {node.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if len(node.name.split("_")[1:]) > MOST_WORDS
    ]
    assert offenders == []


def test_no_test_hides_another_of_its_name():
    offenders = [
        f"{path.relative_to(TESTS)}: {name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for scope in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(scope, (ast.Module, ast.ClassDef))
        for names in [[node.name for node in scope.body if isinstance(node, ast.FunctionDef)]]
        for name in {each for each in names if each.startswith("test_") and names.count(each) > 1}
    ]
    assert offenders == []
