"""The pace at its borders: the least of what is left, the longest of what is waited, the first second of a window."""

from __future__ import annotations

import math

import pytest

from dbt_intercom_activate.intercom.api import RateLimit
from dbt_intercom_activate.intercom.own_limit import Cap
from dbt_intercom_activate.intercom.pacing import GUARD, Observation, Pace, Pacer, Windows, _end_of
from dbt_intercom_activate.intercom.server_clock import DRIFT, ServerClock

END = 1_700_000_010
"""End of the first window, by the server's clock; the local clock shows 0 ten seconds before."""


def answer(
    remaining: int, *, end: int = END, limit: int = 10, at: float = 0.0, status: int = 200
) -> Observation:
    """An answer at a local moment, in the window that ends then."""
    return Observation(status, None, RateLimit(limit, remaining, end + 2), int(END - 10 + at))


def opened(remaining: int = 10, *, jitter: float = 0.0) -> Windows:
    """With one answer seen, which leaves so many calls after its own, and nothing under way."""
    windows = Windows(jitter=lambda: jitter)
    windows.answered(windows.begin(0.0), 0.0, answer(remaining + 1))
    return windows


def may_begin(windows: Windows, now: float = 0.1) -> int:
    """How many calls may begin at once."""
    count = 0
    while windows.wait(now) <= 0 and count < 1_000:
        windows.begin(now)
        count += 1
    return count


def test_the_least_of_what_answers_leave_counts():
    windows = opened(10)
    first, second = windows.begin(0.0), windows.begin(0.0)
    windows.answered(first, 0.1, answer(5))
    windows.answered(second, 0.1, answer(8))
    assert may_begin(windows) == 4, "the call that said five is not counted in it"


@pytest.mark.parametrize(("ended", "left"), [("lost", 3), ("unsent", 4), ("answered", 3)])
def test_what_a_call_without_limits_in_its_answer_uses_up(ended, left):
    windows = opened(4)
    ticket = windows.begin(0.0)
    if ended == "lost":
        windows.lost(ticket, 0.1)
    elif ended == "unsent":
        windows.unsent(ticket)
    else:
        windows.answered(ticket, 0.1, Observation(200))
    assert may_begin(windows) == left


def test_calls_under_way_use_up_the_window():
    windows = opened(4)
    windows.begin(0.0)
    assert may_begin(windows) == 3
    assert windows.wait(0.1) == pytest.approx(10.0 + GUARD - 0.1), "until the window is over, and a little"


def test_late_news_of_an_older_window_changes_nothing():
    windows = opened(0)
    old = windows.begin(10.2)
    windows.answered(old, 10.3, answer(10, end=END + 10, at=10.3))
    late = windows.begin(10.3)
    windows.answered(late, 10.4, answer(1, end=END, at=10.4))
    assert may_begin(windows, 10.5) == 9, "the call that said ten is not counted in it"


@pytest.mark.parametrize(
    ("lost_at", "left"), [(8.9, 9), (9.1, 8)], ids=["in the old window", "perhaps in the new one"]
)
def test_a_lost_call_counts_in_its_own_window(lost_at, left):
    windows = opened(10)
    lost, probe = windows.begin(1.0), windows.begin(1.0)
    windows.lost(lost, lost_at)
    windows.answered(probe, 10.9, answer(10, end=END + 10, at=10.9))
    assert may_begin(windows, 11.0) == left


def refuse(windows: Windows, now: float, code: str = "too_many_requests") -> float:
    """One call that is refused; how long everybody waits then."""
    windows.answered(windows.begin(now), now, Observation(429, code))
    return windows.wait(now)


@pytest.mark.parametrize(("jitter", "share"), [(0.0, 0.5), (1.0, 1.0)])
def test_backing_off_doubles_up_to_half_a_minute(jitter, share):
    windows, now, waits = Windows(jitter=lambda: jitter), 0.0, []
    for _ in range(14):
        waits.append(refuse(windows, now))
        now += waits[-1]
    assert waits == pytest.approx([share * each for each in (1, 2, 4, 8, 16, *[30] * 9)])


def test_a_usable_answer_begins_the_backing_off_anew():
    windows = Windows(jitter=lambda: 1.0)
    now = refuse(windows, 0.0)
    now += refuse(windows, now)
    windows.answered(windows.begin(now), now, Observation(200))
    assert refuse(windows, now) == pytest.approx(1.0)


def test_an_answer_to_an_earlier_call_ends_no_pause():
    windows = Windows(jitter=lambda: 1.0)
    before = windows.begin(0.0)
    refuse(windows, 0.0)
    windows.answered(before, 0.5, Observation(200))
    assert windows.wait(0.5) == pytest.approx(0.5)
    windows.begin(1.0)
    assert windows.wait(1.0) > 0, "one goes first, and the others wait for its answer"


def test_a_refusal_without_a_word_waits_a_whole_window():
    assert refuse(Windows(), 0.0, "rate_limit_exceeded") == pytest.approx(10.0)


