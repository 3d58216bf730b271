"""`sandbox`: a local Intercom to develop against."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import click

from dbt_intercom_activate.cli.group import cli

if TYPE_CHECKING:
    from dbt_intercom_activate.sandbox.server import Sandbox


@cli.command("sandbox")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8765, show_default=True, help="The port to listen on.")
@click.option(
    "--token",
    help="The access token that is accepted. Without it: sandbox, or where other machines can reach it a random one.",
)
@click.option(
    "--latency-ms",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Milliseconds that every answer takes longer.",
)
@click.option(
    "--rate-limit",
    type=click.IntRange(min=0),
    default=1666,
    show_default=True,
    help="Calls in 10 s; 0: none.",
)
@click.option(
    "--search-lag",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Seconds until search shows what was written.",
)
@click.option(
    "--workspace-id",
    metavar="ID",
    help="The id of the workspace, to go on with what the ledger knows of it; without this, a new one at each start.",
)
@click.option(
    "--run", "run_command", metavar="CMD", help="Start on a free port, run CMD, pass on its exit code."
)
def sandbox_command(host: str, port: int, run_command: str | None, **options: Any) -> int:
    """A local Intercom to develop against, with a page to look inside; it forgets everything when it stops."""
    try:
        from dbt_intercom_activate.sandbox.server import Sandbox, SandboxOptions, serve
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"the sandbox needs {error.name}: pip install 'dbt-intercom-activate[sandbox]'"
        ) from error
    sandbox_options = SandboxOptions(**options)
    if run_command is None:
        serve(sandbox_options, host, port, _announce)
        return 0
    with Sandbox(sandbox_options, host=host, port=0) as sandbox:
        _warn_if_exposed(sandbox)
        return _run_against(sandbox.base_url, sandbox.token, run_command)


def _announce(sandbox: Sandbox) -> None:
    _warn_if_exposed(sandbox)
    click.echo(
        f"Intercom sandbox on {sandbox.base_url}, token {sandbox.token!r}, workspace {sandbox.workspace_id};"
        " stop with Ctrl-C"
    )
    click.echo(f"Look inside: {sandbox.base_url}/_sandbox/")


def _warn_if_exposed(sandbox: Sandbox) -> None:
    if sandbox.exposed:
        click.echo(
            "Warning: other machines can reach this sandbox, and whoever has its token can read and change it:"
            " without --token it is a random one, new at each start; give one that others do not know."
            " Its controls below /_sandbox/ want the token too.",
            err=True,
        )


def _run_against(base_url: str, token: str, command: str) -> int:
    environment = {**os.environ, "INTERCOM_BASE_URL": base_url, "INTERCOM_ACCESS_TOKEN": token}
    # A command line of the user's own, as `make` and `watch` take it.
    return subprocess.run(command, shell=True, check=False, env=environment).returncode  # noqa: S602
