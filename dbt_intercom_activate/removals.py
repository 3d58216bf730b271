"""Records that left their model, at the end of a run; the most careful part of the package.

A removal by mistake is the worst that could happen here, so everything in doubt is held: nothing of an activation
that did not end well, nothing while another activation of the object has not, nothing beyond `max_removed`, nothing
from an empty relation, and never an object that another activation still holds (see the macro `read_removals`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.codes import Code
from dbt_intercom_activate.delivery.procedure import procedure_of
from dbt_intercom_activate.delivery.workers import Workers
from dbt_intercom_activate.errors import CannotActivate, RequestFailed, Stopped
from dbt_intercom_activate.ledger import BATCH_ROWS
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcome import Delivered, Outcome
from dbt_intercom_activate.record import Record, Rules
from dbt_intercom_activate.results import ActivationResult, Status
from dbt_intercom_activate.words import Removed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.activate import Activated
    from dbt_intercom_activate.activation import MaxRemoved
    from dbt_intercom_activate.ledger import Removal
    from dbt_intercom_activate.session import Session

ALWAYS_ALLOWED = 10
"""Removals that no `max_removed` holds."""

_BEHAVIOURS = {
    Removed.ARCHIVE: Behaviour.ARCHIVE,
    Removed.DELETE: Behaviour.DELETE,
    Removed.DETACH: Behaviour.DETACH,
}

_ENDED_WELL = (Status.SUCCESS, Status.PARTIAL)


def remove(
    session: Session, activated: Activated, all_activated: Sequence[Activated], doubt: str | None
) -> ActivationResult:
    """Act on the records that left an activation's relation, or hold them.

    Args:
        session: The run.
        activated: The activation, its writes done.
        all_activated: Every activation of the run, this one included.
        doubt: Why another activation may hold what this one would remove; None where there is no doubt.

    Returns:
        The activation's result with `removed` and `held`.
    """
    stage, result = activated.stage, activated.result
    policy = activated.job.binding.activation.removed
    options = session.options
    if (
        policy is Removed.IGNORE
        or stage is None
        or not options.scope.whole_relation
        or options.limit is not None
    ):
        return result
    if not stage.removable:
        return result
    try:
        reason = _why_held(session, activated, doubt)
        if reason is not None:
            return _held(result, stage.removable, reason)
        return _act(session, activated, all_activated)
    except CannotActivate as error:
        return replace(result, status=Status.ERROR, message=str(error))


def _why_held(session: Session, activated: Activated, doubt: str | None) -> str | None:
    stage, result = activated.stage, activated.result
    if stage is None or result.status not in _ENDED_WELL or not activated.flushed:
        return f"this activation ended as {result.status}"
    if session.emptied:
        return f"dbt built the models with {session.emptied}"
    if doubt is not None:
        return doubt
    if session.options.allow_removals:
        return None
    if stage.counts.rows == 0:
        return "the relation is empty; `--allow-removals` lets them go"
    delivered = session.ledger.count_delivered(activated.changes)
    allowed = allowed_removals(activated.job.binding.activation.max_removed, delivered)
    if stage.removable > allowed:
        return f"more than the {allowed:,} that `max_removed` allows; `--allow-removals` lets them go"
    return None


def allowed_removals(max_removed: MaxRemoved, delivered: int) -> int:
    """How many records may leave at once.

    Args:
        max_removed: A count, or a percentage of what was delivered.
        delivered: How many records Intercom has from the activation.
    """
    share = (
        max_removed.count
        if max_removed.count is not None
        else int(delivered * (max_removed.percent or 0) / 100)
    )
    return max(ALWAYS_ALLOWED, share)


def _held(result: ActivationResult, count: int, reason: str) -> ActivationResult:
    counts = {**result.counts, "held": result.counts["held"] + count}
    message = f"{count:,} removals held: {reason}"
    status = Status.PARTIAL if result.status is Status.SUCCESS else result.status
    joined = f"{result.message}\n{message}" if result.message else message
    return replace(result, status=status, counts=counts, message=joined)


def _act(session: Session, activated: Activated, all_activated: Sequence[Activated]) -> ActivationResult:
    candidates = session.ledger.removals(
        activated.stage_relation, _described(session, activated, all_activated)
    )
    if not candidates:
        return activated.result
    work = _Removing(session, activated)
    error = None
    try:
        work.run(candidates)
    except (Stopped, RequestFailed, CannotActivate) as raised:
        error = raised
    return work.result(len(candidates), error)


def _described(
    session: Session, activated: Activated, all_activated: Sequence[Activated]
) -> dict[str, object]:
    """The mapping `removals` of the macro `read_removals`."""
    run = activated.run
    same = [each for each in all_activated if _same_objects(each, activated) and each.stage is not None]
    return {
        "project": run.project,
        "workspace": run.workspace,
        "object_type": run.object_type,
        "activations": sorted(session.enabled),
        "pairs": bool(activated.job.binding.activation.object.related),
        "stages": [
            {
                "activation": each.run.activation,
                "stage": each.stage_relation,
                "comparable": each.run.identifier == run.identifier,
            }
            for each in same
        ],
    }


def _same_objects(one: Activated, other: Activated) -> bool:
    return (one.run.object_type, one.run.workspace) == (other.run.object_type, other.run.workspace)


class _Removing:
    """The removals of one activation."""

    def __init__(self, session: Session, activated: Activated) -> None:
        self._session = session
        self._activated = activated
        self._calls_before = activated.job.workspace.client.calls
        self._unflushed: list[Delivered] = []
        self._removed = 0
        self._failures: dict[str, int] = {}

    def run(self, candidates: Sequence[Removal]) -> None:
        session, job = self._session, self._activated.job
        activation = job.binding.activation
        # By Intercom's own ids only: a record must never be matched afresh in order to remove what it finds.
        rules = Rules(
            _BEHAVIOURS[activation.removed],
            "id",
            "id" if activation.object.name == "contact_company" else None,
        )
        workers = Workers(
            job.workspace.client,
            procedure_of(activation.object.name, rules),
            rules,
            concurrency=job.workspace.workspace.concurrency,
            keep=lambda delivered: session.journal.record(self._activated.stage_name, delivered),
            now=session.now,
            stop=session.stop.event,
            judge=_nothing_found_is_well,
        )
        try:
            for delivered in workers.deliver(self._records(candidates)):
                self._take(delivered)
        finally:
            self._flush()

    def result(self, candidates: int, error: Exception | None) -> ActivationResult:
        result = self._activated.result
        counts = dict(result.counts)
        counts["removed"] += self._removed
        counts["held"] += candidates - self._removed
        failures = dict(Counter(result.failures) + Counter(self._failures))
        status, message = result.status, result.message
        if self._failures and status is Status.SUCCESS:
            status = Status.PARTIAL
        if error is not None:
            status = Status.ERROR if isinstance(error, CannotActivate) else Status.DEFERRED
            message = str(error)
        elif self._session.stop and self._removed < candidates:
            status, message = Status.DEFERRED, self._session.stop.reason
        calls = result.api_calls + self._activated.job.workspace.client.calls - self._calls_before
        return replace(
            result, status=status, message=message, counts=counts, failures=failures, api_calls=calls
        )

    def _records(self, candidates: Sequence[Removal]) -> Iterator[Record]:
        binding = self._activated.job.binding
        admin_id = binding.constants.get("admin_id") or self._activated.job.workspace.workspace.admin_id
        for removal in candidates:
            is_membership = binding.activation.object.name == "contact_company"
            yield Record(
                seq=removal.seq,
                identifier=removal.intercom_id,
                known_id=removal.intercom_id,
                payload={"admin_id": admin_id},
                payload_hash="",
                related=removal.related_id if is_membership else removal.related,
                known_related_id=removal.related_id,
            )

    def _take(self, delivered: Delivered) -> None:
        outcome = delivered.outcome
        if outcome.code is None:
            self._removed += 1
        else:
            self._failures[outcome.code.value] = self._failures.get(outcome.code.value, 0) + 1
        self._unflushed.append(delivered)
        self._session.lock.heartbeat()
        if len(self._unflushed) >= BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._unflushed:
            self._session.ledger.append(self._activated.stage_relation, self._activated.run, self._unflushed)
            self._unflushed = []


def _nothing_found_is_well(record: Record, outcome: Outcome) -> Outcome:
    """A removal that finds nothing has nothing left to do."""
    if outcome.code is not Code.NOT_FOUND:
        return outcome
    return replace(
        outcome, code=None, message=None, intercom_id=record.known_id, related_id=record.known_related_id
    )


def doubt_about(activated: Activated, results: Sequence[ActivationResult]) -> str | None:
    """Why removals of an activation may not be sure: another one of the same object did not end well."""
    for other in results:
        elsewhere = other.workspace not in (None, activated.run.workspace)
        if (
            other.activation == activated.run.activation
            or other.object != activated.run.object_type
            or elsewhere
        ):
            continue
        if other.status in (Status.BLOCKED, Status.ERROR, Status.DEFERRED):
            return f"activation {other.activation} of the same object ended as {other.status}"
    return None
