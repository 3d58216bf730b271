"""What is not Intercom's: seeding, looking inside, and switches, under `/_sandbox/`.

It asks for the header `X-Sandbox: 1`, which no web page can send without being asked for permission first, and for
the token where other machines can reach it (see `browsers`). It counts against no limit.

- `GET /_sandbox/state`: everything the workspace holds, with counts; `?only=counts` for the counts alone.
- `GET /_sandbox/calls`: calls by "METHOD /template", how many were writes, accepted calls by window.
- `POST /_sandbox/contacts` and `POST /_sandbox/companies`: make many at once, from a list under `contacts`
  (or `companies`) of what Intercom's own POST takes; the answer has their ids in the same order.
- `POST /_sandbox/attributes`: seed a custom attribute from model, name, data_type, and options, archived and
  api_writable where they matter.
- `POST /_sandbox/conversations`: seed a conversation, with an id and a contact_id if wanted.
- `POST /_sandbox/tickets`: seed a ticket, with an id if wanted.
- `POST /_sandbox/switches`: set attributes of `state.Switches`, `latency_ms`, `search_lag` and `rate_limit`.
- `POST /_sandbox/faults`: add a `faults.Fault`.
- `DELETE /_sandbox/faults`: let no more of them happen.
- `POST /_sandbox/reset`: back to an empty workspace.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import companies, contacts, errors
from dbt_intercom_activate.sandbox.exchange import Endpoint, GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.faults import FIELDS, Fault
from dbt_intercom_activate.sandbox.kinds import (
    FLAG,
    ID,
    NUMBER,
    TEXT,
    TEXTS,
    WHOLE,
    Kind,
    at_least,
    not_null,
    one_of,
)
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.records import Condition
from dbt_intercom_activate.sandbox.search_fields import KIND_OF_TYPE
from dbt_intercom_activate.sandbox.state import Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from dbt_intercom_activate.sandbox.records import StoredContact
    from dbt_intercom_activate.sandbox.state import SandboxState

PREFIX = "/_sandbox/"


def _kind_of_switch(default: object) -> Kind:
    if isinstance(default, bool):
        return not_null(FLAG)
    return not_null(TEXTS) if isinstance(default, set) else at_least(WHOLE, 0)


SWITCHES = {
    **{name: _kind_of_switch(default) for name, default in vars(Switches()).items()},
    "latency_ms": not_null(at_least(WHOLE, 0)),
    "rate_limit": not_null(at_least(WHOLE, 0)),
    "search_lag": not_null(at_least(NUMBER, 0)),
}
ATTRIBUTE = {
    "model": not_null(one_of("contact", "company")),
    "name": not_null(TEXT),
    "data_type": not_null(one_of(*KIND_OF_TYPE)),
    "options": TEXTS,
    "archived": FLAG,
    "api_writable": FLAG,
}


def show_state(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /_sandbox/state."""
    counts = counted(state)
    if call.query.get("only") == "counts":
        return ok({"counts": counts})
    return ok(
        {
            "counts": counts,
            "contacts": [_contact(contact) for contact in state.contacts],
            "companies": [asdict(company) for company in state.companies if company.live],
            "tags": [asdict(tag) for tag in state.tags.values()],
            "attributes": [asdict(attribute) for attribute in state.attributes.values()],
            "events": [asdict(event) for event in state.events],
            "conversations": [asdict(conversation) for conversation in state.conversations.values()],
            "tickets": [asdict(ticket) for ticket in state.tickets.values()],
            "admins": [asdict(admin) for admin in state.admins.values()],
        }
    )


def counted(state: SandboxState) -> dict[str, Any]:
    """How much the workspace holds of each kind."""
    people = [contact for contact in state.contacts if contact.condition is Condition.LIVE]
    firms = [company for company in state.companies if company.live]
    return {
        "contacts": state.contact_counts(),
        "companies": len(firms),
        "memberships": sum(len(contact.companies) for contact in people),
        "contact_tags": sum(len(contact.tags) for contact in people),
        "company_tags": sum(len(company.tags) for company in firms),
        "conversation_tags": sum(len(c.tags) for c in state.conversations.values()),
        "ticket_tags": sum(len(t.tags) for t in state.tickets.values()),
        "tags": len(state.tags),
        "events": len(state.events),
        "attributes": len(state.attributes),
        "conversations": len(state.conversations),
        "tickets": len(state.tickets),
    }


