"""The OAuth exchange with Intercom: from a person's consent in the browser to an access token.

A private app has its token in the Developer Hub and needs none of this; OAuth is for apps that others install.
Nothing is stored here: the token is handed back, and what was said on the way is in no message.
https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth
"""

from __future__ import annotations

import hmac
import os
import secrets
import shlex
import socketserver
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlencode, urlsplit

from dbt_intercom_activate.configuration.settings import DEFAULT_API_VERSION
from dbt_intercom_activate.configuration.workspace import TOKEN_VARIABLE
from dbt_intercom_activate.errors import (
    AnswerLost,
    CannotActivate,
    CannotRun,
    IntercomDown,
    Message,
    TokenRefused,
    Unreachable,
)
from dbt_intercom_activate.intercom.account import exchange_code, read_token
from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.intercom.pacing import Pacer
from dbt_intercom_activate.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

TOKEN_HOST = "https://api.intercom.io"  # noqa: S105 (an address)
"""Where a code becomes a token, for every region."""

PATIENCE = 300.0
"""Seconds to wait for the browser to come back."""

_LONGEST_LINE = 8192


def new_state() -> str:
    """A text that nobody can guess, which has to come back with the code."""
    return secrets.token_urlsafe(32)


def authorize_url(base: str, client_id: str, state: str, redirect_uri: str | None) -> str:
    """The page to open in the browser. There is no `scope`: scopes are checkboxes of the app."""
    query = {"client_id": client_id, "state": state}
    if redirect_uri is not None:
        query["redirect_uri"] = redirect_uri
    return f"{base}/oauth?{urlencode(query)}"


def code_of(pasted: str, state: str) -> str:
    """The code in what a person pasted: the whole URL that Intercom came back with, or the code alone.

    Raises:
        CannotRun: The URL has another `state`, or no code.
    """
    text = pasted.strip()
    if "?" not in text:
        if not text or any(character.isspace() for character in text):
            raise CannotRun(
                Message(
                    "login-code-missing",
                    "expected the code, or the URL that Intercom came back with; found neither",
                )
            )
        return text
    return _code_of_query(urlsplit(text).query, state)


def _code_of_query(query: str, state: str) -> str:
    """Read a callback's query. A code may end in `=`, and a `+` in it is no space."""
    values = {
        name: unquote(value) for name, _, value in (part.partition("=") for part in query.split("&")) if name
    }
    if not hmac.compare_digest(values.get("state", "").encode(), state.encode()):
        raise CannotRun(
            Message(
                "login-of-another-state",
                "the URL has another `state` than the one that was asked with: it belongs to another login, or "
                "somebody else made it. Begin again, with the link that is printed then",
            )
        )
    if not values.get("code"):
        raise CannotRun(
            Message("login-declined", "Intercom came back without a code: access was declined. Begin again")
        )
    return values["code"]


def exchange(
    code: str, client_id: str, client_secret: Secret, *, host: str = TOKEN_HOST, timeout: float = 30.0
) -> Secret:
    """Turn a code into an access token; a code is good once, so nothing is sent twice.

    Raises:
        CannotRun: Intercom refuses the code or the secret, or does not answer.
    """
    client = IntercomClient(host, None, DEFAULT_API_VERSION, pacer=Pacer(), timeout=timeout)
    try:
        answer = client.send(exchange_code(code, client_id, client_secret.reveal()))
    except (TokenRefused, CannotActivate):
        raise CannotRun(
            Message(
                "login-refused",
                "Intercom refused the exchange: the code is used up or of another app, or the client secret is wrong. "
                "Begin again for a new code",
            )
        ) from None
    except (AnswerLost, Unreachable, IntercomDown):
        raise CannotRun(
            Message(
                "login-unanswered",
                f"{host} did not answer, and the code may be used up by now. Begin again for a new code",
            )
        ) from None
    finally:
        client.close()
    token = read_token(answer)
    if token is None:
        raise CannotRun(
            Message(
                "login-without-token",
                f"Intercom gave no token: HTTP {answer.status}. Begin again for a new code",
            )
        )
    return Secret(token)


def export_line(token: Secret) -> str:
    """The line that puts the token into the environment of a shell."""
    return f"export {TOKEN_VARIABLE}={shlex.quote(token.reveal())}"


class TokenFile:
    """A new file that only its owner can read; made before the exchange, since a code is good once."""

    def __init__(self, path: Path) -> None:
        """Make the file.

        Raises:
            CannotRun: It exists, or cannot be made.
        """
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CannotRun(
                Message("file-exists", f"{path} exists already, and nothing is ever overwritten")
            ) from None
        except OSError as error:
            raise CannotRun(
                Message("file-unwritable", f"{path} cannot be written: {error.strerror}")
            ) from None

    def write(self, token: Secret) -> None:
        """Write the token, as a line of a `.env` file."""
        with os.fdopen(self._descriptor, "w", encoding="utf-8") as file:
            file.write(f"{TOKEN_VARIABLE}={token.reveal()}\n")

    def discard(self) -> None:
        """Remove the file, as there is no token to put into it."""
        os.close(self._descriptor)
        self._path.unlink(missing_ok=True)


class Callback:
    """Waits on this machine for the browser to come back, through a tunnel of the user's own.

    Intercom comes back to https only, so what listens here is the far end of a tunnel.
    """

    def __init__(self, port: int, state: str) -> None:
        """Listen on the loopback address.

        Raises:
            CannotRun: The port is taken.
        """
        self._state = state
        self.code: str | None = None
        try:
            self._server = _Listener(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise CannotRun(
                Message("port-taken", f"port {port} cannot be listened on: {error.strerror}")
            ) from None
        self._server.callback = self

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    def wait(self, patience: float = PATIENCE) -> str:
        """The code, once it comes.

        Raises:
            CannotRun: It did not come in time.
        """
        until = time.monotonic() + patience
        try:
            while self.code is None and time.monotonic() < until:
                self._server.timeout = min(1.0, max(0.01, until - time.monotonic()))
                self._server.handle_request()
        finally:
            self._server.server_close()
        if self.code is None:
            raise CannotRun(
                Message(
                    "login-timed-out",
                    f"nothing came back within {patience:.0f} seconds. Begin again, or paste the URL",
                )
            )
        return self.code

    def take(self, target: str) -> bool:
        """Look at the path and query of a request; whether it brought the code."""
        try:
            self.code = _code_of_query(urlsplit(target).query, self._state)
        except CannotRun:
            return False  # a browser asks for icons too, and strangers may ask for anything
        return True


class _Listener(socketserver.TCPServer):
    allow_reuse_address = True
    callback: Callback


class _Handler(socketserver.StreamRequestHandler):
    """Answers one request with one sentence; nothing of it is logged."""

    timeout = 5.0

    def handle(self) -> None:
        """Read the first line, and answer."""
        words = self.rfile.readline(_LONGEST_LINE).decode("latin-1").split(" ")
        callback = self.server.callback if isinstance(self.server, _Listener) else None
        took = callback is not None and len(words) == 3 and words[0] == "GET" and callback.take(words[1])
        status = "200 OK" if took else "400 Bad Request"
        text = "Signed in. You may close this page." if took else "This is not the answer to this login."
        self.wfile.write(
            f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(text)}\r\n"
            f"Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{text}".encode()
        )
