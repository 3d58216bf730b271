"""Which activations the user selected.

Where dbt itself would answer, dbt answers; `activation:NAME` is ours, and a plain name of a model needs no dbt.
https://docs.getdbt.com/reference/node-selection/syntax
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.readers import nearest
from dbt_intercom_activate.errors import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.project.manifest import Node

METHOD = "activation:"

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Selection:
    """What stands after --select, --exclude, --selector and --state."""

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: str | None = None
    state: str | None = None

    def __bool__(self) -> bool:
        return bool(self.select or self.exclude or self.selector)


def choose(
    activations: Sequence[Activation],
    selection: Selection,
    ask_dbt: Callable[[Selection], frozenset[str]],
    warn: Callable[[str], None] | None = None,
) -> tuple[Activation, ...]:
    """The selected activations, in their order.

    Args:
        ask_dbt: The unique ids that dbt selects; called only for what dbt has to answer.
        warn: Told of each word after --select that matches nothing.
    """
    if not selection:
        return tuple(activations)
    chosen = {each.name for each in activations}
    if selection.selector:
        ids = ask_dbt(Selection(selector=selection.selector, state=selection.state))
        chosen &= _of_nodes(activations, ids)
    if selection.select:
        chosen &= _matching(activations, selection.select, selection.state, ask_dbt, warn)
    if selection.exclude:
        chosen -= _matching(activations, selection.exclude, selection.state, ask_dbt)
    return tuple(each for each in activations if each.name in chosen)


def for_dbt(
    tokens: Sequence[str], activations: Sequence[Activation], nodes: Iterable[Node] = ()
) -> tuple[str, ...]:
    """The tokens as dbt understands them: `activation:NAME` becomes the name of its model.

    Args:
        nodes: Those of the project, where a bare word that is an activation's name, and dbt would find nothing by, is
            to become the name of its model too.
    """
    known = {name for node in nodes for name in (node.name, *node.fqn)}
    translated: list[str] = []
    for token in " ".join(tokens).split():
        parts = [_as_nodes(part, activations, known) for part in token.split(",")]
        translated.extend(",".join(names) for names in product(*parts))
    return tuple(translated)


def _as_nodes(part: str, activations: Sequence[Activation], known: set[str]) -> list[str]:
    if known and part not in known and _PLAIN_NAME.fullmatch(part):
        part = next((f"{METHOD}{part}" for each in activations if each.name == part), part)
    if not part.startswith(METHOD):
        return [part]
    pattern = part.removeprefix(METHOD)
    names = [each.node.name for each in activations if fnmatchcase(each.name, pattern)]
    return list(dict.fromkeys(names)) or [part]


def _matching(
    activations: Sequence[Activation],
    tokens: Sequence[str],
    state: str | None,
    ask_dbt: Callable[[Selection], frozenset[str]],
    warn: Callable[[str], None] | None = None,
) -> set[str]:
    """The union of the tokens; a comma inside a token is an intersection."""
    matching: set[str] = set()
    for token in " ".join(tokens).split():
        sets = [_matching_part(activations, part, state, ask_dbt) for part in token.split(",")]
        found = set.intersection(*sets)
        if not found and warn is not None:
            warn(_nothing_matches(token, activations))
        matching |= found
    return matching


def _matching_part(
    activations: Sequence[Activation],
    part: str,
    state: str | None,
    ask_dbt: Callable[[Selection], frozenset[str]],
) -> set[str]:
    if part.startswith(METHOD):
        pattern = part.removeprefix(METHOD)
        return {each.name for each in activations if fnmatchcase(each.name, pattern)}
    if _is_only_a_node(part, activations):
        return {each.name for each in activations if each.node.name == part}
    nodes = ask_dbt(Selection(select=(part,), state=state))
    if not nodes and any(each.name == part for each in activations):
        return {part}
    return _of_nodes(activations, nodes)


def _nothing_matches(token: str, activations: Sequence[Activation]) -> Message:
    named = token.removeprefix(METHOD)
    names = [f"{METHOD}{each.name}" for each in activations]
    models = [] if token.startswith(METHOD) else [each.node.name for each in activations]
    close = None
    if _PLAIN_NAME.fullmatch(named):
        close = nearest(named, models) or nearest(f"{METHOD}{named}", names)
    question = f". {close}" if close else ""
    return Message(
        "nothing-selected", f"the selection criterion {token!r} does not match any activation{question}"
    )


def _is_only_a_node(part: str, activations: Sequence[Activation]) -> bool:
    """Whether dbt could mean nothing else by it: a bare word also selects the folder of that name."""
    if _PLAIN_NAME.fullmatch(part) is None:
        return False
    named = any(each.node.name == part for each in activations)
    return named and not any(part in each.node.fqn[:-1] for each in activations if each.node.name != part)


def _of_nodes(activations: Sequence[Activation], unique_ids: frozenset[str]) -> set[str]:
    return {each.name for each in activations if each.node.unique_id in unique_ids}
