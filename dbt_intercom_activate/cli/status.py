"""`status`: what the ledger says of the past."""

from __future__ import annotations

import json
from typing import Any

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import common_options, read_common


@cli.command("status")
@common_options
@click.option("--failures", is_flag=True, help="List the records whose last outcome failed, with their keys.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Records to list.")
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    is_flag=False,
    flag_value=10,
    metavar="[N]",
    help="List the newest runs of each activation, 10 where no number is given.",
)
@click.option("--all", "former", is_flag=True, help="Also activations that are no longer in the project.")
def status_command(*, failures: bool, limit: int, runs: int | None, former: bool, **options: Any) -> int:
    """Show the newest result of each activation, and the newest attempt where that came to nothing."""
    common = read_common(options)
    # Importing dbt takes seconds, and `--help` needs none of it.
    from dbt_intercom_activate.commands.status import (
        as_lines,
        earlier_runs,
        failed_records,
        newest_results,
    )

    if failures and runs:
        raise click.UsageError("`--failures` and `--runs` are two questions; ask one")
    if runs:
        found = earlier_runs(common.project, common.selection, runs, former=former)
    elif failures:
        found = failed_records(common.project, common.selection, limit, former=former)
    else:
        found = newest_results(common.project, common.selection, former=former)
    if found.standing.grows:
        common.report.info(str(found.standing), event="ledger.outdated")
    if common.as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        click.echo("\n".join(as_lines(found, failures=failures)))
    return 0
