"""A warehouse in memory, behind the interface that the product has to dbt's: macros are rendered, statements run.

What the macros mean is written down here once more, in Python, since a thousand worlds in a minute leave no time for
dbt and a database. `test_warehouse_model.py` holds the two against each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from changes_model import (
    classified,
    failed_since,
    newest_of_each,
    removable,
    succeeded_and_failed,
    undelivered,
)
from machine import EPOCH

from dbt_intercom_activate.binding.column import RelationColumn
from dbt_intercom_activate.errors import NotThere, WarehouseFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from machine import Process
    from scheduler import Scheduler

Row = dict[str, Any]


@dataclass(frozen=True)
class Statement:
    """A macro that was rendered."""

    macro: str
    arguments: Mapping[str, Any]

    def __str__(self) -> str:
        return self.macro


@dataclass
class Relation:
    """A model's relation."""

    columns: tuple[RelationColumn, ...]
    rows: list[Row] = field(default_factory=list)


@dataclass
class Database:
    """What every process sees."""

    scheduler: Scheduler
    chance: Random
    relations: dict[str, Relation] = field(default_factory=dict)
    ledger: list[Row] = field(default_factory=list)
    runs: list[Row] = field(default_factory=list)
    locks: list[Row] = field(default_factory=list)
    stages: dict[str, list[Row]] = field(default_factory=lambda: {"no_stage": []})
    refuses: float = 0.0
    """How often a statement is refused."""
    forgets: float = 0.0
    """How often a statement is carried out, and the connection breaks before that is known."""
    slow: float = 0.02
    """Seconds of a statement, on average."""
    heard: list[tuple[str, Mapping[str, Any], Any]] = field(default_factory=list)
    """Each macro that was carried out, with its arguments and what it told."""

    def publish(self, name: str, relation: Relation) -> None:
        """Build a model anew."""
        self.relations[name] = relation
        self.heard.append(("publish", {"name": name, "relation": relation}, None))

    def now(self) -> datetime:
        """This moment by the warehouse's clock, UTC without a zone."""
        return (EPOCH + timedelta(seconds=self.scheduler.now)).replace(tzinfo=None)


