"""Create, update, get and delete companies.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import attribute_values, errors
from dbt_intercom_activate.sandbox.company_body import company_body
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import FLAG, ID, NUMBER, OBJECT, TEXT, WHOLE
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.records import StoredCompany

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dbt_intercom_activate.sandbox.state import SandboxState

UPDATABLE = {
    **dict.fromkeys(("name", "plan", "website", "industry"), TEXT),
    "size": WHOLE,
    "monthly_spend": NUMBER,
    "custom_attributes": OBJECT,
}
WRITABLE = {**UPDATABLE, "company_id": ID, "remote_created_at": WHOLE, "update_last_request_at": FLAG}
STORED = ("name", "plan", "website", "industry", "size", "remote_created_at")
LARGEST_SPEND = 2**31 - 1


@takes(WRITABLE)
def create_or_update(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /companies: matches by company_id; the answer does not say whether it created or updated."""
    _refuse_unknown(call.body, WRITABLE)
    key = call.text("company_id")
    if not key:
        # No key is required by the description, and what happens without company_id is not documented.
        raise errors.IntercomError(400, "parameter_not_found", "company not specified")
    company = state.company_by_key(key)
    if company is None:
        now = state.now()
        intercom_id, sequence = state.object_id()
        company = StoredCompany(intercom_id, sequence, key, now, now)
    return ok(company_body(state, state.put_company(_written(state, company, call.body))))


@takes(UPDATABLE)
def update(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """PUT /companies/{company_id}: by Intercom's id. company_id and remote_created_at stay as they are."""
    company = find(state, call.path["company_id"])
    _refuse_unknown(call.body, UPDATABLE)
    return ok(company_body(state, state.put_company(_written(state, company, call.body))))


@takes(WRITABLE)
def update_in_bulk(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """One item of PUT /companies/bulk, which takes remote_created_at too."""
    company = find(state, call.path["company_id"])
    return ok(company_body(state, state.put_company(_written(state, company, call.body))))


def get(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /companies/{company_id}: also shows a company that has no users yet."""
    return ok(company_body(state, find(state, call.path["company_id"])))


def delete(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """DELETE /companies/{company_id}: lets its contacts go, at once here and a little later there."""
    company = find(state, call.path["company_id"])
    for contact_id in state.member_ids(company.id):
        contact = state.contacts.get(contact_id)
        if contact is not None:
            rest = tuple(i for i in contact.companies if i != company.id)
            state.put_contact(replace(contact, companies=rest))
    state.put_company(replace(company, live=False))
    return ok({"id": company.id, "object": "company", "deleted": True})


def find(state: SandboxState, intercom_id: str) -> StoredCompany:
    """The live company with Intercom's id."""
    company = state.companies.get(intercom_id)
    if company is None or not company.live:
        raise errors.company_not_found()
    return company


def _refuse_unknown(body: Mapping[str, Any], known: Collection[str]) -> None:
    for key in body:
        if key not in known:
            raise errors.bad_parameter(key)


def _written(state: SandboxState, company: StoredCompany, body: Mapping[str, Any]) -> StoredCompany:
    fields = {**company.fields, **{key: body[key] for key in STORED if key in body}}
    if "monthly_spend" in body:
        fields["monthly_spend"] = _spend(body["monthly_spend"])
    if body.get("update_last_request_at") is True:
        fields["last_request_at"] = state.now()
    custom = attribute_values.merged(
        state, "company", company.custom_attributes, body.get("custom_attributes")
    )
    return replace(company, fields=fields, custom_attributes=custom, updated_at=state.now())


def _spend(number: float | None) -> int | None:
    """Fractions are cut off without a word."""
    if number is None:
        return None
    if abs(number) > LARGEST_SPEND:
        raise errors.parameter_invalid(f"monthly_spend must not exceed {LARGEST_SPEND}")
    return int(number)
