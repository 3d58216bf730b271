"""`apply`: send exactly what a plan kept; `plan --forget`: drop what plans kept."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.selection import Selection
from dbt_intercom_activate.ledger.changes import RecordScope
from dbt_intercom_activate.ledger.machine_lock import one_run_on_this_machine
from dbt_intercom_activate.ledger.opening import open_ledger
from dbt_intercom_activate.ledger.plans import Plans
from dbt_intercom_activate.sync.applying import Applying
from dbt_intercom_activate.sync.plan_file import read_plan
from dbt_intercom_activate.sync.run import sync

if TYPE_CHECKING:
    from pathlib import Path

    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.outcomes.results import RunResult
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.sync.applying import Allowance
    from dbt_intercom_activate.sync.session import Stop, SyncOptions


@dataclass(frozen=True, slots=True)
class AppliedPlan:
    """What is to be applied, and what may have changed since."""

    path: Path
    allowance: Allowance


def apply(
    project: DbtProject, applied: AppliedPlan, options: SyncOptions, report: Reporter, stop: Stop
) -> RunResult:
    """Send what a plan kept, as a sync does; one that was ended midway is completed by another `apply`.

    Raises:
        PlanRefused: What would be sent is not what was planned; nothing was sent and nothing written.
        CannotRun: It could not begin; nothing was sent.
        TokenRefused: At the start; nothing was sent.
    """
    file = read_plan(applied.path)
    # The plan has been through the guards, and has only the removals that they let go.
    options = replace(
        options,
        scope=RecordScope(),
        gate=options.gate and file.gate,
        allow_removals=True,
        allow_writes=True,
    )
    occasion = Applying(file, applied.path, applied.allowance)
    return sync(project, Selection(), options, report, stop, occasion=occasion)


def forget_plans(project: DbtProject) -> int:
    """Drop what the plans of a project kept in the warehouse; returns how many plans that were.

    Raises:
        CannotRun: A run is alive.
        WarehouseFailed: The warehouse refused.
    """
    with one_run_on_this_machine(project), open_ledger(project) as ledger:
        plans = Plans(ledger)
        if not any(each.dropped_at is None for each in plans.known().values()):
            return 0
        with ledger.held_for_writing(ledger.lock(str(uuid.uuid4()))):
            kept = [each for each in plans.known(grown=True).values() if each.dropped_at is None]
            for each in kept:
                plans.drop(each)
            return len(kept)
