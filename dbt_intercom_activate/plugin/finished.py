"""What happens at the end of a command of dbt, inside of it: its results are kept; the sync where it is asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from dbt.cli.exceptions import ExceptionExit

from dbt_intercom_activate.commands.activations import all_activations
from dbt_intercom_activate.configuration.activation import Judged
from dbt_intercom_activate.configuration.selection import METHOD, Selection
from dbt_intercom_activate.console import Level, Reporter
from dbt_intercom_activate.errors import ActivateError, Message
from dbt_intercom_activate.project import run_results as all_run_results
from dbt_intercom_activate.sync.run import sync
from dbt_intercom_activate.sync.session import SyncOptions
from dbt_intercom_activate.sync.signals import stopped_by_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt_intercom_activate.warehouse.running import RunningDbt

_COMPLETED = "CommandCompleted"
"""dbt's last event: its artifacts are written, its adapter is still there."""


def keep_results_when_finished(dbt: RunningDbt, keep: Callable[..., None], event: Any) -> None:
    """Take an event of dbt; at the last one, keep what the command said of models and tests.

    Args:
        dbt: The command.
        keep: Keeps them, and says why where it cannot.
        event: Its `command` is the one that was typed, such as `dbt retry`; of the flags only the retried one is left.
    """
    if event.info.name == _COMPLETED:
        keep(invocation_id=dbt.invocation_id, retried=event.data.command.split()[-1:] == ["retry"])


def sync_when_finished(dbt: RunningDbt, event: Any) -> None:
    """Take an event of dbt; sync at the last one.

    Raises:
        SystemExit: dbt succeeded and the sync did not; the code is the one that `sync` ends with.
    """
    if event.info.name != _COMPLETED:
        return
    code = _code_of(dbt)
    # Where dbt itself failed, it is about to say so; SystemExit would hide its result from programs that call it.
    if code and event.data.success:
        raise SystemExit(code)


def _code_of(dbt: RunningDbt) -> int:
    """Sync, and tell every failure in words: a traceback here would be taken for one of dbt's."""
    report = _reporter(dbt)
    try:
        return _sync(dbt, report)
    except ActivateError as error:
        print(error.at_the_start(), file=sys.stderr)  # noqa: T201
        return 2
    except Exception as error:  # noqa: BLE001 (its text may hold values of a record)
        report.error(
            Message(
                "bug",
                f"the sync ended unexpectedly ({type(error).__name__}): this is a bug. What was delivered is accounted "
                "for; `dbt-intercom-activate sync` goes on from there",
            )
        )
        return 1


def _sync(dbt: RunningDbt, report: Reporter) -> int:
    project = dbt.project
    results = all_run_results.read(project.target_path / all_run_results.FILE)
    # Left by a command before this one, or dbt ended by an exception or Ctrl-C: in `finally`, that is what is raised.
    if (
        results is None
        or results.invocation_id != dbt.invocation_id
        or isinstance(sys.exc_info()[1], ExceptionExit)
    ):
        report.warning(
            Message("dbt-unfinished", f"`dbt {dbt.command}` did not come to its end; nothing was synced")
        )
        return 0
    if dbt.judged is None:
        dbt.judged = Judged(dbt.invocation_id, all_activations(project))
    built = [each for each in dbt.judged.activations if each.node.unique_id in results.statuses]
    if not built:
        return 0
    selection = Selection(select=tuple(f"{METHOD}{each.name}" for each in built))
    options = SyncOptions(fail_fast=bool(dbt.option("FAIL_FAST")))
    with dbt.unlogged(), stopped_by_signals() as stop:
        result = sync(project, selection, options, report, stop, dbt)
    report.summary(result)
    return result.exit_code


def _reporter(dbt: RunningDbt) -> Reporter:
    level = str(dbt.option("LOG_LEVEL") or "info").upper()
    quiet = bool(dbt.option("QUIET"))
    known = Level[level] if level in Level.__members__ else Level.INFO
    colours = dbt.option("USE_COLORS")
    return Reporter(
        sys.stdout,
        as_json=dbt.option("LOG_FORMAT") == "json",
        level=max(known, Level.ERROR) if quiet else known,
        colours=colours is not False,
    )
