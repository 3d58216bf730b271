"""Rows as a driver's cursor gives them, made the same Python values as dbt's own table of them has.

dbt puts the rows of each query into a table of agate, which finds out anew what each column holds. What it makes of a
value follows from the value's Python type alone, where all values of a column are of one; `AS_IN_TABLE` says it for
the types that hold what Intercom takes. A column of anything else, or of more than one type, goes through dbt's table.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

BY_CURSOR = frozenset({"duckdb", "postgres"})
"""The adapters whose cursors are read: those on which a test compares both roads."""


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))


AS_IN_TABLE: Mapping[type, Callable[[Any], object] | None] = MappingProxyType(
    {
        str: None,
        int: None,
        bool: None,
        Decimal: None,
        date: None,
        datetime: None,
        float: _decimal,
        UUID: str,
    }
)
"""What dbt's table makes of a value of a type; None where it leaves it as it is.

https://github.com/dbt-labs/dbt-common/blob/main/dbt_common/clients/agate_helper.py
"""


def fetched(connections: Any, sql: str) -> Sequence[tuple[Any, ...]]:
    """The rows of a query by the cursor of dbt's connection, in the transaction that `execute` would open.

    Raises:
        Exception: Whatever the driver raises.
    """
    # dbt-duckdb has a setting to do without transactions, which its `execute` heeds.
    begins = not getattr(connections, "disable_transactions", False)
    if begins and not connections.get_thread_connection().transaction_open:
        connections.begin()
    _, cursor = connections.add_select_query(sql)
    return as_in_table(cursor.fetchall())


def as_in_table(rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """The rows with the values that dbt's table would have."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    changed = False
    for place, values in enumerate(columns):
        kinds = set(map(type, values)) - {NoneType}
        if len(kinds) > 1 or not kinds <= AS_IN_TABLE.keys():
            columns[place] = _through_table(values)
            changed = True
            continue
        make = AS_IN_TABLE[kinds.pop()] if kinds else None
        if make is not None:
            columns[place] = [None if value is None else make(value) for value in values]
            changed = True
    return list(zip(*columns, strict=True)) if changed else rows


def _through_table(values: Sequence[Any]) -> Sequence[Any]:
    from dbt_common.clients.agate_helper import table_from_data_flat

    table = table_from_data_flat([{"only": value} for value in values], ["only"])
    return [value for (value,) in table.rows]
