"""Whether a command of our own has called dbt; it syncs by itself when dbt has ended."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbt_intercom_activate.configuration.activation import Judged


@dataclass(slots=True)
class OwnCommand:
    """`build` or `run` of ours, while dbt runs inside it."""

    judged: Judged | None = None
    """What the plugin read of `meta` when dbt had parsed."""


_OWN: ContextVar[OwnCommand | None] = ContextVar("own_command", default=None)


@contextmanager
def own_command() -> Iterator[OwnCommand]:
    """While this lasts, the plugin leaves syncing to us, and hands over what it reads."""
    own = OwnCommand()
    before = _OWN.set(own)
    try:
        yield own
    finally:
        _OWN.reset(before)


def running_own_command() -> OwnCommand | None:
    """The command of ours that has called dbt; None where it was called by somebody else."""
    return _OWN.get()
