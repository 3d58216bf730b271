"""How the defaults of `intercom_defaults` reach an activation below them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.objects.vocabulary import Archived

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dbt_intercom_activate.configuration.entry import Entry
    from dbt_intercom_activate.objects import Behaviour, IntercomObject

_MERGED = ("fields", "constants")


def inherit(
    own: Entry, written: frozenset[str], defaults: Entry
) -> tuple[Entry, tuple[tuple[str, ...], ...]]:
    """Complete an entry by the defaults that fit its object.

    `fields` and `constants` merge field by field, any other key is taken whole where the entry has none.

    Returns:
        The complete entry, and the settings that were inherited: `("nulls",)`, `("fields", "email")`.
    """
    taken: dict[str, Any] = {}
    for key in ("object", "behaviour", "identifier"):
        value = getattr(defaults, key)
        settled = dataclasses.replace(own, **taken)
        if key not in written and value is not None and _fits(key, value, settled):
            taken[key] = value
    settled = dataclasses.replace(own, **taken)
    for field in dataclasses.fields(own):
        key, value = field.name, getattr(defaults, field.name)
        if key not in (*_MERGED, *written, *taken) and value is not None and _fits(key, value, settled):
            taken[key] = value
    inherited = [(key,) for key in taken]
    settled = dataclasses.replace(own, **taken)
    merged, tails = _merge_fields(settled, defaults)
    return merged, (*inherited, *tails)


def _merge_fields(own: Entry, defaults: Entry) -> tuple[Entry, list[tuple[str, ...]]]:
    mapped: dict[str, Any] = {key: dict(getattr(own, key) or {}) for key in _MERGED}
    tails: list[tuple[str, ...]] = []
    for key in _MERGED:
        for name, value in _fitting(getattr(defaults, key) or {}, own):
            if not any(name in names for names in mapped.values()):
                mapped[key][name] = value
                tails.append((key, name))
    return dataclasses.replace(own, **mapped), tails


def _fitting(defaults: Mapping[str, Any], own: Entry) -> Iterator[tuple[str, Any]]:
    """Yield the fields that the object takes, and of which it has no alternative already."""
    if own.object is None or own.behaviour is None:
        return
    mapped = {*(own.fields or {}), *(own.constants or {})}
    for name, value in defaults.items():
        rivals = [group for group in own.object.one_of if name in group and mapped.intersection(group)]
        if not rivals and own.object.takes(name, own.behaviour, own.identifier):
            yield name, value


def _fits(key: str, value: Any, own: Entry) -> bool:
    """Whether a default means anything to the entry's object and behaviour."""
    if key in (
        "object",
        "name",
        "was",
        "clear",
        "where",
        "workspace",
        "key",
        "nulls",
        "max_removed",
        "max_inserted",
        "max_updated",
        "max_failed",
        "gate",
        "warn",
        "enabled",
    ):
        return True
    if own.object is None:
        return False
    if key == "behaviour":
        return value in own.object.behaviours
    return _fits_behaviour(key, value, own.object, own.behaviour)


def _fits_behaviour(key: str, value: Any, owner: IntercomObject, behaviour: Behaviour | None) -> bool:
    terms = owner.behaviours.get(behaviour) if behaviour else None
    if key == "archived":
        return (terms is not None and terms.unarchives) or value is Archived.FAIL
    if key == "create_attributes":
        return owner.attribute_model is not None or not value
    if terms is None:
        return False
    return value in terms.identifiers if key == "identifier" else value in terms.removals
