"""One activation, from the plan to the ledger."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dbt_intercom_activate.changes import as_text, describe_changes
from dbt_intercom_activate.codes import CODES, Code
from dbt_intercom_activate.delivery.procedure import procedure_of
from dbt_intercom_activate.delivery.workers import Workers
from dbt_intercom_activate.errors import CannotActivate, RequestFailed, Stopped
from dbt_intercom_activate.ledger import BATCH_ROWS, ActivationRun
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcome import Delivered, Operation, Outcome
from dbt_intercom_activate.record import Record
from dbt_intercom_activate.results import ActivationResult, Status, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from dbt_intercom_activate.admission import Job
    from dbt_intercom_activate.binding import StagedRow
    from dbt_intercom_activate.ledger import Stage
    from dbt_intercom_activate.session import Session


def activate(session: Session, job: Job, stage_name: str) -> ActivationResult:
    """Send what changed since the last run, and account for every record.

    Never raises for Intercom's or the warehouse's refusals: they are the result's status and message.
    """
    work = _Work(session, job, stage_name)
    status, message = Status.SUCCESS, None
    try:
        work.run()
    except CannotActivate as error:
        status, message = Status.ERROR, str(error)
    except (Stopped, RequestFailed) as error:
        status, message = Status.DEFERRED, str(error)
    if session.stop and status is Status.SUCCESS and work.tally.counts()["pending"]:
        status, message = Status.DEFERRED, session.stop.reason
    return work.close(status, message)


class _Work:
    """The state of one activation while it runs."""

    def __init__(self, session: Session, job: Job, stage_name: str) -> None:
        self._session = session
        self._job = job
        self._stage_name = stage_name
        self._unflushed: list[Delivered] = []
        self._started_at = session.now()
        self._clock = time.monotonic()
        self._calls_before = job.workspace.client.calls
        self._staged: Stage | None = None
        self.tally = Tally()
        activation = job.binding.activation
        self._run = ActivationRun(
            run_id=session.run_id,
            project=session.project,
            workspace=job.workspace.id,
            workspace_name=job.workspace.name,
            activation=activation.name,
            object_type=activation.object.name,
            identifier=job.binding.identifier_name,
        )

    def run(self) -> None:
        """Stage, deliver, flush."""
        session, binding = self._session, self._job.binding
        changes = describe_changes(
            binding,
            session.options.scope,
            relation=self._job.relation,
            ledger=session.ledger.name,
            project=session.project,
            workspace=self._job.workspace.id,
            quote=session.warehouse.quote,
            now=session.now(),
        )
        self._job.workspace.create_attributes(binding.missing)
        stage = session.ledger.stage(self._stage_name, changes)
        self.tally = Tally(stage.counts)
        session.journal.begin(
            self._run, session.dbt_target, self._stage_name, stage.relation, self.tally.counts()
        )
        self._staged = stage
        workers = Workers(
            self._job.workspace.client,
            procedure_of(binding.activation.object.name, binding.rules),
            binding.rules,
            concurrency=self._job.workspace.workspace.concurrency,
            keep=session.journal.record,
            now=session.now,
            stop=session.stop.event,
        )
        try:
            for delivered in workers.deliver(self._records(stage)):
                self._take(delivered)
        finally:
            self._flush()

    def close(self, status: Status, message: str | None) -> ActivationResult:
        """Write the row of `runs`, drop the stage, and say what came of it."""
        counts = self.tally.counts()
        if status is Status.SUCCESS and counts["failed"]:
            status = Status.PARTIAL
        result = ActivationResult(
            activation=self._run.activation,
            unique_id=self._job.binding.activation.node.unique_id,
            object=self._run.object_type,
            behaviour=str(self._job.binding.activation.behaviour),
            workspace=self._run.workspace,
            workspace_name=self._run.workspace_name,
            status=status,
            message=message,
            elapsed=time.monotonic() - self._clock,
            counts=counts,
            api_calls=self._job.workspace.client.calls - self._calls_before,
            failures=dict(self.tally.failures),
        )
        return self._settle(result)

    def _settle(self, result: ActivationResult) -> ActivationResult:
        session = self._session
        try:
            if not self._unflushed:
                session.ledger.append_run(run_row(self._run, result, self._started_at, session.now()))
                if self._staged is not None:
                    session.ledger.drop(self._stage_name)
                    session.journal.end(self._stage_name)
        except CannotActivate as error:
            session.report.warning(f"{self._run.activation}: its row in `runs` could not be written: {error}")
        return result

    def _records(self, stage: Stage) -> Iterator[Record]:
        """The records to be said to Intercom; the others get their outcome here."""
        limit = self._session.options.limit
        attempted = 0
        for row in self._session.ledger.pages(stage, self._job.binding):
            if row.change not in ("added", "changed", "invalid"):
                continue
            if limit is not None and attempted >= limit:
                return
            attempted += 1
            decided, payload_hash = self._decide(row)
            if isinstance(decided, Record):
                yield decided
            else:
                self._take(Delivered(row.seq, payload_hash, decided, self._session.now()))

    def _decide(self, row: StagedRow) -> tuple[Record | Outcome, str | None]:
        """The record to be sent, or the outcome that needs no call."""
        if row.change == "invalid":
            code = CODES[row.code or ""]
            return Outcome(Operation.NONE, code, code.meaning), None
        record = self._job.binding.record(row)
        if isinstance(record, Outcome):
            return record, None
        same = record.payload_hash == row.last_payload_hash
        inserted = self._job.binding.activation.behaviour is Behaviour.INSERT and row.delivered
        if same and (inserted or not self._session.options.scope.resend):
            same_ids = Outcome(Operation.NONE, intercom_id=row.known_id, related_id=row.known_related_id)
            return same_ids, record.payload_hash
        if inserted:
            code = Code.CHANGED_AFTER_INSERT
            return Outcome(Operation.NONE, code, code.meaning, row.known_id), record.payload_hash
        return record, record.payload_hash

    def _take(self, delivered: Delivered) -> None:
        self.tally.add([delivered.outcome])
        self._unflushed.append(delivered)
        self._session.report.progress(self._run.activation, self.tally.counts())
        if len(self._unflushed) >= BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._staged is not None and self._unflushed:
            self._session.ledger.append(self._staged.relation, self._run, self._unflushed)
            self._unflushed = []


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
