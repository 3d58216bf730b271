"""Create, update and get contacts.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts. Matching and refusals
follow recorded answers of the real API where its description is silent.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import attribute_values, errors
from dbt_intercom_activate.sandbox.contact_body import contact_body
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import FLAG, ID, OBJECT, TEXT, WHOLE
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.records import Condition, StoredContact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.sandbox.state import SandboxState

PLAIN = {
    **dict.fromkeys(("phone", "name", "avatar", "language_override"), TEXT),
    # Seconds are meant; milliseconds are taken without a word.
    **dict.fromkeys(("signed_up_at", "last_seen_at"), WHOLE),
    "unsubscribed_from_emails": FLAG,
}
FIELDS = {
    **PLAIN,
    **dict.fromkeys(("role", "external_id", "email"), TEXT),
    "email_verified": FLAG,
    "owner_id": ID,
    "custom_attributes": OBJECT,
    # Ignored: whoever sends {"type": "lead"} makes a user (https://github.com/intercom/intercom-php/issues/350).
    "type": TEXT,
}
ONLY_IN_PREVIEW = {"language_override"}
# "contact" was the word before "lead" and "user"; it is still taken and stored as user.
ROLES = {"user": "user", "lead": "lead", "contact": "user"}


@takes(FIELDS)
def create(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /contacts: makes a contact, and never updates one."""
    fields = _checked_fields(state, call)
    role = _role(call.body) or "user"
    external_id = call.body.get("external_id") or None
    email = _email(call.body.get("email"))
    if not (external_id or email or "role" in call.body):
        raise errors.parameter_missing("One of email, external_id or role is required")
    custom = attribute_values.merged(state, "contact", {}, call.body.get("custom_attributes"))
    if role == "user":
        if not (external_id or email):
            raise errors.parameter_missing("A user needs an external_id or an email")
        _refuse_existing(state, external_id, email)
    else:
        # Leads may be doubled at will, and get an external_id of Intercom's own making, whatever is sent.
        external_id = str(uuid.uuid4())
    contact_id, sequence = state.object_id()
    now = state.now()
    contact = StoredContact(
        id=contact_id,
        sequence=sequence,
        role=role,
        created_at=now,
        updated_at=now,
        external_id=external_id,
        email=email,
        fields=fields,
        custom_attributes=custom,
    )
    return ok(contact_body(state, state.put_contact(contact), call))


@takes(FIELDS)
def update(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """PUT /contacts/{contact_id}: changes what is sent, and clears what is sent as null."""
    contact = find(state, call)
    fields = _checked_fields(state, call)
    role = _role(call.body) or contact.role
    if contact.role == "user" and role == "lead":
        raise errors.IntercomError(400, "client_error", "Contact with user role can't be converted to a lead")
    changed = replace(
        contact,
        role=role,
        external_id=_new_external_id(state, contact, role, call.body.get("external_id")),
        email=(_email(call.body["email"]) or "") if "email" in call.body else contact.email,
        fields={**contact.fields, **fields},
        custom_attributes=attribute_values.merged(
            state, "contact", contact.custom_attributes, call.body.get("custom_attributes")
        ),
        updated_at=state.now(),
    )
    return ok(contact_body(state, state.put_contact(changed), call))


def get(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /contacts/{contact_id}: reads the contact itself, so it never lags."""
    return ok(contact_body(state, find(state, call), call))


def find_by_external_id(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /contacts/find_by_external_id/{external_id}: users only, but a merged lead is said to be merged."""
    external_id = call.path["external_id"]
    contact = state.live_user(external_id)
    if contact is None:
        gone = next(
            (c for c in state.contacts_by_external_id(external_id) if c.merged_into is not None), None
        )
        # Raises: 410 for a merged one, since 2.16, and 404 for none.
        contact = find_id(state, gone.id if gone else "", call)
    return ok(contact_body(state, contact, call))


def find(state: SandboxState, call: ReceivedCall) -> StoredContact:
    """The live contact named in the path; archived and deleted ones are not found."""
    return find_id(state, call.path["contact_id"], call)


def find_id(state: SandboxState, contact_id: str, call: ReceivedCall) -> StoredContact:
    """The live contact with an id.

    410 for a merged one is documented for GET only; here it answers everything that names the contact.
    """
    contact = state.contacts.get(contact_id)
    if contact is not None and contact.merged_into is not None and not call.before_2_16():
        raise errors.contact_merged(contact.merged_into)
    if contact is None or not contact.live:
        raise errors.contact_not_found()
    return contact


def _role(body: Mapping[str, Any]) -> str | None:
    role = body.get("role")
    if role is None:
        return None
    if role not in ROLES:
        raise errors.parameter_invalid("role must be either user or lead")
    return ROLES[role]


def _email(value: str | None) -> str | None:
    # Undocumented, but every client that compares does so without case: it is stored in lower case.
    return value.strip().lower() if value else None


def _new_external_id(state: SandboxState, contact: StoredContact, role: str, given: str | None) -> str | None:
    """The external_id after PUT: null is ignored, and a lead keeps its own until it becomes a user."""
    if not given or role == "lead" or given == contact.external_id:
        return contact.external_id
    other = state.live_user(given)
    # An archived user's external_id may be taken over (recorded). A live one's was not recorded; a conflict
    # is likely.
    if other is not None and other.id != contact.id:
        raise errors.contact_exists(other.id, archived=False)
    return given


def _refuse_existing(state: SandboxState, external_id: str | None, email: str | None) -> None:
    """Refuse what matches a user, be it live, archived or deleted."""
    matches: list[StoredContact] = []
    if external_id:
        matches += [c for c in state.contacts_by_external_id(external_id) if c.role == "user"]
    if email and (state.emails_are_unique or not external_id):
        matches += [c for c in state.contacts_by_email(email) if c.role == "user"]
    if not matches:
        return
    match = next((c for c in matches if c.live), matches[0])
    if match.condition is Condition.BLOCKED:
        raise errors.IntercomError(400, "not_restorable", "This user was blocked and cannot be recreated")
    raise errors.contact_exists(match.id, archived=not match.live)


def _checked_fields(state: SandboxState, call: ReceivedCall) -> dict[str, Any]:
    """The plain fields of the body, null included."""
    body = call.body
    unknown = set() if call.version == "Preview" else ONLY_IN_PREVIEW
    for key in body:
        if key not in FIELDS or key in unknown:
            raise errors.bad_parameter(key)
    if "email_verified" in body and not body.get("email"):
        raise errors.parameter_invalid("email_verified requires email")
    fields = {key: body[key] for key in PLAIN.keys() & body.keys()}
    if "owner_id" in body:
        fields["owner_id"] = _owner(state, body["owner_id"])
    return fields


def _owner(state: SandboxState, value: Any) -> str | None:
    if value is None:
        return None
    if str(value) not in state.admins:
        raise errors.parameter_invalid("The owner specified is not a member of the workspace")
    return str(value)
