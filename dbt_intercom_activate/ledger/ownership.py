"""Who owns what was delivered: names that activations had before, and activations that left the project."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.errors import Message
from dbt_intercom_activate.ledger.outcomes import run_row
from dbt_intercom_activate.objects.catalogue import OBJECTS
from dbt_intercom_activate.outcomes.results import ActivationResult, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from typing import Any

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.ledger.opening import OpenLedger

RENAMED = "renamed"
"""The status of the row in `runs` that says that another name has it all now."""
FORGOTTEN = "forgotten"
"""The status of the row in `runs` that says that it was let go."""


@dataclass(frozen=True, slots=True)
class KnownActivation:
    """An activation that the ledger tells of, in one workspace."""

    name: str
    workspace: str
    """Intercom's own id."""
    workspace_name: str
    left: bool
    """What it delivered was let go, or handed over."""


@dataclass(frozen=True, slots=True)
class Orphan:
    """An activation that is in the ledger and no longer in the project."""

    known: KnownActivation
    records: int
    """What Intercom has of it."""

    def __str__(self) -> str:
        name, one = self.known.name, self.records == 1
        return Message(
            "activation-left",
            f"activation {name} is in the ledger and no longer in the project: {self.records:,} "
            f"record{'' if one else 's'} that it delivered to {self.known.workspace_name} "
            f"{'has' if one else 'have'} no owner. If it has another name now, write `was: {name}` there; "
            f"`dbt-intercom-activate forget {name}` lets {'it' if one else 'them'} go",
        )


def known_activations(ledger: OpenLedger, *, grown: bool = False) -> list[KnownActivation]:
    """Every activation of this project that ever ran with this ledger.

    Args:
        ledger: The ledger, open.
        grown: Whether its tables were made, or brought up to date, since it was opened.

    Raises:
        WarehouseFailed: The warehouse refused.
    """
    runs = str(ledger.tables.relation("runs")) if grown else ledger.readable("runs")
    if runs is None:
        return []
    warehouse = ledger.warehouse
    project = warehouse.target.project_name
    rows = warehouse.query(warehouse.render("known_activations", runs=runs, project=project))
    return [
        KnownActivation(str(name), str(place), str(label), bool(left)) for name, place, label, left in rows
    ]


def row_without_owner(
    known: KnownActivation, status: str, *, run_id: str, project: str, now: datetime, generation: int | None
) -> dict[str, str | int | None]:
    """The row of `runs` that says that an activation owns nothing any more.

    Args:
        known: The activation.
        status: `RENAMED` or `FORGOTTEN`.
        run_id: Of the run or the command that says so.
        project: Whose it is.
        now: In UTC, without a zone.
        generation: Of the lock that is held.
    """
    result = ActivationResult(
        activation=known.name,
        unique_id="",
        object="",
        behaviour="",
        workspace=known.workspace,
        workspace_name=known.workspace_name,
        status=Status.SUCCESS,
    )
    row = run_row(run_id, project, result, started_at=now, finished_at=now, generation=generation)
    return {**row, "status": status}


def orphans(
    ledger: OpenLedger, names: Collection[str], known_there: Iterable[KnownActivation] | None = None
) -> list[Orphan]:
    """The activations whose records nobody owns.

    Args:
        ledger: The ledger, open.
        names: Of the project's activations, and those that they had before.
        known_there: Every activation that ever ran with this ledger, where that was asked before.

    Raises:
        WarehouseFailed: The warehouse refused.
    """
    synced = ledger.readable("synced")
    if synced is None:
        return []
    warehouse, found = ledger.warehouse, []
    for known in known_activations(ledger) if known_there is None else known_there:
        if known.name in names or known.left:
            continue
        sql = warehouse.render(
            "count_of_activation",
            synced=synced,
            project=warehouse.target.project_name,
            workspace=known.workspace,
            activation=known.name,
            once=[each.name for each in OBJECTS.values() if each.once],
        )
        ((count,),) = warehouse.query(sql)
        if count:
            found.append(Orphan(known, int(count)))
    return found


@dataclass(frozen=True, slots=True)
class Renamed:
    """What the names that an activation had before have to hand over, in one workspace."""

    project: str
    workspace: str
    activation: str
    object: str
    was: tuple[str, ...]
    """Whose records become its own."""
    misfits: tuple[str, ...]
    """Former names that delivered another object, each as a sentence; they hand nothing over."""

    def as_mapping(self) -> dict[str, Any]:
        """The mapping `renamed` of the macro `_handed_over`."""
        return {**asdict(self), "was": list(self.was)}


def renamed(
    ledger: OpenLedger, activation: Activation, workspace: str, *, grown: bool = False
) -> Renamed | None:
    """What former names of an activation have to hand over; None where there are none that the ledger knows.

    Raises:
        WarehouseFailed: The warehouse refused.
    """
    if not activation.was:
        return None
    known = known_activations(ledger, grown=grown)
    names = [
        each.name
        for each in known
        if each.name in activation.was and each.workspace == workspace and not each.left
    ]
    relation = str(ledger.tables.relation("ledger")) if grown else ledger.readable("ledger")
    if not names or relation is None:
        return None
    warehouse, own = ledger.warehouse, activation.object.name
    place = {"project": warehouse.target.project_name, "workspace": workspace}
    sql = warehouse.render("objects_of_activations", ledger=relation, activations=names, **place)
    others = {str(name): str(delivered) for name, delivered in warehouse.query(sql) if delivered != own}
    misfits = tuple(
        Message(
            "was-of-another-object",
            f"{activation.name}: `was: {name}`: {name} delivered `object: {delivered}`, "
            "so what it delivered stays its own",
        )
        for name, delivered in others.items()
    )
    was = tuple(name for name in names if name not in others)
    return Renamed(**place, activation=activation.name, object=own, was=was, misfits=misfits)
