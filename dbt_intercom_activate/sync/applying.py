"""A run that sends what a plan kept, and nothing else: what has to be as it was, and how a killed one is completed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.clock import as_text
from dbt_intercom_activate.errors import CannotActivate, Message, PlanRefused
from dbt_intercom_activate.ledger.changes import RecordScope, describe_changes
from dbt_intercom_activate.ledger.journal_reading import left_by_dead_runs, read_journal
from dbt_intercom_activate.ledger.kept_stage import KeptStage
from dbt_intercom_activate.ledger.plans import APPLIED, BEGUN, Plans, equal_of, removals_of, stage_of
from dbt_intercom_activate.outcomes.results import Status
from dbt_intercom_activate.sync.admission import Job
from dbt_intercom_activate.sync.keeping import configuration_of, ledger_of, mapping_of, staged_in
from dbt_intercom_activate.sync.occasion import Occasion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

    from dbt_intercom_activate.ledger.opening import OpenLedger
    from dbt_intercom_activate.ledger.plans import KnownPlan
    from dbt_intercom_activate.outcomes.results import ActivationResult
    from dbt_intercom_activate.sync.admission import NotRun
    from dbt_intercom_activate.sync.plan_file import PlanFile, PlannedActivation
    from dbt_intercom_activate.sync.preparation import Prepared
    from dbt_intercom_activate.sync.session import Session

_ENDED = (Status.SUCCESS, Status.PARTIAL)
"""How an activation ends of which nothing is left to be sent."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may have changed since the plan was made."""

    max_age: timedelta
    stale_data: bool = False
    """Whether the rows of the relations may."""


