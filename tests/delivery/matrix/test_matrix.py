"""One table: object x behaviour x identifier x situation, with what becomes of the record and the calls it takes.

Every cell of the full product is in `TABLE`, or has its reason in `REASONS`. The cells that Intercom decides are played
against the sandbox over HTTP, each in an empty workspace; those that the plan decides go through the whole line with
DuckDB.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from blocks_harness import COLUMNS, COMPANY, CONTACT, ITEMS, block, every_combination

from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.sandbox.records import Condition, StoredTag

if TYPE_CHECKING:
    from collections.abc import Mapping


class Situation(Enum):
    """What Intercom holds, what we remember, and what is odd about the row."""

    ABSENT = "nothing in Intercom matches"
    PRESENT = "Intercom has it, and we do not know"
    REMEMBERED = "the ledger knows Intercom's id"
    GONE = "the id that the ledger knows is gone, and nothing else matches"
    REPLACED = "the id that the ledger knows is gone, and another object has the identifier"
    UNSEEN = "search does not show it yet"
    ARCHIVED = "it is archived, and we do not know"
    DELETED = "it was deleted, and we do not know"
    MERGED = "it was merged into another"
    AMBIGUOUS = "two match"
    OTHER_ABSENT = "the other side, a tag or a company, is not there"
    OTHER_REPLACED = "the company's id that the ledger knows is gone, and another has the company_id"
    LOST = "the write is carried out, and its answer is lost"
    NULL_KEY = "the identifier, or where that may be null the key, is null"
    DUPLICATE_KEY = "two rows have the key"
    BAD_VALUE = "a value does not fit its field"
    CHANGED = "delivered before, and the row changed since"


S = Situation
PLANNED = (S.NULL_KEY, S.DUPLICATE_KEY, S.BAD_VALUE, S.CHANGED)
"""Situations that a relation and a ledger are needed for."""

CALLS = {
    "search": "POST /contacts/search",
    "create": "POST /contacts",
    "read": "GET /contacts/{contact_id}",
    "find": "GET /contacts/find_by_external_id/{external_id}",
    "update": "PUT /contacts/{contact_id}",
    "delete": "DELETE /contacts/{contact_id}",
    "archive": "POST /contacts/{contact_id}/archive",
    "find company": "GET /companies",
    "post company": "POST /companies",
    "put company": "PUT /companies/{company_id}",
    "delete company": "DELETE /companies/{company_id}",
    "list tags": "GET /tags",
    "tag": "POST /tags",
    "tag contact": "POST /contacts/{contact_id}/tags",
    "untag contact": "DELETE /contacts/{contact_id}/tags/{tag_id}",
    "tag conversation": "POST /conversations/{conversation_id}/tags",
    "untag conversation": "DELETE /conversations/{conversation_id}/tags/{tag_id}",
    "tag ticket": "POST /tickets/{ticket_id}/tags",
    "untag ticket": "DELETE /tickets/{ticket_id}/tags/{tag_id}",
    "attach": "POST /contacts/{contact_id}/companies",
    "detach": "DELETE /contacts/{contact_id}/companies/{company_id}",
    "event": "POST /events",
}


@dataclass(frozen=True)
class Cell:
    """What becomes of the record, and every call that it takes, in order."""

    operation: str
    code: str | None
    calls: tuple[str, ...] = ()


def ok(operation: str, calls: str = "") -> Cell:
    return Cell(operation, None, _calls(calls))


def no(code: str, calls: str = "", operation: str = "none") -> Cell:
    return Cell(operation, code, _calls(calls))


def _calls(names: str) -> tuple[str, ...]:
    return tuple(CALLS[name] for name in names.split(", ")) if names else ()


MISSING = no("missing_identifier")
DUPLICATE = no("duplicate_identifier")
INVALID = no("invalid_value")
ROWS = {S.NULL_KEY: MISSING, S.DUPLICATE_KEY: DUPLICATE}
"""What holds for every row that cannot be told from others."""


def membership(behaviour: str, contact: str, company: str) -> dict[Situation, Cell]:
    """A membership says one thing of two sides, so its cells are composed of what finding each side costs."""
    seen = {"external_id": "search, ", "email": "search, ", "id": ""}[contact]
    past_search = {"external_id": "search, find", "email": "search"}.get(contact, "")
    find = "find company, " if company == "company_id" else ""
    read = {"external_id": "search, find", "email": "search, read"}.get(contact, "")
    cells = {
        **ROWS,
        S.PRESENT: ok(behaviour, f"{seen}{find}{behaviour}"),
        S.MERGED: no("merged", f"{find}{behaviour}{', ' if read else ''}{read}"),
        S.LOST: ok(behaviour, f"{seen}{find}{behaviour}, {behaviour}"),
    }
    if contact == "id":
        cells |= dict.fromkeys(
            (S.ABSENT, S.ARCHIVED, S.DELETED), no("not_found", f"{find}{behaviour}", behaviour)
        )
    else:
        cells |= {
            **dict.fromkeys((S.ABSENT, S.ARCHIVED, S.DELETED), no("not_found", past_search)),
            S.REMEMBERED: ok(behaviour, f"{find}{behaviour}"),
            S.GONE: no("not_found", f"{find}{behaviour}, {past_search}"),
            S.REPLACED: ok(behaviour, f"{find}{behaviour}, search, {behaviour}"),
        }
    if contact == "external_id":
        cells[S.UNSEEN] = ok(behaviour, f"search, find, {find}{behaviour}")
    if contact == "email":
        cells |= {
            S.UNSEEN: no("not_found", "search"),
            S.AMBIGUOUS: no("ambiguous_match", "search"),
            S.BAD_VALUE: INVALID,
        }
    if company == "company_id":
        cells |= {
            S.OTHER_ABSENT: no("not_found", f"{seen}find company"),
            S.OTHER_REPLACED: ok(behaviour, f"{seen}{behaviour}, find company, {behaviour}"),
        }
    else:
        cells[S.OTHER_ABSENT] = no("not_found", f"{seen}{behaviour}", behaviour)
    return cells


def tagged_as_admin(item: str) -> dict[str, dict[Situation, Cell]]:
    """What is known by its id only, and is tagged one by one in the name of an admin."""
    return {
        f"{item}_tag attach id": {
            **ROWS,
            S.ABSENT: no("not_found", f"list tags, tag {item}", "attach"),
            S.PRESENT: ok("attach", f"list tags, tag {item}"),
            S.OTHER_ABSENT: ok("attach", f"list tags, tag, tag {item}"),
            S.LOST: ok("attach", f"list tags, tag {item}, tag {item}"),
            S.BAD_VALUE: INVALID,
            S.CHANGED: ok("attach", f"list tags, tag {item}"),
        },
        f"{item}_tag detach id": {
            **ROWS,
            S.ABSENT: no("not_found", f"list tags, untag {item}", "detach"),
            S.PRESENT: ok("detach", f"list tags, untag {item}"),
            S.OTHER_ABSENT: ok("detach", "list tags"),
            S.LOST: ok("detach", f"list tags, untag {item}, untag {item}"),
            S.BAD_VALUE: INVALID,
            S.CHANGED: ok("detach", f"list tags, untag {item}"),
        },
    }


TABLE: dict[str, dict[Situation, Cell]] = {
    "contact upsert external_id": {
        **ROWS,
        S.ABSENT: ok("insert", "search, create"),
        S.PRESENT: ok("update", "search, update"),
        S.REMEMBERED: ok("update", "update"),
        S.GONE: ok("insert", "update, search, create"),
        S.REPLACED: ok("update", "update, search, update"),
        S.UNSEEN: ok("update", "search, create, read, update"),
        S.ARCHIVED: no("archived", "search, create", "insert"),
        S.DELETED: no("archived", "search, create", "insert"),
        S.MERGED: no("merged", "update, search, find"),
        S.LOST: ok("insert", "search, create, create, read"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: ok("update", "update"),
    },
    "contact upsert email": {
        **ROWS,
        S.ABSENT: ok("insert", "search, create"),
        S.PRESENT: ok("update", "search, update"),
        S.REMEMBERED: ok("update", "update"),
        S.GONE: ok("insert", "update, search, create"),
        S.REPLACED: ok("update", "update, search, update"),
        S.UNSEEN: ok("update", "search, create, read, update"),
        S.ARCHIVED: no("archived", "search, create", "insert"),
        S.DELETED: no("archived", "search, create", "insert"),
        S.MERGED: no("merged", "update, search, read"),
        S.AMBIGUOUS: no("ambiguous_match", "search"),
        S.LOST: ok("insert", "search, create, create, read"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: ok("update", "update"),
    },
    "contact upsert id": {
        **ROWS,
        S.ABSENT: no("not_found", "update", "update"),
        S.PRESENT: ok("update", "update"),
        S.REMEMBERED: ok("update", "update"),
        S.GONE: ok("insert", "update, create"),
        S.REPLACED: no("already_exists", "update, create, read", "insert"),
        S.ARCHIVED: no("not_found", "update", "update"),
        S.DELETED: no("not_found", "update", "update"),
        S.MERGED: no("merged", "update"),
        S.LOST: ok("insert", "create, create, read"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: ok("update", "update"),
    },
    "contact update external_id": {
        **ROWS,
        S.ABSENT: no("not_found", "search, find"),
        S.PRESENT: ok("update", "search, update"),
        S.REMEMBERED: ok("update", "update"),
        S.GONE: no("not_found", "update, search, find"),
        S.REPLACED: ok("update", "update, search, update"),
        S.UNSEEN: ok("update", "search, find, update"),
        S.ARCHIVED: no("not_found", "search, find"),
        S.DELETED: no("not_found", "search, find"),
        S.MERGED: no("merged", "update, search, find"),
        S.LOST: ok("update", "search, update, update"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: ok("update", "update"),
    },
    "contact update email": {
        **ROWS,
        S.ABSENT: no("not_found", "search"),
        S.PRESENT: ok("update", "search, update"),
        S.REMEMBERED: ok("update", "update"),
        S.GONE: no("not_found", "update, search"),
        S.REPLACED: ok("update", "update, search, update"),
        # Nothing but search finds an email, so the next run tries again.
        S.UNSEEN: no("not_found", "search"),
        S.ARCHIVED: no("not_found", "search"),
        S.DELETED: no("not_found", "search"),
        S.MERGED: no("merged", "update, search, read"),
        S.AMBIGUOUS: no("ambiguous_match", "search"),
        S.LOST: ok("update", "search, update, update"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: ok("update", "update"),
    },
    "contact update id": {
        **ROWS,
        S.ABSENT: no("not_found", "update", "update"),
        S.PRESENT: ok("update", "update"),
        S.ARCHIVED: no("not_found", "update", "update"),
        S.DELETED: no("not_found", "update", "update"),
        S.MERGED: no("merged", "update"),
        S.LOST: ok("update", "update, update"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: ok("update", "update"),
    },
    "contact insert external_id": {
        **ROWS,
        S.ABSENT: ok("insert", "search, create"),
        S.PRESENT: no("already_exists", "search", "insert"),
        S.UNSEEN: no("already_exists", "search, create, read", "insert"),
        S.ARCHIVED: no("archived", "search, create", "insert"),
        S.DELETED: no("archived", "search, create", "insert"),
        S.LOST: ok("insert", "search, create, create, read"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: no("changed_after_insert"),
    },
    "contact insert email": {
        **ROWS,
        S.ABSENT: ok("insert", "search, create"),
        S.PRESENT: no("already_exists", "search", "insert"),
        S.UNSEEN: no("already_exists", "search, create, read", "insert"),
        S.ARCHIVED: no("archived", "search, create", "insert"),
        S.DELETED: no("archived", "search, create", "insert"),
        S.AMBIGUOUS: no("already_exists", "search", "insert"),
        S.LOST: ok("insert", "search, create, create, read"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: no("changed_after_insert"),
    },
    "contact insert none": {
        **ROWS,
        S.ABSENT: ok("insert", "create"),
        S.PRESENT: no("already_exists", "create, read", "insert"),
        S.ARCHIVED: no("archived", "create", "insert"),
        S.DELETED: no("archived", "create", "insert"),
        S.AMBIGUOUS: no("already_exists", "create, read", "insert"),
        S.LOST: ok("insert", "create, create, read"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: no("changed_after_insert"),
    },
    "contact delete id": {
        **ROWS,
        S.ABSENT: no("not_found", "delete", "delete"),
        S.PRESENT: ok("delete", "delete"),
        S.ARCHIVED: ok("delete", "delete"),
        S.DELETED: no("not_found", "delete", "delete"),
        S.MERGED: no("merged", "delete"),
        S.LOST: ok("delete", "delete, delete"),
    },
    "contact archive external_id": {
        **ROWS,
        S.ABSENT: no("not_found", "search, find"),
        S.PRESENT: ok("archive", "search, archive"),
        S.REMEMBERED: ok("archive", "archive"),
        S.GONE: no("not_found", "archive, search, find"),
        S.REPLACED: ok("archive", "archive, search, archive"),
        S.UNSEEN: ok("archive", "search, find, archive"),
        S.ARCHIVED: no("not_found", "search, find"),
        S.DELETED: no("not_found", "search, find"),
        S.MERGED: no("merged", "archive, search, find"),
        S.LOST: ok("archive", "search, archive, archive"),
    },
    "contact archive email": {
        **ROWS,
        S.ABSENT: no("not_found", "search"),
        S.PRESENT: ok("archive", "search, archive"),
        S.REMEMBERED: ok("archive", "archive"),
        S.GONE: no("not_found", "archive, search"),
        S.REPLACED: ok("archive", "archive, search, archive"),
        S.UNSEEN: no("not_found", "search"),
        S.ARCHIVED: no("not_found", "search"),
        S.DELETED: no("not_found", "search"),
        S.MERGED: no("merged", "archive, search, read"),
        S.AMBIGUOUS: no("ambiguous_match", "search"),
        S.LOST: ok("archive", "search, archive, archive"),
        S.BAD_VALUE: INVALID,
    },
    "contact archive id": {
        **ROWS,
        S.ABSENT: no("not_found", "archive", "archive"),
        S.PRESENT: ok("archive", "archive"),
        S.ARCHIVED: ok("archive", "archive"),
        S.DELETED: no("not_found", "archive", "archive"),
        S.MERGED: no("merged", "archive"),
        S.LOST: ok("archive", "archive, archive"),
    },
    "company upsert company_id": {
        **ROWS,
        S.ABSENT: ok("insert", "post company"),
        S.PRESENT: ok("update", "post company"),
        S.REMEMBERED: ok("update", "post company"),
        S.GONE: ok("insert", "post company"),
        S.REPLACED: ok("update", "post company"),
        S.DELETED: ok("insert", "post company"),
        S.LOST: ok("insert", "post company, post company"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: ok("update", "post company"),
    },
    "company upsert id": {
        **ROWS,
        S.ABSENT: no("not_found", "put company", "update"),
        S.PRESENT: ok("update", "put company"),
        S.REMEMBERED: ok("update", "put company"),
        S.GONE: ok("insert", "put company, find company, post company"),
        S.REPLACED: no("already_exists", "put company, find company", "insert"),
        S.DELETED: no("not_found", "put company", "update"),
        S.LOST: ok("insert", "find company, post company, post company"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: ok("update", "put company"),
    },
    "company update company_id": {
        **ROWS,
        S.ABSENT: no("not_found", "find company", "update"),
        S.PRESENT: ok("update", "find company, put company"),
        S.REMEMBERED: ok("update", "put company"),
        S.GONE: no("not_found", "put company, find company", "update"),
        S.REPLACED: ok("update", "put company, find company, put company"),
        S.DELETED: no("not_found", "find company", "update"),
        S.LOST: ok("update", "find company, put company, put company"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: ok("update", "put company"),
    },
    "company update id": {
        **ROWS,
        S.ABSENT: no("not_found", "put company", "update"),
        S.PRESENT: ok("update", "put company"),
        S.DELETED: no("not_found", "put company", "update"),
        S.LOST: ok("update", "put company, put company"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: ok("update", "put company"),
    },
    "company insert company_id": {
        **ROWS,
        S.ABSENT: ok("insert", "find company, post company"),
        S.PRESENT: no("already_exists", "find company", "insert"),
        S.DELETED: ok("insert", "find company, post company"),
        S.LOST: ok("insert", "find company, post company, post company"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: no("changed_after_insert"),
    },
    "company delete id": {
        **ROWS,
        S.ABSENT: no("not_found", "delete company", "delete"),
        S.PRESENT: ok("delete", "delete company"),
        S.DELETED: no("not_found", "delete company", "delete"),
        S.LOST: ok("delete", "delete company, delete company"),
    },
    "contact_tag attach external_id": {
        **ROWS,
        S.ABSENT: no("not_found", "search, find"),
        S.PRESENT: ok("attach", "search, tag"),
        S.REMEMBERED: ok("attach", "tag"),
        S.GONE: no("not_found", "tag, tag contact, search, find"),
        S.REPLACED: ok("attach", "tag, tag contact, search, tag contact"),
        S.UNSEEN: ok("attach", "search, find, tag"),
        S.ARCHIVED: no("not_found", "search, find"),
        S.DELETED: no("not_found", "search, find"),
        S.MERGED: no("merged", "tag, tag contact, search, find"),
        S.OTHER_ABSENT: ok("attach", "search, tag"),
        S.LOST: ok("attach", "search, tag, tag"),
    },
    "contact_tag attach email": {
        **ROWS,
        S.ABSENT: no("not_found", "search"),
        S.PRESENT: ok("attach", "search, tag"),
        S.REMEMBERED: ok("attach", "tag"),
        S.GONE: no("not_found", "tag, tag contact, search"),
        S.REPLACED: ok("attach", "tag, tag contact, search, tag contact"),
        S.UNSEEN: no("not_found", "search"),
        S.ARCHIVED: no("not_found", "search"),
        S.DELETED: no("not_found", "search"),
        S.MERGED: no("merged", "tag, tag contact, search, read"),
        S.AMBIGUOUS: no("ambiguous_match", "search"),
        S.OTHER_ABSENT: ok("attach", "search, tag"),
        S.LOST: ok("attach", "search, tag, tag"),
        S.BAD_VALUE: INVALID,
    },
    "contact_tag attach id": {
        **ROWS,
        S.ABSENT: no("not_found", "tag, tag contact", "attach"),
        S.PRESENT: ok("attach", "tag"),
        S.ARCHIVED: no("not_found", "tag, tag contact", "attach"),
        S.DELETED: no("not_found", "tag, tag contact", "attach"),
        S.MERGED: no("merged", "tag, tag contact"),
        S.OTHER_ABSENT: ok("attach", "tag"),
        S.LOST: ok("attach", "tag, tag"),
    },
    "contact_tag detach external_id": {
        **ROWS,
        S.ABSENT: no("not_found", "list tags, search, find"),
        S.PRESENT: ok("detach", "list tags, search, untag contact"),
        S.REMEMBERED: ok("detach", "list tags, untag contact"),
        S.GONE: no("not_found", "list tags, untag contact, search, find"),
        S.REPLACED: ok("detach", "list tags, untag contact, search, untag contact"),
        S.UNSEEN: ok("detach", "list tags, search, find, untag contact"),
        S.ARCHIVED: no("not_found", "list tags, search, find"),
        S.DELETED: no("not_found", "list tags, search, find"),
        S.MERGED: no("merged", "list tags, untag contact, search, find"),
        S.OTHER_ABSENT: ok("detach", "list tags, search"),
        S.LOST: ok("detach", "list tags, search, untag contact, untag contact"),
    },
    "contact_tag detach email": {
        **ROWS,
        S.ABSENT: no("not_found", "list tags, search"),
        S.PRESENT: ok("detach", "list tags, search, untag contact"),
        S.REMEMBERED: ok("detach", "list tags, untag contact"),
        S.GONE: no("not_found", "list tags, untag contact, search"),
        S.REPLACED: ok("detach", "list tags, untag contact, search, untag contact"),
        S.UNSEEN: no("not_found", "list tags, search"),
        S.ARCHIVED: no("not_found", "list tags, search"),
        S.DELETED: no("not_found", "list tags, search"),
        S.MERGED: no("merged", "list tags, untag contact, search, read"),
        S.AMBIGUOUS: no("ambiguous_match", "list tags, search"),
        S.OTHER_ABSENT: ok("detach", "list tags, search"),
        S.LOST: ok("detach", "list tags, search, untag contact, untag contact"),
        S.BAD_VALUE: INVALID,
    },
    "contact_tag detach id": {
        **ROWS,
        S.ABSENT: no("not_found", "list tags, untag contact", "detach"),
        S.PRESENT: ok("detach", "list tags, untag contact"),
        S.ARCHIVED: no("not_found", "list tags, untag contact", "detach"),
        S.DELETED: no("not_found", "list tags, untag contact", "detach"),
        S.MERGED: no("merged", "list tags, untag contact"),
        S.OTHER_ABSENT: ok("detach", "list tags"),
        S.LOST: ok("detach", "list tags, untag contact, untag contact"),
    },
    "company_tag attach company_id": {
        **ROWS,
        S.ABSENT: no("not_found", "find company"),
        S.PRESENT: ok("attach", "find company, tag"),
        S.REMEMBERED: ok("attach", "tag"),
        S.GONE: no("not_found", "tag, find company"),
        S.REPLACED: ok("attach", "tag, find company, tag"),
        S.DELETED: no("not_found", "find company"),
        S.OTHER_ABSENT: ok("attach", "find company, tag"),
        S.LOST: ok("attach", "find company, tag, tag"),
    },
    "company_tag attach id": {
        **ROWS,
        S.ABSENT: no("not_found", "tag", "attach"),
        S.PRESENT: ok("attach", "tag"),
        S.DELETED: no("not_found", "tag", "attach"),
        S.OTHER_ABSENT: ok("attach", "tag"),
        S.LOST: ok("attach", "tag, tag"),
    },
    "company_tag detach company_id": {
        **ROWS,
        S.ABSENT: no("not_found", "list tags, find company"),
        S.PRESENT: ok("detach", "list tags, find company, tag"),
        S.REMEMBERED: ok("detach", "list tags, tag"),
        S.GONE: no("not_found", "list tags, tag, find company"),
        S.REPLACED: ok("detach", "list tags, tag, find company, tag"),
        S.DELETED: no("not_found", "list tags, find company"),
        S.OTHER_ABSENT: ok("detach", "list tags"),
        S.LOST: ok("detach", "list tags, find company, tag, tag"),
    },
    "company_tag detach id": {
        **ROWS,
        S.ABSENT: no("not_found", "list tags, tag", "detach"),
        S.PRESENT: ok("detach", "list tags, tag"),
        S.DELETED: no("not_found", "list tags, tag", "detach"),
        S.OTHER_ABSENT: ok("detach", "list tags"),
        S.LOST: ok("detach", "list tags, tag, tag"),
    },
    **tagged_as_admin("conversation"),
    **tagged_as_admin("ticket"),
    **{
        f"contact_company {behaviour} {contact}+{company}": membership(behaviour, contact, company)
        for behaviour in ("attach", "detach")
        for contact in ("external_id", "email", "id")
        for company in ("company_id", "id")
    },
    "event send external_id": {
        **ROWS,
        S.ABSENT: no("not_found", "event", "send"),
        S.PRESENT: ok("send", "event"),
        S.ARCHIVED: no("not_found", "event", "send"),
        S.DELETED: no("not_found", "event", "send"),
        S.MERGED: no("not_found", "event", "send"),
        S.LOST: ok("send", "event, event"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: Cell("unchanged", None),
    },
    "event send email": {
        **ROWS,
        S.ABSENT: no("not_found", "event", "send"),
        S.PRESENT: ok("send", "event"),
        S.ARCHIVED: no("not_found", "event", "send"),
        S.DELETED: no("not_found", "event", "send"),
        S.MERGED: no("not_found", "event", "send"),
        S.AMBIGUOUS: no("ambiguous_match", "event", "send"),
        S.LOST: no("maybe_delivered", "event"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: Cell("unchanged", None),
    },
    "event send id": {
        **ROWS,
        S.ABSENT: no("not_found", "event", "send"),
        S.PRESENT: ok("send", "event"),
        S.ARCHIVED: no("not_found", "event", "send"),
        S.DELETED: no("not_found", "event", "send"),
        S.MERGED: no("not_found", "event", "send"),
        S.LOST: no("maybe_delivered", "event"),
        S.BAD_VALUE: INVALID,
        S.CHANGED: Cell("unchanged", None),
    },
}

REASONS: list[tuple[str, tuple[Situation, ...], str]] = [
    ("contact * *", (S.OTHER_ABSENT, S.OTHER_REPLACED), "a contact has one side"),
    ("company * *", (S.OTHER_ABSENT, S.OTHER_REPLACED), "a company has one side"),
    ("event * *", (S.OTHER_ABSENT, S.OTHER_REPLACED), "an event has one side"),
    ("*_tag * *", (S.OTHER_REPLACED,), "tags are named, so no id of a tag is remembered"),
    ("contact_company * *+id", (S.OTHER_REPLACED,), "the row says the company's id; there is no other name"),
    ("company* * *", (S.ARCHIVED,), "Intercom archives contacts only"),
    ("company* * *", (S.MERGED,), "Intercom merges contacts only"),
    ("company* * *", (S.UNSEEN,), "companies are read by company_id, which lags behind nothing"),
    ("company* * *", (S.AMBIGUOUS,), "company_id is unique in Intercom"),
    (
        "conversation_tag * *",
        (S.ARCHIVED, S.DELETED, S.MERGED, S.UNSEEN, S.AMBIGUOUS),
        "a conversation is there or not, and is known by its id only",
    ),
    (
        "ticket_tag * *",
        (S.ARCHIVED, S.DELETED, S.MERGED, S.UNSEEN, S.AMBIGUOUS),
        "a ticket is there or not, and is known by its id only",
    ),
    ("*  * external_id*", (S.AMBIGUOUS,), "external_id is unique among users"),
    ("contact* * external_id*", (S.AMBIGUOUS,), "external_id is unique among users"),
    ("event * external_id", (S.AMBIGUOUS,), "external_id is unique among users"),
    ("contact* * id*", (S.AMBIGUOUS, S.UNSEEN), "an id names one contact, and is not searched for"),
    ("event * id", (S.AMBIGUOUS,), "an id names one contact"),
    ("event * *", (S.UNSEEN,), "Intercom finds the contact of an event itself"),
    ("event * *", (S.REMEMBERED, S.GONE, S.REPLACED), "an event names its contact as the row does"),
    ("contact insert none", (S.UNSEEN,), "without identifier nothing is searched for"),
    (
        "contact insert *",
        (S.REMEMBERED, S.GONE, S.REPLACED, S.MERGED),
        "an insert uses no id; what was inserted is CHANGED or unchanged",
    ),
    (
        "company insert *",
        (S.REMEMBERED, S.GONE, S.REPLACED),
        "an insert uses no id; what was inserted is CHANGED or unchanged",
    ),
    *[
        (pattern, (S.REMEMBERED, S.GONE, S.REPLACED), "the row says the id, so none has to be remembered")
        for pattern in ("* update id", "* delete id", "* archive id", "*_tag * id", "contact_company * id+*")
    ],
    *[
        (pattern, (S.BAD_VALUE,), "any text may be an identifier or a tag, and nothing else is mapped")
        for pattern in (
            "* delete *",
            "contact archive external_id",
            "contact archive id",
            "contact_tag * external_id",
            "contact_tag * id",
            "company_tag * *",
            "contact_company * external_id+*",
            "contact_company * id+*",
        )
    ],
    *[
        (pattern, (S.CHANGED,), "every mapped column is part of the key, so a changed row is another record")
        for pattern in ("* delete *", "contact archive *", "contact_tag * *", "company_tag * *")
    ],
    ("contact_company * *", (S.CHANGED,), "every mapped column is part of the key"),
]
"""Patterns of what the table leaves out, and why."""


def reasons_for(combination: str, situation: Situation) -> list[str]:
    return [
        reason
        for pattern, situations, reason in REASONS
        if situation in situations and fnmatch.fnmatchcase(combination, pattern)
    ]


def test_every_cell_is_in_the_table_or_has_a_reason():
    missing = [
        f"{combination}: {situation.name}"
        for combination in every_combination()
        for situation in Situation
        if situation not in TABLE.get(combination, {}) and not reasons_for(combination, situation)
    ]
    assert missing == []


def test_no_cell_is_both_in_the_table_and_left_out():
    both = [
        f"{combination}: {situation.name}"
        for combination, cells in TABLE.items()
        for situation in cells
        if reasons_for(combination, situation)
    ]
    assert both == []
    assert set(TABLE) == set(every_combination())


def test_no_reason_is_left_over():
    used = {reason for each in every_combination() for s in Situation for reason in reasons_for(each, s)}
    assert {reason for _, _, reason in REASONS} == used


# What Intercom decides

NOBODY = "6762f0dd1bb69f9f00000000"
SURVIVOR = "survivor"
TAG = "VIP"
PAST = (S.REMEMBERED, S.GONE, S.REPLACED)


@dataclass
class Scene:
    """What is there before the record is said, and what the row says."""

    values: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)


def set_scene(world: Any, combination: str, situation: Situation) -> Scene:
    name, behaviour, identifier = combination.split()
    row = {"k": "k1", "name": "new name", "moment": 1_700_000_000, "event_name": "ordered", "tag": TAG}
    scene = Scene({**row, "admin_id": "991267459"})
    if situation is S.UNSEEN:
        world.state.search_lag = 3600.0
    if name.endswith("_tag") and situation is not S.OTHER_ABSENT:
        world.tag(TAG.lower())
    tags = (TAG,) if behaviour == "detach" and situation is not S.OTHER_ABSENT else ()
    if name in ITEMS:
        scene.values["item_id"] = "404404" if situation is S.ABSENT else ITEMS[name]
    elif name.startswith("company"):
        _set_company(world, scene, situation, tags=tags if name == "company_tag" else ())
    elif name == "contact_company":
        company = _set_other_company(world, scene, situation)
        _set_contact(world, scene, situation, companies=(company,) if behaviour == "detach" else ())
    else:
        creates = name == "contact" and behaviour in ("upsert", "insert")
        there = S.ABSENT if situation is S.LOST and creates else situation
        _set_contact(world, scene, there, tags=tags)
    if situation is S.LOST:
        if f"{name} {behaviour}" in ("company upsert", "company insert"):
            _forget_everything(world, scene)
        if combination in ("contact upsert id", "company upsert id"):
            scene.values |= {"intercom_id": None, "company_intercom_id": None}
        world.sandbox.faults.add(_loss(name, behaviour, identifier))
    return scene


def _forget_everything(world: Any, scene: Scene) -> None:
    world.state.reset()
    scene.known.clear()


def _set_contact(world: Any, scene: Scene, situation: Situation, **has: Any) -> None:
    who = {"external_id": "u1", "email": "e1@example.com"}
    scene.values |= {**who, "intercom_id": NOBODY}
    condition = {S.ARCHIVED: Condition.ARCHIVED, S.DELETED: Condition.DELETED}.get(situation, Condition.LIVE)
    if situation is S.MERGED:
        survivor = world.contact("u2", "e2@example.com", name="old name")
        lead = world.contact(
            "made-up", "e1@example.com", role="lead", condition=Condition.MERGED, merged_into=survivor.id
        )
        scene.values["intercom_id"] = scene.known["known_id"] = lead.id
    elif situation is S.AMBIGUOUS:
        world.contact("u1", "e1@example.com", name="old name", **has)
        world.contact("u2", "e1@example.com", name="old name", **has)
    elif situation not in (S.ABSENT, S.GONE):
        contact = world.contact(**who, condition=condition, name="old name", **has)
        scene.values["intercom_id"] = contact.id
        if situation is S.REMEMBERED:
            scene.known["known_id"] = contact.id
    if situation in (S.GONE, S.REPLACED):
        scene.known["known_id"] = NOBODY
    if situation in PAST:
        scene.values["intercom_id"] = None
        scene.known["delivered"] = True


def _set_company(world: Any, scene: Scene, situation: Situation, *, tags: Any = ()) -> None:
    scene.values |= {"company_id": "c1", "company_intercom_id": NOBODY, "moment": 17}
    if situation not in (S.ABSENT, S.GONE):
        company = world.company("c1", live=situation is not S.DELETED, name="old name", tags=tags)
        scene.values["company_intercom_id"] = company.id
        if situation is S.REMEMBERED:
            scene.known["known_id"] = company.id
    if situation in (S.GONE, S.REPLACED):
        scene.known["known_id"] = NOBODY
    if situation in PAST:
        scene.values["company_intercom_id"] = None
        scene.known["delivered"] = True


def _set_other_company(world: Any, scene: Scene, situation: Situation) -> str:
    scene.values |= {"company_id": "c1", "company_intercom_id": NOBODY}
    if situation is S.OTHER_ABSENT:
        return NOBODY
    company = world.company("c1", name="old name")
    scene.values["company_intercom_id"] = company.id
    if situation is S.OTHER_REPLACED:
        scene.known["known_related_id"] = NOBODY
    return company.id


def _loss(name: str, behaviour: str, identifier: str) -> Fault:
    """The write is carried out, and the connection closed before its answer."""
    method, path = {
        "contact upsert": ("POST", "/contacts"),
        "contact insert": ("POST", "/contacts"),
        "contact update": ("PUT", "/contacts"),
        "contact delete": ("DELETE", "/contacts"),
        "contact archive": ("POST", "/contacts/"),
        "company upsert": ("POST", "/companies"),
        "company insert": ("POST", "/companies"),
        "company update": ("PUT", "/companies"),
        "company delete": ("DELETE", "/companies"),
        "contact_tag attach": ("POST", "/tags"),
        "contact_tag detach": ("DELETE", "/contacts"),
        "company_tag attach": ("POST", "/tags"),
        "company_tag detach": ("POST", "/tags"),
        "conversation_tag attach": ("POST", "/conversations"),
        "conversation_tag detach": ("DELETE", "/conversations"),
        "ticket_tag attach": ("POST", "/tickets"),
        "ticket_tag detach": ("DELETE", "/tickets"),
        "contact_company attach": ("POST", "/contacts/"),
        "contact_company detach": ("DELETE", "/contacts"),
        "event send": ("POST", "/events"),
    }[f"{name} {behaviour}"]
    searched = method == "POST" and path.startswith("/contacts") and identifier[0] == "e"
    return Fault(method, path, drop_connection=True, after_commit=True, skip=1 if searched else 0)


INTERCOM_CELLS = [
    pytest.param(combination, situation, id=f"{combination}: {situation.value}")
    for combination, cells in TABLE.items()
    for situation in cells
    if situation not in PLANNED
]


@pytest.mark.parametrize(("combination", "situation"), INTERCOM_CELLS)
def test_what_becomes_of_a_record_that_intercom_decides(world, combination, situation):
    cell = TABLE[combination][situation]
    scene = set_scene(world, combination, situation)
    if combination.split()[0] in ITEMS and "detach" in combination:
        _tag_item(world, combination.split()[0])
    before = world.held()

    (outcome,) = world.say(block(combination), world.row(scene.values, **scene.known))

    assert (outcome.operation.value, outcome.code and outcome.code.value) == (cell.operation, cell.code)
    assert tuple(world.calls()) == cell.calls
    if outcome.code is None:
        _check_held(world, combination, situation, outcome)
    else:
        assert outcome.message
        assert situation is S.LOST or world.held() == before
    if cell.code == "merged":
        survivor = next(each for each in world.state.contacts if each.live)
        assert survivor.id in outcome.message
    for identifier in ("external_id", "email"):
        held = [getattr(each, identifier) for each in world.state.contacts if each.live]
        assert len(held) == len(set(held)) or situation is S.AMBIGUOUS


def _tag_item(world: Any, name: str) -> None:
    tag = world.state.tag_named(TAG)
    if tag:
        world.say(
            {**block(f"{name} attach id"), "fields": {"id": "c", "tag": "t"}},
            world.row({"c": ITEMS[name], "t": TAG}),
        )
        world.calls()


def _check_held(world: Any, combination: str, situation: Situation, outcome: Any) -> None:
    """Intercom holds what the outcome says that it was told."""
    name, behaviour, identifier = combination.split()
    state = world.state
    if name == "event":
        (event,) = state.events
        assert (event.event_name, event.created_at, event.metadata) == (
            "ordered",
            1_700_000_000,
            {"name": "new name"},
        )
        return
    held = _held(world, name, outcome, situation)
    if name.endswith("_tag"):
        tag = state.tag_named(TAG)
        if behaviour == "detach" and situation is S.OTHER_ABSENT:
            assert tag is None
        else:
            assert (tag.id in held.tags) == (behaviour == "attach")
            assert outcome.related_id == tag.id
            assert len(state.tags) == 1
    elif name == "contact_company":
        company = next(iter(state.companies))
        assert (company.id in held.companies) == (behaviour == "attach")
        assert outcome.related_id == company.id
    elif behaviour == "archive":
        assert held.condition is Condition.ARCHIVED
    elif behaviour == "delete":
        assert not held.live
    else:
        assert held.live
        assert held.fields["name"] == "new name"
        if name == "contact":
            assert (
                held.email == "e1@example.com" if identifier == "email" else held.external_id in ("u1", None)
            )


def _held(world: Any, name: str, outcome: Any, situation: Situation) -> Any:
    if name in ITEMS:
        items = {"conversation_tag": world.state.conversations, "ticket_tag": world.state.tickets}
        return items[name][ITEMS[name]]
    objects = world.state.companies if name in ("company", "company_tag") else world.state.contacts
    if outcome.intercom_id is None and situation is S.OTHER_ABSENT:
        return None
    return objects.get(outcome.intercom_id)


# What the plan decides

BAD = {
    "contact": {"moment": 1_700_000_000_000},
    "company": {"moment": 2**31},
    "event": {"moment": 1_700_000_000_000},
    "conversation_tag": {"admin_id": None},
    "ticket_tag": {"admin_id": None},
}
"""What does not fit a field: milliseconds, a number beyond 32 bits, nobody as an admin."""


SYNCED_TWICE = [
    *[each for each, cells in TABLE.items() if S.CHANGED in cells],
    "contact delete id",
    "contact archive email",
    "contact_tag attach email",
    "company_tag detach company_id",
    "contact_company attach email+company_id",
]
"""What can change, and one of each kind of what cannot."""


class Planned:
    """One project with an activation per combination, each over a relation of its own, synced twice."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.names = {each: f"a{index}" for index, each in enumerate(TABLE)}
        self._seed()
        self.first = shop.sync("--no-gate")
        self.rows, generation = shop.ledger(), shop.generation()
        again = [self.names[each] for each in SYNCED_TWICE]
        change = "set name = 'another name', admin_id = '991267460' where k = 'good'"
        shop.sql("; ".join(f"update main.r_{name} {change}" for name in again))
        self.second = shop.sync("--no-gate", "--select", *[f"activation:{name}" for name in again])
        self.rows_after = shop.ledger(after=generation)

    def _seed(self) -> None:
        manifest = self.shop.manifest()
        template = manifest["nodes"]["model.shop.customers"]
        for each in ("customers", "accounts"):
            manifest["nodes"][f"model.shop.{each}"]["config"]["meta"] = {}
            manifest["nodes"][f"model.shop.{each}"]["meta"] = {}
            for column in manifest["nodes"][f"model.shop.{each}"]["columns"].values():
                column["meta"], column["config"] = {}, {"meta": {}}
        for combination, name in self.names.items():
            meta = {"intercom": {**block(combination), "name": name}}
            manifest["nodes"][f"model.shop.r_{name}"] = {
                **template,
                "unique_id": f"model.shop.r_{name}",
                "name": f"r_{name}",
                "alias": f"r_{name}",
                "relation_name": template["relation_name"].replace("customers", f"r_{name}"),
                "config": {**template["config"], "meta": meta},
                "meta": {},
                "columns": {},
            }
        self.shop.write_manifest(manifest)
        with duckdb.connect(str(self.shop.folder / "shop.duckdb")) as connection:
            for combination, name in self.names.items():
                connection.execute(f"create table main.r_{name} ({COLUMNS})")
                rows = self._rows(combination, name)
                places = ", ".join("?" for _ in rows[0])
                connection.executemany(f"insert into main.r_{name} values ({places})", rows)

    def _rows(self, combination: str, name: str) -> list[list[Any]]:
        kind, behaviour, identifier = combination.split()
        creates = behaviour in ("upsert", "insert")
        contact = company = None
        if not creates and kind != "company":
            contact = self.shop.add_contact(external_id=f"{name}-u", email=f"{name}@example.com")
        if kind in ("contact_company", "company_tag") or (kind == "company" and not creates):
            company = self.shop.add_company(f"{name}-c")
        if kind.endswith("_tag"):
            self.shop.state.put_tag(StoredTag(str(self.shop.state.serial()), f"tag of {name}"))
        good = {
            "k": "good",
            "external_id": f"{name}-u",
            "email": f"{name}@example.com",
            "intercom_id": contact.id if contact else None,
            "company_id": f"{name}-c",
            "company_intercom_id": company.id if company else None,
            "item_id": ITEMS.get(kind),
            "tag": f"tag of {name}",
            "event_name": "ordered",
            "admin_id": "991267459",
            "name": "a name",
            "moment": 17,
        }
        odd = [
            {**_other(good, "null"), **_nulled(combination)},
            {**_other(good, "twice")},
            {**_other(good, "twice")},
            {**_other(good, "bad"), **BAD.get(kind, {})},
        ]
        if identifier.startswith("email"):
            odd[3]["email"] = "nonsense"
        if S.BAD_VALUE not in TABLE[combination]:
            del odd[3]
        order = [each.split()[0] for each in COLUMNS.split(", ")]
        return [[row[column] for column in order] for row in [good, *odd]]


