"""What a warehouse answers about staged records, as Python values."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.binding.binding import ColumnReading
from dbt_intercom_activate.binding.row import StagedRow
from dbt_intercom_activate.binding.values import Unreadable
from dbt_intercom_activate.delivery.forecast import AlikeRecords
from dbt_intercom_activate.outcomes.results import PlanCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbt_intercom_activate.binding.binding import Binding


def read_columns(binding: Binding) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """What to read of staged records, the aliases, and those that have a mark at the end of a row."""
    columns: list[dict[str, Any]] = [
        {"alias": each.alias, "reading": each.reading.value, "zoned": each.zoned} for each in binding.columns
    ]
    marked = [each.alias for each in binding.columns if each.reading is ColumnReading.MOMENT]
    return columns, [each.alias for each in binding.columns], marked


def alike(row: Sequence[Any]) -> AlikeRecords:
    """The records that take the same calls, from a row of `count_changes`."""
    change, _, identified, known, related_known, delivered, returns, tag, count, _, identifiers, relateds = (
        row
    )
    return AlikeRecords(
        count=int(count),
        identified=bool(identified),
        known=bool(known),
        related_known=bool(related_known),
        delivered=bool(delivered),
        returns=bool(returns),
        at_most=change == "changed",
        tag=tag,
        identifiers=int(identifiers),
        relateds=int(relateds),
    )


def plan_counts(rows: Sequence[tuple[str, str | None, int]]) -> PlanCounts:
    """The counts of a plan, from rows of class, code and count."""
    by_class: Counter[str] = Counter()
    by_code: dict[str, dict[str, int]] = {"invalid": {}, "waiting": {}}
    for change, code, count in rows:
        by_class[change] += count
        if change in by_code:
            by_code[change][str(code)] = by_code[change].get(str(code), 0) + count
    return PlanCounts(
        added=by_class["added"],
        changed=by_class["changed"],
        unchanged=by_class["unchanged"],
        removed=by_class["removed"],
        invalid=by_code["invalid"],
        waiting=by_code["waiting"],
    )


def staged_row(row: Sequence[Any], aliases: Sequence[str], marked: Sequence[str]) -> StagedRow:
    """A record, from a row as `_page_columns` reads it; `marked` as `read_columns` says."""
    seq, change, code, known_id, known_related_id, last_payload_hash, first_attempt_at = row[:7]
    delivered, removed_by, last_id = row[7:10]
    values = dict(zip(aliases, row[10:], strict=not marked))  # behind them stand the marks
    for alias, mark in zip(marked, row[10 + len(aliases) :], strict=True):
        if mark:
            values[alias] = Unreadable.MOMENT
    return StagedRow(  # by place, which is sooner: there are a million of them
        int(seq),
        change,
        code,
        known_id,
        known_related_id,
        last_payload_hash,
        first_attempt_at,
        bool(delivered),
        removed_by,
        last_id,
        values,
    )
