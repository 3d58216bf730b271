"""The words that the macros know of outcomes are those of the package."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from dbt_intercom_activate.outcomes.codes import CODES
from dbt_intercom_activate.outcomes.outcome import REMOVALS, Operation

MACROS = Path(__file__).parent.parent.parent / "macros"


def words(macro):
    """The list that a macro makes literals of."""
    (found,) = re.findall(r"\[.*\]", (MACROS / "outcomes" / f"{macro}.sql").read_text(encoding="utf-8"))
    return ast.literal_eval(found)


def test_removals_are_the_same_in_sql():
    assert {Operation(word) for word in words("_removal_operations")} == REMOVALS


def test_codes_of_a_lost_id_are_codes():
    assert set(words("_lost_id_codes")) <= set(CODES)


@pytest.mark.parametrize("macro", ["_removal_operations", "_lost_id_codes"])
def test_a_list_of_words_stands_in_one_macro(macro):
    said = ", ".join(f"'{word}'" for word in words(macro))
    holding = [path.stem for path in MACROS.rglob("*.sql") if said in path.read_text(encoding="utf-8")]
    assert holding == [macro]
