"""The sandbox's own endpoints, for programs in other processes."""

from __future__ import annotations

import pytest


@pytest.fixture
def control(api):
    """As a caller without a token."""
    del api.headers["Authorization"]
    return api


def test_state_counts_what_there_is(api):
    user = api.contact(external_id="1")
    api.contact(role="lead")
    gone = api.contact(external_id="2")
    api.post(f"/contacts/{gone['id']}/archive")
    api.attach(user, api.company("acme"))
    api.post("/tags", json={"name": "VIP", "users": [{"id": user["id"]}]})
    api.post("/events", json={"event_name": "x", "created_at": 1, "user_id": "1"})
    counts = api.get("/_sandbox/state").json()["counts"]
    assert counts["contacts"] == {"user": 1, "lead": 1, "archived": 1}
    assert [counts[k] for k in ("companies", "memberships", "tags", "contact_tags", "events")] == [1] * 5


def test_state_shows_everything_or_the_counts_alone(api):
    api.contact(external_id="1", email="a@example.com")
    state = api.get("/_sandbox/state").json()
    assert state["contacts"][0]["external_id"] == "1"
    assert state["contacts"][0]["condition"] == "live"
    assert set(api.get("/_sandbox/state?only=counts").json()) == {"counts"}


def test_attributes_conversations_and_tickets_are_seeded_without_a_token(control, sandbox):
    body = {"model": "contact", "name": "plan", "data_type": "string", "options": ["a", "b"]}
    assert control.post("/_sandbox/attributes", json=body).json()["options"] == ["a", "b"]
    assert sandbox.state.attribute_named("contact", "plan") is not None
    assert control.post("/_sandbox/conversations", json={"id": "7"}).json()["id"] == "7"
    assert "7" in sandbox.state.conversations
    assert control.post("/_sandbox/tickets", json={"id": "8"}).json()["id"] == "8"
    assert "8" in sandbox.state.tickets
    assert control.post("/_sandbox/attributes", json={"model": "contact"}).status_code == 400


def test_calls_are_shown_and_control_is_not_counted(api, sandbox):
    sandbox.state.limiter.limit = 10
    api.get("/me")
    for _ in range(20):
        shown = api.get("/_sandbox/calls")
    assert shown.json() == {
        "calls": {"GET /me": 1},
        "total": 1,
        "writes": 0,
        "windows": {"1800000000": 1},
    }
    assert "X-RateLimit-Limit" not in shown.headers


def test_switches_are_set_and_shown(control, sandbox):
    body = {"token_revoked": True, "revoked_scopes": ["Write tags"], "search_lag": 5, "rate_limit": 7}
    shown = control.post("/_sandbox/switches", json=body).json()
    assert (shown["token_revoked"], shown["revoked_scopes"]) == (True, ["Write tags"])
    assert sandbox.state.revoked_scopes == {"Write tags"}
    assert (sandbox.state.search_lag, sandbox.state.limiter.limit) == (5.0, 7)
    assert control.post("/_sandbox/switches", json={"nonsense": 1}).status_code == 400


def test_faults_are_added(api):
    fault = {"method": "GET", "path_prefix": "/me", "status": 500}
    assert api.post("/_sandbox/faults", json=fault).json() == {"pending": 1}
    assert api.get("/me").status_code == 500
    assert api.post("/_sandbox/faults", json={"status": 500}).status_code == 400
    assert api.post("/_sandbox/faults", json={**fault, "colour": "red"}).status_code == 400


def test_reset_empties_the_workspace(control, sandbox):
    sandbox.state.add_attribute("contact", "plan", "string")
    sandbox.state.token_revoked = True
    assert control.post("/_sandbox/reset").status_code == 200
    assert (sandbox.state.attributes, sandbox.state.token_revoked) == ({}, False)
    assert len(sandbox.state.conversations) == 3


def test_an_unknown_control_is_not_found(control):
    assert control.get("/_sandbox/nothing").status_code == 404


def test_contacts_and_companies_are_seeded_by_the_dozen(control, sandbox):
    bodies = [{"external_id": str(number)} for number in range(12)]
    ids = control.post("/_sandbox/contacts", json={"contacts": bodies}).json()["ids"]
    assert [sandbox.state.live_user(str(number)).id for number in range(12)] == ids
    made = control.post("/_sandbox/companies", json={"companies": [{"company_id": "acme"}]}).json()["ids"]
    assert [sandbox.state.company_by_key("acme").id] == made
