"""Records that left their model, at the end of a run; the most careful part of the package.

A removal by mistake is the worst that could happen here, so everything in doubt is held: nothing of an activation
that did not end well, nothing while another activation of the object has not, nothing beyond `max_removed`, nothing
from an empty relation, and never an object that another activation still holds (see the macro `read_removals`).
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.binder import bind
from dbt_intercom_activate.codes import Code
from dbt_intercom_activate.delivery import tags
from dbt_intercom_activate.delivery.procedure import procedure_of
from dbt_intercom_activate.delivery.workers import Workers
from dbt_intercom_activate.errors import CannotActivate, JournalFailed, RequestFailed, Stopped
from dbt_intercom_activate.intercom.client import converse
from dbt_intercom_activate.ledger import BATCH_ROWS
from dbt_intercom_activate.objects.model import Behaviour, FieldType
from dbt_intercom_activate.outcome import Delivered, Operation, Outcome
from dbt_intercom_activate.record import Record, Rules
from dbt_intercom_activate.results import ActivationResult, Status
from dbt_intercom_activate.words import Removed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.activate import Activated
    from dbt_intercom_activate.binding import Binding
    from dbt_intercom_activate.configuration.activation import Activation, MaxRemoved
    from dbt_intercom_activate.delivery.notebook import Notebook
    from dbt_intercom_activate.delivery.procedure import Procedure
    from dbt_intercom_activate.ledger import PlanCounts, Removal
    from dbt_intercom_activate.record import Conversation
    from dbt_intercom_activate.session import Session

ALWAYS_ALLOWED = 10
"""Removals that no `max_removed` holds."""

_BEHAVIOURS = {
    Removed.ARCHIVE: Behaviour.ARCHIVE,
    Removed.DELETE: Behaviour.DELETE,
    Removed.DETACH: Behaviour.DETACH,
}

_OPERATIONS = {
    Removed.ARCHIVE: Operation.ARCHIVE,
    Removed.DELETE: Operation.DELETE,
    Removed.DETACH: Operation.DETACH,
}

_HOLDING = frozenset({Behaviour.UPSERT, Behaviour.UPDATE, Behaviour.INSERT, Behaviour.ATTACH})
"""Behaviours after which Intercom has something from us."""

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
        reason = _why_in_doubt(session, activated) or doubt or _why_too_many(session, activated)
        if reason is not None:
            return _held(result, stage.removable, reason)
        return _act(session, activated, all_activated)
    except _InDoubtError as error:
        return _held(result, stage.removable, str(error))
    except CannotActivate as error:
        return replace(result, status=Status.ERROR, message=str(error))


class _InDoubtError(Exception):
    """What another activation holds cannot be told."""


def _why_in_doubt(session: Session, activated: Activated) -> str | None:
    if activated.result.status not in _ENDED_WELL or not activated.flushed:
        return f"this activation ended as {activated.result.status}"
    if session.emptied:
        return f"dbt built the models with {session.emptied}"
    return None


def _why_too_many(session: Session, activated: Activated) -> str | None:
    stage = activated.stage
    if stage is None or session.options.allow_removals:
        return None
    if stage.counts.rows == 0:
        return "the relation is empty; `--allow-removals` lets them go"
    if stage.counts.rows == _nameless(stage.counts):
        return "no row of the relation has an identifier; `--allow-removals` lets them go"
    delivered = session.ledger.count_delivered(activated.changes)
    allowed = allowed_removals(activated.job.binding.activation.max_removed, delivered)
    if stage.removable > allowed:
        return f"more than the {allowed:,} that `max_removed` allows; `--allow-removals` lets them go"
    return None


def _nameless(counts: PlanCounts) -> int:
    code = Code.MISSING_IDENTIFIER.value
    return counts.invalid.get(code, 0) + counts.waiting.get(code, 0)


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
    run, binding = activated.run, activated.job.binding
    same = [each for each in all_activated if _same_objects(each, activated) and each.stage is not None]
    return {
        "project": run.project,
        "workspace": run.workspace,
        "object_type": run.object_type,
        "activation": run.activation,
        "activations": sorted(each.name for each in session.enabled),
        "identifier": run.identifier,
        "pairs": bool(binding.activation.object.related),
        "needs_related_id": binding.activation.object.name == "contact_company",
        "released": [
            {
                "activation": each.run.activation,
                "stage": each.stage_relation,
                "all": each is activated or _all_told(each.result),
            }
            for each in same
            if _is_sure(session, each)
        ],
        "stages": [each.stage_relation for each in same if _comparable(each.job.binding, binding)],
        "relations": [
            relation
            for each in _not_in_this_run(session, activated, all_activated)
            for relation in _relation(session, activated, each)
        ],
    }


def _same_objects(one: Activated, other: Activated) -> bool:
    return (one.run.object_type, one.run.workspace) == (other.run.object_type, other.run.workspace)


def _is_sure(session: Session, activated: Activated) -> bool:
    """Whether what an activation lost is really gone from it, rather than a mishap of its model."""
    if activated.stage is None or not activated.stage.removable:
        return True
    return not (_why_in_doubt(session, activated) or _why_too_many(session, activated))


def _all_told(result: ActivationResult) -> bool:
    """Whether the ledger knows all that an activation holds, since every row of its relation was delivered."""
    return not result.counts["failed"] and not result.counts["pending"]


def _comparable(one: Binding, other: Binding) -> bool:
    """Whether equal identifiers name the same object in both."""
    return (one.identifier_name, one.rules.related_identifier) == (
        other.identifier_name,
        other.rules.related_identifier,
    )


def _not_in_this_run(
    session: Session, activated: Activated, all_activated: Sequence[Activated]
) -> list[Activation]:
    """The enabled activations that may hold the same objects, and were neither selected nor reached."""
    own = activated.job.binding.activation
    running = {each.run.activation for each in all_activated}
    workspace = own.workspace or session.default_workspace
    return [
        each
        for each in session.enabled
        if each.name not in running
        and each.object.name == own.object.name
        and each.behaviour in _HOLDING
        and (each.workspace or session.default_workspace) == workspace
    ]


def _relation(session: Session, activated: Activated, other: Activation) -> list[dict[str, object]]:
    """Where the records of an activation that is not part of this run stand: one may have moved there.

    Raises:
        _InDoubtError: They cannot be compared.
    """
    name, quote = other.node.relation_name, session.warehouse.quote
    refusal = f"activation {other.name} of the same object is not part of this run, and may hold them"
    if name is None:
        raise _InDoubtError(refusal)
    try:
        binding = bind(other, session.warehouse.columns_of(name), None, name, admin_id="")
    except CannotActivate:
        raise _InDoubtError(f"{refusal}: its relation does not fit it") from None
    if binding.identifier is None:
        return []  # it inserts, and never takes over what is there
    if not _comparable(binding, activated.job.binding):
        raise _InDoubtError(f"{refusal} under another identifier; run both together")
    sources = {
        each.alias: quote(each.column.name) if each.column else _text_literal(session, each.literal)
        for each in binding.columns
    }
    return [
        {
            "relation": name,
            "identifier": sources[binding.identifier.alias],
            "fold": binding.identifier.type is FieldType.EMAIL,
            "related": sources[binding.related_alias] if binding.related_alias else None,
        }
    ]


def _text_literal(session: Session, text: str | None) -> str:
    """A constant of the user's as a literal of the warehouse."""
    return str(session.warehouse.render("text_literal", text=text))


