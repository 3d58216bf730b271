"""How a plan is kept: its stages stay in the warehouse, and a file says which they are and what they rest on."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate import __version__
from dbt_intercom_activate.errors import Interrupted, Message, PlanRefused
from dbt_intercom_activate.ledger.plans import (
    KEPT,
    KEPT_FOR,
    KnownPlan,
    Plans,
    equal_of,
    removals_of,
    stage_of,
    tables_of,
)
from dbt_intercom_activate.ledger.remembered import recall
from dbt_intercom_activate.sync.admission import Job
from dbt_intercom_activate.sync.beginning import begun, session_of
from dbt_intercom_activate.sync.plan_file import PlanFile, PlannedActivation, hash_of
from dbt_intercom_activate.sync.session import Stop, SyncOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from dbt_intercom_activate.binding.row import StagedRow
    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.ledger.kept_stage import EqualRecord
    from dbt_intercom_activate.ledger.opening import OpenLedger
    from dbt_intercom_activate.ledger.stages import Stage
    from dbt_intercom_activate.ledger.warehouse_lock import WarehouseLock
    from dbt_intercom_activate.sync.admission import Admission, NotRun
    from dbt_intercom_activate.sync.preparation import Prepared

_IN_MAPPING = frozenset(
    {"object", "behaviour", "identifier", "fields", "constants", "key", "nulls", "archived", "where"}
)
"""What of an activation the hash of its mapping tells already."""
_ELSEWHERE = frozenset({"name", "node", "origin", "workspace", "enabled", "was"})
"""What is told apart by other means, or decides nothing about what is sent."""


def mapping_of(job: Job) -> str:
    """A hash of what decides what Intercom gets of a row: the mapping, and the types of its columns."""
    return hash_of([job.binding.mapping_hash, job.binding.types_hash])


def configuration_of(job: Job) -> str:
    """A hash of all else that is written about an activation and its workspace."""
    activation, settings = job.binding.activation, job.workspace.settings
    told = {
        each.name: _plain(getattr(activation, each.name))
        for each in fields(activation)
        if each.name not in _IN_MAPPING | _ELSEWHERE
    }
    return hash_of([told, settings.base_url, settings.api_version, settings.admin_id])


def _plain(value: object) -> Any:
    if isinstance(value, frozenset):
        return sorted(str(each) for each in value)
    return str(value) if isinstance(value, Enum) else repr(value)


def ledger_of(row: tuple[Any, ...] | None) -> str:
    """A hash that tells which row is the newest, as `Plans.newest_row` has it."""
    if row is None:
        return hash_of(None)
    run_id, *order = row
    return hash_of([str(run_id), *(None if each is None else int(each) for each in order)])


def staged_in(ledger: OpenLedger, relation: str) -> str:
    """A hash of how many records of each class are in a stage."""
    return hash_of(asdict(ledger.stages.counts_of(relation)))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a plan says of one activation."""

    stage: Stage
    counts: Mapping[str, int]
    """As `plan` shows them."""
    removals: Mapping[str, Any] | None
    """The mapping of the macro that finds what is to be removed; None where nothing is."""
    held_because: str | None
    """Why removals are held."""
    forecast: Mapping[str, Any] | None = None
    """The calls that it comes to."""


