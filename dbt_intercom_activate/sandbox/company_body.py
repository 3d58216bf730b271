"""The company object as Intercom writes it, and pages of them by number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dbt_intercom_activate.sandbox.exchange import ReceivedCall
    from dbt_intercom_activate.sandbox.records import StoredCompany
    from dbt_intercom_activate.sandbox.state import SandboxState

# These keys are absent when unset.
_OPTIONAL = ("size", "website", "industry", "last_request_at")


def company_body(state: SandboxState, company: StoredCompany) -> dict[str, Any]:
    """The full company."""
    fields = company.fields
    plan = fields.get("plan")
    body = {
        "type": "company",
        "company_id": company.company_id,
        "id": company.id,
        "app_id": state.workspace_id,
        "name": fields.get("name"),
        "remote_created_at": fields.get("remote_created_at"),
        "created_at": company.created_at,
        "updated_at": company.updated_at,
        "monthly_spend": fields.get("monthly_spend") or 0,
        "session_count": 0,
        "user_count": state.user_count(company.id),
        "tags": {"type": "tag.list", "tags": [_tag(state, tag_id) for tag_id in company.tags]},
        "segments": {"type": "segment.list", "segments": []},
        # Written as a text, read as an object.
        "plan": {"type": "plan", "id": state.plan_id(plan), "name": plan} if plan else {},
        "custom_attributes": company.custom_attributes,
    }
    body.update({key: fields[key] for key in _OPTIONAL if fields.get(key) is not None})
    return body


def numbered_page(
    items: Sequence[Any],
    call: ReceivedCall,
    body: Callable[[Any], dict[str, Any]],
    *,
    default: int,
    maximum: int,
) -> dict[str, Any]:
    """A page by number, as companies are listed."""
    page, per_page = call.page_number(), call.per_page(default, maximum)
    total_pages = math.ceil(len(items) / per_page)
    pages: dict[str, Any] = {"type": "pages", "next": None, "page": page, "per_page": per_page}
    if page < total_pages:
        pages["next"] = {"page": page + 1}
    start = (page - 1) * per_page
    return {
        "type": "list",
        "data": [body(item) for item in items[start : start + per_page]],
        "pages": {**pages, "total_pages": total_pages},
        "total_count": len(items),
    }


def _tag(state: SandboxState, tag_id: str) -> dict[str, Any]:
    return {"type": "tag", "id": tag_id, "name": state.tags[tag_id].name}
