"""An activation bound to its relation and its workspace: which column feeds which field, as what.

This is the second round of mistakes: what `meta` alone cannot tell.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.codes import Code
from dbt_intercom_activate.errors import MistakesFound
from dbt_intercom_activate.objects.model import FieldType
from dbt_intercom_activate.outcome import Operation, Outcome
from dbt_intercom_activate.record import Record, Rules, hash_payload
from dbt_intercom_activate.values import InvalidValue, is_composite, to_intercom
from dbt_intercom_activate.words import Archived, Nulls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from dbt_intercom_activate.activation import Activation
    from dbt_intercom_activate.intercom.api import JsonValue
    from dbt_intercom_activate.intercom.data_attributes import DataAttribute
    from dbt_intercom_activate.mistakes import Mistake
    from dbt_intercom_activate.relation import Column

ATTRIBUTE_TYPES: Mapping[str, FieldType] = {
    "string": FieldType.TEXT,
    "integer": FieldType.INTEGER,
    "float": FieldType.NUMBER,
    "boolean": FieldType.BOOLEAN,
    "date": FieldType.TIMESTAMP,
    "datetime": FieldType.TIMESTAMP,
}
"""Intercom's `data_type` of a custom attribute, as the type of a field.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes"""

_FAMILIES: Sequence[tuple[str, re.Pattern[str]]] = (
    ("timestamp", re.compile(r"^(timestamp|datetime|date\b)", re.IGNORECASE)),
    ("boolean", re.compile(r"^bool", re.IGNORECASE)),
    (
        "number",
        re.compile(
            r"^(u?(tiny|small|big|huge|medium)?int(eger)?[0-9]*\b|long|short|byteint|serial)", re.IGNORECASE
        ),
    ),
    ("number", re.compile(r"^(big)?(decimal|dec\b|numeric|number|float|double|real|fixed)", re.IGNORECASE)),
    ("text", re.compile(r"^(var|n|nvar|bp)?char|^(text|string|uuid|enum|citext)", re.IGNORECASE)),
)

_TAKES: Mapping[FieldType, frozenset[str]] = {
    FieldType.TEXT: frozenset({"text"}),
    FieldType.INTEGER: frozenset({"number"}),
    FieldType.NUMBER: frozenset({"number"}),
    FieldType.BOOLEAN: frozenset({"boolean"}),
    FieldType.TIMESTAMP: frozenset({"timestamp", "number"}),
}


@dataclass(frozen=True, slots=True)
class BoundField:
    """One mapped field with the staged column that feeds it."""

    name: str
    type: FieldType
    alias: str
    composite: bool
    nullable: bool
    attribute: bool


@dataclass(frozen=True, slots=True)
class StagedColumn:
    """A column of the relation and its name in the stage."""

    column: Column
    alias: str


@dataclass(frozen=True, slots=True)
class StagedRow:
    """One row of a page of the stage."""

    seq: int
    change: str
    """Its class in the plan: added, changed, invalid, removed, waiting."""
    code: str | None
    known_id: str | None
    last_payload_hash: str | None
    first_attempt_at: datetime | None
    delivered: bool
    values: Mapping[str, object]
    """By alias."""


