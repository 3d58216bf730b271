"""`login`: the OAuth exchange, for apps that others install."""

from __future__ import annotations

import os
from pathlib import Path

import click

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import REGION
from dbt_intercom_activate.configuration.base_url import APPS, read_base_url
from dbt_intercom_activate.configuration.readers import KeyPath
from dbt_intercom_activate.secret import Secret


def _address(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    def refuse(path: KeyPath, *, expected: str, found: str, todo: str | None = None) -> None:
        del path, todo
        raise click.BadParameter(f"expected {expected}, found {found}", param=parameter)

    return None if value is None else read_base_url(value, (), refuse)


@cli.command("login")
@click.option("--client-id", envvar="INTERCOM_CLIENT_ID", required=True, help="Of the app; no secret.")
@REGION
@click.option("--redirect-uri", help="One of the app's redirect URLs; by default its first.")
@click.option("--listen", type=click.IntRange(0, 65535), metavar="PORT", help="Catch the code on 127.0.0.1.")
@click.option("--output-file", type=click.Path(path_type=Path), help="Write the token to this new file.")
@click.option("--authorize-base-url", envvar="INTERCOM_AUTHORIZE_BASE_URL", hidden=True, callback=_address)
@click.option("--token-base-url", envvar="INTERCOM_TOKEN_BASE_URL", hidden=True, callback=_address)
def login_command(
    client_id: str,
    region: str,
    redirect_uri: str | None,
    listen: int | None,
    output_file: Path | None,
    authorize_base_url: str | None,
    token_base_url: str | None,
) -> int:
    """Get an access token by OAuth, and print the line that puts it into the environment.

    The client secret is read from INTERCOM_CLIENT_SECRET, or asked for. A private app has its token in Intercom's
    Developer Hub (Configure, Authentication) and needs no login.
    """
    # Importing the HTTP client takes longer than all other commands do to begin.
    from dbt_intercom_activate.commands import login as oauth

    secret = Secret(_client_secret())
    state = oauth.new_state()
    callback = None if listen is None else oauth.Callback(listen, state)
    base = authorize_base_url or APPS[region]
    link = oauth.authorize_url(base, client_id, state, redirect_uri)
    _say(f"Open this in your browser, and allow access:\n\n  {link}\n")
    if callback is not None:
        _say(f"Waiting on http://127.0.0.1:{callback.port} for your tunnel to bring the answer …")
        code = callback.wait()
    else:
        pasted = click.prompt("Paste the URL that Intercom came back with, or its code", err=True)
        code = oauth.code_of(pasted, state)
    _hand_over(code, client_id, secret, token_base_url or oauth.TOKEN_HOST, output_file)
    return 0


def _client_secret() -> str:
    given = os.environ.get("INTERCOM_CLIENT_SECRET")
    return given or click.prompt("Client secret", hide_input=True, err=True)


def _hand_over(code: str, client_id: str, secret: Secret, host: str, output_file: Path | None) -> None:
    from dbt_intercom_activate.commands import login as oauth

    if output_file is None:
        token = oauth.exchange(code, client_id, secret, host=host)
        _say("Put this line into your environment; nothing was stored:")
        click.echo(oauth.export_line(token))
        return
    file = oauth.TokenFile(output_file)
    try:
        token = oauth.exchange(code, client_id, secret, host=host)
    except BaseException:
        file.discard()
        raise
    file.write(token)
    _say(f"Wrote the token to {output_file}, for your eyes only")


def _say(text: str) -> None:
    click.echo(text, err=True)
