"""A contact's companies.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/attachcontacttoacompany.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.sandbox import companies, contacts, errors
from dbt_intercom_activate.sandbox.company_body import company_body, numbered_page
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import COUNT, ID
from dbt_intercom_activate.sandbox.parameters import takes

if TYPE_CHECKING:
    from dbt_intercom_activate.sandbox.state import SandboxState

PAGE = 50
MOST_COMPANIES = 1000


@takes(query={"page": COUNT, "per_page": COUNT})
def list_companies(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /contacts/{contact_id}/companies."""
    contact = contacts.find(state, call)
    attached = [companies.find(state, key) for key in contact.companies]
    page = numbered_page(attached, call, lambda c: company_body(state, c), default=PAGE, maximum=PAGE)
    return ok(page)


@takes({"id": ID})
def attach(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /contacts/{contact_id}/companies: by Intercom's id of the company, not by company_id."""
    contact = contacts.find(state, call)
    key = call.text("id")
    if not key:
        raise errors.IntercomError(400, "parameter_not_found", "company not specified")
    company = companies.find(state, key)
    if company.id not in contact.companies:
        if len(contact.companies) >= MOST_COMPANIES:
            raise errors.IntercomError(
                400,
                "contact_company_limit_exceeded",
                f"Contact has reached the maximum of {MOST_COMPANIES} company associations",
            )
        attached = (*contact.companies, company.id)
        state.put_contact(replace(contact, companies=attached, updated_at=state.now()))
    return ok(company_body(state, company))


def detach(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """DELETE /contacts/{contact_id}/companies/{company_id}: detaching what is not attached is no error."""
    contact = contacts.find(state, call)
    company = companies.find(state, call.path["company_id"])
    if company.id in contact.companies:
        rest = tuple(key for key in contact.companies if key != company.id)
        state.put_contact(replace(contact, companies=rest, updated_at=state.now()))
    return ok(company_body(state, company))
