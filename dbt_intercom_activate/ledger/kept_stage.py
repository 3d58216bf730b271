"""The stage of one activation that a plan kept, and how a run reads it in place of the relation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import as_text
from dbt_intercom_activate.ledger.changes import LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class EqualRecord:
    """A staged record that Intercom has already as it would be sent."""

    seq: int
    payload_hash: str
    intercom_id: str

    def as_mapping(self) -> dict[str, str | int]:
        """By the names that the macro `keep_equal` explains."""
        return {"seq": self.seq, "payload_hash": self.payload_hash, "intercom_id": self.intercom_id}


@dataclass(frozen=True, slots=True)
class KeptStage:
    """The stage of one activation, as a plan kept it."""

    relation: str
    """Its full name in the warehouse."""
    removals: str | None
    """The full name of the table that says which records are to be removed; None where none is."""
    planned_at: datetime
    """By the warehouse's clock: what waited then for its time waits still."""
    held_because: str | None = None
    """Why the plan holds removals."""
    equal: str | None = None
    """The full name of the table that says which records Intercom has already; None where it has none."""

    def instead_of(self, changes: Mapping[str, Any], rows: str) -> dict[str, Any]:
        """The mapping `changes` of the macro `_changes` for what is kept, in place of that for the relation.

        Args:
            changes: For the relation.
            rows: What stands after `from` to read the kept rows, as the macro `kept_rows` makes it.
        """
        return {
            **self.as_planned(changes),
            "relation": rows,
            # What is staged has the names that it has there, and is a moment as it is read already.
            "columns": [
                {**each, "name": each["alias"] if each["name"] is not None else None, "zoned": False}
                for each in changes["columns"]
            ],
            "kept": self.relation,
            "equal": self.equal,
        }

    def as_planned(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The same mapping, with failures waiting as they did when it was planned."""
        before = self.planned_at - LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER
        return {**changes, "retry_before": as_text(before)}
