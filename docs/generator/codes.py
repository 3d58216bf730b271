"""docs/reference/codes.md: the statuses, the failure codes and the operations."""

from __future__ import annotations

from dbt_intercom_activate.ledger.changes import LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER
from dbt_intercom_activate.outcomes.codes import LASTING, Code
from dbt_intercom_activate.outcomes.outcome import Operation
from dbt_intercom_activate.outcomes.results import ActivationResult, Status
from docs.generator.markdown import docstrings, document, sentences, table, text


def page() -> str:
    """The page."""
    days = LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER.days
    return document(
        "Statuses and codes",
        text(
            """
            The words of `target/intercom_activate_results.json`, of the ledger and its views, and of `warn`.
            [When something fails](../failures.md) has the messages, and what to do.
            """
        ),
        "## Statuses of an activation",
        table(("status", "means", "exit code"), [_status(each) for each in Status]),
        "## Codes of a failed record",
        text(
            f"""
            A failed record never stops the others, and counts as `failed` until it succeeds or leaves the model.
            What a later run cannot mend by itself waits, and costs no call: until the record or the mapping changes, until `retry` or `--resend`, or for {days} days.
            """
        ),
        *(_code(each, days) for each in Code),
        "## Operations",
        "What was done in Intercom, as the ledger's column `operation` says it.",
        table(
            ("operation", "means"),
            [(f"`{each.value}`", docstrings(Operation)[each.name].rstrip(".")) for each in Operation],
        ),
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
