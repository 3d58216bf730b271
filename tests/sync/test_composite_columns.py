"""Columns of objects, arrays and bytes: no field of Intercom takes them, which is known before the first write."""

from __future__ import annotations

import re

import pytest

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "create_attributes": True,
}
COLUMNS = {
    "a struct": "{'nm': 'Ada', 'age': 36}",
    "a struct in a struct": "{'nm': {'first': 'Ada'}}",
    "a list": "['a', 'b']",
    "a list of structs": "[{'nm': 'Ada'}]",
    "a map": "map {'a': 1}",
    "JSON": "'{\"a\": 1}'::json",
    "bytes": "'ab'::blob",
}
NOT_TAKEN = "Intercom takes no objects, arrays or bytes: give the value a column of its own in the model"
STRUCT = r"(struct|STRUCT\(nm VARCHAR\))"
"""dbt-duckdb 1.8 to 1.10 names the type, newer ones list the parts in its place."""


@pytest.mark.parametrize("value", COLUMNS.values(), ids=COLUMNS)
def test_no_attribute_is_made_for(shop, value):
    fields = {"external_id": "id", "custom_attributes.seen_by": "c"}
    shop.configure(customers={**PEOPLE, "fields": fields}, accounts=None)
    shop.sql(f"create or replace table customers as select 'u1' as id, {value} as c")
    ran = shop.sync()

    assert ran.code == 1
    assert ran["people"]["status"] == "error"
    assert (
        "fields.custom_attributes.seen_by: expected a column of text, numbers, booleans or dates, found 'c'"
        in (ran["people"]["message"])
    )
    assert NOT_TAKEN in ran["people"]["message"]
    assert shop.calls() == {}


def test_check_finds_a_composite_column(shop):
    fields = {"external_id": "id", "custom_attributes.seen_by": "c"}
    shop.configure(customers={**PEOPLE, "fields": fields}, accounts=None)
    shop.sql("create or replace table customers as select 'u1' as id, {'nm': 'Ada'} as c")
    ran = shop.run("check")

    assert ran.code == 1
    assert re.search(rf"found 'c', whose type is {STRUCT}\. {NOT_TAKEN}", ran.text)


def test_a_part_of_an_object_is_no_column(shop):
    event = {
        "name": "people",
        "object": "event",
        "behaviour": "send",
        "identifier": "external_id",
        "fields": {"external_id": "id", "event_name": "n", "created_at": "t", "metadata.name": "contact.nm"},
    }
    shop.configure(customers=event, accounts=None)
    shop.sql(
        "create or replace table customers as select 'u1' as id, 'x' as n, 1 as t, {'nm': 'Ada'} as contact"
    )
    ran = shop.sync()

    found = rf"found 'contact\.nm', a part of 'contact', whose type is {STRUCT}\. {NOT_TAKEN}"
    assert re.search(found, ran["people"]["message"])
    assert "Did you mean" not in ran["people"]["message"]


def test_a_column_with_a_dot_in_its_name_is_sent(shop):
    shop.configure(customers={**PEOPLE, "fields": {"external_id": "id", "name": "full.name"}}, accounts=None)
    shop.sql("create or replace table customers as select 'u1' as id, 'Ada' as \"full.name\", {'a': 1} as o")
    ran = shop.sync()

    assert ran.code == 0, ran.text
    assert shop.contacts()["u1"].fields["name"] == "Ada"


def test_an_attribute_is_made_that_holds_a_bigint(shop):
    shop.configure(
        customers={**PEOPLE, "fields": {"external_id": "id", "custom_attributes.views": "c"}}, accounts=None
    )
    shop.sql("create or replace table customers as select 'u1' as id, 3000000000::bigint as c")
    ran = shop.sync()

    assert ran.code == 0, ran.text
    assert shop.contacts()["u1"].custom_attributes == {"views": 3_000_000_000}
