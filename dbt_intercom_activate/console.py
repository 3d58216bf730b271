"""What a person, or a log collector, reads while a command runs; in dbt's manner.

Text lines are dbt's: UTC time, two spaces, the message padded with dots, the status in brackets. JSON lines are dbt's
too: `data` and `info`. Neither ever shows a value or a key of a record, nor a token.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import nullcontext
from datetime import datetime, timezone
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dbt_intercom_activate.errors import with_code
from dbt_intercom_activate.progress import Glance, encodable, moving_bar, somebody_looks, waiting_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from dbt_intercom_activate.outcomes.results import ActivationResult, RunResult

WIDTH = 80
"""Where dbt's dots end."""

_WIDEST = 10_000
"""More columns than any table needs."""

LOUD = 5
"""Seconds between two lines of progress."""

_COLOURS = {
    "OK": "green",
    "PARTIAL": "yellow",
    "SKIP": "yellow",
    "BLOCKED": "yellow",
    "HELD": "yellow",
    "DEFERRED": "yellow",
    "WARN": "yellow",
    "ERROR": "red",
    "PASS": "green",
}

_LABELS = {
    "success": "OK",
    "partial": "PARTIAL",
    "error": "ERROR",
    "blocked": "BLOCKED",
    "held": "HELD",
    "deferred": "DEFERRED",
    "skipped": "SKIP",
}


NOT_REACHED = "not reached"
"""How a message begins that gives the reason why another activation was the last one."""


class Level(IntEnum):
    """dbt's log levels."""

    DEBUG = 10
    INFO = 20
    WARN = 30
    ERROR = 40
    NONE = 100


