"""What a column's type says of its values, whichever warehouse or driver spells it."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.binding.column_types import Family, column_type, unambiguous_name
from dbt_intercom_activate.binding.values import InvalidValue, to_intercom
from dbt_intercom_activate.objects.model import FieldType

COMPOSITE = """
json; jsonb; VARCHAR[]; INTEGER[3]; DECIMAL(10,2)[]; STRUCT(a,b); struct<a:int>; array<string>; ARRAY; STRINGARRAY;
MAP(VARCHAR,INT); VARIANT; OBJECT; SUPER; RECORD; list; Tuple(a String); ARRAY_TYPE; array(row(a integer)); BLOB; bytea;
BYTES; VARBINARY(10); binary; binary varying; BYTEARRAY
"""
NOT_COMPOSITE = (
    "varchar; text; DECIMAL(10,2); timestamp with time zone; uuid; double; bit; unknown type_code 2950"
)
PLAIN = """
INTEGER; bigint; LONGINTEGER; int64; UHUGEINT; FIXED; NUMBER(38,0); numeric(10, 2); double precision; uuid; date;
Nullable(UInt8); BOOLEAN_TYPE
"""
NOT_PLAIN = "varchar; char(3); timestamp; interval; integer[]; citext; json; enum; point; money; "
ZONED = """
timestamptz; TIMESTAMP WITH TIME ZONE; timestamp(6) with time zone; TIMESTAMP_LTZ; timestamp_tz; DATETIMETZ;
timestamp with local time zone; datetimeoffset(7); TIME WITH TIME ZONE
"""
NOT_ZONED = "timestamp; TIMESTAMP_NTZ(9); timestamp without time zone; datetime; date; time; DATETIME2"
FAMILIES = {
    Family.TEXT: "character varying(256); STRING; ENUM('a(', 'b'); LowCardinality(Nullable(String)); nvarchar(max)",
    Family.INTEGER: "int unsigned; BIGINT_TYPE; UInt256; byteint; NUMBER(38,0); Nullable(Decimal(9, 0))",
    Family.NUMBER: "FIXED; decimal(10); NUMBER(10,2); float(10,0); DOUBLE PRECISION; Nullable(Decimal(10, 2))",
    Family.BOOLEAN: "BOOLEAN; bool",
    Family.TIMESTAMP: "date; DateTime64(3, 'UTC'); TIMESTAMP_NS; timestamp(3) with time zone; smalldatetime",
    Family.OTHER: "time; INTERVAL DAY TO SECOND; bit(3); money; geography; inet; point; ",
}


def listed(types):
    return [each.strip() for each in types.split(";")]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_family_of_a_type(family):
    assert {each: column_type(each).family for each in listed(FAMILIES[family])} == dict.fromkeys(
        listed(FAMILIES[family]), family
    )


def test_types_that_no_field_takes():
    assert [each for each in listed(COMPOSITE) if not column_type(each).composite] == []
    assert [each for each in listed(NOT_COMPOSITE) if column_type(each).composite] == []
    with pytest.raises(InvalidValue):
        to_intercom("[]", FieldType.TEXT, composite=column_type("json").composite)


def test_types_whose_values_have_one_text_each():
    assert [each for each in listed(PLAIN) if not column_type(each).plain] == []
    assert [each for each in listed(NOT_PLAIN) if column_type(each).plain] == []


def test_types_of_moments_with_a_zone():
    assert [each for each in listed(ZONED) if not column_type(each).zoned] == []
    assert [each for each in listed(NOT_ZONED) if column_type(each).zoned] == []


def test_a_float_has_32_bits_where_its_warehouse_says_so():
    single = {
        name: column_type(unambiguous_name("FLOAT", name)).single
        for name in ("duckdb", "spark", "databricks")
    }
    assert single == dict.fromkeys(single, True)
    double = {name: column_type(unambiguous_name("FLOAT", name)).single for name in ("postgres", "snowflake")}
    assert double == dict.fromkeys(double, False)
    assert column_type("REAL").single


def test_snowflake_says_real_of_numbers_of_64_bits():
    assert not column_type(unambiguous_name("REAL", "snowflake")).single
    assert column_type(unambiguous_name("REAL", "snowflake")).family is Family.NUMBER


def test_a_datetime_of_clickhouse_has_a_zone():
    for name in ("DateTime", "DateTime('UTC')", "DateTime64(6)", "DateTime64(3, 'Asia/Tokyo')"):
        assert column_type(unambiguous_name(name, "clickhouse")).zoned, name
        assert not column_type(name).zoned, name


@pytest.mark.parametrize("adapter", ["spark", "databricks"])
def test_a_timestamp_of_spark_has_a_zone(adapter):
    assert column_type(unambiguous_name("TIMESTAMP", adapter)).zoned
    assert not column_type(unambiguous_name("timestamp_ntz", adapter)).zoned
    assert unambiguous_name("TIMESTAMP", "duckdb") == "TIMESTAMP"
