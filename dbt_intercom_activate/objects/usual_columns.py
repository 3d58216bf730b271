"""What columns are usually called, by the object and the field that they mean: for suggestions only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.objects.catalogue import OBJECTS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dbt_intercom_activate.objects.model import IntercomObject

USUAL_COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "contact": {
        "external_id": (
            "external_id",
            "customer_id",
            "user_id",
            "contact_id",
            "person_id",
            "member_id",
            "id",
        ),
        "email": ("email", "email_address", "mail"),
        "name": ("name", "full_name", "display_name"),
        "phone": ("phone", "phone_number", "mobile"),
        "signed_up_at": ("signed_up_at", "created_at", "registered_at", "signup_at"),
        "last_seen_at": ("last_seen_at",),
    },
    "company": {
        "company_id": ("company_id", "account_id", "organization_id", "organisation_id", "id"),
        "name": ("name", "company_name", "account_name"),
        "remote_created_at": ("remote_created_at", "created_at"),
        "plan": ("plan", "plan_name"),
        "size": ("size", "employees", "headcount"),
        "website": ("website", "url"),
        "industry": ("industry",),
        "monthly_spend": ("monthly_spend", "mrr"),
    },
}
"""For each field, the names of columns that mean it, the surest first."""

USUAL_CONSTANTS: Mapping[str, Mapping[str, str]] = {"contact": {"role": "user"}}
"""What is the same for all records of an object, where nothing else is said."""

IDENTIFYING_COLUMNS = tuple(
    dict.fromkeys(
        (*USUAL_COLUMNS["contact"]["external_id"], *USUAL_COLUMNS["contact"]["email"], "company_id")
    )
)

MOMENTS = frozenset({"signed_up_at", "last_seen_at", "remote_created_at"})
NUMBERS = frozenset({"size", "monthly_spend"})


def usual_object(model: str, columns: Collection[str]) -> IntercomObject:
    """The object that a model is about: people have an email, and what is keyed by an account is a company.

    Args:
        columns: Their names in lower case.
    """
    if {"email", "email_address"}.intersection(columns):
        return OBJECTS["contact"]
    companies = {"company_id", "account_id"}.intersection(columns) or model.endswith(
        ("companies", "accounts")
    )
    return OBJECTS["company" if companies else "contact"]
