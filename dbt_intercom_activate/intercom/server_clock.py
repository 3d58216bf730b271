"""What time it is at Intercom, as its answers tell: the pace goes by it, and so does what Intercom made when."""

from __future__ import annotations

import math

JUMP = 60.0
"""Seconds by which the server's clock may seem to go wrong before what was known of it is forgotten. Its machines
differ by less; a machine of ours that slept, while its clock stood still, was away for more."""

DRIFT = 1e-4
"""How fast two clocks may diverge: 0.1 ms a second is twice what a poor quartz does."""


class ServerClock:
    """How far the server's clock is ahead of ours, learnt from `Date` headers.

    An answer was given between `begun` and `answered`, while the server's clock showed `date` to less than
    `date + 1`. So the server is ahead by `date - answered` at least and `date + 1 - begun` at most.
    Many answers narrow this down to about the time that an answer travels.
    """

    def __init__(self) -> None:
        self._least, self._most = -math.inf, math.inf
        self._learnt_at = -math.inf
        self._surely = math.inf
        """By how much any machine of the server's is ahead at least."""
        self._sure_since = -math.inf

    def learn(self, date: int, begun: float, answered: float) -> None:
        """Narrow the offset down by one answer."""
        least, most = date - answered, date + 1 - begun
        if self.known:
            slack = DRIFT * max(0.0, answered - self._learnt_at)
            narrowed = max(self._least - slack, least), min(self._most + slack, most)
            if narrowed[0] <= narrowed[1]:
                agreed = self._surely == self._least
                least, most = narrowed
                self._surely = least if agreed else min(self._surely - slack, least)
            else:
                # A clock was set, or several servers disagree: begin anew with what was seen last.
                jumped = narrowed[0] - narrowed[1] > JUMP
                self._surely = least if jumped else min(self._surely - slack, least)
                self._sure_since = begun if jumped else self._sure_since
        else:
            self._surely = least
        self._least, self._most, self._learnt_at = least, most, answered

    def seconds(self, at: float) -> int | None:
        """Unix seconds that the server's clock showed for certain when the local one showed `at`; None if unknown."""
        if not self.known or at < self._sure_since:
            return None
        return math.floor(at + self._surely)

    @property
    def known(self) -> bool:
        """Whether any answer had a `Date`."""
        return self._learnt_at > -math.inf

    def at_latest(self, server_time: float) -> float:
        """Local clock when the server's shows `server_time` for certain; infinite while unknown."""
        return server_time - self._least

    def at_earliest(self, server_time: float) -> float:
        """Local clock before which the server's cannot show `server_time`."""
        return server_time - self._most
