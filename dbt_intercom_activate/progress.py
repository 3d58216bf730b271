"""What a person at a terminal sees of an activation while it runs: a bar that is drawn anew a few times in a second.

It looks at the numbers by itself, so that a record costs nothing more. It is gone when the activation has ended, and
what stays are the lines that a log has too. Nothing that drawing does may end a run or disturb it: what cannot be
drawn is left out.
"""

from __future__ import annotations

import os
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from rich.console import Console, ConsoleOptions, RenderResult

DRAWN_PER_SECOND = 5
CALLS_OVER = 10.0
"""Seconds over which calls a second are counted: one window of Intercom's."""
FIRST_GUESS = 2.0
"""Seconds of work before the time left is guessed."""
WORTH_SAYING = 1.0
"""Seconds of waiting from which it is said."""
SHORTEST_BAR, LONGEST_BAR = 8, 40
LONGEST_NAME = 32


@dataclass(frozen=True, slots=True)
class Glance:
    """An activation at one moment.

    Attributes:
        total: Records to be sent; None until they are counted.
        done: How many of them have an outcome, be it a failure.
        failed: Records that failed, those of earlier runs that are not attempted again among them.
        calls: Calls to Intercom so far.
        limit: Calls that Intercom allows in a window; None where it told none.
        used: How many of these are gone.
        window_wait: Seconds until Intercom's rate limit lets the next call go.
        own_wait: The same of the workspace's own `requests_per_minute`.
        retrying: Requests that came to nothing and wait to be sent again.
    """

    total: int | None
    done: int
    failed: int
    calls: int
    limit: int | None = None
    used: int = 0
    window_wait: float = 0.0
    own_wait: float = 0.0
    retrying: int = 0

    def waiting(self) -> str:
        """What is waited for, in words; empty where nothing is, for long."""
        said = []
        if self.window_wait >= WORTH_SAYING:
            said.append(f"waiting {self.window_wait:.0f} s for Intercom's rate limit")
        elif self.own_wait >= WORTH_SAYING:
            said.append(f"waiting {self.own_wait:.0f} s for requests_per_minute of intercom.yml")
        if self.retrying:
            said.append(f"sending {self.retrying:,} call{'s' if self.retrying != 1 else ''} again")
        return ", ".join(said)


def somebody_looks(console: Console, stream: TextIO) -> bool:
    """Whether a bar can move here: a terminal that can draw, and not a job's log.

    `CI` is set by the services that run jobs, some of which give them a terminal:
    https://docs.github.com/actions/reference/workflows-and-actions/variables.
    """
    in_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return console.is_interactive and stream.isatty() and not in_ci


def encodable(text: str, encoding: str) -> str:
    """The same as a stream of this encoding can take it, with a question mark for each character that it cannot."""
    return text.encode(encoding, "replace").decode(encoding)


def waiting_now(glance: Callable[[], Glance]) -> str:
    """See `Glance.waiting`; empty too where nobody can tell."""
    with suppress(Exception):
        return glance().waiting()
    return ""


