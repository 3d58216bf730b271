"""An activation held against its relation's columns and its workspace's attributes: the second round of mistakes.

It finds what `meta` alone cannot tell, and every mistake of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.binding import (
    Binding,
    KeyPart,
    MissingAttribute,
    MomentKind,
    StagedColumn,
)
from dbt_intercom_activate.binding.column_types import Family
from dbt_intercom_activate.binding.row import BoundField
from dbt_intercom_activate.binding.values import InvalidValue, to_intercom
from dbt_intercom_activate.configuration.entry import only_to
from dbt_intercom_activate.configuration.readers import nearest
from dbt_intercom_activate.errors import MistakesFound
from dbt_intercom_activate.objects.model import FieldType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dbt_intercom_activate.binding.column import RelationColumn
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.errors import Mistake
    from dbt_intercom_activate.intercom.api import JsonValue
    from dbt_intercom_activate.intercom.data_attributes import DataAttribute

ATTRIBUTE_TYPES: Mapping[str, FieldType] = {
    "string": FieldType.TEXT,
    "integer": FieldType.WHOLE,
    "float": FieldType.NUMBER,
    "boolean": FieldType.BOOLEAN,
    "date": FieldType.TIMESTAMP,
    "datetime": FieldType.TIMESTAMP,
}
"""Intercom's `data_type` of a custom attribute, as the type of a field.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes"""

_NUMBERS = frozenset({Family.INTEGER, Family.NUMBER})

_STANDARD_TAKES: Mapping[FieldType, frozenset[Family]] = {
    FieldType.BOOLEAN: frozenset({Family.BOOLEAN}),
    FieldType.TIMESTAMP: frozenset({Family.TIMESTAMP, *_NUMBERS}),
    **dict.fromkeys((FieldType.INTEGER, FieldType.WHOLE, FieldType.NUMBER, FieldType.CENTS), _NUMBERS),
}
"""The families of columns of which not every value is sure to fail in a field of Intercom's own."""

_TAKES: Mapping[FieldType, frozenset[Family]] = {
    FieldType.TEXT: frozenset({Family.TEXT}),
    FieldType.WHOLE: frozenset({Family.INTEGER, Family.NUMBER}),
    FieldType.NUMBER: frozenset({Family.INTEGER, Family.NUMBER}),
    FieldType.BOOLEAN: frozenset({Family.BOOLEAN}),
    FieldType.TIMESTAMP: frozenset({Family.TIMESTAMP, Family.INTEGER, Family.NUMBER}),
}
"""The families of columns whose values can fit a custom attribute; each value is judged again on its own."""

_DATA_TYPES: Mapping[Family, str] = {
    Family.TIMESTAMP: "date",
    Family.BOOLEAN: "boolean",
    Family.INTEGER: "integer",
    Family.NUMBER: "float",
    Family.TEXT: "string",
}
"""The `data_type` of an attribute that is made for a column of a family."""

_CAST = (
    "Cast the column in the model, or use an attribute of its type; "
    "Intercom cannot change an attribute's type"
)

_SPOKEN = {FieldType.WHOLE: "whole number"}
"""What people call a type, where its name is another."""

_SIMPLE = "a column of text, numbers, booleans or dates"
_OWN_COLUMN = "Intercom takes no objects, arrays or bytes: give the value a column of its own in the model"


def bind(
    activation: Activation,
    columns: Sequence[RelationColumn],
    attributes: Mapping[str, DataAttribute] | None,
    quoted_relation: str,
    *,
    admin_id: str | None = None,
) -> Binding:
    """Bind an activation to its relation's columns and its workspace's attributes.

    Args:
        attributes: By full name (`custom_attributes.plan`); None where they could not be read.
        quoted_relation: How messages name the relation.
        admin_id: The workspace's own, for an object that has the field and an activation that maps none.

    Raises:
        MistakesFound: Columns or attributes do not fit; every one of them is named.
    """
    return _Binder(activation, columns, attributes, quoted_relation).bind(admin_id)


