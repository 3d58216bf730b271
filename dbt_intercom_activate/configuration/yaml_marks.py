"""Lines of keys in a YAML text, from the marks that PyYAML leaves on what it composes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbt_intercom_activate.configuration.readers import KeyPath

Found = tuple[yaml.Node, yaml.Node]
"""The node that carries the line, and the value below it."""


def compose(text: str) -> yaml.Node | None:
    """Return the root of a YAML text, or None where it is empty or no YAML."""
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def line(node: yaml.Node) -> int:
    """Return the line of a node, from 1."""
    return int(node.start_mark.line) + 1


def step(node: yaml.Node | None, key: str | int) -> Found | None:
    """Find a mapping's key, a list's position, or the list item whose `name` is the key."""
    if isinstance(node, yaml.MappingNode):
        return _in_mapping(node, str(key))
    if not isinstance(node, yaml.SequenceNode):
        return None
    if isinstance(key, int):
        return (node.value[key], node.value[key]) if 0 <= key < len(node.value) else None
    return next(((item, item) for item in node.value if scalar(item, "name") == key), None)


def deepest(node: yaml.Node | None, path: KeyPath) -> tuple[int, int | None]:
    """Follow a path as far as it goes; return how many steps it took, and the line of the last."""
    depth, last = 0, None
    for key in path:
        found = step(node, key)
        if found is None:
            break
        depth, last, node = depth + 1, line(found[0]), found[1]
    return depth, last


def value_at(node: yaml.Node | None, path: KeyPath) -> yaml.Node | None:
    """Follow a path to its end; None where it does not go so far."""
    for key in path:
        found = step(node, key)
        if found is None:
            return None
        node = found[1]
    return node


def scalar(node: yaml.Node | None, key: str) -> str | None:
    """Return the text of a mapping's scalar value."""
    found = step(node, key) if isinstance(node, yaml.MappingNode) else None
    return str(found[1].value) if found and isinstance(found[1], yaml.ScalarNode) else None


def items(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield the items of a list; nothing for any other node."""
    if isinstance(node, yaml.SequenceNode):
        yield from node.value


def _in_mapping(node: yaml.MappingNode, key: str) -> Found | None:
    for name, value in node.value:
        if isinstance(name, yaml.ScalarNode) and name.value == key:
            return name, value
    for name, value in node.value:
        if not isinstance(name, yaml.ScalarNode) or name.value != "<<":
            continue
        for merged in (value, *items(value)):
            # One level of `<<` is enough for people, and cannot loop on a recursive alias.
            own = merged.value if isinstance(merged, yaml.MappingNode) else []
            found = next(((k, v) for k, v in own if isinstance(k, yaml.ScalarNode) and k.value == key), None)
            if found:
                return found
    return None


def repeated(root: yaml.Node | None) -> Iterator[KeyPath]:
    """Yield the path of every key that its mapping has twice; YAML's readers keep the last one silently."""
    waiting: list[tuple[KeyPath, yaml.Node | None]] = [((), root)]
    visited: set[int] = set()
    while waiting:
        path, node = waiting.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        seen: set[str] = set()
        for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
            here = (*path, str(name.value) if isinstance(name, yaml.ScalarNode) else "?")
            if str(here[-1]) in seen and here[-1] != "?":
                yield here
            seen.add(str(here[-1]))
            waiting.append((here, value))
