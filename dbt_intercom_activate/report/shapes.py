"""Numbers to shapes: the history of an activation as bars, and the way from models to Intercom as lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbt_intercom_activate.report.facts import PastRun

SLOTS = 30
"""Runs that a chart has room for at least: two runs are two slim bars, not two halves of the page."""
STEP, BAR = 10, 8
"""From one bar to the next, and how wide a bar is."""
HEIGHT, STRIP = 90, 24
"""Of the bars of what changed, and of the strip of what did not."""
TOWERS = 5
"""So many times as high as the second highest, a bar is cut."""
LEAST = 1.5
"""Of a bar that stands for one record among thousands: what failed must be seen."""

OTHERS = ("archived", "deleted", "attached", "detached", "sent", "removed")
SERIES = {"inserted": ("inserted",), "updated": ("updated",), "other": OTHERS, "failed": ("failed",)}
"""What is drawn on top of each other, from the bottom, and the counts that each stands for."""

ROW = 10
"""The height of an activation in the picture of the whole, of which only the proportions matter."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The history of an activation, as the paths of its series."""

    width: int
    series: tuple[tuple[str, str, str], ...]
    """Name, label and path, only of what there is."""
    cut: str
    """The path of what cuts the one bar that is far above all others, so that these can be seen; empty for none."""
    unchanged: str
    """The path of the strip below."""
    scale: int
    """What a bar of the full height stands for."""
    most: int
    """What the highest bar stands for."""
    most_unchanged: int


def chart(runs: Sequence[PastRun]) -> Chart:
    """Draw runs, the oldest first."""
    totals = [sum(_of(run, names) for names in SERIES.values()) for run in runs]
    scale = _scale(totals)
    unchanged = [run.counts.get("unchanged", 0) for run in runs]
    paths: dict[str, list[str]] = {name: [] for name in SERIES}
    for index, run in enumerate(runs):
        base = float(HEIGHT)
        for name, counted in SERIES.items():
            height = _height(_of(run, counted), max(scale, totals[index]), HEIGHT)
            if height:
                base -= height
                paths[name].append(_bar(index, base, height))
    drawn = [(name, label(name, runs), "".join(path)) for name, path in paths.items() if path]
    strip = [
        _bar(index, STRIP - height, height)
        for index, count in enumerate(unchanged)
        if (height := _height(count, max(unchanged), STRIP))
    ]
    return Chart(
        width=STEP * max(len(runs), SLOTS),
        series=tuple(drawn),
        cut="".join(_cut(index) for index, total in enumerate(totals) if total > scale),
        unchanged="".join(strip),
        scale=scale,
        most=max(totals, default=0),
        most_unchanged=max(unchanged, default=0),
    )


def _scale(totals: Sequence[int]) -> int:
    """What the full height stands for: the most, unless one bar alone, as that of a first sync, dwarfs all others."""
    second, first = sorted([0, 0, *totals])[-2:]
    return 2 * second if second and first > TOWERS * second else first


def _cut(index: int) -> str:
    left = index * STEP
    return f"M{left} 16l{STEP} -5v4l-{STEP} 5z"


def label(series: str, runs: Sequence[PastRun]) -> str:
    """What a series is called: by the counts that it stands for, where there are any."""
    return ", ".join(name for name in SERIES[series] if any(run.counts.get(name) for run in runs)) or series


def _of(run: PastRun, names: Sequence[str]) -> int:
    return sum(run.counts.get(name, 0) for name in names)


def _height(count: int, most: int, room: int) -> float:
    # A little less than all the room, since the least heights may add up.
    return max(LEAST, count / most * (room - 3 * LEAST)) if count else 0.0


def _bar(index: int, top: float, height: float) -> str:
    return f"M{index * STEP + (STEP - BAR) // 2} {_short(max(top, 0))}h{BAR}v{_short(height)}h-{BAR}z"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def line(start: int, end: int) -> str:
    """The way from one row on the left to one on the right, 100 wide."""
    left, right = _short((start + 0.5) * ROW), _short((end + 0.5) * ROW)
    return f"M0 {left}C50 {left} 50 {right} 100 {right}"


def thickness(records: int) -> str:
    """Of a line, in pixels, for so many records; a thousand times as many are a few pixels more."""
    return _short(1 + 1.1 * math.log10(records + 1))
