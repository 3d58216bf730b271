"""Companies: `POST /companies` inserts or updates by `company_id`, so what must not be created is read first.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery import company_fields
from dbt_intercom_activate.delivery.answers import NOT_FOUND, failed, gone_by_now, rejected, succeeded
from dbt_intercom_activate.delivery.company_lookup import find, identify, which_exist
from dbt_intercom_activate.delivery.forecast import Forecast, one_of, perhaps, summed, surely
from dbt_intercom_activate.delivery.procedure import Delivery, IdentityLookup, Lookup, Procedure
from dbt_intercom_activate.intercom import companies as api
from dbt_intercom_activate.objects.company import COMPANY
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.objects.vocabulary import Removed
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dbt_intercom_activate.binding.record import Record, Rules, Talk
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.delivery.forecast import AlikeRecords, Work
    from dbt_intercom_activate.intercom.api import Answer, JsonValue
    from dbt_intercom_activate.intercom.companies import Company

ONLY_BY_COMPANY_ID = frozenset({"company_id", "remote_created_at", "update_last_request_at"})
"""Fields of `POST /companies` that `PUT /companies/{id}` does not take."""

_ONLY_BY_POST = ONLY_BY_COMPANY_ID - {"company_id"}


def write(rules: Rules, record: Record) -> Talk:
    """Insert or update the company of a record."""
    if rules.behaviour is Behaviour.DELETE:
        return (yield from _delete(record.identifier or ""))
    if rules.identifier == "id":
        return (yield from _write_by_id(record))
    if rules.behaviour is Behaviour.UPSERT:
        return (yield from _upsert(record))
    if rules.behaviour is Behaviour.INSERT:
        return (yield from _insert(record))
    return (yield from _update_by_company_id(record))


def _delete(intercom_id: str) -> Talk:
    answer = yield api.delete_company(intercom_id)
    if answer.ok or gone_by_now(answer):
        return succeeded(Operation.DELETE, answer, intercom_id)
    if answer.status == NOT_FOUND:
        return failed(Operation.DELETE, Code.NOT_FOUND, answer)
    return rejected(Operation.DELETE, answer, intercom_id)


def _write_by_id(record: Record) -> Talk:
    intercom_id = record.identifier or record.known_id
    if not intercom_id:
        return (yield from _insert(record))
    outcome = yield from _put(record, intercom_id)
    if outcome.code is Code.NOT_FOUND and not record.identifier:
        return (yield from _insert(record))  # inserted by us once, and deleted in Intercom since
    return outcome


def _upsert(record: Record) -> Talk:
    answer = yield api.upsert_company(record.payload)
    if not answer.ok:
        return rejected(Operation.UPDATE, answer, record.known_id)
    company = api.read_company(answer)
    operation = Operation.INSERT if _is_new(record, company, answer) else Operation.UPDATE
    return succeeded(operation, answer, company.id if company else None)


def _is_new(record: Record, company: Company | None, answer: Answer) -> bool:
    """The body does not say which it was: created not before our first attempt is ours."""
    if company is None or company.created_at is None:
        return not record.delivered
    if company.id == record.known_id:
        return False
    attempts = (None if record.delivered else record.first_attempt_at, answer.attempted_at)
    since = min((each for each in attempts if each is not None), default=None)
    return not record.delivered if since is None else company.created_at >= since


def _insert(record: Record) -> Talk:
    company_id = record.payload.get("company_id")
    if not isinstance(company_id, str) or not company_id:
        return Outcome(
            Operation.NONE, Code.INVALID_VALUE, "company_id: empty; Intercom needs one to insert a company"
        )
    company, refusal = yield from find(company_id)
    if refusal is not None:
        return rejected(Operation.INSERT, refusal)
    if company is not None:
        if _is_ours(record, company):
            return Outcome(Operation.INSERT, intercom_id=company.id)
        return Outcome(
            Operation.INSERT, Code.ALREADY_EXISTS, "a company with this company_id exists", company.id
        )
    answer = yield api.upsert_company(_without_nulls(record.payload))
    if not answer.ok:
        return rejected(Operation.INSERT, answer)
    created = api.read_company(answer)
    return succeeded(Operation.INSERT, answer, created.id if created else None)


def _is_ours(record: Record, company: Company) -> bool:
    since = record.first_attempt_at
    return since is not None and company.created_at is not None and company.created_at >= since


def _update_by_company_id(record: Record) -> Talk:
    """By the id that we remember, else by what `company_id` finds; never by a POST that could create."""
    if record.known_id and not _needs_post(record):
        outcome = yield from _put(record, record.known_id)
        if outcome.code is not Code.NOT_FOUND:
            return outcome
    company, refusal = yield from find(record.identifier or "")
    if refusal is not None:
        return rejected(Operation.UPDATE, refusal)
    if company is None:
        return Outcome(
            Operation.UPDATE, Code.NOT_FOUND, "no company has this company_id", http_status=NOT_FOUND
        )
    if not _needs_post(record):
        return (yield from _put(record, company.id))
    answer = yield api.upsert_company(record.payload)
    return (
        succeeded(Operation.UPDATE, answer, company.id)
        if answer.ok
        else rejected(Operation.UPDATE, answer, company.id)
    )


def _needs_post(record: Record) -> bool:
    return any(field in record.payload for field in _ONLY_BY_POST)


def _put(record: Record, intercom_id: str) -> Talk:
    payload = {field: value for field, value in record.payload.items() if field not in ONLY_BY_COMPANY_ID}
    answer = yield api.update_company(intercom_id, payload)
    if answer.ok and not _has_company_id(record, answer):
        return failed(
            Operation.UPDATE,
            Code.IDENTIFIER_CONFLICT,
            answer,
            message="the company of this id has another company_id, which Intercom never changes",
            intercom_id=intercom_id,
        )
    if answer.ok:
        return succeeded(Operation.UPDATE, answer, intercom_id)
    if answer.status == NOT_FOUND:
        return failed(Operation.UPDATE, Code.NOT_FOUND, answer)
    return rejected(Operation.UPDATE, answer, intercom_id)


def _has_company_id(record: Record, answer: Answer) -> bool:
    """Whether the company has the record's company_id, as far as record and answer tell one."""
    wanted, company = record.payload.get("company_id"), api.read_company(answer)
    held = company.company_id if company is not None else None
    return not isinstance(wanted, str) or not wanted or held is None or held.strip() == wanted.strip()


