"""Send and list events.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import COUNT, ID, OBJECT, TEXT, WHOLE, YES_OR_NO
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.records import Event, StoredContact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.sandbox.state import SandboxState

KEPT_METADATA = 10
MOST_NAMES = 120
# https://www.intercom.com/help/en/articles/175-set-up-event-tracking-in-intercom
NOT_IN_KEYS = frozenset(".$~`!@#%^&*'{}|\\\"\0")
LISTED_SECONDS = 90 * 86_400
# The only objects that metadata may hold: a link and an amount of money.
RICH_KEYS = ({"url", "value"}, {"amount", "currency"})
FIELDS = {"event_name": TEXT, "created_at": WHOLE, "id": ID, "user_id": ID, "email": TEXT, "metadata": OBJECT}


@takes(FIELDS)
def send(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /events: 202 without a body, also for an event that was sent before."""
    body = call.body
    name, created_at = body.get("event_name"), body.get("created_at")
    if not name:
        raise errors.parameter_missing("event_name is required")
    if created_at is None:
        raise errors.parameter_missing("created_at is required, in unix seconds")
    metadata = _metadata(body.get("metadata"))
    contact = _contact(
        state, intercom_id=call.text("id"), user_id=call.text("user_id"), email=call.text("email")
    )
    if name not in state.event_names and len(state.event_names) >= MOST_NAMES:
        # As others have met it: https://github.com/neo4j-contrib/training-v2/issues/81
        raise errors.IntercomError(422, "422", f"Cannot have more than {MOST_NAMES} active event names")
    if contact.external_id is not None:
        # Without an external_id Intercom cannot tell a repetition from a second event.
        key = (contact.external_id, name, created_at)
        if key in state.event_keys:
            return GivenAnswer(202)
        state.event_keys.add(key)
    state.add_event(
        Event(
            id=str(uuid.uuid4()),
            event_name=name,
            created_at=created_at,
            contact_id=contact.id,
            external_id=contact.external_id,
            email=contact.email or None,
            metadata=metadata,
        )
    )
    return GivenAnswer(202)


@takes(query={"per_page": COUNT, "summary": YES_OR_NO})
def list_events(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /events?type=user: a contact's events of the last 90 days, newest first."""
    query = call.query
    if query.get("type") != "user":
        raise errors.parameter_missing("type=user is required")
    contact = _contact(
        state,
        intercom_id=query.get("intercom_user_id"),
        user_id=query.get("user_id"),
        email=query.get("email"),
    )
    since = state.now() - LISTED_SECONDS
    events = [e for e in reversed(state.events_of(contact.id)) if e.created_at >= since]
    if query.get("summary") == "true":
        return ok(_summary(contact, events))
    per_page = call.per_page(50, 150)
    return ok(
        {"type": "event.list", "events": [_body(e) for e in events[:per_page]], "pages": {"next": None}}
    )


def _contact(
    state: SandboxState, *, intercom_id: str | None, user_id: str | None, email: str | None
) -> StoredContact:
    """Who is meant: by Intercom's id, which leads need, else by external_id, else by email."""
    if intercom_id is None and user_id is None and email is None:
        raise errors.parameter_missing("One of id, user_id or email is required")
    if intercom_id is not None:
        found = state.contacts.get(intercom_id)
        matches = [found] if found is not None and found.live else []
    elif user_id is not None:
        user = state.live_user(user_id)
        matches = [user] if user is not None else []
    else:
        matches = [c for c in state.contacts_by_email(email or "") if c.live and c.role == "user"]
    if not matches:
        raise errors.contact_not_found()
    if len(matches) > 1:
        raise errors.IntercomError(
            409,
            "conflict",
            "Multiple existing users match this email address - must be more specific using user_id",
        )
    return matches[0]


def _metadata(given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if given is None:
        return {}
    for key, value in given.items():
        # Intercom's help centre says what keys cannot have, and not what becomes of them; here they are refused.
        if NOT_IN_KEYS.intersection(key):
            raise errors.parameter_invalid(f"metadata '{key}' has a character that no key may have")
        rich = isinstance(value, dict) and set(value) in RICH_KEYS
        if any(isinstance(part, list | dict) for part in (value.values() if rich else [value])):
            raise errors.parameter_invalid(f"metadata '{key}' must not be nested")
        if rich and "amount" in value and not (WHOLE.holds(value["amount"]) and value["amount"] >= 0):
            raise errors.parameter_invalid(f"metadata '{key}' must have an amount in cents")
    # More than ten keys are no error: the rest is ignored.
    return dict(list(given.items())[:KEPT_METADATA])


def _body(event: Event) -> dict[str, Any]:
    return {
        "type": "event",
        "id": event.id,
        "event_name": event.event_name,
        "created_at": event.created_at,
        "intercom_user_id": event.contact_id,
        "user_id": event.external_id,
        "email": event.email,
        "metadata": event.metadata,
    }


def _summary(contact: StoredContact, events: list[Event]) -> dict[str, Any]:
    items: dict[str, dict[str, Any]] = {}
    for event in reversed(events):
        item = items.setdefault(
            event.event_name, {"name": event.event_name, "first": event.created_at, "last": 0, "count": 0}
        )
        item["first"] = min(item["first"], event.created_at)
        item["last"] = max(item["last"], event.created_at)
        item["count"] += 1
    return {
        "type": "event.summary",
        "email": contact.email,
        "intercom_user_id": contact.id,
        "user_id": contact.external_id,
        "events": list(items.values()),
    }
