"""The data tests and the sync judge alike: the same values are held to both.

A table of values is built by dbt on DuckDB, and on PostgreSQL, and `dbt test` judges each column.
What the sync makes of them it says itself: they are read through the same adapter and put to `binder` and `values`.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import warehouse_engines
import yaml

from dbt_intercom_activate.binding import binder
from dbt_intercom_activate.binding.column_types import COLUMN_TYPES, Family, column_type, unambiguous_name
from dbt_intercom_activate.binding.values import _EMAIL, InvalidValue, to_intercom
from dbt_intercom_activate.objects.model import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEXTS = ["", " ", "x", "x" * 255, "x" * 256, "🦊" * 255, "🦊" * 256, "null", "nan", "Infinity", "7", "true"]
BIG = [2**31, -(2**31) - 1, 10**11 - 1, 10**11, -(10**11), 1_709_210_096_000]
DOUBLES = [0.1, 1.0, -1.5, 2147483647.0, 2147483648.0, 1e11, 1e300, "nan", "infinity", "-infinity", -0.0]
MONEY = ["19.90", "19.00", "2147483647.00", "2147483648.00", "-0.01"]
COLUMNS = {
    "duckdb": {
        "varchar": TEXTS,
        "uuid": ["6762f0dd-1bb6-49f9-bf21-93bb83000000"],
        "enum('a', 'b')": ["a"],
        "tinyint": [-128, 0, 127],
        "smallint": [300],
        "integer": [2**31 - 1, -(2**31) + 1, -(2**31), 0],
        "bigint": BIG,
        "hugeint": [2**127 - 1, 5],
        "ubigint": [2**64 - 1, 5],
        "double": DOUBLES,
        "float": [0.5, 3, "nan"],
        "decimal(12, 2)": MONEY,
        "decimal(38, 0)": ["99999999999", "100000000000"],
        "boolean": [True, False],
        "date": ["2024-02-29", "9999-12-31"],
        "timestamp": ["2024-02-29 12:34:56.789", "1900-01-01 00:00:00"],
        "timestamptz": ["2024-02-29 12:34:56+02"],
        "timestamp_s": ["2024-02-29 12:34:56"],
        "timestamp_ns": ["2024-02-29 12:34:56.7"],
        "time": ["12:34:56"],
        "interval": ["3 days"],
        "json": ["{}", "7"],
        "integer[]": ["[1]"],
        "integer[2]": ["[1, 2]"],
        "map(varchar, integer)": ["{a=1}"],
        "blob": ["ab"],
    },
    "postgres": {
        "text": TEXTS,
        "varchar(300)": TEXTS,
        "char(5)": ["x"],
        "uuid": ["6762f0dd-1bb6-49f9-bf21-93bb83000000"],
        "inet": ["10.0.0.1"],
        "smallint": [300],
        "integer": [2**31 - 1, -(2**31) + 1, -(2**31), 0],
        "bigint": BIG,
        "double precision": DOUBLES,
        "real": [0.5, 3, "nan"],
        "numeric(12, 2)": MONEY,
        "numeric": ["nan", "infinity", "1.5", "99999999999", "100000000000", "1e40"],
        "boolean": [True, False],
        "date": ["2024-02-29", "9999-12-31"],
        "timestamp": ["2024-02-29 12:34:56.789", "1900-01-01 00:00:00"],
        "timestamptz": ["2024-02-29 12:34:56+02"],
        "time": ["12:34:56"],
        "interval": ["3 days"],
        "json": ["{}", "7"],
        "jsonb": ["{}", "7"],
        "integer[]": ["{1}"],
        "text[]": ["{a}"],
        "bytea": ["ab"],
    },
}
"""Values of each type of column; each column has a null too."""
TEXT, NUMBER = "c0", "c6"
"""Columns of text and of integers, on either engine."""
TYPES = ["any", *(kind for kind in binder.ATTRIBUTE_TYPES if kind != "datetime")]
"""The types of attributes; `any` where the test is told none. A datetime is a date, as a test below says."""
AUDIT = "main_dbt_test__audit"


def names(engine):
    """The type of each column by its name."""
    return {f"c{number}": kind for number, kind in enumerate(COLUMNS[engine])}


def model(engine):
    """A row for each value and one of nulls: `id`, and a column for each type."""
    rows = max(len(values) for values in COLUMNS[engine].values()) + 1
    columns = []
    for name, kind in names(engine).items():
        values = enumerate(COLUMNS[engine][kind])
        cases = " ".join(f"when {row} then cast('{value}' as {kind})" for row, value in values)
        columns.append(f"case id {cases} end as {name}")
    ids = ", ".join(f"({row})" for row in range(rows))
    return f"select id, {', '.join(columns)} from (values {ids}) as t(id)"


def data_test(name, test, **arguments):
    return {f"intercom_activate.{test}": {"name": name, "arguments": arguments}}


def attribute_tests(name):
    return {
        "name": name,
        "data_tests": [
            data_test(f"{name}_{kind}", "intercom_attribute", **({} if kind == "any" else {"type": kind}))
            for kind in TYPES
        ],
    }


def described(engine):
    models = [
        {
            "name": "zoo",
            "columns": [
                *map(attribute_tests, names(engine)),
                {"name": TEXT, "data_tests": [data_test("zoo_email", "intercom_email")]},
                {"name": NUMBER, "data_tests": [data_test("number_email", "intercom_email")]},
            ],
        },
        {
            "name": "addresses",
            "columns": [{"name": "email", "data_tests": [data_test("addresses", "intercom_email")]}],
        },
    ]
    return json.dumps({"models": models})


PLAIN = [
    None, "", "   ", "ada@example.com", " Ada@Example.COM ", "a@b", "ada", "@", "a@", "@b", " @b", "a@ ", "a@@b",
    "a@b@c", "a b@c", "a@b c", "a@b\n", "\ta@b", "ada@exämple.de", "名前@例え.jp", "'a'@b", "a\\@b", "a%@b", "_@b",
    "a@%", "🦊@x", "null@null",
]  # fmt: skip


def addresses():
    """Plain ones, and one with each character that could be a blank to someone inside."""
    chosen = random.Random(5)  # noqa: S311 (no secret)
    odd = [*range(1, 0x21), 0x7F, *range(0x80, 0xA1), *range(0x2000, 0x2070), 0x1680, 0x180E, 0x3000, 0xFEFF]
    odd += [code for code in chosen.sample(range(1, 0x110000), 200) if not 0xD800 <= code < 0xE000]
    return PLAIN + [f"a{chr(code)}b@x.de" for code in odd] + [f"a@{chr(code)}" for code in odd]


@dataclass(frozen=True)
class Judged:
    """What `dbt test` and the sync make of the values, on one engine."""

    engine: str
    zoo: Mapping[str, tuple[str, Sequence[Any]]]
    """Each column's type and values, as the sync reads them."""
    refused: Mapping[str, set[int]]
    """The ids of the rows that failed each test."""
    kept: Sequence[Any]
    """Rows that failed a test, as dbt stored them."""