@dataclass(frozen=True, slots=True)
class Binding:
    """How the rows of one relation become records of one activation."""

    activation: Activation
    columns: tuple[StagedColumn, ...]
    fields: tuple[BoundField, ...]
    constants: Mapping[str, JsonValue]
    key: tuple[str, ...]
    """Aliases that make the record key."""
    identifier: BoundField | None

    @property
    def rules(self) -> Rules:
        """The activation's rules for a single record."""
        return Rules(
            behaviour=self.activation.behaviour,
            identifier=self.activation.identifier,
            unarchive=self.activation.archived is Archived.UNARCHIVE,
        )

    @property
    def mapping_hash(self) -> str:
        """The hash of what the user wrote, as far as it decides what Intercom gets."""
        activation = self.activation
        words = [
            activation.object.name,
            str(activation.behaviour),
            activation.identifier,
            sorted(activation.fields.items()),
            sorted(activation.constants.items()),
            str(activation.nulls),
            str(activation.archived),
        ]
        return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:32]

    def record(self, row: StagedRow) -> Record | Outcome:
        """Make a record of a row, or the outcome `invalid_value` that names every field at fault."""
        values: dict[str, JsonValue] = {}
        faults: list[str] = []
        for field in self.fields:
            try:
                values[field.name] = to_intercom(
                    row.values[field.alias], field.type, composite=field.composite, attribute=field.attribute
                )
            except InvalidValue as fault:
                faults.append(f"{field.name}: {fault}")
        if faults:
            return Outcome(Operation.NONE, Code.INVALID_VALUE, "; ".join(faults))
        identifier = values.get(self.identifier.name) if self.identifier else None
        text = None if identifier is None else str(identifier)
        payload = self._payload(values)
        return Record(
            seq=row.seq,
            identifier=text,
            known_id=row.known_id,
            payload=payload,
            payload_hash=hash_payload(self.activation.object.name, text, payload),
            delivered=row.delivered,
            first_attempt_at=_unix(row.first_attempt_at),
        )

    def _payload(self, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        payload: dict[str, Any] = {}
        for field in self.fields:
            value = values[field.name]
            if field.name == "id" or (value is None and not self._sends_null(field)):
                continue
            _put(payload, field.name, value)
        for name, constant in self.constants.items():
            _put(payload, name, constant)
        return payload

    def _sends_null(self, field: BoundField) -> bool:
        return field.nullable and self.activation.nulls is Nulls.SEND


def bind(
    activation: Activation,
    columns: Sequence[Column],
    attributes: Mapping[str, DataAttribute] | None,
    quoted_relation: str,
) -> Binding:
    """Bind an activation to its relation's columns and its workspace's attributes.

    Args:
        attributes: By full name (`custom_attributes.plan`); None where they could not be read.
        quoted_relation: How messages name the relation.

    Raises:
        MistakesFound: Columns or attributes do not fit; every one of them is named.
    """
    mistakes: list[Mistake] = []
    staged = _Stage(columns)
    fields: list[BoundField] = []
    for name, written in sorted(activation.fields.items()):
        found = staged.take(written)
        if found is None:
            mistakes.append(_no_column(activation, f"fields.{name}", written, columns, quoted_relation))
            continue
        field_type, complaint = _type_of(activation, name, attributes, found.column.data_type)
        if complaint is not None:
            mistakes.append(complaint)
        fields.append(_bound(activation, name, field_type, found))
    key = _key(activation, staged, columns, quoted_relation, mistakes)
    constants, complaints = _constants(activation, attributes)
    mistakes.extend(complaints)
    if mistakes:
        raise MistakesFound(mistakes)
    return Binding(
        activation=activation,
        columns=tuple(staged.taken.values()),
        fields=tuple(fields),
        constants=constants,
        key=key,
        identifier=next((field for field in fields if field.name == activation.identifier), None),
    )


class _Stage:
    """Columns of the relation as they are asked for, matched without regard to case."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._exact = {column.name: column for column in columns}
        self._folded: dict[str, list[Column]] = {}
        for column in self._exact.values():
            self._folded.setdefault(column.name.lower(), []).append(column)
        self.taken: dict[str, StagedColumn] = {}

    def take(self, written: str) -> StagedColumn | None:
        alike = self._folded.get(written.lower(), [])
        column = self._exact.get(written) or (alike[0] if len(alike) == 1 else None)
        if column is None:
            return None
        if column.name not in self.taken:
            self.taken[column.name] = StagedColumn(column, f"ia_c{len(self.taken) + 1}")
        return self.taken[column.name]


def _bound(activation: Activation, name: str, field_type: FieldType, staged: StagedColumn) -> BoundField:
    known = activation.object.field(name)
    return BoundField(
        name=name,
        type=field_type,
        alias=staged.alias,
        composite=is_composite(staged.column.data_type),
        nullable=known.nullable if known else True,
        attribute=_is_attribute(activation, name),
    )


def _is_attribute(activation: Activation, name: str) -> bool:
    prefix = activation.object.open_prefix
    return prefix is not None and name.startswith(prefix)


def _key(
    activation: Activation,
    staged: _Stage,
    columns: Sequence[Column],
    relation: str,
    mistakes: list[Mistake],
) -> tuple[str, ...]:
    """The aliases of the record key: the columns of `key`, else the identifier's."""
    written = activation.key or tuple(filter(None, [activation.fields.get(activation.identifier or "")]))
    aliases = []
    for index, column in enumerate(written):
        found = staged.take(column)
        if found is not None:
            aliases.append(found.alias)
        elif activation.key:
            mistakes.append(_no_column(activation, f"key[{index}]", column, columns, relation))
    return tuple(aliases)


def _constants(
    activation: Activation, attributes: Mapping[str, DataAttribute] | None
) -> tuple[dict[str, JsonValue], list[Mistake]]:
    constants: dict[str, JsonValue] = {}
    mistakes = []
    for name, value in sorted(activation.constants.items()):
        field_type, complaint = _type_of(activation, name, attributes, None)
        if complaint is not None:
            mistakes.append(complaint)
            continue
        try:
            constants[name] = to_intercom(value, field_type, attribute=_is_attribute(activation, name))
        except InvalidValue as fault:
            mistakes.append(
                activation.mistake(
                    f"constants.{name}",
                    expected=f"a value that {name} takes",
                    found=str(fault),
                    todo="Correct it",
                )
            )
    return constants, mistakes


def _type_of(
    activation: Activation,
    name: str,
    attributes: Mapping[str, DataAttribute] | None,
    data_type: str | None,
) -> tuple[FieldType, Mistake | None]:
    """The type of a field, and what is wrong with the custom attribute behind it."""
    known = activation.object.field(name)
    field_type = known.type if known else FieldType.SCALAR
    if attributes is None or activation.object.attribute_model is None or not _is_attribute(activation, name):
        return field_type, None
    key = f"{'constants' if data_type is None else 'fields'}.{name}"
    attribute = attributes.get(name)
    if attribute is None:
        return field_type, _unknown_attribute(activation, key, name, attributes)
    if attribute.archived:
        return field_type, activation.mistake(
            key,
            expected="an active attribute",
            found=f"{name}, which is archived in Intercom",
            todo="Unarchive it in Intercom",
        )
    if not attribute.api_writable:
        return field_type, activation.mistake(
            key,
            expected="an attribute that the API may write",
            found=f"{name}, which it may not",
            todo="Use another attribute",
        )
    field_type = ATTRIBUTE_TYPES.get(attribute.data_type, FieldType.SCALAR)
    return field_type, _wrong_type(activation, key, attribute, field_type, data_type)


def _wrong_type(
    activation: Activation, key: str, attribute: DataAttribute, field_type: FieldType, data_type: str | None
) -> Mistake | None:
    family = _family(data_type) if data_type is not None else None
    if family is None or family in _TAKES.get(field_type, frozenset({family})):
        return None
    return activation.mistake(
        key,
        expected=f"a column that fits {attribute.full_name}, whose type in Intercom is {attribute.data_type}",
        found=f"a column of type {data_type}",
        todo="Cast the column in the model, or use an attribute of its type; Intercom cannot change an attribute's type",
    )


def _family(data_type: str) -> str | None:
    if is_composite(data_type):
        return None  # each such value fails as `invalid_value`
    return next((family for family, pattern in _FAMILIES if pattern.search(data_type)), None)


def _unknown_attribute(
    activation: Activation, key: str, name: str, attributes: Mapping[str, DataAttribute]
) -> Mistake:
    model = activation.object.attribute_model
    return activation.mistake(
        key,
        expected=f"a {model} attribute that exists in Intercom",
        found=f"{name}, which does not",
        todo=_did_you_mean(name, attributes) + "Create it in Intercom (Settings, Data), or map another",
    )


def _no_column(
    activation: Activation, key: str, written: str, columns: Sequence[Column], relation: str
) -> Mistake:
    return activation.mistake(
        key,
        expected=f"a column of {relation}",
        found=repr(written),
        todo=_did_you_mean(written, [column.name for column in columns])
        + "Correct the name, or build the model again",
    )


def _did_you_mean(name: str, choices: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(choices), n=1)
    return f"Did you mean {near[0]!r}? " if near else ""


def _put(payload: dict[str, Any], name: str, value: JsonValue) -> None:
    """Set a field; a dotted name is a key below, as in `custom_attributes.plan`. The rest keeps its dots."""
    parent, dot, child = name.partition(".")
    if dot:
        payload.setdefault(parent, {})[child] = value
    else:
        payload[name] = value


def _unix(moment: datetime | None) -> int | None:
    """Unix seconds of a moment that the ledger keeps in UTC without a zone."""
    return None if moment is None else int(moment.replace(tzinfo=timezone.utc).timestamp())
