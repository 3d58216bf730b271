"""Get and tag tickets, which exist only as far as tags need them. They are seeded.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.sandbox import errors, tags
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import ID
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.records import Applied, StoredTicket
from dbt_intercom_activate.sandbox.workspace import acting_admin

if TYPE_CHECKING:
    from dbt_intercom_activate.sandbox.state import SandboxState


def get(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /tickets/{ticket_id}: Intercom shows no tags in it."""
    ticket = _find(state, call)
    made = {"created_at": ticket.created_at, "updated_at": ticket.updated_at}
    return ok({"type": "ticket", "id": ticket.id, "ticket_id": ticket.id, "category": "Customer", **made})


@takes({"id": ID, "admin_id": ID})
def attach_tag(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /tickets/{ticket_id}/tags: by a tag's id, in the name of an admin."""
    ticket = _find(state, call)
    admin_id = acting_admin(state, call)
    tag = tags.find(state, call.text("id") or "")
    tagged = tags.with_tag(ticket, tag, Applied(state.now(), admin_id))
    state.tickets[ticket.id] = tagged
    return ok(tags.applied_body(tag, tagged.tags[tag.id]))


@takes({"admin_id": ID})
def detach_tag(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """DELETE /tickets/{ticket_id}/tags/{tag_id}: the admin stands in the body of the DELETE."""
    ticket = _find(state, call)
    admin_id = acting_admin(state, call)
    tag = state.tags.get(call.path["tag_id"])
    if tag is None:
        raise errors.IntercomError(404, "tag_not_found", "Tag not found")
    applied = ticket.tags.get(tag.id, Applied(state.now(), admin_id))
    state.tickets[ticket.id] = tags.without_tag(ticket, tag)
    return ok(tags.applied_body(tag, applied))


def _find(state: SandboxState, call: ReceivedCall) -> StoredTicket:
    ticket = state.tickets.get(call.path["ticket_id"])
    if ticket is None:
        raise errors.IntercomError(404, "ticket_not_found", "Ticket not found")
    return ticket
