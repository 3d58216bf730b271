"""Types of values, as endpoints take them in bodies and queries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_COUNT = 9
"""Digits of a page's number or size."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of values.

    Attributes:
        described: what a value must be, in words, after "must be".
        holds: whether a value that is not null is one.
        nullable: whether null is taken too.
        message: Intercom's own refusal, where it is known.
    """

    described: str
    holds: Callable[[Any], bool]
    nullable: bool = True
    message: str | None = None

    def fits(self, value: Any) -> bool:
        """Whether the endpoint takes this value."""
        return self.nullable if value is None else self.holds(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_COUNT and int(text) > 0


TEXT = Kind("a string", lambda value: isinstance(value, str))
ID = Kind("a string", lambda value: isinstance(value, str) or _is_whole(value))
"""An id; Intercom takes it as a number too."""
WHOLE = Kind("an integer", _is_whole)
NUMBER = Kind("a number", lambda value: _is_whole(value) or isinstance(value, float))
FLAG = Kind("a boolean", lambda value: isinstance(value, bool))
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
TEXTS = Kind("an array of strings", lambda value: isinstance(value, list) and all(map(TEXT.holds, value)))
TEXT_BY_TEXT = Kind(
    "an object of strings", lambda value: isinstance(value, dict) and all(map(TEXT.holds, value.values()))
)
ANYTHING = Kind("anything", lambda _: True)

# Of a query string, where every value is a text.
COUNT = Kind("a positive integer", _is_count)
YES_OR_NO = Kind("true or false", lambda text: text in ("true", "false"))


def one_of(*words: str) -> Kind:
    """One of some words."""
    return Kind(f"one of {', '.join(words)}", lambda value: isinstance(value, str) and value in words)


def list_of_objects(**fields: Kind) -> Kind:
    """A list of objects, whose fields are of these types where they are there."""

    def holds(value: Any) -> bool:
        return isinstance(value, list) and all(
            isinstance(item, dict) and all(fields[name].fits(item[name]) for name in fields.keys() & item)
            for item in value
        )

    return Kind("an array of objects", holds)


def at_least(kind: Kind, least: int) -> Kind:
    """A number that is not smaller."""
    return Kind(f"{kind.described} from {least}", lambda value: kind.holds(value) and value >= least)


def worded(kind: Kind, message: str) -> Kind:
    """The same, refused in Intercom's own words."""
    return replace(kind, message=message)


def not_null(kind: Kind) -> Kind:
    """The same without null."""
    return replace(kind, nullable=False)
