"""Why a record failed: the codes of the ledger, the results and `warn`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Code(str, Enum):
    """The code of a failed record, with its meaning and what to do about it."""

    meaning: str
    """What happened, in one sentence."""
    remedy: str
    """What a person can do about it, in one sentence."""

    def __new__(cls, value: str, meaning: str, remedy: str) -> Code:  # noqa: PYI034 (an enum has no subclasses)
        """Make the code a plain text that carries its two sentences."""
        code = str.__new__(cls, value)
        code._value_ = value
        code.meaning = meaning
        code.remedy = remedy
        return code

    def __str__(self) -> str:
        return str(self.value)

    MISSING_IDENTIFIER = (
        "missing_identifier",
        "The identifier, or a part of the record key, is null or empty.",
        "Filter such rows out of the model, or fill the column.",
    )
    DUPLICATE_IDENTIFIER = (
        "duplicate_identifier",
        "Several rows of the model have this key or this identifier; none of them was sent.",
        "Make the column unique in the model, and test it with `unique`.",
    )
    INVALID_VALUE = (
        "invalid_value",
        "A value does not fit its field; the message names the field.",
        "Correct the value or its type in the model.",
    )
    CHANGED_AFTER_INSERT = (
        "changed_after_insert",
        "The record changed after it was inserted, and `insert` never updates.",
        "Use `behaviour: upsert` if changes are to reach Intercom.",
    )
    NOT_FOUND = (
        "not_found",
        "Intercom has no object with this identifier.",
        "Use `behaviour: upsert` to create what is missing, or drop the row from the model.",
    )
    ALREADY_EXISTS = (
        "already_exists",
        "Intercom has an object with this identifier already, and `insert` never updates.",
        "Use `behaviour: upsert` to update what exists, or drop the row from the model.",
    )
    ARCHIVED = (
        "archived",
        "The matching contact is archived.",
        "Unarchive it in Intercom, or set `archived: unarchive`.",
    )
    DELETED = (
        "deleted",
        "The matching contact was deleted for good; Intercom keeps its identifier locked for a while.",
        "Drop the row from the model, or run `retry` once Intercom has released the identifier.",
    )
    MERGED = (
        "merged",
        "The contact was merged into another one, which the record's identifier does not find; the message names it.",
        "Point the row at the surviving contact.",
    )
    AMBIGUOUS_MATCH = (
        "ambiguous_match",
        "Several contacts have this email.",
        "Merge them in Intercom, map `role` to narrow the match, or match by `external_id`.",
    )
    IDENTIFIER_CONFLICT = (
        "identifier_conflict",
        "The contact or company that matches has another identifier, or another record of the run has given it one.",
        "Correct the identifiers in the model, such as an email of two rows, or merge the contacts in Intercom.",
    )
    ROLE_CONFLICT = (
        "role_conflict",
        "The matching contact is a user, and Intercom never turns a user into a lead.",
        "Use `role: user` for it, or drop the row from the model.",
    )
    UNREACHABLE = (
        "unreachable",
        "Intercom gave no usable answer, retries included.",
        "Nothing: the next run tries again.",
    )
    MAYBE_DELIVERED = (
        "maybe_delivered",
        "The request was sent, no answer came, and a second one could do it twice.",
        "Look in Intercom; `retry --maybe-delivered` sends it again.",
    )
    REJECTED = (
        "rejected",
        "Intercom refused the request; its own code and message are kept.",
        "Read the message, and correct the record or the mapping.",
    )


CODES: Mapping[str, Code] = MappingProxyType({str(code): code for code in Code})
"""Every code by its text."""

LASTING: frozenset[Code] = frozenset(
    {
        Code.MISSING_IDENTIFIER,
        Code.DUPLICATE_IDENTIFIER,
        Code.INVALID_VALUE,
        Code.CHANGED_AFTER_INSERT,
        Code.ARCHIVED,
        Code.DELETED,
        Code.MERGED,
        Code.AMBIGUOUS_MATCH,
        Code.ALREADY_EXISTS,
        Code.ROLE_CONFLICT,
        Code.IDENTIFIER_CONFLICT,
        Code.REJECTED,
    }
)
"""Codes that a later run cannot mend by itself: the record or the mapping has to change first."""

UNDECIDED: frozenset[Code] = frozenset({Code.UNREACHABLE, Code.MAYBE_DELIVERED})
"""Codes that say that no answer of Intercom tells what became of the record: a lookup may have failed too."""
