"""Answers that mean the same whatever the object: outcomes of failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.api import Answer


NOT_FOUND = 404


def failed(
    operation: Operation,
    code: Code,
    answer: Answer,
    *,
    message: str | None = None,
    intercom_id: str | None = None,
) -> Outcome:
    """A failure that an answer of Intercom proves; its own words are kept unless `message` says more."""
    return Outcome(
        operation=operation,
        code=code,
        message=message or _own_words(answer),
        intercom_id=intercom_id,
        http_status=answer.status,
        request_id=answer.request_id,
    )


def succeeded(
    operation: Operation,
    answer: Answer,
    intercom_id: str | None,
    *,
    related_id: str | None = None,
    unarchived: bool = False,
) -> Outcome:
    """A success that an answer of Intercom proves."""
    return Outcome(
        operation=operation,
        intercom_id=intercom_id,
        related_id=related_id,
        http_status=answer.status,
        request_id=answer.request_id,
        unarchived=unarchived,
    )


def rejected(operation: Operation, answer: Answer, intercom_id: str | None = None) -> Outcome:
    """Anything else that Intercom refuses."""
    return failed(operation, Code.REJECTED, answer, intercom_id=intercom_id)


def gone_by_now(answer: Answer) -> bool:
    """Whether a deletion was sent twice, and the attempt whose answer was lost may have been carried out."""
    return answer.status == NOT_FOUND and answer.repeated


def _own_words(answer: Answer) -> str:
    words = ": ".join(part for part in (answer.code, answer.message) if part)
    return words or f"HTTP {answer.status} without an explanation"
