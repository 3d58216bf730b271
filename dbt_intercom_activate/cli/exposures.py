"""`exposures`: the activations as exposures of dbt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import project_options, read_project, read_reporter, reporting
from dbt_intercom_activate.errors import Message


@cli.command("exposures")
@project_options
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; by default intercom_exposures.yml in the folder of the models.",
)
@click.option(
    "--owner",
    help="The name or the email of who owns them; an owner that you wrote there stays without this.",
)
@click.option("--check", is_flag=True, help="Write nothing, and exit with 1 where the file is behind.")
@reporting
def exposures_command(file: Path | None, owner: str | None, *, check: bool, **options: Any) -> int:
    """Write the activations as exposures of dbt, so that its docs and lineage end in Intercom."""
    report, as_json = read_reporter(options)
    # Importing dbt takes seconds, and `--help` needs none of it.
    from dbt_intercom_activate.commands.exposures import exposures

    done = exposures(read_project(options), file, owner, check=check)
    if as_json:
        click.echo(json.dumps(done.as_json(check=check)))
    if not done.behind:
        report.info(
            f"{done.file}: {done.total} of {done.total} exposures are up to date", event="exposures.finished"
        )
    elif check:
        report.error(
            Message(
                "exposures-behind",
                f"{done.file} is behind: {done}. Run `dbt-intercom-activate exposures`, and commit it",
            )
        )
        return 1
    else:
        report.info(f"Wrote {done.file}: {done}", event="exposures.finished")
    return 0
