"""`check`: whether a sync could run, in the manner of `dbt debug`."""

from __future__ import annotations

import json
from typing import Any

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import common_options, read_common


@cli.command("check")
@common_options
def check_command(**options: Any) -> int:
    """Check configuration, warehouse, token, scopes and fields; makes and changes nothing."""
    common = read_common(options)
    # Importing dbt takes seconds, and `--help` needs none of it.
    from dbt_intercom_activate.commands.check import as_document, check, exit_code

    findings = check(common.project, common.selection, common.report)
    if common.as_json:
        click.echo(json.dumps(as_document(findings)))
    return exit_code(findings)
