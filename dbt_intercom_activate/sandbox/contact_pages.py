"""List and search contacts, page by page.

Cursors follow
https://developers.intercom.com/docs/build-an-integration/learn-more/rest-apis/pagination-cursor: in the query
string for the list, in the body for the search. Both lag behind writes when the state says so.
"""

from __future__ import annotations

import base64
import bisect
import json
import math
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import decoding, errors, search
from dbt_intercom_activate.sandbox.contact_body import contact_body, found_contact_body
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import COUNT, OBJECT
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.search_fields import SearchField, field_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dbt_intercom_activate.sandbox.records import StoredContact
    from dbt_intercom_activate.sandbox.state import SandboxState

LIST_PAGE = 10
SEARCH_PAGE = 50
LARGEST_PAGE = 150
ORDERS = ("ascending", "descending")


@takes(query={"per_page": COUNT})
def list_contacts(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /contacts: in order of creation, 10 to a page unless asked otherwise."""
    per_page = call.per_page(LIST_PAGE, LARGEST_PAGE)
    after, page = _cursor(call.query.get("starting_after"), empty=0)
    moment = state.visible_moment()
    ids = state.contacts.ids()
    at = bisect.bisect_right(ids, after, key=lambda i: _sequence(state, i))
    found: list[StoredContact] = []
    while at < len(ids) and len(found) <= per_page:
        contact = state.contacts.live_as_of(ids[at], moment)
        if contact is not None:
            found.append(contact)
        at += 1
    shown = found[:per_page]
    following = _encoded(shown[-1].sequence, page + 1) if len(found) > per_page else None
    return ok(
        _page(
            [contact_body(state, contact, call) for contact in shown],
            total=state.contacts.count_live(moment),
            page=page,
            per_page=per_page,
            following=following,
        )
    )


@takes({"query": OBJECT, "sort": OBJECT, "pagination": OBJECT})
def search_contacts(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /contacts/search: newest first unless sorted otherwise, 50 to a page unless asked otherwise."""
    if "query" not in call.body:
        raise errors.parameter_missing("query is required")
    types = {a.name: a.data_type for a in state.attributes.values() if a.model == "contact"}
    query = search.parse(call.body["query"], search.Language(types, state.max_in_values))
    field, descending = _sort(call.body.get("sort"), types)
    per_page, starting_after = _pagination(call.body.get("pagination"))
    after, page = _cursor(starting_after, empty=None)

    def place(contact: StoredContact) -> tuple[bool, Any, int]:
        value = field.read(contact)
        # Contacts without a value come last, either way.
        return ((value is None) is not descending, 0 if value is None else value, contact.sequence)

    results = sorted(_matches(state, query), key=place, reverse=descending)
    rest = _after(results, place, after, descending=descending)
    shown = rest[:per_page]
    following = _encoded(place(shown[-1]), page + 1) if len(rest) > per_page else None
    return ok(
        _page(
            [found_contact_body(state, contact, call) for contact in shown],
            total=len(results),
            page=page,
            per_page=per_page,
            following=following,
        )
    )


def _matches(state: SandboxState, query: search.Query) -> Iterable[StoredContact]:
    moment = state.visible_moment()
    ids = state.contacts.ids() if query.lookups is None else _candidates(state, query)
    for contact_id in ids:
        contact = state.contacts.live_as_of(contact_id, moment)
        if contact is not None and query.matches(contact):
            yield contact


def _candidates(state: SandboxState, query: search.Query) -> list[str]:
    ids: dict[str, None] = {}
    for field, value in query.lookups or ():
        if field == "id":
            ids[value] = None
        elif field == "email":
            ids.update(dict.fromkeys(state.ids_ever_by_email(value)))
        else:
            ids.update(dict.fromkeys(state.ids_ever_by_external_id(value)))
    return list(ids)


def _sort(sort: Mapping[str, Any] | None, types: dict[str, str]) -> tuple[SearchField, bool]:
    sort = sort or {}
    order = sort.get("order", "descending")
    if order not in ORDERS:
        raise errors.IntercomError(
            400, "invalid_sort_order", f"Invalid sort order '{order}'. Must be one of: {', '.join(ORDERS)}"
        )
    return field_named(sort.get("field", "created_at"), types), order == "descending"


def _pagination(pagination: Mapping[str, Any] | None) -> tuple[int, str | None]:
    pagination = pagination or {}
    per_page = pagination.get("per_page", SEARCH_PAGE)
    if not isinstance(per_page, int) or isinstance(per_page, bool) or per_page < 1:
        raise errors.parameter_invalid("per_page must be a positive integer")
    starting_after = pagination.get("starting_after")
    if starting_after is not None and not isinstance(starting_after, str):
        raise errors.parameter_invalid("starting_after must be a string")
    # A larger page than 150 is undocumented; it is cut down.
    return min(per_page, LARGEST_PAGE), starting_after


def _after(
    results: list[StoredContact],
    place: Callable[[StoredContact], tuple[bool, Any, int]],
    after: list[Any] | None,
    *,
    descending: bool,
) -> list[StoredContact]:
    if after is None:
        return results
    start = tuple(after)
    try:
        return [c for c in results if (place(c) < start if descending else place(c) > start)]
    except TypeError:
        raise _bad_cursor() from None


def _sequence(state: SandboxState, contact_id: str) -> int:
    contact = state.contacts.get(contact_id)
    return contact.sequence if contact else 0


def _encoded(place: Any, page: int) -> str:
    return base64.b64encode(json.dumps([place, page]).encode()).decode()


def _cursor(cursor: str | None, *, empty: Any) -> tuple[Any, int]:
    """Where the last page ended, and the number of the page to come."""
    if not cursor:
        return empty, 1
    try:
        place, page = decoding.document(base64.b64decode(cursor, validate=True))
    except (ValueError, TypeError):
        raise _bad_cursor() from None
    if not isinstance(page, int) or not isinstance(place, int if empty == 0 else list):
        raise _bad_cursor()
    return place, page


def _bad_cursor() -> errors.IntercomError:
    return errors.parameter_invalid("starting_after is not a valid cursor")


def _page(
    data: list[dict[str, Any]], *, total: int, page: int, per_page: int, following: str | None
) -> dict[str, Any]:
    pages: dict[str, Any] = {"type": "pages"}
    # The last page has no `next` at all.
    if following is not None:
        pages["next"] = {"page": page + 1, "starting_after": following}
    pages |= {"page": page, "per_page": per_page, "total_pages": math.ceil(total / per_page)}
    return {"type": "list", "data": data, "total_count": total, "pages": pages}