class _Binder:
    """Binds one activation, and takes down every mistake on the way."""

    def __init__(
        self,
        activation: Activation,
        columns: Sequence[RelationColumn],
        attributes: Mapping[str, DataAttribute] | None,
        relation: str,
    ) -> None:
        self._activation = activation
        self._columns = columns
        self._attributes = attributes
        self._relation = relation
        self._staged = _StagedColumns(columns)
        self._mistakes: list[Mistake] = []
        self._missing: list[MissingAttribute] = []

    def bind(self, admin_id: str | None) -> Binding:
        activation = self._activation
        fields = self._fields()
        constants = self._constants(admin_id)
        identifier = self._identifier(fields)
        related = next((name for name in activation.object.related if self._is_mapped(name)), None)
        key = self._key(identifier)
        related_alias = self._alias_of(related).alias if related and not self._mistakes else None
        if self._mistakes:
            raise MistakesFound(self._mistakes)
        return Binding(
            activation=activation,
            relation=self._relation,
            columns=tuple(self._staged.taken.values()),
            fields=fields,
            constants=constants,
            key=key,
            identifier=identifier,
            related=related,
            related_alias=related_alias,
            missing=tuple(self._missing),
        )

    def _is_mapped(self, name: str) -> bool:
        return name in self._activation.fields or name in self._activation.constants

    def _identifier(self, fields: Sequence[BoundField]) -> BoundField | None:
        prefix = self._activation.object.identifier_prefix
        for field in fields:
            if field.name == self._activation.identifier or (prefix and field.name.startswith(prefix)):
                return field
        return None

    def _fields(self) -> tuple[BoundField, ...]:
        fields = []
        for name, written in sorted(self._activation.fields.items()):
            column = self._staged.find(written)
            if column is None:
                self._no_column(f"fields.{name}", written)
                continue
            if column.type.composite:
                self._composite(f"fields.{name}", column)
                continue
            field_type = self._type_of(name, f"fields.{name}", column.type.family, column.data_type)
            if not _is_attribute(self._activation, name):
                self._standard(name, field_type, column)
            if only_to(written) is not None and column.type.family is not Family.BOOLEAN:
                expected = "a column of booleans, for a field with `only_to`"
                self._note(
                    f"fields.{name}", expected, f"one of type {column.data_type}", "Cast it in the model"
                )
            fields.append(_bound(self._activation, name, field_type, self._staged.take(column)))
        return tuple(fields)

    def _standard(self, name: str, field_type: FieldType, column: RelationColumn) -> None:
        """Take down a field of Intercom's own that no value of the column can fit."""
        takes, family = _STANDARD_TAKES.get(field_type), column.type.family
        if takes is not None and family not in takes and family is not Family.OTHER:
            expected = f"a value that fits {name}, which is a {_SPOKEN.get(field_type, str(field_type))}"
            self._note(f"fields.{name}", expected, f"one of type {column.data_type}", "Cast it in the model")

    def _constants(self, admin_id: str | None) -> dict[str, JsonValue]:
        activation = self._activation
        constants: dict[str, JsonValue] = {}
        for name, value in sorted(activation.constants.items()):
            field_type = self._type_of(name, f"constants.{name}", _family_of(value), f"{value!r}")
            try:
                constants[name] = to_intercom(value, field_type, attribute=_is_attribute(activation, name))
            except InvalidValue as fault:
                self._note(f"constants.{name}", f"a value that {name} takes", str(fault), "Correct it")
        if "admin_id" in activation.object.fields and not self._is_mapped("admin_id"):
            if admin_id is None:
                todo = "Map it, add it to the constants, or set `admin_id` of the workspace in intercom.yml"
                self._note("fields", "an `admin_id`, who tags", "none", todo)
            constants["admin_id"] = admin_id
        return constants

    def _key(self, identifier: BoundField | None) -> tuple[KeyPart, ...]:
        """The columns of `key`, else the identifier and what else tells the object's records apart."""
        if self._activation.key:
            return self._written_key()
        parts = [] if identifier is None else [KeyPart(identifier.alias, identifier.type is FieldType.EMAIL)]
        if not self._mistakes:
            named = [name for name in self._activation.object.key if self._is_mapped(name)]
            parts += [self._key_part(self._alias_of(name), fold=name == "tag") for name in named]
        return tuple(parts)

    def _written_key(self) -> tuple[KeyPart, ...]:
        parts = []
        for index, written in enumerate(self._activation.key):
            column = self._staged.find(written)
            if column is None:
                self._no_column(f"key[{index}]", written)
            else:
                parts.append(self._key_part(self._staged.take(column)))
        return tuple(parts)

    def _key_part(self, staged: StagedColumn, *, fold: bool = False) -> KeyPart:
        moment = None
        if staged.column is not None and self._feeds_the_moment(staged.column):
            moment = MomentKind.of(staged.column)
        return KeyPart(staged.alias, fold, staged.zoned, moment)

    def _feeds_the_moment(self, column: RelationColumn) -> bool:
        """Whether a column tells when a record happens, as Intercom knows it: by the second, whatever its type."""
        known, written = self._activation.object, self._activation.fields
        moments = [
            name for name in known.key if (field := known.field(name)) and field.type is FieldType.TIMESTAMP
        ]
        return any(name in written and self._staged.find(written[name]) == column for name in moments)

    def _alias_of(self, name: str) -> StagedColumn:
        """The staged column of a field that is mapped, a constant's too."""
        written = self._activation.fields.get(name)
        column = self._staged.find(written) if written is not None else None
        if column is not None:
            return self._staged.take(column)
        return self._staged.take_literal(name, str(self._activation.constants[name]))

    def _type_of(self, name: str, key: str, family: Family, shown: str) -> FieldType:
        """The type of a field; what is wrong with the custom attribute behind it is taken down."""
        activation, attributes = self._activation, self._attributes
        known = activation.object.field(name)
        field_type = known.type if known else FieldType.SCALAR
        if attributes is None or not _is_attribute(activation, name):
            return field_type
        attribute = attributes.get(name)
        if attribute is None:
            return self._unknown_attribute(key, name, family)
        if attribute.archived:
            self._note(
                key,
                "an active attribute",
                f"{name}, which is archived in Intercom",
                "Unarchive it in Intercom",
            )
        elif not attribute.api_writable:
            self._note(
                key,
                "an attribute that the API may write",
                f"{name}, which it may not",
                "Use another attribute",
            )
        field_type = ATTRIBUTE_TYPES.get(attribute.data_type, FieldType.SCALAR)
        if not _may_fit(family, field_type):
            expected = f"a value that fits {name}, whose type in Intercom is {attribute.data_type}"
            self._note(key, expected, f"one of type {shown}" if key.startswith("fields") else shown, _CAST)
        return field_type

    def _unknown_attribute(self, key: str, name: str, family: Family) -> FieldType:
        activation = self._activation
        model, prefix = str(activation.object.attribute_model), activation.object.open_prefix or ""
        own_name = name.removeprefix(prefix)
        names = [each.removeprefix(prefix) for each in self._attributes or ()]
        alike = next((each for each in self._names_of(own_name, names)), None)
        if activation.create_attributes and alike is None:
            data_type = _DATA_TYPES.get(family, "string")
            self._missing.append(MissingAttribute(model, own_name, data_type))
            return ATTRIBUTE_TYPES[data_type]
        remedy = "Create it in Intercom (Settings, Data), set `create_attributes: true`, or map another"
        # With the prefix that they share, all names look alike.
        todo = nearest(own_name, names, remedy)
        if alike is not None:
            todo = f"Did you mean `{alike}`? To Intercom, names that differ in case are two attributes"
        self._note(key, f"a {model} attribute that exists in Intercom", f"{name}, which does not", todo)
        return FieldType.SCALAR

    def _composite(self, key: str, column: RelationColumn) -> None:
        self._note(key, _SIMPLE, f"{column.name!r}, whose type is {column.data_type}", _OWN_COLUMN)

    def _names_of(self, name: str, known: Sequence[str]) -> Iterator[str]:
        """The names, of attributes that are there or are to be made, which people could not tell from this one."""
        for each in (*known, *(made.name for made in self._missing)):
            if each != name and each.strip().casefold() == name.strip().casefold():
                yield each

    def _no_column(self, key: str, written: str) -> None:
        whole = self._staged.find(written.partition(".")[0])
        if whole is not None and whole.type.composite:
            found = f"{written!r}, a part of {whole.name!r}, whose type is {whole.data_type}"
            self._note(key, f"a column of {self._relation}", found, _OWN_COLUMN)
            return
        remedy = "Correct the name, or build the model again"
        todo = nearest(written, [column.name for column in self._columns], remedy)
        self._note(key, f"a column of {self._relation}", repr(written), todo)

    def _note(self, key: str, expected: str, found: str, todo: str | None) -> None:
        self._mistakes.append(self._activation.mistake(key, expected=expected, found=found, todo=todo))