class Reporter:
    """Writes one line per event.

    Args:
        stream: Standard output; standard error where standard output carries a JSON document.
        as_json: `--log-format json`.
        level: What is below is not written.
        colours: Whether colours may be used; they are only where the stream is a terminal, and NO_COLOR is not set:
            https://no-color.org.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        as_json: bool = False,
        level: Level = Level.INFO,
        colours: bool = True,
    ) -> None:
        self._stream = stream or sys.stdout
        self._as_json = as_json
        self._level = level
        no_color = None if colours else True
        self._console = Console(file=self._stream, no_color=no_color, highlight=False, soft_wrap=True)
        read = not as_json and level <= Level.INFO
        self._moving = read and somebody_looks(self._console, self._stream)
        self._glance: Callable[[], Glance] | None = None
        self._last_progress: datetime | None = None
        self._told: set[str] = set()

    def info(self, message: str, /, *, event: str = "note", **data: Any) -> None:
        """Something worth a line."""
        self._write(Level.INFO, event, message, data)

    def warning(self, message: str, /, *, event: str = "warning", **data: Any) -> None:
        """Something that a person should look at, though the command goes on."""
        self._write(Level.WARN, event, with_code(message), data, label="WARNING", colour="yellow")

    def error(self, message: str, /, *, event: str = "error", **data: Any) -> None:
        """Something that ends a command, or an activation."""
        self._write(Level.ERROR, event, with_code(message), data, label="ERROR", colour="red")

    def checked(self, name: str, label: str, message: str, data: Mapping[str, Any]) -> None:
        """One check, in the manner of `dbt debug`: `Connection test: [OK connection ok]`."""
        level = {"ERROR": Level.ERROR, "WARN": Level.WARN}.get(label, Level.INFO)
        text = Text.assemble(f"  {name}: [", (f"{label} {message}", _COLOURS[label]), "]")
        self._write_text(level, "check.finding", text, data)

    def started(self, index: int, total: int, activation: str, what: str) -> None:
        """An activation begins."""
        line = _dotted(f"{index} of {total} START {activation} ({what})")
        self._write(Level.INFO, "activation.started", f"{line} [RUN]", {"activation": activation})
        self._last_progress = _now()

    def underway(self, activation: str, glance: Callable[[], Glance]) -> AbstractContextManager[None]:
        """While an activation runs: a bar that moves, where somebody looks at a terminal.

        Args:
            activation: Its name.
            glance: Looks how far it is; called on other threads.
        """
        self._glance = glance
        return moving_bar(self._console, activation, glance) if self._moving else nullcontext()

    def progress(self, activation: str, count: Callable[[], Mapping[str, int]]) -> None:
        """An activation goes on: at most a line every few seconds, and none where a bar moves.

        Args:
            activation: Its name.
            count: Its counts; called where they are written.
        """
        now = _now()
        if self._moving or self._last_progress is None:
            return
        if (now - self._last_progress).total_seconds() < LOUD:
            return
        self._last_progress = now
        counts = count()
        waiting = waiting_now(self._glance) if self._glance else ""
        done = counts["rows"] - counts["pending"]
        message = f"    {activation}: {done:,} of {counts['rows']:,} rows{waiting and f', {waiting}'}"
        self._write(
            Level.INFO, "activation.progress", message, {"activation": activation, "counts": dict(counts)}
        )

    def finished(self, index: int, total: int, result: ActivationResult) -> None:
        """An activation ended."""
        label = _LABELS[result.status.value]
        # Of what did not come to its records, "no rows" would not be true.
        looked = any(result.counts.values()) or result.status.value in ("success", "partial")
        counted = f": {in_words(result.counts)}" if looked else ""
        line = _dotted(f"{index} of {total} {label} {result.activation}{counted}")
        timing = f"{label} in {result.elapsed:.2f}s" if result.elapsed else label
        level = Level.ERROR if label == "ERROR" else Level.INFO
        text = Text.assemble(f"{line} [", (timing, _COLOURS[label]), "]")
        self._write_text(level, "activation.finished", text, result.as_json())
        if result.failures:
            codes = ", ".join(f"{count:,} {code}" for code, count in sorted(result.failures.items()))
            message = f"    failed: {codes}; `status --failures` and the view `failures` name the records"
            self._write(level, "activation.failures", message, {"failures": dict(result.failures)})
        if result.message:
            for part in self._unless_told(result.message).splitlines():
                self._write(level, "activation.message", f"    {part}", {"activation": result.activation})

    def _unless_told(self, message: str) -> str:
        """A message, shortened where another activation told it: what concerns a workspace concerns them all."""
        head, _, tail = message.partition(": ") if message.startswith(NOT_REACHED) else ("", "", message)
        if tail in self._told:
            return f"{head or 'the same'}: see above"
        self._told.add(tail)
        return with_code(message)

    def removed(self, before: ActivationResult, after: ActivationResult) -> None:
        """What became of the records that left a model; nothing where none did."""
        if after is before:
            return
        counts = {name: after.counts[name] for name in ("removed", "held")}
        data = {"activation": after.activation, "counts": counts}
        self._write(Level.INFO, "activation.removed", f"{after.activation}: {in_words(counts)}", data)
        if after.message and after.message != before.message:
            self._write(Level.WARN, "activation.message", f"    {after.message.splitlines()[-1]}", data)

    def summary(self, result: RunResult) -> None:
        """The last line of a run, like dbt's."""
        statuses = Counter(_LABELS[each.status.value] for each in result.results)
        always = (label for label in _LABELS.values() if label != "HELD" or statuses[label])
        tallied = " ".join(f"{label}={statuses[label]}" for label in always)
        calls = sum(each.api_calls for each in result.results)
        self.info(
            f"Done. {tallied} TOTAL={len(result.results)}; "
            f"{calls:,} call{'s' if calls != 1 else ''} to Intercom in {result.elapsed:.2f}s",
            event="run.finished",
            run_id=result.run_id,
            exit_code=result.exit_code,
        )

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table of text; the first column is aligned left, the others right."""
        table = Table(*headings, box=None, pad_edge=False)
        for column in table.columns[1:]:
            column.justify = "right"
        for row in rows:
            table.add_row(*map(Text, row))
        # As wide as it needs: in the log of a job, which is no terminal, rich would cut names at 80 columns.
        Console(file=self._stream, width=_WIDEST, no_color=self._console.no_color).print(table)

    def _write(
        self,
        level: Level,
        event: str,
        message: str,
        data: Mapping[str, Any],
        *,
        label: str = "",
        colour: str = "",
    ) -> None:
        text = Text.assemble("[", (label, colour), "] ", message) if label else Text(message)
        self._write_text(level, event, text, data)

    def _write_text(self, level: Level, event: str, text: Text, data: Mapping[str, Any]) -> None:
        if level < self._level:
            return
        now = _now()
        if self._as_json:
            info = {"name": event, "level": level.name.lower(), "msg": text.plain, "ts": now.isoformat()}
            self._stream.write(json.dumps({"data": dict(data), "info": info}) + "\n")
            self._stream.flush()
        else:
            # A stream that is not UTF-8 refuses the whole line for one character.
            text.plain = encodable(text.plain, self._console.encoding)
            self._console.print(Text.assemble(f"{now:%H:%M:%S}  ", text))


def in_words(counts: Mapping[str, int]) -> str:
    """Counts as people say them, zeros left out: `1,998 inserted, 2 failed`."""
    named = [f"{count:,} {name}" for name, count in counts.items() if count and name != "rows"]
    return ", ".join(named) or "no rows"


def _dotted(message: str) -> str:
    return f"{message} " + "." * max(3, WIDTH - len(message) - 1)


def _now() -> datetime:
    return datetime.now(timezone.utc)
