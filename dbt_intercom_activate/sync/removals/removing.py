"""What becomes of the records that left their model: they are removed from Intercom, or held."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.record import Record, Rules
from dbt_intercom_activate.delivery import tags
from dbt_intercom_activate.delivery.registry import procedure_of
from dbt_intercom_activate.delivery.workers import Assignment, Workers
from dbt_intercom_activate.errors import CannotActivate, Message, RequestFailed, Stopped, with_code
from dbt_intercom_activate.intercom.client import converse
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.objects.vocabulary import Removed
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome
from dbt_intercom_activate.outcomes.results import ActivationResult, Status
from dbt_intercom_activate.sync.looking import glance_at
from dbt_intercom_activate.sync.outbox import Outbox
from dbt_intercom_activate.sync.removals.doubt import why_in_doubt, why_suspect
from dbt_intercom_activate.sync.removals.following import HELD, follow, followed
from dbt_intercom_activate.sync.removals.holders import InDoubtError, described
from dbt_intercom_activate.sync.removals.naming import STILL_NAMED, reasons_to_stay

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from dbt_intercom_activate.binding.record import Conversation
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.delivery.notebook import Notebook
    from dbt_intercom_activate.delivery.procedure import Procedure
    from dbt_intercom_activate.ledger.stages import Removal
    from dbt_intercom_activate.progress import Glance
    from dbt_intercom_activate.sync.activate import Activated
    from dbt_intercom_activate.sync.outbox import Destination, OutcomeCounter
    from dbt_intercom_activate.sync.session import Session

_BEHAVIOURS = {
    Removed.ARCHIVE: Behaviour.ARCHIVE,
    Removed.DELETE: Behaviour.DELETE,
    Removed.DETACH: Behaviour.DETACH,
}

NOT_PLANNED = Message("held-not-planned", "the plan did not have them")

_OPERATIONS = {
    Removed.ARCHIVE: Operation.ARCHIVE,
    Removed.DELETE: Operation.DELETE,
    Removed.DETACH: Operation.DETACH,
}


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
        reason = why_in_doubt(session, activated) or doubt or why_suspect(session, activated)
        if reason is not None:
            return _all_held(session, activated, reason)
        return _act(session, activated, all_activated)
    except InDoubtError as error:
        return _all_held(session, activated, str(error))
    except CannotActivate as error:
        return replace(result, status=Status.ERROR, message=str(error))


def _all_held(session: Session, activated: Activated, reason: str) -> ActivationResult:
    """Nobody knows which of them may be removed; those that a plan has wait for another run that applies it."""
    kept, removable = activated.job.kept, activated.stage.removable if activated.stage is not None else 0
    waiting = kept is not None and bool(session.stages.planned_removals(activated.stage_relation, kept))
    return replace(_held(activated.result, removable, reason), removals_waiting=waiting)


def _held(result: ActivationResult, count: int, reason: str) -> ActivationResult:
    counts = {**result.counts, "held": result.counts["held"] + count}
    message = f"{count:,} removal{'s' if count != 1 else ''} held: {with_code(reason)}"
    status = Status.PARTIAL if result.status is Status.SUCCESS else result.status
    joined = f"{with_code(result.message)}\n{message}" if result.message else message
    return replace(result, status=status, counts=counts, message=joined)


def _act(session: Session, activated: Activated, all_activated: Sequence[Activated]) -> ActivationResult:
    description = described(session, activated, all_activated)
    candidates = session.stages.removals(activated.stage_relation, description)
    if not candidates:
        return activated.result
    work = _Removing(session, activated)
    error = None
    unplanned = _unplanned(session, activated, candidates)
    staying: dict[int, str] = dict(unplanned)

    def glance() -> Glance:
        return work.glance(len(candidates) - len(staying))

    try:
        with session.report.underway(f"{activated.run.activation}, removals", glance):
            planned = [each for each in candidates if each.seq not in unplanned]
            staying |= reasons_to_stay(session, activated, all_activated, planned)
            leaving = [each for each in planned if each.seq not in staying]
            work.run(leaving)
            moved = work.follow(leaving)
            if moved:
                elsewhere = followed(session, activated, description, moved)
                staying |= dict.fromkeys(moved.keys() - {each.seq for each in elsewhere}, HELD)
                staying |= reasons_to_stay(session, activated, all_activated, elsewhere)
                leaving = [each for each in elsewhere if each.seq not in staying]
                work.run(leaving)
                work.settle(leaving)
    except (Stopped, RequestFailed, CannotActivate) as raised:
        error = raised
    result = work.result(len(candidates) - len(staying), error)
    for reason, count in sorted(Counter(staying.values()).items()):
        result = _held(result, count, reason)
    planned_and_held = {reason for seq, reason in staying.items() if seq not in unplanned}
    waiting = activated.job.kept is not None and bool(planned_and_held - {STILL_NAMED})
    return replace(result, removals_waiting=waiting)


def rules_of_removal(activation: Activation) -> Rules:
    """By Intercom's own ids only: a record must never be matched afresh in order to remove what it finds."""
    by_id = "id" if activation.object.related_identity else None
    return Rules(_BEHAVIOURS[activation.removed], "id", by_id)


