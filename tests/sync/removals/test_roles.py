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


def condition(two_models, contact):
    return two_models.shop.state.contacts.get(contact.id).condition


def test_archiving_leads_spares_a_user_whom_another_activation_delivered(two_models):
    two_models.write(USERS)
    two_models.rows("email text, name text", (EMAIL, "Ada"))
    two_models.sync()
    (user,) = two_models.shop.state.contacts
    lead = two_models.shop.add_contact(email=EMAIL, role="lead")
    two_models.write(old("lead"), model="accounts")
    two_models.rows("email text", (EMAIL,), model="accounts")

    two_models.sync()
    assert condition(two_models, user) is Condition.LIVE
    assert condition(two_models, lead) is Condition.ARCHIVED


@pytest.mark.parametrize(
    ("role", "other", "code"), [("lead", "user", "role_conflict"), ("user", "lead", "not_found")]
)
def test_archiving_a_role_spares_a_lone_contact_of_the_other(two_models, role, other, code):
    contact = two_models.shop.add_contact(email=EMAIL, role=other)
    two_models.write(old(role))
    two_models.rows("email text", (EMAIL,))

    ran = two_models.sync(code=1)
    assert ran["old"]["failures"] == {code: 1}
    assert condition(two_models, contact) is Condition.LIVE


def test_a_user_and_a_lead_may_share_an_email(two_models):
    user = two_models.shop.add_contact(external_id="u", email=EMAIL, role="user")
    lead = two_models.shop.add_contact(email=EMAIL, role="lead")
    two_models.write(USERS)
    two_models.write(LEADS, model="accounts")
    two_models.rows("email text, name text", (EMAIL, "Ada the user"))
    two_models.rows("email text, name text", (EMAIL, "Ada the lead"), model="accounts")

    two_models.sync()
    held = {each.id: (each.role, each.fields.get("name")) for each in two_models.shop.state.contacts}
    assert held == {user.id: ("user", "Ada the user"), lead.id: ("lead", "Ada the lead")}
