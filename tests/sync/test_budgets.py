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
def crowd(shop):
    shop.configure(customers=PEOPLE, accounts=None)
    shop.sql(
        "create or replace table customers as select 'u' || i as id, 'person' || i || '@example.com' as email,"
        " timestamp '2024-01-01' + i * interval 1 hour as at, i % 50 as seats from range(2000) r(i)"
    )
    return shop


def test_two_thousand_new_contacts_cost_at_most_2100_calls(crowd):
    ran = crowd.sync()

    assert ran.code == 0, ran.text
    assert ran.counts("people") == {"rows": 2000, "inserted": 2000}
    assert len(crowd.state.contacts) == 2000
    assert sum(crowd.calls().values()) <= 2100
    assert len(crowd.ledger()) == 2000
    assert ran["people"]["api_calls"] <= 2100
    crowd.sql("update customers set seats = seats + 1 where id = 'u7'")
    ran = crowd.sync()
    assert ran.counts("people") == {"rows": 2000, "unchanged": 1999, "updated": 1}
    assert crowd.calls() == {"PUT /contacts/{contact_id}": 1}


def test_two_thousand_contacts_that_exist_cost_at_most_2200_calls(crowd):
    for number in range(2000):
        crowd.add_contact(external_id=f"u{number}", email=f"person{number}@example.com")
    ran = crowd.sync()

    assert ran.code == 0, ran.text
    assert ran.counts("people") == {"rows": 2000, "updated": 2000}
    assert len(crowd.state.contacts) == 2000
    assert sum(crowd.calls().values()) <= 2200


def test_contacts_that_search_does_not_show_yet_cost_at_most_three_calls_each(crowd):
    crowd.sql("delete from customers where seats > 1")
    crowd.state.search_lag = 60
    for number in range(2000):
        crowd.add_contact(external_id=f"u{number}", email=f"person{number}@example.com")
    ran = crowd.sync()

    assert ran.code == 0, ran.text
    assert ran.counts("people") == {"rows": 80, "updated": 80}
    assert len(crowd.state.contacts) == 2000
    assert sum(crowd.calls().values()) <= 3 * 80 + 2
