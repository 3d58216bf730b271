"""Requests about tags as the reference writes them, and its examples read."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.intercom import conversations, tags
from dbt_intercom_activate.intercom.tags import Tag

HOSTILE = 'VIP", "id": "1 🪴\n{{ x }}'
TAG = {"type": "tag", "id": "105", "name": "test"}


@pytest.mark.parametrize(
    ("request_", "line", "body"),
    [
        (tags.list_tags(), "GET /tags", None),
        (tags.create_tag("VIP"), "POST /tags", {"name": "VIP"}),
        (tags.create_tag(HOSTILE), "POST /tags", {"name": HOSTILE}),
        (
            tags.tag_contacts("VIP", ["a1", "a2"]),
            "POST /tags",
            {"name": "VIP", "users": [{"id": "a1"}, {"id": "a2"}]},
        ),
        (tags.tag_companies("VIP", ["c1"]), "POST /tags", {"name": "VIP", "companies": [{"id": "c1"}]}),
        (
            tags.tag_companies("VIP", ["c1", "c2"], untag=True),
            "POST /tags",
            {"name": "VIP", "companies": [{"id": "c1", "untag": True}, {"id": "c2", "untag": True}]},
        ),
        (tags.tag_contact("a1", "7"), "POST /contacts/a1/tags", {"id": "7"}),
        (tags.untag_contact("a/1", "7"), "DELETE /contacts/a%2F1/tags/7", None),
        (
            conversations.tag_conversation("5", "7", "780"),
            "POST /conversations/5/tags",
            {"id": "7", "admin_id": "780"},
        ),
        (
            conversations.untag_conversation("5", "7", "780"),
            "DELETE /conversations/5/tags/7",
            {"admin_id": "780"},
        ),
    ],
    ids=[
        "list",
        "create",
        "create with a hostile name",
        "tag contacts",
        "tag companies",
        "untag companies",
        "tag a contact",
        "untag a contact",
        "tag a conversation",
        "untag a conversation",
    ],
)
def test_requests(request_, line, body) -> None:
    assert f"{request_.method} {request_.target}" == line
    assert request_.body == body
    assert request_.repeatable


def test_an_empty_tag_id_reaches_no_other_endpoint() -> None:
    assert tags.untag_contact("a1", "").path == "/contacts/a1/tags/-"


def test_the_tags_of_a_workspace(answered) -> None:
    body = {"type": "list", "data": [TAG, {"type": "tag", "id": "7", "name": "VIP"}]}

    assert tags.read_tags(answered(body)) == [Tag("105", "test"), Tag("7", "VIP")]


@pytest.mark.parametrize(
    "body", [None, [], {"data": 5}, {"data": [None, {}, {"id": 7, "name": "x"}, {"id": "7"}]}], ids=str
)
def test_nonsense_is_no_tag(body, answered) -> None:
    assert tags.read_tags(answered(body)) == []
    assert tags.read_tag(answered(body)) is None


def test_one_tag(answered, not_found) -> None:
    assert tags.read_tag(answered({**TAG, "users": [], "companies": []})) == Tag("105", "test")
    assert tags.read_tag(not_found) is None


class TestTagged:
    @pytest.mark.parametrize("key", ["users", "companies"])
    def test_what_intercom_tagged(self, key, answered) -> None:
        body = {**TAG, "users": [], "companies": []}
        body[key] = [{"id": "valid-123", "tagged": True}, {"id": "valid-124", "tagged": True}]

        assert tags.read_tagged(answered(body)) == {"valid-123", "valid-124"}

    def test_what_is_missing_or_not_tagged_is_left_out(self, answered) -> None:
        entries = [
            {"id": "a", "tagged": False},
            {"id": "b"},
            {"id": "c", "tagged": None},
            {"id": "d", "tagged": True},
        ]

        assert tags.read_tagged(answered({**TAG, "users": entries})) == {"d"}

    @pytest.mark.parametrize("tagged", [{"tagged": False}, {"tagged": True}, {}], ids=str)
    def test_an_untagged_company_is_proved_by_its_entry(self, tagged, answered) -> None:
        body = {**TAG, "companies": [{"id": "a", **tagged}]}

        assert tags.read_tagged(answered(body), untag=True) == {"a"}

    @pytest.mark.parametrize(
        "body",
        [
            None,
            [],
            TAG,
            {"users": None, "companies": {"id": "a", "tagged": True}},
            {"users": [None, 5, {"tagged": True}, {"id": 5, "tagged": True}, {"id": "", "tagged": True}]},
        ],
        ids=str,
    )
    def test_nonsense_tagged_nothing(self, body, answered) -> None:
        assert tags.read_tagged(answered(body)) == frozenset()
        assert tags.read_tagged(answered(body), untag=True) == frozenset()

    def test_a_refusal_tagged_nothing(self, answered) -> None:
        assert tags.read_tagged(answered({"users": [{"id": "a", "tagged": True}]}, 400)) == frozenset()
