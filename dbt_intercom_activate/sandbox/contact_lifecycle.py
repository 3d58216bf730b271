"""Archive, unarchive, delete, block and merge contacts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.contact_body import contact_body, reference_body
from dbt_intercom_activate.sandbox.contacts import find, find_id
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import FLAG, ID
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.records import Condition, StoredContact

if TYPE_CHECKING:
    from dbt_intercom_activate.sandbox.state import SandboxState


def archive(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /contacts/{contact_id}/archive: archiving twice is answered like once."""
    contact = _existing(state, call, Condition.LIVE, Condition.ARCHIVED)
    archived = _set(state, contact, Condition.ARCHIVED)
    return ok(reference_body(archived, archived=True))


def unarchive(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /contacts/{contact_id}/unarchive: brings the contact back intact, unless it was deleted."""
    contact = _existing(state, call, Condition.LIVE, Condition.ARCHIVED, Condition.DELETED)
    if contact.condition is Condition.DELETED:
        raise errors.IntercomError(
            400, "bad_request", "User has been marked for permanent deletion and is not restorable."
        )
    return ok(reference_body(_set(state, contact, Condition.LIVE), archived=False))


def delete(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """DELETE /contacts/{contact_id}: the identity stays taken (for about a week, it is said)."""
    contact = _existing(state, call, Condition.LIVE, Condition.ARCHIVED)
    return ok(reference_body(_set(state, contact, Condition.DELETED), deleted=True))


def block(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /contacts/{contact_id}/block: the contact cannot be made again."""
    return ok(reference_body(_set(state, find(state, call), Condition.BLOCKED), blocked=True))


@takes({"from": ID, "into": ID, "skip_duplicate_validation": FLAG})
def merge(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /contacts/merge: a lead becomes part of a user, and is answered 410 from then on."""
    lead = find_id(state, call.text("from") or "", call)
    user = find_id(state, call.text("into") or "", call)
    if lead.role != "lead" or user.role != "user":
        raise errors.IntercomError(400, "invalid_merge", "Only a lead can be merged, and only into a user")
    if call.body.get("skip_duplicate_validation") is not True and not _duplicates(lead, user):
        raise errors.IntercomError(
            400,
            "invalid_merge",
            "Contacts can only be merged when they are duplicates (matching email or phone). "
            "Pass skip_duplicate_validation=true to override this check.",
            request_id=errors.RequestId.ABSENT,
        )
    now = state.now()
    # That they follow the contact is not documented; it is what merging is for.
    state.hand_over(lead.id, user.id)
    state.put_contact(
        replace(lead, condition=Condition.MERGED, merged_into=user.id, companies=(), updated_at=now)
    )
    return ok(contact_body(state, state.put_contact(_absorbed(lead, user, now)), call))


def _absorbed(lead: StoredContact, user: StoredContact, now: int) -> StoredContact:
    """The user with what only the lead had."""
    known = {key: value for key, value in user.fields.items() if value is not None}
    attributes = {key: value for key, value in user.custom_attributes.items() if value is not None}
    return replace(
        user,
        email=user.email or lead.email,
        fields={**lead.fields, **known},
        custom_attributes={**lead.custom_attributes, **attributes},
        tags={**lead.tags, **user.tags},
        companies=tuple(dict.fromkeys(user.companies + lead.companies)),
        updated_at=now,
    )


def _duplicates(lead: StoredContact, user: StoredContact) -> bool:
    same_email = bool(lead.email) and lead.email == user.email
    phone = lead.fields.get("phone")
    return same_email or (bool(phone) and phone == user.fields.get("phone"))


def _existing(state: SandboxState, call: ReceivedCall, *allowed: Condition) -> StoredContact:
    contact = state.contacts.get(call.path["contact_id"])
    if contact is not None and contact.condition in allowed:
        return contact
    return find(state, call)


def _set(state: SandboxState, contact: StoredContact, condition: Condition) -> StoredContact:
    if contact.condition is condition:
        return contact
    return state.put_contact(replace(contact, condition=condition, updated_at=state.now()))
