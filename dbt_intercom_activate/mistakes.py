"""A mistake in what the user wrote, in one grammar: where, what was expected, what was found, what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake, with everything that a person needs to mend it."""

    file: str
    """Path below the project directory, or the artifact's path."""
    line: int | None
    """Line in `file`, from 1; None where it cannot be known."""
    node: str | None
    """The model, seed or snapshot; None for intercom.yml."""
    key_path: str
    """Where in the block, such as `meta.intercom.fields.email`."""
    expected: str
    found: str
    todo: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        owner = f"{self.node}: " if self.node else ""
        advice = f". {self.todo}" if self.todo else ""
        return f"{place}: {owner}{self.key_path}: expected {self.expected}, found {self.found}{advice}"
