"""How a run begins: its collaborators, the lock, and what dead runs and old names left."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from dbt_intercom_activate.clock import RunClock
from dbt_intercom_activate.ledger.journal import Journal
from dbt_intercom_activate.sync.recovery import recover
from dbt_intercom_activate.sync.renaming import hand_over
from dbt_intercom_activate.sync.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.ledger.opening import OpenLedger
    from dbt_intercom_activate.ledger.ownership import KnownActivation
    from dbt_intercom_activate.sync.admission import Admission, Job
    from dbt_intercom_activate.sync.preparation import Prepared
    from dbt_intercom_activate.sync.session import Stop, SyncOptions


@contextmanager
def begun(session: Session, ledger: OpenLedger, prepared: Prepared, jobs: Sequence[Job]) -> Iterator[None]:
    """Hold the lock, with the tables up to date, dead runs finished and renamed activations handed over.

    Raises:
        AlreadyRunning: Another run holds the lock.
        WarehouseFailed: The warehouse refused before anything was sent.
    """
    with ledger.held_for_writing(session.lock):
        if ledger.standing.grows:
            session.report.info(ledger.standing.as_grown(), event="ledger.grown")
        recover(session, prepared.project.target_path)
        hand_over(session, ledger, jobs)
        yield


def session_of(
    prepared: Prepared,
    admission: Admission,
    ledger: OpenLedger,
    options: SyncOptions,
    report: Reporter,
    stop: Stop,
    run_id: str,
    known: Iterable[KnownActivation] = (),
) -> Session:
    """The collaborators of a run that is about to begin; `known` is what the ledger knows of earlier ones."""
    now = RunClock(ledger.now())
    return Session(
        run_id=run_id,
        project=prepared.target.project_name,
        dbt_target=prepared.target.name,
        warehouse=ledger.warehouse,
        ledger=ledger.outcomes,
        stages=ledger.stages,
        lock=ledger.lock(run_id),
        journal=Journal(prepared.project.target_path, run_id, now),
        options=options,
        report=report,
        stop=stop,
        enabled=prepared.enabled,
        default_workspace=admission.config.default,
        emptied=prepared.emptied,
        sampling_unknown=prepared.sampling_unknown,
        known=frozenset((each.name, each.workspace) for each in known),
        now=now,
    )
