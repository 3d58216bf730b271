"""What tags on anything have in common: a tag is named, and made when missing.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags
"""

from __future__ import annotations

from types import MappingProxyType

from dbt_intercom_activate.objects.model import Behaviour, Field, FieldType, IntercomObject, Terms, by_name
from dbt_intercom_activate.objects.vocabulary import Removed

ADMIN = Field("admin_id", FieldType.ID)
"""Who tags, where Intercom asks for it: mapped here, or the workspace's own `admin_id`."""

_TAG = Field("tag", FieldType.TEXT, nullable=False)


def tag_object(
    name: str, *fields: Field, identity: tuple[str, ...] = (), counted_ids: bool = False
) -> IntercomObject:
    """The object of tags on one kind of thing.

    Args:
        name: The object's.
        fields: What is mapped besides the tag; those that only identify are the identifiers.
        identity: The objects whose ledger rows tell Intercom's id of the identifier.
        counted_ids: Whether what is tagged has a number for its `id`.
    """
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
        counted_ids=counted_ids,
        read_only=MappingProxyType({"tag_id": "a tag is named: map `tag`"}),
    )


def identifying(name: str, field_type: FieldType = FieldType.ID) -> Field:
    """A field that matches what is tagged, and is never written."""
    return Field(name, field_type, nullable=False, identifies_only=True)
