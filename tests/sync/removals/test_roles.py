"""An email may be a user's and a lead's at once: the role says which of them is meant."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.sandbox.records import Condition

EMAIL = "ada@example.com"
USERS = {
    "name": "users",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "email",
    "fields": {"email": "email", "name": "name"},
    "constants": {"role": "user"},
}
LEADS = {**USERS, "name": "leads", "constants": {"role": "lead"}}


def old(role):
    """An activation that archives the contacts of a role."""
    return {
        "name": "old",
        "object": "contact",
        "behaviour": "archive",
        "identifier": "email",
        "fields": {"email": "email"},
        "constants": {"role": role},
    }


def condition(town, contact):
    return town.shop.state.contacts.get(contact.id).condition


def test_archiving_leads_spares_a_user_whom_another_activation_delivered(town):
    town.write(USERS)
    town.rows("email text, name text", (EMAIL, "Ada"))
    town.sync()
    (user,) = town.shop.state.contacts
    lead = town.shop.add_contact(email=EMAIL, role="lead")
    town.write(old("lead"), model="accounts")
    town.rows("email text", (EMAIL,), model="accounts")

    town.sync()
    assert condition(town, user) is Condition.LIVE
    assert condition(town, lead) is Condition.ARCHIVED


@pytest.mark.parametrize(
    ("role", "other", "code"), [("lead", "user", "role_conflict"), ("user", "lead", "not_found")]
)
def test_archiving_a_role_spares_a_lone_contact_of_the_other(town, role, other, code):
    contact = town.shop.add_contact(email=EMAIL, role=other)
    town.write(old(role))
    town.rows("email text", (EMAIL,))

    ran = town.sync(code=1)
    assert ran["old"]["failures"] == {code: 1}
    assert condition(town, contact) is Condition.LIVE


def test_a_user_and_a_lead_with_one_email_are_each_told_their_own(town):
    user = town.shop.add_contact(external_id="u", email=EMAIL, role="user")
    lead = town.shop.add_contact(email=EMAIL, role="lead")
    town.write(USERS)
    town.write(LEADS, model="accounts")
    town.rows("email text, name text", (EMAIL, "Ada the user"))
    town.rows("email text, name text", (EMAIL, "Ada the lead"), model="accounts")

    town.sync()
    held = {each.id: (each.role, each.fields.get("name")) for each in town.shop.state.contacts}
    assert held == {user.id: ("user", "Ada the user"), lead.id: ("lead", "Ada the lead")}
