"""The picture of the whole: dbt's models on the left, Intercom's objects on the right, an activation for each line."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from dbt_intercom_activate.objects import OBJECTS
from dbt_intercom_activate.report.shapes import ROW, line, thickness
from dbt_intercom_activate.report.words import kind_of, object_of, status_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.report.facts import ReportedActivation

_PLACES = {name: index for index, name in enumerate(OBJECTS)}


ROOMY = 12
"""So many activations fit on a page with two lines each."""


@dataclass(frozen=True, slots=True)
class Way:
    """One activation: its row on the left, and the line from there."""

    anchor: str
    place: ReportedActivation
    model: str | None
    """None where the row above has it already."""
    status: str
    kind: str
    path: str
    thickness: str


@dataclass(frozen=True, slots=True)
class End:
    """One object of one workspace, on the right."""

    object: str
    workspace_name: str
    delivered: int
    rows: int
    """How many activations lead to it; so many rows it is high."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The whole, in as many rows as there are activations."""

    ways: tuple[Way, ...]
    ends: tuple[End, ...]
    height: int

    @property
    def dense(self) -> bool:
        """Whether there are so many that each gets one line, and not two."""
        return len(self.ways) > ROOMY

    @property
    def style(self) -> str:
        """Where each end stands, as CSS: numbers alone, no word of the user's."""
        rules, row = [f".lines{{grid-row:2/span {max(len(self.ways), 1)}}}"], 2
        for index, end in enumerate(self.ends, 1):
            rules.append(f".end{index}{{grid-row:{row}/span {end.rows}}}")
            row += end.rows
        rules += [f".way{index}{{grid-row:{index + 1}}}" for index in range(1, len(self.ways) + 1)]
        return "".join(rules)


def flow(anchors: Mapping[str, ReportedActivation]) -> Flow:
    """Draw those activations whose model is known; lines cross as seldom as an order of the rows allows."""
    known = [
        (anchor, place, place.activation) for anchor, place in anchors.items() if place.activation is not None
    ]
    first: dict[str, tuple[str, int]] = {}
    for _, place, activation in known:
        model = activation.node.unique_id
        first[model] = min(_end(place, activation), first.get(model, _end(place, activation)))
    left = sorted(known, key=lambda each: (first[each[2].node.unique_id], *_row(*each)))
    right = sorted(range(len(left)), key=lambda index: (_end(*left[index][1:]), index))
    arrives = {index: row for row, index in enumerate(right)}
    ways = [
        _way(left, index, line(index, arrives[index])) for index in range(len(left))
    ]  # each leads from its own row to a row of its object
    ends = groupby((left[index] for index in right), key=lambda each: _end(*each[1:]))
    return Flow(tuple(ways), tuple(_arrived(list(each)) for _, each in ends), ROW * len(left))


_Known = tuple[str, "ReportedActivation", "Activation"]


def _row(anchor: str, place: ReportedActivation, activation: Activation) -> tuple[str, str, int, str, str]:
    return (
        activation.node.label,
        activation.node.unique_id,
        _PLACES.get(activation.object.name, 0),
        place.name,
        anchor,
    )


def _end(place: ReportedActivation, activation: Activation) -> tuple[str, int]:
    return place.workspace_name, _PLACES.get(activation.object.name, 0)


def _way(left: Sequence[_Known], index: int, path: str) -> Way:
    anchor, place, activation = left[index]
    above = left[index - 1][2].node if index else None
    status = status_of(place)
    return Way(
        anchor=anchor,
        place=place,
        model=None if above == activation.node else activation.node.label,
        status=status,
        kind=kind_of(status),
        path=path,
        thickness=thickness(place.delivered),
    )


def _arrived(known: Sequence[_Known]) -> End:
    _, place, activation = known[0]
    return End(
        object=object_of(activation),
        workspace_name=place.workspace_name,
        delivered=sum(each.delivered for _, each, _ in known),
        rows=len(known),
    )
