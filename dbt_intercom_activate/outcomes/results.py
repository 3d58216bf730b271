"""The result of a run: what every activation came to, counted so that every row is accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.documents import document
from dbt_intercom_activate.errors import with_code
from dbt_intercom_activate.outcomes.outcome import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from dbt_intercom_activate.outcomes.outcome import Outcome

ARTIFACT = "intercom_activate_results.json"
"""Below dbt's target path."""


class Status(str, Enum):
    """What an activation came to."""

    SUCCESS = "success"
    """Nothing failed; also when nothing changed."""
    PARTIAL = "partial"
    """Some records failed, or removals were held."""
    ERROR = "error"
    """The activation could not run or finish."""
    BLOCKED = "blocked"
    """The gate is shut."""
    HELD = "held"
    """A guard on writes held all of it; nothing was sent."""
    DEFERRED = "deferred"
    """Stopped before the end; the rest is kept for the next run."""
    SKIPPED = "skipped"
    """Disabled, not selected by the build, or not reached after --fail-fast."""

    def __str__(self) -> str:
        return str(self.value)


COUNTERS = {
    Operation.INSERT: "inserted",
    Operation.UPDATE: "updated",
    Operation.ARCHIVE: "archived",
    Operation.DELETE: "deleted",
    Operation.ATTACH: "attached",
    Operation.DETACH: "detached",
    Operation.SEND: "sent",
    Operation.NONE: "unchanged",
}
"""Where a success is counted, by what was done."""

COUNT_NAMES = (
    "rows",
    "unchanged",
    *(name for name in COUNTERS.values() if name != "unchanged"),
    "failed",
    "pending",
    "unarchived",
    "removed",
    "held",
)


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """How many records of each class a plan has."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    invalid: Mapping[str, int] = field(default_factory=dict)
    """By code: they would fail before any call."""
    waiting: Mapping[str, int] = field(default_factory=dict)
    """By code: they failed, and would fail again, so they are not attempted."""

    @property
    def rows(self) -> int:
        """Rows of the relation."""
        return (
            self.added
            + self.changed
            + self.unchanged
            + sum(self.invalid.values())
            + sum(self.waiting.values())
        )

    @property
    def attempted(self) -> int:
        """Records that a sync would act on, a payload that Intercom has already among them."""
        return self.added + self.changed + sum(self.invalid.values())


class Tally:
    """Counts outcomes as they come in; rows = unchanged + … + failed + pending holds at any moment."""

    def __init__(self, plan: PlanCounts | None = None) -> None:
        self._counts: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        if plan is not None:
            self._counts.update(rows=plan.rows, unchanged=plan.unchanged)
            self.failures.update(plan.waiting)
            self._counts["failed"] = sum(plan.waiting.values())
            self._counts["pending"] = plan.attempted

    @classmethod
    def resume(cls, counts: Mapping[str, int]) -> Tally:
        """A tally that goes on from counts kept in a journal."""
        tally = cls()
        tally._counts.update(counts)
        return tally

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count outcomes of records that were pending."""
        for outcome in outcomes:
            self._counts["pending"] -= 1
            self._counts["unarchived"] += outcome.unarchived
            if outcome.code is None:
                self._counts[COUNTERS[outcome.operation]] += 1
            else:
                self._counts["failed"] += 1
                self.failures[outcome.code.value] += 1

    def add_removed(self, count: int) -> None:
        """Count records that left the relation and were acted on."""
        self._counts["removed"] += count

    def counts(self) -> dict[str, int]:
        """Every count of the artifact, zeros included."""
        return {name: self._counts[name] for name in COUNT_NAMES}


@dataclass(frozen=True, slots=True)
class ActivationResult:
    """One activation's result, as the artifact has it."""

    activation: str
    unique_id: str
    object: str
    behaviour: str
    workspace: str | None
    """Intercom's own id; None where it was never asked."""
    workspace_name: str | None
    status: Status
    message: str | None = None
    elapsed: float = 0.0
    counts: Mapping[str, int] = field(default_factory=lambda: Tally().counts())
    api_calls: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    removals_waiting: bool = False
    """Whether removals of the plan that is applied are held for a reason of this run, so that another may do them."""

    def is_well(self, warned: frozenset[str]) -> bool:
        """Whether this result leaves the exit code at 0; `warned` are codes that do not count."""
        if self.status in (Status.SUCCESS, Status.SKIPPED):
            return True
        if self.status is not Status.PARTIAL:
            return False
        return not self.counts["held"] and not set(self.failures) - warned

    def failed_unwarned(self, warned: frozenset[str]) -> int:
        """How many records failed with a code that counts; `warned` are codes that do not."""
        return self.counts["failed"] - sum(
            count for code, count in self.failures.items() if str(code) in warned
        )

    def as_json(self) -> dict[str, Any]:
        """As the artifact spells it."""
        return {
            "activation": self.activation,
            "unique_id": self.unique_id,
            "object": self.object,
            "behaviour": self.behaviour,
            "workspace": self.workspace,
            "workspace_name": self.workspace_name,
            "status": self.status.value,
            "message": None if self.message is None else with_code(self.message),
            "elapsed": round(self.elapsed, 3),
            "counts": dict(self.counts),
            "api_calls": self.api_calls,
            "failures": dict(sorted(self.failures.items())),
        }


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of one run of `sync`."""

    run_id: str
    generated_at: datetime
    dbt_invocation_id: str | None
    elapsed: float
    results: tuple[ActivationResult, ...]
    exit_code: int
    reconciliation: tuple[Mapping[str, str | int | None], ...] = ()
    """With --reconcile: a mapping per workspace, see `Reconciliation`."""

    def as_json(self) -> dict[str, Any]:
        """The artifact `intercom_activate_results.json`."""
        reconciled = {"reconciliation": list(self.reconciliation)} if self.reconciliation else {}
        return document(
            self.generated_at,
            {"results": [result.as_json() for result in self.results], **reconciled},
            run_id=self.run_id,
            dbt_invocation_id=self.dbt_invocation_id,
            elapsed=round(self.elapsed, 3),
        )
