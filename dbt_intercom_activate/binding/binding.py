"""An activation bound to its relation and its workspace: which column feeds which field, as what.

`binder` makes a binding, or finds the mistakes that `meta` alone cannot tell.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.column_types import Family
from dbt_intercom_activate.binding.making import RecordMaker
from dbt_intercom_activate.binding.record import Rules
from dbt_intercom_activate.objects.vocabulary import Archived, Word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.binding.column import RelationColumn
    from dbt_intercom_activate.binding.record import Record
    from dbt_intercom_activate.binding.row import BoundField, StagedRow
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.intercom.api import JsonValue
    from dbt_intercom_activate.outcomes.outcome import Outcome


TYPES = "types:"
"""What the hash of the columns' types begins with."""


@dataclass(frozen=True, slots=True)
class MissingAttribute:
    """A custom attribute that Intercom lacks and the activation may make."""

    model: str
    name: str
    data_type: str


class ColumnReading(Word):
    """How the values of a column are read from the stage."""

    VALUE = "value"
    MOMENT = "moment"
    """A moment of the years 1 to 9999, which Python can hold; of others it is marked that there is one."""
    TEXT = "text"
    PRESENCE = "presence"
    """Only whether there is one: no field takes it, and drivers do not read all that may be in it."""


@dataclass(frozen=True, slots=True)
class StagedColumn:
    """A column of the relation, or a constant that belongs to the key, and its name in the stage."""

    column: RelationColumn | None
    alias: str
    literal: str | None = None
    """The constant's text, where there is no column."""

    @property
    def composite(self) -> bool:
        """Whether it holds objects, arrays or bytes."""
        return self.column is not None and self.column.type.composite

    @property
    def reading(self) -> ColumnReading:
        """How its values are read."""
        if self.column is None:
            return ColumnReading.VALUE
        if self.composite:
            return ColumnReading.PRESENCE
        if self.column.type.family is Family.TIMESTAMP:
            return ColumnReading.MOMENT
        return ColumnReading.TEXT if self.column.type.only_as_text else ColumnReading.VALUE

    @property
    def family(self) -> Family | None:
        """What its values are to Intercom; None of a constant."""
        return self.column.type.family if self.column is not None else None

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.family in (Family.INTEGER, Family.NUMBER)

    @property
    def zoned(self) -> bool:
        """Whether it holds moments with a zone."""
        return self.column is not None and self.column.type.zoned

    @property
    def plain(self) -> bool:
        """Whether its values have one text form each; of a constant it is denied."""
        return self.column is not None and self.column.type.plain


class MomentKind(Word):
    """How a column holds moments."""

    MOMENT = "moment"
    """As dates, or as timestamps without a zone, which are UTC."""
    ZONED = "zoned"
    NUMBER = "number"
    """As unix seconds."""

    @classmethod
    def of(cls, column: RelationColumn) -> MomentKind | None:
        """How this column does; None where its type holds none."""
        if column.type.zoned:
            return cls.ZONED if column.type.family is Family.TIMESTAMP else None
        kinds = {Family.TIMESTAMP: cls.MOMENT, Family.INTEGER: cls.NUMBER, Family.NUMBER: cls.NUMBER}
        return kinds.get(column.type.family)


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A part of the record key."""

    alias: str
    fold: bool = False
    """Whether duplicates are judged without case: emails, names of tags."""
    zoned: bool = False
    """Whether it is a moment with a zone, whose text follows the session: then its UTC text is the key."""
    seconds: MomentKind | None = None
    """Where it is the moment at which a record happens, how its column holds it: its unix seconds are the key."""


@dataclass(frozen=True, slots=True)
class Binding:
    """How the rows of one relation become records of one activation."""

    activation: Activation
    relation: str
    """Quoted as dbt quotes it."""
    columns: tuple[StagedColumn, ...]
    fields: tuple[BoundField, ...]
    constants: Mapping[str, JsonValue]
    key: tuple[KeyPart, ...]
    identifier: BoundField | None
    """What a record is matched by; of a membership, the contact's side."""
    related: str | None = None
    """The field that names the other side of a tag or membership: `tag`, `company.id`."""
    related_alias: str | None = None
    """The staged column that holds it."""
    missing: tuple[MissingAttribute, ...] = ()
    """Custom attributes to be made before the first write (`create_attributes: true`)."""
    maker: RecordMaker = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out once how rows become records."""
        maker = RecordMaker(
            self.activation, self.fields, self.constants, self.identifier, self.identifier_name, self.related
        )
        object.__setattr__(self, "maker", maker)

    @property
    def rules(self) -> Rules:
        """The activation's rules for a single record."""
        return Rules(
            behaviour=self.activation.behaviour,
            identifier=self.identifier_name,
            related_identifier=self.related.partition(".")[2] or None if self.related else None,
            unarchive=self.activation.archived is Archived.UNARCHIVE,
            by_role=self.by_role,
        )

    @property
    def by_role(self) -> bool:
        """Whether the role says which of several contacts is meant."""
        return "role" in self.activation.fields or "role" in self.activation.constants

    @property
    def identifier_name(self) -> str | None:
        """The identifier as Intercom names it, without the `contact.` of a membership."""
        if self.identifier is None:
            return self.activation.identifier
        return self.identifier.name.removeprefix(self.activation.object.identifier_prefix)

    @property
    def origin(self) -> str:
        """Where records come from: the relation, the identifier and the key. What came from elsewhere stays."""
        words = [self.relation, self.identifier_name, [self._column_name(part) for part in self.key]]
        return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:32]

    def _column_name(self, part: KeyPart) -> str:
        staged = next(each for each in self.columns if each.alias == part.alias)
        return staged.column.name if staged.column else f"constant {staged.literal}"

    @property
    def mapping_hash(self) -> str:
        """The hash of what the user wrote, as far as it decides what Intercom gets."""
        activation = self.activation
        words = [
            activation.object.name,
            str(activation.behaviour),
            activation.identifier,
            sorted(activation.fields.items()),
            *({"only_to": sent} for sent in (self._only_to(),) if sent),
            *([{"where": activation.where}] if activation.where is not None else []),
            sorted(activation.constants.items()),
            str(activation.nulls),
            str(activation.archived),
            self.origin,
        ]
        return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:32]

    def _only_to(self) -> dict[str, bool]:
        return {each.name: each.only_to for each in self.fields if each.only_to is not None}

    @property
    def types_hash(self) -> str:
        """The hash of the columns' types, kept in place of a payload's where a value fits no field.

        A cast in the model leaves the text form of a value, and so the hash of its row, as it was.
        """
        words = [each.column.data_type if each.column else None for each in self.columns]
        return TYPES + hashlib.sha256(json.dumps(words).encode()).hexdigest()[:32]

    def record(self, row: StagedRow) -> Record | Outcome:
        """Make a record of a row, or the outcome `invalid_value` that names every field at fault."""
        return self.maker.record(row)
