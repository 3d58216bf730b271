"""The commands that work on a project; each translates its options, calls once, and returns an exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dbt_intercom_activate import __version__
from dbt_intercom_activate.cli.apply import forget
from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import (
    ALLOW_WRITES,
    FAIL_FAST,
    MAX_TIME,
    NEW_LEDGER,
    NO_LEDGER_KEPT,
    common_options,
    read_common,
)
from dbt_intercom_activate.ledger.changes import RecordScope
from dbt_intercom_activate.sync.session import SyncOptions
from dbt_intercom_activate.sync.signals import stopped_by_signals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.cli.options import CommonOptions
    from dbt_intercom_activate.configuration.activation import Judged


def _sync_options(command: Any) -> Any:
    for option in (
        MAX_TIME,
        FAIL_FAST,
        click.option("--reconcile", is_flag=True, help="Compare Intercom's counts with the ledger's."),
        click.option("--no-gate", is_flag=True, help="Sync whatever dbt's results say."),
        click.option("--allow-removals", is_flag=True, help="Carry out removals that are held."),
        ALLOW_WRITES,
        click.option(
            "--where", metavar="SQL", help="Only the rows of the relation that meet this condition."
        ),
        click.option(
            "--limit", type=click.IntRange(min=0), help="Attempt at most so many records an activation."
        ),
    ):
        command = option(command)
    return command


@cli.command("sync")
@common_options
@_sync_options
@click.option("--resend", is_flag=True, help="Send everything again, unchanged records too.")
@NO_LEDGER_KEPT
@NEW_LEDGER
def sync_command(resend: bool, **options: Any) -> int:  # noqa: FBT001
    """Sync the activations of an existing target/manifest.json."""
    common = read_common(options)
    return run_sync(common, RecordScope(where=options["where"], resend=resend), options)


@cli.command("retry")
@common_options
@_sync_options
@click.option(
    "--maybe-delivered", is_flag=True, help="Also what may have been delivered, at the risk of twice."
)
def retry_command(maybe_delivered: bool, **options: Any) -> int:  # noqa: FBT001
    """Sync the records whose last outcome failed."""
    common = read_common(options)
    scope = RecordScope(where=options["where"], only_failed=True, maybe_delivered=maybe_delivered)
    return run_sync(common, scope, options)


def run_sync(
    common: CommonOptions, scope: RecordScope, options: Mapping[str, Any], judged: Judged | None = None
) -> int:
    """Sync, print the result, and return the exit code.

    Args:
        judged: What was read of `meta` in this command already.
    """
    from dbt_intercom_activate.sync.run import sync
    from dbt_intercom_activate.warehouse.access import FromOutside

    common.report.info(f"Running dbt-intercom-activate {__version__}", event="command.started")
    sync_options = SyncOptions(
        scope=scope,
        limit=options.get("limit"),
        gate=not options["no_gate"],
        ledger_kept=not options.get("no_ledger_kept", False),
        new_ledger=options.get("new_ledger", False),
        allow_removals=options["allow_removals"],
        allow_writes=options["allow_writes"],
        reconcile=options.get("reconcile", False),
        fail_fast=options["fail_fast"],
        max_time=options.get("max_time"),
    )
    with stopped_by_signals() as stop:
        dbt = FromOutside(judged)
        result = sync(common.project, common.selection, sync_options, common.report, stop, dbt)
    if common.as_json:
        click.echo(json.dumps(result.as_json()))
    common.report.summary(result)
    return result.exit_code


@cli.command("plan")
@common_options
@click.option("--no-gate", is_flag=True, help="Count whatever dbt's results say.")
@click.option("--where", metavar="SQL", help="Only the rows of the relation that meet this condition.")
@click.option("--against-intercom", is_flag=True, help="Look the records up in Intercom too.")
@click.option("--allow-removals", is_flag=True, help="Count what `sync --allow-removals` would find.")
@click.option("--allow-writes", is_flag=True, help="Count what `sync --allow-writes` would find.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 where there are changes.")
@click.option("--out", type=click.Path(path_type=Path), help="Keep the plan in this file, for `apply`.")
@click.option("--forget", "forgets", is_flag=True, help="Plan nothing, and drop what plans have kept.")
def plan_command(*, no_gate: bool, where: str | None, against_intercom: bool, **options: Any) -> int:
    """Count what `sync` would find; creates nothing anywhere, but for what --out keeps."""
    from dbt_intercom_activate.commands.plan import as_document, exit_code, plan, show

    common = read_common(options)
    if options["forgets"]:
        return forget(common)
    if options["out"] and where is not None:
        raise click.UsageError(
            "--out keeps whole activations: write `where` in `meta`, or choose with --select"
        )
    planned = plan(
        common.project,
        common.selection,
        RecordScope(where=where),
        common.report,
        gated=not no_gate,
        against_intercom=against_intercom,
        allow_removals=options["allow_removals"],
        allow_writes=options["allow_writes"],
        out=options["out"],
    )
    if common.as_json:
        click.echo(json.dumps(as_document(planned)))
    else:
        show(planned, common.report)
    return exit_code(planned, detailed=options["detailed_exitcode"])


@cli.command("ls")
@common_options
def ls_command(**options: Any) -> int:
    """List the activations, one a line."""
    from dbt_intercom_activate.commands.activations import describe, list_activations

    common = read_common(options)
    activations = list_activations(common.project, common.selection, common.report.warning)
    if common.as_json:
        click.echo(json.dumps({"results": [describe(each) for each in activations]}))
        return 0
    for activation in activations:
        facts = describe(activation)
        by = f" by {facts['identifier']}" if facts["identifier"] else ""
        off = "" if activation.enabled else " (disabled)"
        click.echo(
            f"{facts['activation']}: {facts['behaviour']} {facts['object']}{by} from {facts['unique_id']}{off}"
        )
    return 0
