"""Get and tag conversations. They are seeded, since nobody writes to a sandbox.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import errors, tags
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import ID
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.records import Applied, Conversation
from dbt_intercom_activate.sandbox.workspace import acting_admin

if TYPE_CHECKING:
    from dbt_intercom_activate.sandbox.state import SandboxState


def get(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /conversations/{conversation_id}."""
    conversation = state.conversations.get(call.path["conversation_id"])
    if conversation is None:
        raise errors.resource_not_found()
    return ok(_body(state, conversation))


@takes({"id": ID, "admin_id": ID})
def attach_tag(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /conversations/{conversation_id}/tags: by a tag's id, in the name of an admin."""
    conversation = _find(state, call)
    admin_id = acting_admin(state, call)
    tag = tags.find(state, call.text("id") or "")
    tagged = tags.with_tag(conversation, tag, Applied(state.now(), admin_id))
    state.conversations[conversation.id] = tagged
    return ok(tags.applied_body(tag, tagged.tags[tag.id]))


@takes({"admin_id": ID})
def detach_tag(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """DELETE /conversations/{conversation_id}/tags/{tag_id}: the admin stands in the body of the DELETE."""
    conversation = _find(state, call)
    admin_id = acting_admin(state, call)
    tag = state.tags.get(call.path["tag_id"])
    if tag is None:
        raise errors.IntercomError(404, "tag_not_found", "Tag not found")
    applied = conversation.tags.get(tag.id, Applied(state.now(), admin_id))
    state.conversations[conversation.id] = tags.without_tag(conversation, tag)
    return ok(tags.applied_body(tag, applied))


def _find(state: SandboxState, call: ReceivedCall) -> Conversation:
    conversation = state.conversations.get(call.path["conversation_id"])
    if conversation is None:
        raise errors.IntercomError(404, "not_found", "Conversation not found")
    return conversation


def _body(state: SandboxState, conversation: Conversation) -> dict[str, Any]:
    contact = state.contacts.get(conversation.contact_id) if conversation.contact_id else None
    reference = [{"type": "contact", "id": contact.id, "external_id": contact.external_id}] if contact else []
    applied = [tags.applied_body(state.tags[key], value) for key, value in conversation.tags.items()]
    return {
        "type": "conversation",
        "id": conversation.id,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "title": None,
        "open": False,
        "state": "closed",
        "read": False,
        "priority": "none",
        "contacts": {"type": "contact.list", "contacts": reference},
        "tags": {"type": "tag.list", "tags": applied},
        "custom_attributes": {},
    }
