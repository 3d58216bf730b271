"""Machines with a clock and a disk of their own, the processes on them, and what stands in for the standard library.

The product is run as it is. Only the names `time`, `threading`, `os`, `socket`, `ThreadPoolExecutor` and `SimpleQueue`
mean something else in its modules, as long as a world lasts.
"""

from __future__ import annotations

import errno
import gc
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from queue import SimpleQueue
from types import ModuleType
from typing import TYPE_CHECKING

import scheduler as scheduling
from scheduler import Killed, Life, Scheduler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

EPOCH = datetime(2026, 3, 2, 9, 0, 3, 217000, tzinfo=timezone.utc)
"""When a world begins."""

PACKAGE = "dbt_intercom_activate"


class Machine:
    """A host.

    Args:
        ahead: Seconds that its clock is ahead of the true time.
    """

    def __init__(self, scheduler: Scheduler, name: str, ahead: float) -> None:
        self.scheduler = scheduler
        self.name = name
        self.ahead = ahead
        self.disk = Disk()
        self.processes: dict[int, Process] = {}

    def process(self, chance: Random, dies_at: int | None = None, dies_in_call: int | None = None) -> Process:
        """Begin a process.

        Args:
            chance: Decides how much of a line is written when it dies.
            dies_at: At which of its steps it dies.
            dies_in_call: In which of its calls, when Intercom has carried it out.
        """
        pid = 100 + len(self.processes)
        self.processes[pid] = made = Process(self, pid, chance, dies_at)
        made.calls_left = dies_in_call
        return made

    def wall_clock(self) -> float:
        """Unix seconds, as this machine has them."""
        return EPOCH.timestamp() + self.scheduler.read_clock() + self.ahead


class Process(Life):
    """One invocation of the product."""

    def __init__(self, machine: Machine, pid: int, chance: Random, dies_at: int | None) -> None:
        super().__init__(f"{machine.name}/{pid}")
        self.machine = machine
        self.pid = pid
        self.chance = chance
        self._steps_left = dies_at
        self.calls_left: int | None = None
        self.ended = False

    @property
    def target_path(self) -> DiskPath:
        """Where dbt's artifacts are, and the journals."""
        return DiskPath(self, "target")

    def step(self) -> None:
        """Something is about to happen that another process may see, or has just happened: death may come between."""
        if self.dead:
            raise Killed
        if self._steps_left is not None:
            self._steps_left -= 1
            if self._steps_left <= 0:
                self.machine.scheduler.kill(self)
                raise Killed

    def call(self) -> None:
        """Intercom has carried out a call, and the answer is not here yet."""
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left <= 0:
                self.machine.scheduler.kill(self)
        if self.dead:
            raise Killed

    def utc_now(self) -> datetime:
        """This moment in UTC without a zone, as its machine has it."""
        self.step()
        moment = EPOCH + timedelta(seconds=self.machine.scheduler.read_clock() + self.machine.ahead)
        return moment.replace(tzinfo=None)


class Disk:
    """The files of a machine."""

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}
        self.written = bytearray()
        """All that was ever written."""
        self.refuses = 0.0
        """How often a write fails, the disk being full."""


class DiskPath:
    """As much of `pathlib.Path` as journals use, in the eyes of one process."""

    def __init__(self, process: Process, path: str) -> None:
        self._process, self._path = process, path
        self._disk = process.machine.disk

    def __truediv__(self, name: str) -> DiskPath:
        return DiskPath(self._process, f"{self._path}/{name}")

    def __str__(self) -> str:
        return self._path

    def __lt__(self, other: DiskPath) -> bool:
        return self._path < other._path

    @property
    def parent(self) -> DiskPath:
        return DiskPath(self._process, self._path.rpartition("/")[0])

    @property
    def name(self) -> str:
        return self._path.rpartition("/")[2]

    def with_name(self, name: str) -> DiskPath:
        return self.parent / name

    def mkdir(self, *, parents: bool, exist_ok: bool) -> None:
        del parents, exist_ok

    def open(self, mode: str, *, buffering: int) -> OpenFile:
        assert (mode, buffering) == ("ab", 0), "a journal has to reach the kernel with each line"
        self._disk.files.setdefault(self._path, bytearray())
        return OpenFile(self._process, self._path)

    def read_bytes(self) -> bytes:
        return bytes(self._disk.files[self._path])

    def glob(self, pattern: str) -> list[DiskPath]:
        start, end = f"{self._path}/{pattern.partition('*')[0]}", pattern.partition("*")[2]
        names = [each for each in self._disk.files if each.startswith(start) and each.endswith(end)]
        return [DiskPath(self._process, each) for each in names]

    def unlink(self, *, missing_ok: bool = False) -> None:
        del missing_ok
        self._process.step()
        self._disk.files.pop(self._path, None)
        self._process.step()

    def rename(self, other: DiskPath) -> None:
        self._process.step()
        self._disk.files[other._path] = self._disk.files.pop(self._path)


