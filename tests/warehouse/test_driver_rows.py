"""Rows by the driver's cursor are the rows of dbt's own table, on every engine whose cursor is read."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbt_intercom_activate.binding.values import InvalidValue, converter, quick_converters
from dbt_intercom_activate.clock import in_utc
from dbt_intercom_activate.errors import WarehouseFailed
from dbt_intercom_activate.objects import FieldType
from dbt_intercom_activate.warehouse.driver_rows import AS_IN_TABLE, BY_CURSOR, as_in_table

BOTH = {
    "smallint": ["7", "-7"],
    "bigint": ["9223372036854775807", "0", "1"],
    "decimal(10, 2)": ["19.90", "20.00", "-0.01"],
    "decimal(38, 0)": ["12345678901234567890123456789012345678"],
    "real": ["0.1", "16777217", "nan", "infinity"],
    "double precision": ["0.1", "20", "1e300", "1e-7", "nan", "-infinity"],
    "boolean": ["true", "false"],
    "text": ["", "null", " 1 ", "true", "2024-02-29", "é\n", "1e5"],
    "uuid": ["6762f0dd-1bb6-49f9-bf21-93bb83000000"],
    "date": ["0001-01-01", "9999-12-31"],
    "timestamp": ["2024-02-29 12:34:56.789", "0001-01-01", "9999-12-31 23:59:59.999999"],
    "timestamptz": ["2024-02-29 12:34:56+02"],
    "time": ["12:34:56"],
    "interval": ["3 days"],
    "json": ['{"a": 1}', "[1]", "1"],
}
"""Texts that are cast to each type. Bytes of PostgreSQL are not here: dbt tells where they are in memory, and only
whether there are some is ever read."""
OWN = {
    "duckdb": {"hugeint": ["170141183460469231731687303715884105727"], "ubigint": ["18446744073709551615"]},
    "duckdb ": {"blob": ["ab"], "integer[]": ["[1, 2]"], "struct(a integer)": ["{a: 1}"], "bit": ["101"]},
    "postgres": {
        "numeric": ["1e-10", "NaN", "20.00"],
        "inet": ["10.0.0.1"],
        "money": ["1.50"],
    },
    "postgres ": {"integer[]": ["{1,2}"], "jsonb": ['{"a": 1}'], "int4range": ["[1,5)"]},
}


def _query(kind: str, texts: list[str]) -> str:
    rows = [f"select {number} as n, cast('{text}' as {kind}) as v" for number, text in enumerate(texts)]
    return " union all ".join([*rows, f"select {len(rows)} as n, cast(null as {kind}) as v"]) + " order by 1"


def _told(rows: object) -> list[str]:
    return [repr(row) for row in rows]  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize("engine", sorted(BY_CURSOR))
def test_both_roads_give_the_same_values(engine, open_apart):
    warehouse, _ = open_apart(engine)
    kinds = BOTH | OWN[engine] | OWN[f"{engine} "]
    wrong = {
        kind: (by_cursor, by_table)
        for kind, texts in kinds.items()
        if (by_cursor := _told(warehouse.page(_query(kind, texts))))
        != (by_table := _told(warehouse.query(_query(kind, texts))))
    }
    assert wrong == {}
    assert warehouse.page("select 1 as n where 1 = 0") == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", sorted(BY_CURSOR))
def test_what_the_cursor_cannot_read_fails_as_before(engine, open_apart):
    warehouse, _ = open_apart(engine)
    with pytest.raises(WarehouseFailed, match="the warehouse refused"):
        warehouse.page("select missing from nowhere")
    assert warehouse.page("select 1 as n") == [(1,)], "the connection goes on"


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
columns = st.one_of(
    *(
        st.lists(st.none() | values, min_size=3, max_size=3)
        for values in (
            texts,
            st.integers(),
            st.booleans(),
            st.decimals().filter(lambda number: not number.is_snan()),
            st.floats(),
            st.dates(),
            st.datetimes(),
            st.uuids(),
            st.times(),
            st.binary(max_size=3),
            st.lists(st.integers(), max_size=2),
            st.one_of(
                st.integers(),
                st.decimals().filter(lambda number: not number.is_snan()),
                st.booleans(),
                texts,
                st.floats(),
            ),
        )
    )
)


@settings(max_examples=60, deadline=None)
@given(st.lists(columns, min_size=1, max_size=4))
def test_the_table_of_types_says_what_dbt_makes(drawn):
    from dbt_common.clients.agate_helper import table_from_data_flat

    rows = list(zip(*drawn, strict=True))
    names = [f"c{number}" for number in range(len(drawn))]
    table = table_from_data_flat([dict(zip(names, row, strict=True)) for row in rows], names)
    assert _told(as_in_table(rows)) == _told(tuple(row) for row in table.rows)


def test_each_type_of_the_table_is_compared():
    values = (UUID(int=1), "a", 1, True, 2.5, Decimal(3), date(2024, 1, 1), in_utc(AT))
    assert set(map(type, values)) == AS_IN_TABLE.keys()


AT = datetime(2024, 2, 29, 1, tzinfo=timezone.utc)
VALUES = [None, "", " a@b.c ", "x" * 256, "a\nb", True, 7, 2**53, 10**400, Decimal("20.00"), Decimal("NaN")]
VALUES += [Decimal("9007199254740991.5"), Decimal("1e-400"), in_utc(AT), AT, date(1, 1, 1), 0.1]
VALUES += [Decimal("sNaN"), Decimal("-0.0"), timedelta(1), b"a", "1", "+1 (2)", -(2**31) - 1]


def _outcome(convert, value):
    try:
        made = convert(value)
    except InvalidValue as fault:
        return str(fault)
    return type(made), made


@pytest.mark.parametrize("field_type", list(FieldType), ids=str)
def test_the_quick_way_ends_where_the_whole_one_does(field_type):
    for attribute in (False, True):
        whole, quick = (
            converter(field_type, attribute=attribute),
            quick_converters(field_type, attribute=attribute),
        )
        for value in VALUES:
            if type(value) in quick:
                made = quick[type(value)] or (lambda same: same)
                assert _outcome(made, value) == _outcome(whole, value), (attribute, value)
