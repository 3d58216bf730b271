"""Pacing, in virtual time: a simulated server with windows like Intercom's, thousands of calls, no sleep."""

from __future__ import annotations

import heapq
import itertools
import math
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbt_intercom_activate.errors import Interrupted
from dbt_intercom_activate.intercom.api import RateLimit
from dbt_intercom_activate.intercom.pacing import Observation, Pacer, Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dbt_intercom_activate.intercom.pacing import Ticket

EPOCH = 1_700_000_000.0
"""Where the server's clock stands when the simulation's local clock shows 0."""


@dataclass
class Server:
    """Counts calls in windows aligned to its own clock, and refuses those over the limit."""

    limit: int = 1666
    skew: float = 0.0
    reset_after_end: int = 2
    window: float = 10.0
    shift: float = 0.0
    """Seconds by which windows miss the multiples of their length."""
    dates: bool = True
    headers: bool = True
    counted: Counter[int] = field(default_factory=Counter)
    refused_at: list[float] = field(default_factory=list)

    def clock(self, local: float) -> float:
        return EPOCH + self.skew + local

    def call(self, local: float) -> Observation:
        """Count a call, or refuse it."""
        index = int((self.clock(local) - self.shift) // self.window)
        refused = self.headers and self.counted[index] >= self.limit
        if refused:
            self.refused_at.append(local)
        else:
            self.counted[index] += 1
        reset = int((index + 1) * self.window + self.shift) + self.reset_after_end
        rate = RateLimit(self.limit, max(0, self.limit - self.counted[index]), reset)
        return Observation(
            status=429 if refused else 200,
            code="rate_limit_exceeded" if refused else None,
            rate_limit=rate if self.headers else None,
            date=int(self.clock(local)) if self.dates else None,
        )

    def used(self, seconds: float) -> list[float]:
        """Share of the limit used in each full window but the first."""
        first = int((self.clock(0) - self.shift) // self.window) + 1
        last = int((self.clock(seconds) - self.shift) // self.window)
        return [self.counted[index] / self.limit for index in range(first, last)]


@dataclass
class Simulation:
    """Workers who call as fast as they may, in virtual time."""

    server: Server
    windows: Windows
    idle: int | None
    """Workers that could begin a call; None for as many as the product wants."""
    latency: float
    """Seconds that a call takes, there and back."""
    spread: float
    """How much of the latency is chance, from 0 to 1: what makes calls overtake each other."""
    lose: float
    """Share of answers that never come, though the server counted the call."""
    chance: random.Random
    now: float = 0.0
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=itertools.count)
    busy: int = 0

    @property
    def able(self) -> bool:
        return self.busy < (self.windows.workers() if self.idle is None else self.idle)

    def run(self, seconds: float) -> None:
        while self.now < seconds:
            while self.able and self.windows.wait(self.now) <= 0:
                self.begin()
            if self.able:
                self.after(max(1e-6, self.windows.wait(self.now)), lambda: None)
            self.now, _, happen = heapq.heappop(self.events)
            happen()

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now + seconds, next(self.order), happen))

    def begin(self) -> None:
        ticket = self.windows.begin(self.now)
        self.busy += 1
        self.after(self.way(), lambda: self.arrive(ticket))

    def arrive(self, ticket: Ticket) -> None:
        seen = self.server.call(self.now)
        lost = self.chance.random() < self.lose
        self.after(self.way(), lambda: self.end(ticket, None if lost else seen))

    def end(self, ticket: Ticket, seen: Observation | None) -> None:
        self.busy -= 1
        if seen is None:
            self.windows.lost(ticket, self.now)
        else:
            self.windows.answered(ticket, self.now, seen)

    def way(self) -> float:
        return self.latency / 2 * self.chance.uniform(1 - self.spread, 1 + self.spread)


