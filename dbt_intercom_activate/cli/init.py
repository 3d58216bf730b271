"""`init`: start a project, or an activation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import REGION, project_options, read_project
from dbt_intercom_activate.commands.init import EXAMPLE, NEXT_STEPS, start, write_new


@cli.command("init")
@project_options
@REGION
@click.option(
    "--example", type=click.Path(path_type=Path), help="Write an example of an activation to this file only."
)
@click.option("--from", "model", metavar="MODEL", help="Suggest an activation for a built model.")
@click.option(
    "--write", is_flag=True, help="With --from: put it into the YAML file that describes the model."
)
def init_command(*, region: str, example: Path | None, model: str | None, write: bool, **options: Any) -> int:
    """Write intercom.yml into a dbt project, and show an example of an activation; never overwrites."""
    project = read_project(options)
    if write and model is None:
        raise click.UsageError("`--write` goes with `--from MODEL`")
    if model is not None:
        # Importing dbt takes seconds, and the rest needs none of it.
        from dbt_intercom_activate.commands import suggestion as suggestions

        suggestion = suggestions.suggest(project, model)
        if not write:
            click.echo(suggestion.as_yaml(), nl=False)
            return 0
        click.echo(f"Wrote the activation into {suggestions.write(project, suggestion)}")
        for each in suggestion.left_out:
            click.echo(f"Left out {each}")
        return 0
    if example is not None:
        write_new(example, EXAMPLE)
        click.echo(f"Wrote {example}")
        return 0
    click.echo(f"Wrote {start(project.project_dir, region)}\n\n{EXAMPLE}\n{NEXT_STEPS}")
    return 0
