"""The one form of a moment: UTC without a zone, and its text in the ledger, the journal and JSON documents.

Clocks of machines differ, and are set. So nothing is decided by comparing what two of them said: the order of outcomes
is the ledger's own, ages are the warehouse's, what Intercom made is dated by Intercom, and what passes within a run is
measured by a clock that nobody sets. A machine's own clock is for people.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXT = "%Y-%m-%d %H:%M:%S.%f"


def seconds_awake_or_asleep() -> float:
    """A clock that nobody sets, and that goes on while the machine is suspended.

    `time.monotonic` does not go on then on Linux and macOS; there CLOCK_BOOTTIME and CLOCK_MONOTONIC do.
    https://docs.python.org/3/library/time.html#time.CLOCK_BOOTTIME, `man clock_gettime` of macOS
    """
    clock = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class RunClock:
    """The moments of one run: when it began, and what has passed since by a clock that nobody sets."""

    def __init__(self, began_at: datetime, elapsed: Callable[[], float] = seconds_awake_or_asleep) -> None:
        """Begin.

        Args:
            began_at: This moment by the clock to go by, in UTC without a zone.
            elapsed: Seconds from any point in time, never going back.
        """
        self._began_at, self._elapsed = began_at, elapsed
        self._start = elapsed()

    def __call__(self) -> datetime:
        """This moment, in UTC without a zone."""
        return self._began_at + timedelta(seconds=self._elapsed() - self._start)


def utc_now() -> datetime:
    """This moment, in UTC without a zone."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def in_utc(moment: datetime) -> datetime:
    """A moment as this module has it; some warehouses' drivers add a zone."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment


def of_unix(seconds: int) -> datetime:
    """The moment of unix seconds, in UTC without a zone."""
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)


def to_unix(moment: datetime) -> int:
    """Unix seconds of a moment, whose fraction is cut off."""
    return int(in_utc(moment).replace(tzinfo=timezone.utc).timestamp() // 1)


def as_text(moment: datetime) -> str:
    """A moment as the ledger and the journal keep it, to the microsecond."""
    return moment.strftime(_TEXT)


def from_text(text: str) -> datetime:
    """The moment that `as_text` wrote.

    Raises:
        ValueError: The text is of another form.
    """
    return datetime.strptime(text, _TEXT)  # noqa: DTZ007 (UTC, as `as_text` wrote it)


def as_json(moment: datetime) -> str:
    """A moment as JSON documents have it: ISO 8601 with `Z`, as dbt writes `generated_at`."""
    return f"{moment.isoformat()}Z"
