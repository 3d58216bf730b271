"""Whatever a body holds, the answer is Intercom's kind of refusal and never a stumble."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.sandbox import control, routes
from dbt_intercom_activate.sandbox.errors import IntercomError
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall
from dbt_intercom_activate.sandbox.state import SandboxState

WORDS = """
    role external_id email email_verified phone name avatar signed_up_at last_seen_at owner_id
    custom_attributes unsubscribed_from_emails query sort pagination from into id company_id plan
    size website industry monthly_spend remote_created_at users companies model data_type options
    archived description event_name created_at user_id metadata admin_id contacts rate_limit
    search_lag method path_prefix
"""
KEYS = WORDS.split()
VALUES = (
    None,
    True,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "\x00",
    [],
    [None],
    ["x"],
    [[]],
    {},
    {"x": None},
    {"value": 1},
)
ENDPOINTS = [e for e in routes.ENDPOINTS if e.method != "GET"] + [
    e for e in control.ENDPOINTS if e.handler in (control.seed_contacts, control.seed_companies)
]
NESTED = (
    {"query": {"operator": "AND", "value": [{"operator": [], "field": {}}]}},
    {"query": {"operator": "IN", "field": "email", "value": [{}]}},
    {"query": {"operator": "=", "field": "created_at", "value": 10**30}},
    {"query": {"field": "role", "operator": "=", "value": "user"}, "sort": {"field": [], "order": []}},
    {"query": {"field": "role", "operator": "=", "value": "user"}, "pagination": {"starting_after": 5}},
    {"name": "x", "users": [{"id": []}], "companies": [{"company_id": {}}]},
    {"name": "x", "model": "contact", "data_type": "options", "options": [{}, {}]},
    {"contacts": [{"role": "lead"}], "companies": [{"company_id": "c"}]},
)


@pytest.fixture
def state():
    state = SandboxState()
    state.add_attribute("contact", "x", "string")
    state.add_attribute("company", "x", "float")
    return state


def outcome(endpoint, state: SandboxState, body: dict) -> GivenAnswer | IntercomError:
    made = routes.ENDPOINTS[4].handler(state, ReceivedCall(body={"role": "lead"}))
    names = ("contact_id", "company_id", "tag_id", "admin_id", "data_attribute_id", "external_id")
    path = dict.fromkeys(names, made.body["id"]) | {"conversation_id": "501", "ticket_id": "701"}
    try:
        return endpoint.handler(state, ReceivedCall(path=path, body=body))
    except IntercomError as refusal:
        return refusal


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: f"{e.method} {e.template}")
def test_no_body_makes_an_endpoint_stumble(state, endpoint):
    bodies = [{key: value} for key in KEYS for value in VALUES] + list(NESTED)
    for body in bodies:
        assert isinstance(outcome(endpoint, state, body), GivenAnswer | IntercomError)


@pytest.mark.parametrize("body", NESTED)
def test_no_nested_nonsense_makes_the_search_stumble(state, body):
    search = next(e for e in routes.ENDPOINTS if e.template == "/contacts/search")
    assert isinstance(outcome(search, state, body), GivenAnswer | IntercomError)
