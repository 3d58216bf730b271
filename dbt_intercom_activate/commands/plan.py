"""What `sync` would find, counted by the warehouse; nothing is created, neither there nor in Intercom."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.commands.against_intercom import Split, split_added
from dbt_intercom_activate.documents import document
from dbt_intercom_activate.errors import CannotActivate, IntercomDown, Unreachable
from dbt_intercom_activate.ledger.changes import describe_changes
from dbt_intercom_activate.ledger.opening import OpenLedger, open_ledger
from dbt_intercom_activate.outcomes.results import PlanCounts, Status
from dbt_intercom_activate.sync.admission import Admission, Job, NotRun
from dbt_intercom_activate.sync.preparation import prepare

if TYPE_CHECKING:
    from datetime import datetime

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.ledger.changes import RecordScope
    from dbt_intercom_activate.project.location import DbtProject
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
            "counts": None if counts is None else as_counts(counts),
            "invalid": dict(counts.invalid) if counts else {},
            "waiting": dict(counts.waiting) if counts else {},
            "added_in_intercom": None if self.split is None else asdict(self.split),
        }


def as_counts(counts: PlanCounts) -> dict[str, int]:
    """The counts of a plan; `changed` is an upper bound, since a changed row may make the same payload."""
    return {
        "rows": counts.rows,
        "added": counts.added,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "removed": counts.removed,
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
) -> list[Planned]:
    """Count the records of each class for every selected activation.

    Args:
        against_intercom: Look the added records up in Intercom too; reads only.

    Raises:
        CannotRun: It could not begin.
        TokenRefused: Intercom refused the token.
    """
    prepared = prepare(project, selection)
    if not prepared.activations:
        return []
    admission = Admission(prepared, report, gated=gated)
    with open_ledger(prepared.project, prepared.dbt, admission.config) as ledger:
        if ledger.standing.grows:
            report.info(str(ledger.standing), event="ledger.outdated")
        plan_one = partial(_plan_one, admission, ledger, ledger.now(), scope, look_up=against_intercom)
        return [plan_one(each) for each in prepared.activations]


def _plan_one(
    admission: Admission,
    ledger: OpenLedger,
    now: datetime,
    scope: RecordScope,
    activation: Activation,
    *,
    look_up: bool,
) -> Planned:
    job = admission(activation, ledger.warehouse)
    if isinstance(job, NotRun):
        return Planned(activation, job.workspace, None, job.status, job.message)
    counts = split = None
    try:
        changes = _changes(job, scope, ledger, now)
        counts = ledger.stages.count(changes)
        if look_up:
            split = split_added(job, ledger.warehouse, changes)
    except CannotActivate as error:
        return Planned(activation, job.workspace, counts, Status.ERROR, str(error))
    except (IntercomDown, Unreachable) as error:
        return Planned(activation, job.workspace, counts, Status.DEFERRED, str(error))
    return Planned(activation, job.workspace, counts, Status.SUCCESS, split=split)


def _changes(job: Job, scope: RecordScope, ledger: OpenLedger, now: datetime) -> dict[str, Any]:
    return describe_changes(
        job.binding,
        scope,
        relation=job.relation,
        ledger=ledger.readable("ledger"),
        project=ledger.warehouse.target.project_name,
        workspace=job.workspace.id,
        quote=ledger.warehouse.quote,
        now=now,
    )


def as_document(planned: list[Planned]) -> dict[str, Any]:
    """The JSON document of `plan --output json`."""
    return document(utc_now(), {"results": [each.as_json() for each in planned]})


def show(planned: list[Planned], report: Reporter) -> None:
    """The plan as a table, and below it why something was not counted or would fail."""
    names = ("rows", "added", "changed", "unchanged", "removed", "invalid", "waiting")
    counted = [(each, as_counts(each.counts)) for each in planned if each.counts is not None]
    headings = ("activation", *("changed at most" if name == "changed" else name for name in names))
    rows = [(each.activation.name, *(f"{counts[name]:,}" for name in names)) for each, counts in counted]
    if rows:
        report.table(headings, rows)
    for each in planned:
        if each.message is not None:
            report.info(f"{each.activation.name}: {each.status}: {each.message}")
        if each.split is not None:
            report.info(f"{each.activation.name}: {_in_intercom(each.split)}")
        if each.counts is None:
            continue
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
