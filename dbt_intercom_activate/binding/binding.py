"""An activation bound to its relation and its workspace: which column feeds which field, as what.

`binder` makes a binding, or finds the mistakes that `meta` alone cannot tell.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.binding.column_types import Family
from dbt_intercom_activate.binding.record import Record, Rules, hash_payload
from dbt_intercom_activate.binding.values import InvalidValue, shortest, to_intercom
from dbt_intercom_activate.clock import to_unix
from dbt_intercom_activate.objects.model import FieldType
from dbt_intercom_activate.objects.vocabulary import Archived, Nulls, Word
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dbt_intercom_activate.binding.column import RelationColumn
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.intercom.api import JsonValue


TYPES = "types:"
"""What the hash of the columns' types begins with."""


@dataclass(frozen=True, slots=True)
class MissingAttribute:
    """A custom attribute that Intercom lacks and the activation may make."""

    model: str
    name: str
    data_type: str


@dataclass(frozen=True, slots=True)
class BoundField:
    """One mapped field with the staged column that feeds it."""

    name: str
    type: FieldType
    alias: str
    composite: bool
    nullable: bool
    attribute: bool
    single: bool = False
    """Its column holds numbers of 32 bits."""
    exact_below: int | None = None
    """From this size on the whole numbers of its column may have lost digits."""
    only_to: bool | None = None
    """The only value that is sent; None for all of them."""


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
class StagedRow:
    """One row of a page of the stage."""

    seq: int
    change: str
    """Its class in the plan: added, changed, invalid, removed, waiting."""
    code: str | None
    known_id: str | None
    known_related_id: str | None
    last_payload_hash: str | None
    first_attempt_at: datetime | None
    """By Intercom's clock: see `Delivered.attempted_at`."""
    delivered: bool
    removed_by: str | None
    """The operation by which this tool removed it when it left the model; None if it did not."""
    last_id: str | None
    """Intercom's id at the last success."""
    values: Mapping[str, object]
    """By alias."""


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
        values: dict[str, JsonValue] = {}
        faults: list[str] = []
        for field in self.fields:
            try:
                value = row.values[field.alias]
                values[field.name] = to_intercom(
                    shortest(value) if field.single else value,
                    field.type,
                    composite=field.composite,
                    attribute=field.attribute,
                    exact_below=field.exact_below,
                )
            except InvalidValue as fault:
                faults.append(f"{field.name}: {fault}")
        faults += self._half_values(values)
        if faults:
            return Outcome(Operation.NONE, Code.INVALID_VALUE, "; ".join(faults))
        identifier = values.get(self.identifier.name) if self.identifier else None
        text = None if identifier is None else str(identifier)
        payload = self._payload(values)
        related = None
        if self.related is not None:
            related = str({**self.constants, **values}[self.related]).strip()
        return Record(
            seq=row.seq,
            identifier=text,
            # The row's own id is the newer one: the ledger may remember what the key had before.
            known_id=text if text and self.identifier_name == "id" else row.known_id,
            payload=payload,
            payload_hash=hash_payload(self.activation.object.name, text, payload, self.activation.behaviour),
            related=related,
            known_related_id=row.known_related_id,
            delivered=row.delivered,
            archived_id=row.last_id if row.removed_by == Operation.ARCHIVE.value else None,
            deleted_id=row.last_id if row.removed_by == Operation.DELETE.value else None,
            first_attempt_at=None if row.first_attempt_at is None else to_unix(row.first_attempt_at),
        )

    def _half_values(self, values: Mapping[str, JsonValue]) -> list[str]:
        """What is wrong with values of two halves: one that is there, and its other half is not."""
        told = {**self.constants, **values}
        faults = []
        for name in told:
            whole, pair = self.activation.object.halves_of(name) or ("", None)
            if pair is None or name != f"{whole}.{pair.leading}" or told[name] is None:
                continue
            if f"{whole}.{pair.other}" in told and told[f"{whole}.{pair.other}"] is None:
                faults.append(f"{whole}.{pair.other}: nothing, where there is `{pair.leading}`")
        return faults

    def _payload(self, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """What Intercom gets, in the order of the mapping: of an event's metadata it may keep the first names only."""
        fields = {field.name: field for field in self.fields}
        told = {**self.constants, **values}
        payload: dict[str, Any] = {}
        for name in dict.fromkeys((*self.activation.fields, *self.constants)):
            value, field = told[name], fields.get(name)
            if name == "id" or (field is not None and value is None and not self._sends_null(field)):
                continue
            if field is not None and field.only_to not in (None, value):
                continue
            whole, pair = self.activation.object.halves_of(name) or ("", None)
            if pair is None:
                _put(payload, name, value)
            elif told[f"{whole}.{pair.leading}"] is not None:
                _put_half(payload, name, value)
        return payload

    def _sends_null(self, field: BoundField) -> bool:
        return field.nullable and self.activation.nulls is Nulls.SEND


def _put(payload: dict[str, Any], name: str, value: JsonValue) -> None:
    """Set a field; a dotted name is a key below, as in `custom_attributes.plan`. The rest keeps its dots."""
    parent, dot, child = name.partition(".")
    if dot:
        payload.setdefault(parent, {})[child] = value
    else:
        payload[name] = value


def _put_half(payload: dict[str, Any], name: str, value: JsonValue) -> None:
    """Set `metadata.price.amount` as a key below a key below a key."""
    parent, key, half = name.split(".")
    payload.setdefault(parent, {}).setdefault(key, {})[half] = value
