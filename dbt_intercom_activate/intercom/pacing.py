"""When the next call may go, so that each of Intercom's windows is used up and none is overrun.

Intercom allows N calls in each window of 10 seconds, and tells after every call what is left of it:
https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting

::

    server time  ...0         ...10        ...12                 ...20
                 |  window     |  next window                     |
                 |  N calls    |           ^ X-RateLimit-Reset    |
                               ^ the true end: 2 seconds before it

`Windows` decides, and knows time only as the numbers it is given. `Pacer` shares one `Windows` among threads.

Why no window is overrun. The budget is what the lowest `Remaining` of the newest window left, less the
calls in flight, and each call that was counted after that answer is still in flight or got lost.
So the calls that the server counted fit into the window. If the server has begun a newer window that no
answer has shown yet, then all calls counted in it are in flight, and these were never more than
`Remaining` of the old window, thus never more than N. This holds whatever the clocks say.

Clocks only decide when a spent window is over. Even that is not trusted: one call goes first, as a probe,
and the others follow once its answer shows the new window.
"""

from __future__ import annotations

import math
import random
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.clock import seconds_awake_or_asleep
from dbt_intercom_activate.errors import Interrupted, Message
from dbt_intercom_activate.intercom.concurrency import Latency
from dbt_intercom_activate.intercom.own_limit import Cap
from dbt_intercom_activate.intercom.server_clock import ServerClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dbt_intercom_activate.intercom.api import RateLimit

WINDOW = 10.0
"""Seconds that a window of Intercom's lasts: "Exceeded rate limit of 83 in 10_seconds"."""

GUARD = 0.1
"""Seconds added to every estimate of a window's end, since Intercom is many machines and clocks."""

PATIENCE = 3.0
"""Seconds to wait for a probe's answer before another call may go as a probe."""

ASK_AGAIN = 1.0
"""Seconds between looks at calls that hang, while these alone could fill a window."""

SCOUTED = 300
"""Of so many calls of a window, one is kept for its end."""

LONGEST_WAIT = 60.0
"""Seconds after which a probe goes whatever `X-RateLimit-Reset` says, in case it says nonsense."""

LONGEST_BACK_OFF = 30.0
"""Seconds between calls, at most, while Intercom answers `too_many_requests`."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The permission for one call."""

    begun_at: float
    """Local clock when the call began."""
    probe: bool = False
    """Whether others wait for what this call finds out."""
    beyond: int | None = None
    """End of the spent window that this probe should find over; None if it looks for anything at all."""
    by_reset: bool = False
    """Whether the probe waited for `Reset` rather than for the window's estimated end."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What the answer to one call tells about pace."""

    status: int
    code: str | None = None
    rate_limit: RateLimit | None = None
    date: int | None = None
    """Unix seconds of the `Date` header."""

    @property
    def refused(self) -> bool:
        """Whether the call came too early, and was not carried out."""
        return self.status == 429

    @property
    def overloaded(self) -> bool:
        """Whether a refusal is not about our window.

        429 `too_many_requests`: "server is receiving too many requests for this resource; retry later".
        """
        if self.code is not None:
            return self.code == "too_many_requests"
        return self.rate_limit is not None and self.rate_limit.remaining > 0

    @property
    def usable(self) -> bool:
        """Whether the answer is reason to let the others go."""
        return not self.refused and (self.status < 500 or self.rate_limit is not None)


@dataclass(frozen=True, slots=True)
class Pace:
    """What a person may want to know of the pace."""

    limit: int | None
    """Calls that the newest window allows; None where no answer told."""
    used: int
    """How many of these are gone, those in flight among them."""
    window_wait: float
    """Seconds until Intercom's limit lets the next call go, as far as can be known."""
    own_wait: float
    """The same of the user's own limit."""
    retrying: int = 0
    """Requests that came to nothing and wait to be sent again."""


