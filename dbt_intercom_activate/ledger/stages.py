"""The ledger in the user's warehouse: which records changed, and what became of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.binding.binding import StagedRow
from dbt_intercom_activate.clock import as_text
from dbt_intercom_activate.errors import WarehouseFailed
from dbt_intercom_activate.ledger.process import Process
from dbt_intercom_activate.outcomes.results import PlanCounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from dbt_intercom_activate.binding.binding import Binding
    from dbt_intercom_activate.outcomes.outcome import Delivered
    from dbt_intercom_activate.outcomes.results import ActivationResult
    from dbt_intercom_activate.warehouse.connection import Warehouse

PAGE_ROWS = 5_000
"""Records read from the stage at a time: what bounds memory."""

BATCH_ROWS = 1_000
"""Outcomes written in one statement; more is no faster on DuckDB, and some warehouses limit the statement's length."""

MESSAGE_LENGTH = 500

TABLES = ("ledger", "runs", "locks")
VIEWS = ("failures", "synced")


@dataclass(frozen=True, slots=True)
class ActivationRun:
    """What all rows of one activation in one run share."""

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

    def as_mapping(self) -> dict[str, str | None]:
        """For the macros, and for the journal."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Stage:
    """The records to act on, in a table of the warehouse."""

    relation: str
    counts: PlanCounts
    last_seq: int
    removable: int
    """Records that left the relation and were delivered from it, with the same identifier and key."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A record that left the model, and what it was in Intercom."""

    seq: int
    intercom_id: str
    related_id: str | None
    related: str | None
    """The tag's name, the company's identifier."""


@dataclass(frozen=True, slots=True)
class LiveLock:
    """The claim of a run that may be alive."""

    run_id: str
    process: Process
    since: datetime
    """UTC, without a zone."""


