"""`apply`: send exactly what `plan --out` kept."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dbt_intercom_activate import __version__
from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import FAIL_FAST, MAX_TIME, common_options, read_common
from dbt_intercom_activate.sync.session import SyncOptions
from dbt_intercom_activate.sync.signals import stopped_by_signals

if TYPE_CHECKING:
    from dbt_intercom_activate.cli.options import CommonOptions

_AGE = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def _age(_: click.Context, __: click.Parameter, value: str) -> timedelta:
    """Read a number of minutes, hours or days."""
    found = _AGE.fullmatch(value)
    if found is None:
        raise click.BadParameter("expected a number of minutes, hours or days, such as 90m, 24h or 7d")
    return int(found[1]) * _UNITS[found[2]]


@cli.command("apply")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@common_options
@click.option(
    "--max-age",
    metavar="AGE",
    callback=_age,
    default="24h",
    show_default=True,
    help="How old the plan may be: 90m, 24h, 7d.",
)
@click.option("--stale-data", is_flag=True, help="Send what was planned though the models changed since.")
@click.option("--no-gate", is_flag=True, help="Apply whatever dbt's results say.")
@FAIL_FAST
@MAX_TIME
def apply_command(file: Path, **options: Any) -> int:
    """Send exactly what a kept plan holds, or refuse."""
    # Importing dbt takes seconds, and `--help` needs none of it.
    from dbt_intercom_activate.commands.apply import AppliedPlan, apply
    from dbt_intercom_activate.sync.applying import Allowance

    common = read_common(options)
    if common.selection:
        raise click.UsageError("`apply` sends what the plan has; it takes no selection")
    common.report.info(f"Running dbt-intercom-activate {__version__}", event="command.started")
    sync_options = SyncOptions(
        gate=not options["no_gate"], fail_fast=options["fail_fast"], max_time=options["max_time"]
    )
    applied = AppliedPlan(file, Allowance(options["max_age"], options["stale_data"]))
    with stopped_by_signals() as stop:
        result = apply(common.project, applied, sync_options, common.report, stop)
    if common.as_json:
        click.echo(json.dumps(result.as_json()))
    common.report.summary(result)
    return result.exit_code


def forget(common: CommonOptions) -> int:
    """`plan --forget`."""
    from dbt_intercom_activate.commands.apply import forget_plans

    if common.selection:
        raise click.UsageError("`plan --forget` drops what every plan kept; it takes no selection")
    count = forget_plans(common.project)
    if common.as_json:
        click.echo(json.dumps({"plans": count}))
    common.report.info(
        f"Dropped what {count} plan{'s' if count != 1 else ''} kept", event="plans.dropped", plans=count
    )
    return 0
