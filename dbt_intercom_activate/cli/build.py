"""`build` and `run`: the dbt command of that name in process, then `sync` of what it built."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import click

from dbt_intercom_activate.cli.commands import run_sync
from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import (
    MULTIPLE,
    NEW_LEDGER,
    NO_LEDGER_KEPT,
    read_common,
    shared_with_dbt,
)
from dbt_intercom_activate.commands.activations import all_activations
from dbt_intercom_activate.configuration.selection import METHOD, for_dbt
from dbt_intercom_activate.ledger.changes import RecordScope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.project.location import DbtProject


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
    @NO_LEDGER_KEPT
    @NEW_LEDGER
    @click.option("--resend", is_flag=True, help="Send everything again, unchanged records too.")
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...], resend: bool, **own: bool) -> int:  # noqa: FBT001
        return _build(name, arguments, RecordScope(resend=resend), own)


def _build(name: str, arguments: Sequence[str], scope: RecordScope, own: dict[str, bool]) -> int:
    from dbt_intercom_activate.warehouse.dbt_commands import invoke

    options = _shared.make_context("dbt", list(arguments)).params
    fail_fast = options.pop("fail_fast")
    common = read_common(dict(options))
    dbt_code, judged = invoke([name, *_translated(arguments, common.project)])
    if dbt_code > 1:
        return dbt_code
    return max(dbt_code, run_sync(common, scope, {**own, "fail_fast": fail_fast}, judged))


def _translated(arguments: Sequence[str], project: DbtProject) -> Iterator[str]:
    """dbt's arguments, with `activation:NAME` as the model that dbt knows."""
    of_last_build = cache(partial(all_activations, project))
    selecting = False
    for argument in arguments:
        if selecting and METHOD in argument:
            yield " ".join(for_dbt([argument], of_last_build()))
        else:
            yield argument
        selecting = argument in MULTIPLE


for _name in ("build", "run"):
    _passing_on(_name)
