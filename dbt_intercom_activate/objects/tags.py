"""Tags on contacts, companies and conversations. A tag is named, and made when missing.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags
"""

from __future__ import annotations

from types import MappingProxyType

from dbt_intercom_activate.objects.model import Behaviour, Field, FieldType, IntercomObject, Terms, by_name
from dbt_intercom_activate.objects.vocabulary import Removed

_TAG = Field("tag", FieldType.TEXT, nullable=False)


def _tag_object(name: str, *fields: Field, identity: tuple[str, ...] = ()) -> IntercomObject:
    identifiers = tuple(field.name for field in fields if field.identifies_only)
    return IntercomObject(
        name=name,
        behaviours=MappingProxyType(
            {
                Behaviour.ATTACH: Terms(identifiers, removals=frozenset({Removed.IGNORE, Removed.DETACH})),
                Behaviour.DETACH: Terms(identifiers),
            }
        ),
        fields=by_name(*fields, _TAG),
        one_of=(("tag",),),
        related=("tag",),
        key=("tag",),
        unique=False,
        identity=identity,
        read_only=MappingProxyType({"tag_id": "a tag is named: map `tag`"}),
    )


def _identifying(name: str, field_type: FieldType = FieldType.ID) -> Field:
    return Field(name, field_type, nullable=False, identifies_only=True)


CONTACT_TAG = _tag_object(
    "contact_tag",
    _identifying("external_id"),
    _identifying("email", FieldType.EMAIL),
    _identifying("id"),
    identity=("contact", "contact_tag", "contact_company"),
)
COMPANY_TAG = _tag_object(
    "company_tag", _identifying("company_id"), _identifying("id"), identity=("company", "company_tag")
)
# Tagging a conversation needs an admin: mapped here, or the workspace's own `admin_id`.
CONVERSATION_TAG = _tag_object("conversation_tag", _identifying("id"), Field("admin_id", FieldType.ID))
