"""`history`: what Intercom was told of a record."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import project_options, read_project, read_reporter, reporting
from dbt_intercom_activate.clock import in_utc


def _moment(_: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    """A moment as ISO 8601 has it; without a zone it is UTC, as in the ledger."""
    if value is None:
        return None
    try:
        # Python 3.10 knows no `Z`.
        return in_utc(datetime.fromisoformat(f"{value[:-1]}+00:00" if value[-1:] in ("Z", "z") else value))
    except (ValueError, OverflowError):
        raise click.BadParameter(
            "expected a moment such as 2026-01-31, 2026-01-31T09:30 or 2026-01-31T09:30:00Z", param=parameter
        ) from None


@cli.command("history")
@click.argument("key")
@project_options
@click.option("--activation", metavar="NAME", help="Only what this activation told.")
@click.option("--as-of", metavar="TIME", callback=_moment, help="Nothing later; UTC where no zone is given.")
@reporting
def history_command(key: str, activation: str | None, as_of: datetime | None, **options: Any) -> int:
    """Show what Intercom was told of the record with this key or identifier, the newest first."""
    report, as_json = read_reporter(options)
    # Importing dbt takes seconds, and `--help` needs none of it.
    from dbt_intercom_activate.commands.history import as_document, as_lines, history

    told, standing = history(read_project(options), key, activation, as_of)
    if standing.grows:
        report.info(str(standing), event="ledger.outdated")
    click.echo(json.dumps(as_document(told)) if as_json else "\n".join(as_lines(told, key)))
    return 0
