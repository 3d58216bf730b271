"""Which refusals pass by themselves, and which a person has to do something about."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.intercom.api import read_answer
from dbt_intercom_activate.intercom.companies import find_company, update_company, upsert_company
from dbt_intercom_activate.intercom.contacts import create_contact, get_contact, update_contact
from dbt_intercom_activate.intercom.events import send_event
from dbt_intercom_activate.intercom.passing import passes_by_itself

COMPANY = upsert_company({"company_id": "c1"})
CONTACT = create_contact({"external_id": "u1"}, repeatable=True)
PUT = update_contact("a1", {"name": "Ana"})
EVENT = send_event(event_name="joined", created_at=1, metadata={}, user_id="u1")


def refusal(status: int, code: str, message: str):
    body = {"type": "error.list", "errors": [{"code": code, "message": message}]}
    return read_answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("request_", "status", "code", "message"),
    [
        pytest.param(COMPANY, 400, "unique_company_constraint", "Company already exists.", id="a race"),
        pytest.param(COMPANY, 404, "company_not_found", "Company Not Found", id="a company to be made"),
        pytest.param(CONTACT, 404, "not_found", "User Not Found", id="a contact to be made"),
        pytest.param(PUT, 409, "conflict", "Conflict", id="a conflict with nobody"),
        pytest.param(PUT, 409, "resource_conflict", "Resource conflict", id="a resource's conflict"),
        pytest.param(PUT, 400, "client_error", "Lock wait timeout exceeded", id="a lock"),
        pytest.param(PUT, 422, "data_invalid", "Could not save, please try again", id="try again"),
        pytest.param(PUT, 400, "retry_after", "", id="a code that asks for patience"),
        pytest.param(PUT, 423, "client_error", "", id="locked"),
    ],
)
def test_a_refusal_of_the_moment_passes(request_, status, code, message):
    assert passes_by_itself(refusal(status, code, message), request_)


@pytest.mark.parametrize(
    ("request_", "status", "code", "message"),
    [
        pytest.param(
            CONTACT, 409, "conflict", "A contact matching those details already exists with id=a1", id="named"
        ),
        pytest.param(
            EVENT, 409, "conflict", "Multiple existing users match this email address", id="several match"
        ),
        pytest.param(PUT, 404, "not_found", "User Not Found", id="a contact that is not there"),
        pytest.param(get_contact("a1"), 404, "not_found", "User Not Found", id="reading one"),
        pytest.param(
            find_company("c1"), 404, "company_not_found", "Company Not Found", id="reading a company"
        ),
        pytest.param(
            update_company("a1", {}), 404, "company_not_found", "Company Not Found", id="a company not there"
        ),
        pytest.param(EVENT, 404, "not_found", "User Not Found", id="an event of nobody"),
        pytest.param(
            PUT, 400, "parameter_invalid", "Custom attribute 'lock timeout' does not exist", id="quoted words"
        ),
        pytest.param(PUT, 403, "forbidden", "try again", id="what is forbidden"),
        pytest.param(PUT, 410, "contact_merged", "This contact has been merged.", id="who was merged"),
    ],
)
def test_a_refusal_for_good_does_not(request_, status, code, message):
    assert not passes_by_itself(refusal(status, code, message), request_)
