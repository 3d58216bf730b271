"""The data tests and the sync judge alike: the same values are held to both.

A table of values is built by dbt on DuckDB, and `dbt test` judges each column.
What the sync makes of them it says itself: they are read through the same adapter and put to `binder` and `values`.
"""

from __future__ import annotations

import json
import random

import duckdb
import pytest

from dbt_intercom_activate import binder
from dbt_intercom_activate.objects.model import FieldType
from dbt_intercom_activate.values import _EMAIL, InvalidValue, is_composite, to_intercom

COLUMNS = {
    "varchar": [
        "",
        " ",
        "x",
        "x" * 255,
        "x" * 256,
        "🦊" * 255,
        "🦊" * 256,
        "null",
        "nan",
        "Infinity",
        "7",
        "true",
    ],
    "uuid": ["6762f0dd-1bb6-49f9-bf21-93bb83000000"],
    "enum('a', 'b')": ["a"],
    "tinyint": [-128, 0, 127],
    "smallint": [300],
    "integer": [2**31 - 1, -(2**31) + 1, -(2**31), 0],
    "bigint": [2**31, -(2**31) - 1, 10**11 - 1, 10**11, -(10**11), 1_709_210_096_000],
    "hugeint": [2**127 - 1, 5],
    "ubigint": [2**64 - 1, 5],
    "double": [0.1, 1.0, -1.5, 2147483647.0, 2147483648.0, 1e11, 1e300, "nan", "infinity", "-infinity", -0.0],
    "float": [0.5, 3, "nan"],
    "decimal(12, 2)": ["19.90", "19.00", "2147483647.00", "2147483648.00", "-0.01"],
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
    "map(varchar, integer)": ["map {'a': 1}"],
    "blob": ["ab"],
}
"""Values of each type of column; each column has a null too."""
NAMES = {f"c{number}": kind for number, kind in enumerate(COLUMNS)}
TYPES = [None, *binder.ATTRIBUTE_TYPES]


def literal(kind, value):
    if kind.startswith("map"):
        return value
    return f"cast('{value}' as {kind})"


def model():
    """A row for each value and one of nulls: `id`, and a column for each type."""
    rows = max(len(values) for values in COLUMNS.values()) + 1
    columns = []
    for name, kind in NAMES.items():
        values = COLUMNS[kind]
        cases = " ".join(f"when {row} then {literal(kind, value)}" for row, value in enumerate(values))
        columns.append(f"case id {cases} end as {name}")
    return f"select id, {', '.join(columns)} from range({rows}) as t(id)"


def data_test(name, test, **arguments):
    return {f"intercom_activate.{test}": {"name": name, "arguments": arguments}}


ATTRIBUTE_TESTS = [
    {
        "name": name,
        "data_tests": [
            data_test(f"{name}_{kind}", "intercom_attribute", **({"type": kind} if kind else {}))
            for kind in TYPES
        ],
    }
    for name in NAMES
]
FILES = {
    "models/zoo.sql": model(),
    "models/addresses.sql": "select * from raw.addresses",
    "models/parts.sql": "select {'first': 'Ada'} as name, {'first': 1, 'last': 2} as names",
    "models/models.yml": json.dumps(
        {
            "models": [
                {
                    "name": "zoo",
                    "columns": [
                        *ATTRIBUTE_TESTS,
                        {"name": "c0", "data_tests": [data_test("zoo_email", "intercom_email")]},
                        {"name": "c5", "data_tests": [data_test("number_email", "intercom_email")]},
                    ],
                },
                {
                    "name": "addresses",
                    "columns": [{"name": "email", "data_tests": [data_test("addresses", "intercom_email")]}],
                },
                {
                    "name": "parts",
                    "columns": [
                        {"name": name, "data_tests": [data_test(f"part_{name}", "intercom_attribute")]}
                        for name in ("name", "names")
                    ],
                },
            ]
        }
    ),
}
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


@pytest.fixture(scope="module")
def tested(make_project):
    """The project after `dbt test`, with the rows that failed kept."""
    project = make_project(FILES)
    with duckdb.connect(str(project.folder / "shop.duckdb")) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.addresses (id integer, email varchar)")
        connection.executemany("insert into raw.addresses values (?, ?)", list(enumerate(addresses())))
    project.built("run")
    project.dbt("test", "--store-failures", "--threads", "2")
    return project


@pytest.fixture(scope="module")
def zoo(tested):
    """Each column's type and values as the sync reads them."""
    with tested.inside():
        warehouse = tested.open_warehouse()
        with warehouse.connected():
            types = {column.name: column.data_type for column in warehouse.columns_of("main.zoo")}
            return {
                name: (
                    types[name],
                    [value for (value,) in warehouse.query(f"select {name} from main.zoo order by id")],
                )
                for name in NAMES
            }


def refused(tested, name):
    """The ids of the rows that failed a test."""
    found = tested.sql(f'select id, ia_fault from main_dbt_test__audit."{name}"')
    assert all(fault.startswith("invalid_value: ") for _, fault in found)
    return {row for row, _ in found}


def takes(data_type, attribute_type):
    """Whether the sync lets an attribute of a type be mapped to a column at all."""
    family = binder._family(data_type)
    return (
        attribute_type is None
        or family is None
        or (family in binder._TAKES[binder.ATTRIBUTE_TYPES[attribute_type]])
    )


