"""Where in the project's files a key of `meta` stands.

dbt keeps no line numbers, so the schema file is composed again, and only when there is a mistake to place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration import yaml_marks
from dbt_intercom_activate.configuration.readers import PROJECT_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import yaml

    from dbt_intercom_activate.configuration.readers import KeyPath
    from dbt_intercom_activate.project.manifest import Node

_SECTIONS = {"model": "models", "seed": "seeds", "snapshot": "snapshots", "exposure": "exposures"}


@dataclass(frozen=True, slots=True)
class Place:
    """A file below the project directory, and a line in it where that can be known."""

    file: str
    line: int | None = None


class SchemaFiles:
    """The project's files, each read and composed at most once. Never fails: what is unknown is None."""

    def __init__(self, project_dir: Path, project_name: str) -> None:
        self._project_dir = project_dir
        self._project_name = project_name
        self._roots: dict[str, yaml.Node | None] = {}

    def place(self, node: Node, path: KeyPath) -> Place:
        """Return where `path` stands for a node, or where its deepest existing parent does.

        Args:
            node: The model, seed, snapshot or other resource.
            path: A path such as `("meta", "intercom", "fields", "email")` or
                `("columns", "ltv", "meta", "intercom")`, whichever way `meta` is spelled in the file.
        """
        if path[:1] == ("meta",) and self._configured_in_sql(node, str(path[1])):
            return Place(self._below_project(node, node.original_file_path))
        for name in dict.fromkeys((node.file, node.original_file_path)):
            file = self._below_project(node, name)
            line = self._line(file, node, path)
            if line is not None:
                return Place(file, line)
        if path[:1] == ("meta",) and self._configured_in_project(str(path[1])):
            return Place(PROJECT_FILE)
        return Place(self._below_project(node, node.file))

    def version_says(self, node: Node, key: str) -> bool:
        """Whether a version of a model has a word of its own on a key of `meta`; an empty mapping says nothing."""
        if self._configured_in_sql(node, key):
            return True
        root = self._root(self._below_project(node, node.file))
        said = (_value(own, ("meta", key)) for own in _versions(root, node))
        return any(value is not None and not _is_empty(value) for value in said)

    def _line(self, file: str, node: Node, path: KeyPath) -> int | None:
        """Return the line of the path, where the file has at least the key under `meta`."""
        if not file.endswith((".yml", ".yaml")) or "meta" not in path:
            return None
        least = path.index("meta") + 2
        # dbt merges a version's config into the model's, so a key may stand in either.
        reached = [_deepest(described, path) for described in _descriptions(self._root(file), node)]
        depth, line = max(reached, key=lambda each: each[0], default=(0, None))
        return line if depth >= least else None

    def _configured_in_sql(self, node: Node, key: str) -> bool:
        """Whether `config(meta={...})` in the model's own file names the key; dbt lets that one win."""
        if not node.original_file_path.endswith(".sql"):
            return False
        text = self._text(self._below_project(node, node.original_file_path)) or ""
        return "meta" in text and re.search(rf"""['"]{re.escape(key)}['"]\s*:""", text) is not None

    def _configured_in_project(self, key: str) -> bool:
        root = self._root(PROJECT_FILE)
        sections = (yaml_marks.step(root, section) for section in ("models", "seeds", "snapshots"))
        return any(_has_meta(found[1], key) for found in sections if found)

    def _below_project(self, node: Node, file: str) -> str:
        if node.package_name in ("", self._project_name):
            return file
        installed = f"dbt_packages/{node.package_name}/{file}"
        return installed if (self._project_dir / installed).is_file() else file

    def _root(self, file: str) -> yaml.Node | None:
        if file not in self._roots:
            text = self._text(file)
            self._roots[file] = None if text is None else yaml_marks.compose(text)
        return self._roots[file]

    def _text(self, file: str) -> str | None:
        try:
            return (self._project_dir / file).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None


def _descriptions(root: yaml.Node | None, node: Node) -> Iterator[yaml.Node]:
    """Yield the entries that describe a node, the most special one first."""
    if node.resource_type == "source":
        yield from _source_tables(root, node)
        return
    section = yaml_marks.step(root, _SECTIONS.get(node.resource_type, ""))
    found = yaml_marks.step(section[1], node.name) if section else None
    if found is None:
        return
    yield from _versions(root, node)
    yield found[1]


def _versions(root: yaml.Node | None, node: Node) -> Iterator[yaml.Node]:
    """Yield the entries under `versions` that describe a node."""
    section = yaml_marks.step(root, _SECTIONS.get(node.resource_type, ""))
    found = yaml_marks.step(section[1], node.name) if section else None
    versions = yaml_marks.step(found[1], "versions") if found and node.version is not None else None
    for item in yaml_marks.items(versions[1] if versions else None):
        if yaml_marks.scalar(item, "v") == node.version:
            yield item


def _value(node: yaml.Node, path: KeyPath) -> yaml.Node | None:
    """The value at a path, with `meta` in either of its two places."""
    return yaml_marks.value_at(node, path) or yaml_marks.value_at(node, ("config", *path))


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node.value, list) and not node.value


def _source_tables(root: yaml.Node | None, node: Node) -> Iterator[yaml.Node]:
    section = yaml_marks.step(root, "sources")
    for source in yaml_marks.items(section[1] if section else None):
        tables = yaml_marks.step(source, "tables")
        table = yaml_marks.step(tables[1], node.name) if tables else None
        if table:
            yield table[1]
            yield source


def _deepest(node: yaml.Node, path: KeyPath) -> tuple[int, int | None]:
    """Follow the path with `meta` in either of its two places; count steps of the path."""
    if "meta" not in path:
        return yaml_marks.deepest(node, path)
    at = path.index("meta")
    plain = yaml_marks.deepest(node, path)
    under_config = yaml_marks.deepest(node, (*path[:at], "config", *path[at:]))
    # The step through `config` is not one of the path's own.
    nested = (under_config[0] - 1 if under_config[0] > at else under_config[0], under_config[1])
    return max(plain, nested, key=lambda reached: reached[0])


def _has_meta(node: yaml.Node, key: str) -> bool:
    """Whether a `meta` or `+meta` anywhere below names the key."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if id(here) in seen or not isinstance(here.value, list):
            continue
        seen.add(id(here))
        for name, value in (pair for pair in here.value if isinstance(pair, tuple)):
            if name.value in ("meta", "+meta") and yaml_marks.step(value, key):
                return True
            waiting.append(value)
    return False
