"""Small mistakes that mutmut does not know: the kinds that lose, double or remove a record here.

Each takes a node of libCST and yields it with the mistake in it, as the operators in `mutmut.mutation.mutators` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
from mutmut.mutation import mutators

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPPOSITES = {"min": "max", "max": "min", "any": "all", "all": "any"}


def add_to_mutmut() -> None:
    """Let mutmut make these mistakes too, and leave texts for people as they are."""
    operators = mutators.mutation_operators
    operators[:] = [each for each in operators if each[1] is not mutators.operator_string]
    operators += [
        (cst.SimpleString, another_word),
        (cst.Expr, call_left_out),
        (cst.IndentedBlock, two_calls_exchanged),
        (cst.Try, finally_without_failure),
        (cst.If, condition_turned_round),
        (cst.CompIf, condition_turned_round),
        (cst.BooleanOperation, half_left_out),
        (cst.Call, opposite),
    ]


def another_word(node: cst.SimpleString) -> Iterator[cst.SimpleString]:
    """A key, a code or a state; what has blanks in it is a text for people."""
    text = node.raw_value
    if "b" not in node.prefix and len(node.quote) == 1 and text.strip() and " " not in text:
        yield node.with_changes(value=f"{node.prefix}{node.quote}XX{text}XX{node.quote}")


def call_left_out(node: cst.Expr) -> Iterator[cst.Pass]:
    """Such as a forgotten heartbeat."""
    if isinstance(node.value, cst.Call):
        yield cst.Pass()


def two_calls_exchanged(node: cst.IndentedBlock) -> Iterator[cst.IndentedBlock]:
    """Such as a line of the journal after what it announces."""
    for place in range(len(node.body) - 1):
        if _is_call(node.body[place]) and _is_call(node.body[place + 1]):
            body = list(node.body)
            body[place : place + 2] = reversed(body[place : place + 2])
            yield node.with_changes(body=body)


def _is_call(statement: cst.BaseStatement) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, cst.Call)
    )


def finally_without_failure(node: cst.Try) -> Iterator[cst.If]:
    """What stands in `finally` happens only where nothing is raised."""
    if node.finalbody is not None and not node.handlers:
        body = [*node.body.body, *node.finalbody.body.body]
        yield cst.If(test=cst.Name("True"), body=cst.IndentedBlock(body=body))


def condition_turned_round(node: cst.If | cst.CompIf) -> Iterator[cst.If | cst.CompIf]:
    """A condition that is neither a comparison nor made of several, which mutmut changes itself."""
    if not isinstance(node.test, cst.Comparison | cst.BooleanOperation | cst.UnaryOperation):
        yield node.with_changes(
            test=cst.UnaryOperation(
                cst.Not(), node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
            )
        )


def half_left_out(node: cst.BooleanOperation) -> Iterator[cst.BaseExpression]:
    """One side of an `and` or of an `or` alone."""
    for half in (node.left, node.right):
        yield half.with_changes(lpar=[*node.lpar, *half.lpar], rpar=[*half.rpar, *node.rpar])


def opposite(node: cst.Call) -> Iterator[cst.Call]:
    """The greatest in place of the least, and the like."""
    if isinstance(node.func, cst.Name) and node.func.value in _OPPOSITES:
        yield node.with_changes(func=cst.Name(_OPPOSITES[node.func.value]))