def in_duckdb(project):
    with duckdb.connect(str(project.folder / "shop.duckdb")) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.addresses (id integer, email varchar)")
        connection.executemany("insert into raw.addresses values (?, ?)", list(enumerate(addresses())))


def in_postgres(project, dsn):
    import psycopg2
    from psycopg2.extensions import parse_dsn

    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("create schema raw")
        cursor.execute("create table raw.addresses (id integer, email text)")
        cursor.executemany("insert into raw.addresses values (%s, %s)", list(enumerate(addresses())))
    parts = {"port": 5432, "password": "none", **parse_dsn(dsn)}
    output = {"type": "postgres", "schema": "main", "threads": 1}
    output |= {name: parts[name] for name in ("host", "user", "password", "dbname")}
    outputs = {"dev": {**output, "port": int(parts["port"])}}
    project.put_files({"profiles.yml": yaml.safe_dump({"shop": {"target": "dev", "outputs": outputs}})})


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("duckdb", marks=[pytest.mark.slow, pytest.mark.dbt]),
        pytest.param("postgres", marks=pytest.mark.slow),
    ],
)
def judged(request, make_project, tmp_path_factory):
    """The values and the addresses, on an engine."""
    engine = request.param
    if engine == "postgres":
        pytest.importorskip("dbt.adapters.postgres", reason="dbt-postgres is not installed")
    files = {
        "models/zoo.sql": model(engine),
        "models/addresses.sql": "select * from raw.addresses",
        "models/models.yml": described(engine),
    }
    project = make_project(files)
    if engine == "duckdb":
        in_duckdb(project)
    else:
        worker = "values_" + os.environ.get("PYTEST_XDIST_WORKER", "main")
        in_postgres(project, warehouse_engines.postgres_dsn(tmp_path_factory.getbasetemp(), worker))
    project.built("run")
    project.dbt("test", "--store-failures")
    with project.inside():
        warehouse = project.open_warehouse()
        with warehouse.connected():
            types = {column.name: column.data_type for column in warehouse.columns_of("main.zoo")}
            zoo = {
                name: (
                    types[name],
                    [value for (value,) in warehouse.query(f"select {name} from main.zoo order by id")],
                )
                for name in names(engine)
            }
            big = next(name for name, kind in names(engine).items() if kind == "bigint")
            kept = warehouse.query(f"select id, {big}, ia_value from {AUDIT}.{big}_date")
            return Judged(engine, zoo, refused(warehouse, engine), kept)


