"""The blocks of docs/reference/codes.md: the statuses, the failure codes and the operations."""

from __future__ import annotations

from dbt_intercom_activate.ledger.changes import tried_again
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation
from dbt_intercom_activate.outcomes.results import ActivationResult, Status
from docs.generator.markdown import docstrings, sentences, table


def _statuses() -> str:
    return table(("status", "means", "exit code"), [_status(each) for each in Status])


def _codes() -> str:
    return "\n\n".join(_code(each) for each in Code)


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


def _code(code: Code) -> str:
    return "\n\n".join([f"### `{code}`", sentences(f"{code.meaning} {code.remedy}"), tried_again(code)])


BLOCKS = {"statuses": _statuses, "codes": _codes, "operations": _operations}
