"""In which state an activation is, by what `runs` has of it, and when that is worth a word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from dbt_intercom_activate.outcomes.results import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbt_intercom_activate.outcomes.results import ActivationResult
    from dbt_intercom_activate.sync.session import Session

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
    UNFINISHED = "unfinished"
    """The run was told to end early; it is in the state of the one before, and a second one in a row is failing."""
    UNTOLD = "untold"
    """The run tells nobody: it looked at chosen records only, was killed, or is none."""

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


_STATES = {
    Status.SUCCESS.value: State.WELL,
    Status.ERROR.value: State.FAILING,
    Status.HELD.value: State.HELD,
    Status.BLOCKED.value: State.BLOCKED,
}


def state_of(status: str, failed: int, held: int, *, stopped: bool = True) -> State:
    """What a run of all records came to.

    Args:
        status: As `runs` has it; that of a row that is of no run, as where records were let go, is of no state.
        failed: Records whose failures count.
        held: Removals that were held.
        stopped: Whether one that ended early was told to, as by Ctrl-C or --max-time; else Intercom, its token or
            `max_failed` ended it.
    """
    if status == Status.PARTIAL.value:
        return State.FAILING if failed else State.HELD if held else State.WELL
    if status == Status.DEFERRED.value:
        return State.UNFINISHED if stopped and not failed else State.FAILING
    return _STATES.get(status, State.UNTOLD)


def state_in(session: Session, result: ActivationResult) -> StateOfRun:
    """What an activation came to in a run."""
    warned = next((each.warned for each in session.enabled if each.name == result.activation), frozenset())
    failed = result.failed_unwarned(warned)
    options = session.options
    if not options.scope.whole_relation or options.limit is not None:
        return StateOfRun(State.UNTOLD, failed)
    held, stopped = result.counts["held"], bool(session.stop)
    return StateOfRun(state_of(result.status.value, failed, held, stopped=stopped), failed)


def states_of(runs: Sequence[StateOfRun]) -> list[StateOfRun]:
    """In which state each run left its activation, the oldest first; those that tell nobody are passed over."""
    found: list[StateOfRun] = []
    unfinished = False
    for run in runs:
        if run.state is State.UNTOLD:
            continue
        if run.state is not State.UNFINISHED:
            found.append(run)
        elif unfinished:
            found.append(StateOfRun(State.FAILING, run.failed))
        else:
            found.append(found[-1] if found else StateOfRun(State.WELL, 0))
        unfinished = run.state is State.UNFINISHED
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
