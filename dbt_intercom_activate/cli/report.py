"""`report`: one HTML file about activations, runs and failures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import common_options, read_common
from dbt_intercom_activate.documents import document


@cli.command("report")
@common_options
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it, instead of intercom_activate.html below the target path.",
)
@click.option("--keys", is_flag=True, help="Also the keys of failed records.")
@click.option("--all", "former", is_flag=True, help="Also activations that are no longer in the project.")
def report_command(*, out: Path | None, keys: bool, former: bool, **options: Any) -> int:
    """Write one HTML file about activations, runs and failures, from the ledger and the configuration."""
    common = read_common(options)
    # Importing dbt takes seconds, and `--help` needs none of it.
    from dbt_intercom_activate.commands.report import FILE, read_facts, write
    from dbt_intercom_activate.report.page import render

    facts = read_facts(common.project, common.selection, former=former, with_keys=keys)
    path = Path.cwd() / out if out else common.project.target_path / FILE
    write(path, render(facts))
    if common.as_json:
        click.echo(json.dumps(document(facts.generated_at, {"file": str(path)})))
    else:
        common.report.info(f"Wrote {path}", event="report.written", file=str(path))
    return 0
