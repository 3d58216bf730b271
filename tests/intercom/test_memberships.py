"""Requests about memberships as the reference writes them."""

from __future__ import annotations

from dbt_intercom_activate.intercom import companies, memberships


def test_attach_names_the_company_by_intercoms_id() -> None:
    request = memberships.attach_company("a/1", "c1")

    assert (request.method, request.target) == ("POST", "/contacts/a%2F1/companies")
    assert request.body == {"id": "c1"}
    assert request.repeatable


def test_detach() -> None:
    request = memberships.detach_company("a1", "c1")

    assert (request.method, request.target) == ("DELETE", "/contacts/a1/companies/c1")
    assert request.endpoint == "DELETE /contacts/{contact_id}/companies/{company_id}"
    assert request.body is None


def test_the_answer_holds_the_company(answered) -> None:
    company = companies.read_company(answered({"type": "company", "id": "c1", "company_id": "7"}))

    assert company == companies.Company("c1", "7", None)
