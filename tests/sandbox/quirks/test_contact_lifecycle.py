"""Archived, deleted, blocked and merged contacts."""

from __future__ import annotations

import pytest

NOT_FOUND = (404, "not_found", "User Not Found")


def merged(api):
    """A lead with a tag, a company and an event, and the user that it was merged into."""
    user = api.contact(external_id="1", email="a@example.com")
    lead = api.contact(role="lead", email="a@example.com")
    api.attach(lead, api.company("acme"))
    api.post("/tags", json={"name": "Old", "users": [{"id": lead["id"]}]})
    api.post("/events", json={"event_name": "seen", "created_at": 1_800_000_000, "id": lead["id"]})
    assert api.post("/contacts/merge", json={"from": lead["id"], "into": user["id"]}).status_code == 200
    return lead, user


def test_an_archived_contact_is_not_found(api, refusal):
    user = api.contact(external_id="1")
    answer = api.post(f"/contacts/{user['id']}/archive")
    assert answer.json() == {"type": "contact", "id": user["id"], "external_id": "1", "archived": True}
    assert refusal(api.get(f"/contacts/{user['id']}")) == NOT_FOUND
    assert refusal(api.put(f"/contacts/{user['id']}", json={"name": "x"})) == NOT_FOUND
    assert refusal(api.get("/contacts/find_by_external_id/1")) == NOT_FOUND
    assert api.search("external_id", "=", "1").json()["total_count"] == 0
    assert api.get("/contacts").json()["total_count"] == 0


def test_archiving_twice_is_answered_like_once(api):
    user = api.contact(external_id="1")
    first = api.post(f"/contacts/{user['id']}/archive")
    second = api.post(f"/contacts/{user['id']}/archive")
    assert (second.status_code, second.json()) == (200, first.json())


def test_unarchiving_brings_a_contact_back_intact(api):
    user = api.contact(external_id="1", name="Ada")
    api.attach(user, api.company("c1"))
    api.post(f"/contacts/{user['id']}/archive")
    assert api.post(f"/contacts/{user['id']}/unarchive").json()["archived"] is False
    back = api.get(f"/contacts/{user['id']}").json()
    assert (back["name"], back["companies"]["total_count"]) == ("Ada", 1)


def test_a_deleted_contact_cannot_be_restored(api, refusal):
    user = api.contact(external_id="1")
    answer = api.delete(f"/contacts/{user['id']}")
    assert answer.json() == {"type": "contact", "id": user["id"], "external_id": "1", "deleted": True}
    message = "User has been marked for permanent deletion and is not restorable."
    assert refusal(api.post(f"/contacts/{user['id']}/unarchive")) == (400, "bad_request", message)
    assert refusal(api.delete(f"/contacts/{user['id']}")) == NOT_FOUND
    assert refusal(api.post(f"/contacts/{user['id']}/archive")) == NOT_FOUND


@pytest.mark.parametrize("action", ["archive", "unarchive", "block"])
def test_nothing_can_be_done_to_a_contact_that_never_was(api, refusal, action):
    assert refusal(api.post(f"/contacts/{'0' * 24}/{action}")) == NOT_FOUND


def test_a_blocked_contact_cannot_be_made_again(api, refusal):
    user = api.contact(external_id="1")
    assert api.post(f"/contacts/{user['id']}/block").json()["blocked"] is True
    status, code, message = refusal(api.post("/contacts", json={"external_id": "1"}))
    assert (status, code) == (400, "not_restorable")
    assert message == "This user was blocked and cannot be recreated"


def test_a_merged_lead_names_the_user_it_became(api, refusal):
    user = api.contact(external_id="1", email="a@example.com")
    lead = api.contact(role="lead", email="a@example.com", phone="+1650")
    merged = api.post("/contacts/merge", json={"from": lead["id"], "into": user["id"]})
    assert (merged.json()["id"], merged.json()["phone"]) == (user["id"], "+1650")
    answer = api.get(f"/contacts/{lead['id']}")
    message = "This contact has been merged. See the 'Link' header for the canonical contact."
    assert refusal(answer) == (410, "contact_merged", message)
    assert "request_id" not in answer.json()
    assert answer.headers["Link"] == f'</contacts/{user["id"]}>; rel="canonical"'


def test_a_merged_lead_was_just_not_found_before_2_16(api, refusal):
    user = api.contact(external_id="1", email="a@example.com")
    lead = api.contact(role="lead", email="a@example.com")
    api.post("/contacts/merge", json={"from": lead["id"], "into": user["id"]})
    answer = api.get(f"/contacts/{lead['id']}", headers={"Intercom-Version": "2.15"})
    assert refusal(answer) == NOT_FOUND


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PUT", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/archive", None),
        ("POST", "/unarchive", None),
        ("GET", "/tags", None),
        ("POST", "/tags", {"id": "TAG"}),
        ("DELETE", "/tags/TAG", None),
        ("GET", "/companies", None),
        ("POST", "/companies", {"id": "COMPANY"}),
    ],
)
def test_a_merged_id_stays_dead_for_every_call(api, refusal, method, path, body):
    lead, user = merged(api)
    tag = api.tag("VIP")
    body = {"id": {"TAG": tag["id"]}.get(body["id"], body["id"])} if body and "id" in body else body
    answer = api.request(method, f"/contacts/{lead['id']}{path.replace('TAG', tag['id'])}", json=body)
    assert refusal(answer)[:2] == (410, "contact_merged")
    assert answer.headers["Link"] == f'</contacts/{user["id"]}>; rel="canonical"'


def test_lookups_find_the_survivor_of_a_merge(api, refusal):
    lead, user = merged(api)
    found = api.search("email", "=", "a@example.com").json()["data"]
    assert [contact["id"] for contact in found] == [user["id"]]
    assert [contact["id"] for contact in api.get("/contacts").json()["data"]] == [user["id"]]
    assert api.get("/contacts/find_by_external_id/1").json()["id"] == user["id"]
    by_the_leads_own = f"/contacts/find_by_external_id/{lead['external_id']}"
    assert refusal(api.get(by_the_leads_own))[:2] == (410, "contact_merged")
    assert refusal(api.get(by_the_leads_own, headers={"Intercom-Version": "2.15"})) == NOT_FOUND


def test_tags_companies_and_events_go_to_the_survivor(api):
    lead, user = merged(api)
    survivor = api.get(f"/contacts/{user['id']}").json()
    assert (survivor["tags"]["total_count"], survivor["companies"]["total_count"]) == (1, 1)
    events = api.get("/events", params={"type": "user", "user_id": "1"}).json()["events"]
    assert [event["event_name"] for event in events] == ["seen"]
    assert api.post("/tags", json={"name": "VIP", "users": [{"id": lead["id"]}]}).json()["users"] == []


def test_only_duplicates_are_merged_unless_told_to_skip_that(api, refusal):
    user, lead = api.contact(external_id="1"), api.contact(role="lead")
    body = {"from": lead["id"], "into": user["id"]}
    status, code, message = refusal(api.post("/contacts/merge", json=body))
    assert (status, code) == (400, "invalid_merge")
    assert message.startswith("Contacts can only be merged when they are duplicates")
    body["skip_duplicate_validation"] = True
    assert api.post("/contacts/merge", json=body).status_code == 200
