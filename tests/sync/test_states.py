"""What is worth a word: another state, or half as many failures more."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.outcomes.results import Status
from dbt_intercom_activate.sync.states import State, StateOfRun, is_news, said_before, state_of, states_of

STOPPED, BROKEN = "stopped", "broken"
"""A run that was told to end early, and one that ended early for trouble of its own."""


def runs_of(*told):
    """`8` failed so many, `h` held removals, any other word is a status or one of the above."""
    for each in told:
        failed, held = each if isinstance(each, int) else 0, 3 if each == "h" else 0
        status = "partial" if failed or held else Status.DEFERRED if each in (STOPPED, BROKEN) else each
        yield StateOfRun(state_of(str(status), failed, held, stopped=each == STOPPED), failed)


@pytest.mark.parametrize(
    ("runs", "news"),
    [
        pytest.param(["success"], False, id="a first run that is well"),
        pytest.param([5], True, id="a first run that fails"),
        pytest.param(["success", 5], True, id="well and then failing"),
        pytest.param([5, 5], False, id="failing as before"),
        pytest.param([5, 7], False, id="a few more"),
        pytest.param([4, 6], True, id="half as many more"),
        pytest.param([4, 5, 6], True, id="half as many more than when it was said"),
        pytest.param([4, 6, 8], False, id="a few more since it was said again"),
        pytest.param([9, 2, 10], False, id="as many as were said before"),
        pytest.param([5, "success"], True, id="failing and then well"),
        pytest.param(["success", "error"], True, id="an activation that cannot run"),
        pytest.param(["error", "error"], False, id="one that still cannot run"),
        pytest.param(["success", "held"], True, id="held writes"),
        pytest.param(["success", "h"], True, id="held removals"),
        pytest.param(["h", "held"], False, id="held in another way"),
        pytest.param(["blocked", "blocked"], False, id="blocked as before"),
        pytest.param(["blocked", 5], True, id="blocked and then failing"),
        pytest.param(["success", STOPPED], False, id="a run that ended early"),
        pytest.param(["success", STOPPED, "success"], False, id="and went on"),
        pytest.param(["success", STOPPED, STOPPED], True, id="two that ended early"),
        pytest.param([STOPPED, STOPPED, STOPPED], False, id="and a third"),
        pytest.param(["success", BROKEN], True, id="Intercom or the token gave up"),
        pytest.param(["success", BROKEN, BROKEN], False, id="and still does"),
        pytest.param([5, "forgotten", 5], False, id="a row that is of no run"),
    ],
)
def test_what_is_news(runs, news):
    *before, now = states_of(list(runs_of(*runs)))
    assert is_news(said_before(before), now) is news


def test_a_run_with_failures_is_failing_however_it_ended():
    """As where `max_failed` ended it."""
    for stopped in (True, False):
        assert state_of("deferred", 3, 0, stopped=stopped) is State.FAILING


def test_what_told_nobody_leaves_the_state():
    runs = [(State.FAILING, 5), (State.UNTOLD, 0), (State.UNTOLD, 9), (State.FAILING, 5)]
    *before, now = states_of([StateOfRun(*each) for each in runs])
    assert not is_news(said_before(before), now)


def test_failures_that_are_only_warned_of_are_well():
    assert state_of("partial", 0, 0) is State.WELL
