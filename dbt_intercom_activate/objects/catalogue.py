"""All objects by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from dbt_intercom_activate.objects.company import COMPANY
from dbt_intercom_activate.objects.company_tag import COMPANY_TAG
from dbt_intercom_activate.objects.contact import CONTACT
from dbt_intercom_activate.objects.contact_tag import CONTACT_TAG
from dbt_intercom_activate.objects.conversation_tag import CONVERSATION_TAG
from dbt_intercom_activate.objects.event import EVENT
from dbt_intercom_activate.objects.membership import CONTACT_COMPANY
from dbt_intercom_activate.objects.ticket_tag import TICKET_TAG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.objects.model import IntercomObject

OBJECTS: Mapping[str, IntercomObject] = MappingProxyType(
    {
        each.name: each
        for each in (
            CONTACT,
            COMPANY,
            CONTACT_TAG,
            COMPANY_TAG,
            CONVERSATION_TAG,
            TICKET_TAG,
            CONTACT_COMPANY,
            EVENT,
        )
    }
)
