"""The workspace itself: who the token belongs to, teammates, counts and segments."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.state import FIRST_ADMIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbt_intercom_activate.sandbox.records import Admin, StoredCompany, StoredContact
    from dbt_intercom_activate.sandbox.state import SandboxState

CREATED_AT = 1_734_537_243


def me(state: SandboxState, call: ReceivedCall) -> GivenAnswer:  # noqa: ARG001 - every endpoint takes a call
    """GET /me: the admin and the app of the token. It does not tell the token's scopes."""
    admin = state.admins[FIRST_ADMIN]
    app = {
        "type": "app",
        "id_code": state.workspace_id,
        "name": "Sandbox",
        "created_at": CREATED_AT,
        "secure": False,
        "identity_verification": False,
        "timezone": "UTC",
        "region": "US",
    }
    return ok(
        {
            "type": "admin",
            "id": admin.id,
            "email": admin.email,
            "name": admin.name,
            "email_verified": True,
            "app": app,
            "avatar": {"type": "avatar", "image_url": None},
            "has_inbox_seat": True,
        }
    )


def list_admins(state: SandboxState, call: ReceivedCall) -> GivenAnswer:  # noqa: ARG001 - every endpoint takes a call
    """GET /admins."""
    return ok({"type": "admin.list", "admins": [_admin(admin) for admin in state.admins.values()]})


def get_admin(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /admins/{admin_id}."""
    return ok(_admin(find_admin(state, call.path["admin_id"])))


def find_admin(state: SandboxState, admin_id: str) -> Admin:
    """The teammate with an id."""
    if admin_id not in state.admins:
        raise errors.IntercomError(404, "admin_not_found", "Admin not found")
    return state.admins[admin_id]


def acting_admin(state: SandboxState, call: ReceivedCall) -> str:
    """The id of who tags. It is required; how Intercom refuses its absence is not documented."""
    admin_id = call.text("admin_id")
    if admin_id is None:
        raise errors.parameter_missing("admin_id is required")
    return find_admin(state, admin_id).id


def list_segments(state: SandboxState, call: ReceivedCall) -> GivenAnswer:  # noqa: ARG001 - every endpoint takes a call
    """GET /segments: segments cannot be made through the API, so there are none."""
    return ok({"type": "segment.list", "segments": []})


def counts(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /counts: legacy, in no description of the API since 2.7, but still answered by some workspaces.

    https://developers.intercom.com/docs/references/2.0/rest-api/counts
    """
    if not state.counts_enabled:
        raise errors.resource_not_found()
    kind, within = call.query.get("type"), call.query.get("count")
    if kind is None:
        return ok({"type": "count.hash", **_totals(state)})
    if within is not None and kind in ("company", "user", "lead"):
        return ok({"type": "count", kind: {within: _distribution(state, kind, within)}})
    if kind not in _totals(state):
        raise errors.parameter_invalid(f"Cannot count by type {kind}")
    return ok({"type": "count", kind: _totals(state)[kind]})


def _totals(state: SandboxState) -> dict[str, Any]:
    roles = state.contact_counts()
    companies = sum(company.live for company in state.companies)
    totals = {"company": companies, "user": roles["user"], "lead": roles["lead"], "tag": len(state.tags)}
    return {name: {"count": total} for name, total in totals.items()} | {"segment": {"count": 0}}


def _distribution(state: SandboxState, kind: str, within: str) -> list[dict[str, Any]]:
    """How many of a kind each tag has, or how many users each company has."""
    companies = [company for company in state.companies if company.live]
    if kind == "company" and within == "user":
        return [
            {
                company.fields.get("name") or "": state.user_count(company.id),
                "remote_company_id": company.company_id,
            }
            for company in companies
        ]
    if within != "tag":
        return []
    tagged: Iterable[StoredCompany | StoredContact] = (
        companies if kind == "company" else (c for c in state.contacts if c.live and c.role == kind)
    )
    uses = Counter(tag_id for item in tagged for tag_id in item.tags)
    return [{tag.name: uses[tag.id]} for tag in state.tags.values()]


def _admin(admin: Admin) -> dict[str, Any]:
    return {
        "type": "admin",
        "id": admin.id,
        "name": admin.name,
        "email": admin.email,
        "away_mode_enabled": False,
        "away_mode_reassign": False,
        "has_inbox_seat": True,
        "team_ids": [],
    }