def fits(value, field_type, **about):
    try:
        to_intercom(value, field_type, **about)
    except InvalidValue:
        return False
    return True


@pytest.mark.parametrize("attribute_type", TYPES)
@pytest.mark.parametrize("name", NAMES, ids=NAMES.values())
def test_an_attribute_refuses_what_the_sync_refuses(tested, zoo, name, attribute_type):
    data_type, values = zoo[name]
    field_type = binder.ATTRIBUTE_TYPES.get(attribute_type, FieldType.SCALAR)
    about = {"composite": is_composite(data_type), "attribute": True}
    taken = takes(data_type, attribute_type)
    expected = {
        row
        for row, value in enumerate(values)
        if value is not None and not (taken and fits(value, field_type, **about))
    }

    assert refused(tested, f"{name}_{attribute_type}") == expected


def test_the_table_has_both_kinds_for_every_type_of_an_attribute(tested):
    """Or the comparison would prove nothing."""
    for attribute_type in TYPES:
        sizes = {name: len(refused(tested, f"{name}_{attribute_type}")) for name in NAMES}
        partly = [name for name, kind in NAMES.items() if 0 < sizes[name] < len(COLUMNS[kind])]
        assert partly or attribute_type == "boolean", attribute_type


def test_the_parts_of_an_object_are_refused(tested):
    """dbt-duckdb tells an object as its parts; the sync finds no such column."""
    for name in ("name", "names"):
        ((fault,),) = tested.sql(f"select ia_fault from main_dbt_test__audit.part_{name}")
        assert fault == "invalid_value: an object, an array or bytes"


def test_an_email_is_what_the_sync_takes_for_one(tested):
    found = refused(tested, "addresses")
    expected = {
        row for row, value in enumerate(addresses()) if value is not None and not fits(value, FieldType.EMAIL)
    }
    assert {addresses()[row] for row in found} == {addresses()[row] for row in expected}
    assert len(PLAIN) < len(expected) < len(addresses())


def test_an_email_in_a_column_that_is_no_text_is_refused(tested, zoo):
    for test, name in (("zoo_email", "c0"), ("number_email", "c5")):
        _, values = zoo[name]
        expected = {
            row for row, value in enumerate(values) if value is not None and not fits(value, FieldType.EMAIL)
        }
        assert refused(tested, test) == expected


def test_a_row_that_failed_is_kept_whole(tested):
    found = tested.dicts('select * from main_dbt_test__audit."c5_integer" order by id')
    assert [row["ia_value"] for row in found] == [row["c5"] for row in found]
    assert {"id", "c0", "c5", "ia_value", "ia_fault"} <= set(found[0])


# The parts, held to each other


@pytest.fixture(scope="module")
def render(tested):
    with tested.inside():
        warehouse = tested.open_warehouse()
        with warehouse.connected():
            yield warehouse.render


DATA_TYPES = """
VARCHAR; character varying(256); text; STRING; bpchar; nvarchar(10); uuid; ENUM('a', 'b'); citext;
INTEGER; int4; INT64; bigint; UHUGEINT; tinyint; mediumint; long; byteint; serial; short; DOUBLE;
double precision; float8; FLOAT64; real; DECIMAL(10,2); numeric; BIGNUMERIC; NUMBER(38,0); FIXED;
dec; BOOLEAN; bool; date; TIMESTAMP WITH TIME ZONE; timestamptz; TIMESTAMP_NTZ; datetime;
DATETIME2; time; TIME WITHOUT TIME ZONE; interval; INTERVAL DAY; bit; money; JSON; jsonb; VARIANT;
super; OBJECT; STRUCT<a INT64>; ARRAY<STRING>; integer[]; INTEGER[3]; map(varchar, integer); blob;
bytea; VARBINARY; varbyte; row(a integer); RECORD; union(a integer); geography; inet
"""


@pytest.mark.parametrize("data_type", [each.strip() for each in DATA_TYPES.split(";")])
def test_a_type_is_of_the_family_that_the_sync_sees(render, data_type):
    family = binder._family(data_type.strip()) or "text"
    assert render("_family", data_type=data_type) == ("composite" if is_composite(data_type) else family)


def test_types_of_attributes_take_the_families_that_the_sync_lets_them(render):
    assert {name: frozenset(families) for name, families in render("_families_of_types").items()} == {
        name: binder._TAKES[field_type] for name, field_type in binder.ATTRIBUTE_TYPES.items()
    }


def test_a_blank_is_what_the_sync_takes_for_one(render):
    quoted = render("_blanks")
    expected = {
        chr(code)
        for code in range(1, 0x110000)
        if not 0xD800 <= code < 0xE000 and chr(code) != "@" and not _EMAIL.fullmatch(f"a{chr(code)}b@x")
    }
    assert (quoted[0], quoted[-1]) == ("'", "'")
    assert sorted(quoted[1:-1]) == sorted(expected)


def test_blanks_that_are_written_as_escapes_are_the_same(render):
    escaped = render("_escaped_blanks")
    assert json.loads('"' + escaped[1:-1] + '"') == render("_blanks")[1:-1]
    assert escaped.isascii()
    assert escaped.isprintable()
