"""The contact object as Intercom writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbt_intercom_activate.sandbox.exchange import ReceivedCall
    from dbt_intercom_activate.sandbox.records import StoredContact
    from dbt_intercom_activate.sandbox.state import SandboxState

# Lists inside a contact stop at ten; their `url` has the rest.
INLINE_LIMIT = 10

# Present in every contact, and never set by what this sandbox can be sent.
_NULL_KEYS = """
    last_replied_at last_contacted_at last_email_opened_at last_email_clicked_at language_override
    browser browser_version browser_language os android_app_name android_app_version android_device
    android_os_version android_sdk_version android_last_seen_at ios_app_name ios_app_version
    ios_device ios_os_version ios_sdk_version ios_last_seen_at utm_campaign utm_content utm_medium
    utm_source utm_term referrer enabled_push_messaging
"""
_NULLS = dict.fromkeys(_NULL_KEYS.split())
_NOWHERE = {
    "type": "location",
    "country": None,
    "region": None,
    "city": None,
    "country_code": None,
    "continent_code": None,
}


def contact_body(state: SandboxState, contact: StoredContact, call: ReceivedCall) -> dict[str, Any]:
    """The full contact, as GET, POST and PUT answer it."""
    fields = contact.fields
    owner = fields.get("owner_id")
    return {
        "type": "contact",
        "id": contact.id,
        "workspace_id": state.workspace_id,
        "external_id": contact.external_id,
        "role": contact.role,
        "email": contact.email,
        "email_domain": contact.email.rpartition("@")[2] if contact.email else None,
        "phone": fields.get("phone"),
        "name": fields.get("name"),
        "avatar": {"type": "avatar", "image_url": fields["avatar"]} if fields.get("avatar") else None,
        # A string since 2.16, an integer before.
        "owner_id": int(owner) if owner and call.before_2_16() else owner,
        "social_profiles": {"type": "list", "data": []},
        "has_hard_bounced": False,
        "marked_email_as_spam": False,
        "unsubscribed_from_emails": bool(fields.get("unsubscribed_from_emails")),
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
        "signed_up_at": fields.get("signed_up_at"),
        "last_seen_at": fields.get("last_seen_at"),
        **_NULLS,
        "language_override": fields.get("language_override"),
        "location": _NOWHERE,
        "custom_attributes": contact.custom_attributes,
        "tags": _inline(contact.id, "tags", "tag", contact.tags),
        "notes": _inline(contact.id, "notes", "note", ()),
        "companies": _inline(contact.id, "companies", "company", contact.companies),
        "opted_out_subscription_types": _inline(contact.id, "subscriptions", "subscription", ()),
        "opted_in_subscription_types": _inline(contact.id, "subscriptions", "subscription", ()),
    }


def found_contact_body(state: SandboxState, contact: StoredContact, call: ReceivedCall) -> dict[str, Any]:
    """The contact as search shows it: an email cleared by null is null here, an empty text in GET."""
    return {**contact_body(state, contact, call), "email": contact.email or None}


def reference_body(contact: StoredContact, **outcome: bool) -> dict[str, Any]:
    """What archive, unarchive, block and delete answer."""
    return {"type": "contact", "id": contact.id, "external_id": contact.external_id, **outcome}


def _inline(contact_id: str, sub: str, kind: str, ids: Iterable[str]) -> dict[str, Any]:
    listed = list(ids)
    plural = "companies" if kind == "company" else f"{kind}s"
    return {
        "type": "list",
        # Ids only: a tag's name is not told here.
        "data": [{"id": i, "type": kind, "url": f"/{plural}/{i}"} for i in listed[:INLINE_LIMIT]],
        "url": f"/contacts/{contact_id}/{sub}",
        "total_count": len(listed),
        "has_more": len(listed) > INLINE_LIMIT,
    }
