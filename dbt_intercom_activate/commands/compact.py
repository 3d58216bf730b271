"""`compact`: drop what the ledger no longer needs; only by command, never by itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from dbt_intercom_activate.clock import as_text
from dbt_intercom_activate.errors import CannotRun, Message
from dbt_intercom_activate.ledger.machine_lock import one_run_on_this_machine
from dbt_intercom_activate.ledger.opening import open_ledger

if TYPE_CHECKING:
    from dbt_intercom_activate.project.location import DbtProject


@dataclass(frozen=True, slots=True)
class Compacted:
    """How many rows the ledger had, and has now."""

    before: int
    after: int

    @property
    def dropped(self) -> int:
        """Rows that were superseded and old."""
        return self.before - self.after


def compact(project: DbtProject, days: int, *, payloads: bool = False) -> Compacted:
    """Drop superseded rows older than `days`, keeping the newest and the newest succeeded row of each record.

    One statement, so that killed midway it has done nothing.

    Args:
        payloads: Before that, and as another statement, drop what superseded rows of this age keep of payloads.

    Raises:
        CannotRun: There is no ledger, a run is alive, or this warehouse cannot delete rows in place.
        WarehouseFailed: The warehouse refused.
    """
    with one_run_on_this_machine(project), open_ledger(project) as ledger:
        target, outcomes = ledger.warehouse.target, ledger.outcomes
        if ledger.standing.version is None:
            raise CannotRun(
                Message(
                    "no-ledger",
                    f"there is no ledger at {outcomes.name}: nothing was synced to target {target.name!r} yet",
                )
            )
        with ledger.held_for_writing(ledger.lock(str(uuid.uuid4()))):
            before, cutoff = outcomes.count_rows(), as_text(ledger.now() - timedelta(days=days))
            if (payloads and not outcomes.drop_payloads(cutoff)) or not outcomes.compact(cutoff):
                raise CannotRun(
                    Message(
                        "compact-impossible",
                        f"{target.type} cannot delete rows of {outcomes.name} in place; nothing was dropped. "
                        "The ledger works uncompacted, it only grows",
                    )
                )
            return Compacted(before, outcomes.count_rows())
