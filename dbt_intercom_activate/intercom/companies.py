"""Requests about companies, and what their answers hold.

`id` is Intercom's, `company_id` is the user's own, set once and never changed.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/company
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from dbt_intercom_activate.intercom.api import Request, items_of, of_kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.intercom.api import Answer, JsonValue

_UPDATE = "PUT /companies/{company_id}"


@dataclass(frozen=True, slots=True)
class Company:
    """What identifies a company."""

    id: str
    company_id: str | None
    created_at: int | None
    """Unix seconds by the server's clock."""
    shown: Mapping[str, JsonValue] = field(default_factory=dict, compare=False, repr=False)
    """All that Intercom shows of it."""


def upsert_company(payload: Mapping[str, JsonValue]) -> Request:
    """Create a company, or update the one of that company_id: 200 says both.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/createorupdatecompany
    """
    company_id = payload.get("company_id")
    return Request.to(
        "POST",
        "/companies",
        body=payload,
        expects=lambda answer: is_company(answer) and (not company_id or _names(answer.body, company_id)),
    )


def update_company(company: str, payload: Mapping[str, JsonValue]) -> Request:
    """Change the given attributes of a company, named by Intercom's id.

    `remote_created_at` is not among what may be changed here.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/updatecompany
    """
    return Request.to(
        "PUT",
        "/companies/{company_id}",
        company,
        body=payload,
        expects=lambda answer: is_company(answer, company),
    )


def get_company(company: str) -> Request:
    """Read a company, named by Intercom's id.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/retrieveacompanybyid
    """
    return Request.to(
        "GET",
        "/companies/{company_id}",
        company,
        expects=lambda answer: is_company(answer, company),
    )


def find_company(company_id: str) -> Request:
    """Read a company, named by the user's own company_id. 404 when there is none.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/retrievecompany
    """
    return Request.to(
        "GET",
        "/companies",
        query=(("company_id", company_id),),
        expects=lambda answer: _tells_of(answer, company_id),
    )


def delete_company(company: str) -> Request:
    """Delete a company, named by Intercom's id. Intercom detaches its contacts some time later.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/deletecompany
    """
    return Request.to(
        "DELETE",
        "/companies/{company_id}",
        company,
        expects=lambda answer: is_company(answer, company) and _is_deleted(answer),
    )


def updated_company_id(request: Request) -> str | None:
    """Intercom's id of the company that a request changes; None of any other request."""
    return unquote(request.path.rpartition("/")[2]) if request.endpoint == _UPDATE else None


def read_company(answer: Answer) -> Company | None:
    """Read the one company of an answer; None when it holds none."""
    return _company(answer.body) if answer.ok else None


def read_found_company(answer: Answer, company_id: str) -> Company | None:
    """Read the company of exactly this company_id, from the answer to `find_company`.

    The reference shows a list, live workspaces answer with the bare company: both are read.
    """
    body = answer.body if answer.ok else None
    listed = body.get("data") if isinstance(body, dict) else None
    candidates = listed if isinstance(listed, list) else [body]
    for candidate in candidates:
        company = _company(candidate)
        if company is not None and company.company_id == company_id:
            return company
    return None


def is_company(answer: Answer, company: str | None = None) -> bool:
    """Whether an answer is a company, of this id of Intercom's where one is given."""
    found = _company(answer.body) if of_kind(answer.body, "company") else None
    return found is not None and company in (None, found.id)


def _names(item: JsonValue, company_id: JsonValue) -> bool:
    held = item.get("company_id") if isinstance(item, dict) else None
    return isinstance(held, str) and isinstance(company_id, str) and held.strip() == company_id.strip()


def _is_deleted(answer: Answer) -> bool:
    return isinstance(answer.body, dict) and answer.body.get("deleted") is True


def _tells_of(answer: Answer, company_id: str) -> bool:
    """Whether it is the company, a list that has it, or an empty list: a list of others says nothing about it."""
    items = items_of(answer)
    if items is None:
        return is_company(answer) and _names(answer.body, company_id)
    return not items or read_found_company(answer, company_id) is not None


def _company(item: JsonValue) -> Company | None:
    if not isinstance(item, dict):
        return None
    own_id, company_id, created_at = item.get("id"), item.get("company_id"), item.get("created_at")
    if not isinstance(own_id, str) or not own_id:
        return None
    return Company(
        id=own_id,
        company_id=company_id if isinstance(company_id, str) else None,
        created_at=created_at if isinstance(created_at, int) else None,
        shown=item,
    )
