"""How records of an object are said to Intercom; one entry per object and, where they differ, behaviour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.record import Conversation, Record, Rules, Talk
from dbt_intercom_activate.delivery import (
    company,
    company_lookup,
    contact,
    contact_lookup,
    event,
    membership,
    tags,
)
from dbt_intercom_activate.delivery.notebook import Notebook
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.outcome import Outcome

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.contacts import Contact

LOOKUP_SIZE = 50
"""Identifiers in one search. Intercom documents no limit of `IN`; a size that it refuses is halved.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts"""

BATCH_SIZE = 50
"""Contacts or companies in one `POST /tags`. Intercom documents no limit.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/createtag"""

Write = Callable[[Rules, Notebook, Record, "Sequence[Contact]"], Talk]
Resolve = Callable[[Rules, Notebook, Record, "Sequence[Contact]"], "Conversation[str | Outcome]"]
WriteBatch = Callable[[Rules, Notebook, Sequence[tuple[Record, str]]], "Conversation[list[Outcome]]"]


@dataclass(frozen=True, slots=True)
class Batch:
    """How many records go into one call."""

    resolve: Resolve
    """Intercom's id of what the record means, or its outcome where there is none."""
    write: WriteBatch
    """Say it of all of them; one outcome each, in their order."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """The conversations of one activation."""

    write: Write | None = None
    """One record by itself."""
    batch: Batch | None = None
    """Records of one tag together; then `write` is not used."""
    by_search: bool = False
    """Whether unknown contacts are looked up first, many in a call."""
    opening: Callable[[], Conversation[Notebook]] | None = None
    """What has to be learnt before the first record."""

    unrepeatable: Callable[[Rules, Record], bool] | None = None
    """Whether Intercom could not recognise the record's request if it were repeated."""

    def is_unrepeatable(self, rules: Rules, record: Record) -> bool:
        """Whether sending the record twice could do it twice."""
        return self.unrepeatable is not None and self.unrepeatable(rules, record)

    def needs_lookup(self, rules: Rules, record: Record) -> bool:
        """Whether the record's contact has to be searched for first."""
        return self.by_search and contact_lookup.needs_lookup(rules, record)


def procedure_of(object_name: str, rules: Rules) -> Procedure:
    """The conversations of an activation's object and behaviour."""
    opening = tags.learn_tags if tags.needs_all_tags(rules, object_name) else None
    if object_name == "contact":
        return Procedure(_contact, by_search=True, unrepeatable=contact.is_unrepeatable)
    if object_name == "company":
        return Procedure(_company)
    if object_name == "contact_company":
        return Procedure(membership.write, by_search=True)
    if object_name == "event":
        return Procedure(_event, unrepeatable=event.is_unrepeatable)
    if object_name == "company_tag":
        return Procedure(batch=Batch(_resolve_company, tags.write_companies), opening=opening)
    if object_name == "conversation_tag":
        return Procedure(tags.write_conversation, opening=opening)
    if rules.behaviour is Behaviour.DETACH:
        return Procedure(tags.detach_contact, by_search=True, opening=opening)
    return Procedure(batch=Batch(_resolve_contact, tags.attach_contacts), by_search=True)


def _contact(rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]) -> Talk:
    del notebook
    return contact.write(rules, record, found)


def _company(rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]) -> Talk:
    del notebook, found
    return company.write(rules, record)


def _event(rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]) -> Talk:
    del notebook, found
    return event.write(rules, record)


def _resolve_contact(
    rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]
) -> Conversation[str | Outcome]:
    del notebook
    if record.known_id:
        return record.known_id
    return (yield from contact_lookup.resolve(rules, record, found))


def _resolve_company(
    rules: Rules, notebook: Notebook, record: Record, found: Sequence[Contact]
) -> Conversation[str | Outcome]:
    del found
    if tags.batch_key(rules, notebook, record) is None:
        return tags.nothing_to_detach(record)
    if rules.identifier == "id":
        return record.identifier or ""
    if record.known_id:
        return record.known_id
    return (yield from company_lookup.resolve(record.identifier or "", notebook))
