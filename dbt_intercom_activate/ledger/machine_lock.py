"""One run at a time on this machine: a lock of the operating system on a file under the target path.

The kernel frees the lock of a run that dies, so none is ever left behind.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.errors import AlreadyRunning, ArtifactError, Message
from dbt_intercom_activate.ledger.journal import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dbt_intercom_activate.project.location import DbtProject


@contextmanager
def one_run_on_this_machine(project: DbtProject) -> Iterator[None]:
    """Hold the lock of a project.

    Raises:
        AlreadyRunning: Another run holds it; its host, process and start are named.
        ArtifactError: The target path cannot be written.
    """
    folder = project.target_path / FOLDER
    holder = folder / "holder.json"
    lock = FileLock(folder / "lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
        _name_holder(holder)
    except Timeout:
        raise AlreadyRunning(
            Message(
                "another-run",
                f"another run of this project is alive: {_read_holder(holder)}, holds {lock.lock_file}. "
                "Wait for it, or end it; nothing was sent",
            )
        ) from None
    except OSError as error:
        lock.release()
        raise ArtifactError(
            Message("file-unwritable", f"{folder} cannot be written: {error.strerror}; nothing was sent")
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def another_run_on_this_machine(project: DbtProject) -> str | None:
    """The host, process and start of another process that holds the lock of a project; None where none does."""
    folder = project.target_path / FOLDER
    if not (folder / "holder.json").exists():
        return None
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None if _is_ours(folder / "holder.json") else _read_holder(folder / "holder.json")
    except OSError:
        return None  # of another user, or on a disk that only reads
    lock.release()
    return None


def _name_holder(path: Path) -> None:
    since = utc_now().isoformat(" ", "seconds")
    path.write_text(json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "since": since}))


def _is_ours(path: Path) -> bool:
    with suppress(OSError, ValueError, AttributeError):
        return bool(json.loads(path.read_text(encoding="utf-8")).get("pid") == os.getpid())
    return False


def _read_holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"host {holder['host']}, process {holder['pid']}, since {holder['since']} UTC"
    except (OSError, ValueError, KeyError, TypeError):
        return "one that has not yet said which"  # it is about to