class _StagedColumns:
    """Columns of the relation as they are asked for, matched without regard to case."""

    def __init__(self, columns: Iterable[RelationColumn]) -> None:
        self._exact = {column.name: column for column in columns}
        self._folded: dict[str, list[RelationColumn]] = {}
        for column in self._exact.values():
            self._folded.setdefault(column.name.lower(), []).append(column)
        self.taken: dict[str, StagedColumn] = {}

    def find(self, written: str) -> RelationColumn | None:
        alike = self._folded.get(written.lower(), [])
        return self._exact.get(written) or (alike[0] if len(alike) == 1 else None)

    def take(self, column: RelationColumn) -> StagedColumn:
        return self._take(column.name, column, None)

    def take_literal(self, name: str, text: str) -> StagedColumn:
        return self._take(f"constant {name}", None, text)

    def _take(self, name: str, column: RelationColumn | None, literal: str | None) -> StagedColumn:
        if name not in self.taken:
            self.taken[name] = StagedColumn(column, f"ia_c{len(self.taken) + 1}", literal)
        return self.taken[name]


def _bound(activation: Activation, name: str, field_type: FieldType, staged: StagedColumn) -> BoundField:
    known = activation.object.field(name)
    return BoundField(
        name=name,
        type=field_type,
        alias=staged.alias,
        composite=staged.composite,
        nullable=known.nullable if known else True,
        attribute=activation.object.open_prefix is not None
        and name.startswith(activation.object.open_prefix),
        single=staged.column is not None and staged.column.type.single,
        exact_below=staged.column.type.exact_below if staged.column is not None else None,
        only_to=only_to(activation.fields[name]),
    )


def _is_attribute(activation: Activation, name: str) -> bool:
    """Whether the field is one of Intercom's data attributes, which exist or do not."""
    prefix = activation.object.open_prefix
    return activation.object.attribute_model is not None and prefix is not None and name.startswith(prefix)


def _may_fit(family: Family, field_type: FieldType) -> bool:
    """Whether values of a family can fit an attribute."""
    takes = _TAKES.get(field_type)
    return takes is None or family in takes or family is Family.OTHER


def _family_of(constant: JsonValue) -> Family:
    """The family of a constant's own type."""
    if isinstance(constant, bool):
        return Family.BOOLEAN
    if isinstance(constant, str):
        return Family.TEXT
    if isinstance(constant, float):
        return Family.NUMBER
    return Family.INTEGER if isinstance(constant, int) else Family.OTHER
