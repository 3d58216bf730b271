"""What `sync` would find, counted by the warehouse; nothing is created, neither there nor in Intercom."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.commands.against_intercom import Split, split_added
from dbt_intercom_activate.documents import document
from dbt_intercom_activate.errors import CannotActivate, IntercomDown, Unreachable
from dbt_intercom_activate.ledger.changes import describe_changes
from dbt_intercom_activate.ledger.machine_lock import one_run_on_this_machine
from dbt_intercom_activate.ledger.opening import OpenLedger, open_ledger
from dbt_intercom_activate.ledger.ownership import renamed
from dbt_intercom_activate.outcomes.results import PlanCounts, Status
from dbt_intercom_activate.sync.admission import Admission, Job, NotRun
from dbt_intercom_activate.sync.guards import why_held
from dbt_intercom_activate.sync.keeping import Foreseen, Keeping, check_place, keeping, until
from dbt_intercom_activate.sync.preparation import Prepared, prepare
from dbt_intercom_activate.sync.removals.foreseeing import NOBODY, Leaving, Outlook, foresee
from dbt_intercom_activate.sync.session import SyncOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.ledger.changes import RecordScope
    from dbt_intercom_activate.ledger.stages import Stage
    from dbt_intercom_activate.outcomes.results import ActivationResult
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.sync.activate import Activated
    from dbt_intercom_activate.sync.connected_workspace import ConnectedWorkspace


@dataclass(frozen=True, slots=True)
class Planned:
    """What was found for one activation."""

    activation: Activation
    workspace: ConnectedWorkspace | None
    counts: PlanCounts | None
    """None where it was not counted; `message` says why."""
    status: Status
    message: str | None = None
    split: Split | None = None
    """The added records, looked up in Intercom; None where nobody asked."""
    leaving: Leaving = NOBODY
    """What would become of the records that left the model."""

    @property
    def changes(self) -> int:
        """How many records `sync` would write or remove, at most."""
        return 0 if self.counts is None else self.counts.added + self.counts.changed + self.leaving.removed

    def as_json(self) -> dict[str, Any]:
        """As `plan --output json` prints it."""
        counts = self.counts
        return {
            "activation": self.activation.name,
            "unique_id": self.activation.node.unique_id,
            "object": self.activation.object.name,
            "behaviour": str(self.activation.behaviour),
            "workspace": self.workspace.id if self.workspace else None,
            "workspace_name": self.workspace.name if self.workspace else self.activation.workspace,
            "status": self.status.value,
            "message": self.message,
            "counts": None if counts is None else as_counts(counts, self.leaving),
            "held_because": self.leaving.reason,
            "invalid": dict(counts.invalid) if counts else {},
            "waiting": dict(counts.waiting) if counts else {},
            "added_in_intercom": None if self.split is None else asdict(self.split),
        }


THERE_ARE_CHANGES = 3
"""Exit code of `plan --detailed-exitcode`. Terraform's is 2, which means here, as in dbt, that it could not run."""


def exit_code(planned: list[Planned], *, detailed: bool) -> int:
    """0, 1 where an activation would not be synced, and 3 where there are changes and somebody wants to know."""
    if not all(each.status in (Status.SUCCESS, Status.SKIPPED) for each in planned):
        return 1
    return THERE_ARE_CHANGES if detailed and any(each.changes for each in planned) else 0


def as_counts(counts: PlanCounts, leaving: Leaving) -> dict[str, int]:
    """The counts of a plan; `changed` is an upper bound, since a changed row may make the same payload.

    Of the records that left the model, `removed` are to be archived, deleted or detached, `kept` stay in Intercom, and
    `held` wait for somebody.
    """
    return {
        "rows": counts.rows,
        "added": counts.added,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "removed": leaving.removed,
        "kept": leaving.kept,
        "held": leaving.held,
        "invalid": sum(counts.invalid.values()),
        "waiting": sum(counts.waiting.values()),
    }


