"""`forget`: let go what an activation that left the project has delivered."""

from __future__ import annotations

import json
from typing import Any

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import common_options, read_common


@cli.command("forget")
@click.argument("activation")
@common_options
def forget_command(activation: str, **options: Any) -> int:
    """Let go what an activation that is no longer in the project has delivered."""
    # Importing dbt takes seconds, and `--help` needs none of it.
    from dbt_intercom_activate.commands.forget import forget

    common = read_common(options)
    if common.selection:
        raise click.UsageError("`forget` takes the name of one activation, and no selection")
    count = forget(common.project, activation)
    if common.as_json:
        click.echo(json.dumps({"activation": activation, "records": count}))
    common.report.info(
        f"Let go {count:,} record{'s' if count != 1 else ''} of {activation}; they stay in Intercom as they are",
        event="activation.forgotten",
        activation=activation,
        records=count,
    )
    return 0
