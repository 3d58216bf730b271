"""What every activation of one run shares."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.ledger.changes import RecordScope

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.ledger.journal import Journal
    from dbt_intercom_activate.ledger.outcomes import Outcomes
    from dbt_intercom_activate.ledger.stages import Stages
    from dbt_intercom_activate.ledger.warehouse_lock import WarehouseLock
    from dbt_intercom_activate.warehouse.connection import Warehouse


class Stop:
    """A wish to end the run early: calls in flight finish, no new one begins."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.reason = "interrupted"
        self._listeners: list[Callable[[], None]] = []

    def __bool__(self) -> bool:
        return self.event.is_set()

    def on_set(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when the run is to end; at once where it is by now."""
        self._listeners.append(listener)
        if self:
            listener()

    def set(self, reason: str) -> None:
        """Ask the run to end; the first reason stays. Safe to call from a signal handler or a timer."""
        if not self.event.is_set():
            self.reason = reason
            self.event.set()
            for listener in self._listeners:
                listener()


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What `sync` was asked for, selection aside."""

    scope: RecordScope = field(default_factory=RecordScope)
    limit: int | None = None
    """Records per activation to attempt at most."""
    gate: bool = True
    ledger_kept: bool = True
    """Refuse a ledger that is gone with this process."""
    new_ledger: bool = False
    """Begin without a ledger, although the target path remembers one."""
    allow_removals: bool = False
    """Carry out removals that `max_removed` or an empty relation holds."""
    allow_writes: bool = False
    """Send what `max_inserted` or `max_updated` holds."""
    reconcile: bool = False
    """Read how much Intercom holds, beside the ledger's counts."""
    fail_fast: bool = False
    max_time: float | None = None
    """Seconds after which the run ends as `deferred`."""


class Setting(Protocol):
    """What decides about removals, of a run or of one that is only planned."""

    @property
    def warehouse(self) -> Warehouse:
        """Where the relations are."""

    @property
    def stages(self) -> Stages:
        """What changed."""

    @property
    def options(self) -> SyncOptions:
        """What was asked for."""

    @property
    def enabled(self) -> tuple[Activation, ...]:
        """See `Session`."""

    @property
    def default_workspace(self) -> str:
        """Of activations that name none."""

    @property
    def emptied(self) -> str | None:
        """See `Session`."""

    @property
    def sampling_unknown(self) -> bool:
        """See `Session`."""


@dataclass(frozen=True, slots=True)
class Session:
    """The collaborators of a run."""

    run_id: str
    project: str
    """The dbt project's name, which keys the state."""
    dbt_target: str
    warehouse: Warehouse
    ledger: Outcomes
    stages: Stages
    lock: WarehouseLock
    journal: Journal
    options: SyncOptions
    report: Reporter
    stop: Stop
    enabled: tuple[Activation, ...]
    """All enabled activations of the project, selected or not."""
    default_workspace: str
    emptied: str | None = None
    """`--empty` or `--sample`, where dbt built the models with it."""
    sampling_unknown: bool = False
    """Whether dbt may have built the models with a part of their rows and not told."""
    known: frozenset[tuple[str, str]] = frozenset()
    """The activations that ran before, each with its workspace: most of their records are unchanged."""
    now: Callable[[], datetime] = utc_now
    """The moment by the warehouse's clock, in UTC without a zone; it never goes back."""
