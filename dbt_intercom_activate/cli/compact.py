"""`compact`: drop superseded rows of the ledger."""

from __future__ import annotations

import json
from typing import Any

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import common_options, read_common


@cli.command("compact")
@common_options
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(min=0),
    default=90,
    show_default=True,
    help="Days that rows stay.",
)
@click.option("--payloads", is_flag=True, help="Drop payloads from the superseded rows that stay, too.")
def compact_command(days: int, *, payloads: bool, **options: Any) -> int:
    """Drop superseded rows of the ledger."""
    # Importing dbt takes seconds, and `--help` needs none of it.
    from dbt_intercom_activate.commands.compact import compact

    common = read_common(options)
    if common.selection:
        raise click.UsageError("`compact` works on the whole ledger; it takes no selection")
    done = compact(common.project, days, payloads=payloads)
    if common.as_json:
        click.echo(
            json.dumps({"rows_before": done.before, "rows_after": done.after, "rows_dropped": done.dropped})
        )
    common.report.info(
        f"Dropped {done.dropped:,} of {done.before:,} rows of the ledger, superseded and older than {days} days",
        event="ledger.compacted",
        rows_before=done.before,
        rows_after=done.after,
    )
    return 0