def refused(warehouse, engine):
    tests = ["addresses", "zoo_email", "number_email"]
    tests += [f"{name}_{kind}" for name in names(engine) for kind in TYPES]
    found = {test: set() for test in tests}
    each = [f"select '{test}' as test, id, ia_fault from {AUDIT}.{test}" for test in tests]
    for test, row, fault in warehouse.query(" union all ".join(each)):
        assert fault.startswith("invalid_value: ")
        found[test].add(int(row))
    return found


def takes(data_type, attribute_type):
    """Whether the sync lets an attribute of a type be mapped to a column at all."""
    family = column_type(data_type).family
    return attribute_type == "any" or binder._may_fit(family, binder.ATTRIBUTE_TYPES[attribute_type])


def fits(value, field_type, **about):
    try:
        to_intercom(value, field_type, **about)
    except InvalidValue:
        return False
    return True


def wrong(values, field_type, **about):
    """The rows whose value the sync refuses."""
    return {
        row for row, value in enumerate(values) if value is not None and not fits(value, field_type, **about)
    }


@pytest.mark.parametrize("attribute_type", TYPES)
def test_an_attribute_refuses_what_the_sync_refuses(judged, attribute_type):
    field_type = binder.ATTRIBUTE_TYPES.get(attribute_type, FieldType.SCALAR)
    expected, found = {}, {}
    for name, kind in names(judged.engine).items():
        data_type, values = judged.zoo[name]
        found[kind] = judged.refused[f"{name}_{attribute_type}"]
        expected[kind] = wrong(values, field_type, composite=column_type(data_type).composite, attribute=True)
        if not takes(data_type, attribute_type):
            expected[kind] = {row for row, value in enumerate(values) if value is not None}

    assert found == expected
    # Or the comparison would prove nothing.
    partly = [kind for kind, rows in found.items() if 0 < len(rows) < len(COLUMNS[judged.engine][kind])]
    assert partly or attribute_type == "boolean"


def test_an_email_is_what_the_sync_takes_for_one(judged):
    found, expected = judged.refused["addresses"], wrong(addresses(), FieldType.EMAIL)
    assert {addresses()[row] for row in found} == {addresses()[row] for row in expected}
    assert len(PLAIN) < len(expected) < len(addresses())


def test_an_email_outside_a_text_column_is_refused(judged):
    for test, name in (("zoo_email", TEXT), ("number_email", NUMBER)):
        assert judged.refused[test] == wrong(judged.zoo[name][1], FieldType.EMAIL)
    assert judged.refused["number_email"]


def test_a_row_that_failed_is_kept_whole(judged):
    assert judged.kept
    assert all(value == shown for _, value, shown in judged.kept)


def test_the_parts_of_an_object_are_refused(make_project):
    """dbt-duckdb tells an object as its parts; the sync finds no such column."""
    columns = [
        {"name": name, "data_tests": [data_test(f"part_{name}", "intercom_attribute")]}
        for name in ("name", "names")
    ]
    models = {"models": [{"name": "parts", "columns": columns}]}
    query = "select {'first': 'Ada'} as name, {'first': 1, 'last': 2} as names"
    project = make_project({"models/parts.sql": query, "models/models.yml": json.dumps(models)})
    project.built("run")
    project.dbt("test", "--store-failures")
    for name in ("name", "names"):
        ((fault,),) = project.sql(f"select ia_fault from main_dbt_test__audit.part_{name}")
        assert fault == "invalid_value: an object, an array or bytes"


