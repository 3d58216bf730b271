"""What only PostgreSQL does: transactions that nobody commits, types of its own, settings of a database."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.ledger.tables import Tables

pytestmark = pytest.mark.slow


@pytest.fixture
def trade(make_trade):
    return make_trade("postgres")


def settle(trade, setting):
    trade.engine.execute(f"alter database {trade.engine.database} set {setting}")


def people(*rows):
    """Customers of whom only the key and the name are told."""
    return [(key, None, name, None, None, None, None) for key, name in rows]


@pytest.mark.parametrize(
    "setting", ["timezone = 'Asia/Kolkata'", "datestyle = 'German, DMY'", "extra_float_digits = -5"]
)
def test_changing_how_values_are_written_costs_no_call(trade, setting):
    trade.sync()
    trade.calls()
    settle(trade, setting)
    ran = trade.sync()

    assert ran.code == 0, ran.text
    assert trade.calls() == {}
    assert ran.counts("customers") == {"rows": 3, "unchanged": 3}


def test_a_moment_is_the_same_in_every_time_zone(trade):
    settle(trade, "timezone = 'America/St_Johns'")
    trade.sync("--select", "customers")

    assert trade.contacts()["c1"].fields["signed_up_at"] == 1709210096


def test_every_statement_is_committed(trade):
    """Read over a connection of our own: an open transaction of dbt's would show nothing."""
    trade.sync()

    for table, rows in (("ledger", 12), ("runs", 5), ("synced", 12), ("failures", 0)):
        assert trade.engine.query(f"select count(*) from intercom_activate.{table}") == [(rows,)]


def test_a_statement_that_fails_leaves_the_connection_usable(open_apart):
    from dbt_intercom_activate.errors import WarehouseFailed

    warehouse, engine = open_apart("postgres")
    warehouse.execute("create schema if not exists intercom_activate")
    warehouse.execute("create table intercom_activate.kept (n int)")
    with pytest.raises(WarehouseFailed):
        warehouse.query("select 1 / 0 as n")
    with pytest.raises(WarehouseFailed):
        warehouse.execute("insert into intercom_activate.nowhere values (1)")
    warehouse.execute("insert into intercom_activate.kept values (1)")

    assert engine.query("select n from intercom_activate.kept") == [(1,)]


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_the_plan_grows_with_the_parts_of_a_key_only(open_apart, parts):
    """The steps that spell an older key anew, merged into one expression, took half a minute and 3 GB."""
    warehouse, _ = open_apart("postgres")
    tables = Tables(warehouse, schema="intercom_activate", database=None)
    tables.make(tables.standing())
    numbers = [False] * (parts - 1) + [True]
    rows = warehouse.render(
        "_respelled", ledger=tables.relation("ledger"), numbers=numbers, condition="1 = 1"
    )
    plan = warehouse.query(f"explain (verbose, costs off) select record_key from ({rows}) as spelled")
    assert sum(len(line) for (line,) in plan) < 10_000 * parts


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("jsonb", '{"a": 1}'),
        ("json", '[1, "x"]'),
        ("text[]", ["a", "b"]),
        ("integer[]", [1]),
        ("bytea", b"\x00\xff"),
    ],
)
def test_a_column_that_no_field_takes_is_a_mistake(trade, kind, value):
    trade.engine.put("customers", people(("c1", value), ("c2", None)), full_name=kind)
    trade.calls()
    ran = trade.sync("--select", "customers")

    assert ran.results["customers"]["status"] == "error"
    assert "Intercom takes no objects, arrays or bytes" in ran.results["customers"]["message"]
    assert trade.contacts() == trade.calls() == {}