class Ledger:
    """The tables of this package, in one schema of the user's warehouse."""

    def __init__(self, warehouse: Warehouse, *, schema: str, database: str | None) -> None:
        self._warehouse = warehouse
        self._schema = schema
        self._database = database

    @property
    def name(self) -> str:
        """The ledger's relation, as the warehouse spells it."""
        return str(self._relation("ledger"))

    def exists(self) -> bool:
        """Whether the ledger was made before."""
        return self._warehouse.exists(self._relation("ledger"))

    def create(self) -> None:
        """Make schema, tables and views where they are missing; never drop or replace any.

        Raises:
            WarehouseFailed: A grant is missing.
        """
        self._create_schema()
        for table in TABLES:
            if not self._warehouse.exists(self._relation(table)):
                columns = self._warehouse.render(f"{table}_columns")
                self._create_relation(table, "create_table", relation=self._relation(table), columns=columns)
        for view in VIEWS:
            if not self._warehouse.exists(self._relation(view)):
                self._create_relation(
                    view, f"{view}_view", view=self._relation(view), ledger=self._relation("ledger")
                )
        self._warehouse.forget_relations()

    def _create_schema(self) -> None:
        try:
            self._warehouse.create_schema(self._relation("ledger"))
        except WarehouseFailed:
            # Another run may have made it meanwhile: `if not exists` alone does not see what is not yet committed.
            if not self._warehouse.has_schema(self._relation("ledger")):
                raise
            self._warehouse.forget_relations()

    def _create_relation(self, name: str, macro: str, **arguments: Any) -> None:
        try:
            self._warehouse.execute(self._warehouse.render(macro, **arguments))
        except WarehouseFailed:
            self._warehouse.forget_relations()
            if not self._warehouse.exists(self._relation(name)):
                raise

    def count(self, changes: Mapping[str, Any]) -> PlanCounts:
        """The plan as one query; creates nothing."""
        rows = self._warehouse.query(self._warehouse.render("count_changes", changes=changes))
        return _plan_counts([(str(change), code, int(count)) for change, code, count in rows])

    def stage(self, name: str, changes: Mapping[str, Any]) -> Stage:
        """Read the relation once, and keep what is to be acted on in a table named `name`."""
        relation = self._relation(name)
        keep_unchanged = not changes["with_removed"]
        self.drop(name)
        render, query = self._warehouse.render, self._warehouse.query
        self._warehouse.execute(
            render("stage_changes", stage=relation, changes=changes, keep_unchanged=keep_unchanged)
        )
        staged = query(render("count_staged", stage=relation))
        counts = _plan_counts([(str(row[0]), row[1], int(row[2])) for row in staged])
        if not keep_unchanged:
            ((settled,),) = query(render("count_settled", changes=changes))
            counts = _with_unchanged(counts, int(settled) - sum(int(row[3]) for row in staged))
        return Stage(
            relation=str(relation),
            counts=counts,
            last_seq=max((int(row[5]) for row in staged), default=0),
            removable=sum(int(row[6]) for row in staged),
        )

    def pages(self, stage: Stage, binding: Binding, rows: int = PAGE_ROWS) -> Iterator[list[StagedRow]]:
        """The staged records in their order, a page at a time."""
        columns = [{"alias": each.alias} for each in binding.columns]
        aliases = [each.alias for each in binding.columns]
        for first in range(1, stage.last_seq + 1, rows):
            last = first + rows - 1
            sql = self._warehouse.render(
                "read_page", stage=stage.relation, columns=columns, first=first, last=last
            )
            yield [_staged_row(row, aliases) for row in self._warehouse.query(sql)]

    def count_delivered(self, changes: Mapping[str, Any]) -> int:
        """How many records this activation delivered and did not remove."""
        ((count,),) = self._warehouse.query(self._warehouse.render("count_delivered", changes=changes))
        return int(count)

    def removals(self, stage: str, removals: Mapping[str, Any]) -> list[Removal]:
        """The records that left the relation and may be removed; `removals` as the macro explains."""
        sql = self._warehouse.render("read_removals", stage=stage, ledger=self.name, removals=removals)
        return [Removal(int(seq), *ids) for seq, *ids in self._warehouse.query(sql)]

    def append(self, stage: str, run: ActivationRun, outcomes: Sequence[Delivered]) -> None:
        """Append outcomes, joined to their records by sequence number."""
        for first in range(0, len(outcomes), BATCH_ROWS):
            batch = [_outcome_row(each) for each in outcomes[first : first + BATCH_ROWS]]
            self._warehouse.execute(
                self._warehouse.render(
                    "append_outcomes", ledger=self.name, stage=stage, run=run.as_mapping(), outcomes=batch
                )
            )

    def append_run(self, row: Mapping[str, str | int | None]) -> None:
        """Append a row to `runs`."""
        self._warehouse.execute(
            self._warehouse.render("append_run", runs=self._relation("runs"), run=dict(row))
        )

    def count_rows(self) -> int:
        """How many rows the ledger has."""
        ((count,),) = self._warehouse.query(f"select count(*) as ia_count from {self.name}")  # noqa: S608
        return int(count)

    def compact(self, cutoff: str) -> bool:
        """Drop superseded rows older than `cutoff`; False where the engine cannot delete in place."""
        sql = self._warehouse.render("compact_ledger", ledger=self.name, cutoff=cutoff)
        if sql is None:
            return False
        self._warehouse.execute(sql)
        return True

    def append_lock(self, lock: Mapping[str, str | int | None]) -> None:
        """Append a claim, a heartbeat or a release to `locks`."""
        self._warehouse.execute(
            self._warehouse.render("append_lock", locks=self._relation("locks"), lock=dict(lock))
        )

    def live_locks(self, project: str, minutes: int) -> list[LiveLock]:
        """The runs that hold or claim the lock, and were seen within so many minutes."""
        sql = self._warehouse.render(
            "live_locks", locks=self._relation("locks"), project=project, minutes=minutes
        )
        return [
            LiveLock(str(run), Process(str(host), int(pid), space), since)
            for run, host, pid, space, since in self._warehouse.query(sql)
        ]

    def claims_after(self, project: str, run_id: str, silence: timedelta) -> list[LiveLock]:
        """Other runs that claimed the lock so long after a run's last sign of life, whatever became of them since."""
        sql = self._warehouse.render(
            "later_claims", locks=self._relation("locks"), project=project, run_id=run_id
        )
        return [
            LiveLock(str(run), Process(str(host), int(pid), space), since)
            for run, host, pid, space, since, seen in self._warehouse.query(sql)
            if since - seen >= silence
        ]

    def count_delivered_objects(self, project: str, workspace: str) -> dict[str, int]:
        """How many contacts and companies Intercom has from this project, by object."""
        sql = self._warehouse.render(
            "count_delivered_objects", synced=self._relation("synced"), project=project, workspace=workspace
        )
        return {str(name): int(count) for name, count in self._warehouse.query(sql)}

    def recorded_of_run(self, stage: str, run: ActivationRun) -> frozenset[int]:
        """The sequence numbers of a run whose outcome stands in the ledger already."""
        sql = self._warehouse.render("recorded_of_run", ledger=self.name, stage=stage, run=run.as_mapping())
        return frozenset(int(seq) for (seq,) in self._warehouse.query(sql))

    def removed_in(self, stage: str) -> frozenset[int]:
        """The sequence numbers of a stage whose records have left the relation."""
        sql = self._warehouse.render("read_removed", stage=stage)
        return frozenset(int(seq) for (seq,) in self._warehouse.query(sql))

    def has_stage(self, name: str) -> bool:
        """Whether a stage of this name is still there."""
        self._warehouse.forget_relations()
        return self._warehouse.exists(self._relation(name))

    def drop(self, stage: str) -> None:
        """Drop a stage; nothing else of ours is ever dropped."""
        if not stage.startswith("stage_"):
            raise ValueError(f"not a stage: {stage}")
        self._warehouse.execute(f"drop table if exists {self._relation(stage)}")

    def stage_relation(self, name: str) -> str:
        """The relation of a stage."""
        return str(self._relation(name))

    def _relation(self, name: str) -> Any:
        return self._warehouse.relation(self._schema, name, self._database)


