"""Bulk jobs and their tasks, as the workspace keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(slots=True)
class Task:
    """The items of one request."""

    id: str
    items: Sequence[Mapping[str, Any]]
    carry_out: Callable[..., object]
    """What does one item in a workspace."""
    created_at: int
    due: float
    """Unix seconds at which it is carried out."""
    completed_at: int | None = None
    rejected: bool = False
    """Whether any item was."""

    @property
    def state(self) -> str:
        """In Intercom's words."""
        if self.completed_at is None:
            return "pending"
        return "completed_with_errors" if self.rejected else "completed"


@dataclass(slots=True)
class BulkJob:
    """Tasks that were posted under one id."""

    id: str
    plural: str
    """`contacts` or `companies`."""
    created_at: int
    tasks: list[Task] = field(default_factory=list)