def plan(
    project: DbtProject,
    selection: Selection,
    scope: RecordScope,
    report: Reporter,
    *,
    gated: bool,
    against_intercom: bool = False,
    allow_removals: bool = False,
    allow_writes: bool = False,
    out: Path | None = None,
) -> list[Planned]:
    """Count the records of each class for every selected activation.

    Args:
        against_intercom: Look the added records up in Intercom too; reads only.
        allow_removals: What `sync --allow-removals` would do.
        allow_writes: What `sync --allow-writes` would do.
        out: Where the plan is kept, to be applied as it is; then the stages stay in the warehouse.

    Raises:
        CannotRun: It could not begin.
        TokenRefused: Intercom refused the token.
    """
    if out is not None:
        check_place(out)
    with one_run_on_this_machine(project) if out is not None else nullcontext():
        prepared = prepare(project, selection, warn=report.warning)
        if not prepared.activations:
            return []
        admission = Admission(prepared, report, gated=gated)
        options = SyncOptions(scope, gate=gated, allow_removals=allow_removals, allow_writes=allow_writes)
        with open_ledger(prepared.project, prepared.dbt, admission.config) as ledger:
            return _plan(prepared, admission, ledger, options, report, look_up=against_intercom, out=out)


def _plan(
    prepared: Prepared,
    admission: Admission,
    ledger: OpenLedger,
    options: SyncOptions,
    report: Reporter,
    *,
    look_up: bool,
    out: Path | None,
) -> list[Planned]:
    admitted = {each.name: admission(each, ledger.warehouse) for each in prepared.activations}
    if out is None or not any(isinstance(each, Job) for each in admitted.values()):
        if ledger.standing.grows:
            report.info(str(ledger.standing), event="ledger.outdated")
        planning = _Planning(prepared, admission, admitted, ledger, options, look_up=look_up)
        return planning.with_leaving([planning.count(each) for each in prepared.activations])
    with keeping(ledger, prepared, admission, admitted, report) as keep:
        planning = _Planning(prepared, admission, admitted, ledger, options, look_up=look_up, keep=keep)
        planned = planning.with_leaving([planning.count(each) for each in prepared.activations])
        planning.keep(planned)
        file = keep.write(out, gate=options.gate)
        if file is not None:
            report.info(
                f"The plan is kept in {out}; `dbt-intercom-activate apply {out}` sends it, until "
                f"{until(file):%Y-%m-%d %H:%M} UTC",
                event="plan.kept",
            )
        return planned


class _Planning:
    """One plan: the activations are counted one by one, and what left is judged when all are known."""

    def __init__(
        self,
        prepared: Prepared,
        admission: Admission,
        admitted: Mapping[str, Job | NotRun],
        ledger: OpenLedger,
        options: SyncOptions,
        *,
        look_up: bool,
        keep: Keeping | None = None,
    ) -> None:
        self._admitted = admitted
        self._ledger = ledger
        self._look_up = look_up
        self._keep = keep
        self._outlook = Outlook(
            project=prepared.target.project_name,
            warehouse=ledger.warehouse,
            stages=ledger.stages,
            options=options,
            enabled=prepared.enabled,
            default_workspace=admission.config.default,
            emptied=prepared.emptied,
            sampling_unknown=prepared.sampling_unknown,
            now=keep.plan.kept_at if keep is not None else ledger.now(),
        )
        self._expected: dict[str, Activated] = {}

    def count(self, activation: Activation) -> Planned:
        """Count the records of each class."""
        job = self._admitted[activation.name]
        if isinstance(job, NotRun):
            return Planned(activation, job.workspace, None, job.status, job.message)
        counts = split = None
        try:
            changes = self._changes(job)
            kept, (counts, removable) = self._counted(activation, changes)
            held = why_held(self._outlook, activation, changes, counts)
            if held is not None:
                return Planned(activation, job.workspace, counts, Status.HELD, held)
            expected = self._outlook.expected(job, changes, counts, removable)
            self._expected[activation.name] = replace(expected, stage=kept or expected.stage)
            if self._look_up:
                split = split_added(job, self._ledger.warehouse, changes)
        except CannotActivate as error:
            return Planned(activation, job.workspace, counts, Status.ERROR, str(error))
        except (IntercomDown, Unreachable) as error:
            return Planned(activation, job.workspace, counts, Status.DEFERRED, str(error))
        return Planned(activation, job.workspace, counts, Status.SUCCESS, split=split)

    def keep(self, planned: list[Planned]) -> None:
        """Keep what was staged of each activation that a sync would run."""
        for each in planned:
            expected = self._expected.get(each.activation.name)
            ready = each.status is Status.SUCCESS and expected is not None and each.counts is not None
            if not ready or self._keep is None or expected is None or expected.stage is None:
                continue
            counts = {} if each.counts is None else as_counts(each.counts, each.leaving)
            foreseen = Foreseen(expected.stage, counts, each.leaving.found_by, each.leaving.reason)
            self._keep.keep(expected.job, foreseen)

    def _counted(
        self, activation: Activation, changes: Mapping[str, Any]
    ) -> tuple[Stage | None, tuple[PlanCounts, int]]:
        """The stage, where it is kept, and what it holds."""
        if self._keep is None:
            return None, self._ledger.stages.count(changes)
        stage = self._keep.stage(activation.name, changes)
        return stage, (stage.counts, stage.removable)

    def _changes(self, job: Job) -> dict[str, Any]:
        # Where it is kept, the tables are there, and older names have handed over already.
        relation = _ledger_after(job, self._ledger) if self._keep is None else self._ledger.outcomes.name
        return describe_changes(
            job.binding,
            self._outlook.options.scope,
            relation=job.relation,
            ledger=relation,
            project=self._ledger.warehouse.target.project_name,
            workspace=job.workspace.id,
            quote=self._ledger.warehouse.quote,
            now=self._outlook.now,
        )

    def with_leaving(self, planned: list[Planned]) -> list[Planned]:
        """The same, with what would become of the records that left."""
        default, expected = self._outlook.default_workspace, self._expected
        results = [
            expected[each.activation.name].result
            if each.status is Status.SUCCESS
            else NotRun(each.status, each.message or "", each.workspace).as_result(each.activation, default)
            for each in planned
        ]
        return [self._judged(each, results) for each in planned]

    def _judged(self, planned: Planned, results: list[ActivationResult]) -> Planned:
        expected = self._expected.get(planned.activation.name)
        if expected is None:
            return planned
        try:
            leaving = foresee(self._outlook, expected, list(self._expected.values()), results)
        except CannotActivate as error:
            return replace(planned, counts=None, status=Status.ERROR, message=str(error))
        return replace(planned, leaving=leaving)


