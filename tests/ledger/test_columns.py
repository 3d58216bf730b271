"""The list of columns is the only one: what is written has each of them, and nothing else."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import fields
from datetime import datetime

import pytest

from dbt_intercom_activate.ledger.outcomes import (
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
from dbt_intercom_activate.warehouse.literals import literal

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


@pytest.mark.parametrize("text", ["x" * 60_000, "\\" * 30_000, "x"], ids=["plain", "escaped", "short"])
def test_no_statement_is_longer_than_warehouses_take(text):
    """Of ClickHouse the shortest: 262,144 bytes, with each backslash of a text doubled."""
    statements = []

    class Counting:
        """In place of a warehouse that takes what it is given, and escapes as most do."""

        def literals(self, row):
            return {name: literal(value, [["\\", "\\\\"], ["'", "\\'"]]) for name, value in row.items()}

        def render(self, _, *, outcomes, **__):
            return outcomes

        def execute(self, outcomes):
            statements.append(outcomes)

    class Named:
        def relation(self, name):
            return name

    failed = Delivered(2, None, Outcome(Operation.INSERT, Code.REJECTED, "名" * 500), AT)
    rows = [told({"name": text})] * 15 + [told(None)] * 1_200 + [failed] * 300
    Outcomes(Counting(), Named(), payloads=True).append("s", dataclasses.replace(RUN, generation=1), rows)
    lengths = [len(", ".join(each for row in few for each in row.values()).encode()) for few in statements]
    assert max(lengths) <= 220_000
    assert max(map(len, statements)) <= 1_000
    assert [row["place"] for few in statements for row in few] == [str(n + 1) for n in range(len(rows))]
    assert len(statements) < 20
