"""Second runs: what the first one left undecided is not forgotten by the next, whatever the model says by then."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.sandbox.faults import Fault

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "name": "plan"},
}


@pytest.fixture
def free(shop):
    """One person, whose plan Intercom knows as free."""
    shop.only(PEOPLE, "id text, plan text", [("u1", "free")])
    assert shop.sync().code == 0
    return shop


def plan(shop):
    return shop.contacts()["u1"].fields["name"]


def put(shop, value):
    shop.put("customers", "id text, plan text", [("u1", value)])


def test_a_change_that_was_perhaps_made_is_taken_back(free):
    """Intercom made it and the answer was lost; then the model says again what it said before."""
    free.sandbox.faults.add(Fault("PUT", "/contacts/", drop_connection=True, after_commit=True, times=None))
    put(free, "pro")
    assert free.sync()["people"]["failures"] == {"unreachable": 1}
    assert plan(free) == "pro"
    free.sandbox.faults.clear()
    put(free, "free")
    ran = free.sync()

    assert ran.counts("people") == {"rows": 1, "updated": 1}
    assert plan(free) == "free"


def test_a_change_that_was_refused_and_taken_back_is_sent(free):
    free.sandbox.faults.add(Fault("PUT", "/contacts/", status=422, times=1))
    put(free, "pro")
    assert free.sync()["people"]["failures"] == {"rejected": 1}
    put(free, "free")

    assert free.sync().counts("people") == {"rows": 1, "updated": 1}
    assert free.sync().counts("people") == {"rows": 1, "unchanged": 1}
