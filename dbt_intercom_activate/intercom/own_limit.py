"""The user's own limit, `requests_per_minute`."""

from __future__ import annotations

import math
from collections import deque


class Cap:
    """The user's own limit: in no stretch of time do more calls begin than their share of a minute."""

    def __init__(self, per_minute: int | None) -> None:
        share = max(1, per_minute // 6) if per_minute else 0
        self._span = 60.0 * share / per_minute if per_minute else 0.0
        self._begun: deque[float] = deque(maxlen=share)

    @property
    def in_a_window(self) -> float:
        """How many calls it lets begin in a window of Intercom's, on average; infinite where there is no limit."""
        return 10.0 * (self._begun.maxlen or 0) / self._span if self._span else math.inf

    def wait(self, now: float) -> float:
        """Seconds until the next call may begin."""
        if not self._begun or len(self._begun) < (self._begun.maxlen or 0):
            return 0.0
        return max(0.0, self._begun[0] + self._span - now)

    def begin(self, now: float) -> None:
        """Count a call."""
        self._begun.append(now)
