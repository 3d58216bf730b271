"""The one form of a moment: UTC without a zone, and its text in the ledger, the journal and JSON documents."""

from __future__ import annotations

from datetime import datetime, timezone

_TEXT = "%Y-%m-%d %H:%M:%S.%f"


def utc_now() -> datetime:
    """This moment, in UTC without a zone."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def as_text(moment: datetime) -> str:
    """A moment as the ledger and the journal keep it, to the microsecond."""
    return moment.strftime(_TEXT)


def from_text(text: str) -> datetime:
    """The moment that `as_text` wrote.

    Raises:
        ValueError: The text is of another form.
    """
    return datetime.strptime(text, _TEXT)  # noqa: DTZ007 (UTC, as `as_text` wrote it)


def as_json(moment: datetime) -> str:
    """A moment as JSON documents have it: ISO 8601 with `Z`, as dbt writes `generated_at`."""
    return f"{moment.isoformat()}Z"
