"""What an object allows, judged on one activation. Every function notes mistakes and goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dbt_intercom_activate.configuration.constants import settle
from dbt_intercom_activate.configuration.entry import only_to
from dbt_intercom_activate.configuration.readers import describe, is_slip_of, listed, nearest
from dbt_intercom_activate.objects import OBJECTS, Behaviour, FieldType
from dbt_intercom_activate.objects.model import LONGEST_ATTRIBUTE_NAME
from dbt_intercom_activate.objects.vocabulary import Archived, Removed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.configuration.entry import Entry
    from dbt_intercom_activate.configuration.readers import JsonScalar
    from dbt_intercom_activate.objects import IntercomObject, Terms

_MAY_BE_BOOLEAN = (FieldType.BOOLEAN, FieldType.SCALAR)


class NoteSetting(Protocol):
    """Takes down a mistake of one setting of the activation."""

    def __call__(self, *tail: str, expected: str, found: str, todo: str | None = None) -> None:
        """Note what stands at a key such as `"nulls"`, or at `"fields", "email"`."""


def object_and_behaviour(entry: Entry, written: frozenset[str], note: NoteSetting) -> bool:
    """Judge what is to be written and how; whether the rest can be judged at all."""
    if entry.object is None:
        if "object" not in written:
            note("object", expected=listed(OBJECTS), found="nothing")
        _without_object(entry, note)
        return False
    if entry.behaviour is None:
        if "behaviour" not in written:
            note("behaviour", expected=listed(entry.object.behaviours), found="nothing")
        _without_behaviour(entry, entry.object, note)
        return False
    if entry.behaviour not in entry.object.behaviours:
        expected = f"{listed(entry.object.behaviours)} for `object: {entry.object.name}`"
        note("behaviour", expected=expected, found=describe(entry.behaviour))
        _without_behaviour(entry, entry.object, note)
        return False
    return True


def _without_object(entry: Entry, note: NoteSetting) -> None:
    """Judge what is wrong whatever the object: an identifier or a field that none of them has."""
    identifiers = {each: None for owner in OBJECTS.values() for each in owner.identifiers}
    if entry.identifier is not None and entry.identifier not in identifiers:
        todo = nearest(entry.identifier, identifiers)
        note("identifier", expected=listed(identifiers), found=describe(entry.identifier), todo=todo)
    known = {each: None for owner in OBJECTS.values() for each in owner.fields}
    for key, names in (("fields", entry.fields or {}), ("constants", entry.constants or {})):
        for name in names:
            if all(each.field(name) is None and name not in each.read_only for each in OBJECTS.values()):
                expected = "a field that Intercom lets one write"
                note(key, name, expected=expected, found=describe(name), todo=nearest(name, known))


def _without_behaviour(entry: Entry, owner: IntercomObject, note: NoteSetting) -> None:
    """Judge what is wrong whatever the behaviour: an identifier or a field that the object does not have."""
    if entry.identifier is not None and entry.identifier not in owner.identifiers:
        options = listed(owner.identifiers) or "no identifier"
        expected = f"{options} for `object: {owner.name}`"
        todo = nearest(entry.identifier, owner.identifiers)
        note("identifier", expected=expected, found=describe(entry.identifier), todo=todo)
    for key, names in (("fields", entry.fields or {}), ("constants", entry.constants or {})):
        for name in names:
            if owner.field(name) is None and name not in owner.read_only:
                expected = f"a field of `object: {owner.name}` that Intercom lets one write"
                note(key, name, expected=expected, found=describe(name), todo=_advice(entry, owner, name))


def identifier(entry: Entry, written: frozenset[str], terms: Terms, note: NoteSetting) -> str | None:
    """Judge and return the field that matches the records."""
    here = f"`object: {_name(entry)}` with `behaviour: {entry.behaviour}`"
    if entry.identifier is None:
        if terms.identifier_required and "identifier" not in written:
            note("identifier", expected=f"{listed(terms.identifiers)} for {here}", found="nothing")
        chosen = terms.default_identifier
    elif entry.identifier not in terms.identifiers:
        options = listed(terms.identifiers) or "no identifier"
        todo = nearest(entry.identifier, terms.identifiers)
        note("identifier", expected=f"{options} for {here}", found=describe(entry.identifier), todo=todo)
        return None
    else:
        chosen = entry.identifier
    if chosen is not None and chosen not in (entry.fields or {}):
        _identifier_unmapped(entry, chosen, note)
    return chosen


def _identifier_unmapped(entry: Entry, chosen: str, note: NoteSetting) -> None:
    found = "it as a constant" if chosen in (entry.constants or {}) else _shown(entry.fields)
    todo = f"Add `{chosen}: <column>` to the fields"
    note("identifier", expected=f"`{chosen}` among the fields", found=found, todo=todo)


def fields(entry: Entry, chosen: str | None, note: NoteSetting) -> None:
    """Judge every mapped field and constant: known, and writable with this behaviour and identifier."""
    for key, names in (("fields", entry.fields or {}), ("constants", entry.constants or {})):
        for name in names:
            _field(entry, name, chosen, key, note)
    mapped = _mapped(entry)
    for name, column in (entry.fields or {}).items():
        field = entry.object.field(name) if entry.object else None
        if only_to(column) is not None and field and field.type not in _MAY_BE_BOOLEAN:
            note(
                "fields",
                name,
                expected="`only_to` on a field that is true or false",
                found=f"it on a field of type {field.type}",
                todo=f"Write `{name}: {column}`",
            )
    for name in mapped:
        field = entry.object.field(name) if entry.object else None
        if field and field.together_with and field.together_with not in mapped:
            note(
                *_place(entry, name),
                expected=f"`{field.together_with}` to be mapped too",
                found=f"`{name}` without it",
                todo=f"Intercom takes `{name}` only in a request that has `{field.together_with}`",
            )


def _field(entry: Entry, name: str, chosen: str | None, key: str, note: NoteSetting) -> None:
    owner, behaviour = entry.object, entry.behaviour
    if owner is None or behaviour is None or owner.takes(name, behaviour, chosen):
        return
    if name in owner.identifiers and entry.identifier is not None and chosen is None:
        return  # the identifier itself is the mistake
    found = describe(name)
    expected = f"a field of `object: {owner.name}` that Intercom lets one write"
    if name in owner.read_only:
        note(
            key,
            name,
            expected=expected,
            found=f"{found}, which is read-only",
            todo=_sentence(owner.read_only[name]),
        )
    elif owner.field(name) is None:
        note(key, name, expected=expected, found=found, todo=_advice(entry, owner, name))
    elif name in owner.fields and owner.fields[name].identifies_only:
        _identifier_written(owner.behaviours[behaviour], name, key, note)
    else:
        way = f"`behaviour: {behaviour}`" + (f" and `identifier: {chosen}`" if chosen else "")
        expected = f"a field that can be written with {way}"
        note(key, name, expected=expected, found=found, todo="Leave the field out")


def _identifier_written(terms: Terms, name: str, key: str, note: NoteSetting) -> None:
    todo = f"Set `identifier: {name}`, or leave the field out"
    if name not in terms.identifiers:
        todo = "Leave the field out: Intercom gives the id"
    note(key, name, expected=f"`{name}` as the identifier only", found="it as a field to write", todo=todo)


def _advice(entry: Entry, owner: IntercomObject, name: str) -> str | None:
    column = (entry.fields or {}).get(name)
    turned_round = column in owner.fields and column not in (entry.fields or {})
    if turned_round and not is_slip_of(name, [str(column)]):
        return f"Intercom's field stands first, then the column of the model: `{column}: {name}`"
    return _suggest(owner, name)


def _suggest(owner: IntercomObject, name: str) -> str | None:
    prefix = owner.open_prefix
    if prefix is None:
        return nearest(name, owner.fields)
    if owner.open_names is not None and "." in name.removeprefix(prefix):
        halves = [f"`.{each.leading}` with `.{each.other}`" for each in owner.open_names.pairs]
        return f"Intercom takes no nesting below a name but {listed(halves)}"
    if name.startswith(prefix):
        return f"Write a name of 1 to {LONGEST_ATTRIBUTE_NAME} characters after `{prefix}`"
    below = f"{prefix}{name.partition('.')[2]}" if "." in name else ""
    own = f"A field of your own is written `{prefix}{name}`"
    return nearest(name, [*owner.fields, below]) or own


def constants(entry: Entry, note: NoteSetting) -> Mapping[str, JsonScalar]:
    """Judge the fixed values; return them as they are kept."""
    kept: dict[str, JsonScalar] = {}
    for name, value in (entry.constants or {}).items():
        field = entry.object.field(name) if entry.object else None
        if field is None:
            continue
        try:
            kept[name] = settle(field, value)
        except ValueError as error:
            quoted = isinstance(value, bool | int | float) and "text" in str(error)
            todo = "Put it in quotes" if quoted else None
            note("constants", name, expected=str(error), found=describe(value), todo=todo)
    return kept


def groups(entry: Entry, terms: Terms, note: NoteSetting) -> None:
    """Judge that the fields without which Intercom takes nothing are mapped."""
    mapped = _mapped(entry)
    for group in entry.object.one_of if entry.object else ():
        present = [name for name in group if name in mapped]
        if len(present) != 1:
            expected = f"one of {listed(group)}" if len(group) > 1 else f"`{group[0]}` to be mapped"
            note("fields", expected=expected, found=listed(present, last="and") or _shown(entry.fields))
    if terms.creates_with and not terms.creates_with & mapped.keys():
        options = listed(sorted(terms.creates_with))
        todo = f"Intercom creates no {_name(entry)} without"
        note("fields", expected=f"at least one of {options}", found=_shown(entry.fields), todo=todo)


def leads(entry: Entry, chosen: str | None, note: NoteSetting) -> None:
    """Judge that leads are not matched by a field that Intercom fills by itself, and that a role is of use."""
    prefix = entry.object.identifier_prefix if entry.object else ""
    sides = [name.removeprefix(prefix) for name in entry.fields or {} if prefix and name.startswith(prefix)]
    matched = chosen or (sides[0] if len(sides) == 1 else None)
    place = ("identifier",) if chosen else ("fields", f"{prefix}{matched}")
    is_lead = (entry.constants or {}).get("role") == "lead"
    if is_lead and matched == "external_id" and entry.behaviour is not Behaviour.INSERT:
        note(
            *place,
            expected="email or id for `role: lead`",
            found=describe(matched),
            todo="Intercom gives each lead an external_id of its own, so yours cannot match one",
        )
    if sides and matched == "id" and "role" in _mapped(entry):
        note(
            *_place(entry, "role"),
            expected=f"a role only where a contact is matched by {prefix}email or {prefix}external_id",
            found=f"`{prefix}id`",
            todo="Leave the role out: an id names one contact",
        )


def key(entry: Entry, written: frozenset[str], chosen: str | None, note: NoteSetting) -> None:
    """Judge the record key where the identifier cannot be it."""
    no_identifier = entry.behaviour is Behaviour.INSERT and chosen is None and "identifier" not in written
    by_id = entry.behaviour is Behaviour.UPSERT and chosen == "id"
    if not (no_identifier or by_id):
        return
    reason = "an upsert by `id`, as records to insert have none" if by_id else "an insert without identifier"
    if "key" not in written:
        todo = "Name the columns that tell one record from another, such as `key: [customer_id]`"
        note("key", expected=f"`key` for {reason}", found="nothing", todo=todo)
    column = (entry.fields or {}).get("id")
    if column is not None and column.casefold() in {each.casefold() for each in entry.key or ()}:
        todo = "The id changes from null to Intercom's own when the record is inserted"
        note(
            "key",
            expected=f"columns other than `{column}`, which holds the id",
            found=_listed(entry.key),
            todo=todo,
        )


def removals(entry: Entry, terms: Terms, note: NoteSetting) -> None:
    """Judge what is to become of records that left the model, and of archived ones."""
    removed = entry.removed or Removed.IGNORE
    here = f"`object: {_name(entry)}` with `behaviour: {entry.behaviour}`"
    if removed not in terms.removals:
        allowed = listed(option for option in Removed if option in terms.removals)
        note("removed", expected=f"{allowed} for {here}", found=describe(removed))
    if entry.archived is Archived.UNARCHIVE and not terms.unarchives:
        note("archived", expected=f"fail for {here}", found=describe(entry.archived))


def attributes(entry: Entry, note: NoteSetting) -> None:
    """Judge whether missing custom attributes may be made."""
    if not entry.create_attributes or entry.object is None:
        return
    if entry.object.attribute_model is None:
        note("create_attributes", expected=f"false for `object: {entry.object.name}`", found="true")


def _place(entry: Entry, name: str) -> tuple[str, str]:
    return ("fields", name) if name in (entry.fields or {}) else ("constants", name)


def _mapped(entry: Entry) -> dict[str, object]:
    return {**(entry.fields or {}), **(entry.constants or {})}


def _name(entry: Entry) -> str:
    return entry.object.name if entry.object else ""


def _shown(names: Mapping[str, str] | None) -> str:
    return listed(names, last="and") if names else "no fields"


def _listed(columns: tuple[str, ...] | None) -> str:
    return listed(columns or (), last="and")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