def run_row(
    run: ActivationRun, result: ActivationResult, started_at: datetime, finished_at: datetime
) -> dict[str, str | int | None]:
    """A row of the table `runs`."""
    counts = dict(result.counts)
    row_count = counts.pop("rows")
    return {
        "run_id": run.run_id,
        "project": run.project,
        "workspace": run.workspace,
        "workspace_name": run.workspace_name,
        "activation": run.activation,
        "status": result.status.value,
        "row_count": row_count,
        **counts,
        "api_calls": result.api_calls,
        "started_at": as_text(started_at),
        "finished_at": as_text(finished_at),
    }


def _plan_counts(rows: Sequence[tuple[str, str | None, int]]) -> PlanCounts:
    by_class: Counter[str] = Counter()
    by_code: dict[str, dict[str, int]] = {"invalid": {}, "waiting": {}}
    for change, code, count in rows:
        by_class[change] += count
        if change in by_code:
            by_code[change][str(code)] = by_code[change].get(str(code), 0) + count
    return PlanCounts(
        added=by_class["added"],
        changed=by_class["changed"],
        unchanged=by_class["unchanged"],
        removed=by_class["removed"],
        invalid=by_code["invalid"],
        waiting=by_code["waiting"],
    )


def _with_unchanged(counts: PlanCounts, unchanged: int) -> PlanCounts:
    return PlanCounts(counts.added, counts.changed, unchanged, counts.removed, counts.invalid, counts.waiting)


def _staged_row(row: Sequence[Any], aliases: Sequence[str]) -> StagedRow:
    seq, change, code, known_id, known_related_id, last_payload_hash, first_attempt_at = row[:7]
    delivered, removed_by, last_id = row[7:10]
    return StagedRow(
        seq=int(seq),
        change=change,
        code=code,
        known_id=known_id,
        known_related_id=known_related_id,
        last_payload_hash=last_payload_hash,
        first_attempt_at=first_attempt_at,
        delivered=bool(delivered),
        removed_by=removed_by,
        last_id=last_id,
        values=dict(zip(aliases, row[10:], strict=True)),
    )


def _outcome_row(delivered: Delivered) -> dict[str, str | int | None]:
    outcome = delivered.outcome
    return {
        "seq": delivered.seq,
        "payload_hash": delivered.payload_hash,
        "operation": outcome.operation.value,
        "status": "succeeded" if outcome.succeeded else "failed",
        "code": outcome.code.value if outcome.code else None,
        "message": _printable(outcome.message),
        "intercom_id": _printable(outcome.intercom_id),
        "related_id": _printable(outcome.related_id),
        "http_status": outcome.http_status,
        "request_id": _printable(outcome.request_id),
        "delivered_at": as_text(delivered.delivered_at),
    }


def _printable(text: str | None) -> str | None:
    """Text from outside, fit for a literal: on one line, without control characters, of bounded length."""
    if text is None:
        return None
    return "".join(character if character.isprintable() else " " for character in text)[:MESSAGE_LENGTH]
