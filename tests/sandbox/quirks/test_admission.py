"""What is checked before a request is looked at: token, scopes, version, headers, rate."""

from __future__ import annotations

import pytest

RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "sandbox", "Basic c2FuZA=="])
def test_a_bad_token_is_refused_without_rate_limit_headers(api, refusal, sandbox, authorization):
    sandbox.state.limiter.limit = 100
    answer = api.get("/me", headers={"Authorization": authorization})
    assert refusal(answer) == (401, "unauthorized", "Access Token Invalid")
    assert not any(name in answer.headers for name in RATE_HEADERS)


def test_the_token_may_come_as_a_user_name(api):
    assert api.get("/me", headers={"Authorization": "Basic c2FuZGJveDo="}).status_code == 200


def test_a_token_can_be_revoked_midway(api, refusal, sandbox):
    assert api.get("/me").status_code == 200
    sandbox.state.token_revoked = True
    assert refusal(api.get("/me")) == (401, "unauthorized", "Access Token Invalid")


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("Write users and companies", "POST", "/contacts"),
        ("Write users and companies", "PUT", "/contacts/none"),
        ("Write users and companies", "POST", "/companies"),
        ("Write users and companies", "POST", "/contacts/none/companies"),
        ("Read and write users", "POST", "/contacts/none/archive"),
        ("Read and write users", "DELETE", "/contacts/none"),
        ("Read and list users and companies", "POST", "/contacts/search"),
        ("Read one user and one company", "GET", "/contacts/none"),
        ("Write tags", "POST", "/tags"),
        ("Write conversations", "POST", "/conversations/501/tags"),
        ("Write tickets", "POST", "/tickets/701/tags"),
        ("Write data attributes", "POST", "/data_attributes"),
        ("Write events", "POST", "/events"),
        ("Read counts", "GET", "/counts"),
        ("Read admins", "GET", "/admins"),
    ],
)
def test_a_missing_scope_is_a_401_with_another_code(api, refusal, sandbox, scope, method, path):
    sandbox.state.limiter.limit = 100
    sandbox.state.revoked_scopes = {scope}
    answer = api.request(method, path, json={})
    assert refusal(answer) == (401, "token_unauthorized", "Not authorized to access resource")
    assert all(name in answer.headers for name in RATE_HEADERS)
    assert api.get("/me").status_code == 200


def test_a_write_to_nobody_proves_the_scope(api, refusal):
    answer = api.put(f"/contacts/{'0' * 24}", json={})
    assert refusal(answer) == (404, "not_found", "User Not Found")


@pytest.mark.parametrize("version", ["2.13", "2.14", "2.15", "2.16", "Preview"])
def test_known_versions_are_echoed(api, version):
    assert api.get("/me", headers={"Intercom-Version": version}).headers["Intercom-Version"] == version


def test_without_a_version_it_is_2_16(api):
    assert api.get("/me", headers={"Intercom-Version": None}).headers["Intercom-Version"] == "2.16"


def test_an_unknown_version_is_refused(api, refusal):
    answer = api.get("/me", headers={"Intercom-Version": "9.9"})
    message = "The requested version could not be found"
    assert refusal(answer) == (400, "intercom_version_invalid", message)


def test_a_client_that_does_not_take_json_is_refused(api, refusal):
    answer = api.get("/me", headers={"Accept": "text/html"})
    message = "The Accept header should send a media type of application/json"
    assert refusal(answer) == (406, "media_type_not_acceptable", message)


@pytest.mark.parametrize("body", ["{", "[1]", '"text"', '{"signed_up_at": NaN}'])
def test_a_body_that_is_no_json_object_is_refused(api, refusal, body):
    assert refusal(api.post("/contacts", data=body))[:2] == (400, "parameter_invalid")


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("PATCH", "/contacts"), ("PUT", "/me")])
def test_an_unknown_path_or_method_is_not_found(api, refusal, method, path):
    assert refusal(api.request(method, path))[:2] == (404, "not_found")


def test_a_windows_first_answer_shows_the_whole_limit_as_remaining(api, sandbox, clock):
    sandbox.state.limiter.limit = 3
    clock.now = 1_800_000_004.5
    first = api.get("/me")
    assert first.headers["X-RateLimit-Limit"] == "3"
    assert first.headers["X-RateLimit-Remaining"] == "3"
    assert first.headers["X-RateLimit-Reset"] == "1800000012"
    assert api.get("/me").headers["X-RateLimit-Remaining"] == "2"


def test_windows_are_aligned_to_the_wall_clock(api, refusal, sandbox, clock):
    sandbox.state.limiter.limit = 2
    clock.now = 1_800_000_009.9
    assert [api.get("/me").status_code for _ in range(3)] == [200, 200, 429]
    answer = api.get("/me")
    assert refusal(answer) == (429, "rate_limit_exceeded", "Exceeded rate limit of 2 in 10_seconds")
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    clock.now = 1_800_000_010.0
    assert api.get("/me").status_code == 200


def test_a_refused_request_counts_unless_its_token_is_bad(api, sandbox):
    sandbox.state.limiter.limit = 2
    for _ in range(5):
        api.get("/me", headers={"Authorization": "Bearer wrong"})
    assert api.get("/contacts/none").status_code == 404
    assert api.get("/me").headers["X-RateLimit-Remaining"] == "1"


def test_every_answer_names_its_request(api):
    first, second = api.get("/me"), api.get("/me")
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
