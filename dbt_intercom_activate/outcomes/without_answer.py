"""Outcomes that no answer of Intercom gave: those that need no call, and those of calls whose answer never came."""

from __future__ import annotations

from dbt_intercom_activate.errors import AnswerLost, RequestFailed, Stopped
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome


def unchanged(intercom_id: str | None, related_id: str | None) -> Outcome:
    """Intercom has this payload already."""
    return Outcome(Operation.NONE, intercom_id=intercom_id, related_id=related_id)


def failed_before_any_call(code: Code, intercom_id: str | None = None) -> Outcome:
    """The record cannot be sent; the code says why."""
    return Outcome(Operation.NONE, code, code.meaning, intercom_id)


def announced() -> Outcome:
    """What the ledger says of a record while a request is sent that Intercom could not recognise if repeated."""
    return Outcome(Operation.NONE, Code.MAYBE_DELIVERED, "announced before it was sent")


def never_sent(ended: str) -> Outcome:
    """It was announced, and then the run ended first.

    Args:
        ended: How, as in "the run ended".
    """
    return Outcome(Operation.NONE, Code.UNREACHABLE, f"not sent: {ended} before")


def sent_by_a_dead_run() -> Outcome:
    """It was sent, and the run was killed before it knew the answer."""
    message = "sent; the run was ended from outside before the answer came"
    return Outcome(Operation.NONE, Code.MAYBE_DELIVERED, message)


def unanswered(failure: RequestFailed | Stopped, intercom_id: str | None) -> Outcome:
    """Its request came to nothing: it may have been carried out, or can be sent again."""
    code = Code.MAYBE_DELIVERED if isinstance(failure, AnswerLost) else Code.UNREACHABLE
    return Outcome(Operation.NONE, code, str(failure), intercom_id)
