"""Which payloads count as equal: equal payload, no call."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from itertools import permutations

import pytest
from binding_harness import bound

from dbt_intercom_activate.binding.record import hash_payload
from dbt_intercom_activate.binding.row import StagedRow
from dbt_intercom_activate.clock import from_text
from dbt_intercom_activate.objects import OBJECTS
from dbt_intercom_activate.objects.model import Behaviour

TAKING = {Behaviour.ARCHIVE, Behaviour.DELETE, Behaviour.DETACH}
PAIRS = [
    (each.name, one, other) for each in OBJECTS.values() for one, other in permutations(each.behaviours, 2)
]


@pytest.mark.parametrize(("name", "one", "other"), PAIRS, ids=str)
def test_only_what_does_the_same_is_equal(name, one, other):
    payload = {"external_id": "c1"}
    equal = hash_payload(name, "c1", payload, one) == hash_payload(name, "c1", payload, other)

    assert equal == (not {one, other} & TAKING)


ROWS = {
    "whole": ("u1", " Ada@Example.com ", "Zoë", from_text("2020-01-01 03:04:05.678"), "12.340", 7, True, 0.1),
    "empty": ("u2", None, None, None, None, None, None, None),
    "odd": (" 12 ", "", 'a"\\\n\u2028', from_text("1969-12-31 23:59:59.5"), "-0.00", 2**60, False, 20.0),
    "tiny": (3, "b@c.de", "", None, "9007199254740991.5", -1, None, 1e-7),
}
"""The rows of customers, as `page` reads them."""
COLUMNS = {
    "id": "varchar",
    "email": "varchar",
    "name": "varchar",
    "signed_up_at": "timestamp",
    "balance": "decimal(20,4)",
    "seats": "bigint",
    "is_vip": "boolean",
    "score": "double",
}
NAMES = ["external_id", "email", "name", "signed_up_at"]
ATTRIBUTES = {"balance": "float", "seats": "float", "is_vip": "boolean", "score": "float"}


def made_of(row, nulls):
    fields = dict(zip(NAMES, COLUMNS, strict=False)) | {
        f"custom_attributes.{each}": each for each in ATTRIBUTES
    }
    block = {"object": "contact", "behaviour": "upsert", "identifier": "external_id", "fields": fields}
    binding = bound(block | {"nulls": nulls, "constants": {"role": "user"}}, COLUMNS, ATTRIBUTES)
    values = dict(zip(COLUMNS, row, strict=True))
    values["balance"] = None if row[4] is None else Decimal(row[4])
    values["score"] = None if row[7] is None else Decimal(repr(row[7]))
    nothing = dict.fromkeys(each.name for each in dataclasses.fields(StagedRow))
    staged = {each.alias: values[each.column.name] for each in binding.columns}
    return binding.record(StagedRow(**{**nothing, "seq": 1, "change": "added", "values": staged}))


HASHES = {
    "whole": ["9c9c0eb107a90f17", "9c9c0eb107a90f17"],
    "empty": ["dd98f3d15eb34da1", "c6e76b46c7e58e25"],
    "odd": ["c49b819db523b901", "70a92cbb22ad3b80"],
    "tiny": ["0aef19e79a5b3aa2", "df8fc0ef4da27ce1"],
}


@pytest.mark.parametrize("name", ROWS)
def test_hashes_that_ledgers_have_stay_the_same(name):
    """Another hash would send everything again. Those of version 0.2.0 stand here."""
    assert [made_of(ROWS[name], nulls).payload_hash[:16] for nulls in ("send", "skip")] == HASHES[name]
