"""What Intercom was told: payloads, where the ledger keeps them, and the story of a record."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import as_text, in_utc
from dbt_intercom_activate.outcomes.outcome import REMOVALS, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from dbt_intercom_activate.ledger.opening import OpenLedger

_COLUMNS = (
    "activation",
    "workspace",
    "workspace_name",
    "object_type",
    "record_key",
    "record_hash",
    "payload_hash",
    "payload",
    "operation",
    "status",
    "intercom_id",
    "request_id",
    "run_id",
    "delivered_at",
)


class Why(str, Enum):
    """Why Intercom was told something."""

    NEW = "new"
    """Nothing was told of the record before, or it was taken away."""
    CHANGED = "changed"
    """Another payload than the one before."""
    AGAIN = "again"
    """The same payload once more, as by `--resend`."""
    REMOVED = "removed"
    """It was archived, deleted or detached."""


@dataclass(frozen=True, slots=True)
class Told:
    """One time that Intercom was told something of a record."""

    activation: str
    workspace: str
    """Intercom's own id of it."""
    workspace_name: str
    object: str
    record_key: str
    operation: Operation
    why: Why
    run_id: str
    at: datetime
    """UTC, without a zone."""
    intercom_id: str | None
    request_id: str | None
    payload: Mapping[str, Any] | None = field(repr=False)
    """None where the ledger did not keep it."""
    changes: Mapping[str, tuple[Any, Any]] | None = field(repr=False)
    """Of each field that differs from what was told before, the two values, `UNTOLD` where there was none. None where
    one of the two payloads is not known."""


UNTOLD = object()
"""In place of a value: the field was not told."""


def history_of(
    ledger: OpenLedger, key: str, activation: str | None = None, until: datetime | None = None
) -> list[Told]:
    """What Intercom was told of the records with this key or identifier, the newest first.

    Args:
        ledger: Payloads are there from when it kept them.
        key: The record key as the ledger has it, or the identifier.
        activation: Only of this one.
        until: Nothing later, in UTC without a zone.

    Raises:
        WarehouseFailed: The warehouse refuses to tell.
    """
    relation = ledger.readable("ledger")
    if relation is None:
        return []
    warehouse = ledger.warehouse
    named = {
        "project": warehouse.target.project_name,
        "key": key,
        "activation": activation,
        "until": None if until is None else as_text(until),
    }
    sql = warehouse.render("read_history", ledger=relation, columns=list(_COLUMNS), named=named)
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in warehouse.query(sql)]
    return [*_told(rows)][::-1]


def _told(rows: Sequence[Mapping[str, Any]]) -> Iterator[Told]:
    """What was told, the oldest first.

    Args:
        rows: The newest first; those that told nothing say all the same what Intercom has, where they have a payload.
    """
    before: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for row in reversed(rows):
        if row["status"] != "succeeded":
            continue
        record = (row["workspace"], row["activation"], row["record_key"])
        if row["operation"] != Operation.NONE.value:
            yield _one(row, before.get(record))
        elif row["payload"] is None and record in before:
            continue
        before[record] = row


def _one(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> Told:
    operation = Operation(row["operation"])
    if before is not None and Operation(before["operation"]) in REMOVALS:
        before = None
    payload, old = _payload(row), _payload(before)
    known = payload is not None and (before is None or old is not None)
    return Told(
        activation=row["activation"],
        workspace=row["workspace"],
        workspace_name=row["workspace_name"],
        object=row["object_type"],
        record_key=row["record_key"],
        operation=operation,
        why=_why(row, before, operation),
        run_id=row["run_id"],
        at=in_utc(row["delivered_at"]),
        intercom_id=row["intercom_id"],
        request_id=row["request_id"],
        payload=payload,
        changes=differences(old or {}, payload) if known and payload is not None else None,
    )


def _why(row: Mapping[str, Any], before: Mapping[str, Any] | None, operation: Operation) -> Why:
    if operation in REMOVALS:
        return Why.REMOVED
    if before is None:
        return Why.NEW
    return Why.AGAIN if row["payload_hash"] == before["payload_hash"] else Why.CHANGED


def _payload(row: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    text = None if row is None else row["payload"]
    return json.loads(text) if text else None


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields of two payloads that differ, by dotted name, with both values; `UNTOLD` where there is none."""
    before, after = dict(_fields(old)), dict(_fields(new))
    names = dict.fromkeys((*after, *before))
    pairs = {name: (before.get(name, UNTOLD), after.get(name, UNTOLD)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _fields(payload: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in payload.items():
        if isinstance(value, dict):
            yield from _fields(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
