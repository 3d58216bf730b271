"""Requests that tag tickets. The answers are those of tags.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets
"""

from __future__ import annotations

from dbt_intercom_activate.intercom.api import Request
from dbt_intercom_activate.intercom.tags import is_tag


def tag_ticket(ticket: str, tag_id: str, admin_id: str) -> Request:
    """Tag a ticket, in the name of an admin.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtoticket
    """
    return Request.to(
        "POST",
        "/tickets/{ticket_id}/tags",
        ticket,
        body={"id": tag_id, "admin_id": admin_id},
        expects=lambda answer: is_tag(answer, tag_id),
    )


def untag_ticket(ticket: str, tag_id: str, admin_id: str) -> Request:
    """Take a tag off a ticket, in the name of an admin: a DELETE that needs a body.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/detachtagfromticket
    """
    return Request.to(
        "DELETE",
        "/tickets/{ticket_id}/tags/{tag_id}",
        ticket,
        tag_id,
        body={"admin_id": admin_id},
        expects=lambda answer: is_tag(answer, tag_id),
    )
