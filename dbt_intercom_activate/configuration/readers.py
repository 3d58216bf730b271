"""Reading values that someone wrote: what is wrong is noted and not raised, so that all of it is told."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from dbt_intercom_activate.errors import ConfigurationError

if TYPE_CHECKING:
    from enum import Enum

    from dbt_intercom_activate.errors import Mistake

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the outside in: `("meta", "intercom", 1, "fields", "email")`."""

JsonScalar = str | int | float | bool | None

PROJECT_FILE = "dbt_project.yml"

_LONGEST_SHOWN = 60


class Note(Protocol):
    """Takes down one mistake."""

    def __call__(self, path: KeyPath, *, expected: str, found: str, todo: str | None = None) -> None:
        """Note what stands at `path`."""


Reader = Callable[[object, KeyPath, Note], Any]
"""Returns what a value means, or notes a mistake and returns None."""

E = TypeVar("E", bound="Enum")


def as_key(read: Reader, meaning: str) -> Mapping[str, Any]:
    """The metadata of a dataclass field that is a key of the configuration: its reader, and what is said of it."""
    return {"read": read, "meaning": meaning}


class Collector:
    """Gathers mistakes until the end of a round."""

    def __init__(self) -> None:
        self._mistakes: dict[Mistake, Mistake] = {}

    def add(self, mistake: Mistake) -> None:
        """Keep a mistake once: what dbt_project.yml says is inherited by many nodes, and is one mistake."""
        same = replace(mistake, node=None) if mistake.file == PROJECT_FILE else mistake
        self._mistakes.setdefault(same, mistake)

    def finish(self) -> None:
        """Raise `ConfigurationError` with all mistakes, if there are any."""
        if self._mistakes:
            raise ConfigurationError(_in_order_of_lines(self._mistakes.values()))


def _in_order_of_lines(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """As one reads the files, from top to bottom; what has no line comes last of its file."""
    found = list(mistakes)
    files = {file: at for at, file in enumerate(dict.fromkeys(each.file for each in found))}
    return tuple(sorted(found, key=lambda each: (files[each.file], each.line is None, each.line or 0)))


def dotted(path: KeyPath) -> str:
    """Return a key path as it is shown: `meta.intercom[1].fields.email`."""
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}"
    return shown.removeprefix(".")


def describe(value: object) -> str:
    """Return a value as it is shown in `found …`: text in quotes, the rest as YAML has it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        shown = value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…"
        return '"' + shown.replace("\n", "\\n").replace("\r", "\\r") + '"'
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else f"a {type(value).__name__}"


def _number(value: float) -> str:
    # `str` refuses whole numbers of more than 4,300 digits.
    return str(value) if isinstance(value, float) or value.bit_length() <= 256 else "a very long number"


def listed(words: Iterable[object], *, last: str = "or") -> str:
    """Return `a, b or c`."""
    texts = [str(word) for word in words]
    if len(texts) <= 1:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def nearest(word: str, options: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return `Did you mean …?` for the options that look like the word, and what to do if none was meant."""
    close = list(_alike(word, list(dict.fromkeys(options))))[:3]
    question = f"Did you mean {listed(f'`{option}`' for option in close)}?" if close else None
    return " ".join(filter(None, (question, otherwise))) or None


def is_slip_of(word: str, options: Iterable[str]) -> bool:
    """Whether a word can be a slip of one of these; `owner` is none of `where`, though `nearest` may ask."""
    return bool(difflib.get_close_matches(word, list(options), cutoff=0.8))


def _alike(word: str, options: Sequence[str]) -> Iterator[str]:
    """The options that look like the word; what all have before the last dot or colon makes none of them alike."""
    prefix = word[: max(word.rfind("."), word.rfind(":")) + 1]
    kin = {option[len(prefix) :]: option for option in options if option.startswith(prefix)} if prefix else {}
    for tail in difflib.get_close_matches(word[len(prefix) :], list(kin), n=3, cutoff=0.6):
        yield kin[tail]
    others = [option for option in options if option not in kin.values()]
    yield from difflib.get_close_matches(word, others, n=3, cutoff=0.6)


def read_text(value: object, path: KeyPath, note: Note) -> str | None:
    """Read a text that is not empty."""
    if isinstance(value, str) and value.strip():
        return value
    note(path, expected="text", found=describe(value), todo=_quote(value))
    return None


def read_flag(value: object, path: KeyPath, note: Note) -> bool | None:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    todo = "Write it without quotes, or end the Jinja with `| as_bool`" if isinstance(value, str) else None
    note(path, expected="true or false", found=describe(value), todo=todo)
    return None


def read_count(minimum: int, maximum: int | None = None) -> Reader:
    """Return a reader of whole numbers between the two, both included."""
    span = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def read(value: object, path: KeyPath, note: Note) -> int | None:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and minimum <= value and (maximum is None or value <= maximum):  # type: ignore[operator]
            return value  # type: ignore[return-value]
        todo = (
            "Write it without quotes, or end the Jinja with `| as_number`" if isinstance(value, str) else None
        )
        note(path, expected=f"a whole number {span}", found=describe(value), todo=todo)
        return None

    return read


def read_choice(options: type[E]) -> Reader:
    """Return a reader of one word of an enum."""
    words = [str(option.value) for option in options]

    def read(value: object, path: KeyPath, note: Note) -> E | None:
        if isinstance(value, str) and value in words:
            return options(value)
        todo = nearest(value, words) if isinstance(value, str) else None
        note(path, expected=listed(words), found=describe(value), todo=todo)
        return None

    return read


def is_scalar(value: object) -> bool:
    """Whether JSON can carry the value as one text, number, boolean or null."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | int | bool)


def _quote(value: object) -> str | None:
    if isinstance(value, bool):
        return "Put it in quotes: YAML reads yes, no, on and off as booleans"
    return "Put it in quotes" if isinstance(value, int | float) else None
