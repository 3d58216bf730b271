"""What each endpoint takes: the types of its body's fields and of its query parameters, checked before it runs.

An endpoint declares them with `takes`. A null always fits unless it is said not to: most of Intercom's fields are
cleared by one, or treated as absent. Parameters that are not declared are the endpoint's own matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.kinds import ANYTHING, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall
    from dbt_intercom_activate.sandbox.state import SandboxState


@dataclass(frozen=True, slots=True)
class Checked:
    """An endpoint's handler that is only given values of the right types."""

    handler: Callable[[SandboxState, ReceivedCall], GivenAnswer]
    body: Mapping[str, Kind] = field(default_factory=dict)
    query: Mapping[str, Kind] = field(default_factory=dict)

    def __call__(self, state: SandboxState, call: ReceivedCall) -> GivenAnswer:
        """Answer a call.

        Raises:
            IntercomError: 400, for a value of another type; and what the handler raises.
        """
        for kinds, given in ((self.query, call.query), (self.body, call.body)):
            for name, value in given.items():
                kind = kinds.get(name, ANYTHING)
                if not kind.fits(value):
                    raise errors.parameter_invalid(kind.message or f"{name} must be {kind.described}")
        return self.handler(state, call)


def takes(
    body: Mapping[str, Kind] | None = None, query: Mapping[str, Kind] | None = None
) -> Callable[[Callable[[SandboxState, ReceivedCall], GivenAnswer]], Checked]:
    """Declare what an endpoint takes."""
    return lambda handler: Checked(handler, body or {}, query or {})
