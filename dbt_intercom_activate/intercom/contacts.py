"""Requests about contacts, and what their answers hold.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/contact
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from dbt_intercom_activate.intercom.api import Request, items_of, of_kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.intercom.api import Answer, JsonValue

_CREATE, _UPDATE = "POST /contacts", "PUT /contacts/{contact_id}"

LARGEST_PAGE = 150
"""Contacts in a page of search results: "Default is 50. Max is 150"."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What identifies a contact."""

    id: str
    external_id: str | None
    """A lead has one too, which Intercom made up."""
    email: str | None
    """None also where Intercom writes an empty string, as it does once an email was cleared."""
    role: str | None
    """`user` or `lead`."""
    created_at: int | None
    """Unix seconds by the server's clock."""
    shown: Mapping[str, JsonValue] = field(default_factory=dict, compare=False, repr=False)
    """All that Intercom shows of it."""


def create_contact(payload: Mapping[str, JsonValue], *, repeatable: bool) -> Request:
    """Create a contact. Intercom never updates one here: it answers 409 with the id in the way.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/createcontact

    Args:
        payload: The contact's attributes.
        repeatable: False for leads ("any number of leads may share an email") and for a contact
            without external_id and email: a second attempt would make a second contact.
    """
    return Request.to(
        "POST",
        "/contacts",
        body=payload,
        repeatable=repeatable,
        expects=lambda answer: _has_identifiers(_whole(answer), payload),
    )


def update_contact(contact_id: str, payload: Mapping[str, JsonValue]) -> Request:
    """Change the given attributes of a contact, and no others.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/updatecontact
    """
    return Request.to(
        "PUT",
        "/contacts/{contact_id}",
        contact_id,
        body=payload,
        expects=lambda answer: (
            _is(_whole(answer), contact_id)
            and _has_identifiers(_whole(answer), {"external_id": payload.get("external_id")})
        ),
    )


def get_contact(contact_id: str) -> Request:
    """Read a contact, without the lag of search.

    404 is also the answer for an archived one, 410 for one that was merged into another.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/showcontact
    """
    return Request.to(
        "GET",
        "/contacts/{contact_id}",
        contact_id,
        expects=lambda answer: _is(_whole(answer), contact_id),
    )


def find_contact(external_id: str) -> Request:
    """Read a user by external_id, straight from Intercom's records: unlike search, this lags behind no write.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/showcontactbyexternalid
    """
    return Request.to(
        "GET",
        "/contacts/find_by_external_id/{external_id}",
        external_id,
        expects=lambda answer: _has_identifiers(_whole(answer), {"external_id": external_id}),
    )


def archive_contact(contact_id: str) -> Request:
    """Archive a contact; one that is archived already is answered alike.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/archivecontact
    """
    return Request.to(
        "POST",
        "/contacts/{contact_id}/archive",
        contact_id,
        expects=lambda answer: _is(_whole(answer), contact_id) and _says(answer, "archived", value=True),
    )


def unarchive_contact(contact_id: str) -> Request:
    """Bring an archived contact back as it was.

    For a deleted one the answer is 400, "User has been marked for permanent deletion and is not restorable."

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/unarchivecontact
    """
    return Request.to(
        "POST",
        "/contacts/{contact_id}/unarchive",
        contact_id,
        expects=lambda answer: _is(_whole(answer), contact_id) and _says(answer, "archived", value=False),
    )


def delete_contact(contact_id: str) -> Request:
    """Delete a contact for good.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/deletecontact
    """
    return Request.to(
        "DELETE",
        "/contacts/{contact_id}",
        contact_id,
        expects=lambda answer: _is(_whole(answer), contact_id) and _says(answer, "deleted", value=True),
    )


