"""The calls that the first sync of two thousand contacts may cost."""

from __future__ import annotations

import pytest

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {
        "external_id": "id",
        "email": "email",
        "signed_up_at": "at",
        "custom_attributes.seats": "seats",
    },
}


@pytest.fixture
def two_thousand_rows(shop):
    shop.configure(customers=PEOPLE, accounts=None)
    shop.sql(
        "create or replace table customers as select 'u' || i as id, 'person' || i || '@example.com' as email,"
        " timestamp '2024-01-01' + i * interval 1 hour as at, i % 50 as seats from range(2000) r(i)"
    )
    return shop


@pytest.mark.slow
def test_two_thousand_new_contacts_cost_at_most_2100_calls(two_thousand_rows):
    ran = two_thousand_rows.sync()

    assert ran.code == 0, ran.text
    assert ran.counts("people") == {"rows": 2000, "inserted": 2000}
    assert len(two_thousand_rows.state.contacts) == 2000
    assert sum(two_thousand_rows.calls().values()) <= 2100
    assert len(two_thousand_rows.ledger()) == 2000
    assert ran["people"]["api_calls"] <= 2100
    two_thousand_rows.sql("update customers set seats = seats + 1 where id = 'u7'")
    ran = two_thousand_rows.sync()
    assert ran.counts("people") == {"rows": 2000, "unchanged": 1999, "updated": 1}
    assert two_thousand_rows.calls() == {"PUT /contacts/{contact_id}": 1}


@pytest.mark.slow
def test_two_thousand_contacts_that_exist_cost_at_most_2200_calls(two_thousand_rows):
    for number in range(2000):
        two_thousand_rows.add_contact(external_id=f"u{number}", email=f"person{number}@example.com")
    ran = two_thousand_rows.sync()

    assert ran.code == 0, ran.text
    assert ran.counts("people") == {"rows": 2000, "updated": 2000}
    assert len(two_thousand_rows.state.contacts) == 2000
    assert sum(two_thousand_rows.calls().values()) <= 2200


@pytest.mark.slow
def test_contacts_unknown_to_search_cost_three_calls_at_most(two_thousand_rows):
    two_thousand_rows.sql("delete from customers where seats > 1")
    two_thousand_rows.state.search_lag = 60
    for number in range(2000):
        two_thousand_rows.add_contact(external_id=f"u{number}", email=f"person{number}@example.com")
    ran = two_thousand_rows.sync()

    assert ran.code == 0, ran.text
    assert ran.counts("people") == {"rows": 80, "updated": 80}
    assert len(two_thousand_rows.state.contacts) == 2000
    assert sum(two_thousand_rows.calls().values()) <= 3 * 80 + 2
