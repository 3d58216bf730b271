"""How a record finds its company: remembered, or read by `company_id`, which lags behind nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery.answers import NOT_FOUND, rejected
from dbt_intercom_activate.errors import CannotActivate, Message, RequestFailed
from dbt_intercom_activate.intercom import companies as api
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.binding.record import Conversation, Rules
    from dbt_intercom_activate.delivery.notebook import Notebook
    from dbt_intercom_activate.intercom.api import Answer
    from dbt_intercom_activate.intercom.companies import Company


def find(company_id: str) -> Conversation[tuple[Company | None, Answer | None]]:
    """The company, or None where Intercom has none; or the answer that refused to tell."""
    answer = yield api.find_company(company_id)
    if answer.ok:
        return api.read_found_company(answer, company_id), None
    return None, None if answer.status == NOT_FOUND else answer


def resolve(company_id: str, notebook: Notebook, *, afresh: bool = False) -> Conversation[str | Outcome]:
    """Intercom's id of a company, read once in a run, or why there is none.

    Args:
        company_id: The company's own `company_id`.
        notebook: What this run has learnt.
        afresh: Whether what was learnt turned out to be wrong.
    """
    if not afresh and company_id in notebook.companies:
        return notebook.companies[company_id]
    company, refusal = yield from find(company_id)
    if refusal is not None:
        return rejected(Operation.NONE, refusal)
    if company is None:
        return Outcome(
            Operation.NONE, Code.NOT_FOUND, "no company has this company_id", http_status=NOT_FOUND
        )
    notebook.companies[company_id] = company.id
    return company.id


def identify(intercom_ids: Sequence[str]) -> Conversation[dict[str, Mapping[str, str | None]]]:
    """By what `company_id` Intercom has companies; an id that it would not tell about is missing."""
    seen: dict[str, Mapping[str, str | None]] = {}
    for intercom_id in intercom_ids:
        with suppress(RequestFailed):
            answer = yield api.get_company(intercom_id)
            company = api.read_company(answer)
            if company is not None:
                seen[intercom_id] = {"company_id": company.company_id}
            elif answer.status == NOT_FOUND:
                seen[intercom_id] = {}
    return seen


def which_exist(rules: Rules, identifiers: Sequence[str]) -> Conversation[set[str]]:
    """The identifier, one at a time, if Intercom has a company of it.

    Raises:
        CannotActivate: Intercom refused to tell.
    """
    (wanted,) = identifiers
    if rules.identifier == "id":
        answer = yield api.get_company(wanted)
        return {wanted} if answer.ok else set()
    company, refusal = yield from find(wanted)
    if refusal is not None:
        raise CannotActivate(
            Message(
                "companies-unreadable", f"GET /companies: Intercom refused to tell, HTTP {refusal.status}"
            )
        )
    return {wanted} if company is not None else set()
