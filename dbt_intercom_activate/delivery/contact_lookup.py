"""How a record finds its contact: remembered, searched for many at a time, or read directly.

Search lags writes by minutes, so what it does not show may still be there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery.answers import NOT_FOUND, failed, rejected
from dbt_intercom_activate.errors import RequestFailed, Unreachable
from dbt_intercom_activate.intercom import contacts as api
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbt_intercom_activate.binding.record import Conversation, Record, Rules
    from dbt_intercom_activate.intercom.api import Answer, JsonValue
    from dbt_intercom_activate.intercom.contacts import Contact

GONE = 410

MOST_PAGES = 200
"""Pages of one search, each of 150 contacts: leads may share an email in any number."""

_SEARCHABLE = ("external_id", "email")


def needs_lookup(rules: Rules, record: Record) -> bool:
    """Whether the record's contact has to be searched for before anything is said about it."""
    return rules.identifier in _SEARCHABLE and not record.known_id


def search(rules: Rules, identifiers: Sequence[str]) -> Conversation[dict[str, tuple[Contact, ...]]]:
    """Look contacts up by identifier, many in a call; a size that Intercom refuses is halved.

    Returns:
        The contacts under each identifier that has any.

    Raises:
        Unreachable: The search does not end, so that it tells nothing about anybody.
    """
    if rules.identifier not in _SEARCHABLE or not identifiers:
        return {}
    contacts: list[Contact] = []
    cursor, seen = None, set()
    for _ in range(MOST_PAGES):
        role = _searched_role(rules)
        answer = yield api.search_contacts(rules.identifier, identifiers, role=role, cursor=cursor)
        if not answer.ok:
            return (yield from _search_halves(rules, identifiers))
        page, cursor = api.read_contacts(answer)
        contacts.extend(page)
        if cursor is None:
            return _by_identifier(rules, contacts)
        if cursor in seen:
            break
        seen.add(cursor)
    raise Unreachable("POST /contacts/search: the pages of an answer do not end; the next run tries again")


def search_one(rules: Rules, record: Record) -> Conversation[Sequence[Contact]]:
    """Look one record's contact up."""
    wanted = record.identifier or ""
    found = yield from search(rules, [wanted] if wanted else [])
    return found.get(wanted, ())


def resolve(rules: Rules, record: Record, found: Sequence[Contact]) -> Conversation[str | Outcome]:
    """Intercom's id of the contact that a record means, or why there is none.

    Args:
        rules: The activation's.
        record: The record.
        found: What search knows under the record's identifier.
    """
    if rules.identifier == "id":
        return record.identifier or ""
    candidates = narrowed(found, record.payload.get("role"))
    if len(candidates) > 1:
        return ambiguous(candidates)
    if candidates:
        return _of_role(candidates[0], record.payload.get("role"))
    seen = yield from read_past_search(rules, record)
    return seen if isinstance(seen, Outcome) else seen.id


def _of_role(contact: Contact, wanted: JsonValue) -> str | Outcome:
    """The only contact that matches, if it has the record's role: another one is not what the record means."""
    if wanted is None or contact.role == wanted:
        return contact.id
    if contact.role == "user":
        return Outcome(Operation.NONE, Code.ROLE_CONFLICT, "the contact is a user, and no lead", contact.id)
    return Outcome(
        Operation.NONE, Code.NOT_FOUND, f"no {wanted} matches, but a {contact.role}", http_status=NOT_FOUND
    )


def read_past_search(rules: Rules, record: Record) -> Conversation[Contact | Outcome]:
    """The contact that search does not show, or why it is not there.

    Only external_id can be read past search.
    """
    if rules.identifier == "external_id" and record.identifier:
        answer = yield api.find_contact(record.identifier)
        contact = api.read_contact(answer) if answer.ok else None
        if contact is not None:
            return contact
        if answer.status == GONE:
            return merged(answer)
        if answer.status != NOT_FOUND:
            return rejected(Operation.NONE, answer)
    return Outcome(Operation.NONE, Code.NOT_FOUND, "no contact matches", http_status=NOT_FOUND)


