"""Finish what dead runs left: their journal knows outcomes that the ledger does not."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dbt_intercom_activate.errors import Message
from dbt_intercom_activate.ledger.journal_reading import left_by_dead_runs, read_journal
from dbt_intercom_activate.ledger.outcomes import run_row
from dbt_intercom_activate.outcomes.outcome import Delivered
from dbt_intercom_activate.outcomes.results import ActivationResult, Status, Tally
from dbt_intercom_activate.outcomes.without_answer import never_sent, sent_by_a_dead_run
from dbt_intercom_activate.sync.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dbt_intercom_activate.ledger.journal_reading import Home, Unfinished
    from dbt_intercom_activate.sync.session import Session


def recover(session: Session, target_path: Path) -> None:
    """Append the outcomes of dead runs to the ledger, drop their stages and their journals.

    The caller holds the lock, so every run that left a journal is dead. Journals of another dbt target, or of another
    ledger, stay for a run that can reach their warehouse. One that cannot be read, or not wholly, is kept under another
    name when what can be read of it stands in the ledger.

    Raises:
        WarehouseFailed: The warehouse refused; the journal stays.
    """
    for path in left_by_dead_runs(target_path):
        try:
            left = read_journal(path)
        except OSError as error:
            session.report.warning(
                Message(
                    "journal-unreadable",
                    f"the journal {path} cannot be read: {error.strerror}. It may know outcomes that the ledger lacks: "
                    "let this user read it, or move it away",
                )
            )
            continue
        for each in left.unfinished:
            if _is_here(session, each.home):
                _complete(session, each)
        if all(_is_here(session, home) for home in left.homes):
            _take_away(session, path, left.unread)


def _is_here(session: Session, home: Home) -> bool:
    here = session.stages.relation(home.stage)
    return home.dbt_target == session.dbt_target and home.relation == here


UNREADABLE = ".unreadable"
"""At the end of the name of a journal that was kept, so that no run reads it again."""


def _take_away(session: Session, path: Path, unread: Sequence[int]) -> None:
    """Remove a journal of which everything stands in the ledger, or keep it aside where that is not certain."""
    if not unread:
        with suppress(OSError):  # the next run finds its stages dropped, and comes to the same end
            path.unlink()
        return
    aside = path.with_name(path.name + UNREADABLE)
    with suppress(OSError):  # it stays where it is, and the next run says so again
        path.rename(aside)
    lines = f"{len(unread)} line{'s' if len(unread) > 1 else ''}"
    session.report.warning(
        Message(
            "journal-unreadable",
            f"{lines} of the journal {path} cannot be read by this version, the first is line {unread[0]}; "
            f"it is kept as {aside.name}. All else in it stands in the ledger. What these lines tell of is sent again "
            "where Intercom recognises it, and is `maybe_delivered` where it does not",
        )
    )


def _complete(session: Session, unfinished: Unfinished) -> None:
    run, ledger = unfinished.run, session.ledger
    if not session.stages.has(unfinished.home.stage):
        # The run was ended between dropping its stage, with everything flushed, and saying so.
        return
    known = ledger.recorded_of_run(unfinished.home.relation, run)
    missing = [each for each in unfinished.outcomes if each.seq not in known]
    ledger.go_on_with(run)
    ledger.append(unfinished.home.relation, run, missing)
    not_sent, unsure = never_sent("the run was ended from outside"), sent_by_a_dead_run()
    since = unfinished.server_time
    for outcome, seqs, sent_at in (
        (not_sent, unfinished.never_sent, None),
        (unsure, unfinished.unsure, since),
    ):
        rows = [Delivered(seq, None, outcome, session.now(), sent_at) for seq in seqs]
        ledger.append(unfinished.home.relation, run, rows)
    tally = Tally.resume(unfinished.counts)
    gone = session.stages.removed_in(unfinished.home.relation)
    tally.add(each.outcome for each in unfinished.outcomes if each.seq not in gone)
    tally.add_removed(sum(each.seq in gone and each.outcome.succeeded for each in unfinished.outcomes))
    result = _result(unfinished, tally)
    row = run_row(
        run.run_id,
        run.project,
        result,
        started_at=unfinished.started_at,
        finished_at=session.now(),
        generation=run.generation,
        warned=next((each.warned for each in session.enabled if each.name == run.activation), frozenset()),
        state=State.UNTOLD.value,
    )
    whole = not missing and ledger.has_run(run)
    if not whole:
        ledger.append_run(row)
    session.stages.drop(unfinished.home.stage)
    if whole:
        # It was ended while it cleared up, with everything said.
        return
    session.report.warning(
        Message(
            "run-was-killed",
            f"{run.activation}: run {run.run_id} was ended from outside; "
            f"{len(missing)} outcomes were taken from its journal into the ledger",
        )
    )


def _result(unfinished: Unfinished, tally: Tally) -> ActivationResult:
    return ActivationResult(
        activation=unfinished.run.activation,
        unique_id="",
        object=unfinished.run.object_type,
        behaviour="",
        workspace=unfinished.run.workspace,
        workspace_name=unfinished.run.workspace_name,
        status=Status.DEFERRED,
        counts=tally.counts(),
        failures=dict(tally.failures),
    )