def _other(good: Mapping[str, Any], word: str) -> dict[str, Any]:
    """Another row, of its own but for what all rows share."""
    shared = ("name", "moment", "event_name", "admin_id")
    own = {key: f"{word}-{value or 'x'}" for key, value in good.items() if key not in shared}
    return {**good, **own, "k": word}


def _nulled(combination: str) -> dict[str, Any]:
    name, behaviour, identifier = combination.split()
    if (behaviour, identifier) in (("upsert", "id"), ("insert", "none")):
        return {"k": None}
    if name in ITEMS:
        return {"item_id": None}
    if name in ("company", "company_tag"):
        return {COMPANY[identifier]: None}
    return {CONTACT[identifier.partition("+")[0]]: None}


@pytest.fixture(scope="module")
def planned(scene):
    return Planned(scene())


PLANNED_CELLS = [
    pytest.param(combination, situation, id=f"{combination}: {situation.value}")
    for combination, cells in TABLE.items()
    for situation in cells
    if situation in PLANNED and situation is not S.CHANGED
]


@pytest.mark.parametrize(("combination", "situation"), PLANNED_CELLS)
def test_what_becomes_of_a_row_that_cannot_be_sent(planned, combination, situation):
    cell = TABLE[combination][situation]
    rows = [row for row in planned.rows if row["activation"] == planned.names[combination]]
    failures = planned.first[planned.names[combination]]["failures"]

    expected = 2 if situation is S.DUPLICATE_KEY else 1
    assert failures[cell.code] == expected
    failed = [row for row in rows if row["code"] == cell.code]
    assert [row["operation"] for row in failed] == [cell.operation] * expected
    assert all(row["message"] and row["http_status"] is None for row in failed)
    if situation is S.NULL_KEY:
        assert [row["record_key"] for row in failed] == [""]


