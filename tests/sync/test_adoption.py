"""Of the records of one run, in whatever activation, one makes a contact its own."""

from __future__ import annotations

import pytest

BLOCK = {
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "email",
    "fields": {"external_id": "id", "email": "email"},
}


@pytest.fixture
def two(shop):
    """Two models that each give another external_id to the contact of one email, which has none."""
    shop.add_contact(email="e1@example.com")
    shop.configure(customers={**BLOCK, "name": "first"}, accounts={**BLOCK, "name": "second"})
    shop.put("customers", "id text, email text", [("u1", "e1@example.com")])
    shop.put("accounts", "id text, email text", [("u2", "e1@example.com")])
    return shop


def test_two_models_of_a_run_adopt_a_contact_once(two):
    ran = two.sync()

    counts = [ran.counts(name) for name in ("first", "second")]
    assert sorted(counts, key=str) == [{"rows": 1, "failed": 1}, {"rows": 1, "updated": 1}], ran.text
    assert two.calls().get("PUT /contacts/{contact_id}") == 1
    (winner,) = two.contacts()
    two.sync()
    assert set(two.contacts()) == {winner}


def test_two_rows_of_a_model_adopt_a_contact_once(shop):
    shop.state.emails_are_unique = True
    shop.add_contact(email="e1@example.com")
    shop.configure(customers={**BLOCK, "name": "people", "identifier": "external_id"}, accounts=None)
    shop.put("customers", "id text, email text", [(f"u{n}", "e1@example.com") for n in range(4)])
    ran = shop.sync()

    assert ran.code == 1
    assert ran.counts("people") == {"rows": 4, "updated": 1, "failed": 3}
    assert ran["people"]["failures"] == {"identifier_conflict": 3}
    (there,) = shop.contacts()
    assert {key for key, code in shop.codes("people").items() if code is None} == {there}
