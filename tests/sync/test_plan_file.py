"""A plan's file that is not as it was written is told apart before anything is asked of anybody."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from dbt_intercom_activate import __version__
from dbt_intercom_activate.errors import PlanRefused
from dbt_intercom_activate.sync.plan_file import PlanFile, PlannedActivation, read_plan, sum_of

PEOPLE = PlannedActivation("people", 1, "w1", "production", "m", "c", "l", {"added": 2}, "s", removals=False)
PLAN = PlanFile(
    plan="41d5bd25-1ff6-48ba-96ff-303e70bbb252",
    version=__version__,
    project="shop",
    target="dev",
    planned_at=datetime(2026, 1, 2, 3, 4, 5, 6),  # noqa: DTZ001 (UTC, as the package has it)
    gate=True,
    activations=(PEOPLE,),
)


@pytest.fixture
def path(tmp_path):
    PLAN.write(tmp_path / "plan.json")
    return tmp_path / "plan.json"


def summed(text, **changes):
    contents = {**json.loads(text), **changes}
    return json.dumps({**contents, "sum": sum_of(contents)})


def test_a_plan_is_read_as_it_was_written(path):
    assert read_plan(path) == PLAN
    PLAN.write(path)
    assert read_plan(path) == PLAN


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: "", id="an empty file"),
        pytest.param(lambda text: text[: len(text) // 2], id="a file that was cut"),
        pytest.param(lambda text: text.replace('"added": 2', '"added": 3'), id="a count that was edited"),
        pytest.param(lambda _: "[]", id="another document"),
        pytest.param(lambda text: text.replace("sum", "some"), id="no sum"),
        pytest.param(lambda text: summed(text, plan="stage_1; drop table x"), id="an id that is none"),
        pytest.param(lambda text: summed(text, activations=[{}]), id="an activation without a name"),
        pytest.param(lambda text: summed(text, planned_at="today"), id="a moment that is none"),
        pytest.param(lambda text: "\udcff" + text, id="no text"),
    ],
)
def test_a_plan_that_is_not_as_written_is_refused(path, damage):
    path.write_bytes(damage(path.read_text()).encode("utf-8", "surrogateescape"))
    with pytest.raises(PlanRefused, match="is not as `plan --out` wrote it"):
        read_plan(path)


def test_a_plan_of_another_version_is_refused(path):
    path.write_text(summed(path.read_text(), version="0.0.1"))
    with pytest.raises(PlanRefused, match=r"was made by dbt-intercom-activate 0\.0\.1"):
        read_plan(path)


def test_a_plan_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PlanRefused, match="cannot be read: No such file"):
        read_plan(tmp_path / "plan.json")


def test_a_plan_that_cannot_be_written_leaves_no_file(tmp_path):
    with pytest.raises(PlanRefused, match="could not be written"):
        PLAN.write(tmp_path / "gone" / "plan.json")
    assert not list(tmp_path.iterdir())
