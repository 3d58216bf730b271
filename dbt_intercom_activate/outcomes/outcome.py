"""What became of one record."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dbt_intercom_activate.outcomes.codes import Code


class Operation(str, Enum):
    """What was done in Intercom, as the ledger's column `operation` says it."""

    INSERT = "insert"
    """It was created."""
    UPDATE = "update"
    """It was updated."""
    ARCHIVE = "archive"
    """It was archived; also where it was archived already."""
    DELETE = "delete"
    """It was deleted; also where a record left its model and nothing was there any more."""
    ATTACH = "attach"
    """The tag was set, the membership was made; also where it was there already."""
    DETACH = "detach"
    """The tag was taken off, the membership was ended; also where there was none."""
    SEND = "send"
    """The event was sent."""
    UNARCHIVE = "unarchive"
    """Only of failures: it could not be taken out of the archive, or not be read then."""
    NONE = "none"
    """No call was needed: Intercom has this payload already. Also for what failed before any call."""


REMOVALS = frozenset({Operation.ARCHIVE, Operation.DELETE, Operation.DETACH})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one record's attempt; `code` is None exactly where it succeeded."""

    operation: Operation
    code: Code | None = None
    message: str | None = None
    """Why it failed, in Intercom's own words where it has any. May name values: for the ledger, never a log."""
    intercom_id: str | None = None
    related_id: str | None = None
    """Intercom's id of the tag, or of the membership's company."""
    http_status: int | None = None
    request_id: str | None = None
    unarchived: bool = False
    """The contact was taken out of the archive on the way."""

    @property
    def succeeded(self) -> bool:
        """Whether Intercom now agrees with the record."""
        return self.code is None


@dataclass(frozen=True, slots=True)
class Delivered:
    """An outcome together with the staged record it belongs to, as journal and ledger take it."""

    seq: int
    payload_hash: str | None
    outcome: Outcome
    delivered_at: datetime
    """When it was known, in UTC without a zone; for people."""
    attempted_at: int | None = None
    """Unix seconds by Intercom's clock, before a request was sent that may have been carried out though its answer
    never came. None where there was no such request, or where Intercom's clock is not known."""
    payload: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    """What Intercom was to be told; for the ledger where it keeps payloads, and never for the journal."""
