"""How each object is delivered: one entry an object, in the order of a run.

An entry stands beside the code that it names. An object without one cannot be delivered, and a test says so.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery import (
    company,
    company_tag,
    contact,
    contact_tag,
    conversation_tag,
    event,
    membership,
    ticket_tag,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.binding.record import Rules
    from dbt_intercom_activate.delivery.forecast import Forecast, Work
    from dbt_intercom_activate.delivery.procedure import Delivery, Procedure

DELIVERIES: Mapping[str, Delivery] = MappingProxyType(
    {
        each.object.name: each
        for each in (
            company.DELIVERY,
            contact.DELIVERY,
            membership.DELIVERY,
            company_tag.DELIVERY,
            contact_tag.DELIVERY,
            conversation_tag.DELIVERY,
            ticket_tag.DELIVERY,
            event.DELIVERY,
        )
    }
)
"""By the object's name; what others refer to goes first."""


def procedure_of(object_name: str, rules: Rules) -> Procedure:
    """The conversations of an activation's object and behaviour.

    Raises:
        KeyError: The object has no entry.
    """
    return DELIVERIES[object_name].procedure(rules)


def forecast_of(object_name: str, work: Work) -> Forecast:
    """How many calls the records of an activation take where nothing fails.

    Raises:
        KeyError: The object has no entry.
    """
    forecast = DELIVERIES[object_name].forecast(work)
    return replace(forecast, at_most=bool(forecast.total.most) and any(each.at_most for each in work.records))


def place_in_run(object_name: str) -> int:
    """Where the object's activations come in a run, counted from 0.

    Raises:
        ValueError: The object has no entry.
    """
    return tuple(DELIVERIES).index(object_name)
