"""How a record finds its contact: remembered, searched for many at a time, or read directly.

Search lags writes by minutes, so what it does not show may still be there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery.answers import NOT_FOUND, failed, rejected
from dbt_intercom_activate.errors import Message, RequestFailed, Unreachable
from dbt_intercom_activate.intercom import contacts as api
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbt_intercom_activate.binding.record import Conversation, Record, Rules
    from dbt_intercom_activate.intercom.api import Answer, JsonValue
    from dbt_intercom_activate.intercom.contacts import Contact

GONE = 410

LOST = frozenset({NOT_FOUND, GONE})
"""Answers after which an id is nobody's for good: it was deleted, archived, or merged into another."""

MOST_PAGES = 200
"""Pages of one search, each of 150 contacts: leads may share an email in any number."""

_SEARCHABLE = ("external_id", "email")

NO_MORE = frozenset({Code.NOT_FOUND, Code.MERGED})
"""Failures that say that a contact is there no more."""

_NOT_ITS_OWN = frozenset({Code.NOT_FOUND, Code.MERGED, Code.ROLE_CONFLICT})
"""Why nothing that a record matches is its own; then it is told what became of the contact that was."""


def needs_lookup(rules: Rules, record: Record) -> bool:
    """Whether the record's contact has to be searched for before anything is said about it."""
    return is_searched(rules) and not record.known_id


def is_searched(rules: Rules) -> bool:
    """Whether contacts are matched by what Intercom can search for."""
    return rules.identifier in _SEARCHABLE


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
    raise Unreachable(
        Message(
            "search-endless",
            "POST /contacts/search: the pages of an answer do not end; the next run tries again",
        )
    )


def search_one(rules: Rules, record: Record) -> Conversation[Sequence[Contact]]:
    """Look one record's contact up."""
    wanted = record.identifier or ""
    found = yield from search(rules, [wanted] if wanted else [])
    return found.get(wanted, ())


def search_living(rules: Rules, record: Record, dead_id: str | None) -> Conversation[Sequence[Contact]]:
    """Look one record's contact up, but for the id that is dead: search shows it for minutes yet."""
    found = yield from search_one(rules, record)
    return [contact for contact in found if contact.id != dead_id]


def resolve_afresh(
    rules: Rules, record: Record, dead_id: str, refusal: Outcome
) -> Conversation[str | Outcome]:
    """Intercom's id of the contact that a record means, now that another id of it is dead, or why there is none.

    Args:
        rules: The activation's.
        record: The record.
        dead_id: The id.
        refusal: What Intercom said of it, `not_found` or `merged`.
    """
    found = yield from search_living(rules, record, dead_id)
    fresh = yield from resolve(rules, record, found, survivor_id=survivor_of(refusal))
    if isinstance(fresh, Outcome) and refusal.code is Code.MERGED and fresh.code in _NOT_ITS_OWN:
        return refusal
    return fresh


def follow(
    rules: Rules, record: Record, refusal: Outcome, found: Sequence[Contact]
) -> Conversation[str | Outcome]:
    """Whom a removal concerns now that its contact is there no more, or why nobody.

    What was said of a contact that was merged holds of the survivor, so it is taken back there, if the record's
    identifier is the survivor's.

    Args:
        rules: The activation's.
        record: The record that left, with the id that is dead.
        refusal: What Intercom said of it, `not_found` or `merged`.
        found: What search knows under the record's identifier; of a merged contact only where its survivor is unknown.
    """
    if rules.identifier not in _SEARCHABLE:
        return refusal  # the dead id itself is what the record means
    role = record.payload.get("role")
    survivor = survivor_of(refusal)
    if survivor is not None:
        contact = api.read_contact((yield api.get_contact(survivor)))
        own = (
            contact is not None and record.identifier and _identifier_of(rules, contact) == record.identifier
        )
        found = [contact] if contact is not None and own else []
    elif refusal.code is Code.MERGED:
        found = [contact for contact in found if contact.id != record.known_id]
    candidates = narrowed(found, role)
    if len(candidates) > 1:
        return ambiguous(candidates)
    fresh = _of_role(candidates[0], role) if candidates else refusal
    # Of a membership it was the company that was not found, if the contact is there.
    return refusal if isinstance(fresh, Outcome) or fresh == record.known_id else fresh


def survivor_of(refusal: Outcome) -> str | None:
    """The contact that the dead one was merged into, where the answer names it."""
    return refusal.intercom_id if refusal.code is Code.MERGED else None


def resolve(
    rules: Rules, record: Record, found: Sequence[Contact], *, survivor_id: str | None = None
) -> Conversation[str | Outcome]:
    """Intercom's id of the contact that a record means, or why there is none.

    Args:
        rules: The activation's.
        record: The record.
        found: What search knows under the record's identifier.
        survivor_id: The contact that the record's former one was merged into.
    """
    if rules.identifier == "id":
        return record.identifier or ""
    candidates = narrowed(found, record.payload.get("role"))
    if len(candidates) > 1:
        return ambiguous(candidates)
    if candidates:
        return _of_role(candidates[0], record.payload.get("role"))
    seen = yield from read_past_search(rules, record, survivor_id)
    return seen if isinstance(seen, Outcome) else _of_role(seen, record.payload.get("role"))


def _of_role(contact: Contact, wanted: JsonValue) -> str | Outcome:
    """The only contact that matches, if it has the record's role: another one is not what the record means."""
    if wanted is None or contact.role == wanted:
        return contact.id
    if contact.role == "user":
        return Outcome(Operation.NONE, Code.ROLE_CONFLICT, "the contact is a user, and no lead", contact.id)
    return Outcome(
        Operation.NONE, Code.NOT_FOUND, f"no {wanted} matches, but a {contact.role}", http_status=NOT_FOUND
    )


def read_past_search(
    rules: Rules, record: Record, survivor_id: str | None = None
) -> Conversation[Contact | Outcome]:
    """The contact that search does not show, or why it is not there.

    Only external_id can be read past search; by email, only the one that the former contact was merged into.
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
    if rules.identifier == "email" and survivor_id is not None:
        contact = api.read_contact((yield api.get_contact(survivor_id)))
        if contact is not None and record.identifier and _identifier_of(rules, contact) == record.identifier:
            return contact
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
    """The contact was merged into another, which the answer names: its id is the outcome's."""
    survivor = answer.canonical_id
    message = f"merged into the contact with id={survivor or 'unknown'}"
    return failed(Operation.NONE, Code.MERGED, answer, message=message, intercom_id=survivor)


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
        value = _identifier_of(rules, contact)
        if value:
            found[value] = (*found.get(value, ()), contact)
    return found


def _identifier_of(rules: Rules, contact: Contact) -> str | None:
    """What a contact is matched by; a lead's external_id is Intercom's own."""
    if rules.identifier == "email":
        return (contact.email or "").lower()
    return contact.external_id if contact.role != "lead" else None


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
    for contact in (yield from shown_by_search(contact_ids)):
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


def shown_by_search(contact_ids: Sequence[str]) -> Conversation[Sequence[Contact]]:
    """The contacts of these ids that search shows: one page holds them all; a size that Intercom refuses is halved."""
    try:
        answer = yield api.search_contacts("id", contact_ids)
    except RequestFailed:
        return ()
    if answer.ok:
        return api.read_contacts(answer)[0]
    if len(contact_ids) == 1:
        return ()
    middle = len(contact_ids) // 2
    left = yield from shown_by_search(contact_ids[:middle])
    right = yield from shown_by_search(contact_ids[middle:])
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
    if identifier == "email":
        yield "GET /contacts/{contact_id}"
