"""Tags on contacts, companies and conversations.

Contacts and companies are tagged many in a call; whatever is missing from the answer is tried once by
itself, and that answer decides. A contact is untagged by itself, since the batch form is undocumented.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery import company_lookup, contact_lookup
from dbt_intercom_activate.delivery.answers import NOT_FOUND, failed, rejected, succeeded
from dbt_intercom_activate.delivery.notebook import Notebook
from dbt_intercom_activate.errors import CannotActivate
from dbt_intercom_activate.intercom import tags as api
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dbt_intercom_activate.binding.record import Conversation, Record, Rules, Talk
    from dbt_intercom_activate.intercom.api import Answer, Request
    from dbt_intercom_activate.intercom.contacts import Contact

NO_COMPANY = "Intercom has no company with this id"

USER_NOT_FOUND = "User Not Found"
"""Intercom's words for a missing contact; those for a missing tag are "Resource Not Found"."""


def needs_all_tags(rules: Rules, object_name: str) -> bool:
    """Whether the ids of the tags are needed: to take one off, and for conversations."""
    return rules.behaviour is Behaviour.DETACH or object_name == "conversation_tag"


def learn_tags() -> Conversation[Notebook]:
    """Read every tag of the workspace, in one call.

    Raises:
        CannotActivate: Intercom refuses to tell, which is not the same as having no tags.
    """
    answer = yield api.list_tags()
    if not answer.ok:
        raise CannotActivate(f"GET /tags: Intercom refused to list the tags, HTTP {answer.status}")
    return Notebook(tags={tag.name.lower(): tag.id for tag in api.read_tags(answer)})


def batch_key(rules: Rules, notebook: Notebook, record: Record) -> str | None:
    """Records of one tag share a call; None for a tag that does not exist and is to be taken off."""
    name = (record.related or "").lower()
    if rules.behaviour is Behaviour.DETACH and name not in notebook.tags:
        return None
    return name


def nothing_to_detach(record: Record) -> Outcome:
    """The tag does not exist, so nothing has it."""
    return Outcome(Operation.DETACH, intercom_id=record.known_id)


def attach_contacts(
    rules: Rules, notebook: Notebook, batch: Sequence[tuple[Record, str]]
) -> Conversation[list[Outcome]]:
    """Tag contacts, given by Intercom's id, with the one tag of the batch."""
    del notebook  # contacts were resolved by search
    answer = yield api.tag_contacts(_name(batch), _ids(batch))
    tag = api.read_tag(answer)
    if not answer.ok or tag is None:
        return [rejected(Operation.ATTACH, answer, contact_id) for _, contact_id in batch]
    tagged = api.read_tagged(answer)
    outcomes = []
    for record, contact_id in batch:
        if contact_id in tagged:
            outcomes.append(succeeded(Operation.ATTACH, answer, contact_id, related_id=tag.id))
        else:
            outcomes.append((yield from _attach_contact(rules, record, contact_id, tag.id)))
    return outcomes


def _attach_contact(rules: Rules, record: Record, contact_id: str, tag_id: str) -> Talk:
    return (
        yield from _with_contact(
            rules,
            record,
            contact_id,
            lambda each: _judged_contact(Operation.ATTACH, api.tag_contact(each, tag_id), each, tag_id),
        )
    )


def detach_contact(rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]) -> Talk:
    """Take a tag off one contact; a contact without it is as it should be."""
    tag_id = notebook.tags.get((record.related or "").lower())
    if tag_id is None:
        return nothing_to_detach(record)
    contact_id: str | Outcome = record.known_id or (yield from contact_lookup.resolve(rules, record, found))
    if isinstance(contact_id, Outcome):
        return contact_id
    return (
        yield from _with_contact(
            rules,
            record,
            contact_id,
            lambda each: _judged_contact(Operation.DETACH, api.untag_contact(each, tag_id), each, tag_id),
        )
    )


def _with_contact(rules: Rules, record: Record, contact_id: str, say: Callable[[str], Talk]) -> Talk:
    """Say it of the contact; where a remembered id is gone, match the record afresh and say it once more."""
    outcome = yield from say(contact_id)
    if outcome.code is not Code.NOT_FOUND or contact_id != record.known_id or rules.identifier == "id":
        return outcome
    found = yield from contact_lookup.search_one(rules, record)
    fresh = yield from contact_lookup.resolve(rules, record, found)
    return fresh if isinstance(fresh, Outcome) else (yield from say(fresh))