# The parts, held to each other


@pytest.fixture(scope="module")
def render(make_project):
    project = make_project({})
    with project.inside():
        warehouse = project.open_warehouse()
        with warehouse.connected():
            yield warehouse.render


DATA_TYPES = """
VARCHAR; character varying(256); text; STRING; bpchar; nvarchar(10); uuid; ENUM('a', 'b'); citext;
INTEGER; int4; INT64; bigint; UHUGEINT; tinyint; mediumint; long; byteint; serial; short; DOUBLE;
double precision; float8; FLOAT64; real; DECIMAL(10,2); numeric; BIGNUMERIC; NUMBER(38,0); FIXED;
dec; BOOLEAN; bool; date; TIMESTAMP WITH TIME ZONE; timestamptz; TIMESTAMP_NTZ; datetime;
DATETIME2; time; TIME WITHOUT TIME ZONE; interval; INTERVAL DAY; bit; money; JSON; jsonb; VARIANT;
super; OBJECT; STRUCT<a INT64>; ARRAY<STRING>; integer[]; INTEGER[3]; map(varchar, integer); blob;
bytea; VARBINARY; varbyte; row(a integer); RECORD; union(a integer); geography; inet; unknown type_code 2950;
LowCardinality(Nullable(String)); Nullable(Decimal(10, 2)); DateTime64(3, 'UTC'); STRING_TYPE; INTEGERARRAY;
timestamp(6) with time zone; int unsigned; DATETIME2(7)
"""
SPELLINGS = ("{}", " {} (10, 2)", "{}(38,0)", "{}[]", "Nullable({})", "{}_TYPE")


def test_the_macro_has_every_type_of_the_table(render):
    names = {family: set() for family in Family}
    for name, kind in COLUMN_TYPES.items():
        names[kind.family].add(name)
    found = render("_names_of_types")
    assert {family: set(each) for family, each in found.items()} == names
    assert sum(map(len, found.values())) == len(COLUMN_TYPES)


def test_a_type_is_of_the_family_that_the_sync_sees(render):
    spellings = [each.strip() for each in DATA_TYPES.split(";")]
    spellings += [each.format(name) for each in SPELLINGS for name in COLUMN_TYPES]
    families = {each: (render("_family", data_type=each), column_type(each).family) for each in spellings}
    assert {each: pair for each, pair in families.items() if pair[0] != pair[1]} == {}


@pytest.mark.parametrize("adapter", ["duckdb", "postgres", "spark", "databricks", "bigquery", "snowflake"])
def test_a_number_loses_digits_where_the_sync_says_so(render, adapter):
    for name in COLUMN_TYPES:
        expected = column_type(unambiguous_name(name, adapter)).exact_below
        assert render("_exact_below", data_type=name, adapter_type=adapter) == expected, name


def test_an_attribute_takes_the_families_that_sync_takes(render):
    assert {name: frozenset(families) for name, families in render("_families_of_types").items()} == {
        name: binder._TAKES[field_type] for name, field_type in binder.ATTRIBUTE_TYPES.items()
    }


def test_a_datetime_is_a_date(render):
    for family in Family:
        date, moment = (
            render("_attribute_fault", value="x", family=family, type=kind) for kind in ("date", "datetime")
        )
        assert moment.replace("datetime", "date") == date
    assert binder.ATTRIBUTE_TYPES["datetime"] is binder.ATTRIBUTE_TYPES["date"]


def test_a_blank_is_what_the_sync_takes_for_one(render):
    quoted = render("_blanks")
    expected = {
        chr(code)
        for code in range(1, 0x110000)
        if not 0xD800 <= code < 0xE000 and chr(code) != "@" and not _EMAIL.fullmatch(f"a{chr(code)}b@x")
    }
    assert (quoted[0], quoted[-1]) == ("'", "'")
    assert sorted(quoted[1:-1]) == sorted(expected)


@pytest.mark.parametrize("listed", ["_white_space", "_controls"])
def test_characters_that_are_written_as_escapes_are_the_same(render, listed):
    codes = render(listed)
    escaped = render("_escaped_characters", codes=codes)
    assert json.loads('"' + escaped[1:-1] + '"') == render("_characters", codes=codes)[1:-1]
    assert escaped.isascii()
    assert escaped.isprintable()
