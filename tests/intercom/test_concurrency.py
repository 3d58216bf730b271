"""As many calls at once as Intercom's windows need at the latency that was seen."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.intercom.concurrency import FEWEST, MOST, WITHOUT_LIMIT, Latency
from dbt_intercom_activate.intercom.pacing import Observation, Windows


def seen(*seconds: float) -> Latency:
    latency = Latency()
    for each in seconds:
        latency.learn(each)
    return latency


def test_before_the_first_answer_there_are_few():
    assert Latency().workers(1666) == Latency().workers(None) == FEWEST


def test_without_a_limit_there_is_a_fixed_number():
    assert seen(0.2).workers(None) == WITHOUT_LIMIT


def test_slow_calls_need_more_workers():
    numbers = [seen(each).workers(1666) for each in (0.01, 0.05, 0.2, 0.5, 1.0)]
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1]) == (FEWEST, MOST)


def test_calls_that_differ_need_more_workers():
    assert seen(0.1, 0.5, 0.1, 0.5).workers(1666) > seen(0.3, 0.3, 0.3, 0.3).workers(1666)


def test_a_change_of_latency_is_followed():
    assert seen(*[0.05] * 100, *[0.5] * 100).workers(1666) > 100
    assert seen(*[0.5] * 100, *[0.05] * 200).workers(1666) < 25


@pytest.mark.parametrize(("per_minute", "least"), [(None, WITHOUT_LIMIT), (500, FEWEST)])
def test_a_limit_of_ones_own_counts_as_well(per_minute, least):
    windows = Windows(requests_per_minute=per_minute)
    windows.answered(windows.begin(0.0), 0.2, Observation(200))
    assert windows.workers() == least
