"""What the ledger says of the past: the newest result and attempt of each activation, and what failed last.

Only the warehouse is asked. Record keys are shown here and nowhere else: somebody asked for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import as_json, in_utc, utc_now
from dbt_intercom_activate.commands.activations import all_activations, list_activations
from dbt_intercom_activate.console import in_words
from dbt_intercom_activate.documents import document
from dbt_intercom_activate.errors import CannotRun
from dbt_intercom_activate.ledger.opening import open_ledger
from dbt_intercom_activate.outcomes.results import COUNT_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.ledger.opening import OpenLedger
    from dbt_intercom_activate.ledger.standing import Standing
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.warehouse.connection import Warehouse

    _Found = tuple[Sequence[Mapping[str, Any]], int]

_RUN = (
    "activation",
    "workspace",
    "workspace_name",
    "status",
    "run_id",
    "started_at",
    "finished_at",
    "api_calls",
)
_ATTEMPT = ("status", "run_id", "started_at", "finished_at")
_COUNTS = tuple("row_count" if name == "rows" else name for name in COUNT_NAMES)
_FAILURE = (
    "activation",
    "workspace",
    "workspace_name",
    "object_type",
    "record_key",
    "operation",
    "code",
    "message",
    "intercom_id",
    "http_status",
    "request_id",
    "run_id",
    "delivered_at",
)


@dataclass(frozen=True, slots=True)
class LedgerExcerpt:
    """What was found; empty where nothing was synced yet."""

    results: Sequence[Mapping[str, Any]]
    """A result of each activation in each workspace, or failed records, the newest first."""
    total: int
    """How many there are, also beyond the limit."""
    standing: Standing
    """Of the ledger."""

    def as_json(self) -> dict[str, Any]:
        """The JSON document of `status --output json`."""
        results = [_as_json(result) for result in self.results]
        return document(utc_now(), {"total": self.total, "results": results})


def newest_results(project: DbtProject, selection: Selection, *, former: bool = False) -> LedgerExcerpt:
    """The newest run of each activation that looked at a record, in each workspace, and its newest attempt.

    Args:
        project: Whose they are.
        selection: Which of them.
        former: Also those that are no longer in the project.

    Raises:
        CannotRun: The warehouse does not answer, or there is a selection and no manifest.
    """

    def read(warehouse: Warehouse, runs: str) -> _Found:
        results = read_newest(warehouse, runs)
        return results, len(results)

    return _excerpt("runs", project, selection, read, former=former)


def earlier_runs(
    project: DbtProject, selection: Selection, limit: int, *, former: bool = False
) -> LedgerExcerpt:
    """The runs of each activation in each workspace, the newest first.

    Args:
        project: Whose they are.
        selection: Of which activations.
        limit: How many of each at most.
        former: Also those of activations that are no longer in the project.

    Raises:
        CannotRun: The warehouse does not answer, or there is a selection and no manifest.
    """

    def read(warehouse: Warehouse, runs: str) -> _Found:
        results = read_earlier(warehouse, runs, limit)
        return results, len(results)

    return _excerpt("runs", project, selection, read, former=former)


def failed_records(
    project: DbtProject, selection: Selection, limit: int, *, former: bool = False
) -> LedgerExcerpt:
    """The newest of the records whose last outcome failed.

    Args:
        project: Whose they are.
        selection: Of which activations.
        limit: How many at most.
        former: Also those of activations that are no longer in the project.

    Raises:
        CannotRun: The warehouse does not answer, or there is a selection and no manifest.
    """

    def read(warehouse: Warehouse, failures: str) -> _Found:
        ((total,),) = warehouse.query(warehouse.render("count_rows", relation=failures))
        sql = warehouse.render("newest_failures", failures=failures, columns=list(_FAILURE), limit=limit)
        return [dict(zip(_FAILURE, row, strict=True)) for row in warehouse.query(sql)], int(total)

    return _excerpt("failures", project, selection, read, former=former)


def _excerpt(
    table: str,
    project: DbtProject,
    selection: Selection,
    read: Callable[[Warehouse, str], _Found],
    *,
    former: bool,
) -> LedgerExcerpt:
    """What is read of a table, or a view, of the chosen activations; nothing where nothing was synced."""
    with open_ledger(project) as ledger:
        chosen = _chosen(ledger, table, project, selection, former=former)
        found, total = ([], 0) if chosen is None else read(ledger.warehouse, chosen)
        return LedgerExcerpt(found, total, ledger.standing)


def _chosen(
    ledger: OpenLedger, table: str, project: DbtProject, selection: Selection, *, former: bool
) -> str | None:
    """The rows of a table, or a view, that are of this project and of the selected activations; None where none are."""
    chosen = [each.name for each in list_activations(project, selection)] if selection else _current(project)
    return rows_of(ledger, table, None if former and not selection else chosen)


def rows_of(ledger: OpenLedger, table: str, activations: Sequence[str] | None) -> str | None:
    """What stands after `from` to read the rows of a table, or a view, that are of this project; None where none are.

    Args:
        activations: Only theirs, by name; None for all.
    """
    relation = ledger.readable(table)
    if activations == [] or relation is None:
        return None
    warehouse = ledger.warehouse
    return str(
        warehouse.render(
            "of_project", relation=relation, project=warehouse.target.project_name, activations=activations
        )
    )


def read_newest(warehouse: Warehouse, runs: str) -> list[dict[str, Any]]:
    """The newest run of each activation and workspace that looked at a record, and its `newest_attempt`."""
    sql = warehouse.render("newest_runs", runs=runs, columns=list(_RUN), counts=list(_COUNTS))
    return _with_attempts([_run(row) for row in warehouse.query(sql)])


def read_earlier(warehouse: Warehouse, runs: str, limit: int) -> list[dict[str, Any]]:
    """The newest runs of each activation and workspace, at most `limit` of each, the newest first."""
    asked = {"columns": list(_RUN), "counts": list(_COUNTS), "limit": limit}
    return [_run(row) for row in warehouse.query(warehouse.render("earlier_runs", runs=runs, **asked))]


def _current(project: DbtProject) -> list[str] | None:
    """The activations of the project; None where it does not tell, since it is not built or has mistakes."""
    try:
        return [each.name for each in all_activations(project)]
    except CannotRun:
        return None


def _run(row: Sequence[Any]) -> dict[str, Any]:
    facts = dict(zip(_RUN, row, strict=False))
    counts = [int(count or 0) for count in row[len(_RUN) :]]
    return {**facts, "counts": dict(zip(COUNT_NAMES, counts, strict=True))}


def _with_attempts(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The run of each activation and workspace that tells most, and the newest one beside it.

    Args:
        runs: The newest first of each activation. One that was not let in may not know its workspace's id: it is an
            attempt at the workspace of that name.
    """
    results = []
    for activation, workspace in dict.fromkeys((run["activation"], run["workspace"]) for run in runs):
        own = [run for run in runs if (run["activation"], run["workspace"]) == (activation, workspace)]
        names = {run["workspace_name"] for run in own}
        alike = [run for run in runs if run["activation"] == activation and run["workspace_name"] in names]
        if workspace is None and any(run["workspace"] is not None for run in alike):
            continue
        attempts = [run for run in alike if run["workspace"] in (workspace, None)]
        result = next((run for run in own if any(run["counts"].values())), own[0])
        results.append({**result, "newest_attempt": {name: attempts[0][name] for name in _ATTEMPT}})
    return results


