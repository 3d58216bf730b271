"""A contact's membership of a company: two ids, one call.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/attachcontacttoacompany
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery import company_lookup, contact_lookup
from dbt_intercom_activate.delivery.answers import NOT_FOUND, failed, rejected, succeeded
from dbt_intercom_activate.delivery.forecast import Forecast, surely
from dbt_intercom_activate.delivery.foreseen_calls import finds, searches
from dbt_intercom_activate.delivery.procedure import Delivery, Procedure
from dbt_intercom_activate.intercom import memberships as api
from dbt_intercom_activate.objects.membership import CONTACT_COMPANY
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.objects.vocabulary import Removed
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.binding.record import Conversation, Record, Rules, Talk
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.delivery.forecast import Work
    from dbt_intercom_activate.delivery.notebook import Notebook
    from dbt_intercom_activate.intercom.contacts import Contact


def write(rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]) -> Talk:
    """Attach a contact to a company, or detach it.

    Args:
        rules: The activation's.
        notebook: What this run has learnt.
        record: The record; its `related` is the company's side.
        found: What search knows under the contact's identifier.
    """
    contact_id: str | Outcome = record.known_id or (yield from contact_lookup.resolve(rules, record, found))
    if isinstance(contact_id, Outcome):
        return contact_id
    company_id = yield from _company(rules, notebook, record)
    if isinstance(company_id, Outcome):
        return company_id
    outcome = yield from _say(rules, contact_id, company_id)
    if outcome.code not in (Code.NOT_FOUND, Code.MERGED):
        return outcome
    return (yield from _afresh(rules, notebook, record, outcome, contact_id, company_id))


def _company(rules: Rules, notebook: Notebook, record: Record) -> Conversation[str | Outcome]:
    if rules.related_identifier == "id":
        return record.related or ""
    if record.known_related_id:
        return record.known_related_id
    return (yield from company_lookup.resolve(record.related or "", notebook))


def _afresh(
    rules: Rules, notebook: Notebook, record: Record, refusal: Outcome, contact_id: str, company_id: str
) -> Talk:
    """An id may be gone: match both sides anew, and say it once more if anything is different."""
    contact, company = contact_id, company_id
    # 404 may mean the company, and only what is remembered is old; 410 means the contact.
    suspected = refusal.code is Code.MERGED or contact_id == record.known_id
    if suspected and rules.identifier != "id":
        dead_id = contact_id if refusal.code is Code.MERGED else ""
        matched = yield from contact_lookup.resolve_afresh(rules, record, dead_id, refusal)
        if isinstance(matched, Outcome):
            return matched
        contact = matched
    suspected = refusal.code is Code.NOT_FOUND and rules.related_identifier != "id"
    if suspected and company_id == record.known_related_id:
        matched = yield from company_lookup.resolve(record.related or "", notebook, afresh=True)
        if isinstance(matched, Outcome):
            return _without_company(rules, matched, contact)
        company = matched
    if (contact, company) == (contact_id, company_id):
        return refusal
    outcome = yield from _say(rules, contact, company)
    if refusal.code is Code.MERGED and outcome.code is Code.NOT_FOUND:
        return (yield from _afresh(rules, notebook, record, outcome, contact, company))
    return outcome


def _without_company(rules: Rules, missing: Outcome, contact_id: str) -> Outcome:
    """Nobody is a member of a company that is not there."""
    if rules.behaviour is Behaviour.DETACH and missing.code is Code.NOT_FOUND:
        return Outcome(Operation.DETACH, intercom_id=contact_id, http_status=missing.http_status)
    return missing


def _say(rules: Rules, contact_id: str, company_id: str) -> Talk:
    if rules.behaviour is Behaviour.DETACH:
        operation, request = Operation.DETACH, api.detach_company(contact_id, company_id)
    else:
        operation, request = Operation.ATTACH, api.attach_company(contact_id, company_id)
    answer = yield request
    if answer.ok:
        return succeeded(operation, answer, contact_id, related_id=company_id)
    if answer.status == NOT_FOUND:
        return failed(operation, Code.NOT_FOUND, answer)
    if answer.status == contact_lookup.GONE:
        return contact_lookup.merged(answer)
    return rejected(operation, answer, contact_id)


def _endpoints(activation: Activation) -> Iterator[str]:
    for name in activation.fields:
        if name.startswith("contact."):
            yield from contact_lookup.lookup_endpoints(name.removeprefix("contact."))
        elif name == "company.company_id":
            yield "GET /companies"
    if activation.behaviour is Behaviour.ATTACH:
        yield "POST /contacts/{contact_id}/companies"
    if activation.behaviour is Behaviour.DETACH or activation.removed is Removed.DETACH:
        yield "DELETE /contacts/{contact_id}/companies/{company_id}"


def _forecast(work: Work) -> Forecast:
    records = sum(each.count for each in work.records if not each.related_known)
    found = finds(work, sum(each.relateds for each in work.records), records)
    if work.rules.related_identifier == "id":
        found = Forecast()
    if work.rules.behaviour is Behaviour.DETACH:
        said = "DELETE /contacts/{contact_id}/companies/{company_id}"
    else:
        said = "POST /contacts/{contact_id}/companies"
    return searches(work) + found + surely(said, work.count)


DELIVERY = Delivery(
    object=CONTACT_COMPANY,
    procedure=lambda _: Procedure(write, by_search=True),
    endpoints=_endpoints,
    forecast=_forecast,
    follows=contact_lookup.NO_MORE,
)
