"""One run at a time among machines: a claim in the warehouse that both runs can see.

Append a claim, read the live ones, withdraw if there is another: two runs that begin together may both be refused,
and never both run. It needs no lock of the engine's own, and only appends.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dbt_intercom_activate.errors import AlreadyRunning, Interrupted, WarehouseFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from dbt_intercom_activate.ledger import Ledger

ALIVE_FOR_MINUTES = 10
"""A run whose last sign of life is older is taken for dead."""

HEARTBEAT_SECONDS = 60.0


class WarehouseLock:
    """The claim of one run."""

    def __init__(
        self, ledger: Ledger, run_id: str, project: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ledger = ledger
        self._lock: dict[str, str | int] = {
            "run_id": run_id,
            "project": project,
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }
        self._clock = clock
        self._seen_at = clock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            AlreadyRunning: Another run holds it; its host, process and start are named.
            WarehouseFailed: The warehouse refused.
        """
        self._say("claim")
        try:
            self._refuse_if_taken()
            yield
        finally:
            self._release()

    def heartbeat(self) -> None:
        """Say now and then that the run is alive.

        Raises:
            Interrupted: It was silent for so long that another run took its place.
            WarehouseFailed: The warehouse refused.
        """
        if self._clock() - self._seen_at < HEARTBEAT_SECONDS:
            return
        live = self._live()
        if self._lock["run_id"] not in [run_id for run_id, *_ in live]:
            for run_id, host, pid, since in live:
                if not self._is_dead(host, pid):
                    raise Interrupted(
                        f"this run gave no sign of life for {ALIVE_FOR_MINUTES} minutes, and run {run_id} on host "
                        f"{host}, process {pid}, since {since} UTC took its place"
                    )
        self._say("heartbeat")

    def _refuse_if_taken(self) -> None:
        for run_id, host, pid, since in self._live():
            if run_id == self._lock["run_id"] or self._is_dead(host, pid):
                continue
            raise AlreadyRunning(
                f"another run of this project is alive: run {run_id} on host {host}, process {pid}, since {since} UTC. "
                f"Wait for it, or end it; a run that was killed is forgotten {ALIVE_FOR_MINUTES} minutes after its "
                "last sign of life. Nothing was sent"
            )

    def _live(self) -> list[tuple[str, str, int, datetime]]:
        return self._ledger.live_locks(str(self._lock["project"]), ALIVE_FOR_MINUTES)

    def _is_dead(self, host: str, pid: int) -> bool:
        """Whether a claim of this host is left of a process that is gone; our own pid is not another run's."""
        if host != self._lock["host"]:
            return False
        return pid == self._lock["pid"] or not _exists(pid)

    def _say(self, state: str) -> None:
        self._ledger.append_lock({**self._lock, "lock_state": state})
        self._seen_at = self._clock()

    def _release(self) -> None:
        try:
            self._say("release")
        except WarehouseFailed:
            return  # the claim dies by itself after ALIVE_FOR_MINUTES


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it is another user's, and alive
    return True
