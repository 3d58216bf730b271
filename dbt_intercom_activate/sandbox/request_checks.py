"""Whether a request is let in at all: its token, its headers, its body."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.exchange import KNOWN_VERSIONS, NEWEST_VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ACCEPTABLE = ("application/json", "application/*", "*/*")


def check_token(authorization: str | None, token: str) -> None:
    """Take `Bearer TOKEN`, or HTTP basic with the token as user name, as old clients send it."""
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            credentials = base64.b64decode(credentials).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
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


def parsed_body(raw: bytes) -> Mapping[str, Any]:
    """The body as a JSON object; nothing at all is an empty one."""
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw, parse_constant=_no_constant)
    except ValueError:
        raise errors.parameter_invalid("The request body is not valid JSON") from None
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise errors.parameter_invalid("The request body must be a JSON object")
    return body


def _no_constant(name: str) -> None:
    """Python reads NaN and Infinity; JSON has no such values."""
    raise ValueError(name)