def _ledger_after(job: Job, ledger: OpenLedger) -> str | None:
    """The ledger as the sync will have it, once it has given the activation what older names of it delivered."""
    relation = ledger.readable("ledger")
    found = renamed(ledger, job.binding.activation, job.workspace.id)
    if found is None or not found.was:
        return relation
    return str(ledger.warehouse.render("with_handed_over", ledger=relation, renamed=found.as_mapping()))


_ONLY_WHERE_ANY = ("kept", "held")


def as_document(planned: list[Planned]) -> dict[str, Any]:
    """The JSON document of `plan --output json`."""
    return document(utc_now(), {"results": [each.as_json() for each in planned]})


def show(planned: list[Planned], report: Reporter) -> None:
    """The plan as a table, and below it why something was not counted or would fail."""
    names: tuple[str, ...] = (
        *("rows", "added", "changed", "unchanged"),
        *("removed", "kept", "held", "invalid", "waiting"),
    )
    counted = [(each, as_counts(each.counts, each.leaving)) for each in planned if each.counts is not None]
    names = tuple(
        name for name in names if name not in _ONLY_WHERE_ANY or any(each[name] for _, each in counted)
    )
    headings = ("activation", *("changed at most" if name == "changed" else name for name in names))
    rows = [(each.activation.name, *(f"{counts[name]:,}" for name in names)) for each, counts in counted]
    if rows:
        report.table(headings, rows)
    messages: set[str] = set()
    for each in planned:
        if each.message is not None:
            message = "the same" if each.message in messages else each.message
            report.info(f"{each.activation.name}: {each.status}: {message}")
            messages.add(each.message)
        if each.split is not None:
            report.info(f"{each.activation.name}: {_in_intercom(each.split)}")
        if each.counts is None:
            continue
        if each.leaving.held:
            told = f"{each.leaving.held:,} removal{'s' if each.leaving.held != 1 else ''} would be held"
            report.info(f"{each.activation.name}: {told}: {each.leaving.reason}")
        for code, count in each.counts.invalid.items():
            report.info(f"{each.activation.name}: {count:,} would fail with {code} before any call")
        for code, count in each.counts.waiting.items():
            report.info(
                f"{each.activation.name}: {count:,} failed with {code} and wait for a change or for `retry`"
            )


def _in_intercom(split: Split) -> str:
    told = f"of those added, {split.new:,} are new and {split.existing:,} exist in Intercom already"
    if not split.not_looked_up:
        return told
    reason = "only contacts and companies with an identifier are"
    return f"{told}; {split.not_looked_up:,} were not looked up, as {reason}"
