"""`init`: start a project."""

from __future__ import annotations

from pathlib import Path

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import PROJECT_DIR, REGION
from dbt_intercom_activate.commands.init import EXAMPLE, NEXT_STEPS, start, write_new
from dbt_intercom_activate.project.location import locate_project


@cli.command("init")
@PROJECT_DIR
@REGION
@click.option(
    "--example", type=click.Path(path_type=Path), help="Write an example of an activation to this file only."
)
def init_command(project_dir: str | None, region: str, example: Path | None) -> int:
    """Write intercom.yml into a dbt project, and show an example of an activation; never overwrites."""
    project = locate_project(project_dir=project_dir, cwd=Path.cwd(), home=Path.home())
    if example is not None:
        write_new(example, EXAMPLE)
        click.echo(f"Wrote {example}")
        return 0
    click.echo(f"Wrote {start(project.project_dir, region)}\n\n{EXAMPLE}\n{NEXT_STEPS}")
    return 0
