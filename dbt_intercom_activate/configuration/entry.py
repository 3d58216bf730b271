"""One `intercom` block as it is written: the right types, not yet judged by what the object allows."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.configuration.readers import (
    JsonScalar,
    as_key,
    describe,
    is_scalar,
    listed,
    nearest,
    read_choice,
    read_flag,
    read_text,
)
from dbt_intercom_activate.objects import OBJECTS, Behaviour, IntercomObject
from dbt_intercom_activate.objects.vocabulary import Archived, Gate, Nulls, Removed
from dbt_intercom_activate.outcomes.codes import Code

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.readers import KeyPath, Note, Reader

NAME = re.compile(r"[a-z0-9_]{1,60}")
"""What the name of an activation looks like."""
NAME_EXPECTED = "1 to 60 characters of a-z, 0-9 and _"

_PERCENTAGE = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%")
_OTHER_SPELLING = {"behavior": "behaviour"}


class MappedColumn(str):
    """The name of a column that is mapped to a field, and which of its values are sent."""

    __slots__ = ("only_to",)
    only_to: bool | None
    """The only value that is sent; None for all of them."""

    def __new__(cls, name: str, only_to: bool | None = None) -> MappedColumn:  # noqa: FBT001, PYI034
        """Take a name as the user wrote it."""
        column = str.__new__(cls, name)
        column.only_to = only_to
        return column


def only_to(column: str | None) -> bool | None:
    """The only value of a mapped column that is sent; None for all of them."""
    return column.only_to if isinstance(column, MappedColumn) else None


@dataclass(frozen=True, slots=True)
class AtMost:
    """How many records at once: a count, or a percentage of what was delivered."""

    count: int | None = None
    percent: float | None = None
    """From 0 to 100."""

    def of(self, delivered: int) -> int:
        """How many they are where so many records were delivered."""
        return self.count if self.count is not None else int(delivered * (self.percent or 0) / 100)


def _object(value: object, path: KeyPath, note: Note) -> IntercomObject | None:
    if isinstance(value, str) and value in OBJECTS:
        return OBJECTS[value]
    todo = nearest(value, OBJECTS) if isinstance(value, str) else None
    note(path, expected=listed(OBJECTS), found=describe(value), todo=todo)
    return None


def _name(value: object, path: KeyPath, note: Note) -> str | None:
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    note(path, expected=NAME_EXPECTED, found=describe(value))
    return None


def _names(value: object, path: KeyPath, note: Note) -> tuple[str, ...] | None:
    names = value if isinstance(value, list) else [value]
    if all(isinstance(each, str) and NAME.fullmatch(each) for each in names):
        return tuple(dict.fromkeys(names))
    note(path, expected=f"a name of {NAME_EXPECTED}, or a list of names", found=describe(value))
    return None


def _fields(value: object, path: KeyPath, note: Note) -> Mapping[str, str] | None:
    if not isinstance(value, Mapping):
        note(path, expected="a mapping of Intercom fields to columns", found=describe(value))
        return None
    # A field without a readable column stays mapped, or the same slip would be told twice.
    return {str(name): _column(column, (*path, str(name)), note) for name, column in value.items()}


def _column(value: object, path: KeyPath, note: Note) -> MappedColumn:
    if not isinstance(value, Mapping):
        return MappedColumn(read_text(value, path, note) or "")
    for key in value:
        if key not in ("column", "only_to"):
            todo = nearest(str(key), ("column", "only_to"))
            note((*path, str(key)), expected="the key column or only_to", found=describe(key), todo=todo)
    if "column" not in value:
        note(path, expected="`column` in the mapping", found="none")
        return MappedColumn("")
    name = read_text(value["column"], (*path, "column"), note) or ""
    sent = read_flag(value["only_to"], (*path, "only_to"), note) if "only_to" in value else None
    return MappedColumn(name, sent)


def _constants(value: object, path: KeyPath, note: Note) -> Mapping[str, JsonScalar]:
    if not isinstance(value, Mapping):
        note(path, expected="a mapping of Intercom fields to fixed values", found=describe(value))
        return {}
    kept: dict[str, JsonScalar] = {}
    for name, constant in value.items():
        if is_scalar(constant):
            kept[str(name)] = constant
        else:
            note((*path, str(name)), expected="text, a number, true, false or null", found=describe(constant))
    return kept


def _key_columns(value: object, path: KeyPath, note: Note) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not value:
        todo = f"Write `[{value}]`" if isinstance(value, str) else None
        note(
            path,
            expected="a list of columns",
            found="an empty list" if value == [] else describe(value),
            todo=todo,
        )
        return None
    columns = [read_text(column, (*path, at), note) for at, column in enumerate(value)]
    kept = tuple(column for column in columns if column is not None)
    if len({column.casefold() for column in kept}) < len(kept):
        note(path, expected="each column once", found=listed(kept, last="and"))
    return kept


def _at_most(value: object, path: KeyPath, note: Note) -> AtMost | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return AtMost(count=value)
    found = _PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
    if found and float(found[1]) <= 100:
        return AtMost(percent=float(found[1]))
    note(path, expected="a whole number, or a percentage such as 10%", found=describe(value))
    return None


def _cleared(value: object, path: KeyPath, note: Note) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not value:
        note(path, expected="a list of Intercom fields", found=describe(value))
        return None
    names = [read_text(name, (*path, at), note) for at, name in enumerate(value)]
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _codes(value: object, path: KeyPath, note: Note) -> frozenset[str] | None:
    if not isinstance(value, list):
        note(path, expected="a list of failure codes", found=describe(value))
        return None
    known = [str(code) for code in Code]
    for at, code in enumerate(value):
        if code not in known:
            todo = nearest(code, known) if isinstance(code, str) else None
            note((*path, at), expected=f"a failure code: {listed(known)}", found=describe(code), todo=todo)
    return frozenset(code for code in value if isinstance(code, str))


@dataclass(frozen=True, slots=True)
class Entry:
    """One block; its attributes are the keys that a block may have. None: not written, or not readable."""

    object: IntercomObject | None = field(
        default=None, metadata=as_key(_object, "What is written in Intercom.")
    )
    behaviour: Behaviour | None = field(
        default=None,
        metadata=as_key(read_choice(Behaviour), "What the sync may do to it; `behavior` is read too."),
    )
    identifier: str | None = field(
        default=None,
        metadata=as_key(
            read_text,
            "The Intercom field that matches a record to an object of Intercom. It has to be one "
            "of the fields.",
        ),
    )
    fields: Mapping[str, str] | None = field(
        default=None,
        metadata=as_key(
            _fields,
            "Intercom field: column of the model. A column can name its field in its own `meta` instead. "
            "`{column: opted_out, only_to: true}` sends a boolean only where it is that one.",
        ),
    )
    constants: Mapping[str, JsonScalar] | None = field(
        default=None, metadata=as_key(_constants, "Intercom field: fixed value.")
    )
    name: str | None = field(
        default=None,
        metadata=as_key(
            _name,
            "The activation's name, unique among those that are enabled. By default the model's, with `_v2` for "
            "a version. What a model with versions says is meant for its latest one, unless a version says "
            "something itself.",
        ),
    )
    was: tuple[str, ...] | None = field(
        default=None,
        metadata=as_key(
            _names,
            "A name that this activation had before, or a list of them: what it delivered under that name is its own. "
            "The next sync writes it down in the ledger; take the key out when every target has synced once.",
        ),
    )
    where: str | None = field(
        default=None,
        metadata=as_key(
            read_text,
            "An SQL condition over the columns of the model. Rows that it leaves out have left the model.",
        ),
    )
    workspace: str | None = field(
        default=None, metadata=as_key(read_text, "A workspace of intercom.yml. By default its `default`.")
    )
    clear: tuple[str, ...] | None = field(
        default=None,
        metadata=as_key(
            _cleared,
            "Intercom fields that are mapped no more, and whose values are to be taken away: null is sent for each "
            "record. Take the key out when that is done.",
        ),
    )
    key: tuple[str, ...] | None = field(
        default=None,
        metadata=as_key(
            _key_columns,
            "The columns that tell one record from another. By default what identifies the "
            "object; required for an upsert by `id` and for an insert without identifier, where "
            "it cannot be the id.",
        ),
    )
    nulls: Nulls | None = field(
        default=None, metadata=as_key(read_choice(Nulls), "What a null in a mapped column means.")
    )
    create_attributes: bool | None = field(
        default=None,
        metadata=as_key(read_flag, "Make custom attributes that Intercom lacks, typed as the column."),
    )
    removed: Removed | None = field(
        default=None, metadata=as_key(read_choice(Removed), "What becomes of a record that left the model.")
    )
    max_removed: AtMost | None = field(
        default=None,
        metadata=as_key(
            _at_most,
            "How many records may leave at once: a count, or a percentage of what was delivered. "
            "More are held, but 10 are always allowed.",
        ),
    )
    max_inserted: AtMost | None = field(
        default=None,
        metadata=as_key(
            _at_most,
            "How many new records one run may send: a count, or a percentage of what was delivered. "
            "Where there are more, nothing is sent. The first sync has no percentage to keep.",
        ),
    )
    max_updated: AtMost | None = field(
        default=None,
        metadata=as_key(
            _at_most,
            "How many changed records one run may send, as `plan` counts them: a count, or a percentage of what was "
            "delivered. Where there are more, nothing is sent.",
        ),
    )
    max_failed: AtMost | None = field(
        default=None,
        metadata=as_key(
            _at_most,
            "How many records may fail: a count, or a percentage of those that were sent. The first 1 % of them, 20 at "
            "least, go first; the rest follows only while no more fail. Codes in `warn` do not count.",
        ),
    )
    archived: Archived | None = field(
        default=None,
        metadata=as_key(read_choice(Archived), "What to do when the matching contact is archived."),
    )
    gate: Gate | None = field(
        default=None, metadata=as_key(read_choice(Gate), "Whose failing tests block the activation.")
    )
    warn: frozenset[str] | None = field(
        default=None,
        metadata=as_key(_codes, "Failure codes that are counted but do not make the exit code 1."),
    )
    enabled: bool | None = field(
        default=None,
        metadata=as_key(
            read_flag, "Whether the activation runs. `intercom: null` switches off all that is inherited."
        ),
    )


KEYS: Mapping[str, Reader] = MappingProxyType(
    {each.name: each.metadata["read"] for each in dataclasses.fields(Entry)}
)
"""The keys that a block may have, each with its reader."""

MEANINGS: Mapping[str, str] = MappingProxyType(
    {each.name: each.metadata["meaning"] for each in dataclasses.fields(Entry)}
)
"""The same keys, each with what an editor and the reference say of it."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block that was read."""

    entry: Entry
    spelled: Mapping[str, str]
    """Every known key that is written, as it is spelled; also where its value could not be read."""


NO_BLOCK = Block(Entry(), MappingProxyType({}))


def spelling_of(key: object) -> str:
    """A key as this package spells it: `behavior` is `behaviour`."""
    return _OTHER_SPELLING.get(str(key), str(key))


def read_block(raw: Mapping[object, object], path: KeyPath, note: Note) -> Block:
    """Read a block, noting unknown keys and values of the wrong type."""
    spelled: dict[str, str] = {}
    values: dict[str, Any] = {}
    for written, value in raw.items():
        key = spelling_of(written)
        here = (*path, str(written))
        if key not in KEYS:
            todo = nearest(key, KEYS)
            note(here, expected=f"one of the keys {listed(KEYS)}", found=describe(written), todo=todo)
        elif key in spelled:
            note(
                here,
                expected=f"`{key}` once",
                found=f"`{spelled[key]}` and `{written}`",
                todo="Keep one of them",
            )
        else:
            spelled[key] = str(written)
            values[key] = KEYS[key](value, here, note)
    return Block(Entry(**values), spelled)
