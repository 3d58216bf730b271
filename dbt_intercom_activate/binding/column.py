"""A relation of the warehouse, as far as the pure parts of the package need to know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.column_types import column_type

if TYPE_CHECKING:
    from dbt_intercom_activate.binding.column_types import ColumnType


@dataclass(frozen=True, slots=True)
class RelationColumn:
    """A column of a relation, spelled and typed as the warehouse does."""

    name: str
    data_type: str

    @property
    def type(self) -> ColumnType:
        """What its type says of its values."""
        return column_type(self.data_type)
