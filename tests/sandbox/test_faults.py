"""Failures on purpose."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from dbt_intercom_activate.sandbox.faults import Fault


def test_a_status_is_answered_a_number_of_times_without_work(api, sandbox, refusal):
    sandbox.faults.add(Fault("POST", "/contacts", status=503, times=2))
    answers = [api.post("/contacts", json={"external_id": "1"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert refusal(answers[0])[1] == "service_unavailable"
    assert sandbox.calls.count("POST /contacts", status=503) == 2


def test_the_body_of_a_fault_can_be_given(api, sandbox):
    sandbox.faults.add(Fault("GET", "/me", status=500, body={"oops": True}, headers={"Retry-After": "1"}))
    answer = api.get("/me")
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (500, {"oops": True}, "1")


@pytest.mark.parametrize(
    ("status", "code"), [(400, "unique_company_constraint"), (404, "company_not_found"), (409, "conflict")]
)
def test_a_refusal_is_given_once_on_demand(api, sandbox, refusal, status, code):
    sandbox.faults.add(Fault("POST", "/companies", status=status, code=code, message="Later"))
    assert refusal(api.post("/companies", json={"company_id": "1"})) == (status, code, "Later")
    assert len(sandbox.state.companies) == 0
    assert api.company("1")["company_id"] == "1"


def test_a_refusal_is_given_always_on_demand(api, refusal):
    fault = {"method": "POST", "path_prefix": "/data_attributes", "status": 500, "times": None}
    assert api.post("/_sandbox/faults", json=fault).status_code == 200
    body = {"name": "plan", "model": "contact", "data_type": "string"}
    answers = [refusal(api.post("/data_attributes", json=body))[:2] for _ in range(5)]
    assert answers == [(500, "server_error")] * 5
    assert api.get("/data_attributes").status_code == 200


def test_a_fault_can_be_of_one_path_alone(api, sandbox):
    sandbox.faults.add(Fault("POST", "/companies", status=500, whole_path=True))
    assert api.post("/companies/list").status_code == 200
    assert api.post("/companies").status_code == 500


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": 103},
        {"status": 600},
        {"status": "500"},
        {"times": 0},
        {"delay_s": -1},
        {"headers": {"X": "a\r\nb"}},
        {"headers": {"a b": "c"}},
        {"headers": {"X": "ü"}},
    ],
)
def test_a_fault_that_no_answer_can_have_is_refused(api, wrong):
    fault = {"method": "GET", "path_prefix": "/me", **wrong}
    assert api.post("/_sandbox/faults", json=fault).status_code == 400
    assert api.get("/me").status_code == 200


def test_an_answer_that_may_have_no_body_has_none(api, sandbox):
    sandbox.faults.add(Fault("GET", "/me", status=204, body={"oops": True}))
    assert api.get("/me").content == b""
    assert api.get("/me").status_code == 200


def test_a_plan_restriction_is_a_fault(api, sandbox, refusal):
    sandbox.faults.add(Fault("*", "/events", status=403))
    assert refusal(api.post("/events")) == (403, "api_plan_restricted", "Active subscription needed.")


def test_a_dropped_request_was_not_carried_out(api, sandbox):
    sandbox.faults.add(Fault("POST", "/contacts", drop_connection=True))
    with pytest.raises(requests.ConnectionError):
        api.post("/contacts", json={"external_id": "1"})
    assert api.post("/contacts", json={"external_id": "1"}).status_code == 200
    assert sandbox.calls.count("POST /contacts", status=0) == 1


def test_a_lost_answer_was_carried_out(api, sandbox):
    sandbox.faults.add(Fault("POST", "/contacts", drop_connection=True, after_commit=True))
    with pytest.raises(requests.ConnectionError):
        api.post("/contacts", json={"external_id": "1"})
    assert api.post("/contacts", json={"external_id": "1"}).status_code == 409


def test_work_can_be_done_and_answered_as_failed(api, sandbox):
    sandbox.faults.add(Fault("POST", "/contacts", status=502, after_commit=True))
    assert api.post("/contacts", json={"external_id": "1"}).status_code == 502
    assert api.get("/contacts/find_by_external_id/1").status_code == 200


def test_a_late_answer_is_an_answer_all_the_same(api, sandbox):
    sandbox.faults.add(Fault("GET", "/me", delay_s=0.2))
    with pytest.raises(requests.ReadTimeout):
        api.get("/me", timeout=0.05)
    sandbox.faults.add(Fault("GET", "/me", delay_s=0.05))
    assert api.get("/me").status_code == 200


def test_a_reset_forgets_the_requests_under_way(api, sandbox):
    """A process that was killed has left requests: they must not be done in the workspace of whoever comes next."""
    sandbox.faults.add(Fault("POST", "/contacts", delay_s=0.2))
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(api.post, "/contacts", json={"external_id": "1"})
        while len(sandbox.faults):
            time.sleep(0.005)
        sandbox.state.reset()
        with pytest.raises(requests.ConnectionError):
            late.result()
    assert not list(sandbox.state.contacts)
    assert len(sandbox.calls) == 0


def test_a_fault_can_wait_for_its_turn(api, sandbox):
    sandbox.faults.add(Fault("GET", "/me", status=500, skip=2))
    assert [api.get("/me").status_code for _ in range(4)] == [200, 200, 500, 200]


def test_a_fault_concerns_its_method_and_path_only(api, sandbox):
    sandbox.faults.add(Fault("POST", "/contacts/search", status=500))
    assert api.post("/contacts", json={"external_id": "1"}).status_code == 200
    assert api.get("/contacts").status_code == 200
    assert api.search("role", "=", "user").status_code == 500


def test_a_bad_token_uses_up_no_fault(api, sandbox):
    sandbox.faults.add(Fault("GET", "/me", status=500))
    assert api.get("/me", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert api.get("/me").status_code == 500
