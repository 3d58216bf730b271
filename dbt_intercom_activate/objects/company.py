"""Companies.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies
"""

from __future__ import annotations

from types import MappingProxyType

from dbt_intercom_activate.objects.model import Behaviour, Field, FieldType, IntercomObject, Terms, by_name
from dbt_intercom_activate.objects.vocabulary import Removed

_REMOVALS = frozenset({Removed.IGNORE, Removed.DELETE})
_SET_BY_INTERCOM = "Intercom sets it by itself"
# `PUT /companies/{id}` takes fewer fields than `POST /companies`.
_ONLY_BY_POST = frozenset({Behaviour.UPSERT, Behaviour.UPDATE})

COMPANY = IntercomObject(
    name="company",
    behaviours=MappingProxyType(
        {
            Behaviour.UPSERT: Terms(("company_id", "id"), removals=_REMOVALS),
            Behaviour.UPDATE: Terms(("company_id", "id")),
            Behaviour.INSERT: Terms(
                ("company_id",),
                identifier_required=False,
                default_identifier="company_id",
                removals=_REMOVALS,
            ),
            Behaviour.DELETE: Terms(("id",), only=frozenset()),
        }
    ),
    fields=by_name(
        Field("id", FieldType.ID, nullable=False, identifies_only=True),
        # Set once, never changed: an upsert by `id` needs it for what it inserts.
        Field("company_id", FieldType.ID, nullable=False, not_by_id=frozenset({Behaviour.UPDATE})),
        Field("name", FieldType.TEXT),
        Field("plan", FieldType.TEXT),
        Field("size", FieldType.WHOLE),
        Field("website", FieldType.URL),
        Field("industry", FieldType.TEXT),
        Field("monthly_spend", FieldType.INTEGER),
        Field("remote_created_at", FieldType.TIMESTAMP, not_by_id=_ONLY_BY_POST),
        Field("update_last_request_at", FieldType.BOOLEAN, nullable=False, not_by_id=_ONLY_BY_POST),
    ),
    open_prefix="custom_attributes.",
    attribute_model="company",
    identity=("company", "company_tag"),
    read_only=MappingProxyType(
        {
            "created_at": "use remote_created_at for the day on which a company joined you",
            "updated_at": _SET_BY_INTERCOM,
            "last_request_at": "update_last_request_at: true sets it to now",
            "session_count": _SET_BY_INTERCOM,
            "user_count": _SET_BY_INTERCOM,
            "app_id": "the activation's `workspace` decides it",
            "tags": "use an activation with `object: company_tag`",
            "contacts": "use an activation with `object: contact_company`",
            "users": "use an activation with `object: contact_company`",
            "notes": "notes are not synced; use a custom attribute",
            "segments": "a segment follows from its rules; write the fields that they name",
            "custom_attributes": "name one attribute a line, such as custom_attributes.plan",
        }
    ),
)
