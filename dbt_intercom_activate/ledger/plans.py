"""Plans that were kept: their stages, and what the table `plans`, which is only appended to, tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import in_utc
from dbt_intercom_activate.ledger.tables import STAGE_OF_A_PLAN

if TYPE_CHECKING:
    from datetime import datetime

    from dbt_intercom_activate.ledger.opening import OpenLedger

KEPT_FOR = timedelta(days=7)
"""How long the stages of a plan stay, unless it is applied or forgotten."""

KEPT, BEGUN, APPLIED, DROPPED = "kept", "begun", "applied", "dropped"
"""What is said of a plan in turn. It is `begun` once for each run that sends of it."""


@dataclass(frozen=True, slots=True)
class KnownPlan:
    """What the warehouse knows of a plan."""

    plan_id: str
    kept_at: datetime
    """By the warehouse's clock, in UTC without a zone."""
    stage_count: int
    begun_by: frozenset[str] = frozenset()
    """The runs that sent of it."""
    applied_by: str | None = None
    applied_at: datetime | None = None
    dropped_at: datetime | None = None


def stage_of(plan_id: str, number: int) -> str:
    """The name of the stage of a plan's activation, which are numbered from 1."""
    return f"{STAGE_OF_A_PLAN}{plan_id.replace('-', '')[:12]}_{number}"


def removals_of(plan_id: str, number: int) -> str:
    """The name of the table that says which records of that stage are to be removed."""
    return f"{stage_of(plan_id, number)}_left"


def equal_of(plan_id: str, number: int) -> str:
    """The name of the table that says which records of that stage Intercom has already as they would be sent."""
    return f"{stage_of(plan_id, number)}_equal"


def tables_of(plan_id: str, number: int) -> tuple[str, str, str]:
    """The names of all tables that a plan keeps of an activation; some may not be there."""
    return stage_of(plan_id, number), removals_of(plan_id, number), equal_of(plan_id, number)


class Plans:
    """The plans of one project in one ledger."""

    def __init__(self, ledger: OpenLedger) -> None:
        self._ledger = ledger
        self._warehouse = ledger.warehouse
        self._project = ledger.warehouse.target.project_name

    def note(self, plan_id: str, state: str, *, stages: int, run_id: str | None = None) -> None:
        """Say what became of a plan; the caller holds the lock.

        Args:
            plan_id: Of the plan.
            state: `KEPT`, `BEGUN`, `APPLIED` or `DROPPED`.
            stages: How many activations it has.
            run_id: Of the run that began or applied it.
        """
        row = {
            "plan_id": plan_id,
            "project": self._project,
            "plan_state": state,
            "run_id": run_id,
            "stage_count": stages,
        }
        plans = self._ledger.tables.relation("plans")
        self._warehouse.execute(self._warehouse.render("append_plan", plans=plans, plan=row))

    def known(self, *, grown: bool = False) -> dict[str, KnownPlan]:
        """Every plan that was ever kept here, by its id.

        Args:
            grown: Whether the tables were made, or brought up to date, since the ledger was opened.

        Raises:
            WarehouseFailed: The warehouse refused.
        """
        tables = self._ledger.tables
        plans = str(tables.relation("plans")) if grown else self._ledger.readable("plans")
        if plans is None:
            return {}
        found: dict[str, list[tuple[str, str | None, int, datetime]]] = {}
        for plan_id, state, run_id, stages, at in self._warehouse.query(
            self._warehouse.render("read_plans", plans=plans, project=self._project)
        ):
            found.setdefault(str(plan_id), []).append((str(state), run_id, int(stages), in_utc(at)))
        return {plan_id: _known(plan_id, said) for plan_id, said in found.items()}

    def newest_row(
        self, workspace: str, activation: str, *, apart: frozenset[str] = frozenset(), grown: bool = False
    ) -> tuple[Any, ...] | None:
        """Which row of an activation is the newest in the ledger; None where it has none.

        Args:
            workspace: Intercom's own id.
            activation: Its name.
            apart: Runs whose rows do not count.
            grown: As for `known`.
        """
        ledger = self._ledger.outcomes.name if grown else self._ledger.readable("ledger")
        if ledger is None:
            return None
        sql = self._warehouse.render(
            "newest_row",
            ledger=ledger,
            project=self._project,
            workspace=workspace,
            activation=activation,
            apart=sorted(apart),
        )
        rows = self._warehouse.query(sql)
        return rows[0] if rows else None

    def drop(self, plan: KnownPlan) -> None:
        """Drop the stages of a plan, and say so; the caller holds the lock."""
        for number in range(1, plan.stage_count + 1):
            for name in tables_of(plan.plan_id, number):
                self._ledger.stages.drop(name)
        self.note(plan.plan_id, DROPPED, stages=plan.stage_count)

    def drop_old(self, now: datetime) -> int:
        """Drop what was kept for too long, or was applied and is still there; the caller holds the lock."""
        old = [
            each
            for each in self.known(grown=True).values()
            if each.dropped_at is None and (each.applied_at or each.kept_at < now - KEPT_FOR)
        ]
        for each in old:
            self.drop(each)
        return len(old)


def _known(plan_id: str, said: list[tuple[str, str | None, int, datetime]]) -> KnownPlan:
    moments = {state: at for state, _, _, at in said}
    return KnownPlan(
        plan_id=plan_id,
        kept_at=said[0][3],
        stage_count=said[0][2],
        begun_by=frozenset(run_id for state, run_id, _, _ in said if state == BEGUN and run_id),
        applied_by=next((run_id for state, run_id, _, _ in said if state == APPLIED), None),
        applied_at=moments.get(APPLIED),
        dropped_at=moments.get(DROPPED),
    )
