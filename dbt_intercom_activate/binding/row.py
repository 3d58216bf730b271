"""A row as it is read from the stage, and the mapped fields that its values feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dbt_intercom_activate.objects.model import FieldType


@dataclass(frozen=True, slots=True)
class BoundField:
    """One mapped field with the staged column that feeds it."""

    name: str
    type: FieldType
    alias: str
    composite: bool
    nullable: bool
    attribute: bool
    single: bool = False
    """Its column holds numbers of 32 bits."""
    exact_below: int | None = None
    """From this size on the whole numbers of its column may have lost digits."""
    only_to: bool | None = None
    """The only value that is sent; None for all of them."""


@dataclass(frozen=True, slots=True)
class StagedRow:
    """One row of a page of the stage."""

    seq: int
    change: str
    """Its class in the plan: added, changed, invalid, removed, waiting."""
    code: str | None
    known_id: str | None
    known_related_id: str | None
    last_payload_hash: str | None
    first_attempt_at: datetime | None
    """By Intercom's clock: see `Delivered.attempted_at`."""
    delivered: bool
    removed_by: str | None
    """The operation by which this tool removed it when it left the model; None if it did not."""
    last_id: str | None
    """Intercom's id at the last success."""
    values: Mapping[str, object]
    """By alias."""
