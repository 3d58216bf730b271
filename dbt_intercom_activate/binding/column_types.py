"""What a column's type says of its values: the one table of the type names of warehouses.

The names are those that dbt's adapters tell: the warehouse's own, or its driver's (`LONGINTEGER` of psycopg2).
https://duckdb.org/docs/sql/data_types/overview
https://www.postgresql.org/docs/current/datatype.html
https://docs.snowflake.com/en/sql-reference/intro-summary-data-types
https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types
https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
https://spark.apache.org/docs/latest/sql-ref-datatypes.html
https://trino.io/docs/current/language/types.html
https://docs.aws.amazon.com/athena/latest/ug/data-types.html
https://learn.microsoft.com/sql/t-sql/data-types/data-types-transact-sql
https://clickhouse.com/docs/sql-reference/data-types

The data tests, which run in plain dbt, have the same names in macros/generic_tests/_column_family.sql; a test compares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from dbt_intercom_activate.objects.vocabulary import Word

if TYPE_CHECKING:
    from collections.abc import Mapping


class Family(Word):
    """What the values of a type are to Intercom."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    """Moments and dates: Intercom keeps both as unix seconds."""
    COMPOSITE = "composite"
    """Objects, arrays and bytes, which no field of Intercom takes."""
    OTHER = "other"
    """Anything else, such as a time of day. Each value is judged on its own."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """What is known of a type."""

    family: Family
    zoned: bool = False
    """Its values are moments with a zone, whose text follows the session's time zone."""
    plain: bool = False
    """Its values have one text form each, without blanks around it and without letters of two cases."""
    exact_below: int | None = None
    """Its values are binary numbers, of which whole ones of this size and more may have lost digits."""
    only_as_text: bool = False
    """Drivers do not read all of its values, such as an interval of more days than Python counts."""

    @property
    def single(self) -> bool:
        """Whether its values are binary numbers of 32 bits, which drivers hand over with the digits of 64."""
        return self.exact_below == _EXACT_IN_32_BITS

    @property
    def composite(self) -> bool:
        """Whether its values are objects, arrays or bytes."""
        return self.family is Family.COMPOSITE


_EXACT_IN_32_BITS, _EXACT_IN_64_BITS = 2**24, 2**53
"""Below these every whole number has a value of its own. https://en.wikipedia.org/wiki/IEEE_754"""

_TEXT = (
    "char, character, nchar, bpchar, varchar, nvarchar, varchar2, text, tinytext, mediumtext, longtext, ntext, citext, "
    "string, fixedstring, str, unicode, enum, enum8, enum16"
)
_PLAIN_TEXT = "uuid, uniqueidentifier"
_INTEGER = (
    "int, int1, int2, int4, int8, int16, int32, int64, int128, int256, integer, tinyint, smallint, mediumint, bigint, "
    "hugeint, uint8, uint16, uint32, uint64, uint128, uint256, uinteger, utinyint, usmallint, ubigint, uhugeint, "
    "byteint, short, long, longinteger, serial, smallserial, bigserial"
)
_DECIMAL = "decimal, dec, numeric, number, fixed, bignumeric, bigdecimal, decimal32, decimal64, decimal128, decimal256"
_DOUBLE = "float, float8, float16, float64, double, double precision"
_SINGLE = "real, float4, float32"
_BOOLEAN = "bool, boolean"
_DATE = "date, date32"
_TIMESTAMP = (
    "timestamp, timestamp_ntz, timestampntz, timestamp_s, timestamp_ms, timestamp_us, timestamp_ns, datetime, "
    "datetime2, datetime64, smalldatetime"
)
_ZONED_TIMESTAMP = (
    "timestamp with time zone, timestamp with local time zone, timestamptz, timestamp_tz, timestampltz, timestamp_ltz, "
    "datetimetz, datetimeoffset"
)
_COMPOSITE = (
    "json, jsonb, variant, super, object, array, struct, map, list, row, record, union, tuple, nested, blob, bytes, "
    "bytea, binary, varbinary, varbyte"
)