@dataclass(slots=True)
class _Window:
    """The newest window of the server that an answer has shown."""

    end: int
    """Multiple of 10, unix seconds by the server's clock. It names the window."""
    limit: int
    reset: int
    remaining: int
    """The lowest that any answer told."""
    seen_at: float
    """Local clock at its first answer. The window ends no later than 10 seconds after it."""
    lost: list[float]
    """When calls ended whose answer told nothing, each of which the server may have counted."""
    exceeded: bool = False
    """Whether the server refused a call in it."""


class Windows:
    """Decides when a call may begin. Knows no clock and no thread.

    A caller asks `wait`, calls `begin` once that is 0, and afterwards exactly one of `answered`, `lost`
    and `unsent` with the ticket.
    """

    def __init__(
        self, *, requests_per_minute: int | None = None, jitter: Callable[[], float] = random.random
    ) -> None:
        self.latency = Latency()
        self._cap = Cap(requests_per_minute)
        self._jitter = jitter
        self._clock = ServerClock()
        self._window: _Window | None = None
        self._in_flight = 0
        self._probe: Ticket | None = None
        self._closed = True  # one call at a time, until an answer is usable
        self._paused_until = -math.inf
        self._back_offs = 0  # in a row
        self._aligned = True  # windows end on multiples of 10 seconds, as far as was seen
        self._tells_whole_limit = False  # to the first call of a window, which it has not counted then

    def wait(self, now: float) -> float:
        """Seconds until it is worth asking again; 0 when a call may begin now.

        An answer that arrives meanwhile may open the way earlier.
        """
        wait = max(self._cap.wait(now), self._paused_until - now, self._wait_for_window(now))
        return max(0.0, wait)

    def begin(self, now: float) -> Ticket:
        """Count a call as begun."""
        ticket = self._ticket(now)
        if ticket.probe:
            self._probe = ticket
        self._in_flight += 1
        self._cap.begin(now)
        return ticket

    def answered(self, ticket: Ticket, now: float, seen: Observation) -> None:
        """Learn from an answer."""
        self._settle(ticket)
        if seen.date is not None:
            self._clock.learn(seen.date, ticket.begun_at, now)
        if seen.rate_limit is not None:
            self._observe(seen.rate_limit, now)
        else:
            self._note_lost(now)
        if seen.refused:
            self._refused(ticket, now, seen)
        elif seen.usable:
            self.latency.learn(now - ticket.begun_at)
            if ticket.begun_at >= self._paused_until:
                self._closed, self._back_offs = False, 0
        self._judge(ticket, now, seen)

    def workers(self) -> int:
        """How many calls at once use up the windows, as far as is known."""
        window = self._window  # read once: whoever looks has no lock
        limit = min(window.limit if window is not None else math.inf, self._cap.in_a_window)
        return self.latency.workers(None if limit == math.inf else int(limit))

    def pace(self, now: float) -> Pace:
        """How much of the newest window is used up, and how long calls have to wait."""
        window, until = self._window, self._paused_until  # read once: whoever looks has no lock
        limit = window.limit if window is not None else None
        if window is not None and self._budget(window) <= 0:
            until = max(until, self._over_at(window))
        elif window is not None and now >= self._over_at(window):
            window = None  # another one has begun, that no answer has shown
        used = window.limit - max(0, self._budget(window)) if window is not None else self._in_flight
        return Pace(limit, used, max(0.0, until - now), self._cap.wait(now))

    def server_seconds(self, at: float) -> int | None:
        """See `ServerClock.seconds`."""
        return self._clock.seconds(at)

    def lost(self, ticket: Ticket, now: float) -> None:
        """Note that no answer came; the server may have counted the call."""
        self._settle(ticket)
        self._note_lost(now)

    def unsent(self, ticket: Ticket) -> None:
        """Note that the call never reached the server."""
        self._settle(ticket)

    def _settle(self, ticket: Ticket) -> None:
        self._in_flight -= 1
        if self._probe is ticket:
            self._probe = None

    def _note_lost(self, now: float) -> None:
        if self._window is not None:
            self._window.lost.append(now)

    def _wait_for_window(self, now: float) -> float:
        window = self._window
        spent = window is not None and self._budget(window) <= 0
        if not spent and not self._closed:
            return self._wait_for_end(window, now)
        if window is not None and spent:
            if now < self._over_at(window):
                return self._over_at(window) - now
            if self._room_beyond(window, now) <= 0:
                return ASK_AGAIN
        return 0.0 if self._probe is None else self._probe.begun_at + PATIENCE - now

    def _wait_for_end(self, window: _Window | None, now: float) -> float:
        """Keep the last few calls of a window for its end: one that falls into the next shows it, without a probe.

        Whether it comes before the end or after it, there is room for it.
        """
        kept = 0 if window is None or self._waits_for_reset(window) else window.limit // SCOUTED
        if window is None or (left := self._budget(window)) > kept:
            return 0.0
        early = self.latency.mean * (1 - (kept - left) / (2 * kept))
        return max(0.0, self._over_at(window) - GUARD - early - now)

    def _room_beyond(self, window: _Window, now: float) -> int:
        """How many calls a window after this one surely has left, though no answer has shown it yet."""
        since = max(self._clock.at_earliest(window.end), now - WINDOW)
        perhaps_counted = self._in_flight + sum(ended >= since for ended in window.lost)
        return window.limit - perhaps_counted

    def _ticket(self, now: float) -> Ticket:
        spent = self._window is not None and self._budget(self._window) <= 0
        if not spent or self._window is None:
            return Ticket(now, probe=self._closed)
        return Ticket(now, probe=True, beyond=self._window.end, by_reset=self._waits_for_reset(self._window))

    def _budget(self, window: _Window) -> int:
        return window.remaining - len(window.lost) - self._in_flight

    def _observe(self, rate: RateLimit, now: float) -> None:
        end, window = _end_of(rate), self._window
        self._tells_whole_limit |= rate.remaining == rate.limit
        remaining = max(0, rate.remaining - 1)  # the answered call is not yet counted in `Remaining`
        if window is None or end > window.end:
            begun = self._clock.at_earliest(end - WINDOW)
            lost = [each for each in window.lost if each >= begun] if window else []
            # Less the answered call here too, but for a server that counts it: that never tells the whole limit.
            left = remaining if window is None or self._tells_whole_limit else rate.remaining
            self._window = _Window(end, rate.limit, rate.reset, left, now, lost)
        elif end == window.end:
            window.remaining = min(window.remaining, remaining)
            window.reset = max(window.reset, rate.reset)

    def _over_at(self, window: _Window) -> float:
        """Local clock when the window is over, as well as can be known."""
        by_length = window.seen_at + WINDOW
        if not self._waits_for_reset(window):
            return min(self._clock.at_latest(window.end), by_length) + GUARD
        by_reset = self._clock.at_latest(window.reset) if self._clock.known else by_length + 2
        return min(by_reset, window.seen_at + LONGEST_WAIT) + GUARD

    def _waits_for_reset(self, window: _Window) -> bool:
        return window.exceeded or not self._aligned

    def _refused(self, ticket: Ticket, now: float, seen: Observation) -> None:
        if seen.overloaded:
            self._back_off(ticket, now)
        elif seen.rate_limit is None:
            self._pause(now + WINDOW)
        elif self._window is not None and self._window.end == _end_of(seen.rate_limit):
            self._window.remaining = 0
            self._window.exceeded = True
        else:  # late news of an older window, or headers that contradict each other
            self._back_off(ticket, now)

    def _judge(self, ticket: Ticket, now: float, seen: Observation) -> None:
        """Mend the estimate of a window's end when a probe found that it was not over."""
        if ticket.beyond is None or self._window is None or self._window.end > ticket.beyond:
            return
        if seen.rate_limit is None and not seen.refused:
            if seen.usable:  # the server tells no limits any more
                self._window = None
            return
        if ticket.by_reset:
            self._back_off(ticket, now)
        else:
            self._aligned = False

    def _back_off(self, ticket: Ticket, now: float) -> None:
        """Hold everyone for 1, 2, 4… seconds, less up to half of it.

        Fifty calls in flight may be refused for one reason: those begun before the pause add nothing.
        """
        if ticket.begun_at < self._paused_until:
            return
        longest = min(LONGEST_BACK_OFF, 2.0**self._back_offs)
        self._back_offs = min(self._back_offs + 1, 10)
        self._pause(now + longest * (1 + self._jitter()) / 2)

    def _pause(self, until: float) -> None:
        self._paused_until = max(self._paused_until, until)
        self._closed = True


