"""In which state an activation is, by what `runs` has of it, and when that is worth a word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from dbt_intercom_activate.outcomes.results import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

GROWTH = 1.5
"""By half: how many times as many failures are said again."""


class State(str, Enum):
    """What people have to know of an activation."""

    WELL = "well"
    FAILING = "failing"
    """Records failed with codes that count, or it could not run or finish."""
    HELD = "held"
    """A guard holds its writes, or its removals."""
    BLOCKED = "blocked"
    """Its model, or a test of it, failed in dbt."""

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class StateOfRun:
    """What a run came to."""

    state: State
    failed: int
    """Records whose failures count."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An activation that came to another state, or to many more failures."""

    activation: str
    workspace_name: str | None
    was: State
    now: State
    failed_before: int
    """When it was said last."""
    failed: int


@dataclass(frozen=True, slots=True)
class Row:
    """What `runs` has of one run."""

    status: str
    failed: int
    """Records whose failures count."""
    held: int
    """Removals that were held."""


_STATES = {
    Status.SUCCESS.value: State.WELL,
    Status.ERROR.value: State.FAILING,
    Status.DEFERRED.value: State.FAILING,
    Status.HELD.value: State.HELD,
    Status.BLOCKED.value: State.BLOCKED,
}


def states_of(rows: Sequence[Row]) -> list[StateOfRun]:
    """What each run came to, the oldest first.

    A run that ended early, as by Ctrl-C or --max-time, says nothing yet: it is in the state of the one before.
    A second one in a row is failing. Rows that are of no run, as where records were let go, are passed over.
    """
    found: list[StateOfRun] = []
    ended_early = False
    for row in rows:
        partial = State.FAILING if row.failed else State.HELD if row.held else State.WELL
        state = partial if row.status == Status.PARTIAL.value else _STATES.get(row.status)
        if state is None:
            continue
        deferred = row.status == Status.DEFERRED.value
        if deferred and not ended_early:
            found.append(found[-1] if found else StateOfRun(State.WELL, 0))
        else:
            found.append(StateOfRun(state, row.failed))
        ended_early = deferred
    return found


def said_before(earlier: Sequence[StateOfRun]) -> StateOfRun:
    """What was said last, by what the runs before came to, the oldest first; one that never ran was well."""
    if not earlier:
        return StateOfRun(State.WELL, 0)
    last = earlier[-1]
    stretch: list[StateOfRun] = []
    for each in reversed(earlier):
        if each.state is not last.state:
            break
        stretch.append(each)
    said = stretch[-1]
    for each in reversed(stretch):
        said = each if _grew(said, each) else said
    return said


def is_news(said: StateOfRun, now: StateOfRun) -> bool:
    """Whether something is to be said that was not said before."""
    return now.state is not said.state or _grew(said, now)


def _grew(said: StateOfRun, now: StateOfRun) -> bool:
    failing = now.state is State.FAILING
    return failing and now.failed > said.failed and now.failed >= GROWTH * said.failed