def test_a_number_that_is_none_is_an_invalid_value(trade):
    rows = [(key, None, None, None, amount, None, None) for key, amount in (("c1", "NaN"), ("c2", "1.5"))]
    trade.engine.put("customers", rows, balance="numeric")
    ran = trade.sync("--select", "customers")

    assert ran.results["customers"]["failures"] == {"invalid_value": 1}
    assert dict(trade.contacts()["c2"].custom_attributes) == {"balance": 1.5}


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_a_float_that_is_no_number_is_an_invalid_value(trade, amount):
    trade.engine.put("customers", [("c1", None, None, None, amount, None, None)], balance="double precision")
    ran = trade.sync("--select", "customers")

    assert ran.results["customers"]["failures"] == {"invalid_value": 1}


def test_a_uuid_is_a_key(trade):
    key = "0c4a3f0e-9d2b-4f6e-8f7a-1234567890ab"
    trade.engine.put("customers", people((key, "Ada")), customer_id="uuid")
    ran = trade.sync("--select", "customers")

    assert ran.code == 0, ran.text
    assert trade.contacts().keys() == {key}
    assert trade.codes("customers") == {key: None}


@pytest.mark.parametrize("kind", ["bigint", "numeric(20, 0)", "smallint"])
def test_a_number_is_a_key_by_its_digits(trade, kind):
    trade.engine.put("customers", people((7, "Ada")), customer_id=kind)
    trade.sync("--select", "customers")

    assert trade.contacts().keys() == {"7"}


@pytest.mark.parametrize(
    ("kind", "value", "unix"),
    [
        ("timestamp", "2024-02-29 12:34:56", 1709210096),
        ("date", "2024-02-29", 1709164800),
        ("timestamptz", "2024-02-29 12:34:56+05:30", 1709190296),
        ("bigint", 1709210096, 1709210096),
    ],
)
def test_moments_of_every_type_become_unix_seconds(trade, kind, value, unix):
    settle(trade, "timezone = 'Asia/Tokyo'")
    trade.engine.put("customers", [("c1", None, None, value, None, None, None)], signed_up_at=kind)
    trade.sync("--select", "customers")

    assert trade.contacts()["c1"].fields["signed_up_at"] == unix


def test_a_relation_and_columns_that_need_quotes_are_found(trade):
    trade.engine.execute('alter table trade.customers rename column full_name to "Full Name"')
    manifest = trade.folder / "target" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"full_name"', '"full name"'))
    ran = trade.sync("--select", "customers")

    assert ran.code == 0, ran.text
    assert trade.contacts()["c1"].fields["name"] == "Ada"


def test_a_missing_grant_is_named(trade):
    trade.sync()
    engine = trade.engine
    engine.execute(
        "drop role if exists reader",
        "create role reader login",
        "grant usage on schema trade, intercom_activate to reader",
        "grant select on all tables in schema trade, intercom_activate to reader",
    )
    trade.put(customers=people(("c9", "New")))
    engine.execute("grant select on all tables in schema trade to reader")
    engine.user_for_dbt = "reader"
    try:
        ran = trade.sync("--select", "customers")
    finally:
        engine.user_for_dbt = None
        engine.execute("drop owned by reader", "drop role reader")

    assert ran.code == 2
    assert "Nothing was sent. the warehouse refused" in ran.text
    assert "permission denied" in ran.text
    assert "c9" not in trade.contacts()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("select make_date(91827, 13, 77)", "SQLSTATE 22008: a date or a time is out of range"),
        ("select make_time(25, 91827, 1.5)", "SQLSTATE 22008: a date or a time is out of range"),
        ("select 'Vz9'::int", "SQLSTATE 22P02: invalid input syntax for type integer: …"),
        ("select * from gone", 'SQLSTATE 42P01: relation "gone" does not exist'),
        ("do $$ begin raise exception 'Vz9'; end $$", "SQLSTATE P0001: (its text may hold values)"),
    ],
)
def test_an_error_is_told_by_its_class(open_apart, query, shown):
    from dbt_intercom_activate.errors import WarehouseFailed

    warehouse, _ = open_apart("postgres")
    with pytest.raises(WarehouseFailed) as error:
        warehouse.query(query)
    assert shown in str(error.value)
    assert "Vz9" not in str(error.value)
    assert "91827" not in str(error.value)
