"""What a target path remembers: where the ledger was, and what was mapped."""

from __future__ import annotations

from typing import Any

BLOCK: dict[str, Any] = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
}


def test_a_lost_ledger_is_not_begun_anew_unasked(shop):
    shop.sync()
    shop.calls()
    shop.sql("drop schema intercom_activate cascade")
    ran = shop.sync()

    assert (ran.code, shop.calls()) == (2, {})
    assert "this project has synced before, with the ledger " in ran.err
    assert "intercom_activate" not in shop.schemas()
    assert shop.sync("--new-ledger").code == 0
    assert shop.sync().code == 0


def test_an_attribute_that_is_mapped_no_more_is_said_once(shop):
    columns, rows = "id text, plan text", [("u1", "pro"), ("u2", "free")]
    fields = {"external_id": "id"}
    shop.only({**BLOCK, "fields": {**fields, "custom_attributes.plan": "plan"}}, columns, rows)
    shop.sync()
    shop.configure(customers={**BLOCK, "fields": fields})
    said = (
        "people: custom_attributes.plan is not mapped any more, and keeps in Intercom the values that it has"
    )

    assert [shop.sync().out.count(said) for _ in range(2)] == [1, 0]
    assert shop.contacts()["u1"].custom_attributes["plan"] == "pro"
    shop.configure(
        customers={**BLOCK, "fields": fields, "nulls": "skip", "clear": ["custom_attributes.plan"]}
    )
    assert shop.sync().counts("people") == {"rows": 2, "updated": 2}
    assert shop.contacts()["u1"].custom_attributes.get("plan") is None


def test_what_is_cleared_is_not_mapped(shop):
    fields = {"external_id": "id", "name": "name"}
    shop.configure(customers={**BLOCK, "fields": fields, "clear": ["name", "external_idd"]}, accounts=None)
    ran = shop.plan()

    assert ran.code == 2
    assert 'clear: expected fields that are not mapped, found "name", which is' in ran.err
    assert "clear: expected a field of `object: contact` that Intercom lets one write" in ran.err
