"""One activation, from the plan to the ledger.

A record's outcome is in the journal the moment it is known, and in the ledger with the next batch.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.binding.record import Record
from dbt_intercom_activate.delivery.registry import procedure_of
from dbt_intercom_activate.delivery.workers import Assignment, Workers
from dbt_intercom_activate.errors import CannotActivate, RequestFailed, Stopped, WritesHeld
from dbt_intercom_activate.ledger.changes import describe_changes
from dbt_intercom_activate.ledger.outcomes import ActivationRun
from dbt_intercom_activate.outcomes.outcome import Delivered
from dbt_intercom_activate.outcomes.results import ActivationResult, Status, Tally
from dbt_intercom_activate.sync.breaker import Breaker
from dbt_intercom_activate.sync.decision import decide
from dbt_intercom_activate.sync.guards import why_held
from dbt_intercom_activate.sync.looking import glance_at
from dbt_intercom_activate.sync.outbox import Destination, Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from dbt_intercom_activate.binding.row import StagedRow
    from dbt_intercom_activate.delivery.procedure import Procedure
    from dbt_intercom_activate.ledger.stages import Stage
    from dbt_intercom_activate.progress import Glance
    from dbt_intercom_activate.sync.admission import Job
    from dbt_intercom_activate.sync.session import Session

ANNOUNCED_AT_ONCE = 200
"""How many records are announced to the ledger in one commit, of those that Intercom could not recognise."""


def activate(session: Session, job: Job, stage_name: str) -> Activated:
    """Send what changed since the last run, and account for every record.

    Never raises for Intercom's or the warehouse's refusals: they are the result's status and message.
    """
    work = _Work(session, job, stage_name)
    status, message = Status.SUCCESS, None
    try:
        with session.report.underway(work.name, work.glance):
            work.run()
    except WritesHeld as held:
        status, message = Status.HELD, str(held)
    except CannotActivate as error:
        status, message = Status.ERROR, str(error)
    except Stopped as error:
        status, message = Status.DEFERRED, session.stop.reason if session.stop else str(error)
    except RequestFailed as error:
        # Of what had to be known before the first record; Intercom answers others, so their activations go on.
        status, message = Status.ERROR, str(error)
    if session.stop and status is Status.SUCCESS and work.tally.counts()["pending"]:
        status, message = Status.DEFERRED, session.stop.reason
    broken = work.why_broken() if status is Status.SUCCESS else None
    if broken is not None:
        status, message = Status.DEFERRED, broken
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
    started_at: datetime
    flushed: bool
    """Whether every outcome stands in the ledger."""
    broken: bool = False
    """Whether `max_failed` alone ended it; nothing is wrong with its workspace."""

    @property
    def stage_relation(self) -> str:
        """The stage's full name in the warehouse."""
        return self.stage.relation if self.stage is not None else ""

    @property
    def destination(self) -> Destination:
        """Where the outcomes of its removals belong."""
        return Destination(self.run, self.stage_name, self.stage_relation)


