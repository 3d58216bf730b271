"""`validate`: the mistakes that are told when dbt parses, without dbt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import PROJECT_DIR, TARGET_PATH, read_reporter, reporting
from dbt_intercom_activate.commands.validate import Source, validate
from dbt_intercom_activate.errors import ConfigurationError
from dbt_intercom_activate.project.location import locate_project


@cli.command("validate")
@PROJECT_DIR
@TARGET_PATH
@click.option(
    "--from",
    "source",
    type=click.Choice([each.value for each in Source]),
    default=Source.AUTO.value,
    show_default=True,
    help="Read the project's files, or target/manifest.json; auto: the manifest where no file is newer than it.",
)
@reporting
def validate_command(project_dir: str | None, target_path: str | None, source: str, **options: Any) -> int:
    """Tell the mistakes in `meta`, without dbt and without a warehouse: for pre-commit, CI, and projects of dbt 2."""
    report, as_json = read_reporter(options)
    project = locate_project(
        project_dir=project_dir, target_path=target_path, cwd=Path.cwd(), home=Path.home()
    )
    found = validate(project, Source(source))
    for warning in found.warnings:
        report.warning(warning)
    if as_json:
        click.echo(json.dumps(found.as_document()))
    if found.mistakes:
        raise ConfigurationError(found.mistakes)
    count = len(found.activations)
    report.info(
        f"{count} activation{'' if count == 1 else 's'} in {found.read}: no mistakes",
        event="validate.finished",
    )
    return found.exit_code
