"""What became of every record and of every run: the tables `ledger` and `runs`, which are only appended to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.clock import as_text, of_unix
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import REMOVALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from dbt_intercom_activate.ledger.tables import Tables
    from dbt_intercom_activate.outcomes.outcome import Delivered, Outcome
    from dbt_intercom_activate.outcomes.results import ActivationResult
    from dbt_intercom_activate.warehouse.connection import Warehouse

BATCH_ROWS = 1_000
"""Outcomes written in one statement; more is no faster on DuckDB, and some warehouses limit the statement's length."""

BATCH_BYTES = 200_000
"""Of the rows in one statement; ClickHouse takes a statement of 262,144 bytes, BigQuery and Snowflake one of 1 MB.

https://clickhouse.com/docs/operations/settings/settings#max_query_size,
https://cloud.google.com/bigquery/quotas#query_jobs, https://docs.snowflake.com/en/user-guide/query-size-limits
"""

RUNS_AT_ONCE = 50
"""Rows of `runs` in one statement: a row is about 2,000 bytes with the types of its columns."""

_ROW_BYTES = 10
"""What stands around a row: its brackets, its indent, the end of its line."""

MESSAGE_LENGTH = 500

PAYLOAD_LENGTH = 65_000
"""A longer payload is not kept: Redshift's longest text has 65,535 bytes."""


@dataclass(frozen=True, slots=True)
class ActivationRun:
    """What all rows of one activation in one run share; its names are columns of the ledger."""

    run_id: str
    project: str
    workspace: str
    """Intercom's own id of the workspace."""
    workspace_name: str
    activation: str
    object_type: str
    identifier: str | None
    origin: str
    """See `Binding.origin`."""
    generation: int | None = None
    """Which orders the rows of runs: see `WarehouseLock.generation`. None of runs of versions that had none."""

    def as_mapping(self) -> dict[str, str | int | None]:
        """For the macros, and for the journal."""
        return {name: getattr(self, name) for name in self.__slots__}


class Outcomes:
    """The rows of `ledger` and `runs`, as one run appends them."""

    def __init__(self, warehouse: Warehouse, tables: Tables, *, payloads: bool = False) -> None:
        """Begin.

        Args:
            payloads: Keep with each success what Intercom was told.
        """
        self._warehouse = warehouse
        self._tables = tables
        self._payloads = payloads
        self._places: dict[str, int] = {}
        """How many places the rows of a run have taken."""

    @property
    def name(self) -> str:
        """The ledger's relation, as the warehouse spells it."""
        return str(self._tables.relation("ledger"))

    def append(self, stage: str, run: ActivationRun, outcomes: Sequence[Delivered]) -> None:
        """Append outcomes in the order in which they were known, joined to their records by sequence number."""
        for batch in _batches(self._literals(run, outcomes)):
            # Before the rows: where the warehouse took them, and then lost the connection, no place is given twice.
            self._places[run.run_id] = self._places.get(run.run_id, 0) + len(batch)
            self._warehouse.execute(
                self._warehouse.render(
                    "append_outcomes", ledger=self.name, stage=stage, run=run.as_mapping(), outcomes=batch
                )
            )

    def _literals(self, run: ActivationRun, outcomes: Sequence[Delivered]) -> Iterator[dict[str, str]]:
        for place, each in enumerate(outcomes, self._places.get(run.run_id, 0) + 1):
            payload = payload_of(each) if self._payloads else None
            row = outcome_row(each, None if run.generation is None else place, payload)
            yield self._warehouse.literals(row)

    def append_left(self, stage: str, run: ActivationRun, delivered_at: datetime) -> None:
        """Let the failures of records leave that are not in the relation any more; `stage` is its full name."""
        self._warehouse.execute(
            self._warehouse.render(
                "append_left",
                ledger=self.name,
                stage=stage,
                run=run.as_mapping(),
                delivered_at=as_text(delivered_at),
            )
        )

    def go_on_with(self, run: ActivationRun) -> None:
        """Append what is left of another run after all that it has appended itself."""
        sql = self._warehouse.render("last_place", ledger=self.name, run_id=run.run_id)
        ((place,),) = self._warehouse.query(sql)
        self._places[run.run_id] = int(place)

    def append_run(self, row: Mapping[str, str | int | None]) -> None:
        """Append a row to `runs`."""
        self.append_runs([row])

    def append_runs(self, rows: Sequence[Mapping[str, str | int | None]]) -> None:
        """Append rows to `runs` in one statement; `RUNS_AT_ONCE` at most."""
        if rows:
            literals = [self._warehouse.literals(each) for each in rows]
            runs = self._tables.relation("runs")
            self._warehouse.execute(self._warehouse.render("append_runs", runs=runs, rows=literals))

    def has_run(self, run: ActivationRun) -> bool:
        """Whether `runs` has the row of this run of an activation."""
        runs = self._tables.relation("runs")
        ((count,),) = self._warehouse.query(
            self._warehouse.render("count_of_run", runs=runs, run=run.as_mapping())
        )
        return bool(int(count))

    def recorded_of_run(self, stage: str, run: ActivationRun) -> frozenset[int]:
        """The sequence numbers of a run whose outcome stands in the ledger already."""
        sql = self._warehouse.render("recorded_of_run", ledger=self.name, stage=stage, run=run.as_mapping())
        return frozenset(int(seq) for (seq,) in self._warehouse.query(sql))

    def count_delivered_objects(self, project: str, workspace: str) -> dict[str, int]:
        """How many contacts and companies Intercom has from this project, by object."""
        synced = self._tables.relation("synced")
        sql = self._warehouse.render(
            "count_delivered_objects", synced=synced, project=project, workspace=workspace
        )
        return {str(name): int(count) for name, count in self._warehouse.query(sql)}

    def count_rows(self) -> int:
        """How many rows the ledger has."""
        ((count,),) = self._warehouse.query(self._warehouse.render("count_rows", relation=self.name))
        return int(count)

    def compact(self, cutoff: str) -> bool:
        """Drop superseded rows older than `cutoff`; False where the engine cannot delete in place."""
        sql = self._warehouse.render("compact_ledger", ledger=self.name, cutoff=cutoff)
        if sql is None:
            return False
        self._warehouse.execute(sql)
        return True

    def drop_payloads(self, cutoff: str) -> bool:
        """Drop the payloads of superseded rows older than `cutoff`; False where the engine cannot change rows."""
        sql = self._warehouse.render("drop_payloads", ledger=self.name, cutoff=cutoff)
        if sql is None:
            return False
        self._warehouse.execute(sql)
        return True


