"""What is worth a word: another state, or half as many failures more."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.sync.states import Row, State, StateOfRun, is_news, said_before, states_of


def rows(*told):
    """`8` failed so many, `h` held removals, any other word is a status."""
    for each in told:
        if isinstance(each, int):
            yield Row("partial", each, 0)
        else:
            yield Row("partial", 0, 3) if each == "h" else Row(each, 0, 0)


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
        pytest.param(["success", "deferred"], False, id="a run that ended early"),
        pytest.param(["success", "deferred", "success"], False, id="and went on"),
        pytest.param(["success", "deferred", "deferred"], True, id="two that ended early"),
        pytest.param(["deferred", "deferred", "deferred"], False, id="and a third"),
        pytest.param([5, "forgotten", 5], False, id="a row that is of no run"),
    ],
)
def test_what_is_news(runs, news):
    *before, now = states_of([*rows(*runs)])
    assert is_news(said_before(before), now) is news


def test_failures_that_are_only_warned_of_are_well():
    assert states_of([Row("partial", 0, 0)]) == [StateOfRun(State.WELL, 0)]
