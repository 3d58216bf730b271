"""What a staged row comes to before anything is said to Intercom: a record to send, or the outcome without a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from dbt_intercom_activate.binding.record import Record
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.codes import CODES, Code
from dbt_intercom_activate.outcomes.outcome import Outcome
from dbt_intercom_activate.outcomes.without_answer import failed_before_any_call, unchanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.binding.binding import Binding
    from dbt_intercom_activate.binding.row import StagedRow
    from dbt_intercom_activate.intercom.api import JsonValue


Decided: TypeAlias = "tuple[Record | Outcome, str | None, Mapping[str, JsonValue] | None]"
"""The record, or its outcome; and for the ledger the payload's hash and the payload that Intercom has or is to have."""


def decide(binding: Binding, row: StagedRow, *, resend: bool = False) -> Decided:
    """The record to be sent, or the outcome that needs no call; with the hash of the payload and the payload.

    Args:
        binding: The activation's.
        row: Of the stage.
        resend: Send also what Intercom has already.
    """
    if row.change == "invalid":
        return failed_before_any_call(CODES[row.code or ""]), None, None
    if row.delivered and binding.activation.object.once:
        # It failed since it was sent, as for a twin that is gone now: its last outcome is to be a success again.
        return unchanged(row.known_id, None), None, None
    record = binding.record(row)
    if isinstance(record, Outcome):
        return record, binding.types_hash, None
    # What was taken away comes back with the same payload, and hashes of older versions do not tell the two apart.
    same = record.payload_hash == row.last_payload_hash and row.removed_by is None
    inserted = binding.activation.behaviour is Behaviour.INSERT and row.delivered
    if same and (inserted or not resend):
        return unchanged(row.known_id, row.known_related_id), record.payload_hash, record.payload
    if inserted:
        return failed_before_any_call(Code.CHANGED_AFTER_INSERT, row.known_id), record.payload_hash, None
    return record, record.payload_hash, record.payload