def as_lines(status: LedgerExcerpt, *, failures: bool) -> list[str]:
    """The same for people, one result or record a line."""
    if not status.results:
        return ["No record failed last." if failures else "Nothing was synced yet."]
    if not failures:
        return [_run_line(each) for each in status.results]
    lines = [_failure_line(each) for each in status.results]
    if status.total > len(lines):
        lines.append(f"… and {status.total - len(lines):,} more: see `--limit`, and the view `failures`")
    return lines


def _run_line(run: Mapping[str, Any]) -> str:
    attempt = run.get("newest_attempt", run)
    later = f"; {attempt['status']} at {_moment(attempt['finished_at'])}"
    return (
        f"{run['activation']} to {run['workspace_name']}: {run['status']} at {_moment(run['finished_at'])}: "
        f"{in_words(run['counts'])}{later if attempt['run_id'] != run['run_id'] else ''}"
    )


def _failure_line(failure: Mapping[str, Any]) -> str:
    message = f": {failure['message']}" if failure["message"] else ""
    return (
        f"{failure['activation']}: {_printable(failure['record_key'])}: {failure['code']} "
        f"at {_moment(failure['delivered_at'])}{message}"
    )


def _printable(key: str | None) -> str:
    """A key on one line; it may hold whatever a column holds."""
    if not key:
        return "(no key)"
    return "".join(character if character.isprintable() else "�" for character in key)


def _moment(value: Any) -> str:
    return f"{in_utc(value):%Y-%m-%d %H:%M:%S}Z" if isinstance(value, datetime) else str(value)


def _as_json(value: Any) -> Any:
    """A value as JSON has it; dbt's adapters return numbers as decimals."""
    if isinstance(value, dict):
        return {name: _as_json(each) for name, each in value.items()}
    if isinstance(value, datetime):
        return as_json(in_utc(value))
    return int(value) if isinstance(value, Decimal) else value