class OpenFile:
    """A file that each write of reaches the kernel, whole or cut off."""

    def __init__(self, process: Process, path: str) -> None:
        self._process, self._path = process, path

    def write(self, line: bytes) -> int:
        process, disk = self._process, self._process.machine.disk
        process.machine.scheduler.pause()
        written = disk.files.setdefault(self._path, bytearray())
        if disk.refuses and process.chance.random() < disk.refuses:
            written += line[: int(process.chance.random() * len(line))]
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        try:
            process.step()
        except Killed:
            written += line[: int(process.chance.random() * (len(line) + 1))]
            raise
        written += line
        disk.written += line
        process.step()
        return len(line)

    def close(self) -> None:
        """Nothing: what was written is there."""


_scheduler: Scheduler | None = None


def here() -> Scheduler:
    """The scheduler of the world that is running."""
    assert _scheduler is not None
    return _scheduler


def _process() -> Process | None:
    life = here().current.life
    return life if isinstance(life, Process) else None


class _Time(ModuleType):
    """`time`."""

    CLOCK_BOOTTIME = 7

    @staticmethod
    def monotonic() -> float:
        """Stands still while the machine is suspended."""
        return _Time.clock_gettime(_Time.CLOCK_BOOTTIME) - here().current.life.slept

    @staticmethod
    def clock_gettime(clock: int) -> float:
        """Goes on while it is."""
        assert clock == _Time.CLOCK_BOOTTIME
        scheduler = here()
        life = scheduler.current.life
        if isinstance(life, Process):
            life.step()
        return scheduler.read_clock()

    @staticmethod
    def time() -> float:
        process = _process()
        assert process is not None
        return process.machine.wall_clock()

    @staticmethod
    def sleep(seconds: float) -> None:
        here().sleep(seconds)


class _Threading(ModuleType):
    """`threading`."""

    Lock = staticmethod(lambda: scheduling.Lock(here()))
    Condition = staticmethod(lambda: scheduling.Condition(here()))
    Event = staticmethod(lambda: scheduling.Event(here()))


class _Os(ModuleType):
    """`os`, as far as processes are concerned."""

    name = "posix"
    strerror = staticmethod(os.strerror)

    @staticmethod
    def getpid() -> int:
        process = _process()
        return process.pid if process is not None else 1

    @staticmethod
    def kill(pid: int, number: int) -> None:
        assert number == 0
        asking = _process()
        asked = asking.machine.processes.get(pid) if asking is not None else None
        if asked is None or asked.dead or asked.ended:
            raise ProcessLookupError


class _Socket(ModuleType):
    """`socket`, as far as the host's name is concerned."""

    @staticmethod
    def gethostname() -> str:
        process = _process()
        return process.machine.name if process is not None else "nowhere"


def _pool(size: int, **_: object) -> scheduling.Pool:
    return scheduling.Pool(here(), size)


def _queue() -> scheduling.Queue:
    return scheduling.Queue(here())


STAND_INS: tuple[tuple[object, object], ...] = (
    (time, _Time("time")),
    (threading, _Threading("threading")),
    (os, _Os("os")),
    (socket, _Socket("socket")),
    (ThreadPoolExecutor, _pool),
    (SimpleQueue, _queue),
)

ROOMS = ("binding", "clock", "delivery", "intercom", "ledger", "outcomes", "sync")
"""Of the product, what a world runs."""


def _names() -> list[tuple[ModuleType, str, object, object]]:
    """Where the product says the name of what has a stand-in."""
    found = []
    for name, module in sorted(sys.modules.items()):
        if not name.startswith(tuple(f"{PACKAGE}.{room}" for room in ROOMS)):
            continue
        for attribute, value in sorted(vars(module).items()):
            for real, stand_in in STAND_INS:
                if value is real:
                    found.append((module, attribute, real, stand_in))
    return found


_found: list[tuple[ModuleType, str, object, object]] = []


@contextmanager
def world_of(scheduler: Scheduler) -> Iterator[None]:
    """Let the product live by a scheduler."""
    global _scheduler, _found  # noqa: PLW0603 (the standard library is one for the process, and so is what stands in)
    if not _found:
        _found = _names()
        gc.freeze()  # dbt's modules, which no world leaves for garbage
    _scheduler = scheduler
    for module, attribute, _, stand_in in _found:
        setattr(module, attribute, stand_in)
    try:
        yield
    finally:
        for module, attribute, real, _ in _found:
            setattr(module, attribute, real)
        _scheduler = None