def _unplanned(session: Session, activated: Activated, candidates: Sequence[Removal]) -> dict[int, str]:
    """Where a plan is carried out, what it does not say is to be removed, and why."""
    kept = activated.job.kept
    if kept is None:
        return {}
    planned = session.stages.planned_removals(activated.stage_relation, kept)
    reason = kept.held_because or NOT_PLANNED
    return {each.seq: reason for each in candidates if each.seq not in planned}


class _Sifter(Outbox):
    """Keeps aside what came of records whose contact is there no more: the removal may go on elsewhere."""

    def __init__(self, session: Session, destination: Destination, counter: OutcomeCounter) -> None:
        super().__init__(session, destination, counter)
        self._lost: list[Delivered] = []

    def keep(self, delivered: Delivered) -> None:
        """An outcome is known; called on any thread."""
        if delivered.outcome.code in (Code.NOT_FOUND, Code.MERGED):
            self._lost.append(delivered)
        else:
            super().keep(delivered)

    def settle(self, delivered: Delivered) -> None:
        """It is known whatever it is."""
        super().keep(delivered)

    def take_lost(self) -> list[Delivered]:
        """What was kept aside."""
        lost, self._lost = self._lost, []
        return lost


class _Removing:
    """The removals of one activation."""

    def __init__(self, session: Session, activated: Activated) -> None:
        self._session = session
        self._activated = activated
        self._calls_before = activated.job.workspace.client.calls
        self._outbox = _Sifter(session, activated.destination, self)
        self._removed = 0
        self._failures: Counter[str] = Counter()

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count outcomes, for the outbox."""
        for outcome in outcomes:
            if outcome.code is None:
                self._removed += 1
            else:
                self._failures[outcome.code.value] += 1

    def glance(self, total: int) -> Glance:
        """How far the removals are; called on other threads."""
        failed = sum(tuple(self._failures.values()))  # the other thread may add to it meanwhile
        client = self._activated.job.workspace.client
        return glance_at(client, self._calls_before, total, self._removed + failed, failed)

    def run(self, candidates: Sequence[Removal]) -> None:
        job = self._activated.job
        activation = job.binding.activation
        self._session.lock.heartbeat()  # finding them may have taken the warehouse long
        rules = rules_of_removal(activation)
        procedure = procedure_of(activation.object.name, rules)
        present: Iterable[Removal] = candidates
        if procedure.opening is not None:
            present, procedure = self._by_tag_id(candidates, procedure)
        assignment = Assignment(
            client=job.workspace.client,
            procedure=procedure,
            rules=rules,
            concurrency=job.workspace.settings.concurrency,
        )
        self._outbox.collect(Workers(assignment, self._outbox).deliver(self._records(present)))

    def follow(self, candidates: Sequence[Removal]) -> Mapping[int, str]:
        """Intercom's id, by sequence number, of what to remove in place of contacts that are there no more."""
        moved: dict[int, str] = {}
        lost = self._lost(candidates)
        refusals = [(removal, delivered.outcome) for removal, delivered in lost.values()]

        def settled() -> Generator[object, None, None]:
            for removal, to in follow(self._activated, refusals):
                if isinstance(to, Outcome):
                    self._settle(removal, replace(lost[removal.seq][1], outcome=to))
                else:
                    moved[removal.seq] = to
                yield None

        self._outbox.collect(settled())
        return moved

    def settle(self, candidates: Sequence[Removal]) -> None:
        """Nothing is followed twice."""

        def settled() -> Generator[object, None, None]:
            for removal, delivered in self._lost(candidates).values():
                self._settle(removal, delivered)
                yield None

        self._outbox.collect(settled())

    def _lost(self, candidates: Sequence[Removal]) -> Mapping[int, tuple[Removal, Delivered]]:
        removals = {each.seq: each for each in candidates}
        return {each.seq: (removals[each.seq], each) for each in self._outbox.take_lost()}

    def _by_tag_id(
        self, candidates: Sequence[Removal], procedure: Procedure
    ) -> tuple[Iterator[Removal], Procedure]:
        """Name each tag as Intercom names it now, since another tag may have taken the old name."""
        notebook = converse(self._activated.job.workspace.client, tags.learn_tags())
        return self._with_names(candidates, notebook), replace(procedure, opening=lambda: _known(notebook))

    def _with_names(self, candidates: Sequence[Removal], notebook: Notebook) -> Iterator[Removal]:
        names = {tag_id: name for name, tag_id in notebook.tags.items()}
        for each in candidates:
            if each.related_id is None:
                yield each
            elif each.related_id in names:
                yield replace(each, related=names[each.related_id])
            else:
                nothing = Outcome(Operation.DETACH, None, None, each.intercom_id, each.related_id)
                self._outbox.keep(Delivered(each.seq, "", nothing, self._session.now()))

    def result(self, candidates: int, error: Exception | None) -> ActivationResult:
        result = self._activated.result
        counts = dict(result.counts)
        counts["removed"] += self._removed
        counts["held"] += candidates - self._removed
        failures = dict(Counter(result.failures) + self._failures)
        status, message = result.status, result.message
        if self._failures and status is Status.SUCCESS:
            status = Status.PARTIAL
        if error is not None:
            status = Status.DEFERRED if isinstance(error, Stopped) else Status.ERROR
            message = str(error)
        elif self._session.stop and self._removed < candidates:
            status, message = Status.DEFERRED, self._session.stop.reason
        calls = result.api_calls + self._activated.job.workspace.client.calls - self._calls_before
        return replace(
            result, status=status, message=message, counts=counts, failures=failures, api_calls=calls
        )

    def _records(self, candidates: Iterable[Removal]) -> Iterator[Record]:
        binding = self._activated.job.binding
        admin_id = binding.constants.get("admin_id") or self._activated.job.workspace.settings.admin_id
        for removal in candidates:
            by_id = bool(binding.activation.object.related_identity)  # a tag is named
            yield Record(
                seq=removal.seq,
                identifier=removal.intercom_id,
                known_id=removal.intercom_id,
                payload={"admin_id": admin_id},
                payload_hash="",
                related=removal.related_id if by_id else removal.related,
                known_related_id=removal.related_id,
            )

    def _settle(self, removal: Removal, delivered: Delivered) -> None:
        """A removal that finds nothing has nothing left to do."""
        outcome = delivered.outcome
        if outcome.code is Code.NOT_FOUND:
            done = _OPERATIONS[self._activated.job.binding.activation.removed]
            status, request_id = outcome.http_status, outcome.request_id
            outcome = Outcome(done, None, None, removal.intercom_id, removal.related_id, status, request_id)
        self._outbox.settle(replace(delivered, outcome=outcome))


def _known(notebook: Notebook) -> Conversation[Notebook]:
    yield from ()
    return notebook
