"""`compact`: drop what the ledger no longer needs; only by command, never by itself."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from dbt_intercom_activate.clock import as_text, utc_now
from dbt_intercom_activate.configuration import workspace as workspaces
from dbt_intercom_activate.errors import CannotRun
from dbt_intercom_activate.ledger.machine_lock import one_run_on_this_machine
from dbt_intercom_activate.ledger.stages import Ledger
from dbt_intercom_activate.ledger.warehouse_lock import WarehouseLock
from dbt_intercom_activate.sync.preparation import macro_package
from dbt_intercom_activate.warehouse.connection import open_warehouse

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


def compact(project: DbtProject, days: int) -> Compacted:
    """Drop superseded rows older than `days`, keeping the newest and the newest succeeded row of each record.

    One statement, so that killed midway it has done nothing.

    Raises:
        CannotRun: There is no ledger, a run is alive, or this warehouse cannot delete rows in place.
        WarehouseFailed: The warehouse refused.
    """
    warehouse = open_warehouse(project, macro_package())
    target = warehouse.target
    where = workspaces.read(project.project_dir, target=target.context, env=os.environ).ledger
    ledger = Ledger(warehouse, schema=where.schema, database=where.database)
    with one_run_on_this_machine(project), warehouse.connected():
        if not ledger.exists():
            raise CannotRun(
                f"there is no ledger at {ledger.name}: nothing was synced to target {target.name!r} yet"
            )
        lock = WarehouseLock(ledger, str(uuid.uuid4()), target.project_name)
        with lock.held():
            before = ledger.count_rows()
            if not ledger.compact(as_text(utc_now() - timedelta(days=days))):
                raise CannotRun(
                    f"{target.type} cannot delete rows of {ledger.name} in place; nothing was dropped. "
                    "The ledger works uncompacted, it only grows"
                )
            return Compacted(before, ledger.count_rows())
