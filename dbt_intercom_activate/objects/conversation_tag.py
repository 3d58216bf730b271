"""Tags on conversations.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtoconversation
"""

from __future__ import annotations

from dbt_intercom_activate.objects.tags import ADMIN, identifying, tag_object

CONVERSATION_TAG = tag_object("conversation_tag", identifying("id"), ADMIN, counted_ids=True)
