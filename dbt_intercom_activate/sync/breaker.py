"""`max_failed`: the first few records stand for all, and the rest follows only while few enough of them fail."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dbt_intercom_activate.errors import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.outcomes.outcome import Outcome
    from dbt_intercom_activate.outcomes.results import Tally

FIRST_AT_LEAST = 20
FIRST_SHARE = 100
"""One record of so many goes first."""


class Breaker:
    """Counts what came of the records, for the tally too, and trips where too many fail.

    Args:
        activation: Says how many may fail, and which codes do not count.
        tally: Is told the same.
        attempted: How many records are to be sent.
    """

    def __init__(self, activation: Activation, tally: Tally, attempted: int) -> None:
        self._most = activation.max_failed
        self._warned = frozenset(str(code) for code in activation.warn)
        self._tally = tally
        self._first = max(FIRST_AT_LEAST, -(-attempted // FIRST_SHARE))
        self._done = 0
        self._failed: Counter[str] = Counter()
        self._said: str | None = None

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count outcomes, on one thread."""
        outcomes = list(outcomes)
        self._tally.add(outcomes)
        self._done += len(outcomes)
        for code in (each.code.value for each in outcomes if each.code is not None):
            if code not in self._warned:
                self._failed[code] += 1
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