def show_calls(state: SandboxState, call: ReceivedCall) -> GivenAnswer:  # noqa: ARG001 - every endpoint takes a call
    """GET /_sandbox/calls."""
    return ok(
        {
            "calls": state.calls.by_operation(),
            "total": len(state.calls),
            "writes": state.calls.writes,
            "windows": {str(start): n for start, n in sorted(state.limiter.windows.items())},
        }
    )


def seed_contacts(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /_sandbox/contacts."""
    return _each(state, call, "contacts", contacts.create)


def seed_companies(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /_sandbox/companies."""
    return _each(state, call, "companies", companies.create_or_update)


@takes(ATTRIBUTE)
def seed_attribute(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /_sandbox/attributes."""
    body = call.body
    attribute = state.add_attribute(
        _required(body, "model"),
        _required(body, "name"),
        _required(body, "data_type"),
        body.get("options"),
        archived=body.get("archived") is True,
        api_writable=body.get("api_writable") is not False,
    )
    return ok(asdict(attribute))


@takes({"id": ID, "contact_id": ID})
def seed_conversation(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /_sandbox/conversations."""
    conversation = state.add_conversation(call.text("id"), contact_id=call.text("contact_id"))
    return ok(asdict(conversation))


@takes({"id": ID})
def seed_ticket(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /_sandbox/tickets."""
    return ok(asdict(state.add_ticket(call.text("id"))))


@takes(SWITCHES)
def set_switches(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /_sandbox/switches."""
    known = vars(Switches())
    _refuse_unknown(call.body, SWITCHES)
    for name, value in call.body.items():
        if name == "rate_limit":
            state.limiter.limit = value
        elif name == "search_lag":
            state.search_lag = float(value)
        else:
            setattr(state, name, set(value) if isinstance(known.get(name), set) else value)
    return ok(switches(state))


def switches(state: SandboxState) -> dict[str, Any]:
    """How each switch is set."""
    own = {name: getattr(state, name) for name in SWITCHES if name != "rate_limit"}
    shown = {name: sorted(value) if isinstance(value, set) else value for name, value in own.items()}
    return {**shown, "rate_limit": state.limiter.limit}


@takes(FIELDS)
def add_fault(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /_sandbox/faults."""
    _refuse_unknown(call.body, FIELDS)
    _required(call.body, "method")
    _required(call.body, "path_prefix")
    state.faults.add(Fault(**call.body))
    return ok({"pending": len(state.faults)})


def clear_faults(state: SandboxState, call: ReceivedCall) -> GivenAnswer:  # noqa: ARG001 - every endpoint takes a call
    """DELETE /_sandbox/faults."""
    state.faults.clear()
    return ok({"pending": 0})


def reset(state: SandboxState, call: ReceivedCall) -> GivenAnswer:  # noqa: ARG001 - every endpoint takes a call
    """POST /_sandbox/reset."""
    state.reset()
    return ok({"reset": True})


ENDPOINTS = (
    Endpoint("GET", "/_sandbox/state", show_state),
    Endpoint("GET", "/_sandbox/calls", show_calls),
    Endpoint("POST", "/_sandbox/contacts", seed_contacts),
    Endpoint("POST", "/_sandbox/companies", seed_companies),
    Endpoint("POST", "/_sandbox/attributes", seed_attribute),
    Endpoint("POST", "/_sandbox/conversations", seed_conversation),
    Endpoint("POST", "/_sandbox/tickets", seed_ticket),
    Endpoint("POST", "/_sandbox/switches", set_switches),
    Endpoint("POST", "/_sandbox/faults", add_fault),
    Endpoint("DELETE", "/_sandbox/faults", clear_faults),
    Endpoint("POST", "/_sandbox/reset", reset),
)


def _each(
    state: SandboxState,
    call: ReceivedCall,
    name: str,
    create: Callable[[SandboxState, ReceivedCall], GivenAnswer],
) -> GivenAnswer:
    bodies = call.body.get(name)
    if not isinstance(bodies, list) or not all(isinstance(body, dict) for body in bodies):
        raise errors.parameter_missing(f"{name} must be a list of objects")
    return ok({"ids": [create(state, ReceivedCall(body=body)).body["id"] for body in bodies]})


def _refuse_unknown(body: Mapping[str, Any], known: Collection[str]) -> None:
    for name in body:
        if name not in known:
            raise errors.bad_parameter(name)


def _required(body: Any, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise errors.parameter_missing(f"{name} is required")
    return value


def _contact(contact: StoredContact) -> dict[str, Any]:
    return {**asdict(contact), "condition": contact.condition.value}
