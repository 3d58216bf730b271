"""The text of a file with exposures: what changes is put in key by key, and all else stays as it was written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from dbt_intercom_activate.configuration import yaml_marks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Exposure = dict[str, Any]

SECTION = "exposures"
_STEP = "  "


class NotEditable(Exception):
    """The text is written in a way that keys cannot be put into, or not without losing a comment."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of the text that another one replaces."""

    start: int
    end: int
    text: str


def edited(text: str, wanted: Sequence[Exposure], gone: Sequence[str]) -> str:
    """The text with these exposures, and without those that are gone.

    Args:
        text: YAML; empty for a file that is not there yet.
        wanted: Each as a whole, the keys that the file's own exposure of the name has beside them included.
        gone: Names.

    Raises:
        NotEditable: It is no YAML of exposures, or no block of keys a line; or a comment stands within what changes.
    """
    try:
        before = yaml.safe_load(text)
        after = _with_edits(text, list(_edits(text, before, wanted, gone)))
        if yaml.safe_load(after) != _expected(before, wanted, gone):
            raise NotEditable
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        raise NotEditable from None
    return after


def exposures_of(text: str) -> dict[str, Exposure]:
    """The exposures of a text, by name.

    Raises:
        NotEditable: It is no YAML, or its exposures are no list of mappings with names.
    """
    try:
        document = yaml.safe_load(text)
        return {each["name"]: each for each in (document or {}).get(SECTION) or []}
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        raise NotEditable from None


def _expected(before: Any, wanted: Sequence[Exposure], gone: Sequence[str]) -> dict[str, Any]:
    by_name = {each["name"]: each for each in wanted}
    old = [each for each in (before or {}).get(SECTION) or [] if each["name"] not in gone]
    names = {each["name"] for each in old}
    kept = [by_name.get(each["name"], each) for each in old]
    return {**(before or {}), SECTION: [*kept, *(each for each in wanted if each["name"] not in names)]}


def _edits(text: str, before: Any, wanted: Sequence[Exposure], gone: Sequence[str]) -> Iterator[Edit]:
    root = yaml_marks.compose(text)
    found = yaml_marks.step(root, SECTION)
    known = exposures_of(text)
    new = [each for each in wanted if each["name"] not in known]
    if found is None:
        blank = "\n" if text.strip() else ""
        ended = "" if text.endswith("\n") or not text else "\n"
        yield Edit(len(text), len(text), f"{ended}{blank}{SECTION}:\n{_items(new, _STEP)}\n")
        return
    key, section = found
    stay = [item for item in yaml_marks.items(section) if yaml_marks.scalar(item, "name") not in gone]
    if not stay:
        instead = f":\n{_items(new, _STEP)}" if new else ": []"
        end = _end(text, section) if before[SECTION] else section.end_mark.index
        yield Edit(key.end_mark.index, end, instead)
        return
    by_name = {each["name"]: each for each in wanted}
    last, comments = section.value[-1], list(_comments(text))
    for item in section.value:
        name = yaml_marks.scalar(item, "name") or ""
        if name in gone:
            yield Edit(_line_before(text, item), _end(text, item), "")
        elif name in by_name:
            for edit in _changed_keys(text, item, known[name], by_name[name]):
                if any(edit.start <= place < edit.end for place in comments):
                    raise NotEditable
                yield edit
    if new:
        indent = " " * section.start_mark.column
        yield Edit(_end(text, last), _end(text, last), f"\n{_items(new, indent)}")


def _changed_keys(
    text: str, mapping: yaml.Node, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Edit]:
    """As deep as it goes, so that what stands beside a changed value stays."""
    indent = " " * mapping.start_mark.column
    for key, value in mapping.value:
        name = key.value
        if name not in old or (name in new and new[name] == old[name]):
            continue
        if name not in new:
            yield Edit(_line_before(text, key), _end(text, value), "")
        elif _goes_deeper(value, dict, old[name], new[name]):
            yield from _changed_keys(text, value, old[name], new[name])
        elif _goes_deeper(value, list, old[name], new[name]):
            yield from _changed_items(text, value, old[name], new[name])
        else:
            yield Edit(key.start_mark.index, _end(text, value), _indented({name: new[name]}, indent).lstrip())
    added = {name: value for name, value in new.items() if name not in old}
    if added:
        yield Edit(_end(text, mapping), _end(text, mapping), f"\n{_indented(added, indent)}")


def _changed_items(text: str, section: yaml.Node, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Edit]:
    indent = " " * section.start_mark.column
    for item, before, after in zip(section.value, old, new, strict=False):
        if before != after:
            yield Edit(item.start_mark.index, _end(text, item), _indented([after], indent).lstrip()[2:])
    for item in section.value[len(new) :]:
        yield Edit(_line_before(text, item), _end(text, item), "")
    if new[len(old) :]:
        yield Edit(_end(text, section), _end(text, section), f"\n{_indented(new[len(old) :], indent)}")


def _goes_deeper(node: yaml.Node, kind: type, old: Any, new: Any) -> bool:
    in_lines = isinstance(node, yaml.CollectionNode) and not node.flow_style
    return in_lines and isinstance(old, kind) and isinstance(new, kind) and bool(new)


def _comments(text: str) -> Iterator[int]:
    """Where each comment begins: between two tokens, or in the first line of a text of lines (`|`, `>`)."""
    end = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        start = token.start_mark.index
        yield from (end + found.start() for found in re.finditer("#.*", text[end:start]))
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            yield from (start + found.start() for found in re.finditer("#.*", text[start:].split("\n", 1)[0]))
        end = max(end, token.end_mark.index)


def _line_before(text: str, node: yaml.Node) -> int:
    """Where the line before that of a node ends."""
    end = text.rindex("\n", 0, node.start_mark.index)
    return end - 1 if text[end - 1] == "\r" else end


def _end(text: str, node: yaml.Node) -> int:
    """Where a node ends; a block's mark stands after the comments and blank lines that follow it."""
    start, end = node.start_mark.index, node.end_mark.index
    lines = text[start:end].splitlines(keepends=True)
    block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    while len(lines) > 1 and (not lines[-1].strip() or (block and lines[-1].lstrip().startswith("#"))):
        lines.pop()
    return int(start + len("".join(lines).rstrip("\r\n")))


def _items(exposures: Sequence[Exposure], indent: str) -> str:
    """A list of exposures, as YAML has it, without the end of its last line."""
    parts = []
    for each in exposures:
        lines = _indented(each, f"{indent}{_STEP}")
        parts.append(f"{indent}- {lines.lstrip()}")
    return "\n".join(parts)


def _indented(tree: Mapping[str, Any] | Sequence[Any], indent: str) -> str:
    dumped = str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=120))
    return "\n".join(f"{indent}{line}" if line else line for line in dumped.rstrip("\n").split("\n"))


def _with_edits(text: str, edits: Sequence[Edit]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    # From the end, and of two at one place the later one first, so that no edit moves another.
    for each in sorted(edits, key=lambda each: (each.start, each.end))[::-1]:
        text = text[: each.start] + each.text.replace("\n", end) + text[each.end :]
    return text
