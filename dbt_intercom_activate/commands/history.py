"""`history`: what Intercom was told of a record, when, in which run, and why.

Only the warehouse is asked. Values are shown here because somebody asked for them, and never in a log.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import as_json, utc_now
from dbt_intercom_activate.documents import document
from dbt_intercom_activate.ledger.opening import open_ledger
from dbt_intercom_activate.ledger.told import UNTOLD, Told, Why, differences, history_of
from dbt_intercom_activate.outcomes.outcome import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dbt_intercom_activate.ledger.standing import Standing
    from dbt_intercom_activate.project.location import DbtProject

_DONE = {
    Operation.INSERT: "inserted",
    Operation.UPDATE: "updated",
    Operation.ARCHIVE: "archived",
    Operation.DELETE: "deleted",
    Operation.ATTACH: "attached",
    Operation.DETACH: "detached",
    Operation.SEND: "sent",
}
_WHY = {
    Why.NEW: "as nothing was told of it before",
    Why.CHANGED: "as it changed",
    Why.AGAIN: "once more, the same as before",
    Why.REMOVED: "as it was to be taken away",
}


def history(
    project: DbtProject, key: str, activation: str | None, until: datetime | None
) -> tuple[list[Told], Standing]:
    """What Intercom was told of the records with this key or identifier, the newest first, and how the ledger is.

    Args:
        project: Whose records.
        key: As the ledger has it.
        activation: Only of this one.
        until: Nothing later, in UTC without a zone.

    Raises:
        CannotRun: The warehouse does not answer, or the ledger cannot be read.
    """
    with open_ledger(project) as ledger:
        return history_of(ledger, key, activation, until), ledger.standing


def as_document(told: Sequence[Told]) -> dict[str, Any]:
    """The JSON document of `history --output json`."""
    return document(utc_now(), {"results": [_as_json(each) for each in told]})


def _as_json(told: Told) -> dict[str, Any]:
    names = ("activation", "workspace", "workspace_name", "object", "record_key")
    changes = None if told.changes is None else {name: _pair(*pair) for name, pair in told.changes.items()}
    return {
        **{name: getattr(told, name) for name in names},
        "operation": told.operation.value,
        "why": told.why.value,
        "run_id": told.run_id,
        "delivered_at": as_json(told.at),
        "intercom_id": told.intercom_id,
        "request_id": told.request_id,
        "changes": changes,
        "payload": told.payload,
    }


def _pair(old: Any, new: Any) -> dict[str, Any]:
    """The two values of a field; one that was not told is left out."""
    return {name: value for name, value in (("old", old), ("new", new)) if value is not UNTOLD}


def as_lines(told: Sequence[Told], key: str) -> list[str]:
    """The same for people; of each time a line, and one for each field that was told otherwise."""
    if not told:
        return ["Intercom was told nothing of this record."]
    lines = []
    for each in told:
        record = "" if each.record_key == key else f" {_printable(each.record_key)}"
        lines.append(
            f"{each.at:%Y-%m-%d %H:%M:%S}Z {each.activation} to {each.workspace_name}:{record} "
            f"{_DONE.get(each.operation, each.operation.value)} {_WHY[each.why]}, in run {each.run_id}"
        )
        lines += [_change(name, *pair) for name, pair in (each.changes or {}).items()]
        if each.changes is None and each.payload is not None:
            lines.append("    What was told before is not kept; this time it was:")
            lines += [_change(name, *pair) for name, pair in differences({}, each.payload).items()]
    return lines


def _change(name: str, old: Any, new: Any) -> str:
    if old is UNTOLD:
        return f"    {_printable(name)}: {_value(new)}"
    return f"    {_printable(name)}: {_value(old)} → {_value(new)}"


def _value(value: Any) -> str:
    return "not told" if value is UNTOLD else _printable(json.dumps(value, ensure_ascii=False))


def _printable(text: str) -> str:
    """A text on one line, without what would move the cursor of a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)
