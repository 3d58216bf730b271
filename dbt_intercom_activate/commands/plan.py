"""What `sync` would find, counted by the warehouse; nothing is created, neither there nor in Intercom."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.commands.against_intercom import Split, split_added
from dbt_intercom_activate.commands.forecasting import Learning, Part, costs, of_records, of_removals
from dbt_intercom_activate.commands.listing import Listing, compare_records, list_records
from dbt_intercom_activate.commands.plan_words import comparison_line, cost_line, cost_rows
from dbt_intercom_activate.delivery.forecast import Forecast
from dbt_intercom_activate.documents import document
from dbt_intercom_activate.errors import CannotActivate, IntercomDown, Unreachable, with_code
from dbt_intercom_activate.ledger.changes import describe_changes
from dbt_intercom_activate.ledger.machine_lock import one_run_on_this_machine
from dbt_intercom_activate.ledger.opening import OpenLedger, open_ledger
from dbt_intercom_activate.ledger.ownership import orphans, renamed
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

    from dbt_intercom_activate.binding.binding import MissingAttribute
    from dbt_intercom_activate.commands.forecasting import Costs
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.ledger.changes import RecordScope
    from dbt_intercom_activate.ledger.stages import Difference, Stage
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
    listing: Listing | None = None
    """The records that are to be sent; None where nobody asked."""
    leaving: Leaving = NOBODY
    """What would become of the records that left the model."""
    forecast: Forecast = field(default_factory=Forecast)
    """The calls that it comes to; none where it would not run."""
    missing: tuple[MissingAttribute, ...] = ()
    """The attributes that it would make."""

    @property
    def changes(self) -> int:
        """How many records `sync` would write or remove, at most."""
        return 0 if self.counts is None else self.counts.added + self.counts.changed + self.leaving.removed

    def as_json(self, *, values: bool = False) -> dict[str, Any]:
        """As `plan --output json` prints it; `values` of the listed records too."""
        listing = self.listing
        listed = (
            {} if listing is None else {"records": listing.as_json(values=values), **self._leaving_as_json()}
        )
        compared = {"compared": dict(listing.actions)} if listing and listing.actions is not None else {}
        return {
            **self._counted_as_json(),
            **listed,
            **compared,
        }

    def _leaving_as_json(self) -> dict[str, Any]:
        keys, action = self.leaving.keys, str(self.activation.removed)
        listed = [{"key": key, "action": action} for key in keys]
        return {"removals": {"listed": listed, "more": self.leaving.removed - len(keys)}}

    def _counted_as_json(self) -> dict[str, Any]:
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
            "forecast": self.forecast.as_json(),
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
    records: int = 0,
) -> list[Planned]:
    """Count the records of each class for every selected activation.

    Args:
        against_intercom: Look the added records up in Intercom too; reads only.
        allow_removals: What `sync --allow-removals` would do.
        allow_writes: What `sync --allow-writes` would do.
        out: Where the plan is kept, to be applied as it is; then the stages stay in the warehouse.
        records: How many records of each activation to list. Against Intercom, all of them are compared field by field.

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
            asked = _Asked(against_intercom, records)
            return _plan(prepared, admission, ledger, options, report, asked, out)