def _table(*rows: tuple[ColumnType, str]) -> Mapping[str, ColumnType]:
    return MappingProxyType({name: kind for kind, names in rows for name in names.split(", ")})


COLUMN_TYPES = _table(
    (ColumnType(Family.TEXT), _TEXT),
    (ColumnType(Family.TEXT, plain=True), _PLAIN_TEXT),
    (ColumnType(Family.INTEGER, plain=True), _INTEGER),
    (ColumnType(Family.NUMBER, plain=True), _DECIMAL),
    (ColumnType(Family.NUMBER, plain=True, exact_below=_EXACT_IN_64_BITS), _DOUBLE),
    (ColumnType(Family.NUMBER, plain=True, exact_below=_EXACT_IN_32_BITS), _SINGLE),
    (ColumnType(Family.BOOLEAN, plain=True), _BOOLEAN),
    (ColumnType(Family.TIMESTAMP, plain=True), _DATE),
    (ColumnType(Family.TIMESTAMP), _TIMESTAMP),
    (ColumnType(Family.TIMESTAMP, zoned=True), _ZONED_TIMESTAMP),
    (ColumnType(Family.OTHER, only_as_text=True), "time, interval"),
    (ColumnType(Family.OTHER, zoned=True, only_as_text=True), "time with time zone"),
    (ColumnType(Family.COMPOSITE), _COMPOSITE),
)
"""By name, in lower case and without parameters. A type that is not here is `OTHER`."""

_NAMES_OF_ADAPTERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "clickhouse": {"datetime": "timestamptz", "datetime64": "timestamptz"},
        "databricks": {"timestamp": "timestamp_ltz", "float": "real"},
        "duckdb": {"float": "real"},
        "snowflake": {"real": "double"},
        "spark": {"timestamp": "timestamp_ltz", "float": "real"},
    }
)
"""Names that mean something else on one warehouse, by type of adapter.

Spark's TIMESTAMP has a zone, and so has ClickHouse's DateTime, seconds since 1970 that are shown in the zone of the
server or of the column: https://clickhouse.com/docs/sql-reference/data-types/datetime
FLOAT has 32 bits on one and 64 on another, and the connector of Snowflake calls each of its 64 bits `REAL`:
https://docs.snowflake.com/en/sql-reference/data-types-numeric
"""

_ARRAY = re.compile(r"(\[[0-9]*\]|array)$")
"""`integer[]`, `integer[3]`, and `INTEGERARRAY` of psycopg2."""
_WRAPPER = re.compile(r"^((nullable|lowcardinality)\()+")
"""ClickHouse's `LowCardinality(Nullable(String))`."""
_PARAMETERS = re.compile(r"[(<].*[)>]|[)>]", re.DOTALL)
_WITHOUT_DECIMALS = re.compile(r"\(\s*[0-9]+\s*,\s*0\s*\)")
"""`NUMBER(38,0)`, which is what Snowflake makes of every integer type."""


@lru_cache(maxsize=1_000)
def column_type(data_type: str) -> ColumnType:
    """What is known of a type, found by its whole name without parameters, else by its first word.

    Args:
        data_type: As a warehouse or its driver spells it: `DECIMAL(10, 2)`, `timestamp(6) with time zone`.
    """
    text = data_type.strip().lower()
    if _ARRAY.search(text):
        return ColumnType(Family.COMPOSITE)
    words = _PARAMETERS.sub(" ", _WRAPPER.sub("", text)).split()
    name = " ".join(words).removesuffix("_type")
    found = COLUMN_TYPES.get(name) or COLUMN_TYPES.get(name.partition(" ")[0])
    if found == COLUMN_TYPES["decimal"] and _WITHOUT_DECIMALS.search(text):
        return COLUMN_TYPES["integer"]
    return found or ColumnType(Family.OTHER)


def unambiguous_name(data_type: str, adapter: str) -> str:
    """The name of a type as this module reads it, where one warehouse means something else by it.

    Args:
        adapter: The type of the dbt adapter, such as `spark`.
    """
    name = _PARAMETERS.sub("", data_type.lower()).strip()
    return _NAMES_OF_ADAPTERS.get(adapter, {}).get(name, data_type)
