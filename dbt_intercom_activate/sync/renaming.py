"""What an activation delivered under another name becomes its own, at the start of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.readers import listed
from dbt_intercom_activate.ledger.ownership import RENAMED, KnownActivation, renamed, row_without_owner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbt_intercom_activate.ledger.opening import OpenLedger
    from dbt_intercom_activate.sync.admission import Job
    from dbt_intercom_activate.sync.session import Session


def hand_over(session: Session, ledger: OpenLedger, jobs: Iterable[Job]) -> None:
    """Give each activation what the names in its `was` delivered; the caller holds the lock.

    Raises:
        WarehouseFailed: The warehouse refused; the next run does it again.
    """
    for job in jobs:
        found = renamed(ledger, job.binding.activation, job.workspace.id, grown=True)
        if found is None:
            continue
        for misfit in found.misfits:
            session.report.warning(misfit)
        if not found.was:
            continue
        warehouse = ledger.warehouse
        warehouse.execute(
            warehouse.render("hand_over", ledger=session.ledger.name, renamed=found.as_mapping())
        )
        for name in found.was:
            before = KnownActivation(name, job.workspace.id, job.workspace.name, left=True)
            session.ledger.append_run(
                row_without_owner(
                    before,
                    RENAMED,
                    run_id=session.run_id,
                    project=session.project,
                    now=session.now(),
                    generation=session.lock.generation,
                )
            )
        session.report.info(
            f"{found.activation}: what {listed(found.was, last='and')} delivered is its own now",
            event="activation.renamed",
        )