def _without_nulls(payload: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {field: value for field, value in payload.items() if value is not None}


def _endpoints(activation: Activation) -> Iterator[str]:
    behaviour, by_id = activation.behaviour, activation.identifier == "id"
    if behaviour in (Behaviour.UPSERT, Behaviour.INSERT):
        yield "POST /companies"
    if behaviour is Behaviour.INSERT or (behaviour is Behaviour.UPDATE and not by_id):
        yield "GET /companies"
    if behaviour is Behaviour.UPSERT and by_id:
        yield "GET /companies"
    if activation.removed is Removed.DELETE and activation.identifier != "company_id":
        yield "GET /companies/{company_id}"
    if behaviour is Behaviour.UPDATE or by_id:
        yield "PUT /companies/{company_id}"
    if behaviour is Behaviour.DELETE or activation.removed is Removed.DELETE:
        yield "DELETE /companies/{company_id}"


_FIND, _POST, _PUT = "GET /companies", "POST /companies", "PUT /companies/{company_id}"


def _foreseen(work: Work, each: AlikeRecords) -> Forecast:
    rules, count = work.rules, each.count
    if rules.behaviour is Behaviour.DELETE:
        return surely("DELETE /companies/{company_id}", count)
    if rules.identifier == "id" and (each.identified or each.known):
        return surely(_PUT, count)
    if rules.identifier != "id" and rules.behaviour is Behaviour.UPSERT:
        return surely(_POST, count)
    if rules.behaviour is not Behaviour.UPDATE:
        made = 0 if rules.behaviour is Behaviour.INSERT and each.delivered else count
        return surely(_FIND, made) + surely(_POST, made)
    if not _ONLY_BY_POST & (work.always | work.perhaps):
        return surely(_FIND, 0 if each.known else count) + surely(_PUT, count)
    if _ONLY_BY_POST & work.always:
        return surely(_FIND, count) + surely(_POST, count)
    return perhaps(_FIND, 0 if each.known else count, count) + one_of(count, _PUT, _POST)


DELIVERY = Delivery(
    object=COMPANY,
    procedure=lambda _: Procedure(lambda rules, _, record, _found: write(rules, record)),
    endpoints=_endpoints,
    held=company_fields.HELD,
    forecast=lambda work: summed([_foreseen(work, each) for each in work.records]),
    lookup=lambda _: Lookup(which_exist),
    # A company_id is set once and never changed, so the one in the ledger is the company's.
    identity_lookup=lambda rules: (
        None if rules.identifier == "company_id" else IdentityLookup(identify, "GET /companies/{company_id}")
    ),
)
