"""Events: 202 whatever happens, and once only."""

from __future__ import annotations

import pytest

NOT_FOUND = (404, "not_found", "User Not Found")


def sent(api, **body):
    return api.post("/events", json={"event_name": "ordered", "created_at": 1_799_000_000, **body})


def listed(api, **who):
    return api.get("/events", params={"type": "user", **who}).json()["events"]


def test_an_event_is_accepted_without_a_body_in_the_answer(api):
    api.contact(external_id="1")
    answer = sent(api, user_id="1")
    assert (answer.status_code, answer.content) == (202, b"")


def test_the_same_event_twice_is_accepted_and_kept_once(api):
    user = api.contact(external_id="1", email="a@example.com")
    for who in ({"user_id": "1"}, {"id": user["id"]}, {"email": "a@example.com"}):
        assert sent(api, **who).status_code == 202
    assert len(listed(api, user_id="1")) == 1
    sent(api, user_id="1", created_at=1_799_000_001)
    assert len(listed(api, user_id="1")) == 2


def test_without_external_id_a_repeated_event_is_kept_twice(api):
    api.contact(email="a@example.com")
    for _ in range(2):
        sent(api, email="a@example.com")
    assert len(listed(api, email="a@example.com")) == 2


def test_an_event_of_nobody_is_refused(api, refusal):
    assert refusal(sent(api, user_id="none")) == NOT_FOUND
    assert refusal(sent(api, email="none@example.com")) == NOT_FOUND
    assert refusal(sent(api, id="none")) == NOT_FOUND
    assert sent(api).status_code == 400


def test_a_lead_is_reached_by_intercoms_id_only(api):
    lead = api.contact(role="lead", email="a@example.com")
    assert sent(api, email="a@example.com").status_code == 404
    assert sent(api, user_id=lead["external_id"]).status_code == 404
    assert sent(api, id=lead["id"]).status_code == 202


def test_an_email_that_several_users_share_is_not_enough(api, refusal):
    api.contact(external_id="1", email="a@example.com")
    other = api.contact(external_id="2")
    api.put(f"/contacts/{other['id']}", json={"email": "a@example.com"})
    message = "Multiple existing users match this email address - must be more specific using user_id"
    assert refusal(sent(api, email="a@example.com")) == (409, "conflict", message)


@pytest.mark.parametrize("missing", ["event_name", "created_at"])
def test_an_event_needs_a_name_and_a_time(api, missing):
    api.contact(external_id="1")
    assert sent(api, user_id="1", **{missing: None}).status_code == 400


def test_more_than_ten_keys_of_metadata_are_ignored(api):
    api.contact(external_id="1")
    assert sent(api, user_id="1", metadata={f"k{n}": n for n in range(12)}).status_code == 202
    assert len(listed(api, user_id="1")[0]["metadata"]) == 10


def test_metadata_is_flat_but_for_links_and_money(api):
    api.contact(external_id="1")
    link, money = {"url": "https://example.com", "value": "1"}, {"amount": 5, "currency": "eur"}
    assert sent(api, user_id="1", metadata={"order": link, "price": money}).status_code == 202
    assert sent(api, user_id="1", metadata={"order": {"id": 1}}).status_code == 400
    assert sent(api, user_id="1", metadata={"order": [1]}).status_code == 400
    assert sent(api, user_id="1", metadata={"price": {"amount": 0.5, "currency": "eur"}}).status_code == 400


def test_a_key_of_metadata_has_no_dot(api):
    api.contact(external_id="1")
    assert sent(api, user_id="1", metadata={"price.amount": 5}).status_code == 400


def test_there_are_120_names_of_events_and_no_more(api, refusal):
    api.contact(external_id="1")
    for number in range(120):
        assert sent(api, user_id="1", event_name=f"e{number}").status_code == 202
    message = "Cannot have more than 120 active event names"
    assert refusal(sent(api, user_id="1", event_name="one more")) == (422, "422", message)
    assert sent(api, user_id="1", event_name="e7", created_at=1).status_code == 202


def test_events_are_listed_for_ninety_days(api, clock):
    api.contact(external_id="1")
    sent(api, user_id="1", created_at=int(clock()) - 89 * 86_400)
    sent(api, user_id="1", created_at=int(clock()) - 91 * 86_400)
    assert len(listed(api, user_id="1")) == 1


def test_a_summary_counts_events_by_name(api):
    api.contact(external_id="1")
    sent(api, user_id="1")
    sent(api, user_id="1", created_at=1_799_000_500)
    params = {"type": "user", "user_id": "1", "summary": "true"}
    summary = api.get("/events", params=params).json()
    expected = {"name": "ordered", "first": 1_799_000_000, "last": 1_799_000_500, "count": 2}
    assert (summary["type"], summary["events"]) == ("event.summary", [expected])
