"""Tags on tickets. The `id` is Intercom's own, not the `ticket_id` that the Inbox shows.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtoticket
"""

from __future__ import annotations

from dbt_intercom_activate.objects.tags import ADMIN, identifying, tag_object

TICKET_TAG = tag_object("ticket_tag", identifying("id"), ADMIN, counted_ids=True)
