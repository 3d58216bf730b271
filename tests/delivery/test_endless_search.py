"""A search whose pages do not end says nothing about anybody, and costs no more than a bounded number of calls."""

from __future__ import annotations

import itertools
import json

import pytest

from dbt_intercom_activate.binding.record import Rules
from dbt_intercom_activate.delivery.contact_lookup import MOST_PAGES, search
from dbt_intercom_activate.errors import Unreachable
from dbt_intercom_activate.intercom.api import read_answer
from dbt_intercom_activate.objects.model import Behaviour

RULES = Rules(Behaviour.UPSERT, "email")


@pytest.mark.parametrize(
    ("cursors", "calls"),
    [(itertools.repeat("same"), 2), ((f"page {number}" for number in itertools.count()), MOST_PAGES)],
    ids=["the same page again", "ever new pages"],
)
def test_pages_without_an_end_are_no_answer(cursors, calls):
    made = []

    def answered():
        for cursor in cursors:
            made.append(cursor)
            page = {"type": "list", "data": [], "pages": {"next": {"starting_after": cursor}}}
            yield read_answer(200, {}, json.dumps(page).encode())

    conversation = search(RULES, ["ada@example.com"])
    next(conversation)
    with pytest.raises(Unreachable, match="do not end"):
        list(map(conversation.send, answered()))

    assert len(made) == calls
