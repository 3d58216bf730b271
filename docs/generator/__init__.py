"""Writes docs/reference from the code: `python -m docs.generator`.

So every key, field, code, status, command and option has its place there. The words stand in the code: in the metadata
of dataclass fields, in docstrings below attributes, in the help of options.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docs.generator import codes, commands, configuration, fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOLDER = Path(__file__).parent.parent / "reference"

PAGES: Mapping[str, Callable[[], str]] = {
    "configuration.md": configuration.page,
    "fields.md": fields.page,
    "commands.md": commands.page,
    "codes.md": codes.page,
}
"""What makes each page of the folder."""


def write() -> None:
    """Write every page."""
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
