"""A relation of the warehouse, as far as the pure parts of the package need to know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation, spelled and typed as the warehouse does."""

    name: str
    data_type: str
