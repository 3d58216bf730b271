"""What the report tells: plain facts, without a value of any record; keys only where somebody asked for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dbt_intercom_activate.configuration.activation import Activation


@dataclass(frozen=True, slots=True)
class PastRun:
    """What one run of an activation came to, as the table `runs` has it."""

    run_id: str
    status: str
    started_at: datetime | None
    """In UTC without a zone, as all moments here."""
    finished_at: datetime | None
    counts: Mapping[str, int]
    """By the names of the results JSON."""
    calls: int

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """The records of an activation that failed last with one code."""

    code: str
    count: int
    newest_at: datetime | None
    keys: tuple[str, ...] = ()
    """Of the newest ones; empty unless asked for."""


@dataclass(frozen=True, slots=True)
class ReportedActivation:
    """An activation, as it is synced to one workspace: what the report has a section for."""

    name: str
    workspace: str | None
    """Intercom's own id; None where nothing was synced yet."""
    workspace_name: str
    activation: Activation | None
    """None where it is not in the project any more, or the project does not tell."""
    result: PastRun | None = None
    """The newest run that looked at its records; None where there was none."""
    attempt: PastRun | None = None
    """The newest run of all, where that is a later one."""
    runs: tuple[PastRun, ...] = ()
    """The newest runs, the oldest of them first."""
    failures: tuple[FailureGroup, ...] = ()
    delivered: int = 0
    """Records that Intercom has of it, as the ledger knows."""
    message: str | None = None
    """What was said of its newest run; None where that is not known."""
    built_at: datetime | None = None
    """When dbt last built its relation; None where dbt's results do not tell."""

    @property
    def failing(self) -> int:
        """How many of its records failed last."""
        return sum(group.count for group in self.failures)

    @property
    def newest(self) -> PastRun | None:
        """The newest run of all."""
        return self.attempt or self.result


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the page is made from."""

    project: str
    target: str
    """dbt's: the output of the profile."""
    ledger: str
    """The table, as the warehouse spells it."""
    version: str
    """Of this program."""
    generated_at: datetime
    places: tuple[ReportedActivation, ...]
    note: str | None = None
    """Why the configuration could not be read; None where it could."""
    with_keys: bool = False
