"""What the workspace holds, a page at a time, newest first, with a search through what is shown.

- `GET /_sandbox/contacts`, `companies`, `tags`, `events`, `memberships`, `attributes`, `conversations`, `tickets`:
  `?search=` a text, without regard to case; `?page=` from 1, `?per_page=` to 150.
- `GET /_sandbox/contacts/{contact_id}`: one contact with everything about it.
- `GET /_sandbox/calls/{number}`: what one of the newest calls said and was answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.contact_body import contact_body
from dbt_intercom_activate.sandbox.exchange import Endpoint, GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import COUNT
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.records import Applied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.sandbox.records import Event, StoredCompany, StoredContact
    from dbt_intercom_activate.sandbox.state import SandboxState

USUAL_PAGE, LARGEST_PAGE = 50, 150
SHOWN_EVENTS = 100
"""Of one contact; the newest."""

Row = dict[str, Any]
Shelf = Callable[["SandboxState"], Iterable[Row]]


def _contacts(state: SandboxState, start: int = 0) -> Iterator[Row]:
    for contact in islice(state.contacts.newest_first(), start, None):
        yield {
            "id": contact.id,
            "external_id": contact.external_id,
            "email": contact.email or None,
            "name": contact.fields.get("name"),
            "role": contact.role,
            "condition": contact.condition.value,
            "tags": _tag_names(state, contact.tags),
            "custom_attributes": contact.custom_attributes,
            "updated_at": contact.updated_at,
        }


def _companies(state: SandboxState) -> Iterator[Row]:
    for company in state.companies.newest_first():
        if company.live:
            yield _company(state, company)


def _company(state: SandboxState, company: StoredCompany) -> Row:
    return {
        "id": company.id,
        "company_id": company.company_id,
        "name": company.fields.get("name"),
        "contacts": state.user_count(company.id),
        "tags": _tag_names(state, company.tags),
        "custom_attributes": company.custom_attributes,
        "updated_at": company.updated_at,
    }


def _tags(state: SandboxState) -> Iterator[Row]:
    on_contacts = Counter(chain.from_iterable(each.tags for each in state.contacts if each.live))
    on_companies = Counter(chain.from_iterable(each.tags for each in state.companies if each.live))
    on_others = Counter(chain.from_iterable(each.tags for each in state.conversations.values()))
    on_others.update(chain.from_iterable(each.tags for each in state.tickets.values()))
    for tag in reversed(state.tags.values()):
        yield {
            "id": tag.id,
            "name": tag.name,
            "contacts": on_contacts[tag.id],
            "companies": on_companies[tag.id],
            "conversations_and_tickets": on_others[tag.id],
        }


def _events(state: SandboxState, start: int = 0) -> Iterator[Row]:
    for event in islice(reversed(state.events), start, None):
        yield {**_event(event), "contact": _named(state.contacts.get(event.contact_id))}


def _event(event: Event) -> Row:
    return {
        "id": event.id,
        "event_name": event.event_name,
        "created_at": event.created_at,
        "metadata": event.metadata,
    }


def _memberships(state: SandboxState) -> Iterator[Row]:
    for contact in state.contacts.newest_first():
        for company_id in contact.companies if contact.live else ():
            company = state.companies.get(company_id)
            if company is not None:
                yield {
                    "contact": _named(contact),
                    "company_id": company.company_id,
                    "company": company.fields.get("name"),
                }


def _attributes(state: SandboxState) -> Iterator[Row]:
    for attribute in reversed(state.attributes.values()):
        yield {
            "id": attribute.id,
            "model": attribute.model,
            "name": attribute.name,
            "data_type": attribute.data_type,
            "options": list(attribute.options or ()),
            "archived": attribute.archived,
            "created_at": attribute.created_at,
        }


def _conversations(state: SandboxState) -> Iterator[Row]:
    for conversation in reversed(state.conversations.values()):
        contact = state.contacts.get(conversation.contact_id or "")
        tags = _tag_names(state, conversation.tags)
        yield {
            "id": conversation.id,
            "contact": _named(contact),
            "tags": tags,
            "updated_at": conversation.updated_at,
        }


def _tickets(state: SandboxState) -> Iterator[Row]:
    for ticket in reversed(state.tickets.values()):
        yield {"id": ticket.id, "tags": _tag_names(state, ticket.tags), "updated_at": ticket.updated_at}


SHELVES: Mapping[str, Shelf] = {
    "contacts": _contacts,
    "companies": _companies,
    "tags": _tags,
    "events": _events,
    "memberships": _memberships,
    "attributes": _attributes,
    "conversations": _conversations,
    "tickets": _tickets,
}


def _endpoint(name: str, shelf: Shelf) -> Endpoint:
    @takes(query={"page": COUNT, "per_page": COUNT})
    def show(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
        wanted = call.query.get("search", "").strip().casefold()
        per_page = call.per_page(USUAL_PAGE, LARGEST_PAGE)
        large = None if wanted else LARGE.get(name)
        found = [] if large else [row for row in shelf(state) if not wanted or wanted in _searched(row)]
        total = large.count(state) if large else len(found)
        page = min(call.page_number(), max(1, -(-total // per_page)))
        start = (page - 1) * per_page
        rows = list(islice(large.rows(state, start), per_page)) if large else found[start : start + per_page]
        return ok({"total": total, "page": page, "per_page": per_page, "rows": rows})

    return Endpoint("GET", f"/_sandbox/{name}", show)


@dataclass(frozen=True, slots=True)
class LargeShelf:
    """A shelf of which a page can be had without all that stands before it."""

    count: Callable[[SandboxState], int]
    rows: Callable[[SandboxState, int], Iterator[Row]]
    """From a place on."""


LARGE: Mapping[str, LargeShelf] = {
    "contacts": LargeShelf(lambda state: len(state.contacts), _contacts),
    "events": LargeShelf(lambda state: len(state.events), _events),
}


def _searched(row: Row) -> str:
    """What the search looks through: a row's values, and the names of custom attributes."""
    return "\n".join(map(_as_text, row.values())).casefold()


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "\n".join([*value, *map(_as_text, value.values())])
    if isinstance(value, list | tuple):
        return "\n".join(map(_as_text, value))
    return "" if value is None else str(value)


