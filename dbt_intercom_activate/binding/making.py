"""From a staged row to a record: worked out once of a binding, since it is done for each of a million rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.binding.record import Record, hash_payload
from dbt_intercom_activate.binding.values import InvalidValue, converter, quick_converters
from dbt_intercom_activate.clock import to_unix
from dbt_intercom_activate.objects.model import FieldType
from dbt_intercom_activate.objects.vocabulary import Nulls
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dbt_intercom_activate.binding.row import BoundField, StagedRow
    from dbt_intercom_activate.binding.values import JsonScalar
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.intercom.api import JsonValue
    from dbt_intercom_activate.objects.model import Pair

_ARCHIVED, _DELETED = Operation.ARCHIVE.value, Operation.DELETE.value


class RecordMaker:
    """Makes the records of one binding."""

    def __init__(
        self,
        activation: Activation,
        fields: Sequence[BoundField],
        constants: Mapping[str, JsonValue],
        identifier: BoundField | None,
        identifier_name: str | None,
        related: str | None,
    ) -> None:
        """Work out what is the same for all rows; see `Binding` for what it is made of."""
        bound = {field.name: field for field in fields}
        self._object, self._behaviour = activation.object.name, activation.behaviour
        self._readers = tuple(_reader(field) for field in fields)
        self._constants = dict(constants)
        # In the order of the mapping: of an event's metadata Intercom may keep the first names only.
        names = dict.fromkeys((*activation.fields, *constants))
        self._halves = {name: half for name in names if (half := activation.object.halves_of(name))}
        self._put = tuple(
            (*_place(name, self._halves.get(name)), *_left_out(bound.get(name), activation.nulls))
            for name in names
            if name != "id"
        )
        self._identifier = identifier.name if identifier else None
        self._by_id = identifier_name == "id"
        self._related = related

    def record(self, row: StagedRow) -> Record | Outcome:
        """Make a record of a row, or the outcome `invalid_value` that names every field at fault."""
        staged = row.values
        values: dict[str, JsonValue] = dict(self._constants)
        faults: list[str] = []
        for name, alias, quick, convert in self._readers:
            value = staged[alias]
            known = quick.get(type(value), convert)
            try:
                values[name] = value if known is None else known(value)  # type: ignore[assignment]
            except InvalidValue as fault:
                faults.append(f"{name}: {fault}")
                values.pop(name, None)
        if self._halves:
            faults += self._half_values(values)
        if faults:
            return Outcome(Operation.NONE, Code.INVALID_VALUE, "; ".join(faults))
        return self._made(row, values)

    def _made(self, row: StagedRow, values: Mapping[str, JsonValue]) -> Record:
        identifier = values[self._identifier] if self._identifier else None
        text = None if identifier is None else str(identifier)
        payload = self._payload(values)
        removed_by, first = row.removed_by, row.first_attempt_at
        return Record(
            row.seq,
            text,
            # The row's own id is the newer one: the ledger may remember what the key had before.
            text if text and self._by_id else row.known_id,
            payload,
            hash_payload(self._object, text, payload, self._behaviour),
            None if self._related is None else str(values[self._related]).strip(),
            row.known_related_id,
            row.last_id if removed_by == _ARCHIVED else None,
            row.last_id if removed_by == _DELETED else None,
            row.delivered,
            None if first is None else to_unix(first),
        )

    def _half_values(self, told: Mapping[str, JsonValue]) -> list[str]:
        """What is wrong with values of two halves: one that is there, and its other half is not."""
        faults = []
        for name in told:
            whole, pair = self._halves.get(name, ("", None))
            if pair is None or name != f"{whole}.{pair.leading}" or told[name] is None:
                continue
            if f"{whole}.{pair.other}" in told and told[f"{whole}.{pair.other}"] is None:
                faults.append(f"{whole}.{pair.other}: nothing, where there is `{pair.leading}`")
        return faults

    def _payload(self, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        payload: dict[str, Any] = {}
        for name, parents, last, leading, null_stays, only_to in self._put:
            value = values[name]
            if value is None and not null_stays:
                continue
            if only_to is not None and value != only_to:
                continue
            if leading is not None and values[leading] is None:
                continue
            place = payload
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = value
        return payload


_Reader = tuple[
    str, str, "Mapping[type, Callable[[Any], JsonScalar] | None]", "Callable[[object], JsonScalar]"
]


def _reader(field: BoundField) -> _Reader:
    """The field, the column that feeds it, and what makes the value: by its Python type, else the whole way."""
    convert = converter(
        field.type,
        composite=field.composite,
        attribute=field.attribute,
        exact_below=field.exact_below,
        single=field.single,
    )
    lost_digits = field.type is FieldType.ID and field.exact_below is not None
    plain = not (field.composite or field.single or lost_digits)
    quick = quick_converters(field.type, attribute=field.attribute) if plain else {}
    return field.name, field.alias, quick, convert


def _place(name: str, half: tuple[str, Pair] | None) -> tuple[str, tuple[str, ...], str, str | None]:
    """Where a field stands: the keys above it, its own, and the half without which it is left out.

    A dotted name is a key below, as in `custom_attributes.plan`; the rest keeps its dots.
    Of a value of two halves, `metadata.price.amount` is a key below a key below a key.
    """
    if half is not None:
        parent, key, own = name.split(".")
        return name, (parent, key), own, f"{half[0]}.{half[1].leading}"
    parent, dot, child = name.partition(".")
    return (name, (parent,), child, None) if dot else (name, (), name, None)


def _left_out(field: BoundField | None, nulls: Nulls) -> tuple[bool, bool | None]:
    """Whether a null is sent, and the only value that is; of a constant, all of it."""
    if field is None:
        return True, None
    return field.nullable and nulls is Nulls.SEND, field.only_to
