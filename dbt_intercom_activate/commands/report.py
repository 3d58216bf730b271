"""The report: one HTML file that tells of activations, runs and failures, from the ledger and the configuration.

Intercom is not asked. The warehouse groups and counts, so that a large ledger costs no more than a small one.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate import __version__
from dbt_intercom_activate.clock import in_utc, utc_now
from dbt_intercom_activate.commands.status import read_earlier, read_newest, rows_of
from dbt_intercom_activate.configuration import workspace as workspaces
from dbt_intercom_activate.errors import CannotRun, Message
from dbt_intercom_activate.ledger.opening import open_ledger
from dbt_intercom_activate.outcomes.results import ARTIFACT
from dbt_intercom_activate.project.whole_file import write_whole
from dbt_intercom_activate.report.facts import Facts, FailureGroup, PastRun, ReportedActivation
from dbt_intercom_activate.sync.preparation import Prepared, prepare
from dbt_intercom_activate.warehouse.access import FromOutside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.ledger.opening import OpenLedger
    from dbt_intercom_activate.project.location import DbtProject

FILE = "intercom_activate.html"
"""Below dbt's target path."""

MOST_RUNS = 90
"""Runs of an activation that its history shows."""
ALL_RUNS, FEWEST_RUNS = 3000, 20
"""Runs on the whole page, which a browser is to open at once, and those that each activation may have all the same."""
MOST_KEYS = 100
"""Keys that are listed of each code, where keys are asked for."""

_Spot = tuple[str, str | None]
"""An activation's name, and the id of a workspace."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What the ledger says."""

    newest: Sequence[Mapping[str, Any]] = ()
    earlier: Sequence[Mapping[str, Any]] = ()
    delivered: Mapping[_Spot, int] | None = None
    failures: Mapping[_Spot, tuple[FailureGroup, ...]] | None = None


def read_facts(
    project: DbtProject, selection: Selection, *, former: bool = False, with_keys: bool = False
) -> Facts:
    """All that the report tells.

    Args:
        former: Also of activations that are no longer in the project.
        with_keys: The keys of failed records too.

    Raises:
        CannotRun: The warehouse does not answer, intercom.yml has mistakes, or there is a selection and no manifest.
    """
    dbt = FromOutside()
    target = dbt.target(project)
    config = workspaces.read(project.project_dir, target=target.context, env=os.environ)
    prepared, note = _prepared(project, selection, dbt)
    activations = prepared.activations if prepared else ()
    every = prepared is None or (former and not selection)
    with open_ledger(project, dbt, config) as ledger:
        read = _read(ledger, None if every else [each.name for each in activations], with_keys=with_keys)
        relation = ledger.standing.relation
    return Facts(
        project=target.project_name,
        target=target.name,
        ledger=relation,
        version=__version__,
        generated_at=utc_now(),
        places=tuple(_places(read, activations, config.default, _built_at(prepared), _messages(project))),
        note=note,
        with_keys=with_keys,
    )


