"""Which fields of a contact can be searched, of what kind, and where their values stand.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dbt_intercom_activate.sandbox.records import StoredContact

CUSTOM = "custom_attributes."


class FieldKind(Enum):
    """What a field holds; its value is the set of operators that Intercom takes for it."""

    TEXT = ("=", "!=", "IN", "NIN", "~", "!~", "^", "$")
    BOOLEAN = ("=", "!=", "IN", "NIN")
    INTEGER = ("=", "!=", "IN", "NIN", "<", ">", "<=", ">=")
    DATE = ("=", "<", ">")
    MEMBERSHIP = ("=", "!=")


KIND_OF_TYPE = {
    "string": FieldKind.TEXT,
    "options": FieldKind.TEXT,
    "boolean": FieldKind.BOOLEAN,
    "integer": FieldKind.INTEGER,
    "float": FieldKind.INTEGER,
    "date": FieldKind.DATE,
    "datetime": FieldKind.DATE,
}


@dataclass(frozen=True, slots=True)
class SearchField:
    """A searchable field."""

    name: str
    kind: FieldKind
    read: Callable[[StoredContact], Any]


def _own(name: str, kind: FieldKind) -> SearchField:
    return SearchField(name, kind, lambda contact: getattr(contact, name))


def _plain(name: str, kind: FieldKind) -> SearchField:
    return SearchField(name, kind, lambda contact: contact.fields.get(name))


def _domain(contact: StoredContact) -> str | None:
    return contact.email.rpartition("@")[2] if contact.email else None


def _unsubscribed(contact: StoredContact) -> bool:
    return bool(contact.fields.get("unsubscribed_from_emails"))


# Searchable too, but never set by what this sandbox can be sent. "andoid_sdk_version" is Intercom's spelling.
_UNSET_TEXTS = """
    formatted_phone language_override browser browser_language os location.country location.region
    location.city ios_app_name ios_app_version ios_device ios_os_version ios_sdk_version
    android_app_name android_app_version android_device android_os_version andoid_sdk_version
    android_sdk_version
"""
_UNSET_DATES = """
    last_contacted_at last_replied_at last_email_opened_at last_email_clicked_at ios_last_seen_at
    android_last_seen_at
"""

_STANDARD: Mapping[str, SearchField] = {
    field.name: field
    for field in (
        _own("id", FieldKind.TEXT),
        _own("role", FieldKind.TEXT),
        _own("external_id", FieldKind.TEXT),
        SearchField("email", FieldKind.TEXT, lambda contact: contact.email or None),
        SearchField("email_domain", FieldKind.TEXT, _domain),
        *(_plain(name, FieldKind.TEXT) for name in ("name", "avatar", "owner_id", "phone")),
        *(_own(name, FieldKind.DATE) for name in ("created_at", "updated_at")),
        *(_plain(name, FieldKind.DATE) for name in ("signed_up_at", "last_seen_at")),
        SearchField("unsubscribed_from_emails", FieldKind.BOOLEAN, _unsubscribed),
        *(
            SearchField(name, FieldKind.BOOLEAN, lambda _: False)
            for name in ("marked_email_as_spam", "has_hard_bounced")
        ),
        SearchField("tag_id", FieldKind.MEMBERSHIP, lambda contact: contact.tags),
        SearchField("segment_id", FieldKind.MEMBERSHIP, lambda _: ()),
        *(_plain(name, FieldKind.TEXT) for name in _UNSET_TEXTS.split()),
        *(_plain(name, FieldKind.DATE) for name in _UNSET_DATES.split()),
    )
}


def field_named(name: Any, custom_types: Mapping[str, str]) -> SearchField:
    """The field that a filter or a sort names.

    Args:
        name: as the caller wrote it.
        custom_types: data types of the workspace's custom attributes, by name.
    """
    if isinstance(name, str):
        if name in _STANDARD:
            return _STANDARD[name]
        custom = name.removeprefix(CUSTOM)
        if name.startswith(CUSTOM) and custom in custom_types:
            kind = KIND_OF_TYPE[custom_types[custom]]
            return SearchField(name, kind, lambda contact: contact.custom_attributes.get(custom))
    raise errors.IntercomError(400, "invalid_field", f"{name} is not a valid search field")
