"""What this release delivers, as a list of what it does not deliver yet.

A later release deletes rows from `COMING`, and nothing else has to change for the configuration.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from dbt_intercom_activate.objects.catalogue import OBJECTS
from dbt_intercom_activate.objects.model import Behaviour

if TYPE_CHECKING:
    from collections.abc import Mapping

COMING: Mapping[tuple[str, str | bool], str] = MappingProxyType({})
"""(object, behaviour) or (key, value) that is designed but not delivered yet, and what brings it."""

SUPPORTED: frozenset[tuple[str, Behaviour]] = frozenset(
    (each.name, behaviour)
    for each in OBJECTS.values()
    for behaviour in each.behaviours
    if (each.name, behaviour) not in COMING
)
"""The pairs of object and behaviour that this release delivers."""
