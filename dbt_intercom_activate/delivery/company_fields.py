"""What Intercom has of companies, field by field as they are written; reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery.procedure import HeldLookup
from dbt_intercom_activate.intercom import companies as api

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.binding.record import Conversation
    from dbt_intercom_activate.intercom.api import JsonValue, Request


def _concerns(request: Request) -> str | None:
    """Intercom's id, or the company_id that a POST names."""
    return api.updated_company_id(request) or _company_id(request)


def _company_id(request: Request) -> str | None:
    company_id = (request.body or {}).get("company_id")
    return company_id if isinstance(company_id, str) else None


def _ask(requests: Sequence[Request]) -> Conversation[list[Mapping[str, JsonValue] | None]]:
    shown: list[Mapping[str, JsonValue] | None] = []
    for request in requests:
        intercom_id, company_id = api.updated_company_id(request), _company_id(request) or ""
        if intercom_id:
            company = api.read_company((yield api.get_company(intercom_id)))
        else:
            company = api.read_found_company((yield api.find_company(company_id)), company_id)
        shown.append(None if company is None else company.shown)
    return shown


def _fields(shown: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A plan is written as its name, and shown as an object."""
    plan, custom = shown.get("plan"), shown.get("custom_attributes")
    own = custom if isinstance(custom, dict) else {}
    return {
        **{name: value for name, value in shown.items() if not isinstance(value, (dict, list))},
        **{f"custom_attributes.{name}": value for name, value in own.items()},
        "plan": plan.get("name") if isinstance(plan, dict) else plan,
    }


HELD = HeldLookup(_concerns, _ask, _fields)
