"""Contacts: users and leads.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts
"""

from __future__ import annotations

from types import MappingProxyType

from dbt_intercom_activate.objects.model import Behaviour, Field, FieldType, IntercomObject, Terms, by_name
from dbt_intercom_activate.objects.vocabulary import Removed

NARROWING = Field(
    "role",
    FieldType.ROLE,
    nullable=False,
    not_by_id=frozenset({Behaviour.ATTACH, Behaviour.DETACH, Behaviour.SEND}),
)
"""Which of several contacts with one email is meant, where the contact itself is not written."""

_REMOVALS = frozenset({Removed.IGNORE, Removed.ARCHIVE, Removed.DELETE})
_SET_BY_INTERCOM = "Intercom sets it by itself"
_SET_BY_MESSENGER = "Intercom learns it from the Messenger; use a custom attribute for your own value"

CONTACT = IntercomObject(
    name="contact",
    behaviours=MappingProxyType(
        {
            Behaviour.UPSERT: Terms(("external_id", "email", "id"), removals=_REMOVALS, unarchives=True),
            Behaviour.UPDATE: Terms(("external_id", "email", "id")),
            Behaviour.INSERT: Terms(
                ("external_id", "email"),
                identifier_required=False,
                removals=_REMOVALS,
                creates_with=frozenset({"email", "external_id", "role"}),
            ),
            Behaviour.DELETE: Terms(("id",), only=frozenset()),
            # A role narrows the match where several contacts share an email.
            Behaviour.ARCHIVE: Terms(("external_id", "email", "id"), only=frozenset({"role"})),
        }
    ),
    fields=by_name(
        Field("id", FieldType.ID, nullable=False, identifies_only=True),
        # `PUT {"external_id": null}` is answered 200 and changes nothing.
        Field("external_id", FieldType.ID, nullable=False),
        Field("email", FieldType.EMAIL),
        # "Must be supplied together with an email in the same request."
        Field("email_verified", FieldType.BOOLEAN, together_with="email"),
        Field("role", FieldType.ROLE, nullable=False),
        Field("phone", FieldType.PHONE),
        Field("name", FieldType.TEXT),
        Field("avatar", FieldType.URL),
        Field("signed_up_at", FieldType.TIMESTAMP),
        Field("last_seen_at", FieldType.TIMESTAMP),
        Field("owner_id", FieldType.ID),
        Field("unsubscribed_from_emails", FieldType.BOOLEAN, chosen_by_people=True),
    ),
    open_prefix="custom_attributes.",
    attribute_model="contact",
    identity=("contact", "contact_tag", "contact_company"),
    read_only=MappingProxyType(
        {
            "created_at": "use signed_up_at for the day on which a customer joined you",
            "updated_at": _SET_BY_INTERCOM,
            "last_replied_at": _SET_BY_INTERCOM,
            "last_contacted_at": _SET_BY_INTERCOM,
            "last_email_opened_at": _SET_BY_INTERCOM,
            "last_email_clicked_at": _SET_BY_INTERCOM,
            "has_hard_bounced": _SET_BY_INTERCOM,
            "marked_email_as_spam": _SET_BY_INTERCOM,
            "email_domain": "it follows from email",
            "formatted_phone": "it follows from phone",
            "workspace_id": "the activation's `workspace` decides it",
            "tags": "use an activation with `object: contact_tag`",
            "companies": "use an activation with `object: contact_company`",
            "notes": "notes are not synced; use a custom attribute",
            "segments": "a segment follows from its rules; write the fields that they name",
            "social_profiles": "use a custom attribute",
            "location": _SET_BY_MESSENGER,
            "browser": _SET_BY_MESSENGER,
            "browser_version": _SET_BY_MESSENGER,
            "browser_language": _SET_BY_MESSENGER,
            "os": _SET_BY_MESSENGER,
            "referrer": _SET_BY_MESSENGER,
            "language_override": "Intercom takes it in the Preview version of its API only",
            "custom_attributes": "name one attribute a line, such as custom_attributes.plan",
        }
    ),
)
