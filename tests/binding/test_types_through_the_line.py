"""Every type of DuckDB on its way to Intercom: what arrives, and what is `invalid_value`."""

from __future__ import annotations

import duckdb
import pytest

from dbt_intercom_activate.binding.binder import ATTRIBUTE_TYPES
from dbt_intercom_activate.binding.values import InvalidValue, to_intercom

pytestmark = pytest.mark.slow

ARRIVE = {
    "tinyint": ("-7::tinyint", "integer", -7),
    "smallint": ("300::smallint", "integer", 300),
    "integer": ("3::integer", "integer", 3),
    "bigint": ("9223372036854775807::bigint", "integer", 2**63 - 1),
    "hugeint": ("170141183460469231731687303715884105727::hugeint", "float", 2**127 - 1),
    "utinyint": ("255::utinyint", "integer", 255),
    "uinteger": ("4294967::uinteger", "integer", 4294967),
    "ubigint": ("18446744073709551615::ubigint", "float", 2**64 - 1),
    "decimal": ("19.90::decimal(10, 2)", "float", 19.9),
    "whole_decimal": ("19.00::decimal(10, 2)", "integer", 19),
    "double": ("0.1::double", "float", 0.1),
    "whole_double": ("1e15::double", "float", 10**15),
    "float": ("0.1::float", "float", 0.1),
    "boolean": ("true", "boolean", True),
    "text": ("'null'", "string", "null"),
    "empty": ("''", "string", ""),
    "uuid": (
        "'6762f0dd-1bb6-49f9-bf21-93bb83000000'::uuid",
        "string",
        "6762f0dd-1bb6-49f9-bf21-93bb83000000",
    ),
    "enum": ("'b'::enum('a', 'b')", "string", "b"),
    "date": ("date '2024-02-29'", "date", 1709164800),
    "timestamp": ("timestamp '2024-02-29 12:34:56.789'", "date", 1709210096),
    "timestamptz": ("timestamptz '2024-02-29 12:34:56.789+02'", "date", 1709202896),
    "timestamp_s": ("'2024-02-29 12:34:56'::timestamp_s", "date", 1709210096),
    "timestamp_ms": ("'2024-02-29 12:34:56.7'::timestamp_ms", "date", 1709210096),
    "timestamp_ns": ("'2024-02-29 12:34:56.7'::timestamp_ns", "date", 1709210096),
    "long_ago": ("timestamp '1969-12-31 23:59:59.5'", "date", -1),
    "seconds": ("1709210096", "date", 1709210096),
    "nothing": ("null::integer", "integer", None),
}
REFUSED = {
    "nan": ("'nan'::double", "float"),
    "infinity": ("'infinity'::double", "float"),
    "milliseconds": ("1709210096000", "date"),
    "with_decimals": ("1.5::decimal(3, 1)", "integer"),
    "long_text": ("repeat('x', 256)", "string"),
}


@pytest.fixture(scope="module")
def shop(scene):
    return scene()


def synced(shop, types):
    shop.state.reset()
    for name, (_, data_type, *_) in types.items():
        shop.state.add_attribute("contact", name, data_type)
    fields = {"external_id": "id"} | {f"custom_attributes.{name}": f"c_{name}" for name in types}
    block = {"object": "contact", "behaviour": "upsert", "identifier": "external_id", "fields": fields}
    shop.configure(customers={**block, "name": "people"}, accounts=None)
    columns = ", ".join(f"{literal} as c_{name}" for name, (literal, *_) in types.items())
    shop.sql(f"create or replace table customers as select 'u1' as id, {columns}")
    return shop.sync("--no-gate", "--resend")


def test_what_intercom_takes_arrives(shop):
    ran = synced(shop, ARRIVE)
    assert ran["people"]["status"] == "success", (ran["people"], shop.last("people"))
    (contact,) = shop.state.contacts
    expected = {name: value for name, (_, _, value) in ARRIVE.items() if value is not None}
    assert contact.custom_attributes == expected
    assert {name: type(value) for name, value in contact.custom_attributes.items()} == {
        name: type(value) for name, value in expected.items()
    }


def test_every_field_that_intercom_does_not_take_is_named(shop):
    ran = synced(shop, REFUSED)
    assert ran["people"]["failures"] == {"invalid_value": 1}, ran["people"]["message"]
    message = shop.last("people")["u1"]["message"]
    # The ledger keeps the first 500 characters of a message.
    named = [name for name in sorted(REFUSED) if f"custom_attributes.{name}:" in message]
    assert named == sorted(REFUSED)[: len(named)]
    assert len(named) > 3
    assert len(shop.state.contacts) == 0


@pytest.mark.parametrize("name", REFUSED)
def test_each_of_them_is_refused_by_itself(name):
    literal, data_type = REFUSED[name]
    with duckdb.connect() as connection:
        found = connection.execute(f"select {literal} as c")
        ((value,),) = found.fetchall()
    with pytest.raises(InvalidValue):
        to_intercom(value, ATTRIBUTE_TYPES[data_type], attribute=True)
