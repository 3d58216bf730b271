"""Values as SQL has them, where a macro for each of thousands would take longer than the statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def literal(value: str | int | None, escapes: Sequence[Sequence[str]]) -> str:
    """What the macro `_literal` writes.

    Args:
        escapes: What the macro `text_escapes` returns for the warehouse.
    """
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value)
    for character, written in escapes:
        value = value.replace(character, written)
    return f"'{value}'"
