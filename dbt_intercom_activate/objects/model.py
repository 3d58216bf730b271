"""The types that describe what Intercom lets one write."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from dbt_intercom_activate.objects.vocabulary import Removed, Word

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENCY = re.compile(r"[A-Za-z]{3}")
LINK = re.compile(r"https?://\S", re.IGNORECASE)
LONGEST_ATTRIBUTE_NAME = 190
"""Characters that Intercom allows in the name of a custom attribute."""


class Behaviour(Word):
    """What a sync may do to an object."""

    UPSERT = "upsert"
    """Creates what is absent, updates what is there."""
    UPDATE = "update"
    """Updates what is there, and creates nothing."""
    INSERT = "insert"
    """Creates what is absent, and updates nothing."""
    DELETE = "delete"
    """Deletes for good."""
    ARCHIVE = "archive"
    """Archives; what is archived already stays so."""
    ATTACH = "attach"
    """Sets a tag, or makes a contact a member of a company."""
    DETACH = "detach"
    """Takes a tag off, or ends a membership."""
    SEND = "send"
    """Sends an event, once."""


class FieldType(Word):
    """How a field's value has to look in the request."""

    TEXT = "text"
    """Text; numbers are sent as their text."""
    EMAIL = "email"
    """Text with an @, sent in lower case and without spaces around it."""
    PHONE = "phone"
    """A phone number, best as +14155550123."""
    URL = "url"
    """Text, an address."""
    INTEGER = "integer"
    """A whole number up to 2147483647; decimals are refused, since Intercom would cut them."""
    WHOLE = "whole"
    """A whole number; decimals are refused, since Intercom would cut them."""
    NUMBER = "number"
    """A finite number."""
    BOOLEAN = "boolean"
    """A boolean; text and numbers are refused."""
    TIMESTAMP = "timestamp"
    """A date, a timestamp (UTC where it has no zone), or unix seconds; milliseconds and text are refused."""
    ROLE = "role"
    """`user` or `lead`."""
    SCALAR = "scalar"
    """Text, a finite number, a boolean, a date or a timestamp."""
    CENTS = "cents"
    """A whole number of cents that is not negative: 1999 for 19.99. Decimals and floats are refused."""
    CURRENCY = "currency"
    """A currency's code of three letters, sent in lower case."""
    LINK = "link"
    """Text that begins with http:// or https://."""
    ID = "id"
    """Text that names something; whole numbers are sent as their text."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object, named as Intercom names it."""

    name: str
    type: FieldType
    nullable: bool = True
    """Whether null clears the field. Where it does not, a null is left out of the request."""
    identifies_only: bool = False
    """Whether the field can only match a record, and is never written (`id`)."""
    not_by_id: frozenset[Behaviour] = frozenset()
    """The behaviours that cannot write the field where records are matched by `id`."""
    together_with: str | None = None
    """The field that has to be in the same request."""
    chosen_by_people: bool = False
    """Whether contacts set it to true themselves, so that a false from a model would take back what they chose."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What one behaviour of an object asks for and allows."""

    identifiers: tuple[str, ...]
    """The identifiers to choose from; empty where none may be given."""
    identifier_required: bool = True
    default_identifier: str | None = None
    """The identifier meant when none is given."""
    removals: frozenset[Removed] = frozenset({Removed.IGNORE})
    only: frozenset[str] | None = None
    """The fields that may be mapped besides the identifier; None for all of the object's."""
    unarchives: bool = False
    """Whether it may take the contact that it matches out of the archive: Intercom names one to a creation only."""
    creates_with: frozenset[str] = frozenset()
    """Fields of which at least one has to be mapped, as Intercom creates nothing without."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two fields below one open name that make one value, such as an amount and its currency."""

    leading: str
    """The half without which there is no value: where it is null, both are left out."""
    leading_type: FieldType
    other: str
    other_type: FieldType

    @property
    def halves(self) -> tuple[str, str]:
        """Their names after the dot."""
        return self.leading, self.other