class _Removing:
    """The removals of one activation."""

    def __init__(self, session: Session, activated: Activated) -> None:
        self._session = session
        self._activated = activated
        self._calls_before = activated.job.workspace.client.calls
        self._unflushed: list[Delivered] = []
        self._on_the_way: dict[int, Delivered] = {}
        """What workers know and this thread was not told yet."""
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
        procedure = procedure_of(activation.object.name, rules)
        if procedure.opening is not None:
            candidates, procedure = self._by_tag_id(candidates, procedure)
        workers = Workers(
            job.workspace.client,
            procedure,
            rules,
            concurrency=job.workspace.workspace.concurrency,
            keep=self._keep,
            now=session.now,
            stop=session.stop.event,
            judge=self._judge,
        )
        try:
            with closing(workers.deliver(self._records(candidates))) as outcomes:
                for delivered in outcomes:
                    self._take(delivered)
                    session.lock.heartbeat()
        finally:
            for delivered in list(self._on_the_way.values()):
                self._count(delivered)
            self._flush()

    def _by_tag_id(
        self, candidates: Sequence[Removal], procedure: Procedure
    ) -> tuple[list[Removal], Procedure]:
        """Name each tag as Intercom names it now, since another tag may have taken the old name."""
        notebook = converse(self._activated.job.workspace.client, tags.learn_tags())
        names = {tag_id: name for name, tag_id in notebook.tags.items()}
        present = []
        for each in candidates:
            if each.related_id is None:
                present.append(each)
            elif each.related_id in names:
                present.append(replace(each, related=names[each.related_id]))
            else:
                self._find_nothing(each)
        return present, replace(procedure, opening=lambda: _known(notebook))

    def _find_nothing(self, removal: Removal) -> None:
        nothing = Outcome(Operation.DETACH, None, None, removal.intercom_id, removal.related_id)
        delivered = Delivered(removal.seq, "", nothing, self._session.now())
        self._keep(delivered)
        self._take(delivered)

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

    def _judge(self, record: Record, outcome: Outcome) -> Outcome:
        """A removal that finds nothing has nothing left to do; what a contact was merged into is not ours to remove."""
        if outcome.code not in (Code.NOT_FOUND, Code.MERGED):
            return outcome
        done = _OPERATIONS[self._activated.job.binding.activation.removed]
        return Outcome(
            done,
            None,
            None,
            record.known_id,
            record.known_related_id,
            outcome.http_status,
            outcome.request_id,
        )

    def _keep(self, delivered: Delivered) -> None:
        """An outcome is known, on a worker's thread; it counts even where the journal cannot hold it."""
        self._on_the_way[delivered.seq] = delivered
        try:
            self._session.journal.record(self._activated.stage_name, delivered)
        except JournalFailed as error:
            self._session.stop.set(str(error))

    def _take(self, delivered: Delivered) -> None:
        self._count(delivered)
        if len(self._unflushed) >= BATCH_ROWS:
            self._flush()

    def _count(self, delivered: Delivered) -> None:
        outcome = delivered.outcome
        self._on_the_way.pop(delivered.seq, None)
        if outcome.code is None:
            self._removed += 1
        else:
            self._failures[outcome.code.value] = self._failures.get(outcome.code.value, 0) + 1
        self._unflushed.append(delivered)

    def _flush(self) -> None:
        if self._unflushed:
            self._session.ledger.append(self._activated.stage_relation, self._activated.run, self._unflushed)
            self._unflushed = []


def _known(notebook: Notebook) -> Conversation[Notebook]:
    yield from ()
    return notebook


def doubt_about(
    activated: Activated, all_activated: Sequence[Activated], results: Sequence[ActivationResult]
) -> str | None:
    """Why removals of an activation may not be sure: the run ended early, or another activation did not end well."""
    for other in results:
        elsewhere = other.workspace not in (None, activated.run.workspace)
        if other.activation == activated.run.activation or elsewhere:
            continue
        if other.status is Status.DEFERRED:
            return f"the run ended early: activation {other.activation} is {other.status}"
        if other.object == activated.run.object_type and other.status in (Status.BLOCKED, Status.ERROR):
            return f"activation {other.activation} of the same object ended as {other.status}"
    for each in all_activated:
        # Without an identifier it inserts, and never takes over what is there.
        inserts = each.job.binding.identifier is None
        comparable = inserts or _comparable(each.job.binding, activated.job.binding)
        if _same_objects(each, activated) and not comparable and not _all_told(each.result):
            return (
                f"activation {each.run.activation} of the same object could not deliver all its records, "
                "which have another identifier and may be these"
            )
    return None
