"""Tags on tickets.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtoticket
"""

from __future__ import annotations

from dbt_intercom_activate.delivery.tags import delivered_as_admin
from dbt_intercom_activate.intercom.tickets import tag_ticket, untag_ticket
from dbt_intercom_activate.objects.ticket_tag import TICKET_TAG

DELIVERY = delivered_as_admin(TICKET_TAG, tag_ticket, untag_ticket)
