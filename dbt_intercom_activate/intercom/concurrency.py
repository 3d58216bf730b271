"""How many calls at once a window of Intercom's needs, by Little's law: what is under way is rate times latency.

https://en.wikipedia.org/wiki/Little%27s_law
"""

from __future__ import annotations

import math

FEWEST, MOST = 8, 200
"""Calls at once, where nobody says how many."""

WITHOUT_LIMIT = 50
"""The same where no answer tells a limit."""

_WINDOW = 10.0
_WEIGHT = 1 / 32
"""The newest call's share of the average; an old account's window has 83 calls only."""
_ROOM = 1.25
_BETWEEN = 0.02
"""Seconds between two calls of a worker: writing down what came of the first, and waiting for the interpreter."""


class Latency:
    """How long a call takes, there and back, on average and by how much calls differ from that; in seconds."""

    def __init__(self) -> None:
        self.mean = 0.0
        self.spread = 0.0
        """Average distance from the mean."""
        self._count = 0

    def learn(self, seconds: float) -> None:
        """Take one call in."""
        self._count += 1
        weight = max(_WEIGHT, 1 / self._count)  # the first few count alike
        away = seconds - self.mean
        if self._count > 1:
            self.spread += weight * (abs(away) - self.spread)
        self.mean += weight * away

    def workers(self, limit: int | None) -> int:
        """How many have to call at once to use up windows of so many calls.

        A window begins with a call that goes alone and shows it, and what is under way at its end counts in the next:
        both take about the time of a call off it.
        """
        if not self._count:
            return FEWEST
        if limit is None:
            return WITHOUT_LIMIT
        seconds = _ROOM * self.mean + self.spread / 2 + _BETWEEN
        usable = max(_WINDOW / 2, _WINDOW - 1.5 * self.mean - self.spread)
        return min(MOST, max(FEWEST, math.ceil(limit * seconds / usable)))
