"""One activation, from the plan to the ledger.

A record's outcome is in the journal the moment it is known, and in the ledger with the next batch.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.binding.record import Record
from dbt_intercom_activate.delivery.registry import procedure_of
from dbt_intercom_activate.delivery.workers import Workers
from dbt_intercom_activate.errors import CannotActivate, JournalFailed, RequestFailed, Stopped
from dbt_intercom_activate.ledger.changes import describe_changes
from dbt_intercom_activate.ledger.outcomes import BATCH_ROWS, ActivationRun
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.codes import CODES, Code
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome
from dbt_intercom_activate.outcomes.results import ActivationResult, Status, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from dbt_intercom_activate.binding.binding import StagedRow
    from dbt_intercom_activate.delivery.procedure import Procedure
    from dbt_intercom_activate.ledger.stages import Stage
    from dbt_intercom_activate.sync.admission import Job
    from dbt_intercom_activate.sync.session import Session

ANNOUNCED_AT_ONCE = 200
"""How many records at most are called `maybe_delivered` when a run is killed that sends what cannot be recognised."""


def activate(session: Session, job: Job, stage_name: str) -> Activated:
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
        status, message = Status.DEFERRED, session.stop.reason if session.stop else str(error)
    if session.stop and status is Status.SUCCESS and work.tally.counts()["pending"]:
        status, message = Status.DEFERRED, session.stop.reason
    return work.close(status, message)


@dataclass(frozen=True, slots=True)
class Activated:
    """What an activation came to, and what the removals at the end of the run need of it."""

    job: Job
    run: ActivationRun
    changes: Mapping[str, Any]
    stage: Stage | None
    """None where the relation could not be read."""
    stage_name: str
    result: ActivationResult
    tally: Tally
    started_at: datetime
    flushed: bool
    """Whether every outcome stands in the ledger."""

    @property
    def stage_relation(self) -> str:
        """The stage's full name in the warehouse."""
        return self.stage.relation if self.stage is not None else ""


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
        self._changes: dict[str, Any] = {}
        self._announced: set[int] = set()
        self._on_the_way: dict[int, Delivered] = {}
        """What workers know and this thread was not told yet."""
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
            origin=job.binding.origin,
        )

    def run(self) -> None:
        """Stage, deliver, flush."""
        session, binding = self._session, self._job.binding
        self._changes = describe_changes(
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
        stage = session.stages.stage(self._stage_name, self._changes)
        self.tally = Tally(stage.counts)
        self._staged = stage
        session.journal.begin(
            self._run, session.dbt_target, self._stage_name, stage.relation, self.tally.counts()
        )
        procedure = procedure_of(binding.activation.object.name, binding.rules)
        workers = Workers(
            self._job.workspace.client,
            procedure,
            binding.rules,
            concurrency=self._job.workspace.workspace.concurrency,
            keep=self._keep,
            now=session.now,
            stop=session.stop.event,
            sending=lambda record: session.journal.sending(self._stage_name, record.seq),
            idle=session.lock.heartbeat,
        )
        try:
            # Closed before anything else, so that the calls in flight finish whatever went wrong here.
            with closing(workers.deliver(self._records(stage, procedure))) as outcomes:
                for delivered in outcomes:
                    self._take(delivered)
                    session.lock.heartbeat()
        finally:
            for delivered in list(self._on_the_way.values()):
                self._count(delivered)
            self._flush()
            self._take_back_announcements()

    def close(self, status: Status, message: str | None) -> Activated:
        """Say what came of it; the row of `runs` is written when the removals are done."""
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
        return Activated(
            job=self._job,
            run=self._run,
            changes=self._changes,
            stage=self._staged,
            stage_name=self._stage_name,
            result=result,
            tally=self.tally,
            started_at=self._started_at,
            flushed=not self._unflushed and not self._announced,
        )

    def _records(self, stage: Stage, procedure: Procedure) -> Iterator[Record]:
        """The records to be said to Intercom; the others get their outcome here."""
        attempted = 0
        for page in self._session.stages.pages(stage, self._job.binding):
            records: list[Record] = []
            for row in page:
                if row.change not in ("added", "changed", "invalid"):
                    continue
                if attempted == self._session.options.limit:
                    break
                attempted += 1
                decided, payload_hash = self._decide(row)
                if isinstance(decided, Record):
                    records.append(decided)
                else:
                    self._take(Delivered(row.seq, payload_hash, decided, self._session.now()))
            # The warehouse may have taken so long that another run took this one's place.
            self._session.lock.heartbeat()
            yield from self._announced_first(records, procedure)

    def _announced_first(self, records: list[Record], procedure: Procedure) -> Iterator[Record]:
        """Commit to the ledger what Intercom could not recognise if it were repeated, a few before they are sent."""
        rules = self._job.binding.rules
        for first in range(0, len(records), ANNOUNCED_AT_ONCE):
            few = records[first : first + ANNOUNCED_AT_ONCE]
            self._announce([each for each in few if procedure.is_unrepeatable(rules, each)])
            yield from few

    def _announce(self, records: list[Record]) -> None:
        if not records or self._staged is None:
            return
        outcome = Outcome(Operation.NONE, Code.MAYBE_DELIVERED, "announced before it was sent")
        now = self._session.now()
        rows = [Delivered(each.seq, each.payload_hash, outcome, now) for each in records]
        # First the journal: killed between the two, the next run knows that none of them was sent.
        self._session.journal.announced(self._stage_name, [each.seq for each in records])
        self._announced.update(each.seq for each in records)
        self._session.ledger.append(self._staged.relation, self._run, rows)

    def _take_back_announcements(self) -> None:
        """What was announced and then not sent, since the run ended early, is no `maybe_delivered`."""
        if self._staged is None or not self._announced:
            return
        outcome = Outcome(Operation.NONE, Code.UNREACHABLE, "not sent: the run ended before")
        now = self._session.now()
        rows = [Delivered(seq, None, outcome, now) for seq in sorted(self._announced)]
        self._session.ledger.append(self._staged.relation, self._run, rows)
        self._announced.clear()

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

    def _keep(self, delivered: Delivered) -> None:
        """An outcome is known, on a worker's thread; it counts even where the journal cannot hold it."""
        self._on_the_way[delivered.seq] = delivered
        try:
            self._session.journal.record(self._stage_name, delivered)
        except JournalFailed as error:
            self._session.stop.set(str(error))

    def _take(self, delivered: Delivered) -> None:
        self._count(delivered)
        self._session.report.progress(self._run.activation, self.tally.counts())
        if len(self._unflushed) >= BATCH_ROWS:
            self._flush()

    def _count(self, delivered: Delivered) -> None:
        self.tally.add([delivered.outcome])
        self._on_the_way.pop(delivered.seq, None)
        self._announced.discard(delivered.seq)
        self._unflushed.append(delivered)

    def _flush(self) -> None:
        if self._staged is not None and self._unflushed:
            self._session.ledger.append(self._staged.relation, self._run, self._unflushed)
            self._unflushed = []