class _Work:
    """The state of one activation while it runs."""

    def __init__(self, session: Session, job: Job, stage_name: str) -> None:
        self._session = session
        self._job = job
        self._stage_name = stage_name
        self._started_at = session.now()
        self._clock = time.monotonic()
        self._calls_before = job.workspace.client.calls
        self._staged: Stage | None = None
        self._changes: dict[str, Any] = {}
        self._outbox: Outbox | None = None
        self._attempted = 0
        self.breaker: Breaker | None = None
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
            generation=session.lock.generation,
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
        if self._job.kept is not None:
            self._changes = session.stages.from_kept(self._changes, self._job.kept)
        known = (self._run.activation, self._run.workspace) in session.known
        counted_first = known and self._job.kept is None and not session.options.scope.resend
        stage = session.stages.stage(self._stage_name, self._changes, counted_first=counted_first)
        self.tally = Tally(stage.counts)
        self._staged = stage
        held = why_held(session, binding.activation, self._changes, stage.counts)
        if held is not None:
            raise WritesHeld(held)
        self._job.workspace.create_attributes(binding.missing)
        if not stage.made:
            return
        session.journal.begin(
            self._run,
            session.dbt_target,
            self._stage_name,
            stage.relation,
            self.tally.counts(),
            self._job.workspace.client.server_time,
        )
        destination = Destination(self._run, self._stage_name, stage.relation)
        self.breaker = breaker = Breaker(binding.activation, self._to_attempt(stage))
        self._outbox = outbox = Outbox(session, destination, self.tally, self._show_progress, breaker)
        assignment = Assignment(
            client=self._job.workspace.client,
            procedure=procedure_of(binding.activation.object.name, binding.rules),
            rules=binding.rules,
            concurrency=self._job.workspace.settings.concurrency,
            adoptions=self._job.workspace.adoptions,
        )
        for seqs in breaker.parts(stage.seqs):
            pages = session.stages.pages(stage, binding, seqs)
            records = self._records(pages, assignment.procedure, outbox, breaker)
            workers = Workers(assignment, outbox)
            outbox.collect(workers.deliver(records))
            assignment = replace(assignment, notebook=workers.notebook)

    def why_broken(self) -> str | None:
        """Why `max_failed` kept something from being sent; None where it did not."""
        if self.breaker is None or not self.tally.counts()["pending"]:
            return None
        return self.breaker.reason

    def _to_attempt(self, stage: Stage) -> int:
        limit, attempted = self._session.options.limit, stage.counts.attempted
        return attempted if limit is None else min(limit, attempted)

    @property
    def name(self) -> str:
        """The activation's."""
        return self._run.activation

    def glance(self) -> Glance:
        """How far it is; called on other threads."""
        stage, counts = self._staged, self.tally.counts()
        return glance_at(
            self._job.workspace.client,
            self._calls_before,
            total=self._to_attempt(stage) if stage is not None else None,
            done=stage.counts.attempted - counts["pending"] if stage is not None else 0,
            failed=counts["failed"],
        )

    def _show_progress(self) -> None:
        self._session.report.progress(self.name, self.tally.counts)

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
            started_at=self._started_at,
            flushed=self._outbox is None or self._outbox.empty,
            broken=status is Status.DEFERRED and message == self.why_broken(),
        )

    def _records(
        self, pages: Iterator[list[StagedRow]], procedure: Procedure, outbox: Outbox, breaker: Breaker
    ) -> Iterator[Record]:
        """The records to be said to Intercom; the others get their outcome here."""
        for page in pages:
            if breaker.tripped():
                return
            records: list[Record] = []
            for row in page:
                if row.change not in ("added", "changed", "invalid"):
                    continue
                if self._attempted == self._session.options.limit or breaker.tripped():
                    break
                self._attempted += 1
                resend = self._session.options.scope.resend
                decided, payload_hash, payload = decide(self._job.binding, row, resend=resend)
                if isinstance(decided, Record):
                    records.append(decided)
                else:
                    now = self._session.now()
                    outbox.add(Delivered(row.seq, payload_hash, decided, now, payload=payload))
            # The warehouse may have taken so long that another run took this one's place.
            self._session.lock.heartbeat()
            yield from self._announced_first(records, procedure, outbox)

    def _announced_first(
        self, records: list[Record], procedure: Procedure, outbox: Outbox
    ) -> Iterator[Record]:
        """Announce what Intercom could not recognise if it were repeated, a few before they are sent."""
        rules = self._job.binding.rules
        for first in range(0, len(records), ANNOUNCED_AT_ONCE):
            few = records[first : first + ANNOUNCED_AT_ONCE]
            unrepeatable = [each for each in few if procedure.is_unrepeatable(rules, each)]
            outbox.announce(unrepeatable, self._job.workspace.client.server_time)
            yield from few
