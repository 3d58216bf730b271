"""The way to the ledger, the same for every command: the user's profile, intercom.yml, the warehouse, the tables."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.clock import in_utc
from dbt_intercom_activate.configuration import workspace as workspaces
from dbt_intercom_activate.errors import LedgerRefused, Message, WarehouseInUse, WarehouseUnreachable
from dbt_intercom_activate.ledger.machine_lock import another_run_on_this_machine
from dbt_intercom_activate.ledger.outcomes import Outcomes
from dbt_intercom_activate.ledger.stages import Stages
from dbt_intercom_activate.ledger.tables import Tables
from dbt_intercom_activate.ledger.warehouse_lock import Locks, WarehouseLock
from dbt_intercom_activate.warehouse.access import FromOutside, macro_package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from dbt_intercom_activate.configuration.workspace import IntercomConfig
    from dbt_intercom_activate.ledger.standing import Standing
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.warehouse.access import DbtAccess
    from dbt_intercom_activate.warehouse.connection import Warehouse


@dataclass(frozen=True, slots=True)
class OpenLedger:
    """The warehouse, connected, and the ledger in it, which this program can read."""

    warehouse: Warehouse
    tables: Tables
    standing: Standing
    """How the tables were when the ledger was opened."""
    payloads: bool = False
    """Whether a success is kept with what Intercom was told."""

    @property
    def stages(self) -> Stages:
        """What changed, and is being acted on."""
        return Stages(self.warehouse, self.tables, payloads=self.payloads)

    @property
    def outcomes(self) -> Outcomes:
        """What came of it."""
        return Outcomes(self.warehouse, self.tables, payloads=self.payloads)

    def readable(self, name: str) -> str | None:
        """What stands after `from` to read a table or a view; None where it is not there yet."""
        return None if name in self.standing.absent else self.tables.readable(name, self.standing)

    @property
    def takes_runs(self) -> bool:
        """Whether a row of `runs` can be written as the tables are."""
        return not self.standing.grows and not self.standing.absent & {"ledger", "runs", "locks"}

    def lock(self, run_id: str) -> WarehouseLock:
        """The claim of a run of this project; nobody holds it yet."""
        return WarehouseLock(Locks(self.warehouse, self.tables), run_id, self.warehouse.target.project_name)

    def now(self) -> datetime:
        """This moment by the warehouse's clock, which all runs share, in UTC without a zone.

        Raises:
            WarehouseFailed: The warehouse refused.
        """
        ((now,),) = self.warehouse.query(self.warehouse.render("select_now"))
        return in_utc(now)

    def refuse_read_only(self) -> None:
        """Find out, before anything is asked of Intercom, that no outcome could be written.

        Raises:
            WarehouseUnreachable: The database may be read, and not written.
        """
        question = self.warehouse.render("is_read_only")
        if question is None or self.tables.elsewhere:
            return
        rows = self.warehouse.query(question)
        if rows and rows[0][0]:
            raise WarehouseUnreachable(
                Message(
                    "warehouse-read-only",
                    f"the database of target {self.warehouse.target.name!r} may be read, and not written: "
                    "a sync keeps its ledger there. Give this user the right to write, or another target",
                )
            )

    def refuse_in_memory(self) -> None:
        """Find out, before anything is asked of Intercom, that no outcome would be remembered.

        Raises:
            LedgerRefused: The ledger's database is gone with this process.
        """
        if self.tables.in_memory:
            raise LedgerRefused(
                Message(
                    "ledger-in-memory",
                    f"the database of target {self.warehouse.target.name!r} is in memory and is gone with the process, "
                    "and the ledger with it: the next run would send everything again, events too. Nothing was sent. "
                    "Give the profile a `path`, or say `--no-ledger-kept`",
                )
            )

    @contextmanager
    def held_for_writing(self, lock: WarehouseLock) -> Iterator[None]:
        """Hold the lock, with every table there and up to date, and with a generation of its own.

        Raises:
            AlreadyRunning: Another run holds it.
            LedgerRefused: A newer version of the program has grown the ledger meanwhile.
            WarehouseFailed: The warehouse refused.
        """
        self.tables.make_for_the_lock(self.standing)
        with lock.held():
            self.tables.make(self.standing)
            lock.take_generation(self.outcomes.name)
            yield


@contextmanager
def open_ledger(
    project: DbtProject, dbt: DbtAccess | None = None, config: IntercomConfig | None = None
) -> Iterator[OpenLedger]:
    """Connect to the warehouse and look at the ledger, which may not be there yet; nothing is made or changed.

    Args:
        dbt: The way to dbt; from outside of any dbt command unless another is given.
        config: intercom.yml, where it was read before.

    Raises:
        ConfigurationError: intercom.yml has mistakes.
        WarehouseInUse: The database is a file, which another process holds.
        WarehouseUnreachable: The profile does not lead to a warehouse.
        LedgerRefused: The ledger is newer than this program, or not as it was made.
        WarehouseFailed: The warehouse refuses to tell.
    """
    warehouse = (dbt or FromOutside()).open(project, macro_package())
    config = config or workspaces.read(project.project_dir, target=warehouse.target.context, env=os.environ)
    with _saying_who_holds_it(project), warehouse.connected():
        tables = Tables(warehouse, schema=config.ledger.schema, database=config.ledger.database)
        standing = tables.standing()
        standing.refuse()
        yield OpenLedger(warehouse, tables, standing, payloads=config.ledger.payloads)


@contextmanager
def _saying_who_holds_it(project: DbtProject) -> Iterator[None]:
    """Name the run of this project that holds the database's file, where it is one."""
    try:
        yield
    except WarehouseInUse:
        holder = another_run_on_this_machine(project)
        if holder is None:
            raise
        raise WarehouseInUse(
            Message(
                "duckdb-held-by-run",
                f"a run of this project holds the DuckDB file: {holder}. DuckDB lets one process in: "
                "ask again when it has ended",
            )
        ) from None
