"""Counting what became of records, so that every row is accounted for at any moment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome
from dbt_intercom_activate.outcomes.results import (
    COUNT_NAMES,
    COUNTERS,
    ActivationResult,
    PlanCounts,
    Status,
    Tally,
)

COUNT = st.integers(0, 50)
CODES = st.dictionaries(st.sampled_from([str(code) for code in Code]), st.integers(1, 9), max_size=3)
PLANS = st.builds(
    PlanCounts, added=COUNT, changed=COUNT, unchanged=COUNT, removed=COUNT, invalid=CODES, waiting=CODES
)
OUTCOMES = st.builds(
    Outcome,
    operation=st.sampled_from(sorted(COUNTERS)),
    code=st.one_of(st.none(), st.sampled_from(list(Code))),
)
OF_ROWS = (
    "unchanged",
    "inserted",
    "updated",
    "archived",
    "deleted",
    "attached",
    "detached",
    "sent",
    "failed",
    "pending",
)


def accounted(counts):
    return sum(counts[name] for name in OF_ROWS)


@given(PLANS, st.lists(OUTCOMES, max_size=30))
def test_rows_are_accounted_for_at_any_moment(plan, outcomes):
    tally = Tally(plan)
    assert tally.counts()["rows"] == accounted(tally.counts()) == plan.rows
    for outcome in outcomes[: plan.attempted]:
        tally.add([outcome])
        assert tally.counts()["rows"] == accounted(tally.counts())
        assert tally.counts()["failed"] == sum(tally.failures.values())
    assert set(tally.counts()) == set(COUNT_NAMES)


@given(PLANS, st.lists(OUTCOMES, max_size=30))
def test_a_tally_that_is_resumed_counts_on(plan, outcomes):
    whole, first = Tally(plan), Tally(plan)
    half = len(outcomes) // 2
    first.add(outcomes[:half])
    second = Tally.resume(first.counts())
    second.add(outcomes[half:])
    whole.add(outcomes)
    assert second.counts() == whole.counts()


def test_an_unarchived_contact_counts_extra():
    tally = Tally(PlanCounts(changed=1))
    tally.add([Outcome(Operation.UPDATE, unarchived=True)])
    assert (tally.counts()["updated"], tally.counts()["unarchived"], tally.counts()["pending"]) == (1, 1, 0)


RESULT = ActivationResult(
    activation="people",
    unique_id="model.shop.people",
    object="contact",
    behaviour="upsert",
    workspace="abc",
    workspace_name="production",
    status=Status.SUCCESS,
)


@pytest.mark.parametrize(
    ("status", "failures", "held", "warned", "well"),
    [
        pytest.param("success", {}, 0, (), True, id="all is well"),
        pytest.param("skipped", {}, 0, (), True, id="what was skipped is well"),
        pytest.param("partial", {"not_found": 1}, 0, (), False, id="a failure is not well"),
        pytest.param("partial", {"not_found": 1}, 0, ("not_found",), True, id="a code in warn is well"),
        pytest.param(
            "partial", {"not_found": 1, "merged": 1}, 0, ("not_found",), False, id="one of two is not"
        ),
        pytest.param("partial", {}, 3, (), False, id="what is held is not well"),
        pytest.param("partial", {"not_found": 1}, 3, ("not_found",), False, id="nor is it under warn"),
        pytest.param("error", {}, 0, (), False, id="an error is not well"),
        pytest.param("blocked", {}, 0, (), False, id="what is blocked is not well"),
        pytest.param("deferred", {}, 0, (), False, id="what is deferred is not well"),
    ],
)
def test_what_leaves_the_exit_code_at_zero(status, failures, held, warned, well):
    counts = {**RESULT.counts, "held": held}
    result = replace(RESULT, status=Status(status), failures=failures, counts=counts)
    assert result.is_well(frozenset(warned)) is well


def test_a_result_is_spelt_as_the_artifact_has_it():
    result = replace(RESULT, elapsed=1.23456, failures={"rejected": 1, "merged": 2})
    document = result.as_json()
    assert list(document) == [
        "activation",
        "unique_id",
        "object",
        "behaviour",
        "workspace",
        "workspace_name",
        "status",
        "message",
        "elapsed",
        "counts",
        "api_calls",
        "failures",
    ]
    assert document["elapsed"] == 1.235
    assert list(document["failures"]) == ["merged", "rejected"]
    assert list(document["counts"]) == list(COUNT_NAMES)
