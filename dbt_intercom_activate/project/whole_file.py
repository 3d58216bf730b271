"""Files that are written whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, text: str, mode: int | None = None) -> None:
    """Put a text in place of a file's; the ends of its lines, and the file's mode, stay as they are.

    Whoever reads meanwhile finds the old file, and so does whoever comes after a full disk or a kill.

    Args:
        path: Of the file, which may not be there yet.
        text: All of it.
        mode: Who may read it, from the first byte on; None for what it was, or what is usual.

    Raises:
        OSError: It could not be written; the old file is as it was.
    """
    half = path.with_name(f".{path.name}.part")
    try:
        if mode is not None:
            half.unlink(missing_ok=True)
            os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        half.write_bytes(text.encode("utf-8"))
        if mode is None and path.exists():
            shutil.copymode(path, half)
        half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise
