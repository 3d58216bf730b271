"""Intercom's rate limit: so many calls in each window of ten seconds.

https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting says how many. What it does not
say was read off recorded answers: windows are aligned to the wall clock, `X-RateLimit-Reset` is two seconds
after a window's end, and the first answer of a window still shows the whole limit as remaining.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from dbt_intercom_activate.sandbox.errors import IntercomError

WINDOW_SECONDS = 10
RESET_AFTER_END_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """What one call finds of its window."""

    limit: int
    remaining: int
    reset: int
    exceeded: bool

    def headers(self) -> dict[str, str]:
        """The headers of every authenticated answer; none where there is no limit."""
        if not self.limit:
            return {}
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }

    def refusal(self) -> IntercomError:
        """The 429."""
        return IntercomError(429, "rate_limit_exceeded", f"Exceeded rate limit of {self.limit} in 10_seconds")


class RateLimiter:
    """Counts the calls of each window. A limit of 0 refuses nothing and sends no headers."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.windows: Counter[int] = Counter()
        """Accepted calls by the unix second at which their window began."""

    def take(self, now: float) -> Reading:
        """Count one call in, unless its window is full."""
        start = int(now // WINDOW_SECONDS) * WINDOW_SECONDS
        used = self.windows[start]
        exceeded = bool(self.limit) and used >= self.limit
        if not exceeded:
            self.windows[start] += 1
        return Reading(
            limit=self.limit,
            remaining=max(self.limit - used, 0),
            reset=start + WINDOW_SECONDS + RESET_AFTER_END_SECONDS,
            exceeded=exceeded,
        )
