"""Where an activation was written, so that a mistake found at any time can name its file and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.readers import dotted
from dbt_intercom_activate.errors import Mistake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.configuration.readers import Collector, KeyPath, Note
    from dbt_intercom_activate.configuration.schema_files import SchemaFiles
    from dbt_intercom_activate.project.manifest import Node

Tail = tuple[str, ...]
"""A key of the block, or a key and the field below it: `("fields", "custom_attributes.plan")`."""


def mistake_at(
    files: SchemaFiles, node: Node, path: KeyPath, *, expected: str, found: str, todo: str | None = None
) -> Mistake:
    """Make a mistake of what stands at `path` in the node's meta, with its file and line."""
    place = files.place(node, path)
    return Mistake(place.file, place.line, node.label, dotted(path), expected, found, todo)


def note_of(files: SchemaFiles, node: Node, collector: Collector) -> Note:
    """Return what takes down the mistakes of one node."""

    def note(path: KeyPath, *, expected: str, found: str, todo: str | None = None) -> None:
        collector.add(mistake_at(files, node, path, expected=expected, found=found, todo=todo))

    return note


@dataclass(frozen=True, slots=True)
class Origin:
    """One block of one node, and where each of its settings really comes from."""

    files: SchemaFiles
    node: Node
    root: KeyPath
    """The path of the block itself."""
    places: Mapping[Tail, KeyPath] = field(default_factory=dict)
    """Settings that stand elsewhere than below the root under their own name."""

    def path(self, *tail: str) -> KeyPath:
        """Return the full key path of a setting, wherever it was written."""
        return self.places.get(tail, (*self.root, *tail))

    def mistake(self, *tail: str, expected: str, found: str, todo: str | None = None) -> Mistake:
        """Make a mistake of one setting."""
        return mistake_at(self.files, self.node, self.path(*tail), expected=expected, found=found, todo=todo)
