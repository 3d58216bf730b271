"""Requests about events. The answer is 202 with nothing in it, 404 where there is no such contact.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events/data_event
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.intercom.api import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.intercom.api import Answer, JsonValue

_ACCEPTED = 202


def send_event(
    *,
    event_name: str,
    created_at: int,
    metadata: Mapping[str, JsonValue] | None = None,
    user_id: str | None = None,
    email: str | None = None,
    id: str | None = None,  # noqa: A002 (Intercom's name of it)
) -> Request:
    """Tell that something happened to a contact.

    Intercom keeps one of several events with the same external id, event name and `created_at`. So
    only an event by `user_id` is sent again when its answer was lost; without it, Intercom could not
    recognise the second attempt.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events/createdataevent

    Args:
        event_name: Such as `ordered-plant`.
        created_at: Unix seconds.
        metadata: Sent in its order, as Intercom may keep the first ten keys only.
        user_id: The contact's external_id, or
        email: its email, if no other user has it, or
        id: Intercom's id of it, the only way to reach a lead.
    """
    contact = {"user_id": user_id, "email": email, "id": id}
    body: dict[str, JsonValue] = {name: value for name, value in contact.items() if value is not None}
    body |= {"event_name": event_name, "created_at": created_at}
    if metadata:
        body["metadata"] = metadata
    return Request.to("POST", "/events", body=body, repeatable=bool(user_id), expects=is_taken)


def is_taken(answer: Answer) -> bool:
    """Whether an event was accepted: 202 with nothing in it, and no other success."""
    return answer.status == _ACCEPTED and answer.is_empty
