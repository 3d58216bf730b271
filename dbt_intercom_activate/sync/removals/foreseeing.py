"""What `sync` would do with the records that left, found by the same rules before anything is sent: for `plan`.

Only what Intercom would answer is not known yet, so every row that a sync would send counts as delivered.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbt_intercom_activate.ledger.outcomes import ActivationRun
from dbt_intercom_activate.ledger.stages import Stage
from dbt_intercom_activate.objects.vocabulary import Removed
from dbt_intercom_activate.outcomes.results import ActivationResult, Status, Tally
from dbt_intercom_activate.sync.activate import Activated
from dbt_intercom_activate.sync.removals.doubt import doubt_about, why_in_doubt, why_suspect
from dbt_intercom_activate.sync.removals.holders import InDoubtError, described
from dbt_intercom_activate.sync.removals.naming import STILL_NAMED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.ledger.stages import Stages
    from dbt_intercom_activate.outcomes.results import PlanCounts
    from dbt_intercom_activate.sync.admission import Job
    from dbt_intercom_activate.sync.session import SyncOptions
    from dbt_intercom_activate.warehouse.connection import Warehouse


@dataclass(frozen=True, slots=True)
class Leaving:
    """The records that left the model, by what a sync would do with them."""

    removed: int = 0
    """To be archived, deleted or detached."""
    kept: int = 0
    """They stay: `removed: ignore`, another activation has them, or they were delivered from elsewhere."""
    held: int = 0
    """Removals that wait for somebody."""
    reason: str | None = None
    """Why they are held."""
    found_by: Mapping[str, Any] | None = field(default=None, repr=False)
    """The mapping `removals` of the macro that finds those to be removed; None where there are none."""


NOBODY = Leaving()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known before a run; the part of a `Session` that decides about removals."""

    project: str
    warehouse: Warehouse
    stages: Stages
    options: SyncOptions
    enabled: tuple[Activation, ...]
    default_workspace: str
    emptied: str | None
    sampling_unknown: bool
    now: datetime

    def expected(self, job: Job, changes: Mapping[str, Any], counts: PlanCounts, removable: int) -> Activated:
        """What an activation comes to if all that is sent is taken."""
        activation, binding = job.binding.activation, job.binding
        failures = Counter(counts.invalid) + Counter(counts.waiting)
        run = ActivationRun(
            run_id="",
            project=self.project,
            workspace=job.workspace.id,
            workspace_name=job.workspace.name,
            activation=activation.name,
            object_type=activation.object.name,
            identifier=binding.identifier_name,
            origin=binding.origin,
        )
        failed = sum(failures.values())
        result = ActivationResult(
            activation=activation.name,
            unique_id=activation.node.unique_id,
            object=activation.object.name,
            behaviour=str(activation.behaviour),
            workspace=job.workspace.id,
            workspace_name=job.workspace.name,
            status=Status.PARTIAL if failed else Status.SUCCESS,
            counts={**Tally(counts).counts(), "failed": failed, "pending": 0},
            failures=failures,
        )
        stage = Stage(self.stages.as_query(changes), counts, last_seq=0, removable=removable)
        return Activated(job, run, changes, stage, "", result, self.now, flushed=True)


def foresee(
    outlook: Outlook,
    expected: Activated,
    all_expected: Sequence[Activated],
    results: Sequence[ActivationResult],
) -> Leaving:
    """Say what would become of the records that left an activation's relation.

    Args:
        outlook: What is known.
        expected: The activation.
        all_expected: Every activation that would run, this one included.
        results: What each activation comes to, those that would not run among them.

    Raises:
        WarehouseFailed: The warehouse refused to tell.
    """
    stage = expected.stage
    if stage is None or not stage.counts.removed:
        return NOBODY
    left = stage.counts.removed
    if expected.job.binding.activation.removed is Removed.IGNORE or not stage.removable:
        return Leaving(kept=left)
    reason = (
        why_in_doubt(outlook, expected)
        or doubt_about(expected, all_expected, results)
        or why_suspect(outlook, expected)
    )
    if reason is not None:
        return Leaving(kept=left - stage.removable, held=stage.removable, reason=reason)
    try:
        description = described(outlook, expected, all_expected)
    except InDoubtError as error:
        return Leaving(kept=left - stage.removable, held=stage.removable, reason=str(error))
    failing = {
        each.run.activation: outlook.stages.as_query(each.changes, only_failing=True) for each in all_expected
    }
    written = [{**each, "stage": failing[each["activation"]]} for each in description["written"]]
    removals = {**description, "written": written}
    candidates, named = outlook.stages.count_removals(
        expected.stage_relation, expected.changes["ledger"], removals
    )
    return Leaving(
        removed=candidates - named,
        kept=left - candidates,
        held=named,
        reason=STILL_NAMED if named else None,
        found_by=removals if candidates > named else None,
    )