@dataclass(frozen=True, slots=True)
class OpenNames:
    """What Intercom takes as names below an open prefix."""

    refused: str
    """Signs that no name may have."""
    most: int
    """How many one may send."""
    source: str
    """Where Intercom says both."""
    kept: int
    """How many it keeps, as another source has it."""
    kept_source: str
    pairs: tuple[Pair, ...] = ()
    """The only values that are no plain ones."""

    def pair_with(self, half: str) -> Pair | None:
        """The pair that has a half of this name."""
        return next((pair for pair in self.pairs if half in pair.halves), None)


@dataclass(frozen=True, slots=True)
class IntercomObject:
    """One kind of thing that can be written in Intercom."""

    name: str
    behaviours: Mapping[Behaviour, Terms]
    fields: Mapping[str, Field]
    open_prefix: str | None = None
    """`custom_attributes.` or `metadata.`, below which any name is a field."""
    open_names: OpenNames | None = None
    """The names that may stand below `open_prefix`; None where Intercom's own attributes decide that."""
    attribute_model: str | None = None
    """The model of Intercom's data attributes, `contact` or `company`; None where it has none."""
    read_only: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Fields that Intercom shows but does not let one write here, each with what to use instead."""
    one_of: tuple[tuple[str, ...], ...] = ()
    """Groups of fields; exactly one field of each has to be mapped."""
    identifier_prefix: str = ""
    """What stands before the identifier among the fields, where the object has two sides (`contact.`)."""
    related: tuple[str, ...] = ()
    """The fields of which one names the other side: `tag`, or `company.company_id` and `company.id`."""
    key: tuple[str, ...] = ()
    """The fields that make the record key beside the identifier."""
    unique: bool = True
    """Whether two records with one identifier are duplicates."""
    once: bool = False
    """Whether what was delivered is never sent again."""
    identity: tuple[str, ...] = ()
    """The objects whose ledger rows tell Intercom's id of the identifier."""
    related_identity: tuple[str, ...] = ()
    """The same for the other side; empty where that is named, as a tag is, and not known by an id."""
    counted_ids: bool = False
    """Whether the `id` of what is named is a number that Intercom counts up, and not 24 hexadecimal digits."""

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Every field that can match a record, in the order of the documentation."""
        return tuple(dict.fromkeys(name for terms in self.behaviours.values() for name in terms.identifiers))

    def field(self, name: str) -> Field | None:
        """Return the field of this name, or None where the object has no such field."""
        if name in self.fields:
            return self.fields[name]
        if self.open_prefix is None or not name.startswith(self.open_prefix):
            return None
        own_name = name[len(self.open_prefix) :]
        if not own_name or len(own_name) > LONGEST_ATTRIBUTE_NAME:
            return None
        half = own_name.partition(".")[2]
        if self.open_names is None or not half:
            return Field(name, FieldType.SCALAR)
        pair = self.open_names.pair_with(half)
        if pair is None:
            return None
        return Field(name, pair.leading_type if half == pair.leading else pair.other_type)

    def halves_of(self, name: str) -> tuple[str, Pair] | None:
        """What a half belongs to, such as `metadata.price`, and its pair; None for any other field."""
        whole, _, half = name.rpartition(".")
        pair = self.open_names.pair_with(half) if self.open_names and self.open_prefix else None
        return (whole, pair) if pair and whole.startswith(str(self.open_prefix)) else None

    def takes(self, name: str, behaviour: Behaviour, identifier: str | None) -> bool:
        """Whether a mapping with this behaviour and identifier may name the field."""
        found = self.field(name)
        if found is None or behaviour not in self.behaviours:
            return False
        if name == identifier:
            return True
        only = self.behaviours[behaviour].only
        if found.identifies_only or (only is not None and name not in only):
            return False
        return identifier != "id" or behaviour not in found.not_by_id


def by_name(*fields: Field) -> Mapping[str, Field]:
    """Return the fields as a read-only mapping by name, in the given order."""
    return MappingProxyType({each.name: each for each in fields})
