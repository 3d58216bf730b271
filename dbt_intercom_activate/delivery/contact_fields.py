"""What Intercom has of contacts, field by field as they are written; reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery.contact_lookup import shown_by_search
from dbt_intercom_activate.delivery.procedure import LOOKUP_SIZE, HeldLookup
from dbt_intercom_activate.intercom import contacts as api

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.binding.record import Conversation
    from dbt_intercom_activate.intercom.api import JsonValue, Request


def _ask(requests: Sequence[Request]) -> Conversation[list[Mapping[str, JsonValue] | None]]:
    """Searched for together, and what search does not show read singly."""
    ids = [api.updated_contact_id(each) or "" for each in requests]
    shown = {each.id: each.shown for each in (yield from shown_by_search(list(dict.fromkeys(ids))))}
    for contact_id in ids:
        if contact_id not in shown:
            contact = api.read_contact((yield api.get_contact(contact_id)))
            if contact is not None:
                shown[contact_id] = contact.shown
    return [shown.get(contact_id) for contact_id in ids]


def _fields(shown: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """An avatar is written as its address, and shown as an object."""
    avatar, custom = shown.get("avatar"), shown.get("custom_attributes")
    own = custom if isinstance(custom, dict) else {}
    return {
        **{name: value for name, value in shown.items() if not isinstance(value, (dict, list))},
        **{f"custom_attributes.{name}": value for name, value in own.items()},
        "avatar": avatar.get("image_url") if isinstance(avatar, dict) else avatar,
    }


HELD = HeldLookup(api.updated_contact_id, _ask, _fields, LOOKUP_SIZE)
