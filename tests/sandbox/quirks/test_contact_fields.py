"""What may be written to a contact, and how it reads back."""

from __future__ import annotations

import pytest


def test_emails_are_kept_in_lower_case(api):
    assert api.contact(email="Ada@Example.com")["email"] == "ada@example.com"


def test_only_what_is_sent_changes(api):
    user = api.contact(external_id="1", name="Ada", phone="+16505551234")
    changed = api.put(f"/contacts/{user['id']}", json={"name": "Ada L."}).json()
    assert (changed["name"], changed["phone"]) == ("Ada L.", "+16505551234")


def test_null_clears(api):
    user = api.contact(external_id="1", name="Ada", signed_up_at=1_700_000_000)
    changed = api.put(f"/contacts/{user['id']}", json={"name": None, "signed_up_at": None}).json()
    assert (changed["name"], changed["signed_up_at"]) == (None, None)


def test_a_cleared_email_is_empty_text_or_null(api):
    user = api.contact(external_id="1", email="a@example.com")
    assert api.put(f"/contacts/{user['id']}", json={"email": None}).json()["email"] == ""
    assert api.search("external_id", "=", "1").json()["data"][0]["email"] is None


def test_an_avatar_is_written_as_url_and_read_as_object(api):
    user = api.contact(external_id="1", avatar="https://example.com/a.png")
    assert user["avatar"] == {"type": "avatar", "image_url": "https://example.com/a.png"}


def test_milliseconds_are_taken_for_seconds_without_a_word(api):
    assert api.contact(external_id="1", signed_up_at=1_700_000_000_000)["signed_up_at"] == 1_700_000_000_000


@pytest.mark.parametrize("key", ["created_at", "companies", "tags", "id", "plan"])
def test_what_cannot_be_written_fails_the_whole_write(api, refusal, key):
    answer = api.post("/contacts", json={"external_id": "1", key: "x"})
    assert refusal(answer)[0] == 400
    assert api.get("/contacts/find_by_external_id/1").status_code == 404


@pytest.mark.parametrize(
    ("key", "value"),
    [("signed_up_at", "2026-01-01"), ("email", 5), ("unsubscribed_from_emails", "yes"), ("name", ["Ada"])],
)
def test_a_value_of_the_wrong_type_is_refused(api, refusal, key, value):
    status, code, _ = refusal(api.post("/contacts", json={"external_id": "1", key: value}))
    assert (status, code) == (400, "parameter_invalid")


def test_an_owner_must_be_a_teammate(api, refusal, sandbox):
    answer = api.post("/contacts", json={"external_id": "1", "owner_id": "5"})
    message = "The owner specified is not a member of the workspace"
    assert refusal(answer) == (400, "parameter_invalid", message)
    sandbox.state.add_admin("5")
    assert api.contact(external_id="1", owner_id="5")["owner_id"] == "5"


def test_an_owner_is_a_number_before_2_16(api, sandbox):
    sandbox.state.add_admin("5")
    user = api.contact(external_id="1", owner_id="5")
    answer = api.get(f"/contacts/{user['id']}", headers={"Intercom-Version": "2.15"})
    assert answer.json()["owner_id"] == 5


def test_a_verified_email_needs_the_email_beside_it(api):
    user = api.contact(external_id="1", email="a@example.com")
    assert api.put(f"/contacts/{user['id']}", json={"email_verified": True}).status_code == 400
    body = {"email": "a@example.com", "email_verified": True}
    assert api.put(f"/contacts/{user['id']}", json=body).status_code == 200


def test_a_language_can_be_written_in_preview_only(api):
    body = {"external_id": "1", "language_override": "fr"}
    assert api.post("/contacts", json=body).status_code == 400
    answer = api.post("/contacts", json=body, headers={"Intercom-Version": "Preview"})
    assert answer.json()["language_override"] == "fr"


def test_an_unknown_custom_attribute_fails_the_whole_write(api, refusal):
    body = {"external_id": "1", "name": "Ada", "custom_attributes": {"isOpenSource": True}}
    message = "Custom attribute 'isOpenSource' does not exist"
    assert refusal(api.post("/contacts", json=body)) == (400, "parameter_invalid", message)
    assert api.get("/contacts/find_by_external_id/1").status_code == 404


