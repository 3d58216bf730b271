"""Whether the dbt command that is running is one of our own, which syncs by itself when dbt has ended."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN = ContextVar("own_command", default=False)


@contextmanager
def own_command() -> Iterator[None]:
    """While this lasts, the plugin leaves syncing to us."""
    before = _OWN.set(True)
    try:
        yield
    finally:
        _OWN.reset(before)


def is_own_command() -> bool:
    """Whether `build` or `run` of ours has called dbt."""
    return _OWN.get()