def write(path: Path, page: str) -> None:
    """Write the page, whole or not at all.

    Raises:
        CannotRun: It cannot be written.
    """
    # What another program wrote into an artifact may hold halves of characters, which no file can.
    whole = page.encode("utf-8", "replace").decode("utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, whole)
    except OSError as error:
        raise CannotRun(Message("file-unwritable", f"{path} cannot be written: {error.strerror}")) from None


def _prepared(
    project: DbtProject, selection: Selection, dbt: FromOutside
) -> tuple[Prepared | None, str | None]:
    """What the project says; where it does not, why: the ledger can be told of all the same."""
    try:
        return prepare(project, selection, dbt), None
    except CannotRun as error:
        if selection:
            raise
        return None, str(error)


def _built_at(prepared: Prepared | None) -> Mapping[str, datetime]:
    results = prepared.artifacts.run_results if prepared else None
    return results.built_at if results else {}


def _messages(project: DbtProject) -> Mapping[tuple[str, str], str]:
    """What the last run said of each activation, by run and activation; nothing where its results are not there."""
    try:
        document = json.loads((project.target_path / ARTIFACT).read_text(encoding="utf-8"))
        run_id = document["metadata"]["run_id"]
        return {
            (run_id, each["activation"]): str(each["message"])
            for each in document["results"]
            if each["message"]
        }
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _read(ledger: OpenLedger, names: Sequence[str] | None, *, with_keys: bool) -> _Read:
    warehouse = ledger.warehouse
    runs, failures, synced = (rows_of(ledger, table, names) for table in ("runs", "failures", "synced"))
    if runs is None or failures is None or synced is None:
        return _Read()
    delivered = warehouse.query(warehouse.render("delivered_by_activation", synced=synced))
    grouped = warehouse.query(warehouse.render("failures_by_code", failures=failures))
    keys: dict[tuple[str, str | None, str], list[str]] = defaultdict(list)
    if with_keys:
        sql = warehouse.render("failed_keys", failures=failures, limit=MOST_KEYS)
        for name, workspace, code, key in warehouse.query(sql):
            keys[name, workspace, str(code)].append(str(key or ""))
    groups: dict[_Spot, list[FailureGroup]] = defaultdict(list)
    for name, workspace, code, count, newest_at in grouped:
        group = FailureGroup(
            str(code), int(count), _moment(newest_at), tuple(keys[name, workspace, str(code)])
        )
        groups[name, workspace].append(group)
    return _Read(
        newest=read_newest(warehouse, runs),
        earlier=read_earlier(warehouse, runs, MOST_RUNS),
        delivered={(name, workspace): int(count) for name, workspace, count in delivered},
        failures={spot: tuple(found) for spot, found in groups.items()},
    )


def _places(
    read: _Read,
    activations: Sequence[Activation],
    default_workspace: str,
    built_at: Mapping[str, datetime],
    messages: Mapping[tuple[str, str], str],
) -> Iterator[ReportedActivation]:
    """Every activation that the project or the ledger knows, in each workspace, by name."""
    known = {each.name: each for each in activations}
    places = [_of_ledger(result, read, known.get(result["activation"])) for result in read.newest]
    synced = {(each.name, each.workspace_name) for each in places}
    for each in activations:
        workspace_name = each.workspace or default_workspace
        if (each.name, workspace_name) not in synced:
            places.append(ReportedActivation(each.name, None, workspace_name, each))
    fewer = max(FEWEST_RUNS, ALL_RUNS // max(len(places), 1))
    for place in sorted(places, key=lambda each: (each.name, each.workspace_name, each.workspace or "")):
        node = place.activation.node.unique_id if place.activation else ""
        newest = place.newest
        yield replace(
            place,
            runs=place.runs[-fewer:],
            built_at=built_at.get(node),
            message=messages.get((newest.run_id, place.name)) if newest else None,
        )


def _of_ledger(result: Mapping[str, Any], read: _Read, activation: Activation | None) -> ReportedActivation:
    name, workspace, workspace_name = (result[key] for key in ("activation", "workspace", "workspace_name"))
    spot = name, workspace
    run, attempt = _run(result), result["newest_attempt"]
    return ReportedActivation(
        name=name,
        workspace=workspace,
        workspace_name=str(workspace_name or ""),
        activation=activation,
        result=run,
        attempt=None if attempt["run_id"] == run.run_id else _attempt(attempt),
        runs=tuple(_history(spot, workspace_name, read.earlier)),
        failures=(read.failures or {}).get(spot, ()),
        delivered=(read.delivered or {}).get(spot, 0),
    )


def _history(
    spot: _Spot, workspace_name: str | None, earlier: Iterable[Mapping[str, Any]]
) -> Iterator[PastRun]:
    """The runs of one activation in one workspace, the oldest first; one that was not let in may not know its id."""
    name, workspace = spot
    own = [
        _run(each)
        for each in earlier
        if each["activation"] == name
        and (
            each["workspace"] == workspace
            or (each["workspace"] is None and each["workspace_name"] == workspace_name)
        )
    ]
    yield from reversed(own)


def _run(facts: Mapping[str, Any]) -> PastRun:
    return PastRun(
        run_id=str(facts["run_id"]),
        status=str(facts["status"]),
        started_at=_moment(facts["started_at"]),
        finished_at=_moment(facts["finished_at"]),
        counts=facts["counts"],
        calls=int(facts["api_calls"] or 0),
    )


def _attempt(facts: Mapping[str, Any]) -> PastRun:
    return _run({**facts, "counts": {}, "api_calls": 0})


def _moment(value: Any) -> datetime | None:
    return in_utc(value) if isinstance(value, datetime) else None
