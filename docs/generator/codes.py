"""The blocks of docs/reference/codes.md: the statuses, the failure codes and the operations."""

from __future__ import annotations

from dbt_intercom_activate.ledger.changes import LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER
from dbt_intercom_activate.outcomes.codes import LASTING, Code
from dbt_intercom_activate.outcomes.outcome import Operation
from dbt_intercom_activate.outcomes.results import ActivationResult, Status
from docs.generator.markdown import docstrings, sentences, table


def _statuses() -> str:
    return table(("status", "means", "exit code"), [_status(each) for each in Status])


def _codes() -> str:
    return "\n\n".join(_code(each, LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER.days) for each in Code)


def _operations() -> str:
    said = docstrings(Operation)
    return table(
        ("operation", "means"), [(f"`{each.value}`", said[each.name].rstrip(".")) for each in Operation]
    )


def _status(status: Status) -> tuple[str, str, str]:
    return f"`{status}`", docstrings(Status)[status.name].rstrip("."), _exit_code(status)


def _exit_code(status: Status) -> str:
    result = ActivationResult("", "", "", "", None, None, status, failures={"not_found": 1})
    if result.is_well(frozenset()):
        return "0"
    if result.is_well(frozenset({"not_found"})):
        return "1; 0 where all codes are in `warn` and nothing is held"
    return "1"


def _code(code: Code, days: int) -> str:
    return "\n\n".join([f"### `{code}`", sentences(f"{code.meaning} {code.remedy}"), _again(code, days)])


def _again(code: Code, days: int) -> str:
    if code is Code.MAYBE_DELIVERED:
        return "Attempted again: only by `retry --maybe-delivered`."
    if code in LASTING:
        return f"Attempted again: when the record or the mapping changes, by `retry` or `--resend`, or after {days} days."
    return "Attempted again: by every run."


BLOCKS = {"statuses": _statuses, "codes": _codes, "operations": _operations}
