"""Counting calls."""

from __future__ import annotations


def test_calls_are_counted_by_method_and_template(api, sandbox):
    for number in range(3):
        user = api.contact(external_id=str(number))
        api.get(f"/contacts/{user['id']}")
    assert sandbox.calls.count("POST /contacts") == 3
    assert sandbox.calls.count("GET /contacts/{contact_id}") == 3
    assert sandbox.calls.count("GET /contacts/{id}") == 3
    assert sandbox.calls.count("GET /contacts") == 0
    assert len(sandbox.calls) == 6


def test_searching_and_listing_are_no_writes(api, sandbox):
    user = api.contact(external_id="1")
    api.search("role", "=", "user")
    api.post("/companies/list")
    api.get("/me")
    assert sandbox.calls.writes == 1
    api.delete(f"/contacts/{user['id']}")
    assert sandbox.calls.writes == 2


def test_calls_keep_their_order_and_their_answers(api, sandbox):
    api.contact(external_id="1")
    api.get("/contacts/find_by_external_id/none")
    assert [str(call) for call in sandbox.calls] == [
        "POST /contacts",
        "GET /contacts/find_by_external_id/{external_id}",
    ]
    assert [call.status for call in sandbox.calls] == [200, 404]
    assert sandbox.calls.count_status(404) == 1


def test_calls_can_be_forgotten(api, sandbox):
    api.get("/me")
    sandbox.calls.clear()
    assert (len(sandbox.calls), list(sandbox.calls)) == (0, [])


def test_refused_calls_are_counted_too(api, sandbox):
    api.get("/me", headers={"Authorization": "Bearer wrong"})
    sandbox.state.limiter.limit = 1
    api.get("/me")
    api.get("/me")
    assert [sandbox.calls.count("GET /me", status=status) for status in (401, 200, 429)] == [1, 1, 1]
