"""A request as the endpoints see it, and the answer they give; nothing here knows HTTP servers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.kinds import COUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dbt_intercom_activate.sandbox.state import SandboxState

NEWEST_VERSION = "2.16"
# Older versions are accepted and answered as 2.16 but for the few differences that say so.
KNOWN_VERSIONS = ("2.13", "2.14", "2.15", NEWEST_VERSION, "Preview")


@dataclass(frozen=True, slots=True)
class ReceivedCall:
    """One request to the API, authenticated and parsed; its types are checked by what `takes` them."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    version: str = NEWEST_VERSION

    def before_2_16(self) -> bool:
        """Whether the caller asked for a version older than 2.16."""
        return self.version in {"2.13", "2.14", "2.15"}

    def text(self, key: str) -> str | None:
        """A value of the body as text; ids may come as numbers."""
        value = self.body.get(key)
        if value is None or isinstance(value, bool | dict | list):
            return None
        return str(value)

    def page_number(self) -> int:
        """The page asked for, from 1."""
        return self._count("page", 1)

    def per_page(self, default: int, maximum: int) -> int:
        """The page's size asked for. Beyond the maximum is undocumented: it is cut down to the maximum."""
        return min(self._count("per_page", default), maximum)

    def _count(self, name: str, default: int) -> int:
        raw = self.query.get(name)
        if raw is None:
            return default
        if not COUNT.holds(raw):
            raise errors.parameter_invalid(f"{name} must be {COUNT.described}")
        return int(raw)


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A status and a JSON body; a body of None is sent as no body at all."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API.

    `scopes` are the Developer Hub's names; any one of them is enough, and none at all means that any token
    is. The mapping of endpoints to scopes is not published: this one is inferred from the scopes'
    descriptions in
    https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/oauth-scopes.
    """

    method: str
    template: str
    handler: Callable[[SandboxState, ReceivedCall], GivenAnswer]
    scopes: tuple[str, ...] = ()


def ok(body: Any) -> GivenAnswer:
    """A 200 with a JSON body."""
    return GivenAnswer(200, body)