class Literals(dict[str, str]):
    """A row as texts of SQL, of which only the length counts, and as the memory keeps it."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__({name: repr(value) for name, value in row.items()})
        self.row = dict(row)


class Warehouse:
    """One connection, as `warehouse.connection.Warehouse` has it."""

    def __init__(self, database: Database, process: Process) -> None:
        self._database, self._process = database, process
        self.target = SimpleNamespace(name="dev", type="memory", database="db", project_name="shop")

    def quote(self, name: str) -> str:
        return f'"{name}"'

    def relation(self, schema: str, name: str, database: str | None = None) -> str:
        return f"{database or 'db'}.{schema}.{name}"

    def exists(self, relation: str) -> bool:
        return _last(relation) in self._database.stages

    def forget_relations(self) -> None:
        """Nothing is remembered."""

    def columns_of(self, relation: str) -> tuple[RelationColumn, ...]:
        if relation not in self._database.relations:
            raise NotThere(f"the warehouse refused: {relation} is not there")
        return self._database.relations[relation].columns

    def render(self, macro: str, **arguments: Any) -> Statement:
        return Statement(macro, arguments)

    def literals(self, row: Mapping[str, Any]) -> Literals:
        return Literals(row)

    def execute(self, statement: Statement) -> None:
        self._run(statement)

    def query(self, statement: Statement) -> list[tuple[Any, ...]]:
        return self._run(statement) or []

    def page(self, statement: Statement) -> list[tuple[Any, ...]]:
        return self.query(statement)

    def _run(self, statement: Statement) -> list[tuple[Any, ...]] | None:
        """A statement takes time, may be refused, and is carried out at one moment, wholly."""
        database, process = self._database, self._process
        process.step()
        database.scheduler.sleep(database.chance.expovariate(1 / database.slow))
        if database.refuses and database.chance.random() < database.refuses:
            raise WarehouseFailed("the warehouse refused: no room")
        meaning = _MEANINGS[statement.macro]
        try:
            result = meaning(database, **statement.arguments)
        except KeyError as error:  # of a stage
            raise NotThere(f"the warehouse refused: {error} is not there") from None
        database.heard.append((statement.macro, statement.arguments, result))
        if database.forgets and database.chance.random() < database.forgets:
            raise WarehouseFailed("the warehouse refused: connection lost")
        process.step()
        return result


def _last(relation: str) -> str:
    return str(relation).rpartition(".")[2]


def _stage_changes(db: Database, *, stage: str, changes: Mapping[str, Any], keep_unchanged: bool) -> None:
    rows = classified(db.relations[changes["relation"]], db.ledger, changes)
    kept = [
        each
        for each in rows
        if each["ia_class"] != "gone" and (keep_unchanged or each["ia_class"] != "unchanged")
    ]
    kept.sort(key=lambda each: (each["ia_class"], each["ia_record_key"]))
    for number, each in enumerate(kept, start=1):
        each["ia_seq"] = number
    db.stages[_last(stage)] = kept


def _count_staged(db: Database, *, stage: str) -> list[tuple[Any, ...]]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    first: dict[str, int] = {}
    for each in db.stages[_last(stage)]:
        groups[each["ia_class"], each["ia_code"]].append(each)
        first.setdefault(each["ia_record_key"], each["ia_seq"])
    return [
        (
            change,
            code,
            len(rows),
            sum(each["ia_settled"] and each["ia_seq"] == first[each["ia_record_key"]] for each in rows),
            min(each["ia_seq"] for each in rows),
            max(each["ia_seq"] for each in rows),
            sum(change == "removed" and each["ia_from_here"] for each in rows),
        )
        for (change, code), rows in groups.items()
    ]


def _count_classes(db: Database, *, changes: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    rows = classified(db.relations[changes["relation"]], db.ledger, changes)
    counts = Counter(each["ia_class"] for each in rows if each["ia_class"] != "gone")
    _, failed = succeeded_and_failed(db.ledger, changes)
    return [*counts.items(), (None, sum(each["code"] is not None for each in failed.values()))]


def _count_settled(db: Database, *, changes: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    succeeded, failed = succeeded_and_failed(db.ledger, changes)
    settled = [
        row
        for key, row in succeeded.items()
        if row["operation"] not in changes["removal_operations"]
        and (changes["once"] or not failed_since(row, failed.get(key)))
    ]
    return [(len(settled),)]


def _count_delivered(db: Database, *, changes: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    succeeded, _ = succeeded_and_failed(db.ledger, changes)
    return [(sum(each["operation"] not in changes["removal_operations"] for each in succeeded.values()),)]


def _read_page(
    db: Database, *, stage: str, columns: list[Row], first: int, last: int
) -> list[tuple[Any, ...]]:
    names = (
        *("ia_seq", "ia_class", "ia_code", "ia_known_id", "ia_known_related_id", "ia_last_payload_hash"),
        *("ia_first_attempt_at", "ia_delivered", "ia_removed_by", "ia_last_id"),
        *(each["alias"] for each in columns),
    )
    marks = tuple(0 for each in columns if each["reading"] == "moment")
    return [
        tuple(each[name] for name in names) + marks
        for each in db.stages[_last(stage)]
        if first <= each["ia_seq"] <= last
    ]


def _read_undelivered(
    db: Database, *, stage: str, ledger: str, run: Row, columns: list[Row], first: int, last: int
) -> list[tuple[Any, ...]]:
    del ledger
    rows = undelivered(db.stages[_last(stage)], db.ledger, run)
    return [
        (number, each["ia_known_id"], *(each[column["alias"]] for column in columns))
        for number, each in enumerate(rows, start=1)
        if first <= number <= last
    ]


def _read_removals(db: Database, *, stage: str, ledger: str, removals: Row) -> list[tuple[Any, ...]]:
    del ledger
    return removable(db.stages, _last(stage), db.ledger, removals, db.relations)


def _read_removed(db: Database, *, stage: str) -> list[tuple[Any, ...]]:
    return [(each["ia_seq"],) for each in db.stages[_last(stage)] if each["ia_class"] == "removed"]


def _append_outcomes(db: Database, *, ledger: str, stage: str, run: Row, outcomes: list[Literals]) -> None:
    del ledger
    staged = {each["ia_seq"]: each for each in db.stages[_last(stage)]}
    for outcome in (each.row for each in outcomes):
        if outcome["seq"] not in staged:
            continue
        record = staged[outcome["seq"]]
        from_stage = {
            "record_key": record["ia_record_key"],
            "identifier_value": record["ia_identifier"],
            "related_value": record["ia_related"],
            "record_hash": record["ia_hash"],
        }
        told = {name: value for name, value in outcome.items() if name != "seq"}
        db.ledger.append({**run, **told, **from_stage})


def _append_left(db: Database, *, ledger: str, stage: str, run: Row, delivered_at: str) -> None:
    del ledger
    present = {each["ia_record_key"] for each in db.stages[_last(stage)] if each["ia_class"] != "removed"}
    for key, row in newest_of_each(db.ledger, run).items():
        ours = row["run_id"] == run["run_id"] or row["code"] == "maybe_delivered"
        if row["status"] == "failed" and not ours and key not in present:
            told = {"operation": "none", "status": "left", "place": 0, "delivered_at": delivered_at}
            names = ("record_key", "identifier_value", "related_value")
            db.ledger.append({**dict.fromkeys(row), **run, **{name: row[name] for name in names}, **told})


def _recorded_of_run(db: Database, *, ledger: str, stage: str, run: Row) -> list[tuple[Any, ...]]:
    del ledger
    of_run = ("run_id", "project", "workspace", "activation")
    recorded = {
        (each["record_key"], each["record_hash"] or "")
        for each in db.ledger
        if all(each[name] == run[name] for name in of_run) and each["code"] != "maybe_delivered"
    }
    return [
        (each["ia_seq"],)
        for each in db.stages[_last(stage)]
        if (each["ia_record_key"], each["ia_hash"] or "") in recorded
    ]


def _live_locks(db: Database, *, locks: str, project: str, minutes: int) -> list[tuple[Any, ...]]:
    del locks, project
    oldest, claims = db.now() - timedelta(minutes=minutes), []
    names = ("run_id", "host", "pid", "process_space")
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for each in db.locks:
        groups[tuple(each[name] for name in names)].append(each)
    for who, rows in groups.items():
        released = any(each["lock_state"] == "release" for each in rows)
        if not released and max(each["seen_at"] for each in rows) >= oldest:
            claims.append((*who, min(each["seen_at"] for each in rows)))
    return sorted(claims, key=lambda each: each[4])


def _later_claims(db: Database, *, locks: str, project: str, run_id: str) -> list[tuple[Any, ...]]:
    del locks, project
    own = [each for each in db.locks if each["run_id"] == run_id]
    seen = max(each["seen_at"] for each in own)
    generation = max((each["generation"] or 0 for each in own), default=0)
    claims = []
    for each in sorted(db.locks, key=lambda each: each["seen_at"]):
        newer = bool(generation) and (each["generation"] or 0) > generation
        claim = each["lock_state"] == "claim" and each["seen_at"] > seen
        if each["run_id"] != run_id and (claim or newer):
            who = (each["run_id"], each["host"], each["pid"], each["process_space"])
            claims.append((*who, each["seen_at"], seen, int(newer)))
    return claims


def _append_lock(db: Database, *, locks: str, lock: Row) -> None:
    del locks
    db.locks.append({**lock, "seen_at": db.now()})


def _append_runs(db: Database, *, runs: str, rows: list[Literals]) -> None:
    del runs
    db.runs.extend(each.row for each in rows)


def _count_of_run(db: Database, *, runs: str, run: Row) -> list[tuple[Any, ...]]:
    del runs
    names = ("run_id", "project", "workspace", "activation")
    return [(sum(all(each[name] == run[name] for name in names) for each in db.runs),)]


def _drop_stage(db: Database, *, stage: str) -> None:
    db.stages.pop(_last(stage), None)


def _next_generation(db: Database, *, ledger: str, locks: str, project: str) -> list[tuple[Any, ...]]:
    del ledger, locks, project
    return [(1 + max((each["generation"] or 0 for each in (*db.ledger, *db.locks)), default=0),)]


def _last_place(db: Database, *, ledger: str, run_id: str) -> list[tuple[Any, ...]]:
    del ledger
    places = [each["place"] or 0 for each in db.ledger if each["run_id"] == run_id]
    return [(max(places, default=0),)]


def _count_old_rows(db: Database, *, changes: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    del db, changes
    return [(0,)]


def _select_now(db: Database) -> list[tuple[Any, ...]]:
    return [(db.now(),)]


def _read_versions(db: Database, *, versions: str) -> list[tuple[Any, ...]]:
    del db, versions
    return [(1, "0")]


_MEANINGS: dict[str, Callable[..., list[tuple[Any, ...]] | None]] = {
    "append_left": _append_left,
    "append_lock": _append_lock,
    "append_outcomes": _append_outcomes,
    "append_runs": _append_runs,
    "count_classes": _count_classes,
    "count_delivered": _count_delivered,
    "count_of_run": _count_of_run,
    "count_old_rows": _count_old_rows,
    "count_settled": _count_settled,
    "count_staged": _count_staged,
    "drop_stage": _drop_stage,
    "last_place": _last_place,
    "later_claims": _later_claims,
    "live_locks": _live_locks,
    "next_generation": _next_generation,
    "read_page": _read_page,
    "read_removals": _read_removals,
    "read_removed": _read_removed,
    "read_undelivered": _read_undelivered,
    "read_versions": _read_versions,
    "recorded_of_run": _recorded_of_run,
    "select_now": _select_now,
    "stage_changes": _stage_changes,
}
