"""Failures on purpose, a fixed number of times, so that tests can see what a client makes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox.kinds import (
    ANYTHING,
    FLAG,
    NUMBER,
    TEXT,
    TEXT_BY_TEXT,
    WHOLE,
    Kind,
    at_least,
    not_null,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_MESSAGES = {
    401: ("unauthorized", "Access Token Invalid"),
    403: ("api_plan_restricted", "Active subscription needed."),
    404: ("not_found", "Resource Not Found"),
    408: ("request_timeout", "Request timed out"),
    429: ("too_many_requests", "server is receiving too many requests for this resource; retry later"),
    500: ("server_error", "Server Error"),
    502: ("server_error", "Bad Gateway"),
    503: ("service_unavailable", "Sorry, the API service is temporarily unavailable"),
    504: ("server_error", "Gateway Timeout"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What to do to the next calls that match.

    `method` may be `*`, and `path_prefix` is the whole path where `whole_path` says so. The first `skip` matching
    calls pass untouched, the next `times` are treated; all of them, where `times` is None. With a `status` that
    answer is given (its `body`, or an `error.list` with `code` and `message`, or the one that fits) and the work
    is not done; `drop_connection` closes the connection without an answer; `after_commit` does the work first, so
    that the real answer is lost. `delay_s` alone only delays.
    """

    method: str
    path_prefix: str
    status: int | None = None
    body: Any = None
    times: int | None = 1
    drop_connection: bool = False
    after_commit: bool = False
    delay_s: float = 0.0
    skip: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    message: str | None = None
    whole_path: bool = False

    def matches(self, method: str, path: str) -> bool:
        """Whether a call is one of those meant."""
        if self.method not in ("*", method):
            return False
        return path == self.path_prefix if self.whole_path else path.startswith(self.path_prefix)

    @property
    def replaces_work(self) -> bool:
        """Whether the request is not carried out."""
        return (self.status is not None or self.drop_connection) and not self.after_commit

    def answer_body(self, request_id: str) -> Any:
        """The body to answer with."""
        if self.body is not None:
            return self.body
        usual_code, usual_message = _MESSAGES.get(self.status or 500, ("client_error", "Fault"))
        return {
            "type": "error.list",
            "request_id": request_id,
            "errors": [{"code": self.code or usual_code, "message": self.message or usual_message}],
        }


def _are_headers(value: Any) -> bool:
    """Whether HTTP can carry them: https://www.rfc-editor.org/rfc/rfc9110#name-field-values."""
    return TEXT_BY_TEXT.holds(value) and all(
        re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) and re.fullmatch(r"([!-~]([ -~]*[!-~])?)?", text)
        for name, text in value.items()
    )


FIELDS = {
    "method": not_null(TEXT),
    "path_prefix": not_null(TEXT),
    "status": Kind("a status from 200 to 599", lambda value: WHOLE.holds(value) and 200 <= value <= 599),
    "body": ANYTHING,
    "times": at_least(WHOLE, 1),
    "drop_connection": not_null(FLAG),
    "after_commit": not_null(FLAG),
    "delay_s": not_null(at_least(NUMBER, 0)),
    "skip": not_null(at_least(WHOLE, 0)),
    "headers": not_null(Kind("an object of HTTP headers", _are_headers)),
    "code": TEXT,
    "message": TEXT,
    "whole_path": not_null(FLAG),
}
"""What a fault may be given as, for `POST /_sandbox/faults`."""


@dataclass(slots=True)
class _Pending:
    """A fault with what is left of it."""

    fault: Fault
    skip: int
    times: int | None


class Faults:
    """The faults that are still to happen, oldest first."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, fault: Fault) -> None:
        """Let a fault happen."""
        self._pending.append(_Pending(fault, fault.skip, fault.times))

    def pending(self) -> list[tuple[Fault, int | None]]:
        """Each with how often it is still to happen; None for always."""
        return [(pending.fault, pending.times) for pending in self._pending]

    def clear(self) -> None:
        """Let nothing more happen."""
        self._pending.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this call, if any; using it up."""
        for pending in self._pending:
            if not pending.fault.matches(method, path):
                continue
            if pending.skip > 0:
                pending.skip -= 1
                continue
            if pending.times is not None:
                pending.times -= 1
                if pending.times <= 0:
                    self._pending.remove(pending)
            return pending.fault
        return None
