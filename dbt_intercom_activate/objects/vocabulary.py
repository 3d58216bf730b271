"""The words that users choose among, as enums whose text is exactly what is written."""

from __future__ import annotations

from enum import Enum


class Word(str, Enum):
    """A word of the configuration. Its text is its value on every version of Python."""

    def __str__(self) -> str:
        return str(self.value)


class Nulls(Word):
    """What a null in a mapped column means."""

    SEND = "send"
    """Null clears the field in Intercom."""
    SKIP = "skip"
    """The field is left out of the request."""


class Removed(Word):
    """What becomes of a record that left the model."""

    IGNORE = "ignore"
    """Intercom keeps it."""
    ARCHIVE = "archive"
    """The contact is archived, and taken out of the archive again when the record returns."""
    DELETE = "delete"
    """The contact or the company is deleted for good."""
    DETACH = "detach"
    """The tag is taken off, the membership is ended."""


class Archived(Word):
    """What to do when the matching contact is archived."""

    FAIL = "fail"
    """The record fails with `archived`."""
    UNARCHIVE = "unarchive"
    """The contact is taken out of the archive, and updated."""


class Gate(Word):
    """Whose failing tests block an activation."""

    MODEL = "model"
    """The model's own tests."""
    PARENTS = "parents"
    """The model's own tests and those of its direct parents."""