def _plan(
    prepared: Prepared,
    admission: Admission,
    ledger: OpenLedger,
    options: SyncOptions,
    report: Reporter,
    asked: _Asked,
    out: Path | None,
) -> list[Planned]:
    admitted = {each.name: admission(each, ledger.warehouse) for each in prepared.activations}
    for orphan in orphans(ledger, prepared.names):
        report.warning(str(orphan), event="activation.orphaned")
    if out is None or not any(isinstance(each, Job) for each in admitted.values()):
        if ledger.standing.grows:
            report.info(str(ledger.standing), event="ledger.outdated")
        planning = _Planning(prepared, admission, admitted, ledger, options, asked)
        return planning.with_leaving([planning.count(each) for each in prepared.activations])
    with keeping(ledger, prepared, admission, admitted, report) as keep:
        planning = _Planning(prepared, admission, admitted, ledger, options, asked, keep)
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a plan is to tell besides the counts."""

    against_intercom: bool
    records: int


class _Planning:
    """One plan: the activations are counted one by one, and what left is judged when all are known."""

    def __init__(
        self,
        prepared: Prepared,
        admission: Admission,
        admitted: Mapping[str, Job | NotRun],
        ledger: OpenLedger,
        options: SyncOptions,
        asked: _Asked,
        keep: Keeping | None = None,
    ) -> None:
        self._admitted = admitted
        self._ledger = ledger
        self._asked = asked
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
        self._learning = Learning(ledger.stages)
        self._expected: dict[str, Activated] = {}

    def count(self, activation: Activation) -> Planned:
        """Count the records of each class."""
        job = self._admitted[activation.name]
        if isinstance(job, NotRun):
            return Planned(activation, job.workspace, None, job.status, job.message)
        counts = split = listing = None
        try:
            changes = self._changes(job)
            kept, found = self._counted(job, changes)
            counts = found.counts
            held = why_held(self._outlook, activation, changes, counts)
            if held is not None:
                return Planned(activation, job.workspace, counts, Status.HELD, held)
            self._expect(job, changes, found, kept)
            self._learning.add(job, changes)
            if self._asked.records:
                listing, found = self._listed(job, changes, found, kept)
                counts, split = found.counts, listing.split
                self._expect(job, changes, found, kept)
            elif self._asked.against_intercom:
                split = split_added(job, self._ledger.warehouse, changes)
        except CannotActivate as error:
            return Planned(activation, job.workspace, counts, Status.ERROR, str(error))
        except (IntercomDown, Unreachable) as error:
            return Planned(activation, job.workspace, counts, Status.DEFERRED, str(error))
        forecast, missing = of_records(job, found.to_send), job.binding.missing
        return Planned(
            activation,
            job.workspace,
            counts,
            Status.SUCCESS,
            split=split,
            listing=listing,
            forecast=forecast,
            missing=missing,
        )

    def _expect(self, job: Job, changes: Mapping[str, Any], found: Difference, kept: Stage | None) -> None:
        expected = self._outlook.expected(job, changes, found.counts, found.removable)
        self._expected[job.binding.activation.name] = replace(expected, stage=kept or expected.stage)

    def _listed(
        self, job: Job, changes: Mapping[str, Any], found: Difference, stage: Stage | None
    ) -> tuple[Listing, Difference]:
        if self._asked.against_intercom:
            kept = self._keep.records(job, stage) if self._keep is not None and stage is not None else None
            return compare_records(self._ledger, job, changes, found, self._asked.records, kept)
        return list_records(self._ledger.stages, job, changes, found, self._asked.records)

    def keep(self, planned: list[Planned]) -> None:
        """Keep what was staged of each activation that a sync would run."""
        for each in planned:
            expected = self._expected.get(each.activation.name)
            ready = each.status is Status.SUCCESS and expected is not None and each.counts is not None
            if not ready or self._keep is None or expected is None or expected.stage is None:
                continue
            counts = {} if each.counts is None else as_counts(each.counts, each.leaving)
            foreseen = Foreseen(
                expected.stage,
                counts,
                each.leaving.found_by,
                each.leaving.reason,
                each.forecast.as_json(),
            )
            self._keep.keep(expected.job, foreseen)

    def _counted(self, job: Job, changes: Mapping[str, Any]) -> tuple[Stage | None, Difference]:
        """The stage, where it is kept, and what was found."""
        learnt = self._learning.before(job, changes)
        stage = None if self._keep is None else self._keep.stage(job, changes)
        found = self._ledger.stages.count(changes, learnt)
        if stage is None:
            return None, found
        return stage, replace(found, counts=stage.counts, removable=stage.removable)

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
            everyone, keys = list(self._expected.values()), self._asked.records
            leaving = foresee(self._outlook, expected, everyone, results, keys=keys)
        except CannotActivate as error:
            return replace(planned, counts=None, status=Status.ERROR, message=str(error), forecast=Forecast())
        if planned.status is not Status.SUCCESS:
            return replace(planned, leaving=leaving)
        forecast = planned.forecast + of_removals(expected.job, leaving)
        return replace(planned, leaving=leaving, forecast=forecast)


def _ledger_after(job: Job, ledger: OpenLedger) -> str | None:
    """The ledger as the sync will have it, once it has given the activation what older names of it delivered."""
    relation = ledger.readable("ledger")
    found = renamed(ledger, job.binding.activation, job.workspace.id)
    if found is None or not found.was:
        return relation
    return str(ledger.warehouse.render("with_handed_over", ledger=relation, renamed=found.as_mapping()))


_ONLY_WHERE_ANY = ("kept", "held")


def as_document(planned: list[Planned], *, values: bool = False) -> dict[str, Any]:
    """The JSON document of `plan --output json`; `values` of the listed records too."""
    results = [each.as_json(values=values) for each in planned]
    return document(utc_now(), {"results": results, "forecast": costs_of(planned).as_json()})


def costs_of(planned: list[Planned]) -> Costs:
    """The calls that a plan comes to, and the time that they take."""
    return costs(
        Part(each.workspace, each.forecast, each.missing) for each in planned if each.workspace is not None
    )


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
    exact = all(each.listing is not None and each.listing.actions is not None for each, _ in counted)
    changed = "changed" if exact else "changed at most"
    headings = ("activation", *(changed if name == "changed" else name for name in names))
    rows = [(each.activation.name, *(f"{counts[name]:,}" for name in names)) for each, counts in counted]
    if rows:
        report.table(headings, rows)
        costs_told = costs_of(planned)
        report.table(("endpoint", "calls"), cost_rows(costs_told))
        report.info(cost_line(costs_told), event="plan.costs", **costs_told.as_json())
    messages: set[str] = set()
    for each in planned:
        if each.message is not None:
            message = "the same" if each.message in messages else each.message
            report.info(f"{each.activation.name}: {each.status}: {with_code(message)}")
            messages.add(each.message)
        if each.split is not None:
            report.info(f"{each.activation.name}: {_in_intercom(each.split)}")
        compared = comparison_line(each.listing)
        if compared is not None:
            report.info(f"{each.activation.name}: {compared}")
        if each.counts is None:
            continue
        if each.leaving.held:
            told = f"{each.leaving.held:,} removal{'s' if each.leaving.held != 1 else ''} would be held"
            report.info(f"{each.activation.name}: {told}: {with_code(each.leaving.reason or '')}")
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
