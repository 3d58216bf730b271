"""Tags on contacts: set many in a call, taken off one by one, since the batch form of that is undocumented.

What is missing from a batch's answer is tried once by itself, and that answer decides.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery import contact_lookup, tags
from dbt_intercom_activate.delivery.answers import NOT_FOUND, failed, rejected, succeeded
from dbt_intercom_activate.delivery.forecast import Forecast, perhaps
from dbt_intercom_activate.delivery.foreseen_calls import batches, searches, tag_list
from dbt_intercom_activate.delivery.procedure import Batch, Delivery, Procedure
from dbt_intercom_activate.intercom import tags as api
from dbt_intercom_activate.objects.contact_tag import CONTACT_TAG
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dbt_intercom_activate.binding.record import Conversation, Record, Rules, Talk
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.delivery.forecast import Work
    from dbt_intercom_activate.delivery.notebook import Notebook
    from dbt_intercom_activate.intercom.api import Answer, Request
    from dbt_intercom_activate.intercom.contacts import Contact

USER_NOT_FOUND = "User Not Found"
"""Intercom's words for a missing contact; those for a missing tag are "Resource Not Found"."""


def _procedure(rules: Rules) -> Procedure:
    if rules.behaviour is Behaviour.DETACH:
        return Procedure(_detach, by_search=True, opening=tags.learn_tags)
    return Procedure(batch=Batch(_resolve, _attach_many), by_search=True)


def _resolve(
    rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]
) -> Conversation[str | Outcome]:
    del notebook
    if record.known_id:
        return record.known_id
    return (yield from contact_lookup.resolve(rules, record, found))


def _attach_many(
    rules: Rules, notebook: Notebook, batch: Sequence[tuple[Record, str]]
) -> Conversation[list[Outcome]]:
    """Tag contacts, given by Intercom's id, with the one tag of the batch."""
    del notebook  # contacts were resolved by search
    answer = yield api.tag_contacts(tags.name_of(batch), tags.distinct_ids(batch))
    tag = api.read_tag(answer)
    if not answer.ok or tag is None:
        return [rejected(Operation.ATTACH, answer, contact_id) for _, contact_id in batch]
    tagged = api.read_tagged(answer)
    outcomes = []
    for record, contact_id in batch:
        if contact_id in tagged:
            outcomes.append(succeeded(Operation.ATTACH, answer, contact_id, related_id=tag.id))
        else:
            outcomes.append((yield from _attach(rules, record, contact_id, tag.id)))
    return outcomes


def _attach(rules: Rules, record: Record, contact_id: str, tag_id: str) -> Talk:
    return (
        yield from _with_contact(
            rules,
            record,
            contact_id,
            lambda each: _judged(Operation.ATTACH, api.tag_contact(each, tag_id), each, tag_id),
        )
    )


def _detach(rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]) -> Talk:
    """Take a tag off one contact; a contact without it is as it should be."""
    tag_id = tags.known_id(notebook, record)
    if tag_id is None:
        return tags.nothing_to_detach(record)
    contact_id: str | Outcome = record.known_id or (yield from contact_lookup.resolve(rules, record, found))
    if isinstance(contact_id, Outcome):
        return contact_id
    return (
        yield from _with_contact(
            rules,
            record,
            contact_id,
            lambda each: _judged(Operation.DETACH, api.untag_contact(each, tag_id), each, tag_id),
        )
    )


def _with_contact(rules: Rules, record: Record, contact_id: str, say: Callable[[str], Talk]) -> Talk:
    """Say it of the contact; where its id is gone, match the record afresh and say it once more."""
    outcome = yield from say(contact_id)
    if outcome.code not in (Code.NOT_FOUND, Code.MERGED) or rules.identifier == "id":
        return outcome
    fresh = yield from contact_lookup.resolve_afresh(rules, record, contact_id, outcome)
    return fresh if isinstance(fresh, Outcome) else (yield from say(fresh))


def _judged(operation: Operation, request: Request, contact_id: str, tag_id: str) -> Talk:
    answer = yield request
    if answer.ok or (operation is Operation.DETACH and _lacks_only_the_tag(answer)):
        return succeeded(operation, answer, contact_id, related_id=tag_id)
    if answer.status == NOT_FOUND:
        return failed(operation, Code.NOT_FOUND, answer)
    if answer.status == contact_lookup.GONE:
        return contact_lookup.merged(answer)
    return rejected(operation, answer, contact_id)


def _lacks_only_the_tag(answer: Answer) -> bool:
    return answer.status == NOT_FOUND and answer.message != USER_NOT_FOUND


def _endpoints(activation: Activation) -> Iterator[str]:
    yield from contact_lookup.lookup_endpoints(activation.identifier)
    if activation.behaviour is Behaviour.ATTACH:
        yield "POST /tags"
        yield "POST /contacts/{contact_id}/tags"
    if tags.detaches(activation):
        yield "GET /tags"
        yield "DELETE /contacts/{contact_id}/tags/{tag_id}"


def _forecast(work: Work) -> Forecast:
    """A tag that Intercom does not have is on nobody, and is not taken off."""
    if work.rules.behaviour is not Behaviour.DETACH:
        return searches(work) + batches(work)
    untagged = perhaps("DELETE /contacts/{contact_id}/tags/{tag_id}", 0, work.count)
    return tag_list(work) + searches(work) + untagged


DELIVERY = Delivery(
    object=CONTACT_TAG,
    procedure=_procedure,
    endpoints=_endpoints,
    forecast=_forecast,
    follows=contact_lookup.NO_MORE,
)
