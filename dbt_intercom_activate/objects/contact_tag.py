"""Tags on contacts.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtocontact
"""

from __future__ import annotations

from dbt_intercom_activate.objects.contact import NARROWING
from dbt_intercom_activate.objects.model import FieldType
from dbt_intercom_activate.objects.tags import identifying, tag_object

CONTACT_TAG = tag_object(
    "contact_tag",
    identifying("external_id"),
    identifying("email", FieldType.EMAIL),
    identifying("id"),
    NARROWING,
    identity=("contact", "contact_tag", "contact_company"),
)
