"""The list of columns is the only one: what is written has each of them, and nothing else."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime

import pytest

from dbt_intercom_activate.ledger.outcomes import (
    BATCH_CHARACTERS,
    PAYLOAD_LENGTH,
    ActivationRun,
    Outcomes,
    outcome_row,
    payload_of,
    run_row,
)
from dbt_intercom_activate.ledger.standing import TABLES
from dbt_intercom_activate.outcomes.codes import Code
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


# Payloads


def told(payload, outcome=None):
    return Delivered(1, None, outcome or Outcome(Operation.INSERT), AT, payload=payload)


def test_a_payload_is_canonical_and_plain_ascii():
    payload = {"name": "Zoë\n'\\", "custom_attributes": {"b": None, "a": 1.5}}
    text = payload_of(told(payload))
    assert text == json.dumps(payload, sort_keys=True, separators=(",", ":"))
    assert text.isascii()
    assert text.isprintable()
    assert payload_of(told(dict(reversed(payload.items())))) == text


@pytest.mark.parametrize(
    "delivered",
    [
        told({"name": "x"}, Outcome(Operation.INSERT, Code.REJECTED)),
        told({"name": "x"}, Outcome(Operation.ARCHIVE)),
        told({"name": "x" * PAYLOAD_LENGTH}),
        told(None),
    ],
    ids=["a failure", "a removal", "too long", "none"],
)
def test_what_has_no_payload_in_the_ledger(delivered):
    assert payload_of(delivered) is None


def test_long_payloads_are_spread_over_statements():
    statements = []

    class Counting:
        """In place of a warehouse that takes what it is given."""

        def literals(self, row):
            return row

        def render(self, _, *, outcomes, **__):
            return outcomes

        def execute(self, outcomes):
            statements.append([len(each["payload"] or "") for each in outcomes])

    class Named:
        def relation(self, name):
            return name

    long = told({"name": "x" * 60_000})
    Outcomes(Counting(), Named(), payloads=True).append("s", RUN, [long] * 15 + [told(None)] * 1_200)
    assert [len(each) for each in statements] == [6, 6, 1_000, 203]
    assert max(map(sum, statements)) <= BATCH_CHARACTERS
    statements.clear()
    Outcomes(Counting(), Named()).append("s", RUN, [long] * 15)
    assert [sum(each) for each in statements] == [0]
