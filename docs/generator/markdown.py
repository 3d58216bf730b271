"""Pieces of Markdown, and the docstrings below attributes that they are made of."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a pipe would end its cell."""
    lines = [headings, ["---"] * len(headings), *rows]
    for line in lines:
        if any("|" in cell or "\n" in cell for cell in line):
            raise ValueError(f"a cell cannot hold this: {line}")
    return "\n".join("|" + "".join(f" {cell} |" if cell else " |" for cell in line) for line in lines)


def bullets(items: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {item}" for item in items)


def code(*names: str, last: str = "or") -> str:
    """Names as code: `a`, `b` or `c`."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


def sentences(said: str) -> str:
    """A text with each of its sentences on a line of its own, and {{ … }} as code."""
    marked = said if "`{{" in said else said.replace("{{", "`{{").replace("}}", "}}`")
    return marked.replace(". ", ".\n")


def docstrings(owner: type) -> Mapping[str, str]:
    """The texts below a class's attributes, which Python itself forgets."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    found: dict[str, str] = {}
    for statement, following in pairwise(body):
        name = _assigned(statement)
        if name and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            found[name] = " ".join(str(following.value.value).split())
    return found


def _assigned(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    return None
