"""A plan as Markdown, for a comment on a pull request: a table for each activation, and never too long for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.commands.plan import as_counts, costs_of
from dbt_intercom_activate.commands.plan_words import (
    comparison_line,
    cost_line,
    cost_rows,
    shown_change,
    shown_key,
)
from dbt_intercom_activate.console import in_words
from dbt_intercom_activate.errors import with_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.commands.plan import Planned
    from dbt_intercom_activate.commands.planned_records import PlannedRecord

LONGEST = 60_000
"""Characters in all. GitHub takes 65,536 in a comment:
https://github.com/orgs/community/discussions/27190"""

_MARKS = str.maketrans({each: f"\\{each}" for each in r"\`*_{}[]()#+!|~<>&@"})


def as_markdown(planned: Sequence[Planned], *, values: bool = False) -> str:
    """The plan, with the tables of records cut where it gets too long.

    Args:
        planned: What was found.
        values: Show what would be sent, too.
    """
    head = [*_summary(planned), *_costs(planned)]
    room = LONGEST - sum(len(line) + 1 for line in head)
    lines = list(head)
    for each in planned:
        section = list(_section(each, room, values=values))
        lines += section
        room -= sum(len(line) + 1 for line in section)
    return "\n".join(lines)


def _summary(planned: Sequence[Planned]) -> Iterator[str]:
    yield "### Plan for Intercom"
    yield ""
    yield "| activation | what a sync would find |"
    yield "|---|---|"
    for each in planned:
        found = with_code(each.message or each.status.value)
        if each.counts is not None:
            counted = in_words(as_counts(each.counts, each.leaving))
            found = (
                counted if each.message is None else f"{counted}; {each.status}: {with_code(each.message)}"
            )
        if each.leaving.held:
            found += f"; held because {with_code(each.leaving.reason or '')}"
        yield f"| {_plain(each.activation.name)} | {_plain(found)} |"


def _costs(planned: Sequence[Planned]) -> Iterator[str]:
    costs = costs_of(list(planned))
    yield ""
    yield f"{_plain(cost_line(costs))}."
    yield ""
    yield "| endpoint | calls |"
    yield "|---|---:|"
    for endpoint, calls in cost_rows(costs):
        yield f"| `{endpoint}` | {calls} |"


def _section(planned: Planned, room: int, *, values: bool) -> Iterator[str]:
    """The records of one activation, as many as there is room for."""
    listing, leaving = planned.listing, planned.leaving
    if listing is None or not (listing.records or listing.more or leaving.removed):
        return
    compared = comparison_line(planned.listing)
    head = [
        "",
        f"#### {_plain(planned.activation.name)}",
        "",
        *([f"{_plain(compared)}.", ""] if compared else []),
        "| record | what | fields |",
        "|---|---|---|",
    ]
    rows = [_row(each, values=values) for each in listing.records]
    rows += [f"| {_plain(shown_key(key))} | {planned.activation.removed} | |" for key in leaving.keys]
    kept = _that_fit(rows, room - sum(len(line) + 1 for line in head) - 100)
    more = listing.more + leaving.removed - len(leaving.keys) + len(rows) - len(kept)
    yield from (*head, *kept) if kept else head[:3]
    if more:
        yield ""
        yield f"… and {more:,} more."


def _that_fit(rows: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for row in rows:
        room -= len(row) + 1
        if room < 0:
            break
        kept.append(row)
    return kept


def _row(record: PlannedRecord, *, values: bool) -> str:
    if record.code is not None:
        told = f"`{record.code}`"
    elif values:
        told = "<br>".join(f"{_plain(each.name)}: {_plain(shown_change(each))}" for each in record.fields)
    else:
        told = ", ".join(_plain(each.name) for each in record.fields)
    return f"| {_plain(shown_key(record.key))} | {record.action} | {told} |"


def _plain(text: str) -> str:
    """Text in which nothing is a mark, and which stays in its cell."""
    return " ".join(text.translate(_MARKS).splitlines())
