"""Intercom's clock, as the `Date` of its answers tells it: cut to the second, and given some time on the way."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.intercom.server_clock import ServerClock

AHEAD = 1_800_000_000.0
"""By how much the server's clock is ahead of the local one."""


def learnt(*answers: tuple[float, float], ahead: float = AHEAD) -> ServerClock:
    """A clock that learnt from answers, given halfway between these two local times."""
    clock = ServerClock()
    for begun, answered in answers:
        teach(clock, begun, answered, ahead)
    return clock


def teach(clock: ServerClock, begun: float, answered: float, ahead: float = AHEAD) -> None:
    clock.learn(int((begun + answered) / 2 + ahead), begun, answered)


def test_before_the_first_answer_it_shows_nothing():
    assert ServerClock().seconds(5.0) is None


@pytest.mark.parametrize("moment", [10.0, 10.4, 10.9, 55.5])
def test_it_never_shows_a_second_that_is_still_to_come(moment):
    clock = learnt((10.0, 10.3), (11.0, 11.1), (20.6, 20.9))
    assert AHEAD + moment - 2 < clock.seconds(moment) <= AHEAD + moment


def test_it_tells_of_moments_before_the_first_answer():
    assert learnt((10.0, 10.2)).seconds(9.0) <= AHEAD + 9


def test_of_machines_that_disagree_the_slowest_counts():
    clock = learnt((10.0, 10.1))
    teach(clock, 11.0, 11.1, AHEAD - 3)
    teach(clock, 12.0, 12.1, AHEAD)

    assert clock.seconds(12.1) <= AHEAD + 12.1 - 3


def test_after_a_jump_it_tells_no_moment_before_it():
    clock = learnt((10.0, 10.1))
    teach(clock, 20.0, 20.1, AHEAD + 3_600)

    assert clock.seconds(10.0) is None
    assert AHEAD + 3_618 < clock.seconds(20.1) <= AHEAD + 3_620.1


def test_after_an_absurd_answer_it_finds_back():
    clock = learnt((10.0, 10.1))
    teach(clock, 20.0, 20.1, AHEAD - 86_400)
    teach(clock, 21.0, 21.1)

    assert AHEAD + 20 < clock.seconds(22.0) <= AHEAD + 22
