"""Finish what dead runs left: their journal knows outcomes that the ledger does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.ledger.journal import left_by_dead_runs, read_journal
from dbt_intercom_activate.ledger.outcomes import run_row
from dbt_intercom_activate.outcomes.outcome import Delivered
from dbt_intercom_activate.outcomes.results import ActivationResult, Status, Tally
from dbt_intercom_activate.outcomes.without_answer import never_sent, sent_by_a_dead_run

if TYPE_CHECKING:
    from pathlib import Path

    from dbt_intercom_activate.ledger.journal import Unfinished
    from dbt_intercom_activate.sync.session import Session


def recover(session: Session, target_path: Path) -> None:
    """Append the outcomes of dead runs to the ledger, drop their stages and their journals.

    The caller holds the lock, so every run that left a journal is dead. Journals of another dbt target, or of another
    ledger, stay for a run that can reach their warehouse.

    Raises:
        WarehouseFailed: The warehouse refused; the journal stays.
    """
    for path in left_by_dead_runs(target_path):
        unfinished = read_journal(path)
        ours = [each for each in unfinished if _is_here(session, each)]
        for each in ours:
            _complete(session, each)
        if len(ours) == len(unfinished):
            path.unlink()


def _is_here(session: Session, unfinished: Unfinished) -> bool:
    here = session.stages.relation(unfinished.stage)
    return unfinished.dbt_target == session.dbt_target and unfinished.relation == here


def _complete(session: Session, unfinished: Unfinished) -> None:
    run, ledger = unfinished.run, session.ledger
    if not session.stages.has(unfinished.stage):
        # The run was ended between dropping its stage, with everything flushed, and saying so.
        return
    known = ledger.recorded_of_run(unfinished.relation, run)
    missing = [each for each in unfinished.outcomes if each.seq not in known]
    ledger.append(unfinished.relation, run, missing)
    not_sent, unsure = never_sent("the run was ended from outside"), sent_by_a_dead_run()
    for outcome, seqs in ((not_sent, unfinished.never_sent), (unsure, unfinished.unsure)):
        rows = [Delivered(seq, None, outcome, session.now()) for seq in seqs]
        ledger.append(unfinished.relation, run, rows)
    tally = Tally.resume(unfinished.counts)
    gone = session.stages.removed_in(unfinished.relation)
    tally.add(each.outcome for each in unfinished.outcomes if each.seq not in gone)
    tally.add_removed(sum(each.seq in gone and each.outcome.succeeded for each in unfinished.outcomes))
    ledger.append_run(run_row(run, _result(unfinished, tally), unfinished.started_at, session.now()))
    session.stages.drop(unfinished.stage)
    session.report.warning(
        f"{run.activation}: run {run.run_id} was ended from outside; "
        f"{len(missing)} outcomes were taken from its journal into the ledger"
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