def simulate(
    server: Server,
    *,
    seconds: float,
    workers: int | None = 50,
    latency: float = 0.2,
    spread: float = 0.5,
    seed: int = 1,
    lose: float = 0.0,
    windows: Windows | None = None,
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a seed makes a failure repeat
    windows = windows or Windows(jitter=chance.random)
    Simulation(server, windows, workers, latency, spread, lose, chance).run(seconds)


class TestWindowsAreUsedUpAndNotOverrun:
    @pytest.mark.parametrize("reset_after_end", [2, 0], ids=["reset 2 s after the end", "reset at the end"])
    @pytest.mark.parametrize("skew", [-5.0, -0.3, 0.0, 4.97], ids="skew {} s".format)
    def test_at_200_ms_with_50_workers(self, skew: float, reset_after_end: int) -> None:
        server = Server(skew=skew, reset_after_end=reset_after_end)

        simulate(server, seconds=60)

        assert server.refused_at == []
        assert min(server.used(60)) >= 0.97

    @pytest.mark.parametrize(
        "server",
        [
            pytest.param(Server(limit=1), id="one call a window"),
            pytest.param(Server(limit=7), id="fewer calls than workers"),
            pytest.param(Server(limit=83), id="an old account's 500 a minute"),
            pytest.param(Server(limit=167), id="an old account's 1,000 a minute"),
            pytest.param(Server(dates=False), id="no Date header"),
        ],
    )
    def test_whatever_the_server(self, server: Server) -> None:
        simulate(server, seconds=80)

        assert server.refused_at == []
        assert min(server.used(80)) >= 0.97

    @pytest.mark.parametrize("limit", [1666, 83])
    @pytest.mark.parametrize(
        ("latency", "fewest", "most"), [(0.05, 8, 20), (0.2, 8, 60), (0.5, 8, 135), (1.0, 12, 200)]
    )
    def test_with_as_many_workers_as_the_latency_needs(self, limit, latency, fewest, most):
        server, windows = Server(limit=limit, skew=0.4), Windows(jitter=lambda: 0.5)

        simulate(server, seconds=45, workers=None, latency=latency, windows=windows)

        assert server.refused_at == []
        assert min(server.used(45)) >= 0.97
        assert fewest <= windows.workers() <= most
        assert windows.workers() < 20 or limit == 1666

    @settings(max_examples=25, deadline=None)
    @given(
        skew=st.floats(-5, 5),
        limit=st.integers(1, 400) | st.just(1666),
        workers=st.none() | st.integers(1, 60),
        latency=st.floats(0.01, 2.0),
        spread=st.floats(0, 0.95),
        reset_after_end=st.sampled_from([0, 2]),
        lose=st.sampled_from([0.0, 0.02]),
        seed=st.integers(0, 1000),
    )
    def test_no_429_of_our_own_making(
        self, skew, limit, workers, latency, spread, reset_after_end, lose, seed
    ):
        server = Server(limit=limit, skew=skew, reset_after_end=reset_after_end)

        simulate(server, seconds=45, workers=workers, latency=latency, spread=spread, lose=lose, seed=seed)

        # Where the very first answer is lost, the second call cannot know that there is room for one only.
        assert [at for at in server.refused_at if at > 10] == []
        assert server.refused_at == [] or (limit == 1 and lose > 0)

    def test_without_headers_nobody_waits(self) -> None:
        server = Server(headers=False)

        simulate(server, seconds=20, spread=0)

        assert sum(server.counted.values()) == pytest.approx(50 * 20 / 0.2, rel=0.03)

    def test_lost_answers_are_counted_as_calls(self) -> None:
        server = Server(limit=500)

        simulate(server, seconds=60, lose=0.05)

        assert server.refused_at == []


class TestServersUnlikeIntercom:
    def test_windows_that_are_not_aligned_cost_one_probe(self) -> None:
        server = Server(limit=300, shift=4, reset_after_end=0)

        simulate(server, seconds=100)

        assert len(server.refused_at) <= 2
        assert min(server.used(100)[1:]) >= 0.97

    def test_windows_of_a_minute(self) -> None:
        server = Server(limit=600, window=60, reset_after_end=0)

        simulate(server, seconds=400)

        assert len(server.refused_at) <= 2
        assert min(server.used(400)[1:]) >= 0.97


def seen(status: int = 200, code: str | None = None, **rate: int) -> Observation:
    return Observation(status, code, RateLimit(**rate) if rate else None, date=int(EPOCH))


def opened(remaining: int = 100) -> Windows:
    """A pace that knows its window: 10 seconds long from local 0."""
    windows = Windows(jitter=lambda: 1.0)
    first = windows.begin(0.0)
    windows.answered(first, 0.0, seen(limit=100, remaining=remaining, reset=int(EPOCH) + 12))
    return windows


class TestRefusals:
    def test_before_the_first_answer_one_call_goes(self) -> None:
        windows = Windows()
        windows.begin(0.0)

        assert windows.wait(0.1) > 0

    def test_a_first_answer_that_says_nothing_lets_one_more_go(self) -> None:
        windows = Windows()
        windows.answered(windows.begin(0.0), 0.1, Observation(502))

        assert windows.wait(0.1) == 0
        windows.begin(0.1)
        assert windows.wait(0.1) > 0

    def test_an_unanswered_probe_stops_the_others_for_three_seconds(self) -> None:
        windows = Windows()
        windows.begin(0.0)

        assert windows.wait(3.0) == 0

    def test_rate_limit_exceeded_makes_everyone_wait_until_the_reset(self) -> None:
        windows = opened()
        calls = [windows.begin(1.0) for _ in range(3)]
        for call in calls:
            windows.answered(
                call, 1.2, seen(429, "rate_limit_exceeded", limit=100, remaining=0, reset=int(EPOCH) + 12)
            )

        assert windows.wait(1.2) == pytest.approx(12 - 1.2, abs=1.2)
        assert windows.wait(11.8) > 0

    def test_after_the_reset_one_goes_first(self) -> None:
        windows = opened()
        windows.answered(
            windows.begin(1.0),
            1.2,
            seen(429, "rate_limit_exceeded", limit=100, remaining=0, reset=int(EPOCH) + 12),
        )
        later = 1.2 + windows.wait(1.2) + 0.001

        assert windows.wait(later) == 0
        windows.begin(later)
        assert windows.wait(later) > 0

    def test_a_429_without_headers_makes_everyone_wait_10_seconds(self) -> None:
        windows = Windows()
        windows.answered(windows.begin(0.0), 0.1, Observation(429))

        assert windows.wait(0.1) == pytest.approx(10)

    def test_too_many_requests_makes_everyone_wait_longer_each_time(self) -> None:
        windows, now, waits = opened(), 1.0, []
        for _ in range(7):
            windows.answered(
                windows.begin(now),
                now,
                seen(429, "too_many_requests", limit=100, remaining=90, reset=int(EPOCH) + 12),
            )
            waits.append(windows.wait(now))
            now += waits[-1]

        assert pytest.approx(waits) == [1, 2, 4, 8, 16, 30, 30]

    def test_many_refusals_of_one_moment_count_once(self) -> None:
        windows = opened()
        for call in [windows.begin(1.0) for _ in range(40)]:
            windows.answered(
                call, 1.1, seen(429, "too_many_requests", limit=100, remaining=50, reset=int(EPOCH) + 12)
            )

        assert windows.wait(1.1) == pytest.approx(1)

    def test_a_success_ends_the_backing_off(self) -> None:
        windows = opened()
        refusal = seen(429, "too_many_requests", limit=100, remaining=90, reset=int(EPOCH) + 12)
        windows.answered(windows.begin(1.0), 1.0, refusal)
        windows.answered(windows.begin(2.0), 2.0, seen(limit=100, remaining=80, reset=int(EPOCH) + 12))
        windows.answered(windows.begin(3.0), 3.0, refusal)

        assert windows.wait(3.0) == pytest.approx(1)

    def test_a_reset_far_away_is_believed_for_a_minute(self) -> None:
        windows = Windows()
        windows.answered(
            windows.begin(0.0),
            0.1,
            seen(429, "rate_limit_exceeded", limit=100, remaining=0, reset=int(EPOCH) * 1000),
        )

        assert windows.wait(0.1) <= 61

    def test_a_reset_in_the_past_does_not_make_us_hammer(self) -> None:
        windows, now, calls = Windows(), 0.0, 0
        refusal = seen(429, "rate_limit_exceeded", limit=100, remaining=0, reset=int(EPOCH) - 500)
        while now < 60:
            wait = windows.wait(now)
            if wait > 0:
                now += wait
                continue
            windows.answered(windows.begin(now), now, refusal)
            calls += 1

        assert calls < 15

    @pytest.mark.parametrize("reset", [-500, 900_000], ids=["in the past", "far away"])
    def test_headers_that_contradict_each_other_do_not_make_us_hammer(self, reset: int) -> None:
        windows, now, calls = Windows(), 0.0, 0
        windows.answered(windows.begin(0.0), 0.0, seen(limit=100, remaining=90, reset=int(EPOCH) + reset))
        refusal = seen(429, "rate_limit_exceeded", limit=100, remaining=0, reset=int(EPOCH) + 12)
        while now < 60:
            wait = windows.wait(now)
            if wait > 0:
                now += wait
                continue
            windows.answered(windows.begin(now), now, refusal)
            calls += 1

        assert calls < 15

    def test_a_server_that_stops_telling_limits_is_called_faster_again(self) -> None:
        windows = opened(remaining=2)
        for _ in range(2):
            windows.answered(windows.begin(1.0), 1.0, Observation(200))
        later = 1.0 + windows.wait(1.0) + 0.001
        windows.answered(windows.begin(later), later, Observation(200))
        calls = [windows.begin(later) for _ in range(200) if windows.wait(later) == 0]

        assert len(calls) == 200


class TestOwnCap:
    @pytest.mark.parametrize("per_minute", [3, 10, 60, 1000], ids="{} a minute".format)
    @pytest.mark.parametrize("headers", [True, False], ids=["with headers", "without headers"])
    def test_no_minute_has_more_calls_than_allowed(self, per_minute: int, headers: bool) -> None:
        server = Server(headers=headers)

        simulate(server, seconds=121, windows=Windows(requests_per_minute=per_minute))

        calls = sum(server.counted.values())
        assert 2 * per_minute <= calls + math.ceil(per_minute / 20) + 1
        assert calls <= 2 * per_minute + max(1, per_minute // 6)
        assert max(server.counted.values()) <= max(1, per_minute // 6) * 2


class VirtualCondition(threading.Condition):
    """Waiting lets time pass instead of taking it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.now += timeout
        return True


class TestPacer:
    def test_waits_by_the_clock_it_is_given(self) -> None:
        waiting = VirtualCondition()
        pacer = Pacer(requests_per_minute=60, clock=lambda: waiting.now, waiting=waiting)
        for _ in range(25):
            with pacer.call() as call:
                call.answered(Observation(200))

        assert waiting.now == pytest.approx(20)

    def test_a_call_that_raises_is_not_counted_in_flight(self) -> None:
        waiting = VirtualCondition()
        pacer = Pacer(clock=lambda: waiting.now, waiting=waiting)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError), pacer.call():
                raise ZeroDivisionError

        assert waiting.now == 0

    def test_stop_wakes_those_that_wait(self) -> None:
        pacer, ended = Pacer(), []

        def work() -> None:
            with pytest.raises(Interrupted), pacer.call():
                pass
            ended.append(True)

        with pacer.call():
            waiters = [threading.Thread(target=work) for _ in range(5)]
            for waiter in waiters:
                waiter.start()
            pacer.stop()
            for waiter in waiters:
                waiter.join(timeout=5)

        assert ended == [True] * 5

    def test_one_answer_lets_all_threads_go(self) -> None:
        pacer, first_is_in = Pacer(), threading.Event()
        done = []

        def work() -> None:
            with pacer.call() as call:
                first_is_in.wait(5)
                call.answered(Observation(200))
            done.append(True)

        workers = [threading.Thread(target=work) for _ in range(30)]
        for worker in workers:
            worker.start()
        first_is_in.set()
        for worker in workers:
            worker.join(timeout=5)

        assert len(done) == 30


def test_a_window_seen_first_has_one_call_less():
    """`Remaining` does not count the call that is answered: a handful at once would be one too many."""
    windows = opened(remaining=2)
    assert windows.wait(1.0) == 0.0
    windows.begin(1.0)
    assert windows.wait(1.0) > 0.0
