"""How many users, leads and companies a workspace holds.

`GET /counts` tells all at once. It is a legacy endpoint that no description of the API since 2.7 holds,
so where it does not answer, the totals of search and list tell the same, a call each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.intercom.api import Request, anybodys, items_of

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.api import Answer, JsonValue


@dataclass(frozen=True, slots=True)
class Counts:
    """What a workspace holds."""

    users: int
    leads: int
    companies: int


def count_all() -> Request:
    """Count everything. Undocumented today, so any refusal may be the answer.

    https://developers.intercom.com/docs/references/2.0/rest-api/counts
    """
    return Request.to(
        "GET", "/counts", expects=lambda answer: read_counts(answer) is not None, refuses=anybodys
    )


def read_counts(answer: Answer) -> Counts | None:
    """Read the answer to `count_all`; None unless all three numbers are there."""
    body = answer.body if answer.ok and isinstance(answer.body, dict) else {}
    users, leads, companies = (_count(body.get(name), "count") for name in ("user", "lead", "company"))
    if users is None or leads is None or companies is None:
        return None
    return Counts(users, leads, companies)


def count_contacts(role: str) -> Request:
    """Count the contacts of a role, `user` or `lead`, by a search for them. Search lags writes by minutes.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts
    """
    body: dict[str, JsonValue] = {
        "query": {"field": "role", "operator": "=", "value": role},
        "pagination": {"per_page": 1},
    }
    return Request.to("POST", "/contacts/search", body=body, expects=_tells_total)


def count_companies() -> Request:
    """Count the companies by listing them, which leaves out those that have no contact.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/listallcompanies
    """
    return Request.to("POST", "/companies/list", query=(("per_page", "1"),), expects=_tells_total)


def read_total(answer: Answer) -> int | None:
    """Read how many there are in all pages; None where the answer does not say."""
    return _count(answer.body, "total_count") if answer.ok else None


def _tells_total(answer: Answer) -> bool:
    return items_of(answer) is not None and read_total(answer) is not None


def _count(item: JsonValue, key: str) -> int | None:
    count = item.get(key) if isinstance(item, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