def _batches(rows: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """Rows of literals, as many as a statement takes; one has a row at least, however long."""
    batch: list[dict[str, str]] = []
    length = 0
    for row in rows:
        added = _ROW_BYTES + sum(len(each.encode()) + 2 for each in row.values())
        if batch and (len(batch) == BATCH_ROWS or length + added > BATCH_BYTES):
            yield batch
            batch, length = [], 0
        batch.append(row)
        length += added
    if batch:
        yield batch


def payload_of(delivered: Delivered) -> str | None:
    """The canonical JSON of what Intercom was told, in ASCII; None of what failed, was taken away, or is too long."""
    outcome = delivered.outcome
    if delivered.payload is None or not outcome.succeeded or outcome.operation in REMOVALS:
        return None
    text = json.dumps(delivered.payload, sort_keys=True, separators=(",", ":"))
    return text if len(text) <= PAYLOAD_LENGTH else None


def outcome_row(
    delivered: Delivered, place: int | None, payload: str | None = None
) -> dict[str, str | int | None]:
    """What a row of the table `ledger` has of its own; the rest is that of its record and of its run.

    Args:
        place: Of the row among those of its generation, from 1; None where its run has no generation.
        payload: See `payload_of`; None where the ledger keeps none.
    """
    outcome, attempted_at = delivered.outcome, delivered.attempted_at
    return {
        "seq": delivered.seq,
        "payload_hash": delivered.payload_hash,
        "operation": outcome.operation.value,
        "status": "succeeded" if outcome.succeeded else "failed",
        "code": outcome.code.value if outcome.code else None,
        "message": _printable(_with_id(outcome)),
        "intercom_id": _printable(outcome.intercom_id),
        "related_id": _printable(outcome.related_id),
        "http_status": outcome.http_status,
        "request_id": _printable(outcome.request_id),
        "delivered_at": as_text(delivered.delivered_at),
        "attempted_at": None if attempted_at is None else as_text(of_unix(attempted_at)),
        "place": place,
        "payload": payload,
    }


def _with_id(outcome: Outcome) -> str | None:
    """The message of an outcome; of a conflict also with whom, since one has to look there."""
    told, other = outcome.message, outcome.intercom_id
    if outcome.code is not Code.IDENTIFIER_CONFLICT or not other or (told and other in told):
        return told
    return f"{told or 'it is another one in Intercom'} (Intercom's id {other})"


def run_row(
    run_id: str,
    project: str,
    result: ActivationResult,
    *,
    started_at: datetime,
    finished_at: datetime,
    generation: int | None,
    warned: frozenset[str] = frozenset(),
    state: str | None = None,
) -> dict[str, str | int | None]:
    """A row of the table `runs`.

    Args:
        warned: The codes of failures that the activation takes for warnings.
        state: What alerts go by; None of a row that is of no run.
    """
    counts = dict(result.counts)
    row_count = counts.pop("rows")
    return {
        "run_id": run_id,
        "project": project,
        "workspace": result.workspace,
        "workspace_name": result.workspace_name,
        "activation": result.activation,
        "status": result.status.value,
        "row_count": row_count,
        **counts,
        "api_calls": result.api_calls,
        "started_at": as_text(started_at),
        "finished_at": as_text(finished_at),
        "generation": generation,
        "failed_unwarned": result.failed_unwarned(warned),
        "run_state": state,
    }


def _printable(text: str | None) -> str | None:
    """Text from outside, fit for a literal: on one line, without control characters, of bounded length."""
    if text is None:
        return None
    return "".join(character if character.isprintable() else " " for character in text)[:MESSAGE_LENGTH]