def show_contact(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /_sandbox/contacts/{contact_id}: one contact in any condition, with everything about it."""
    contact = state.contacts.get(call.path["contact_id"])
    if contact is None:
        raise errors.contact_not_found()
    firms = (state.companies.get(company_id) for company_id in contact.companies)
    events = state.events_of(contact.id)
    return ok(
        {
            "id": contact.id,
            "external_id": contact.external_id,
            "email": contact.email or None,
            "role": contact.role,
            "condition": contact.condition.value,
            "merged_into": contact.merged_into,
            "created_at": contact.created_at,
            "updated_at": contact.updated_at,
            "fields": contact.fields,
            "custom_attributes": contact.custom_attributes,
            "tags": _tag_names(state, contact.tags),
            "companies": [_company(state, firm) for firm in firms if firm is not None],
            "conversations": [c.id for c in state.conversations.values() if c.contact_id == contact.id],
            "events_total": len(events),
            "events": [_event(event) for event in events[: -SHOWN_EVENTS - 1 : -1]],
            "answer": contact_body(state, contact, call),
        }
    )


def show_call(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /_sandbox/calls/{number}: the bodies of one call."""
    number = call.path["number"]
    found = state.calls.bodies(int(number)) if COUNT.holds(number) else None
    if found is None:
        raise errors.IntercomError(404, "not_found", "Only the newest calls are kept with what they said")
    return ok(
        {
            "sent": found.sent.decode("utf-8", "replace"),
            "sent_bytes": found.sent_bytes,
            "answered": found.answered.decode("utf-8", "replace"),
            "answered_bytes": found.answered_bytes,
            "longest": found.LONGEST,
        }
    )


def _tag_names(state: SandboxState, tags: Mapping[str, Applied]) -> list[str]:
    return [state.tags[tag_id].name for tag_id in tags if tag_id in state.tags]


def _named(contact: StoredContact | None) -> tuple[str, str] | None:
    """Whom a row is about: Intercom's id, and what people know them by."""
    if contact is None:
        return None
    label = contact.email or contact.external_id or contact.fields.get("name") or contact.id
    return contact.id, str(label)


ENDPOINTS = (
    *(_endpoint(name, shelf) for name, shelf in SHELVES.items()),
    Endpoint("GET", "/_sandbox/contacts/{contact_id}", show_contact),
    Endpoint("GET", "/_sandbox/calls/{number}", show_call),
)
