"""Refusals that pass by themselves: the request is right, and Intercom is busy with what it concerns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.api import Answer, Request

_STATUSES = frozenset({400, 404, 409, 422, 423, 425})
_CREATIONS = frozenset({"POST /companies", "POST /contacts"})
_CODES = frozenset(
    {
        "rate_limit_exceeded",
        "request_timeout",
        "retry_after",
        "server_error",
        "service_unavailable",
        "too_many_requests",
        "unique_company_constraint",
    }
)
_STANDS_IN_THE_WAY = re.compile(r"exist|match|must|in use|taken|id=", re.IGNORECASE)
_OF_THE_MOMENT = re.compile(
    r"\btry again(?! using)|\bretry\b|\btime(?:d )?-?out\b|\bdeadlock|\block(?:ed)?\b|\btemporar|\bconcurrent",
    re.IGNORECASE,
)


def passes_by_itself(answer: Answer, request: Request) -> bool:
    """Whether a refusal is one of the moment: the same request may be taken a moment later. It was not carried out.

    Each is known from what people met, or from Intercom's list of codes, none from the endpoint's description:

    - `POST /companies`, which updates what exists, answers 400 `unique_company_constraint`, "Company already exists.",
      under load: https://github.com/intercom/intercom-node/issues/461
    - and 404 `company_not_found`, though it names nothing that has to be there:
      https://github.com/intercom/intercom-node/issues/490
    - so does the creation of a contact, "User Not Found"; Intercom's support called it a race of two requests:
      https://github.com/intercom/python-intercom/issues/224
    - 409 `conflict` and `resource_conflict` are of a moment unless the message says who or what stands in the way, as
      Intercom's description has it ("A redirect with that URL already exists"), and as it does for contacts ("already
      exists with id=…", "Multiple existing users match…")
    - codes that ask for patience, with whatever status (Intercom's list has `retry_after`):
      https://developers.intercom.com/docs/references/rest-api/errors/error-codes
    - 423 and 425, which HTTP defines so, and messages about locks and time that ran out
    """
    if answer.status not in _STATUSES:
        return False
    message = re.sub(r"""(['"]).*?\1""", "", answer.message or "")  # what is quoted is a record's or a name
    if answer.status in (423, 425) or answer.code in _CODES:
        return True
    if answer.status == 404:
        return request.endpoint in _CREATIONS
    if answer.code in ("conflict", "resource_conflict"):
        return not _STANDS_IN_THE_WAY.search(message)
    return _OF_THE_MOMENT.search(message) is not None
