"""Requests about tags, and what their answers hold.

Names of tags are the same without regard to case. `POST /tags` has several meanings, told apart by its keys.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/tag
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.intercom.api import Request, items_of, of_kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbt_intercom_activate.intercom.api import Answer, JsonValue


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of the workspace."""

    id: str
    name: str
    """As it was first written: another spelling finds it, and does not rename it."""


def list_tags() -> Request:
    """List all tags, in one page.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/listtags
    """
    return Request.to("GET", "/tags", expects=_lists_tags)


def read_tags(answer: Answer) -> list[Tag]:
    """Read the tags listed in an answer."""
    data = answer.body.get("data") if answer.ok and isinstance(answer.body, dict) else None
    found = [_tag(each) for each in data] if isinstance(data, list) else []
    return [tag for tag in found if tag is not None]


def create_tag(name: str) -> Request:
    """Find the tag of this name, or create it: 200 says both.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/createtag
    """
    return Request.to("POST", "/tags", body={"name": name}, expects=lambda answer: _is_named(answer, name))


def read_tag(answer: Answer) -> Tag | None:
    """Read the one tag of an answer, of all that tag or untag too; None when it holds none."""
    return _tag(answer.body) if answer.ok else None


def tag_contacts(name: str, contact_ids: Iterable[str]) -> Request:
    """Tag many contacts, named by Intercom's ids; the tag is created if there is none.

    No maximum is documented, and no way to untag. From 2.16 on, contacts that Intercom does not have
    are left out of the answer, which is 200 all the same: see `read_tagged`.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/createtag
    """
    users: list[JsonValue] = [{"id": each} for each in contact_ids]
    return Request.to(
        "POST",
        "/tags",
        body={"name": name, "users": users},
        expects=lambda answer: _is_named(answer, name),
    )


def tag_companies(name: str, company_ids: Iterable[str], *, untag: bool = False) -> Request:
    """Tag or untag many companies, named by Intercom's ids; what is missing is left out of the answer.

    The tag is created if there is none.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/createtag
    """
    companies: list[JsonValue] = [
        {"id": each, "untag": True} if untag else {"id": each} for each in company_ids
    ]
    return Request.to(
        "POST",
        "/tags",
        body={"name": name, "companies": companies},
        expects=lambda answer: _is_named(answer, name),
    )


def read_tagged(answer: Answer, *, untag: bool = False) -> frozenset[str]:
    """Read the ids, of contacts or companies, that Intercom says it has tagged.

    Args:
        answer: To `tag_contacts` or `tag_companies`.
        untag: Whether it was asked to untag. Then an entry is proof by being there: its `tagged` is
            described as "tagged or untagged", without saying which of them is true. Otherwise `tagged`
            has to be true.
    """
    body = answer.body if answer.ok and isinstance(answer.body, dict) else {}
    listed = [body.get("users"), body.get("companies")]
    entries = [entry for each in listed if isinstance(each, list) for entry in each]
    ids = [
        entry.get("id")
        for entry in entries
        if isinstance(entry, dict) and (untag or entry.get("tagged") is True)
    ]
    return frozenset(each for each in ids if isinstance(each, str) and each)


def tag_contact(contact_id: str, tag_id: str) -> Request:
    """Tag one contact; one that has the tag already is answered alike. 404 tells the contact from the tag.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtocontact
    """
    return Request.to(
        "POST",
        "/contacts/{contact_id}/tags",
        contact_id,
        body={"id": tag_id},
        expects=lambda answer: is_tag(answer, tag_id),
    )


def untag_contact(contact_id: str, tag_id: str) -> Request:
    """Take a tag off a contact.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/detachtagfromcontact
    """
    return Request.to(
        "DELETE",
        "/contacts/{contact_id}/tags/{tag_id}",
        contact_id,
        tag_id,
        expects=lambda answer: is_tag(answer, tag_id),
    )


def is_tag(answer: Answer, tag_id: str) -> bool:
    """Whether an answer is the tag of this id."""
    tag = _whole(answer.body)
    return tag is not None and tag.id == tag_id


def _is_named(answer: Answer, name: str) -> bool:
    tag = _whole(answer.body)
    return tag is not None and tag.name.strip().casefold() == name.strip().casefold()


def _lists_tags(answer: Answer) -> bool:
    items = items_of(answer)
    return items is not None and all(_whole(each) for each in items)


def _whole(item: JsonValue) -> Tag | None:
    """The tag, if an item is one and nothing else."""
    return _tag(item) if of_kind(item, "tag") else None


def _tag(item: JsonValue) -> Tag | None:
    if not isinstance(item, dict):
        return None
    tag_id, name = item.get("id"), item.get("name")
    if not isinstance(tag_id, str) or not tag_id or not isinstance(name, str):
        return None
    return Tag(tag_id, name)
