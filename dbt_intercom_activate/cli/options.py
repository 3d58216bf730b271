"""Options with dbt's names, habits and environment variables.

https://docs.getdbt.com/reference/global-configs/about-global-configs
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import yaml

from dbt_intercom_activate.configuration.base_url import DEFAULT_REGION, REGIONS
from dbt_intercom_activate.configuration.selection import Selection
from dbt_intercom_activate.console import Level, Reporter
from dbt_intercom_activate.project.location import DbtProject, locate_project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

F = TypeVar("F", bound="Callable[..., Any]")

MULTIPLE = frozenset({"--select", "-s", "--models", "-m", "--model", "--exclude"})
"""Options that take all words up to the next option, as in `--select a b`."""


def _variables(name: str) -> list[str]:
    """The environment variables of an option, in dbt's new and old spelling."""
    return [f"DBT_ENGINE_{name}", f"DBT_{name}"]


PROJECT_DIR = click.option(
    "--project-dir", envvar=_variables("PROJECT_DIR"), help="Where dbt_project.yml is."
)

TARGET_PATH = click.option(
    "--target-path", envvar=_variables("TARGET_PATH"), help="Where dbt's artifacts are."
)

REGION = click.option(
    "--region",
    type=click.Choice(list(REGIONS)),
    default=DEFAULT_REGION,
    show_default=True,
    help="Where Intercom hosts the workspace.",
)

ALLOW_WRITES = click.option(
    "--allow-writes", is_flag=True, help="Send what max_inserted or max_updated holds."
)

FAIL_FAST = click.option(
    "--fail-fast",
    "-x",
    is_flag=True,
    envvar=_variables("FAIL_FAST"),
    help="End after the first activation that is not well.",
)

MAX_TIME = click.option(
    "--max-time", type=click.FloatRange(min=0), help="Seconds after which the run ends as deferred."
)

NO_LEDGER_KEPT = click.option(
    "--no-ledger-kept",
    is_flag=True,
    help="Sync although the database is in memory and the ledger is gone with it.",
)

NEW_LEDGER = click.option(
    "--new-ledger",
    is_flag=True,
    help="Begin a new ledger where this project had one: everything is sent again.",
)

_PROJECT = (
    PROJECT_DIR,
    click.option("--profiles-dir", envvar=_variables("PROFILES_DIR"), help="Where profiles.yml is."),
    click.option("--profile", envvar=_variables("PROFILE"), help="The profile, instead of the project's."),
    click.option("--target", "-t", envvar=_variables("TARGET"), help="The output of the profile."),
    TARGET_PATH,
    click.option("--vars", "variables", envvar=_variables("VARS"), help="Variables of the project, as YAML."),
)

_SELECTION = (
    click.option(
        "--select",
        "-s",
        "--models",
        "--model",
        "-m",
        multiple=True,
        help="dbt's grammar, and activation:NAME.",
    ),
    click.option("--exclude", multiple=True, help="dbt's grammar, and activation:NAME."),
    click.option("--selector", help="A selector of selectors.yml."),
    click.option("--state", envvar=_variables("STATE"), help="Where the artifacts for `state:` are."),
)

_REPORT = (
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        envvar=_variables("LOG_FORMAT"),
        help="json: one document a line.",
    ),
    click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warn", "error", "none"]),
        default="info",
        envvar=_variables("LOG_LEVEL"),
        help="What is below it is not written.",
    ),
    click.option("--quiet", "-q", is_flag=True, envvar=_variables("QUIET"), help="Only errors."),
    click.option(
        "--use-colors/--no-use-colors",
        default=True,
        envvar=_variables("USE_COLORS"),
        help="Colours, where the output is a terminal.",
    ),
)

_OUTPUT = click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    help="json: one document on standard output, logs on standard error.",
)


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """What every command that works on a project shares."""

    project: DbtProject
    selection: Selection
    report: Reporter
    as_json: bool


def common_options(command: F) -> F:
    """Add the options of `CommonOptions` to a command."""
    for option in (_OUTPUT, *reversed(_REPORT), *reversed(_SELECTION), *reversed(_PROJECT)):
        command = option(command)
    return command


def reporting(command: F) -> F:
    """Add the options of what is written to a command that shares no more."""
    for option in (_OUTPUT, *reversed(_REPORT)):
        command = option(command)
    return command


def project_options(command: F) -> F:
    """Add the options that say which project and which target are meant."""
    for option in reversed(_PROJECT):
        command = option(command)
    return command


def read_project(options: dict[str, Any]) -> DbtProject:
    """Take the options of `project_options` out of a command's parameters.

    Raises:
        ArtifactError: There is no dbt project.
        click.BadParameter: --vars is no YAML mapping.
    """
    return _project(options)


def shared_with_dbt(command: F) -> F:
    """Add the options that `build` and `run` share with the dbt command."""
    for option in (*reversed(_REPORT), *reversed(_SELECTION), *reversed(_PROJECT)):
        command = option(command)
    return command


def read_common(options: dict[str, Any]) -> CommonOptions:
    """Take the options of `CommonOptions` out of a command's parameters.

    Raises:
        ArtifactError: There is no dbt project.
        click.BadParameter: --vars is no YAML mapping.
    """
    report, as_json = read_reporter(options)
    selection = Selection(
        select=tuple(options.pop("select")),
        exclude=tuple(options.pop("exclude")),
        selector=options.pop("selector"),
        state=options.pop("state"),
    )
    return CommonOptions(_project(options), selection, report, as_json)


def read_reporter(options: dict[str, Any]) -> tuple[Reporter, bool]:
    """Take the options of `reporting` out of a command's parameters; also whether standard output is for JSON."""
    as_json = options.pop("output", "text") == "json"
    level = Level[options.pop("log_level").upper()]
    report = Reporter(
        sys.stderr if as_json else sys.stdout,
        as_json=options.pop("log_format") == "json",
        level=max(level, Level.ERROR) if options.pop("quiet") else level,
        colours=options.pop("use_colors"),
    )
    return report, as_json


def _project(options: dict[str, Any]) -> DbtProject:
    variables = options.pop("variables")
    _check_variables(variables)
    return locate_project(
        project_dir=options.pop("project_dir"),
        profiles_dir=options.pop("profiles_dir"),
        profile=options.pop("profile"),
        target=options.pop("target"),
        target_path=options.pop("target_path"),
        variables=variables,
        cwd=Path.cwd(),
        home=Path.home(),
    )


def _check_variables(variables: str | None) -> None:
    try:
        parsed = yaml.safe_load(variables) if variables else {}
    except yaml.YAMLError:
        parsed = None
    if not isinstance(parsed, dict):
        raise click.BadParameter("expected a YAML mapping, such as '{day: monday}'", param_hint="--vars")


def spread_multiples(arguments: Sequence[str]) -> list[str]:
    """Turn `--select a b` into `--select a --select b`, as dbt reads it."""
    spread: list[str] = []
    option: str | None = None
    for argument in arguments:
        if argument in MULTIPLE:
            option = argument
        elif option is not None and not argument.startswith("-"):
            spread += [option, argument]
        else:
            option = None
            spread.append(argument)
    return spread