def search_contacts(
    field: str,
    values: Sequence[str],
    *,
    role: str | None = None,
    cursor: str | None = None,
    per_page: int = LARGEST_PAGE,
) -> Request:
    """Search the contacts whose field has one of the values. Search lags writes by minutes.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts

    Args:
        field: Such as `external_id` or `email`.
        values: No maximum is documented.
        role: `user` or `lead`, to search among these only.
        cursor: Of the page wanted, from the page before it.
        per_page: At most 150.
    """
    query: dict[str, JsonValue] = {"field": field, "operator": "IN", "value": list(values)}
    if role is not None:
        by_role: dict[str, JsonValue] = {"field": "role", "operator": "=", "value": role}
        query = {"operator": "AND", "value": [query, by_role]}
    pagination: dict[str, JsonValue] = {"per_page": per_page}
    if cursor is not None:
        pagination["starting_after"] = cursor
    body: dict[str, JsonValue] = {"query": query, "pagination": pagination}
    return Request.to("POST", "/contacts/search", body=body, expects=lists_contacts)


def lists_contacts(answer: Answer) -> bool:
    """Whether an answer is a page of contacts, each of which has an id."""
    items = items_of(answer)
    return items is not None and all(of_kind(each, "contact") and _contact(each) for each in items)


def read_contacts(answer: Answer) -> tuple[list[Contact], str | None]:
    """Read a page of contacts and the cursor of the next page, None after the last."""
    body = answer.body if answer.ok else None
    if not isinstance(body, dict):
        return [], None
    data = body.get("data")
    found = [_contact(each) for each in data] if isinstance(data, list) else []
    return [contact for contact in found if contact is not None], _next_cursor(body)


def read_contact(answer: Answer) -> Contact | None:
    """Read the one contact of an answer; None when it holds none."""
    return _contact(answer.body) if answer.ok else None


def updated_contact_id(request: Request) -> str | None:
    """Intercom's id of the contact that a request changes; None of any other request."""
    return unquote(request.path.rpartition("/")[2]) if request.endpoint == _UPDATE else None


def written_contact(request: Request, answer: Answer) -> Contact | None:
    """The contact that a request made or changed; None of any other request, and where Intercom refused."""
    return read_contact(answer) if request.endpoint in (_CREATE, _UPDATE) else None


def _whole(answer: Answer) -> Contact | None:
    """The contact, if an answer is one and nothing else."""
    return _contact(answer.body) if of_kind(answer.body, "contact") else None


def _is(contact: Contact | None, contact_id: str) -> bool:
    return contact is not None and contact.id == contact_id


def _says(answer: Answer, word: str, *, value: bool) -> bool:
    return isinstance(answer.body, dict) and answer.body.get(word) is value


def _has_identifiers(contact: Contact | None, sent: Mapping[str, JsonValue]) -> bool:
    """Whether a contact has what it was asked for by, or made with: an email without regard to case.

    A lead's external_id is Intercom's own, whatever was sent.
    """
    if contact is None:
        return False
    held = {"email": contact.email}
    if contact.role != "lead":
        held["external_id"] = contact.external_id
    wanted = {name: sent.get(name) for name in held}
    return all(
        _alike(value, held[name]) for name, value in wanted.items() if isinstance(value, str) and value
    )


def _alike(sent: str, held: str | None) -> bool:
    return held is not None and held.strip().casefold() == sent.strip().casefold()


def _contact(item: JsonValue) -> Contact | None:
    if not isinstance(item, dict):
        return None
    contact_id, created_at = item.get("id"), item.get("created_at")
    if not isinstance(contact_id, str) or not contact_id:
        return None
    return Contact(
        id=contact_id,
        external_id=_text(item.get("external_id")),
        email=_text(item.get("email")),
        role=_text(item.get("role")),
        created_at=created_at if isinstance(created_at, int) else None,
        shown=item,
    )


def _next_cursor(body: Mapping[str, JsonValue]) -> str | None:
    """Read `pages.next.starting_after`; on the last page `next` is absent or null."""
    pages = body.get("pages")
    following = pages.get("next") if isinstance(pages, dict) else None
    return _text(following.get("starting_after")) if isinstance(following, dict) else None


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None
