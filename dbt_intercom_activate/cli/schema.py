"""`schema`: the JSON schemas of the configuration, for editors."""

from __future__ import annotations

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.configuration.json_schema import SCHEMAS, as_text


@cli.command("schema")
@click.argument("name", type=click.Choice(list(SCHEMAS)))
def schema_command(name: str) -> int:
    """Print the JSON schema of a `meta.intercom` block, of intercom.yml, or of dbt's YAML files with such blocks."""
    click.echo(as_text(name), nl=False)
    return 0
