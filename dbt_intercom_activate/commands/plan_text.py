"""The records that a plan lists, as lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.commands.plan_words import shown_change, shown_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.commands.plan import Planned
    from dbt_intercom_activate.commands.planned_records import PlannedRecord


def record_lines(planned: Sequence[Planned], *, values: bool) -> Iterator[str]:
    """The listed records, and how many more there are.

    Args:
        planned: What was found.
        values: Show what would be sent, too.
    """
    for each in planned:
        listing, leaving = each.listing, each.leaving
        if listing is None or not (listing.records or listing.more or leaving.removed):
            continue
        yield ""
        yield f"{each.activation.name}:"
        for record in listing.records:
            yield from _lines(record, values=values)
        if listing.more:
            yield f"  … and {listing.more:,} more"
        for key in leaving.keys:
            yield f"  {each.activation.removed} {shown_key(key)} (it left the model)"
        if leaving.removed > len(leaving.keys):
            yield f"  … and {leaving.removed - len(leaving.keys):,} more that left the model"


def _lines(record: PlannedRecord, *, values: bool) -> Iterator[str]:
    head = f"  {record.action} {shown_key(record.key)}"
    if record.code is not None:
        yield f"{head}: {record.code}"
    elif not values or not record.fields:
        names = ", ".join(each.name for each in record.fields)
        yield f"{head}: {names}" if names else head
    else:
        yield head
        for each in record.fields:
            yield f"    {each.name}: {shown_change(each)}"
