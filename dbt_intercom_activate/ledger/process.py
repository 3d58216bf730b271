"""Which process this is, and whether another one that left a mark is gone.

The number of a process says little by itself: two containers may share the name of their host, and each counts its
processes from 1.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process, as others may see it."""

    host: str
    pid: int
    space: str | None
    """Where the number is its own: see `space_here`. None where it is not known."""

    @classmethod
    def current(cls) -> Process:
        """This process."""
        return cls(socket.gethostname(), os.getpid(), space_here())

    def is_surely_gone(self) -> bool:
        """Whether the process would be seen from here, and is not there; False in doubt."""
        here = Process.current()
        return (self.host, self.space) == (here.host, here.space) and not _exists(self.pid)

    def __str__(self) -> str:
        return f"host {self.host}, process {self.pid}"


def space_here() -> str:
    """What names the set of processes that this one sees: on Linux the boot of the kernel and the namespace of numbers.

    The kernel makes `boot_id` anew at each boot, and processes whose links in `/proc/PID/ns` have the same inode are in
    one namespace: https://man7.org/linux/man-pages/man4/random.4.html,
    https://man7.org/linux/man-pages/man7/namespaces.7.html
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        # Elsewhere a host has one set of processes. A machine without a network address gets a random one here in each
        # process, so that it trusts nobody's number but its own.
        return f"{uuid.getnode():012x}"


def _exists(pid: int) -> bool:
    if os.name != "posix":
        return True  # on Windows `os.kill` would end it: https://docs.python.org/3/library/os.html#os.kill
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it is another user's, and alive
    return True
