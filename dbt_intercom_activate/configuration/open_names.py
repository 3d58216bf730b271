"""Names below an object's open prefix, `metadata.` of an event: what Intercom takes of them, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.readers import describe, listed
from dbt_intercom_activate.errors import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dbt_intercom_activate.configuration.entry import Entry
    from dbt_intercom_activate.configuration.rules import NoteSetting
    from dbt_intercom_activate.objects import IntercomObject
    from dbt_intercom_activate.objects.model import OpenNames


def judge(entry: Entry, note: NoteSetting) -> None:
    """Judge the mapped names below the open prefix: their signs, their halves, their number."""
    owner = entry.object
    names = owner.open_names if owner is not None else None
    if owner is None or names is None:
        return
    places = {
        **dict.fromkeys(entry.constants or {}, "constants"),
        **dict.fromkeys(entry.fields or {}, "fields"),
    }
    by_key = _by_key(owner, places)
    for key, tails in by_key.items():
        full = _full(owner, key, next(iter(tails)))
        wrong = [sign for sign in names.refused if sign in key]
        if wrong:
            expected = f"a name without {listed(wrong)}, which Intercom takes in none ({names.source})"
            note(places[full], full, expected=expected, found=describe(key), todo="Choose another name")
        _judge_halves(owner, names, key, tails, places, note)
    _judge_case(owner, by_key, places, note)
    if len(by_key) > names.most:
        note(
            "fields",
            expected=f"at most {names.most} names below `{owner.open_prefix}`, which is what Intercom takes "
            f"({names.source})",
            found=str(len(by_key)),
            todo="Leave out those that are needed least",
        )


def advice(activation: str, owner: IntercomObject, mapped: Iterable[str]) -> tuple[Message, ...]:
    """What is worth a warning: more names than Intercom may keep.

    Args:
        activation: Its name.
        owner: What it writes.
        mapped: Its fields and constants.
    """
    names = owner.open_names
    count = len(_by_key(owner, mapped)) if names is not None else 0
    if names is None or count <= names.kept:
        return ()
    return (
        Message(
            "too-many-names",
            f"{activation}: {count} names below `{owner.open_prefix}` are mapped; Intercom's API description says "
            f"that it keeps the first {names.kept} ({names.kept_source}), its help centre that it takes {names.most} "
            f"({names.source}). They are sent in the order of the mapping",
        ),
    )


def _by_key(owner: IntercomObject, mapped: Iterable[str]) -> dict[str, list[str]]:
    """What stands after each name and its dot: nothing for a plain value, `amount` for a half."""
    found: dict[str, list[str]] = {}
    for name in mapped:
        if owner.open_prefix is not None and name.startswith(owner.open_prefix):
            key, _, tail = name[len(owner.open_prefix) :].partition(".")
            found.setdefault(key, []).append(tail)
    return found


def _full(owner: IntercomObject, key: str, tail: str) -> str:
    return f"{owner.open_prefix}{key}.{tail}" if tail else f"{owner.open_prefix}{key}"


def _judge_halves(
    owner: IntercomObject,
    names: OpenNames,
    key: str,
    tails: list[str],
    places: Mapping[str, str],
    note: NoteSetting,
) -> None:
    """A value is plain, or has two halves that belong together."""
    if tails == [""] or not all(tail == "" or names.pair_with(tail) for tail in tails):
        return  # one value; or another nesting, which is no field and noted as such
    pairs = {pair for tail in tails if (pair := names.pair_with(tail))}
    if len(pairs) > 1 or "" in tails:
        full = _full(owner, key, tails[-1])
        shown = listed([f"`{_full(owner, key, tail)}`" for tail in tails], last="and")
        expected = f"one value below `{owner.open_prefix}{key}`"
        note(places[full], full, expected=expected, found=shown, todo="Give each value a name of its own")
        return
    (pair,) = pairs
    for half in pair.halves:
        if half not in tails:
            full = _full(owner, key, tails[0])
            note(
                places[full],
                full,
                expected=f"`{_full(owner, key, half)}` to be mapped too",
                found=f"`{full}` without it",
                todo=f"Intercom takes {listed(pair.halves, last='and')} together only",
            )


def _judge_case(
    owner: IntercomObject, by_key: Mapping[str, list[str]], places: Mapping[str, str], note: NoteSetting
) -> None:
    first: dict[str, str] = {}
    for key, tails in by_key.items():
        other = first.setdefault(key.casefold(), key)
        if other != key:
            full = _full(owner, key, tails[0])
            expected = (
                "names that differ in more than upper and lower case, of which Intercom takes no notice"
            )
            found = f"{describe(other)} and {describe(key)}"
            note(places[full], full, expected=expected, found=found, todo="Choose another name")
