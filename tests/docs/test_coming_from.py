"""docs/coming-from.md: a move from another tool doubles nobody, also where that tool matched by email."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow  # several whole syncs

BLOCK = {
    "object": "contact",
    "behaviour": "upsert",
    "fields": {"external_id": "customer_id", "email": "email", "name": "full_name"},
}
COLUMNS = "customer_id text, email text, full_name text"
ROWS = [("c1", "ada@example.com", "Ada"), ("c2", "grace@example.com", "Grace")]


def test_contacts_of_another_tool_are_taken_over_by_email(shop):
    shop.add_contact(email="ada@example.com", name="A. Lovelace")
    shop.only({**BLOCK, "identifier": "email"}, COLUMNS, ROWS)
    planned = shop.run("plan", "--against-intercom")
    assert "customers: of those added, 1 are new and 1 exist in Intercom already" in planned.text
    assert shop.sync().code == 0
    assert set(shop.contacts()) == {"c1", "c2"}

    shop.only({**BLOCK, "identifier": "external_id"}, COLUMNS, ROWS)
    planned = shop.run("plan", "--against-intercom")
    assert "customers: of those added, 0 are new and 2 exist in Intercom already" in planned.text
    assert shop.sync().code == 0
    assert {contact.fields["name"] for contact in shop.contacts().values()} == {"Ada", "Grace"}
    assert len(shop.state.contacts) == 2
    assert shop.sync().code == 0
    shop.calls()
    assert shop.sync().code == 0
    assert shop.calls() == {}
