"""What the ledger says of the past: the newest result of each activation, and the records that failed last.

Only the warehouse is asked. Record keys are shown here and nowhere else: somebody asked for them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import as_json, utc_now
from dbt_intercom_activate.commands.activations import list_activations
from dbt_intercom_activate.configuration import workspace as workspaces
from dbt_intercom_activate.console import in_words
from dbt_intercom_activate.documents import document
from dbt_intercom_activate.outcomes.results import COUNT_NAMES
from dbt_intercom_activate.sync.preparation import macro_package
from dbt_intercom_activate.warehouse.connection import open_warehouse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.warehouse.connection import Warehouse

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
    """The newest run of each activation in each workspace, or failed records, the newest first."""
    total: int
    """How many there are, also beyond the limit."""

    def as_json(self) -> dict[str, Any]:
        """The JSON document of `status --output json`."""
        results = [{name: _as_json(value) for name, value in result.items()} for result in self.results]
        return document(utc_now(), {"total": self.total, "results": results})


def newest_results(project: DbtProject, selection: Selection) -> LedgerExcerpt:
    """The newest row of `runs` of each activation, in each workspace that it was synced to.

    Raises:
        CannotRun: The warehouse does not answer, or there is a selection and no manifest.
    """

    def read(warehouse: Warehouse, relation: str, condition: str) -> LedgerExcerpt:
        columns = ", ".join((*_RUN, *_COUNTS))
        rows = warehouse.query(
            f"select {columns} from (select runs.*, row_number() over "  # noqa: S608 (names of ours)
            "(partition by workspace, activation order by started_at desc, run_id desc) as ia_newest "
            f"from {relation} as runs where {condition}) as ia_runs where ia_newest = 1 "
            "order by activation, started_at desc"
        )
        return LedgerExcerpt([_run(row) for row in rows], len(rows))

    return _read(project, selection, "runs", read)


def failed_records(project: DbtProject, selection: Selection, limit: int) -> LedgerExcerpt:
    """The newest of the records whose last outcome failed.

    Raises:
        CannotRun: The warehouse does not answer, or there is a selection and no manifest.
    """

    def read(warehouse: Warehouse, relation: str, condition: str) -> LedgerExcerpt:
        ((total,),) = warehouse.query(f"select count(*) from {relation} where {condition}")  # noqa: S608
        rows = warehouse.query(
            f"select {', '.join(_FAILURE)} from {relation} where {condition} "  # noqa: S608 (names of ours)
            f"order by delivered_at desc, activation, record_key limit {int(limit)}"
        )
        return LedgerExcerpt([dict(zip(_FAILURE, row, strict=True)) for row in rows], int(total))

    return _read(project, selection, "failures", read)


def _read(project: DbtProject, selection: Selection, table: str, read: Any) -> LedgerExcerpt:
    chosen = [each.name for each in list_activations(project, selection)] if selection else None
    warehouse = open_warehouse(project, macro_package())
    ledger = workspaces.read(project.project_dir, target=warehouse.target.context, env=os.environ).ledger
    with warehouse.connected():
        relation = warehouse.relation(ledger.schema, table, ledger.database)
        if chosen == [] or not warehouse.exists(relation):
            return LedgerExcerpt([], 0)
        found: LedgerExcerpt = read(warehouse, str(relation), _condition(warehouse, chosen))
        return found


def _condition(warehouse: Warehouse, chosen: Sequence[str] | None) -> str:
    def literal(text: str) -> str:
        return str(warehouse.render("text_literal", text=text))

    condition = f"project = {literal(warehouse.target.project_name)}"
    if chosen is not None:
        condition += f" and activation in ({', '.join(map(literal, chosen))})"
    return condition


def _run(row: Sequence[Any]) -> dict[str, Any]:
    facts = dict(zip(_RUN, row, strict=False))
    counts = [int(count or 0) for count in row[len(_RUN) :]]
    return {**facts, "counts": dict(zip(COUNT_NAMES, counts, strict=True))}


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
    return (
        f"{run['activation']} to {run['workspace_name']}: {run['status']} at {_moment(run['finished_at'])}: "
        f"{in_words(run['counts'])}"
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
    return f"{_utc(value):%Y-%m-%d %H:%M:%S}Z" if isinstance(value, datetime) else str(value)


def _utc(value: datetime) -> datetime:
    """A moment without a zone, which the ledger keeps in UTC; some warehouses return one with a zone."""
    return value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value


def _as_json(value: Any) -> Any:
    """A value as JSON has it; dbt's adapters return numbers as decimals."""
    if isinstance(value, datetime):
        return as_json(_utc(value))
    return int(value) if isinstance(value, Decimal) else value