@contextmanager
def moving_bar(console: Console, activation: str, glance: Callable[[], Glance]) -> Iterator[None]:
    """Draw a bar below the lines for as long as the activation runs; lines that are written meanwhile stand above."""
    live = _QuietLive(
        Bar(activation, glance),
        console=console,
        refresh_per_second=DRAWN_PER_SECOND,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with suppress(Exception):
        live.start(refresh=True)
    try:
        yield
    finally:
        with suppress(Exception):
            live.stop()


class _QuietLive(Live):
    """Leaves out what cannot be drawn, on whichever thread."""

    def refresh(self) -> None:
        """Draw anew."""
        with suppress(Exception):
            super().refresh()


class Bar:
    """Draws an activation as it is at the moment.

    Args:
        activation: Its name.
        glance: Looks at it; called on the thread that draws.
        clock: Seconds that never go back.
    """

    def __init__(
        self, activation: str, glance: Callable[[], Glance], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._activation = activation
        self._glance = glance
        self._clock = clock
        self._calls: deque[tuple[float, int]] = deque()
        self._begun: tuple[float, int] | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """One line, and a second one where something is waited for; none where it cannot be drawn.

        Lines of the run are written together with it, on the run's own thread.
        """
        with suppress(Exception):
            drawn = [part for line in self._lines(options) for part in console.render(line, options)]
            "".join(part.text for part in drawn).encode(options.encoding)
            return drawn
        return []

    def _lines(self, options: ConsoleOptions) -> Iterator[Table | Text]:
        glance, now = self._glance(), self._clock()
        shortened = _shortened(self._activation, LONGEST_NAME, options.encoding)
        name = Text(shortened, style="bold", no_wrap=True, overflow="crop")
        room = options.max_width - name.cell_len - SHORTEST_BAR - 4
        told = self._told(glance, now, room)
        width = max(SHORTEST_BAR, min(LONGEST_BAR, SHORTEST_BAR + room - told.cell_len))
        done = glance.done if glance.total else 0
        bar = ProgressBar(glance.total or 1, done, width=width, complete_style="cyan", finished_style="green")
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_row(name, bar, told)
        yield line
        if glance.waiting():
            said = _shortened(f"  {glance.waiting()}", options.max_width, options.encoding)
            yield Text(said, style="yellow", no_wrap=True, overflow="crop")

    def _told(self, glance: Glance, now: float, room: int) -> Text:
        """The numbers, the least of them left out where the terminal is narrow."""
        if glance.total is None:
            return Text("looking for changes", no_wrap=True, overflow="crop")
        failed = (f"{glance.failed:,} failed", "red" if glance.failed else "")
        total = f"{glance.total:,}"
        # The place in the line, and the order in which a part is to stay. Numbers have room to grow, so that the bar
        # keeps its length.
        ranked = [
            (0, 0, f"{glance.done:>{len(total)},} of {total}", ""),
            (1, 1, *failed),
            (4, 2, self._left(glance, now), ""),
            (3, 3, self._window(glance), ""),
            (2, 4, f"{self._speed(glance.calls, now):>4.0f} calls/s", ""),
        ]
        parts = [each for each in ranked if each[2]]
        while len(parts) > 2 and sum(len(each[2]) + 2 for each in parts) - 2 > room:
            parts.remove(max(parts, key=lambda each: each[1]))
        pairs = [(part, style) for _, _, part, style in sorted(parts)]
        return Text("  ", no_wrap=True, overflow="crop").join(
            [Text(part, style=style) for part, style in pairs]
        )

    def _speed(self, calls: int, now: float) -> float:
        """Calls a second, over one window."""
        self._calls.append((now, calls))
        while len(self._calls) > 2 and now - self._calls[0][0] > CALLS_OVER:
            self._calls.popleft()
        since, before = self._calls[0]
        return (calls - before) / (now - since) if now > since else 0.0

    def _left(self, glance: Glance, now: float) -> str:
        """The time left, at the pace since the first record."""
        self._begun = self._begun or (now, glance.done)
        since, before = self._begun
        passed, done = now - since, glance.done - before
        if passed < FIRST_GUESS or done <= 0 or glance.total is None:
            return " " * len("0:00 left")
        seconds = round(max((glance.total - glance.done) * passed / done, glance.window_wait))
        hours, minutes = seconds // 3600, seconds // 60 % 60
        shown = f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
        return f"{shown} left"

    @staticmethod
    def _window(glance: Glance) -> str:
        """The share of Intercom's window that is gone."""
        return f"window {min(1.0, glance.used / glance.limit):>4.0%}" if glance.limit else ""


def _shortened(text: str, longest: int, encoding: str) -> str:
    """At most so many columns of it, as a stream of this encoding can take it."""
    text = encodable(text, encoding)
    if cell_len(text) <= longest:
        return text
    mark = "…" if encodable("…", encoding) == "…" else "..."
    return set_cell_size(text, longest - len(mark)) + mark
