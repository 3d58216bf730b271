"""How a plan says what it found: calls, minutes, comparisons, keys and values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dbt_intercom_activate.commands.planned_records import Action

if TYPE_CHECKING:
    from dbt_intercom_activate.commands.forecasting import Costs
    from dbt_intercom_activate.commands.listing import Listing
    from dbt_intercom_activate.commands.planned_records import FieldToSend
    from dbt_intercom_activate.intercom.api import JsonValue

LONGEST_VALUE = 200
"""Characters of a value that are shown."""


def cost_rows(costs: Costs) -> list[tuple[str, str]]:
    """Each endpoint, with how often it would be called."""
    return [(endpoint, str(calls)) for endpoint, calls in costs.forecast.endpoints.items()]


def cost_line(costs: Costs) -> str:
    """The calls that a plan comes to in all, and how long they take."""
    forecast = costs.forecast
    told = f"{forecast.total} call{'s' if forecast.total.most != 1 else ''} to Intercom"
    if forecast.at_most:
        told += " at most, since rows that changed may make what Intercom has already"
    if costs.minutes is None:
        return f"{told}; how long they take is not known, since Intercom tells no limit"
    least, most = (_minutes(each) for each in costs.minutes)
    time = most if least == most else f"{least} to {most}"
    limits = ", ".join(f"{limit:,.0f} calls a minute in {name}" for name, limit in costs.per_minute.items())
    return f"{told}; about {time} minutes at {limits}"


def _minutes(minutes: float) -> str:
    return f"{minutes:,.0f}" if minutes >= 10 else f"{max(minutes, 0.1):.1f}"


def comparison_line(listing: Listing | None) -> str | None:
    """How many of all records would change anything in Intercom; None where they were not compared."""
    if listing is None or listing.actions is None:
        return None
    same = listing.actions.get(Action.NOTHING.value, 0)
    changing = {action: count for action, count in listing.actions.items() if action != Action.NOTHING.value}
    parts = ", ".join(f"{count:,} {action}" for action, count in changing.items())
    told = f"{sum(changing.values()):,} would change something in Intercom{f' ({parts})' if parts else ''}"
    return f"{told}, {same:,} would change nothing"


def shown_change(field: FieldToSend) -> str:
    """What a field has and would have, as JSON, so that no sign in it does anything to a terminal."""
    new = _shown(field.new)
    return f"{_shown(field.old)} → {new}" if field.old_is_known else new


def shown_key(key: str) -> str:
    """A key as it is, or as JSON where it has signs that are not to be printed."""
    return _cut(key if key.isprintable() and key else json.dumps(key))


def _shown(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _cut(text if text.isprintable() else json.dumps(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
