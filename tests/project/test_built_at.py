"""When dbt built a model, read from its run results; what else they say is tested with the gate."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from dbt_intercom_activate.project import kept_results
from dbt_intercom_activate.project.run_results import FILE, from_dict

MOMENT = datetime(2026, 3, 14, 12, 0, 0, 123456)  # noqa: DTZ001 (UTC, as all moments of ours)


def results(
    which="build", invocation="i1", *, status="success", completed_at="2026-03-14T12:00:00.123456Z", **more
):
    timing = [{"name": "compile", "completed_at": "1999-01-01T00:00:00Z"}]
    timing += [{"name": "execute", "completed_at": completed_at}]
    node = {"unique_id": "model.shop.a", "status": status, "relation_name": "a", "timing": timing, **more}
    return {"metadata": {"invocation_id": invocation}, "args": {"which": which}, "results": [node]}


def test_a_model_was_built_when_dbt_had_executed_it():
    assert from_dict(results()).built_at == {"model.shop.a": MOMENT}


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(results(status="error"), id="it failed"),
        pytest.param(results(status="pass", relation_name=None), id="it is a test"),
        pytest.param(results(timing=[]), id="no moments are there"),
        pytest.param(results(completed_at="yesterday"), id="the moment is none"),
        pytest.param(results(completed_at=None), id="the moment is nothing"),
    ],
)
def test_what_was_not_built_has_no_moment(raw):
    assert from_dict(raw).built_at == {}


def test_the_moment_is_kept_when_a_test_follows(tmp_path):
    for raw in (results(), results("test", "i2", unique_id="test.shop.t", relation_name=None, status="pass")):
        (tmp_path / FILE).write_text(json.dumps(raw))
        kept_results.keep(tmp_path)
    kept = kept_results.of_last_build(tmp_path, from_dict(raw))
    assert kept.built_at == {"model.shop.a": MOMENT}
