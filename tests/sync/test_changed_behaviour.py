"""An activation that is to do the opposite of what it did, with the same fields of the same rows, does it."""

from __future__ import annotations

import pytest

CONTACT = {
    "name": "people",
    "object": "contact",
    "identifier": "external_id",
    "fields": {"external_id": "id"},
    "archived": "unarchive",
}
TAG = {
    "name": "people",
    "object": "contact_tag",
    "identifier": "external_id",
    "fields": {"external_id": "id"},
    "constants": {"tag": "VIP"},
}


@pytest.fixture
def turned(shop):
    """Sync two people with one behaviour after the other; returns the counts of each run."""

    def turn(block, *behaviours):
        counts = []
        for behaviour in behaviours:
            told = {key: value for key, value in block.items() if (behaviour, key) != ("archive", "archived")}
            shop.only({**told, "behaviour": behaviour}, "id text", [["c1"], ["c2"]])
            counts.append(shop.sync().counts("people"))
            assert shop.sync().counts("people") == {"rows": 2, "unchanged": 2}
        return counts

    return turn


def test_a_tag_that_was_attached_is_detached_and_again_attached(shop, turned):
    for number in (1, 2):
        shop.add_contact(external_id=f"c{number}")

    assert turned(TAG, "attach", "detach", "attach") == [
        {"rows": 2, "attached": 2},
        {"rows": 2, "detached": 2},
        {"rows": 2, "attached": 2},
    ]


def test_a_contact_that_was_upserted_is_archived_and_comes_back(shop, turned):
    assert turned(CONTACT, "upsert", "archive") == [{"rows": 2, "inserted": 2}, {"rows": 2, "archived": 2}]
    assert shop.contacts() == {}

    (counts,) = turned(CONTACT, "upsert")
    assert counts["unarchived"] == 2
    assert set(shop.contacts()) == {"c1", "c2"}
