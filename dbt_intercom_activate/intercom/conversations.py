"""Requests that tag conversations. The answers are those of tags.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations
"""

from __future__ import annotations

from dbt_intercom_activate.intercom.api import Request
from dbt_intercom_activate.intercom.tags import is_tag


def tag_conversation(conversation_id: str, tag_id: str, admin_id: str) -> Request:
    """Tag a conversation, in the name of an admin.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtoconversation
    """
    return Request.to(
        "POST",
        "/conversations/{conversation_id}/tags",
        conversation_id,
        body={"id": tag_id, "admin_id": admin_id},
        expects=lambda answer: is_tag(answer, tag_id),
    )


def untag_conversation(conversation_id: str, tag_id: str, admin_id: str) -> Request:
    """Take a tag off a conversation, in the name of an admin: a DELETE that needs a body.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/detachtagfromconversation
    """
    return Request.to(
        "DELETE",
        "/conversations/{conversation_id}/tags/{tag_id}",
        conversation_id,
        tag_id,
        body={"admin_id": admin_id},
        expects=lambda answer: is_tag(answer, tag_id),
    )
