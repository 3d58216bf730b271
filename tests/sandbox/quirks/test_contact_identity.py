"""Which contact a write means, and what Intercom says when it is taken."""

from __future__ import annotations

import uuid

import pytest


def test_creating_an_existing_user_is_refused_with_its_id(api, refusal):
    existing = api.contact(external_id="42")
    answer = api.post("/contacts", json={"external_id": "42", "name": "Again"})
    message = f"A contact matching those details already exists with id={existing['id']}"
    assert refusal(answer) == (409, "conflict", message)
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert api.get(f"/contacts/{existing['id']}").json()["name"] is None


@pytest.mark.parametrize("removal", ["archive", "delete"])
def test_an_archived_or_deleted_user_is_called_archived_on_create(api, refusal, removal):
    existing = api.contact(external_id="42", email="a@example.com")
    if removal == "archive":
        api.post(f"/contacts/{existing['id']}/archive")
    else:
        api.delete(f"/contacts/{existing['id']}")
    message = f"An archived contact matching those details already exists with id={existing['id']}"
    assert refusal(api.post("/contacts", json={"external_id": "42"})) == (409, "conflict", message)
    assert refusal(api.post("/contacts", json={"email": "a@example.com"})) == (409, "conflict", message)


def test_an_existing_users_email_is_taken_whatever_its_case(api):
    api.contact(external_id="42", email="Ada@Example.com")
    assert api.post("/contacts", json={"email": "ADA@example.COM"}).status_code == 409


def test_an_email_stays_taken_whatever_the_external_id(api):
    api.contact(external_id="1", email="a@example.com")
    assert api.post("/contacts", json={"external_id": "2", "email": "a@example.com"}).status_code == 409


def test_emails_can_be_let_through_on_create(api, sandbox):
    sandbox.state.emails_are_unique = False
    api.contact(external_id="1", email="a@example.com")
    api.contact(external_id="2", email="a@example.com")


def test_update_does_not_care_whether_an_email_is_taken(api):
    api.contact(external_id="1", email="a@example.com")
    other = api.contact(external_id="2", email="b@example.com")
    assert api.put(f"/contacts/{other['id']}", json={"email": "a@example.com"}).status_code == 200
    assert api.found("email", "=", "a@example.com") == {"1", "2"}


def test_any_number_of_leads_may_share_an_email(api):
    ids = {api.contact(role="lead", email="a@example.com")["id"] for _ in range(3)}
    assert len(ids) == 3


def test_a_user_may_have_the_email_of_a_lead(api):
    api.contact(role="lead", email="a@example.com")
    assert api.contact(email="a@example.com")["role"] == "user"


def test_a_lead_keeps_its_own_external_id(api):
    lead = api.contact(role="lead", external_id="42", email="a@example.com")
    assert uuid.UUID(lead["external_id"])
    changed = api.put(f"/contacts/{lead['id']}", json={"external_id": "43"}).json()
    assert changed["external_id"] == lead["external_id"]


def test_a_lead_is_not_found_by_external_id(api, refusal):
    lead = api.contact(role="lead")
    answer = api.get(f"/contacts/find_by_external_id/{lead['external_id']}")
    assert refusal(answer) == (404, "not_found", "User Not Found")


def test_an_external_id_may_hold_a_slash_and_a_space(api):
    api.contact(external_id="a/b c")
    assert api.get("/contacts/find_by_external_id/a%2Fb%20c").json()["external_id"] == "a/b c"


def test_a_lead_becomes_a_user_with_a_new_external_id(api):
    lead = api.contact(role="lead", email="a@example.com")
    body = {"role": "user", "email": "a@example.com", "external_id": "42"}
    user = api.put(f"/contacts/{lead['id']}", json=body).json()
    assert (user["role"], user["external_id"]) == ("user", "42")


def test_a_user_cannot_become_a_lead(api, refusal):
    user = api.contact(external_id="42")
    answer = api.put(f"/contacts/{user['id']}", json={"role": "lead"})
    assert refusal(answer) == (400, "client_error", "Contact with user role can't be converted to a lead")


def test_the_external_id_of_a_user_can_be_changed(api):
    user = api.contact(external_id="42")
    api.put(f"/contacts/{user['id']}", json={"external_id": "43"})
    assert api.get("/contacts/find_by_external_id/43").json()["id"] == user["id"]
    assert api.get("/contacts/find_by_external_id/42").status_code == 404
    assert api.contact(external_id="42")["id"] != user["id"]


def test_an_external_id_of_null_is_ignored(api):
    user = api.contact(external_id="42")
    answer = api.put(f"/contacts/{user['id']}", json={"external_id": None})
    assert (answer.status_code, answer.json()["external_id"]) == (200, "42")


def test_a_user_by_email_can_get_an_external_id(api):
    user = api.contact(email="a@example.com")
    assert user["external_id"] is None
    changed = api.put(f"/contacts/{user['id']}", json={"external_id": "42"}).json()
    assert changed["external_id"] == "42"


def test_a_live_users_external_id_cannot_be_taken_over(api, refusal):
    holder, other = api.contact(external_id="1"), api.contact(external_id="2")
    answer = api.put(f"/contacts/{other['id']}", json={"external_id": "1"})
    message = f"A contact matching those details already exists with id={holder['id']}"
    assert refusal(answer) == (409, "conflict", message)


def test_an_archived_users_external_id_can_be_taken_over(api):
    holder, other = api.contact(external_id="1"), api.contact(external_id="2")
    api.post(f"/contacts/{holder['id']}/archive")
    assert api.put(f"/contacts/{other['id']}", json={"external_id": "1"}).json()["external_id"] == "1"
    assert api.get("/contacts/find_by_external_id/1").json()["id"] == other["id"]


def test_a_contact_is_a_user_unless_its_role_says_otherwise(api):
    assert api.contact(email="a@example.com")["role"] == "user"
    assert api.contact(role="contact", email="b@example.com")["role"] == "user"


def test_a_type_of_lead_is_ignored(api):
    assert api.contact(type="lead", email="a@example.com")["role"] == "user"


def test_a_lead_needs_nothing_but_its_role(api):
    assert api.contact(role="lead")["email"] is None
    assert api.post("/contacts", json={"name": "Nobody"}).status_code == 400
    assert api.post("/contacts", json={"role": "user"}).status_code == 400