def narrowed(found: Sequence[Contact], wanted_role: JsonValue) -> Sequence[Contact]:
    """Where several match, those of the record's own role, if it has one."""
    if len(found) < 2 or wanted_role is None:
        return found
    return [contact for contact in found if contact.role == wanted_role] or found


def ambiguous(candidates: Sequence[Contact]) -> Outcome:
    """Several contacts match, and nothing says which is meant."""
    return Outcome(Operation.NONE, Code.AMBIGUOUS_MATCH, f"{len(candidates)} contacts match")


def merged(answer: Answer) -> Outcome:
    """The contact was merged into another, which the answer names."""
    survivor = answer.canonical_id or "unknown"
    return failed(Operation.NONE, Code.MERGED, answer, message=f"merged into the contact with id={survivor}")


def _search_halves(rules: Rules, identifiers: Sequence[str]) -> Conversation[dict[str, tuple[Contact, ...]]]:
    if len(identifiers) == 1:
        return {}  # one that cannot be searched for: the write will tell
    middle = len(identifiers) // 2
    left = yield from search(rules, identifiers[:middle])
    right = yield from search(rules, identifiers[middle:])
    return {**left, **right}


def _searched_role(rules: Rules) -> str | None:
    """A lead's external_id is Intercom's own, so only users are matched by it."""
    return "user" if rules.identifier == "external_id" else None


def _by_identifier(rules: Rules, contacts: Sequence[Contact]) -> dict[str, tuple[Contact, ...]]:
    found: dict[str, tuple[Contact, ...]] = {}
    for contact in contacts:
        value = contact.external_id if rules.identifier == "external_id" else (contact.email or "").lower()
        if value:
            found[value] = (*found.get(value, ()), contact)
    return found


def which_exist(rules: Rules, identifiers: Sequence[str]) -> Conversation[set[str]]:
    """The identifiers that Intercom has a contact of, as far as search shows; one at a time by `id`."""
    if rules.identifier != "id":
        return set((yield from search(rules, identifiers)))
    (contact_id,) = identifiers
    answer = yield api.get_contact(contact_id)
    return {contact_id} if answer.ok else set()


def identify(contact_ids: Sequence[str]) -> Conversation[dict[str, Mapping[str, str | None]]]:
    """By what identifiers Intercom has contacts: searched for together, and what search does not show read singly.

    Returns:
        By id; none where Intercom has no such contact, or an archived one, which cannot be read. An id that Intercom
        would not tell about is missing.
    """
    seen: dict[str, Mapping[str, str | None]] = {}
    for contact in (yield from _shown_by_search(contact_ids)):
        if contact.id in contact_ids:
            seen[contact.id] = _identifiers(contact)
    for contact_id in contact_ids:
        if contact_id in seen:
            continue
        with suppress(RequestFailed):
            answer = yield api.get_contact(contact_id)
            contact_read = api.read_contact(answer)
            if contact_read is not None or answer.status in (NOT_FOUND, GONE):
                seen[contact_id] = _identifiers(contact_read)
    return seen


def _identifiers(contact: Contact | None) -> Mapping[str, str | None]:
    return {"external_id": contact.external_id, "email": contact.email} if contact is not None else {}


def _shown_by_search(contact_ids: Sequence[str]) -> Conversation[Sequence[Contact]]:
    """One page holds them all; a size that Intercom refuses is halved."""
    try:
        answer = yield api.search_contacts("id", contact_ids)
    except RequestFailed:
        return ()
    if answer.ok:
        return api.read_contacts(answer)[0]
    if len(contact_ids) == 1:
        return ()
    middle = len(contact_ids) // 2
    left = yield from _shown_by_search(contact_ids[:middle])
    right = yield from _shown_by_search(contact_ids[middle:])
    return (*left, *right)


def reading_endpoints() -> Iterator[str]:
    """What reading contacts by their ids may call."""
    yield "POST /contacts/search"
    yield "GET /contacts/{contact_id}"


def lookup_endpoints(identifier: str | None) -> Iterator[str]:
    """What finding an unknown contact may call."""
    if identifier in _SEARCHABLE:
        yield "POST /contacts/search"
    if identifier == "external_id":
        yield "GET /contacts/find_by_external_id/{external_id}"
