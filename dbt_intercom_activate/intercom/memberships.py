"""Requests about a contact's membership of a company. Their answers hold the company: see `companies`.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/attachcontacttoacompany
"""

from __future__ import annotations

from dbt_intercom_activate.intercom.api import Request
from dbt_intercom_activate.intercom.companies import is_company


def attach_company(contact_id: str, company_id: str) -> Request:
    """Make a contact a member of a company.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/attachcontacttoacompany

    Args:
        contact_id: Intercom's.
        company_id: Intercom's own `id`, not the user's `company_id`.
    """
    return Request.to(
        "POST",
        "/contacts/{contact_id}/companies",
        contact_id,
        body={"id": company_id},
        expects=lambda answer: is_company(answer, company_id),
    )


def detach_company(contact_id: str, company_id: str) -> Request:
    """End a contact's membership of a company.

    404 is `company_not_found` or, for the contact, `not_found`.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/detachcontactfromacompany

    Args:
        contact_id: Intercom's.
        company_id: Intercom's own `id`, not the user's `company_id`.
    """
    return Request.to(
        "DELETE",
        "/contacts/{contact_id}/companies/{company_id}",
        contact_id,
        company_id,
        expects=lambda answer: is_company(answer, company_id),
    )
