"""Where requests go: Intercom's regions, and the rule that a token only travels over https."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from dbt_intercom_activate.configuration.readers import describe
from dbt_intercom_activate.intercom.hosts import is_loopback

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.readers import KeyPath, Note

REGIONS = {
    "us": "https://api.intercom.io",
    "eu": "https://api.eu.intercom.io",
    "au": "https://api.au.intercom.io",
}
"""https://developers.intercom.com/docs/build-an-integration/learn-more/rest-apis/making-requests"""

APPS = {
    "us": "https://app.intercom.com",
    "eu": "https://app.eu.intercom.com",
    "au": "https://app.au.intercom.com",
}
"""Where people work: each region has its own, without a table in the API's description."""

DEFAULT_REGION = "us"

EXPECTED = "an https URL, or an http URL of this machine"
"""In a message."""


def read_base_url(value: object, path: KeyPath, note: Note) -> str | None:
    """Read a base URL; return it in one spelling, without a slash at its end.

    Plain http is for a sandbox on this machine only, as the token travels with every request.
    """
    if not isinstance(value, str) or not value.strip():
        note(path, expected=EXPECTED, found=describe(value))
        return None
    try:
        return checked(value.strip())
    except ValueError as error:
        note(path, expected=EXPECTED, found=str(error))
        return None


def checked(url: str, *, with_query: bool = False) -> str:
    """A URL in one spelling, without a slash at its end.

    Args:
        with_query: It may have a query, which is then left out here.

    Raises:
        ValueError: With what is wrong, and nothing of the URL.
    """
    # Programs disagree on what a backslash or a control character in a URL means.
    if "\\" in url or not url.isascii() or any(char <= " " or char == "\x7f" for char in url):
        raise ValueError("a URL with characters that do not belong in one")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("a text that is no URL") from None
    _check_parts(parts, host, with_query=with_query)
    if parts.scheme == "http" and not is_loopback(host or ""):
        raise ValueError("http to a host that is not this machine")
    shown = f"[{host}]" if ":" in (host or "") else host
    return f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}{parts.path.rstrip('/')}"


def _check_parts(parts: SplitResult, host: str | None, *, with_query: bool) -> None:
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("a text that is no http or https URL")
    # `http://127.0.0.1@example.com` goes to example.com.
    if "@" in parts.netloc:
        raise ValueError("a URL with a user name or password in it")
    if (parts.query and not with_query) or parts.fragment:
        raise ValueError("a URL with a query or a fragment")