def test_rows_that_cannot_be_sent_are_not_sent(planned):
    codes = {"missing_identifier", "duplicate_identifier", "invalid_value"}
    for combination, name in planned.names.items():
        result = planned.first[name]
        assert set(result["failures"]) <= codes, combination
        assert result["counts"]["failed"] == result["counts"]["rows"] - 1, combination
    assert "null-" not in str(planned.shop.state.contacts.ids())
    sent = [each.external_id or "" for each in planned.shop.state.contacts]
    assert not [each for each in sent if each.startswith(("null", "twice", "bad"))]


@pytest.mark.parametrize("combination", [each for each, cells in TABLE.items() if S.CHANGED in cells])
def test_what_becomes_of_a_delivered_record_that_changed(planned, combination):
    cell = TABLE[combination][S.CHANGED]
    name = planned.names[combination]
    result = planned.second[name]
    rows = [row for row in planned.rows_after if row["activation"] == name]

    if cell.operation == "unchanged":
        assert (rows, result["api_calls"]) == ([], 0)
        assert result["counts"]["unchanged"] == 1
    else:
        (row,) = rows
        assert (row["operation"], row["code"]) == (cell.operation, cell.code)
        assert result["api_calls"] == len(cell.calls)


def test_a_second_sync_of_unchanged_records_makes_no_call(planned):
    same = [each for each in SYNCED_TWICE if S.CHANGED not in TABLE[each]]
    for combination in same:
        result = planned.second[planned.names[combination]]
        assert (combination, result["api_calls"], result["counts"]["unchanged"]) == (combination, 0, 1)
