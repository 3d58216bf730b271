"""The list of columns is the only one: what is written has each of them, and nothing else."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

import pytest

from dbt_intercom_activate.ledger.outcomes import ActivationRun, outcome_row, run_row
from dbt_intercom_activate.ledger.standing import TABLES
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome
from dbt_intercom_activate.outcomes.results import ActivationResult, Status

OF_THE_RECORD = {"record_key", "identifier_value", "related_value", "record_hash"}
"""What the stage knows of a record."""
RUN = ActivationRun("r", "p", "w", "sandbox", "people", "contact", "external_id", "o1")
AT = datetime(2024, 3, 1)  # noqa: DTZ001 (naive, as in the warehouse)


@pytest.fixture(scope="module")
def listed(open_apart):
    warehouse, _ = open_apart("duckdb")
    return {table: [name for name, *_ in warehouse.render("columns", table=table)] for table in TABLES}


def test_an_outcome_fills_every_column_of_the_ledger(listed):
    of_the_run = {each.name for each in fields(ActivationRun)}
    of_its_own = outcome_row(Delivered(1, None, Outcome(Operation.INSERT), AT), 1).keys() - {"seq"}

    assert set(listed["ledger"]) == of_the_run | of_its_own | OF_THE_RECORD
    assert len(listed["ledger"]) == len(of_the_run) + len(of_its_own) + len(OF_THE_RECORD)


def test_a_result_fills_every_column_of_runs(listed):
    result = ActivationResult(
        activation="people",
        unique_id="model.shop.people",
        object="contact",
        behaviour="upsert",
        workspace="w",
        workspace_name="sandbox",
        status=Status.SUCCESS,
    )
    assert run_row("r", "shop", result, started_at=AT, finished_at=AT, generation=1).keys() == set(
        listed["runs"]
    )


def test_new_columns_come_last_and_raise_the_version(open_apart):
    """Rows that an older version appends name their columns, and views keep the places of theirs."""
    warehouse, _ = open_apart("duckdb")
    for table in TABLES:
        since = [version for _, _, version in warehouse.render("columns", table=table)]
        assert since == sorted(since), table
