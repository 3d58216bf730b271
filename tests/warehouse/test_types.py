"""What each adapter says of a column's type is what the column holds: no adapter is believed until it is asked here."""

from __future__ import annotations

import pytest
from trade_harness import ENGINES, HERE

TYPES = {
    "snowflake": {
        "varchar": "text",
        "integer": "integer",
        "bigint": "integer",
        "number(38, 0)": "integer",
        "number(12, 2)": "number",
        "float": "number of 64 bits",
        "boolean": "boolean",
        "date": "timestamp",
        "timestamp_ntz": "timestamp",
        "timestamp_tz": "timestamp with a zone",
        "variant": "composite",
        "binary": "composite",
        "time": "other",
    },
    "redshift": {
        "varchar(100)": "text",
        "char(3)": "text",
        "smallint": "integer",
        "integer": "integer",
        "bigint": "integer",
        "decimal(12, 2)": "number",
        "real": "number of 32 bits",
        "double precision": "number of 64 bits",
        "boolean": "boolean",
        "date": "timestamp",
        "timestamp": "timestamp",
        "timestamptz": "timestamp with a zone",
        "time": "other",
    },
    "bigquery": {
        "string": "text",
        "int64": "integer",
        "numeric(12, 2)": "number",
        "float64": "number of 64 bits",
        "bool": "boolean",
        "date": "timestamp",
        "datetime": "timestamp",
        "timestamp": "timestamp",
        "array<int64>": "composite",
        "struct<a int64>": "composite",
        "bytes": "composite",
        "time": "other",
    },
    "clickhouse": {
        "String": "text",
        "Nullable(String)": "text",
        "LowCardinality(String)": "text",
        "Int32": "integer",
        "Nullable(UInt64)": "integer",
        "Decimal(38, 0)": "integer",
        "Nullable(Decimal(12, 2))": "number",
        "Float32": "number of 32 bits",
        "Float64": "number of 64 bits",
        "Bool": "boolean",
        "Date32": "timestamp",
        "DateTime": "timestamp with a zone",
        "Nullable(DateTime64(6, 'Asia/Tokyo'))": "timestamp with a zone",
        "Array(String)": "composite",
        "Map(String, Int32)": "composite",
        "Tuple(a String)": "composite",
    },
    "spark": {
        "string": "text",
        "int": "integer",
        "bigint": "integer",
        "decimal(38, 0)": "integer",
        "decimal(12, 2)": "number",
        "float": "number of 32 bits",
        "double": "number of 64 bits",
        "boolean": "boolean",
        "date": "timestamp",
        "timestamp": "timestamp with a zone",
        "timestamp_ntz": "timestamp",
        "array<int>": "composite",
        "map<string, int>": "composite",
        "struct<a: int>": "composite",
        "binary": "composite",
    },
}
"""By warehouse: what the values of a column of each type are."""
MARKS = {name: pytest.mark.warehouse(name=name) for name in ENGINES} | {"spark": pytest.mark.spark}


def described(kind):
    """What is known of a type, in words."""
    bits = {2**24: " of 32 bits", 2**53: " of 64 bits", None: ""}[kind.exact_below]
    return kind.family.value + bits + (" with a zone" if kind.zoned else "")


@pytest.mark.parametrize("name", [pytest.param(name, marks=MARKS[name]) for name in TYPES])
def test_a_column_is_what_its_type_says(open_apart, name):
    warehouse, engine = open_apart(name)
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(TYPES[name]))
    engine.execute(
        "drop table if exists trade.typed", f"create table trade.typed ({columns}) {engine.table_format}"
    )
    found = [described(column.type) for column in warehouse.columns_of("trade.typed")]
    assert dict(zip(TYPES[name], found, strict=True)) == TYPES[name]


def test_each_warehouse_is_asked():
    assert TYPES.keys() == ENGINES.keys() - set(HERE)
