"""What has to be known to deliver records of an object; `registry` has the entry of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.record import Conversation, Record, Rules, Talk
from dbt_intercom_activate.delivery import contact_lookup
from dbt_intercom_activate.delivery.notebook import Notebook
from dbt_intercom_activate.outcomes.outcome import Outcome

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.delivery.forecast import Forecast, Work
    from dbt_intercom_activate.intercom.api import JsonValue, Request
    from dbt_intercom_activate.intercom.contacts import Contact
    from dbt_intercom_activate.objects.model import IntercomObject
    from dbt_intercom_activate.outcomes.codes import Code

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


@dataclass(frozen=True, slots=True)
class Lookup:
    """How to learn which of many records Intercom has; reads only."""

    ask: Callable[[Rules, Sequence[str]], Conversation[set[str]]]
    """The identifiers that Intercom has, of those that are asked about."""
    size: int = 1
    """How many to ask about at once."""


@dataclass(frozen=True, slots=True)
class IdentityLookup:
    """How to learn by what identifiers Intercom has objects, given its own ids of them; reads only."""

    ask: Callable[[Sequence[str]], Conversation[dict[str, Mapping[str, str | None]]]]
    """Of each id the identifiers by field, none where Intercom has nothing of this id; an id is missing where Intercom
    would not tell."""
    endpoint: str
    """What is called for each so many."""
    size: int = 1
    """How many to ask about at once."""


@dataclass(frozen=True, slots=True)
class HeldLookup:
    """How to learn what Intercom has of objects that are about to be changed; reads only."""

    concerns: Callable[[Request], str | None]
    """What names the object that a request changes; None where it makes a new one."""
    ask: Callable[[Sequence[Request]], Conversation[list[Mapping[str, JsonValue] | None]]]
    """Of each such request its object, as Intercom shows it; None where there is none that it would show."""
    fields: Callable[[Mapping[str, JsonValue]], Mapping[str, JsonValue]]
    """The fields of an object that Intercom shows, by their names and in the form in which they are written."""
    size: int = 1
    """How many to ask about at once."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """All that delivering one object takes."""

    object: IntercomObject
    procedure: Callable[[Rules], Procedure]
    """The conversations of an activation with these rules."""
    endpoints: Callable[[Activation], Iterator[str]]
    """What an activation of the object may call, but for what concerns every object."""
    forecast: Callable[[Work], Forecast]
    """How many calls its records take where nothing fails."""
    lookup: Callable[[Rules], Lookup] | None = None
    """None where a record is no object of its own: a tag, a membership, an event."""
    identity_lookup: Callable[[Rules], IdentityLookup | None] = lambda _: None
    """None where nothing is read before an object is removed: the ledger has all its identifiers."""
    held: HeldLookup | None = None
    """None where a record has no fields of its own in Intercom: a tag, a membership, an event."""
    follows: frozenset[Code] = frozenset()
    """Where a removal of a contact that fails so goes on with the contact that has the record's identifier now."""
