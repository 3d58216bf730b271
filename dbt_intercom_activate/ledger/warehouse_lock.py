"""One run at a time among machines: a claim in the warehouse that both runs can see.

Append a claim, read the live ones, withdraw if there is another: two runs that begin together may both be refused,
and never both run. It needs no lock of the engine's own, and only appends.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dbt_intercom_activate.clock import seconds_awake_or_asleep
from dbt_intercom_activate.errors import AlreadyRunning, Interrupted, Message, WarehouseFailed
from dbt_intercom_activate.ledger.process import Process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dbt_intercom_activate.ledger.tables import Tables
    from dbt_intercom_activate.warehouse.connection import Warehouse

ALIVE_FOR_MINUTES = 10
"""A run whose last sign of life is older is taken for dead."""

HEARTBEAT_SECONDS = 60.0


_TAKEN_AFTER = timedelta(minutes=ALIVE_FOR_MINUTES - 1)
"""A claim that was made so long after our last sign of life may have found us dead: it reads only after claiming."""

_HELD_HERE: set[str] = set()
"""The runs of this process that claim or hold a lock; another claim with its number was left by a process before it."""


@dataclass(frozen=True, slots=True)
class LiveLock:
    """The claim of a run that may be alive."""

    run_id: str
    process: Process
    since: datetime
    """UTC, without a zone."""


class Locks:
    """The table `locks`, in which runs tell each other that they are alive; it is only appended to."""

    def __init__(self, warehouse: Warehouse, tables: Tables) -> None:
        self._warehouse = warehouse
        self._relation = tables.relation("locks")

    def append_lock(self, lock: Mapping[str, str | int | None]) -> None:
        """Append a claim, a heartbeat or a release."""
        self._warehouse.execute(self._warehouse.render("append_lock", locks=self._relation, lock=dict(lock)))

    def next_generation(self, project: str, ledger: str) -> int:
        """One more than the generation of any run of the project before."""
        sql = self._warehouse.render("next_generation", ledger=ledger, locks=self._relation, project=project)
        ((generation,),) = self._warehouse.query(sql)
        return int(generation)

    def live_locks(self, project: str, minutes: int) -> list[LiveLock]:
        """The runs that hold or claim the lock, and were seen within so many minutes."""
        sql = self._warehouse.render("live_locks", locks=self._relation, project=project, minutes=minutes)
        return [
            LiveLock(str(run), Process(str(host), int(pid), space), since)
            for run, host, pid, space, since in self._warehouse.query(sql)
        ]

    def claims_after(self, project: str, run_id: str, silence: timedelta) -> list[LiveLock]:
        """Other runs that claimed the lock so long after a run's last sign of life, whatever became of them since.

        And those that have taken a later generation, however long after that was by the warehouse's clock.
        """
        sql = self._warehouse.render("later_claims", locks=self._relation, project=project, run_id=run_id)
        return [
            LiveLock(str(run), Process(str(host), int(pid), space), since)
            for run, host, pid, space, since, seen, newer in self._warehouse.query(sql)
            if newer or since - seen >= silence
        ]


class WarehouseLock:
    """The claim of one run."""

    def __init__(
        self, locks: Locks, run_id: str, project: str, clock: Callable[[], float] = seconds_awake_or_asleep
    ) -> None:
        self._locks = locks
        self._run_id = run_id
        self._project = project
        self._process = Process.current()
        self._clock = clock
        self._seen_at = clock()
        self._generation: int | None = None

    @property
    def generation(self) -> int | None:
        """What orders the rows of runs, whatever the clocks of their machines say; None until it is taken."""
        return self._generation

    def take_generation(self, ledger: str) -> None:
        """Take the next one, and say so in the warehouse: a run that dies before its first row has had it, too.

        Args:
            ledger: Its relation, which has the rows of all runs before; this one holds the lock.

        Raises:
            WarehouseFailed: The warehouse refused.
        """
        self._generation = self._locks.next_generation(self._project, ledger)
        self._say("heartbeat")

    def last_generation(self, ledger: str) -> int:
        """That of the newest run so far, for rows of a run that never holds the lock.

        Args:
            ledger: Its relation.

        Raises:
            WarehouseFailed: The warehouse refused.
        """
        return self._locks.next_generation(self._project, ledger) - 1

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            AlreadyRunning: Another run holds it; its host, process and start are named.
            WarehouseFailed: The warehouse refused.
        """
        _HELD_HERE.add(self._run_id)
        try:
            self._say("claim")
            try:
                self._refuse_if_taken()
                yield
            finally:
                self._release()
        finally:
            _HELD_HERE.discard(self._run_id)

    def heartbeat(self) -> None:
        """Say now and then that the run is alive.

        Raises:
            Interrupted: It was silent for so long that another run took its place, be that one at its end by now.
            WarehouseFailed: The warehouse refused.
        """
        if self._clock() - self._seen_at < HEARTBEAT_SECONDS:
            return
        live = self._live()
        if self._run_id not in [each.run_id for each in live]:
            for other in (
                *self._alive(live),
                *self._locks.claims_after(self._project, self._run_id, _TAKEN_AFTER),
            ):
                raise Interrupted(
                    Message(
                        "run-taken-over",
                        f"this run gave no sign of life for {ALIVE_FOR_MINUTES} minutes, "
                        f"and {_named(other)} took its place",
                    )
                )
        self._say("heartbeat")

    def _refuse_if_taken(self) -> None:
        for other in self._alive(self._live()):
            raise AlreadyRunning(
                Message(
                    "another-run",
                    f"another run of this project is alive: {_named(other)}. "
                    f"Wait for it, or end it; a run that was killed is forgotten {ALIVE_FOR_MINUTES} minutes after its "
                    "last sign of life. Nothing was sent",
                )
            )

    def _live(self) -> list[LiveLock]:
        return self._locks.live_locks(self._project, ALIVE_FOR_MINUTES)

    def _alive(self, locks: list[LiveLock]) -> list[LiveLock]:
        """The claims of other runs, without those whose process is known to be gone."""
        return [each for each in locks if each.run_id != self._run_id and not self._is_dead(each)]

    def _is_dead(self, other: LiveLock) -> bool:
        if other.process == self._process:
            return other.run_id not in _HELD_HERE  # our number was another process's before it was ours
        return other.process.is_surely_gone()

    def _say(self, state: str) -> None:
        self._locks.append_lock(
            {
                "run_id": self._run_id,
                "project": self._project,
                "host": self._process.host,
                "pid": self._process.pid,
                "process_space": self._process.space,
                "lock_state": state,
                "generation": self._generation,
            }
        )
        self._seen_at = self._clock()

    def _release(self) -> None:
        try:
            self._say("release")
        except WarehouseFailed:
            return  # the claim dies by itself after ALIVE_FOR_MINUTES


def _named(other: LiveLock) -> str:
    return f"run {other.run_id} on {other.process}, since {other.since} UTC"
