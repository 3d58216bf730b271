"""Tags on companies: set and taken off many in a call.

What is missing from a batch's answer is tried once by itself, and that answer decides.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/createtag
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery import company_lookup, tags
from dbt_intercom_activate.delivery.answers import NOT_FOUND, failed, rejected, succeeded
from dbt_intercom_activate.delivery.forecast import Calls, Forecast
from dbt_intercom_activate.delivery.foreseen_calls import batches, finds, tag_list
from dbt_intercom_activate.delivery.procedure import Batch, Delivery, Procedure
from dbt_intercom_activate.intercom import tags as api
from dbt_intercom_activate.objects.company_tag import COMPANY_TAG
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.binding.record import Conversation, Record, Rules, Talk
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.delivery.forecast import Work
    from dbt_intercom_activate.delivery.notebook import Notebook
    from dbt_intercom_activate.intercom.contacts import Contact

NO_COMPANY = "Intercom has no company with this id"


def _procedure(rules: Rules) -> Procedure:
    opening = tags.learn_tags if rules.behaviour is Behaviour.DETACH else None
    return Procedure(batch=Batch(_resolve, _write_many), opening=opening)


def _resolve(
    rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]
) -> Conversation[str | Outcome]:
    del found
    if rules.behaviour is Behaviour.DETACH and tags.known_id(notebook, record) is None:
        return tags.nothing_to_detach(record)
    if rules.identifier == "id":
        return record.identifier or ""
    if record.known_id:
        return record.known_id
    return (yield from company_lookup.resolve(record.identifier or "", notebook))


def _write_many(
    rules: Rules, notebook: Notebook, batch: Sequence[tuple[Record, str]]
) -> Conversation[list[Outcome]]:
    """Tag or untag companies, given by Intercom's id, with the one tag of the batch."""
    untag = rules.behaviour is Behaviour.DETACH
    operation = Operation.DETACH if untag else Operation.ATTACH
    answer = yield api.tag_companies(tags.name_of(batch), tags.distinct_ids(batch), untag=untag)
    if not answer.ok and len(batch) > 1 and answer.status == NOT_FOUND:
        done: frozenset[str] = frozenset()  # API versions before 2.16 refuse all for one
    elif not answer.ok:
        return [rejected(operation, answer, company_id) for _, company_id in batch]
    else:
        done = api.read_tagged(answer, untag=untag)
    tag = api.read_tag(answer)
    outcomes = []
    for record, company_id in batch:
        if company_id in done:
            tag_id = tag.id if tag else None
            outcomes.append(succeeded(operation, answer, company_id, related_id=tag_id))
        else:
            alone = len(batch) == 1  # then the answer was about this one
            outcomes.append((yield from _again(rules, notebook, record, company_id, alone=alone)))
    return outcomes


def _again(rules: Rules, notebook: Notebook, record: Record, company_id: str, *, alone: bool) -> Talk:
    """Try one company by itself; where a remembered id is gone, match the record afresh and try once more."""
    operation = Operation.DETACH if rules.behaviour is Behaviour.DETACH else Operation.ATTACH
    outcome = Outcome(operation, Code.NOT_FOUND, NO_COMPANY, http_status=NOT_FOUND)
    if not alone:
        outcome = yield from _one(rules, record, company_id)
    if outcome.code is not Code.NOT_FOUND or rules.identifier == "id" or company_id != record.known_id:
        return outcome
    fresh = yield from company_lookup.resolve(record.identifier or "", notebook, afresh=True)
    return fresh if isinstance(fresh, Outcome) else (yield from _one(rules, record, fresh))


def _one(rules: Rules, record: Record, company_id: str) -> Talk:
    untag = rules.behaviour is Behaviour.DETACH
    operation = Operation.DETACH if untag else Operation.ATTACH
    answer = yield api.tag_companies(record.related or "", [company_id], untag=untag)
    if company_id in api.read_tagged(answer, untag=untag):
        tag = api.read_tag(answer)
        return succeeded(operation, answer, company_id, related_id=tag.id if tag else None)
    if answer.ok or answer.status == NOT_FOUND:
        return failed(operation, Code.NOT_FOUND, answer, message=NO_COMPANY)
    return rejected(operation, answer, company_id)


def _endpoints(activation: Activation) -> Iterator[str]:
    if activation.identifier == "company_id":
        yield "GET /companies"
    if tags.detaches(activation):
        yield "GET /tags"
    yield "POST /tags"


def _forecast(work: Work) -> Forecast:
    """A tag that Intercom does not have is on no company, and is not taken off."""
    records = sum(each.count for each in work.records if not each.known)
    found = finds(work, sum(each.identifiers for each in work.records), records)
    calls = (Forecast() if work.rules.identifier == "id" else found) + batches(work)
    if work.rules.behaviour is not Behaviour.DETACH:
        return calls
    at_best = {endpoint: Calls(0, each.most) for endpoint, each in calls.endpoints.items()}
    return tag_list(work) + Forecast(Calls(0, calls.total.most), at_best)


DELIVERY = Delivery(object=COMPANY_TAG, procedure=_procedure, endpoints=_endpoints, forecast=_forecast)
