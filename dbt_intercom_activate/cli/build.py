"""`build` and `run`: the dbt command of that name, in this process or its own, then `sync` of what it built."""

from __future__ import annotations

import os
import shlex
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import click

from dbt_intercom_activate.cli.commands import run_sync
from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import (
    ALLOW_WRITES,
    MULTIPLE,
    NEW_LEDGER,
    NO_LEDGER_KEPT,
    read_common,
    shared_with_dbt,
)
from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.configuration.selection import METHOD, for_dbt
from dbt_intercom_activate.errors import CannotRun, Message
from dbt_intercom_activate.ledger.changes import RecordScope
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.warehouse.dbt_process import COMMAND_VARIABLE, DbtProcess, dbt_two_of, run_dbt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dbt_intercom_activate.cli.options import CommonOptions
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.project.manifest import Node


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@shared_with_dbt
@click.option(
    "--fail-fast",
    "-x",
    is_flag=True,
    envvar=["DBT_ENGINE_FAIL_FAST", "DBT_FAIL_FAST"],
    help="dbt ends at its first failure, and the sync after its first activation that is not well.",
)
def _shared(**options: Any) -> None:
    """Read what dbt's arguments say to us too."""


def _passing_on(name: str) -> None:
    @cli.command(
        name,
        context_settings={"ignore_unknown_options": True},
        help=f"`dbt {name}`, then `sync` of what it built. All other options go to dbt untouched.",
        short_help=f"`dbt {name}`, then `sync` of what it built.",
    )
    @click.option("--no-gate", is_flag=True, help="Sync whatever dbt's results say.")
    @click.option("--allow-removals", is_flag=True, help="Carry out removals that are held.")
    @ALLOW_WRITES
    @NO_LEDGER_KEPT
    @NEW_LEDGER
    @click.option(
        "--dbt",
        "dbt_command",
        metavar="COMMAND",
        envvar=COMMAND_VARIABLE,
        help="The dbt to run as a process of its own, of any version: dbt, /opt/dbt2/bin/dbt, 'uv run dbt'.",
    )
    @click.option("--resend", is_flag=True, help="Send everything again, unchanged records too.")
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...], dbt_command: str | None, resend: bool, **own: bool) -> int:  # noqa: FBT001
        return _build(name, arguments, dbt_command, RecordScope(resend=resend), own)


def _build(
    name: str, arguments: Sequence[str], dbt_command: str | None, scope: RecordScope, own: dict[str, bool]
) -> int:
    # Where dbt-core 1.x is missing, nothing is to be synced, and so nothing is built.
    from dbt_intercom_activate.warehouse.dbt_commands import invoke

    options = _shared.make_context("dbt", list(arguments)).params
    own["fail_fast"] = options.pop("fail_fast")
    common = read_common(dict(options))
    command = [name, *_translated(arguments, common.project)]
    dbt_command = dbt_command or _dbt_two(common)
    if dbt_command:
        dbt = run_dbt(dbt_command, command, common.project, os.environ)
        if dbt.ended_by or not dbt.built:
            return _nothing_to_sync(dbt, dbt_command, name, common)
        dbt_code, judged = dbt.code, None
    else:
        dbt_code, judged = invoke(command)
    if dbt_code > 1:
        return dbt_code
    return max(dbt_code, run_sync(common, scope, own, judged))


def _dbt_two(common: CommonOptions) -> str | None:
    """The dbt 2 on the PATH, for a project that dbt 2 built last; what is chosen is said."""
    found, said = dbt_two_of(common.project)
    if said is not None:
        (common.report.info if found else common.report.warning)(said)
    return found and shlex.quote(found)


def _nothing_to_sync(dbt: DbtProcess, dbt_command: str, name: str, common: CommonOptions) -> int:
    """Say why nothing is synced after a dbt that left no results; returns the exit code."""
    command = f"{dbt_command} {name}"
    if dbt.ended_by:
        common.report.error(
            Message("dbt-was-ended", f"`{command}` was ended by {dbt.ended_by}: nothing was synced")
        )
        return 1
    where = common.project.target_path
    common.report.error(
        Message(
            "dbt-left-no-results",
            f"`{command}` ended with {dbt.code} and left no results in {where}: nothing was synced",
        )
    )
    return 2


def _translated(arguments: Sequence[str], project: DbtProject) -> Iterator[str]:
    """dbt's arguments, with `activation:NAME`, and a name that only an activation has, as the model that dbt knows."""
    last_build = cache(partial(_last_build, project))
    selecting = False
    for argument in arguments:
        if selecting:
            yield _selected(argument, last_build)
        else:
            yield argument
        selecting = argument in MULTIPLE


def _last_build(project: DbtProject) -> tuple[Sequence[Activation], Sequence[Node]]:
    manifest = manifests.read(project.target_path / "manifest.json")
    return activations_of(manifest, project.project_dir), tuple(manifest.nodes.values())


def _selected(argument: str, last_build: Callable[[], tuple[Sequence[Activation], Sequence[Node]]]) -> str:
    try:
        return " ".join(for_dbt([argument], *last_build()))
    except CannotRun:
        if METHOD in argument:
            raise
        return argument  # dbt parses the project anew, and what is wrong with it is told then


for _name in ("build", "run"):
    _passing_on(_name)
