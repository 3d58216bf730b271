"""Fills the marked blocks of docs/reference from the code: `python -m docs.generator`; `--check` only compares.

A page there is its own source: its prose is edited in the page. What the code knows better stands between two marks::

    <!-- begin: statuses -->
    <!-- end: statuses -->

The words of a block stand in the code too: in the metadata of dataclass fields, in docstrings below attributes, in the
help of options.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from docs.generator import codes, commands, configuration, fields, objects_macro

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOLDER = Path(__file__).parent.parent / "reference"

PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "configuration.md": configuration.BLOCKS,
    "fields.md": fields.BLOCKS,
    "commands.md": commands.BLOCKS,
    "codes.md": codes.BLOCKS,
}
"""What makes the blocks of each page, by the name of the block."""

_BLOCK = re.compile(r"^<!-- begin: (.+?) -->\n(.*?)^<!-- end: \1 -->$", re.MULTILINE | re.DOTALL)


def filled(page: str, blocks: Mapping[str, Callable[[], str]]) -> str:
    """A page with all of its blocks filled; prose stays as it is.

    Raises:
        ValueError: The page lacks a block, or has one that nothing fills, or has one twice.
    """
    marked = [found[1] for found in _BLOCK.finditer(page)]
    if sorted(marked) != sorted(blocks):
        raise ValueError(f"expected each of these blocks once: {sorted(blocks)}, found {sorted(marked)}")
    # Without the empty lines Markdown takes what follows a comment for a part of it.
    return _BLOCK.sub(
        lambda found: f"<!-- begin: {found[1]} -->\n\n{blocks[found[1]]()}\n\n<!-- end: {found[1]} -->", page
    )


def stale() -> dict[Path, str]:
    """The pages, and the macro of objects, that the code has left behind, and what they should hold."""
    found = {}
    for name, blocks in PAGES.items():
        path = FOLDER / name
        page = path.read_text(encoding="utf-8")
        try:
            right = filled(page, blocks)
        except ValueError as error:
            raise ValueError(f"docs/reference/{name}: {error}") from None
        if right != page:
            found[path] = right
    if objects_macro.PATH.read_text(encoding="utf-8") != objects_macro.text():
        found[objects_macro.PATH] = objects_macro.text()
    return found
