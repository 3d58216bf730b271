"""What `plan` prints: text, one JSON document, or Markdown for a comment on a pull request.

Keys and values of records are shown here because they were asked for: on standard output, and by no `Reporter`, whose
lines are logs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from dbt_intercom_activate.cli.options import shared_with_dbt

if TYPE_CHECKING:
    from dbt_intercom_activate.cli.options import F
    from dbt_intercom_activate.commands.plan import Planned
    from dbt_intercom_activate.console import Reporter

RECORDS = click.option(
    "--records",
    type=click.IntRange(min=1),
    is_flag=False,
    flag_value=20,
    metavar="[N]",
    help="List records by their keys, 20 of each activation where no number is given, with the fields to be sent.",
)

VALUES = click.option("--values", is_flag=True, help="Show the values of the listed records too.")

_OUTPUT = click.option(
    "--output",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="json, markdown: one document on standard output, logs on standard error.",
)


@dataclass(frozen=True, slots=True)
class PlanOutput:
    """What a plan is to print, and in which form."""

    form: str
    records: int
    """How many records of each activation; 0 for none."""
    values: bool


def plan_options(command: F) -> F:
    """Add the options that every command on a project has, with one form of output more."""
    return shared_with_dbt(_OUTPUT(command))


def read_plan_output(options: dict[str, Any]) -> PlanOutput:
    """Take the options of what is printed out of the command's parameters.

    Raises:
        click.UsageError: Values are asked for, and no records.
    """
    form, records, values = options["output"], options.pop("records"), options.pop("values")
    if values and not records:
        raise click.UsageError("`--values` shows the values of listed records; add `--records`")
    if form != "text":
        options["output"] = "json"  # standard output is for the document alone
    return PlanOutput(form, records or 0, values)


def write_plan(planned: list[Planned], shape: PlanOutput, report: Reporter) -> None:
    """Print a plan."""
    from dbt_intercom_activate.commands.plan import as_document, show
    from dbt_intercom_activate.commands.plan_markdown import as_markdown
    from dbt_intercom_activate.commands.plan_text import record_lines

    if shape.form == "json":
        click.echo(json.dumps(as_document(planned, values=shape.values)))
    elif shape.form == "markdown":
        click.echo(as_markdown(planned, values=shape.values))
    else:
        show(planned, report)
        for line in record_lines(planned, values=shape.values):
            click.echo(line)