def _judged_contact(operation: Operation, request: Request, contact_id: str, tag_id: str) -> Talk:
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


def write_companies(
    rules: Rules, notebook: Notebook, batch: Sequence[tuple[Record, str]]
) -> Conversation[list[Outcome]]:
    """Tag or untag companies, given by Intercom's id, with the one tag of the batch."""
    untag = rules.behaviour is Behaviour.DETACH
    operation = Operation.DETACH if untag else Operation.ATTACH
    answer = yield api.tag_companies(_name(batch), _ids(batch), untag=untag)
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
            outcomes.append((yield from _company_again(rules, notebook, record, company_id, alone=alone)))
    return outcomes


def _company_again(rules: Rules, notebook: Notebook, record: Record, company_id: str, *, alone: bool) -> Talk:
    """Try one company by itself; where a remembered id is gone, match the record afresh and try once more."""
    operation = Operation.DETACH if rules.behaviour is Behaviour.DETACH else Operation.ATTACH
    outcome = Outcome(operation, Code.NOT_FOUND, NO_COMPANY, http_status=NOT_FOUND)
    if not alone:
        outcome = yield from _one_company(rules, record, company_id)
    if outcome.code is not Code.NOT_FOUND or rules.identifier == "id" or company_id != record.known_id:
        return outcome
    fresh = yield from company_lookup.resolve(record.identifier or "", notebook, afresh=True)
    return fresh if isinstance(fresh, Outcome) else (yield from _one_company(rules, record, fresh))


def _one_company(rules: Rules, record: Record, company_id: str) -> Talk:
    untag = rules.behaviour is Behaviour.DETACH
    operation = Operation.DETACH if untag else Operation.ATTACH
    answer = yield api.tag_companies(record.related or "", [company_id], untag=untag)
    if company_id in api.read_tagged(answer, untag=untag):
        tag = api.read_tag(answer)
        return succeeded(operation, answer, company_id, related_id=tag.id if tag else None)
    if answer.ok or answer.status == NOT_FOUND:
        return failed(operation, Code.NOT_FOUND, answer, message=NO_COMPANY)
    return rejected(operation, answer, company_id)


def write_conversation(rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]) -> Talk:
    """Tag or untag a conversation in the name of an admin."""
    del found  # conversations are known by their id only
    conversation_id, admin_id = record.identifier or "", record.payload.get("admin_id")
    if not isinstance(admin_id, str) or not admin_id:
        return Outcome(Operation.NONE, Code.INVALID_VALUE, "admin_id: empty; Intercom asks who tags")
    name = (record.related or "").lower()
    if rules.behaviour is Behaviour.DETACH:
        if name not in notebook.tags:
            return nothing_to_detach(record)
        answer = yield api.untag_conversation(conversation_id, notebook.tags[name], admin_id)
        lacks_tag = answer.status == NOT_FOUND and answer.code == "tag_not_found"
        if answer.ok or lacks_tag:
            return succeeded(Operation.DETACH, answer, conversation_id, related_id=notebook.tags[name])
        return _refused_conversation(Operation.DETACH, answer, conversation_id)
    if name not in notebook.tags:
        answer = yield api.create_tag(record.related or "")
        tag = api.read_tag(answer)
        if tag is None:
            return rejected(Operation.ATTACH, answer, conversation_id)
        notebook.tags[name] = tag.id
    answer = yield api.tag_conversation(conversation_id, notebook.tags[name], admin_id)
    if answer.ok:
        return succeeded(Operation.ATTACH, answer, conversation_id, related_id=notebook.tags[name])
    return _refused_conversation(Operation.ATTACH, answer, conversation_id)


def _refused_conversation(operation: Operation, answer: Answer, conversation_id: str) -> Outcome:
    # An admin whom Intercom does not know is no missing conversation.
    if answer.status == NOT_FOUND and answer.code != "admin_not_found":
        return failed(operation, Code.NOT_FOUND, answer)
    return rejected(operation, answer, conversation_id)


def _name(batch: Sequence[tuple[Record, str]]) -> str:
    return batch[0][0].related or ""


def _ids(batch: Sequence[tuple[Record, str]]) -> list[str]:
    return list(dict.fromkeys(target for _, target in batch))