class Keeping:
    """A plan that is being kept."""

    def __init__(
        self, ledger: OpenLedger, lock: WarehouseLock, names: tuple[str, ...], planned_at: datetime
    ) -> None:
        self._ledger = ledger
        self._lock = lock
        self._plans = Plans(ledger)
        self._numbers = {name: number for number, name in enumerate(names, start=1)}
        self._newest: dict[str, str] = {}
        self._equal: dict[str, int] = {}
        self._kept: list[PlannedActivation] = []
        self.plan = KnownPlan(str(uuid.uuid4()), planned_at, len(names))
        self.written = False

    def begin(self) -> None:
        """Say that there will be stages, before there are: whoever comes after a kill finds them by it."""
        self._plans.note(self.plan.plan_id, KEPT, stages=self.plan.stage_count)

    def alive(self) -> None:
        """Say that the plan is still being made.

        Raises:
            PlanRefused: Another run took its place, so what it has read may be old.
        """
        try:
            self._lock.heartbeat()
        except Interrupted as error:
            raise PlanRefused(Message("plan-not-kept", f"no plan was kept: {error}")) from None

    def stage(self, job: Job, changes: Mapping[str, Any]) -> Stage:
        """Stage the records of an activation, as a run does.

        Raises:
            PlanRefused: Another run took its place.
        """
        activation = job.binding.activation.name
        self.alive()
        # Before the stage is made: what is written to the ledger from then on is not in it, and makes the plan old.
        newest = self._plans.newest_row(job.workspace.id, activation, grown=True)
        self._newest[activation] = ledger_of(newest)
        stage = self._ledger.stages.stage(stage_of(self.plan.plan_id, self._numbers[activation]), changes)
        self.alive()
        return stage

    def records(self, job: Job, stage: Stage) -> KeptRecords:
        """What was staged of an activation, record by record."""
        return KeptRecords(self, job, stage, self._ledger)

    def note_equal(self, name: str, stage: Stage, equal: Sequence[EqualRecord]) -> None:
        """Intercom has these records of an activation as they would be sent, so that nothing is written of them."""
        before = self._equal.get(name, 0)
        kept = equal_of(self.plan.plan_id, self._numbers[name])
        self._ledger.stages.keep_equal(kept, stage.relation, equal, first=not before)
        self._equal[name] = before + len(equal)

    def keep(self, job: Job, foreseen: Foreseen) -> None:
        """What was staged is a part of the plan, with the removals that were foreseen.

        Raises:
            PlanRefused: Another run took its place.
        """
        self.alive()
        name, workspace = job.binding.activation.name, job.workspace
        number, relation = self._numbers[name], foreseen.stage.relation
        if foreseen.removals is not None:
            left = removals_of(self.plan.plan_id, number)
            self._ledger.stages.keep_removals(left, relation, self._ledger.outcomes.name, foreseen.removals)
        self._kept.append(
            PlannedActivation(
                activation=name,
                number=number,
                workspace=workspace.id,
                workspace_name=workspace.name,
                mapping=mapping_of(job),
                configuration=configuration_of(job),
                ledger=self._newest[name],
                counts=foreseen.counts,
                staged=staged_in(self._ledger, relation),
                removals=foreseen.removals is not None,
                held_because=foreseen.held_because,
                equal=self._equal.get(name, 0),
                forecast=foreseen.forecast,
            )
        )

    def write(self, path: Path, *, gate: bool) -> PlanFile | None:
        """Write the file; None, and no file, where no activation can be applied.

        Raises:
            PlanRefused: It could not be written, or another run took its place.
        """
        if not self._kept:
            return None
        self.alive()
        target = self._ledger.warehouse.target
        file = PlanFile(
            plan=self.plan.plan_id,
            version=__version__,
            project=target.project_name,
            target=target.name,
            planned_at=self.plan.kept_at,
            gate=gate,
            activations=tuple(self._kept),
        )
        file.write(path)
        self.written = True
        kept = {each.number for each in self._kept}
        for number in self._numbers.values():
            if number not in kept:
                for name in tables_of(self.plan.plan_id, number):
                    self._ledger.stages.drop(name)
        return file

    def drop(self) -> None:
        """There will be no such plan."""
        self._plans.drop(self.plan)


@dataclass(frozen=True, slots=True)
class KeptRecords:
    """The staged records of one activation of a plan that is being kept."""

    keeping: Keeping
    job: Job
    stage: Stage
    ledger: OpenLedger

    def pages(self) -> Iterator[list[tuple[str, StagedRow]]]:
        """Those that are to be sent, each with its key.

        Raises:
            PlanRefused: Another run took its place.
        """
        for page in self.ledger.stages.keyed_pages(self.stage, self.job.binding):
            yield page
            self.keeping.alive()

    def note_equal(self, equal: Sequence[EqualRecord]) -> None:
        """Intercom has these as they would be sent, so that nothing is written of them."""
        self.keeping.note_equal(self.job.binding.activation.name, self.stage, equal)


@contextmanager
def keeping(
    ledger: OpenLedger,
    prepared: Prepared,
    admission: Admission,
    admitted: Mapping[str, Job | NotRun],
    report: Reporter,
) -> Iterator[Keeping]:
    """Begin as a run begins, and keep what is planned until then; what is not written is dropped.

    Raises:
        CannotRun: A sync could not begin either.
        WarehouseFailed: The warehouse refused.
    """
    ledger.refuse_read_only()
    ledger.refuse_in_memory()
    if "ledger" in ledger.standing.absent:
        before = recall(prepared.project.target_path, prepared.target.name)
        before.refuse_new_ledger(ledger.outcomes.name)
    jobs = [each for each in admitted.values() if isinstance(each, Job)]
    run_id = str(uuid.uuid4())
    session = session_of(prepared, admission, ledger, SyncOptions(), report, Stop(), run_id)
    with begun(session, ledger, prepared, jobs):
        now = ledger.now()
        Plans(ledger).drop_old(now)
        keep = Keeping(ledger, session.lock, tuple(each.name for each in prepared.activations), now)
        keep.begin()
        try:
            yield keep
        finally:
            if not keep.written:
                keep.drop()


def check_place(path: Path) -> None:
    """Find out, before anything is planned, that no file could be written there.

    Raises:
        PlanRefused: It is a folder, or in none.
    """
    if path.is_dir() or not path.parent.is_dir():
        found = "a folder" if path.is_dir() else "no such folder"
        raise PlanRefused(
            Message(
                "plan-folder-missing",
                f"--out {path}: expected a file in a folder that is there, found {found}",
            )
        )


def until(file: PlanFile) -> datetime:
    """When the stages of a plan are dropped, by the warehouse's clock."""
    return file.planned_at + KEPT_FOR