def test_a_companys_custom_attribute_is_unknown_to_contacts(api, sandbox):
    sandbox.state.add_attribute("company", "plan", "string")
    body = {"external_id": "1", "custom_attributes": {"plan": "gold"}}
    assert api.post("/contacts", json=body).status_code == 400


def test_an_archived_custom_attribute_does_not_exist(api, sandbox):
    sandbox.state.add_attribute("contact", "plan", "string", archived=True)
    body = {"external_id": "1", "custom_attributes": {"plan": "gold"}}
    assert api.post("/contacts", json=body).status_code == 400


def test_an_attribute_that_the_api_may_not_write_is_refused(api, sandbox):
    sandbox.state.add_attribute("contact", "score", "integer", api_writable=False)
    body = {"external_id": "1", "custom_attributes": {"score": 1}}
    assert api.post("/contacts", json=body).status_code == 400


def test_custom_attributes_are_merged_and_null_stays_visible(api, sandbox):
    sandbox.state.add_attribute("contact", "plan", "string")
    sandbox.state.add_attribute("contact", "seats", "integer")
    sandbox.state.add_attribute("contact", "never_set", "integer")
    user = api.contact(external_id="1", custom_attributes={"plan": "gold"})
    changed = api.put(f"/contacts/{user['id']}", json={"custom_attributes": {"seats": 3}}).json()
    assert changed["custom_attributes"] == {"plan": "gold", "seats": 3}
    changed = api.put(f"/contacts/{user['id']}", json={"custom_attributes": {"plan": None}}).json()
    assert changed["custom_attributes"] == {"plan": None, "seats": 3}


@pytest.mark.parametrize(
    ("data_type", "value", "taken"),
    [
        ("string", "x" * 255, True),
        ("string", "x" * 256, False),
        ("string", 5, False),
        ("string", ["a"], False),
        ("string", {"a": 1}, False),
        ("integer", 5, True),
        ("integer", 5.5, False),
        ("integer", "5", False),
        ("integer", True, False),
        ("float", 5.5, True),
        ("float", 5, True),
        ("boolean", True, True),
        ("boolean", 1, False),
        ("date", 1_700_000_000, True),
        ("date", "2026-01-01", False),
    ],
)
def test_a_custom_attribute_takes_values_of_its_type_only(api, sandbox, data_type, value, taken):
    sandbox.state.add_attribute("contact", "thing", data_type)
    answer = api.post("/contacts", json={"external_id": "1", "custom_attributes": {"thing": value}})
    assert answer.status_code == (200 if taken else 400)
    if not taken:
        assert answer.json()["errors"][0]["code"] == "parameter_invalid"


def test_an_unlisted_option_is_taken_unless_options_are_strict(api, sandbox):
    sandbox.state.add_attribute("contact", "tier", "string", options=["gold", "silver"])
    user = api.contact(external_id="1", custom_attributes={"tier": "tin"})
    sandbox.state.options_are_strict = True
    answer = api.put(f"/contacts/{user['id']}", json={"custom_attributes": {"tier": "lead"}})
    assert answer.status_code == 400


def test_a_contact_shows_ten_tags_and_companies_at_most(api):
    user = api.contact(external_id="1")
    for number in range(11):
        api.post("/tags", json={"name": f"tag {number}", "users": [{"id": user["id"]}]})
        api.attach(user, api.company(f"c{number}"))
    shown = api.get(f"/contacts/{user['id']}").json()
    for kind in ("tags", "companies"):
        assert len(shown[kind]["data"]) == 10
        assert (shown[kind]["total_count"], shown[kind]["has_more"]) == (11, True)
    assert set(shown["tags"]["data"][0]) == {"id", "type", "url"}
    assert len(api.get(shown["tags"]["url"]).json()["data"]) == 11
    assert len(api.get(shown["companies"]["url"]).json()["data"]) == 11
