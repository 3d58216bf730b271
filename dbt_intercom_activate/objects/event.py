"""Events of a contact.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events
"""

from __future__ import annotations

from types import MappingProxyType

from dbt_intercom_activate.objects.contact import NARROWING
from dbt_intercom_activate.objects.model import (
    Behaviour,
    Field,
    FieldType,
    IntercomObject,
    OpenNames,
    Pair,
    Terms,
    by_name,
)

METADATA = OpenNames(
    refused="$~`!@#%^&*'{}|\\\"",
    most=20,
    source="https://www.intercom.com/help/en/articles/175-set-up-event-tracking-in-intercom",
    kept=10,
    kept_source="https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events/createdataevent",
    pairs=(
        # "The amount key is a positive integer representing the amount in cents."
        Pair("amount", FieldType.CENTS, "currency", FieldType.CURRENCY),
        Pair("url", FieldType.LINK, "value", FieldType.TEXT),
    ),
)

EVENT = IntercomObject(
    name="event",
    behaviours=MappingProxyType({Behaviour.SEND: Terms(("external_id", "email", "id"))}),
    fields=by_name(
        Field("external_id", FieldType.ID, nullable=False, identifies_only=True),
        Field("email", FieldType.EMAIL, nullable=False, identifies_only=True),
        Field("id", FieldType.ID, nullable=False, identifies_only=True),
        Field("event_name", FieldType.TEXT, nullable=False),
        Field("created_at", FieldType.TIMESTAMP, nullable=False),
        NARROWING,
    ),
    open_prefix="metadata.",
    open_names=METADATA,
    one_of=(("event_name",), ("created_at",)),
    key=("event_name", "created_at"),
    unique=False,
    once=True,
    read_only=MappingProxyType(
        {
            "user_id": "Intercom's user_id is the contact's external_id: map `external_id`",
            "metadata": "name one value a line, such as metadata.plan",
        }
    ),
)
