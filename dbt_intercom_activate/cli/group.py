"""The command group, and how errors become exit codes.

0: all is well. 1: it ran, and something failed, was blocked, held or deferred. 2: it could not run.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

import click

from dbt_intercom_activate import __version__
from dbt_intercom_activate.cli.options import spread_multiples
from dbt_intercom_activate.errors import ActivateError, Message, with_code


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dbt-intercom-activate")
def cli() -> None:
    """Make an Intercom workspace agree with your dbt models."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line; returns its exit code."""
    try:
        code = cli.main(spread_multiples(arguments), prog_name="dbt-intercom-activate", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        return 1
    except ActivateError as error:
        click.echo(error.at_the_start(), err=True)
        return 2
    except ImportError as error:
        click.echo(with_code(_missing_dbt() if _is_of_dbt(error) else _unexpected(error)), err=True)
        return 2
    except Exception as error:  # noqa: BLE001 (its text, and that of its causes, may hold values of a record)
        click.echo(with_code(_unexpected(error)), err=True)
        return 1
    return code if isinstance(code, int) else 0


def _is_of_dbt(error: ImportError) -> bool:
    return (error.name or "").partition(".")[0] in ("dbt", "dbt_common")


def _missing_dbt() -> str:
    return Message(
        "dbt-missing",
        f"This command needs dbt-core 1.8 or newer, below 2, in this Python environment ({sys.prefix}), and found "
        f"{_dbt_here()}. Install this package as a tool of its own, with the adapter of your warehouse, such as "
        "`uv tool install 'dbt-intercom-activate[snowflake]'`: its environment has dbt-core 1.x, and the command "
        "`dbt` stays what it is. `sync` reads what any dbt left in target/. Nothing was sent",
    )


def _dbt_here() -> str:
    """What there is of dbt in this environment; dbt 2 comes under several names and has no Python adapters."""
    found = []
    for package in ("dbt-core", "dbt", "dbt-fusion"):
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    return " and ".join(found) or "none"


def _unexpected(error: Exception) -> str:
    """Where a bug showed itself, without a word of what it showed."""
    frames = traceback.extract_tb(error.__traceback__)
    places = "\n".join(f"  {frame.filename}:{frame.lineno}, in {frame.name}" for frame in frames)
    return Message(
        "bug",
        f"The command ended unexpectedly ({type(error).__name__}): this is a bug. Please report these lines, which "
        "hold nothing of your data. What was delivered is accounted for; the next run goes on from there.\n"
        f"{places}",
    )
