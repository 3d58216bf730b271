"""What keeps web pages that are open in the developer's browser out of the sandbox.

Any page may send a "simple" request to an address of this machine, such as a POST of plain text, though it cannot
read the answer (https://fetch.spec.whatwg.org/#cors-safelisted-request-header). By DNS rebinding (the page's own
host name is made to point here) it may read answers too, but then the `Host` header still has the page's name.
So a foreign `Host` or `Origin` is refused, and the controls ask for a header that no simple request has.

A sandbox that listens on every address knows none of its names, and other containers call it by one. So a page that
is rebound to it passes; what keeps it out is the token, which it would know if it were the usual one: without a token
of its own such a sandbox takes a random one. The page there, which somebody types that token into, answers to IP
addresses and to localhost alone, since only another name can be rebound.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.sandbox import errors, request_checks

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTROL_HEADER = "X-Sandbox"
"""The header, of any value, that every request below `/_sandbox/` has to have."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a sandbox, by where it listens.

    Attributes:
        names: what the `Host` header may be, in lower case; None for anything, where it listens on every address
            and so cannot know by which names it is called.
        exposed: whether other machines can reach it; then its controls want the token.
    """

    names: frozenset[str] | None
    exposed: bool

    @classmethod
    def at(cls, host: str, address: str, port: int) -> Access:
        """The access of a sandbox that was told to listen on `host`, and listens on an IP address and port."""
        ip = ipaddress.ip_address(address)
        if ip.is_unspecified:
            return cls(None, exposed=True)
        hosts = {_in_url(host.lower()), _in_url(address), *(LOOPBACK if ip.is_loopback else ())}
        names = {f"{name}:{port}" for name in hosts} | (hosts if port == HTTP_PORT else set())
        return cls(frozenset(names), exposed=not ip.is_loopback)

    def check(self, headers: Mapping[str, str]) -> None:
        """Refuse what a web page sends, by whichever way.

        Raises:
            IntercomError: 403, which is not Intercom's: it never meets such requests.
        """
        host, names = headers.get("host", "").lower(), self._own(headers)
        if self.names is not None and host not in names:
            listed = ", ".join(sorted(names))
            raise _forbidden(
                f"The Host header is '{host}', but this sandbox answers to {listed} only;"
                " its option --host lets it answer to another address"
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{name}" for name in names}:
            raise _forbidden(
                f"The Origin header is '{origin}', but this sandbox does not answer to web pages"
            )

    def check_page(self, headers: Mapping[str, str]) -> None:
        """Refuse to show the page under a name that may not be the sandbox's own.

        Raises:
            IntercomError: 403.
        """
        self.check(headers)
        if headers.get("host", "").lower() not in self._own(headers):
            raise _forbidden(
                "This sandbox listens on every address, so its page answers to localhost and to IP addresses only"
            )

    def _own(self, headers: Mapping[str, str]) -> frozenset[str]:
        """What the `Host` header, and a page's own origin, may be for certain."""
        if self.names is not None:
            return self.names
        host = headers.get("host", "").lower()
        return frozenset({host} if _is_address(host) else ())

    def check_control(self, headers: Mapping[str, str], token: str) -> None:
        """Refuse a request to the controls that no program made on purpose, or that has not the token it needs.

        Raises:
            IntercomError: 403 without the header, 401 without the token.
        """
        if CONTROL_HEADER not in headers:
            raise _forbidden(f"Requests below /_sandbox/ need the header '{CONTROL_HEADER}: 1'")
        if self.exposed:
            request_checks.check_token(headers.get("authorization"), token)


def _is_address(host: str) -> bool:
    """Whether a `Host` header has an IP address or localhost, with or without a port."""
    name = re.sub(r":\d+$", "", host)
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name[1:-1] if name.startswith("[") else name)
    except ValueError:
        return False
    return True


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _forbidden(message: str) -> errors.IntercomError:
    return errors.IntercomError(403, "forbidden", message)