def _end_of(rate: RateLimit) -> int:
    """End of the window, by the server's clock.

    `Reset` wanders by a second where an answer falls on a boundary: -1 to +8 seconds is the same window.
    """
    return (rate.reset + 1) // 10 * 10


class PacedCall:
    """One call under way; tell it what was seen."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.seen: Observation | None = None
        self.sent = True

    def answered(self, seen: Observation) -> None:
        """Note what the answer tells about pace."""
        self.seen = seen

    def unsent(self) -> None:
        """Note that no connection came about."""
        self.sent = False


class Pacer:
    """Shares one pace among all threads that call one workspace."""

    def __init__(
        self,
        *,
        requests_per_minute: int | None = None,
        clock: Callable[[], float] = seconds_awake_or_asleep,
        waiting: threading.Condition | None = None,
    ) -> None:
        self._windows = Windows(requests_per_minute=requests_per_minute)
        self._clock = clock
        self._waiting = waiting or threading.Condition()
        self._until = math.inf
        """What those who wait were told last."""
        self._stopped = False

    @contextmanager
    def call(self) -> Iterator[PacedCall]:
        """Wait for permission, and learn from the call's end, however it ends.

        Raises:
            Interrupted: `stop` was called before the call could begin.
        """
        call = PacedCall(self._begin())
        try:
            yield call
        finally:
            self._end(call)

    def workers(self) -> int:
        """See `Windows.workers`; without the lock, since whoever only looks must not hold up a call."""
        return self._windows.workers()

    def server_time(self, at: float | None = None) -> int | None:
        """Unix seconds that the server's clock has passed for certain; None while no answer has told.

        Args:
            at: When, by this pacer's clock; by default now.
        """
        with self._waiting:
            return self._windows.server_seconds(self._clock() if at is None else at)

    def pace(self) -> Pace:
        """See `Windows.pace`; without the lock, since whoever only looks must not hold up a call."""
        return self._windows.pace(self._clock())

    def stop(self) -> None:
        """Let no call begin any more, and wake those that wait."""
        with self._waiting:
            self._stopped = True
            self._waiting.notify_all()

    def _begin(self) -> Ticket:
        with self._waiting:
            while not self._stopped:
                wait = self._windows.wait(self._clock())
                if wait <= 0:
                    ticket = self._windows.begin(self._clock())
                    # One wakes the next, for as long as there is budget.
                    self._waiting.notify()
                    return ticket
                self._until = self._clock() + wait
                self._waiting.wait(wait)
            raise Interrupted(
                Message("interrupted", "The run was interrupted while it waited for Intercom's rate limit.")
            )

    def _end(self, call: PacedCall) -> None:
        with self._waiting:
            if call.seen is not None:
                self._windows.answered(call.ticket, self._clock(), call.seen)
            elif call.sent:
                self._windows.lost(call.ticket, self._clock())
            else:
                self._windows.unsent(call.ticket)
            now = self._clock()
            # Nobody is woken to wait as long as before.
            if now + self._windows.wait(now) < self._until:
                self._waiting.notify()