class Applying(Occasion):
    """One plan, to be sent as it was shown."""

    def __init__(self, file: PlanFile, path: Path, allowance: Allowance) -> None:
        self._file = file
        self._path = path
        self._allowance = allowance
        self._planned = {each.activation: each for each in file.activations}

    def narrow(self, prepared: Prepared) -> Prepared:
        """The activations of the plan.

        Raises:
            PlanRefused: It is one of another project or target.
        """
        file, target = self._file, prepared.target
        reasons: list[str] = []
        if file.project != target.project_name:
            reasons.append(
                Message(
                    "project-differs",
                    f"it is of project {file.project}, and this is project {target.project_name}",
                )
            )
        if file.target != target.name:
            reasons.append(
                Message("target-differs", f"it is of target {file.target}, and this is target {target.name}")
            )
        self._refuse(reasons)
        here = {each.name for each in prepared.enabled}
        gone = [name for name in self._planned if name not in here]
        self._refuse(
            [Message("activation-gone", f"activation {name} is not in the project any more") for name in gone]
        )
        chosen = tuple(each for each in prepared.activations if each.name in self._planned)
        return replace(prepared, activations=chosen)

    def admit(
        self, ledger: OpenLedger, prepared: Prepared, admitted: Mapping[str, Job | NotRun]
    ) -> dict[str, Job | NotRun]:
        """The same, each with what the plan kept of it.

        Raises:
            PlanRefused: Something is not as it was when the plan was made; every reason is told.
        """
        known = Plans(ledger).known().get(self._file.plan)
        reasons = [*self._of_plan(ledger, known), *self._of_dead_runs(prepared, known)]
        kept: dict[str, Job | NotRun] = {}
        for name, job in admitted.items():
            if isinstance(job, Job):
                kept[name] = replace(job, kept=self._kept(ledger, self._planned[name]))
                reasons += self._of_activation(ledger, job, known, gone=bool(reasons))
            else:
                kept[name] = job
        # A part of a plan is not what was seen: none of it is sent where one activation would be left out.
        shut = [
            Message("activation-cannot-run", f"{name} cannot run: {job.message}")
            for name, job in admitted.items()
            if not isinstance(job, Job)
        ]
        self._refuse([*reasons, *shut], old=bool(reasons))
        return kept

    def begin(self, session: Session, ledger: OpenLedger) -> None:
        """Say which run sends of the plan; the ledger may have changed until the lock was held.

        Raises:
            PlanRefused: It has.
        """
        plans = Plans(ledger)
        known = plans.known(grown=True).get(self._file.plan)
        reasons = self._of_plan(ledger, known)
        apart = (known.begun_by if known else frozenset()) | {session.run_id}
        for each in self._planned.values():
            reasons += self._of_ledger(plans, each, apart, grown=True)
        self._refuse(reasons)
        plans.note(self._file.plan, BEGUN, stages=len(self._planned), run_id=session.run_id)

    def end(self, session: Session, ledger: OpenLedger, results: Sequence[ActivationResult]) -> None:
        """Say that the plan was applied, where nothing of it is left to be sent, and drop what it kept."""
        if not all(
            each.status in _ENDED and not each.counts["pending"] and not each.removals_waiting
            for each in results
        ):
            return
        plans = Plans(ledger)
        try:
            known = plans.known(grown=True)[self._file.plan]
            plans.note(self._file.plan, APPLIED, stages=known.stage_count, run_id=session.run_id)
            plans.drop(known)
        except CannotActivate as error:
            session.report.warning(
                Message(
                    "plan-not-dropped", f"what the plan kept could not be dropped: {error}; a later run does"
                )
            )

    def _refuse(self, reasons: Sequence[str], *, old: bool = True) -> None:
        """Raise where there are reasons; `old`: a new plan is the answer to one of them."""
        if not reasons:
            return
        told = "\n".join(f"  {each}" for each in reasons)
        todo = (
            f"Plan again: `dbt-intercom-activate plan --out {self._path}`"
            if old
            else "Mend that and apply it again, or plan again without these activations"
        )
        raise PlanRefused(
            Message(
                "plan-unfit",
                f"the plan {self._path} cannot be applied, and nothing was sent:\n{told}\n{todo}",
            )
        )

    def _kept(self, ledger: OpenLedger, planned: PlannedActivation) -> KeptStage:
        stages, plan_id = ledger.stages, self._file.plan
        return KeptStage(
            relation=stages.relation(stage_of(plan_id, planned.number)),
            removals=stages.relation(removals_of(plan_id, planned.number)) if planned.removals else None,
            planned_at=self._file.planned_at,
            held_because=planned.held_because,
            equal=stages.relation(equal_of(plan_id, planned.number)) if planned.equal else None,
        )

    def _of_plan(self, ledger: OpenLedger, known: KnownPlan | None) -> list[str]:
        """Why the plan itself cannot be applied."""
        reasons: list[str] = []
        age = ledger.now() - self._file.planned_at
        if age > self._allowance.max_age:
            hours, most = _hours(age), _hours(self._allowance.max_age)
            reasons.append(Message("plan-too-old", f"it is {hours} old, and `--max-age` allows {most}"))
        if known is None:
            reasons.append(
                Message(
                    "plan-unknown",
                    "this warehouse knows no such plan: its ledger is another one, or was made anew",
                )
            )
        elif known.applied_at is not None:
            at = as_text(known.applied_at)[:16]
            reasons.append(
                Message("plan-applied", f"it was applied already, by run {known.applied_by} at {at} UTC")
            )
        elif known.dropped_at is not None:
            at = as_text(known.dropped_at)[:16]
            reasons.append(Message("plan-dropped", f"what it kept was dropped at {at} UTC"))
        return reasons

    def _of_dead_runs(self, prepared: Prepared, known: KnownPlan | None) -> Iterator[str]:
        """What a run that was killed since has sent, and the ledger does not know yet."""
        own = known.begun_by if known else frozenset()
        for path in left_by_dead_runs(prepared.project.target_path):
            try:
                unfinished = read_journal(path).unfinished
            except OSError:
                continue  # the run itself says so
            for each in unfinished:
                if each.run.run_id not in own and each.run.activation in self._planned:
                    name, run_id = each.run.activation, each.run.run_id
                    yield Message(
                        "run-was-killed",
                        f"{name}: run {run_id} was ended from outside, and the ledger lacks what it sent",
                    )

    def _of_activation(
        self, ledger: OpenLedger, job: Job, known: KnownPlan | None, *, gone: bool
    ) -> Iterator[str]:
        """Why what is kept of an activation is not what would be sent."""
        planned = self._planned[job.binding.activation.name]
        name = planned.activation
        differences = list(_of_configuration(planned, job))
        yield from differences
        apart = known.begun_by if known else frozenset()
        newer = self._of_ledger(Plans(ledger), planned, apart)
        yield from newer
        if gone or job.workspace.id != planned.workspace:
            return
        kept = self._kept(ledger, planned)
        try:
            equal = 0 if kept.equal is None else ledger.stages.size_of(kept.equal)
            if staged_in(ledger, kept.relation) != planned.staged or equal != planned.equal:
                yield Message("kept-rows-changed", f"{name}: what was kept of it is not what was kept")
                return
        except CannotActivate:
            yield Message("kept-rows-gone", f"{name}: what was kept of it is gone")
            return
        if not (differences or newer or self._allowance.stale_data):
            unlike = ledger.stages.count_unlike(_changes(ledger, job, self._file), kept)
            if unlike:
                records = f"{unlike:,} record{'s' if unlike != 1 else ''}"
                yield Message(
                    "model-changed",
                    f"{name}: {records} of the model changed since; `--stale-data` sends what was planned all the same",
                )

    def _of_ledger(
        self,
        plans: Plans,
        planned: PlannedActivation,
        apart: frozenset[str],
        *,
        grown: bool = False,
    ) -> list[str]:
        row = plans.newest_row(planned.workspace, planned.activation, apart=apart, grown=grown)
        if ledger_of(row) == planned.ledger:
            return []
        by = f"run {row[0]}" if row else "nobody knows whom"
        return [
            Message(
                "ledger-went-on", f"{planned.activation}: the ledger has other rows since, the newest by {by}"
            )
        ]


def _hours(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours / 24:.3g} days" if hours >= 48 else f"{hours:.3g} hours"


def _of_configuration(planned: PlannedActivation, job: Job) -> Iterator[str]:
    name, workspace = planned.activation, job.workspace
    if workspace.id != planned.workspace:
        yield Message(
            "workspace-changed",
            f"{name}: it is for workspace {planned.workspace_name} ({planned.workspace}), and {workspace.name} is "
            f"{workspace.id}",
        )
    if mapping_of(job) != planned.mapping:
        yield Message("mapping-changed", f"{name}: its mapping, or the type of a column, is not what it was")
    if configuration_of(job) != planned.configuration:
        yield Message(
            "settings-changed",
            f"{name}: its other settings, or those of its workspace in intercom.yml, are not what they were",
        )


def _changes(ledger: OpenLedger, job: Job, file: PlanFile) -> Mapping[str, object]:
    return describe_changes(
        job.binding,
        RecordScope(),
        relation=job.relation,
        ledger=ledger.readable("ledger"),
        project=file.project,
        workspace=job.workspace.id,
        quote=ledger.warehouse.quote,
        now=file.planned_at,
    )
