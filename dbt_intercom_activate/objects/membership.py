"""A contact's membership of a company.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/attachcontacttoacompany
"""

from __future__ import annotations

from types import MappingProxyType

from dbt_intercom_activate.objects.contact import NARROWING
from dbt_intercom_activate.objects.model import Behaviour, Field, FieldType, IntercomObject, Terms, by_name
from dbt_intercom_activate.objects.vocabulary import Removed

_CONTACT = ("contact.external_id", "contact.email", "contact.id")
_COMPANY = ("company.company_id", "company.id")

CONTACT_COMPANY = IntercomObject(
    name="contact_company",
    behaviours=MappingProxyType(
        {
            Behaviour.ATTACH: Terms(
                (), identifier_required=False, removals=frozenset({Removed.IGNORE, Removed.DETACH})
            ),
            Behaviour.DETACH: Terms((), identifier_required=False),
        }
    ),
    fields=by_name(
        Field("contact.external_id", FieldType.ID, nullable=False),
        Field("contact.email", FieldType.EMAIL, nullable=False),
        Field("contact.id", FieldType.ID, nullable=False),
        Field("company.company_id", FieldType.ID, nullable=False),
        Field("company.id", FieldType.ID, nullable=False),
        NARROWING,
    ),
    one_of=(_CONTACT, _COMPANY),
    identifier_prefix="contact.",
    related=_COMPANY,
    key=_COMPANY,
    unique=False,
    identity=("contact", "contact_tag", "contact_company"),
    related_identity=("company", "company_tag"),
)
