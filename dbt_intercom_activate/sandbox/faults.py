"""Failures on purpose, a fixed number of times, so that tests can see what a client makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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

    `method` may be `*`. The first `skip` matching calls pass untouched, the next `times` are treated. With a
    `status` that answer is given (its `body`, or the `error.list` that fits) and the work is not done;
    `drop_connection` closes the connection without an answer; `after_commit` does the work first, so that the
    real answer is lost. `delay_s` alone only delays.
    """

    method: str
    path_prefix: str
    status: int | None = None
    body: Any = None
    times: int = 1
    drop_connection: bool = False
    after_commit: bool = False
    delay_s: float = 0.0
    skip: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    def matches(self, method: str, path: str) -> bool:
        """Whether a call is one of those meant."""
        return self.method in ("*", method) and path.startswith(self.path_prefix)

    @property
    def replaces_work(self) -> bool:
        """Whether the request is not carried out."""
        return (self.status is not None or self.drop_connection) and not self.after_commit

    def answer_body(self, request_id: str) -> Any:
        """The body to answer with."""
        if self.body is not None:
            return self.body
        code, message = _MESSAGES.get(self.status or 500, ("client_error", "Fault"))
        return {
            "type": "error.list",
            "request_id": request_id,
            "errors": [{"code": code, "message": message}],
        }


@dataclass(slots=True)
class _Pending:
    """A fault with what is left of it."""

    fault: Fault
    skip: int
    times: int


class Faults:
    """The faults that are still to happen, oldest first."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, fault: Fault) -> None:
        """Let a fault happen."""
        self._pending.append(_Pending(fault, fault.skip, fault.times))

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
            pending.times -= 1
            if pending.times <= 0:
                self._pending.remove(pending)
            return pending.fault
        return None
