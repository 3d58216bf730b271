"""Whether a request is let in at all: its size, its token, its headers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.exchange import KNOWN_VERSIONS, NEWEST_VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

ACCEPTABLE = ("application/json", "application/*", "*/*")
LARGEST_HEAD = 65_536
"""Bytes of a request's target, and of all its headers. How much Intercom takes is not documented."""


def check_size(target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Refuse a head that no server would read."""
    if len(target) > LARGEST_HEAD:
        raise errors.IntercomError(414, "client_error", "The address is too long")
    if sum(len(name) + len(value) for name, value in headers) > LARGEST_HEAD:
        raise errors.IntercomError(431, "client_error", "The headers are too large")


def check_token(authorization: str | None, token: str) -> None:
    """Take `Bearer TOKEN`, or HTTP basic with the token as user name, as old clients send it."""
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            credentials = base64.b64decode(credentials).decode().partition(":")[0]
        except ValueError:
            # Neither ASCII, nor base64, nor UTF-8 within.
            raise errors.token_invalid() from None
    elif scheme.lower() != "bearer":
        raise errors.token_invalid()
    if credentials.strip() != token:
        raise errors.token_invalid()


def check_accept(accept: str | None) -> None:
    """Refuse a caller that does not take JSON."""
    if accept is None or not any(media in accept for media in ACCEPTABLE):
        raise errors.IntercomError(
            406,
            "media_type_not_acceptable",
            "The Accept header should send a media type of application/json",
            request_id=errors.RequestId.ABSENT,
        )


def checked_version(version: str | None) -> str:
    """The API version to answer in; without the header that is the app's own, 2.16 here."""
    if version is None:
        return NEWEST_VERSION
    if version not in KNOWN_VERSIONS:
        raise errors.IntercomError(
            400, "intercom_version_invalid", "The requested version could not be found"
        )
    return version


def check_scopes(scopes: Collection[str], revoked: set[str]) -> None:
    """Refuse when the token has none of the scopes that would do."""
    if scopes and revoked.issuperset(scopes):
        raise errors.scope_missing()
