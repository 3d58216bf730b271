"""Tags, and tagging contacts and companies.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags. POST /tags means five things,
told apart by what else the body holds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from dbt_intercom_activate.sandbox import contacts, errors
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import FLAG, ID, TEXT, list_of_objects, worded
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.records import (
    Applied,
    Conversation,
    StoredCompany,
    StoredContact,
    StoredTag,
    StoredTicket,
)
from dbt_intercom_activate.sandbox.state import FIRST_ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dbt_intercom_activate.sandbox.state import SandboxState

Tagged = TypeVar("Tagged", StoredContact, StoredCompany, Conversation, StoredTicket)

INVALID = "invalid tag parameters"
FIELDS = {
    "name": worded(TEXT, INVALID),
    "id": ID,
    "companies": worded(list_of_objects(id=ID, company_id=ID, untag=FLAG), INVALID),
    "users": worded(list_of_objects(id=ID, untag=FLAG), INVALID),
}


def list_tags(state: SandboxState, call: ReceivedCall) -> GivenAnswer:  # noqa: ARG001 - every endpoint takes a call
    """GET /tags: all of them at once."""
    return ok({"type": "list", "data": [tag_body(tag) for tag in state.tags.values()]})


def get(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /tags/{tag_id}."""
    return ok(tag_body(find(state, call.path["tag_id"])))


def delete(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """DELETE /tags/{tag_id}: takes it off everything that carries it; the answer has no body."""
    tag = find(state, call.path["tag_id"])
    if tag.name in state.tags_with_dependents:
        raise errors.IntercomError(
            400,
            "tag_has_dependent_objects",
            "Unable to delete Tag with dependent objects. Segments: Seg 1.",
        )
    for contact in [c for c in state.contacts if tag.id in c.tags]:
        state.put_contact(without_tag(contact, tag))
    for company in [c for c in state.companies if tag.id in c.tags]:
        state.put_company(without_tag(company, tag))
    for conversation in [c for c in state.conversations.values() if tag.id in c.tags]:
        state.conversations[conversation.id] = without_tag(conversation, tag)
    for ticket in [t for t in state.tickets.values() if tag.id in t.tags]:
        state.tickets[ticket.id] = without_tag(ticket, tag)
    state.remove_tag(tag)
    return GivenAnswer(200)


@takes(FIELDS)
def create_or_apply(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /tags: create or find, rename, tag companies, untag companies, tag users.

    Since 2.16 what does not exist is left out of the answer; before, one missing entity failed the call with
    404.
    """
    body = call.body
    name, companies, users = body.get("name"), body.get("companies") or [], body.get("users") or []
    if not name or not name.strip():
        raise errors.parameter_invalid(INVALID)
    if body.get("id") is not None:
        return ok(tag_body(_renamed(state, str(body["id"]), name)))
    if call.before_2_16():
        _refuse_missing(state, companies, users)
    tag = state.tag_named(name) or state.put_tag(StoredTag(str(state.serial()), name))
    outcome = {
        "users": _apply_all(state, tag, users, _user_of, state.put_contact),
        "companies": _apply_all(state, tag, companies, _company_of, state.put_company),
    }
    return ok(tag_body(tag) if call.before_2_16() else {**tag_body(tag), **outcome})


def list_of_contact(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /contacts/{contact_id}/tags."""
    contact = contacts.find(state, call)
    data = [applied_body(state.tags[tag_id], applied) for tag_id, applied in contact.tags.items()]
    return ok({"type": "list", "data": data})


@takes({"id": ID})
def attach_to_contact(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /contacts/{contact_id}/tags: tagging twice is answered like once."""
    contact = contacts.find(state, call)
    tag = find(state, call.text("id") or "")
    tagged = state.put_contact(with_tag(contact, tag, _applied(state)))
    return ok(applied_body(tag, tagged.tags[tag.id]))


def detach_from_contact(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """DELETE /contacts/{contact_id}/tags/{tag_id}: a tag that is not on the contact is no error."""
    contact = contacts.find(state, call)
    tag = find(state, call.path["tag_id"])
    state.put_contact(without_tag(contact, tag))
    return ok(tag_body(tag))


def find(state: SandboxState, tag_id: str) -> StoredTag:
    """The tag with an id."""
    if tag_id not in state.tags:
        raise errors.resource_not_found()
    return state.tags[tag_id]


def tag_body(tag: StoredTag) -> dict[str, Any]:
    """A tag by itself."""
    return {"type": "tag", "id": tag.id, "name": tag.name}


def applied_body(tag: StoredTag, applied: Applied) -> dict[str, Any]:
    """A tag on something."""
    by = {"type": "admin", "id": applied.admin_id}
    return {**tag_body(tag), "applied_at": applied.applied_at, "applied_by": by}


def with_tag(item: Tagged, tag: StoredTag, applied: Applied) -> Tagged:
    """The same with a tag, which keeps its time if it was there before."""
    return item if tag.id in item.tags else replace(item, tags={**item.tags, tag.id: applied})


def without_tag(item: Tagged, tag: StoredTag) -> Tagged:
    """The same without a tag."""
    return replace(item, tags={key: applied for key, applied in item.tags.items() if key != tag.id})


def _applied(state: SandboxState) -> Applied:
    return Applied(state.now(), FIRST_ADMIN)


def _renamed(state: SandboxState, tag_id: str, name: str) -> StoredTag:
    tag = find(state, tag_id)
    other = state.tag_named(name)
    if other is not None and other.id != tag.id:
        raise errors.parameter_invalid(INVALID)
    return state.put_tag(replace(tag, name=name))


def _apply_all(
    state: SandboxState,
    tag: StoredTag,
    items: list[Mapping[str, Any]],
    entity_of: Callable[[SandboxState, Mapping[str, Any]], Tagged | None],
    put: Callable[[Tagged], Tagged],
) -> list[dict[str, Any]]:
    """Tag or untag each item that exists, and say what became of it by Intercom's id."""
    outcomes = []
    for item in items:
        entity = entity_of(state, item)
        if entity is None:
            continue
        # Documented for companies; for users it was in API 1 and is not documented since.
        untag = item.get("untag") is True
        put(without_tag(entity, tag) if untag else with_tag(entity, tag, _applied(state)))
        outcomes.append({"id": entity.id, "tagged": not untag})
    return outcomes


def _user_of(state: SandboxState, item: Mapping[str, Any]) -> StoredContact | None:
    contact = state.contacts.get(str(item.get("id")))
    return contact if contact is not None and contact.live else None


def _company_of(state: SandboxState, item: Mapping[str, Any]) -> StoredCompany | None:
    if item.get("id") is not None:
        company = state.companies.get(str(item["id"]))
    else:
        company = state.company_by_key(str(item.get("company_id")))
    return company if company is not None and company.live else None


def _refuse_missing(
    state: SandboxState, companies: list[Mapping[str, Any]], users: list[Mapping[str, Any]]
) -> None:
    if any(_company_of(state, item) is None for item in companies):
        raise errors.company_not_found()
    if any(_user_of(state, item) is None for item in users):
        raise errors.contact_not_found()
