"""dbt as a process of its own, whatever its version and wherever it is installed."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.configuration.plugin_settings import SYNC_AFTER_VARIABLE
from dbt_intercom_activate.errors import ArtifactError, CannotRun, Message
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.project import run_results as all_run_results

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbt_intercom_activate.project.location import DbtProject

COMMAND_VARIABLE = "DBT_INTERCOM_DBT"
"""Names the command where `--dbt` does not."""

_ASKING_TAKES_AT_MOST = 60
"""Seconds; a dbt that was never run before on a slow disk needs some."""


@dataclass(frozen=True, slots=True)
class DbtProcess:
    """How dbt ended, and whether it left something to sync."""

    code: int
    """dbt's own exit code."""
    built: bool
    """Whether run_results.json is of this command."""
    ended_by: str | None = None
    """The signal that ended it, or that we were told to end by."""


def run_dbt(
    command: str, arguments: Sequence[str], project: DbtProject, environment: Mapping[str, str]
) -> DbtProcess:
    """Run a dbt command with dbt's own output, and wait for its end.

    Args:
        command: What is typed for `dbt`: `dbt`, `/opt/dbt2/bin/dbt`, `uv run dbt`.
        arguments: What is typed after it.
        project: Where its results are looked for.
        environment: What the process gets, but for what would make its dbt sync too.

    Raises:
        CannotRun: There is no such command.
    """
    own = {**environment, SYNC_AFTER_VARIABLE: ""}
    own.pop(COMMAND_VARIABLE, None)  # a command of ours would call itself for ever
    before = _invocation(project)
    try:
        words = [*_words(command), *arguments]
        with _ending() as ending, subprocess.Popen(words, env=own) as process:  # noqa: S603 (it is the user's own)
            ending.passes_on_to(process)
            ended = ending.signals
            code = _wait(process, ended)
    except OSError as error:
        raise CannotRun(
            Message("dbt-command-fails", f"--dbt: {command!r} cannot be run: {error.strerror}")
        ) from None
    if code < 0:
        ended.append(signal.Signals(-code).name)
    after = _invocation(project)
    return DbtProcess(code, after is not None and after != before, ended[0] if ended else None)


def dbt_two_of(project: DbtProject) -> tuple[str | None, Message | None]:
    """The dbt 2 that is to build a project whose manifest dbt 2 wrote, and what is to be said of it.

    Returns:
        The path of `dbt` on the PATH where it is dbt 2; None where it is not, and where dbt 2 has no part in this.
    """
    try:
        written_by = manifests.read(project.target_path / "manifest.json").dbt_version
    except ArtifactError:
        return None, None
    if not written_by.startswith("2."):
        return None, None
    found = shutil.which("dbt")
    version = version_of(found) if found else None
    if version is not None and version.startswith("2."):
        return found, Message(
            "dbt-2-builds",
            f"manifest.json was written by dbt {written_by}: {found} is dbt {version}, and builds",
        )
    there = f"{found} is dbt {version}" if version else "there is no dbt on the PATH that tells its version"
    return None, Message(
        "dbt-1-builds",
        f"manifest.json was written by dbt {written_by}, and {there}: the dbt-core 1.x of this environment builds. "
        "`--dbt COMMAND` names another",
    )


def version_of(command: str) -> str | None:
    """The version that a dbt command tells of itself; None where it tells none."""
    try:
        told = subprocess.run(  # noqa: S603 (it is the user's own)
            [*_words(command), "--version"],
            capture_output=True,
            text=True,
            timeout=_ASKING_TAKES_AT_MOST,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    # dbt 1.x: "Core:\n  - installed: 1.11.16\n  - latest: …"; dbt 2: "dbt-core 2.0.0-alpha.1".
    found = re.search(r"\b\d+\.\d+\.\d+\S*", told.stdout)
    return found[0] if found else None


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise CannotRun(Message("dbt-command-empty", f"--dbt: expected a command, found {command!r}"))
    return words


def _invocation(project: DbtProject) -> str | None:
    """Of which invocation of dbt run_results.json is; None where there is none that can be read."""
    try:
        results = all_run_results.read(project.target_path / all_run_results.FILE)
    except ArtifactError:
        return None
    return results.invocation_id if results else None


class _Ending:
    """Passes the signals that would end us on to dbt, those too that come before it runs."""

    def __init__(self) -> None:
        self.signals: list[str] = []
        """The names of those that came."""
        self._process: subprocess.Popen[Any] | None = None

    def passes_on_to(self, process: subprocess.Popen[Any]) -> None:
        """dbt runs now."""
        self._process = process
        for name in self.signals:
            process.send_signal(signal.Signals[name])

    def __call__(self, received: int, _: object) -> None:
        self.signals.append(signal.Signals(received).name)
        if self._process is not None:
            self._process.send_signal(received)


@contextmanager
def _ending() -> Iterator[_Ending]:
    """While this lasts, whoever ends us ends dbt, which then cleans up and tells so."""
    ending = _Ending()
    if threading.current_thread() is not threading.main_thread():
        yield ending
        return
    before = signal.signal(signal.SIGTERM, ending)
    try:
        yield ending
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait(process: subprocess.Popen[Any], ended: list[str]) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # A terminal gives Ctrl-C to dbt too, which needs a moment to cancel its queries.
            ended.append(signal.SIGINT.name)
