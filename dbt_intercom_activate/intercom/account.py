"""Which workspace an access token belongs to, and how one comes by a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.intercom.api import Request, anybodys

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.api import Answer


@dataclass(frozen=True, slots=True)
class Account:
    """An Intercom workspace, which its API calls `app`."""

    id_code: str
    """Intercom's own id of it, such as `abc123`."""
    name: str | None
    region: str | None
    """Such as `US`."""


def whoami() -> Request:
    """Ask who the token is.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/identifyadmin
    """
    return Request.to("GET", "/me", expects=lambda answer: read_account(answer) is not None)


def read_account(answer: Answer) -> Account | None:
    """Read the workspace; None when the answer names none."""
    app = answer.body.get("app") if answer.ok and isinstance(answer.body, dict) else None
    if not isinstance(app, dict):
        return None
    id_code, name, region = app.get("id_code"), app.get("name"), app.get("region")
    if not isinstance(id_code, str) or not id_code:
        return None
    return Account(
        id_code=id_code,
        name=name if isinstance(name, str) else None,
        region=region if isinstance(region, str) else None,
    )


def exchange_code(code: str, client_id: str, client_secret: str) -> Request:
    """Ask for an access token, for a code that is good once.

    https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth
    """
    body = {"code": code, "client_id": client_id, "client_secret": client_secret}
    return Request.to(
        "POST",
        "/auth/eagle/token",
        body=body,
        repeatable=False,
        expects=lambda answer: read_token(answer) is not None,
        refuses=anybodys,
    )


def read_token(answer: Answer) -> str | None:
    """Read the access token; None when the answer holds none."""
    body = answer.body if answer.ok and isinstance(answer.body, dict) else {}
    token = body.get("access_token") or body.get("token")
    return token if isinstance(token, str) and token else None
