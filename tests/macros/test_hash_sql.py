"""The SQL of keys and hashes, in DuckDB: two rows that differ never look the same."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dbt_intercom_activate
from dbt_intercom_activate.warehouse.access import macro_package

HOSTILE = st.one_of(
    st.none(),
    st.sampled_from(
        ["", "N", "null", "NULL", "1:", ":", ",", "1:N", "0:", "3:a,b", "'", '"', "''", "\\", "--", " "]
    ),
    st.text(alphabet="01:N,'\\\" a", max_size=6),
    st.text(max_size=12).filter(lambda text: "\x00" not in text),
)
ROW = st.tuples(HOSTILE, HOSTILE, HOSTILE)
SOME = settings(max_examples=60)


@pytest.fixture(scope="module")
def sql():
    """Render a macro of ours as dbt does on DuckDB, where only the default implementations apply."""

    class Returned(BaseException):
        def __init__(self, value):
            self.value = value

    def give_back(value):
        raise Returned(value)

    class Dbt:
        type_string = staticmethod(lambda: "varchar")
        concat = staticmethod(" || ".join)
        hash = staticmethod(lambda text: f"md5(cast({text} as varchar))")

    environment = jinja2.Environment(extensions=["jinja2.ext.do"])  # noqa: S701 (SQL, not HTML)
    folder = Path(macro_package()) / "macros" / "sql"
    module = {}

    class Ours:
        def __getattr__(self, name):
            def call(*arguments):
                try:
                    macro = module[f"default__{name}" if f"default__{name}" in module else name]
                    return str(macro(*arguments)).strip()
                except Returned as returned:
                    return returned.value

            return call

    context = {"dbt": Dbt, "intercom_activate": Ours(), "return": give_back}
    for path in folder.glob("*.sql"):
        template = environment.from_string(path.read_text()).make_module(context)
        module.update({name: value for name, value in vars(template).items() if callable(value)})
    return Ours()


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


def evaluate(connection, expression, row):
    (value,) = connection.execute(
        f"select {expression} from (select ?::varchar as a, ?::varchar as b, ?::varchar as c)",
        list(row),
    ).fetchone()
    return value


@SOME
@given(ROW, ROW)
def test_rows_that_differ_have_different_hashes(sql, connection, one, other):
    expression = sql.row_hash("mapping", ["a", "b", "c"])
    same = evaluate(connection, expression, one) == evaluate(connection, expression, other)
    assert same == (one == other)


@SOME
@given(ROW)
def test_a_hash_is_of_length_and_text_of_each_part(sql, connection, row):
    expression = sql.row_hash("it's", ["a", "b", "c"])
    parts = "".join("N" if part is None else f"{len(part)}:{part}" for part in row)
    expected = hashlib.md5(f"it's{parts}".encode()).hexdigest()  # noqa: S324 (dbt's own hash)
    assert evaluate(connection, expression, row) == expected


@SOME
@given(ROW, ROW)
def test_keys_of_several_columns_never_collide(sql, connection, one, other):
    expression = sql.record_key(["a", "b", "c"])
    keys = evaluate(connection, expression, one), evaluate(connection, expression, other)
    if None in one or None in other:
        assert None in keys
    else:
        assert (keys[0] == keys[1]) == (one == other)


@SOME
@given(HOSTILE)
def test_a_key_of_one_column_is_its_text(sql, connection, text):
    assert evaluate(connection, sql.record_key(["a"]), (text, "b", "c")) == text


@SOME
@given(HOSTILE)
def test_a_literal_is_the_text_itself(sql, connection, text):
    assert evaluate(connection, sql.text_literal(text), ("a", "b", "c")) == text


def test_the_macros_stand_beside_the_package():
    assert (Path(dbt_intercom_activate.__file__).parent.parent / "macros").is_dir()
