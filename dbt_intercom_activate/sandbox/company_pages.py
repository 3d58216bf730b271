"""List companies, scroll through them, and list a company's contacts.

Lists and scroll leave out companies without users; only a look-up by id or company_id shows those.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.companies import find
from dbt_intercom_activate.sandbox.company_body import company_body, numbered_page
from dbt_intercom_activate.sandbox.contact_body import contact_body
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import COUNT, TEXT, one_of
from dbt_intercom_activate.sandbox.parameters import takes

if TYPE_CHECKING:
    from dbt_intercom_activate.sandbox.records import StoredCompany
    from dbt_intercom_activate.sandbox.state import SandboxState

LIST_PAGE = 15
LARGEST_LIST_PAGE = 60
LIST_CAP = 10_000
CONTACTS_PAGE = 50
SCROLL_PAGE = 100
SCROLL_EXPIRES_SECONDS = 60
PAGES = {"page": COUNT, "per_page": COUNT}
LISTED = {**PAGES, "order": one_of("asc", "desc"), "tag_id": TEXT}


@takes(query=LISTED)
def retrieve(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /companies: one bare company by company_id or name, else a list.

    The description's example shows a list for both; clients in the field get the bare company.
    """
    key, name = call.query.get("company_id"), call.query.get("name")
    if key is None and name is None:
        return list_companies(state, call)
    if key is not None:
        company = state.company_by_key(key)
    else:
        company = next((c for c in state.companies if c.live and c.fields.get("name") == name), None)
    if company is None:
        raise errors.company_not_found()
    return ok(company_body(state, company))


@takes(query=LISTED)
def list_companies(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /companies/list, and GET /companies without a filter: by last request, newest first."""
    # Checked before anything is read: nothing beyond the first 10,000 can be listed.
    if call.page_number() * call.per_page(LIST_PAGE, LARGEST_LIST_PAGE) > LIST_CAP:
        raise errors.IntercomError(400, "bad_request", "page limit reached, please use scroll API")
    companies = _visible(state)
    tag_id = call.query.get("tag_id")
    if tag_id is not None:
        companies = [company for company in companies if tag_id in company.tags]
    companies.sort(key=_last_request, reverse=call.query.get("order", "desc") != "asc")
    page = numbered_page(
        companies,
        call,
        lambda company: company_body(state, company),
        default=LIST_PAGE,
        maximum=LARGEST_LIST_PAGE,
    )
    return ok(page)


def scroll(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /companies/scroll: one scroll at a time in a workspace, dead after a minute without a call."""
    now = state.clock()
    state.scrolls = {
        key: (used, after)
        for key, (used, after) in state.scrolls.items()
        if used > now - SCROLL_EXPIRES_SECONDS
    }
    key = call.query.get("scroll_param")
    if key is None:
        if state.scrolls:
            raise errors.IntercomError(400, "scroll_exists", "scroll already exists for this workspace")
        key, after = str(uuid.uuid4()), 0
    elif key in state.scrolls:
        after = state.scrolls[key][1]
    else:
        raise errors.IntercomError(404, "not_found", "scroll parameter not found")
    shown = [company for company in _visible(state) if company.sequence > after][:SCROLL_PAGE]
    if shown:
        state.scrolls[key] = (now, shown[-1].sequence)
    else:
        state.scrolls.pop(key, None)
    data = [company_body(state, company) for company in shown]
    return ok({"type": "list", "data": data, "pages": None, "total_count": None, "scroll_param": key})


@takes(query=PAGES)
def contacts_of(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /companies/{company_id}/contacts."""
    company = find(state, call.path["company_id"])
    page = numbered_page(
        state.members(company.id),
        call,
        lambda contact: contact_body(state, contact, call),
        default=CONTACTS_PAGE,
        maximum=CONTACTS_PAGE,
    )
    return ok(page)


def segments_of(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /companies/{company_id}/segments: the sandbox has no segments."""
    find(state, call.path["company_id"])
    return ok({"type": "list", "data": []})


def _visible(state: SandboxState) -> list[StoredCompany]:
    moment = state.visible_moment()
    found = (state.companies.live_as_of(key, moment) for key in state.companies.ids())
    return [company for company in found if company is not None and state.user_count(company.id)]


def _last_request(company: StoredCompany) -> tuple[int, int]:
    return (company.fields.get("last_request_at") or 0, company.sequence)
