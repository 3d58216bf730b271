"""A number's text is the same in SQL and in Python, whatever its type, on every engine."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dbt_intercom_activate.binding.values import InvalidValue, plain_number, shortest, to_intercom
from dbt_intercom_activate.objects.model import FieldType

EXACT = {
    "1": "1",
    "1.0": "1",
    "1.00": "1",
    "-7.50": "-7.5",
    "0": "0",
    "-0.0": "0",
    "0.10": "0.1",
    "100": "100",
    "1.5": "1.5",
    "12345678.5": "12345678.5",
    "0.0001": "0.0001",
    "0.00000012": "0.00000012",
    "1000000000000000": "1000000000000000",
    "9007199254740991": "9007199254740991",
}
"""What any type of number can hold, and its text."""
WIDE = {"9007199254740993": "9007199254740993", "123456789012345678901234567": "123456789012345678901234567"}
"""What a decimal can hold, and a DOUBLE cannot."""
LARGE = {
    "1e15": "1000000000000000",
    "9007199254740994": "9007199254740994",
    "1e22": "10000000000000000000000",
    "-1.5e300": "-15" + "0" * 299,
    "1.5e-10": "0.00000000015",
}
"""What a DOUBLE can hold."""
SPELLINGS = [
    "1",
    "1.0",
    "1.00",
    "-1.50",
    "1e+15",
    "1.0E15",
    "1.5e-07",
    "1.5E-7",
    "-2.5e+02",
    "0E-18",
    "1e+00",
]
NO_NUMBERS = [
    "",
    " 1.0",
    *["12e5", "1E5", "1e5", "12.5e+3", "1.2.3", ".5", "5.", "u1", "-", "1.0.", "NaN", "1,5", "1e+", "1.5e"],
    *["1.5e5-3", "1.5e5+", "1e+9999", "1-e+05", "--1.5"],
]
TYPES = {
    "duckdb": {
        "double": EXACT | LARGE,
        "decimal(38, 10)": EXACT | WIDE,
        "decimal(12, 2)": {key: text for key, text in EXACT.items() if len(key) < 6},
        "bigint": {"1": "1", "-7": "-7"},
        "hugeint": WIDE,
        "float": {"1": "1", "0.1": "0.1", "16777215": "16777215", "1.5": "1.5"},
    },
    "postgres": {
        "double precision": EXACT | LARGE,
        "numeric": EXACT | WIDE | LARGE,
        "numeric(38, 10)": EXACT | WIDE,
        "bigint": {"1": "1", "-7": "-7"},
        "real": {"1": "1", "0.1": "0.1", "16777215": "16777215", "1.5": "1.5"},
    },
    "spark": {
        "double": EXACT | LARGE,
        "decimal(38, 10)": EXACT | WIDE,
        "decimal(38, 18)": {key: text for key, text in EXACT.items() if "." in key},
        "bigint": {"1": "1", "-7": "-7"},
        "float": {"1": "1", "0.1": "0.1", "16777215": "16777215", "1.5": "1.5"},
    },
}
ENGINES = ["duckdb", "postgres", pytest.param("spark", marks=pytest.mark.spark)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_number_has_one_text_in_sql_and_in_python(open_apart, engine):
    warehouse, _ = open_apart(engine)
    text = warehouse.render("number_text", column="ia_number")
    for kind, numbers in TYPES[engine].items():
        values = " union all ".join(
            f"select {place} as ia_place, cast('{number}' as {kind}) as ia_number"
            for place, number in enumerate(numbers)
        )
        rows = warehouse.query(
            f"select ia_number, {text} as ia_text from ({values}) as ia_values order by ia_place"
        )
        single = kind in ("float", "real")
        sent = [to_intercom(shortest(value) if single else value, FieldType.ID) for value, _ in rows]
        assert [made for _, made in rows] == list(numbers.values()), kind
        assert sent == list(numbers.values()), kind


@pytest.mark.parametrize("engine", ENGINES)
def test_the_ledgers_text_of_a_number_is_read_alike_everywhere(open_apart, engine):
    warehouse, _ = open_apart(engine)
    texts = SPELLINGS + NO_NUMBERS
    values = " union all ".join(
        f"select {place} as ia_place, '{text}' as ia_text" for place, text in enumerate(texts)
    )
    plain = warehouse.render("plain_number", text="ia_text")
    rows = warehouse.query(f"select {plain} as ia_plain from ({values}) as ia_values order by ia_place")

    assert [made for (made,) in rows] == [plain_number(text) for text in texts]
    assert [plain_number(text) for text in NO_NUMBERS] == NO_NUMBERS


@pytest.mark.parametrize("exact_below", [2**24, 2**53])
def test_a_number_that_may_have_lost_digits_identifies_nothing(exact_below):
    for value in (exact_below, float(exact_below), Decimal(-exact_below), 1e300):
        with pytest.raises(InvalidValue, match="digits"):
            to_intercom(value, FieldType.ID, exact_below=exact_below)
    for value in (exact_below - 1, float(1 - exact_below), Decimal("1.5"), "9" * 30, None):
        to_intercom(value, FieldType.ID, exact_below=exact_below)
    assert to_intercom(float(exact_below), FieldType.NUMBER, exact_below=exact_below) == exact_below