def test_a_longer_pause_is_not_shortened_by_a_shorter():
    windows = Windows(jitter=lambda: 0.0)
    first, second = windows.begin(0.0), windows.begin(0.0)
    windows.answered(first, 0.0, Observation(429, "rate_limit_exceeded"))
    windows.answered(second, 0.0, Observation(429, "too_many_requests"))
    assert windows.wait(0.0) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("status", "code", "remaining", "told"),
    [
        (200, None, None, (False, False, True)),
        (499, None, None, (False, False, True)),
        (500, None, None, (False, False, False)),
        (500, None, 0, (False, False, True)),
        (429, "too_many_requests", 0, (True, True, False)),
        (429, "rate_limit_exceeded", 5, (True, False, False)),
        (429, None, 1, (True, True, False)),
        (429, None, 0, (True, False, False)),
        (429, None, None, (True, False, False)),
    ],
)
def test_what_an_answer_says_of_the_pace(status, code, remaining, told):
    rate = None if remaining is None else RateLimit(10, remaining, END)
    seen = Observation(status, code, rate)
    assert (seen.refused, seen.overloaded, seen.usable) == told


@pytest.mark.parametrize(("reset", "end"), [(99, 100), (100, 100), (102, 100), (108, 100), (109, 110)])
def test_a_reset_names_the_window_that_it_ends(reset, end):
    assert _end_of(RateLimit(10, 0, reset)) == end


class TestTheServersClock:
    def test_unknown_it_shows_nothing_for_certain(self):
        clock = ServerClock()
        assert (clock.known, clock.at_latest(5), clock.at_earliest(5)) == (False, math.inf, -math.inf)

    def test_an_answer_bounds_it_by_a_second(self):
        clock = ServerClock()
        clock.learn(100, 0.0, 0.5)
        assert (clock.known, clock.at_latest(200), clock.at_earliest(200)) == (True, 100.5, 99.0)

    def test_each_answer_narrows_it_down(self):
        clock = ServerClock()
        clock.learn(100, 0.0, 0.5)
        clock.learn(101, 1.2, 1.3)
        assert clock.at_latest(200) == pytest.approx(100.3)
        assert clock.at_earliest(200) == pytest.approx(99.2)
        clock.learn(100, 0.5, 1.4)
        assert clock.at_latest(200) == pytest.approx(100.3, abs=1e-3), "a looser bound takes nothing back"

    def test_clocks_drift_apart(self):
        clock = ServerClock()
        clock.learn(100, 0.0, 0.0)
        clock.learn(1_099, 1_000.0, 1_000.5)
        assert clock.at_latest(200) == pytest.approx(100 + DRIFT * 1_000.5)

    def test_a_clock_that_was_set_is_learnt_anew(self):
        clock = ServerClock()
        clock.learn(100, 0.0, 0.5)
        clock.learn(500, 2.0, 2.1)
        assert clock.at_latest(1_000) == pytest.approx(1_000 - 497.9)
        assert clock.at_earliest(1_000) == pytest.approx(1_000 - 499)


class TestTheUsersLimit:
    @pytest.mark.parametrize(
        ("per_minute", "at_once", "span"), [(60, 10, 10.0), (100, 16, 9.6), (6, 1, 10), (1, 1, 60)]
    )
    def test_a_share_may_begin_at_once_and_then_waits(self, per_minute, at_once, span):
        cap = Cap(per_minute)
        for _ in range(at_once):
            assert cap.wait(0.0) == 0.0
            cap.begin(0.0)
        assert cap.wait(0.0) == pytest.approx(span)
        assert cap.wait(span - 0.1) == pytest.approx(0.1)
        assert cap.wait(span + 5) == 0.0

    def test_without_a_limit_nobody_waits(self):
        cap = Cap(None)
        for _ in range(1_000):
            cap.begin(0.0)
        assert cap.wait(0.0) == 0.0


@pytest.mark.parametrize("ended", ["answered", "lost", "unsent"])
def test_a_pacer_tells_how_each_call_ended(ended):
    pacer = Pacer(clock=lambda: 0.0)
    with pacer.call() as call:
        call.answered(answer(5))
    with pacer.call() as call:
        if ended == "answered":
            call.answered(answer(4))
        elif ended == "unsent":
            call.unsent()
    assert may_begin(pacer._windows) == {"answered": 3, "lost": 3, "unsent": 4}[ended]


def test_the_pace_tells_how_full_the_window_is():
    windows = opened(4)
    assert (windows.pace(0.1).limit, windows.pace(0.1).used, windows.pace(0.1).window_wait) == (10, 6, 0)
    windows.begin(0.1)
    assert windows.pace(0.1).used == 7
    assert may_begin(windows) == 3
    spent = windows.pace(1.0)
    assert (spent.used, round(spent.window_wait)) == (10, 9)


def test_a_window_that_is_over_tells_a_new_pace():
    windows = opened(4)
    windows.begin(0.1)
    assert windows.pace(30.0) == Pace(limit=10, used=1, window_wait=0, own_wait=0)
    assert Windows().pace(0.0) == Pace(limit=None, used=0, window_wait=0, own_wait=0)


def test_the_pace_is_told_of_one_window_only():
    """Whoever looks has no lock: the window may be gone between two looks at it."""

    class Vanishing(Windows):
        @property
        def _window(self):
            shown, self.kept = self.kept, None
            return shown

        @_window.setter
        def _window(self, window):
            self.kept = window

    windows = Vanishing()
    windows.kept = opened(4)._window
    assert windows.pace(0.1).limit == 10


def test_the_pace_tells_the_own_limit_apart():
    windows = Windows(requests_per_minute=6)
    windows.begin(0.0)
    assert windows.pace(1.0).own_wait == 9
