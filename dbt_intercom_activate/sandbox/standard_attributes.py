"""The standard attributes of contacts and companies, as GET /data_attributes lists them."""

from __future__ import annotations

from typing import Any


def _attribute(model: str, full_name: str, data_type: str, *, writable: bool) -> dict[str, Any]:
    return {
        "type": "data_attribute",
        "name": full_name.rpartition(".")[2],
        "full_name": full_name,
        "label": full_name.replace("_", " ").replace(".", " ").capitalize(),
        "description": "",
        "data_type": data_type,
        "api_writable": writable,
        "ui_writable": False,
        "messenger_writable": True,
        "custom": False,
        "archived": False,
        "model": model,
    }


# company_id is said not to be writable, though POST /companies takes it; and remote_created_at to be
# writable, though PUT /companies/{company_id} does not take it.
_COMPANY = {
    True: {
        "name": "string",
        "remote_created_at": "date",
        "monthly_spend": "float",
        "size": "integer",
        "industry": "string",
        "website": "string",
    },
    False: {
        "company_id": "string",
        "last_request_at": "date",
        "user_count": "integer",
        "session_count": "integer",
        "plan.name": "string",
        "plan.id": "string",
        "id": "string",
        "created_at": "date",
        "updated_at": "date",
        "app_id": "string",
    },
}
_CONTACT = {
    True: {
        "role": "string",
        "name": "string",
        "owner_id": "integer",
        "email": "string",
        "phone": "string",
        "external_id": "string",
        "signed_up_at": "date",
        "last_seen_at": "date",
        "unsubscribed_from_emails": "boolean",
        "avatar": "string",
    },
    False: {
        "id": "string",
        "workspace_id": "string",
        "type": "string",
        "email_domain": "string",
        "created_at": "date",
        "updated_at": "date",
        "last_replied_at": "date",
        "last_contacted_at": "date",
        "last_email_opened_at": "date",
        "last_email_clicked_at": "date",
        "has_hard_bounced": "boolean",
        "marked_email_as_spam": "boolean",
        "language_override": "string",
        "browser": "string",
        "browser_version": "string",
        "browser_language": "string",
        "os": "string",
        "location.country": "string",
        "location.region": "string",
        "location.city": "string",
        "utm_campaign": "string",
        "utm_content": "string",
        "utm_medium": "string",
        "utm_source": "string",
        "utm_term": "string",
        "referrer": "string",
    },
}

STANDARD = tuple(
    _attribute(model, full_name, data_type, writable=writable)
    for model, attributes in (("contact", _CONTACT), ("company", _COMPANY))
    for writable, types in attributes.items()
    for full_name, data_type in types.items()
)
