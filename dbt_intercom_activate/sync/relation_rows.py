"""Which rows of a relation an activation means: those that meet its `where`, and of a snapshot the current ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.binder import bind
from dbt_intercom_activate.configuration.readers import describe
from dbt_intercom_activate.errors import MistakesFound, WarehouseFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.binding.binding import Binding
    from dbt_intercom_activate.binding.column import RelationColumn
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.errors import Mistake
    from dbt_intercom_activate.intercom.data_attributes import DataAttribute
    from dbt_intercom_activate.warehouse.connection import Warehouse

_META_COLUMNS = "snapshot_meta_column_names"
"""https://docs.getdbt.com/reference/resource-configs/snapshot_meta_column_names"""


def bind_to_rows(
    activation: Activation,
    relation: str,
    columns: Sequence[RelationColumn],
    attributes: Mapping[str, DataAttribute] | None,
    warehouse: Warehouse,
    *,
    admin_id: str | None = None,
) -> tuple[Binding, str]:
    """Bind an activation, and say what stands after `from` to read its rows.

    Raises:
        MistakesFound: Columns, attributes or `where` do not fit; every one of them is named.
    """
    mistakes: list[Mistake] = []
    rows = rows_of(activation, relation, columns, warehouse)
    if activation.where is not None:
        mistakes += _mistakes_of_where(activation, relation, rows, warehouse)
    try:
        binding = bind(activation, columns, attributes, relation, admin_id=admin_id)
    except MistakesFound as error:
        raise MistakesFound([*error.mistakes, *mistakes]) from None
    if mistakes:
        raise MistakesFound(mistakes)
    return binding, rows


def rows_of(
    activation: Activation, relation: str, columns: Sequence[RelationColumn], warehouse: Warehouse
) -> str:
    """What stands after `from` to read the rows that an activation means."""
    snapshot = _snapshot(activation, columns, warehouse)
    if activation.where is None and snapshot is None:
        return relation
    return str(warehouse.render("rows_to_sync", relation=relation, where=activation.where, snapshot=snapshot))


def _snapshot(
    activation: Activation, columns: Sequence[RelationColumn], warehouse: Warehouse
) -> dict[str, str | None] | None:
    """The mapping `snapshot` of the macro `rows_to_sync`; None for what is none."""
    node = activation.node
    if node.resource_type != "snapshot":
        return None
    named = node.config.get(_META_COLUMNS)
    names = named if isinstance(named, dict) else {}
    there = {each.name.casefold(): warehouse.quote(each.name) for each in columns}

    def column(name: str) -> str | None:
        return there.get(str(names.get(name) or name).casefold())

    valid_to = column("dbt_valid_to")
    if valid_to is None:
        return None
    current = node.config.get("dbt_valid_to_current")
    return {
        "valid_to": valid_to,
        "current": current if isinstance(current, str) else None,
        "deleted": column("dbt_is_deleted"),
    }


def _mistakes_of_where(
    activation: Activation, relation: str, rows: str, warehouse: Warehouse
) -> Sequence[Mistake]:
    """What the warehouse says of the condition, where it does not take it."""
    try:
        warehouse.columns_of(rows)
    except WarehouseFailed as error:
        return [
            activation.mistake(
                "where",
                expected=f"a condition over the columns of {relation}",
                found=describe(activation.where),
                todo=f"The warehouse says: {error}",
            )
        ]
    return []
