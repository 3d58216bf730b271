"""`max_failed`: the first few records stand for all, and the rest follows only while few enough of them fail."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from dbt_intercom_activate.errors import Message

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.outcomes.outcome import Outcome

FIRST_AT_LEAST = 20
FIRST_SHARE = 100
"""One record of so many goes first."""


class Breaker:
    """Counts what came of the records, the moment it is known, and trips where too many fail.

    Args:
        activation: Says how many may fail, and which codes do not count.
        attempted: How many records are to be sent.
    """

    def __init__(self, activation: Activation, attempted: int) -> None:
        self._most = activation.max_failed
        self._warned = frozenset(str(code) for code in activation.warn)
        self._first = max(FIRST_AT_LEAST, -(-attempted // FIRST_SHARE))
        self._done = 0
        self._failed: Counter[str] = Counter()
        self._said: str | None = None
        self._lock = threading.Lock()

    def note(self, outcome: Outcome) -> None:
        """Count an outcome; on any thread."""
        with self._lock:
            self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        self._done += 1
        if outcome.code is not None and outcome.code.value not in self._warned:
            self._failed[outcome.code.value] += 1
        if self._most is None or self._done < self._first or self._said is not None:
            return
        failed, allowed = self._failed.total(), self._most.of(self._done)
        if failed > allowed:
            self._said = _told(failed, self._done, allowed, self._failed.most_common(1)[0][0])

    def tripped(self) -> bool:
        """Whether nothing more is to be sent; may be called on any thread."""
        return self._said is not None

    @property
    def reason(self) -> str | None:
        """Why nothing more was sent; None where it did not trip."""
        return self._said

    def parts(self, seqs: range) -> list[range]:
        """The numbers of the records, those that go first by themselves."""
        if self._most is None or len(seqs) <= self._first:
            return [seqs]
        return [seqs[: self._first], seqs[self._first :]]


def _told(failed: int, done: int, allowed: int, code: str) -> Message:
    return Message(
        "too-many-failed",
        f"{failed:,} of the first {done:,} records failed, most of them with {code}, and `max_failed` allows "
        f"{allowed:,}: the rest was not sent",
    )
