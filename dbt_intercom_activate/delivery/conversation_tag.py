"""Tags on conversations.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtoconversation
"""

from __future__ import annotations

from dbt_intercom_activate.delivery.tags import delivered_as_admin
from dbt_intercom_activate.intercom.conversations import tag_conversation, untag_conversation
from dbt_intercom_activate.objects.conversation_tag import CONVERSATION_TAG

DELIVERY = delivered_as_admin(CONVERSATION_TAG, tag_conversation, untag_conversation)
