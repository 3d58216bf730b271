"""Events: sent once, and never changed.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery import contact_lookup
from dbt_intercom_activate.delivery.answers import NOT_FOUND, failed, rejected, succeeded
from dbt_intercom_activate.delivery.forecast import Forecast, surely
from dbt_intercom_activate.delivery.foreseen_calls import searches
from dbt_intercom_activate.delivery.procedure import Delivery, Procedure
from dbt_intercom_activate.intercom.events import send_event
from dbt_intercom_activate.objects.event import EVENT
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.binding.record import Record, Rules, Talk
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.delivery.forecast import Work
    from dbt_intercom_activate.intercom.api import JsonValue, Request
    from dbt_intercom_activate.intercom.contacts import Contact

# "Cannot have more than 120 active event names", with status 422:
# https://github.com/segment-boneyard/analytics.js-integrations/issues/652
_TOO_MANY_NAMES = (
    "This one is new to the workspace: archive events that nobody uses (Settings, Data, Events), then run `retry`. "
    "https://www.intercom.com/help/en/articles/5245634-event-limits-troubleshooting-and-f-a-q"
)


def write(rules: Rules, record: Record, found: Sequence[Contact]) -> Talk:
    """Send an event of a contact.

    Args:
        rules: The activation's.
        record: The record.
        found: What search knows under the record's email, where a role says which of several contacts is meant.
    """
    known = record.identifier if rules.identifier == "id" else None
    if _is_looked_up(rules):
        resolved = yield from contact_lookup.resolve(rules, record, found)
        if isinstance(resolved, Outcome):
            return resolved
        known = resolved
    answer = yield _request(rules, record, known)
    if answer.ok:
        return succeeded(Operation.SEND, answer, known)
    if answer.status == NOT_FOUND:
        return failed(Operation.SEND, Code.NOT_FOUND, answer)
    # "Multiple existing users match this email address - must be more specific using user_id"
    if "Multiple existing users" in (answer.message or ""):
        return failed(Operation.SEND, Code.AMBIGUOUS_MATCH, answer)
    if "active event names" in (answer.message or ""):
        return failed(Operation.SEND, Code.REJECTED, answer, message=f"{answer.message}. {_TOO_MANY_NAMES}")
    return rejected(Operation.SEND, answer)


def is_unrepeatable(rules: Rules, record: Record) -> bool:
    """Intercom recognises an event by external id, name and time, and by nothing else."""
    del record
    return rules.identifier != "external_id"


def _is_looked_up(rules: Rules) -> bool:
    """Intercom itself finds the contact, but knows of no role."""
    return rules.by_role and rules.identifier == "email"


def _request(rules: Rules, record: Record, known_id: str | None) -> Request:
    name, created_at = record.payload.get("event_name"), record.payload.get("created_at")
    return send_event(
        event_name=str(name),
        created_at=created_at if isinstance(created_at, int) else 0,
        metadata=_metadata(record),
        user_id=record.identifier if rules.identifier == "external_id" else None,
        email=record.identifier if rules.identifier == "email" and known_id is None else None,
        id=known_id,
    )


def _metadata(record: Record) -> dict[str, JsonValue]:
    """An event has nothing to clear, so nulls say nothing."""
    metadata = record.payload.get("metadata")
    entries = metadata.items() if isinstance(metadata, dict) else ()
    return {name: value for name, value in entries if value is not None}


def _endpoints(activation: Activation) -> Iterator[str]:
    if activation.identifier == "email" and "role" in (*activation.fields, *activation.constants):
        yield "POST /contacts/search"
    yield "POST /events"


def _forecast(work: Work) -> Forecast:
    """What was sent once is not sent again."""
    fresh = replace(work, records=[each for each in work.records if not each.delivered])
    searched = searches(fresh) if _is_looked_up(work.rules) else Forecast()
    return searched + surely("POST /events", fresh.count)


DELIVERY = Delivery(
    object=EVENT,
    procedure=lambda rules: Procedure(
        lambda rules, _, record, found: write(rules, record, found),
        by_search=_is_looked_up(rules),
        unrepeatable=is_unrepeatable,
    ),
    endpoints=_endpoints,
    forecast=_forecast,
)
