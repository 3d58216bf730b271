"""Which scopes an activation needs of the access token, by what it may call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery.registry import DELIVERIES
from dbt_intercom_activate.intercom.scopes import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.intercom.scopes import Scope


def endpoints_of(activation: Activation) -> Iterator[str]:
    """What an activation may call, `GET /me` and `GET /data_attributes` aside."""
    yield from DELIVERIES[activation.object.name].endpoints(activation)
    if activation.create_attributes:
        yield "POST /data_attributes"


def needed_by(activation: Activation) -> tuple[Scope, ...]:
    """The scopes that an activation may need, in the order of `SCOPES`."""
    called = frozenset(endpoints_of(activation))
    return tuple(scope for scope in SCOPES if scope.endpoints & called)


def by_scope(activations: Sequence[Activation]) -> list[tuple[Scope, tuple[str, ...]]]:
    """The scopes that activations need, each with their names, in the order of `SCOPES`."""
    needs = {each.name: needed_by(each) for each in activations}
    wanted = [(scope, tuple(name for name, scopes in needs.items() if scope in scopes)) for scope in SCOPES]
    return [(scope, names) for scope, names in wanted if names]
