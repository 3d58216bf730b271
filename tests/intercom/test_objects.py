"""Requests about Intercom's objects as its reference writes them, and its examples read."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.intercom import account, companies, contacts, data_attributes
from dbt_intercom_activate.intercom.api import Answer, read_answer
from dbt_intercom_activate.intercom.companies import Company
from dbt_intercom_activate.intercom.contacts import Contact

CONTACT = {
    "type": "contact",
    "id": "6762f0dd1bb69f9f2193bb83",
    "external_id": "70",
    "role": "user",
    "email": "joe@bloggs.com",
    "created_at": 1734537437,
}
COMPANY = {
    "type": "company",
    "id": "6762f07a1bb69f9f2193baea",
    "company_id": "remote_2",
    "created_at": 1734537338,
}
NOT_FOUND = {"type": "error.list", "errors": [{"code": "not_found", "message": "User Not Found"}]}


def answered(body: object, status: int = 200) -> Answer:
    return read_answer(status, {}, json.dumps(body).encode())


class TestContactRequests:
    def test_create(self) -> None:
        request = contacts.create_contact({"email": "joe@bloggs.com"}, repeatable=False)

        assert (request.method, request.path, request.body) == (
            "POST",
            "/contacts",
            {"email": "joe@bloggs.com"},
        )
        assert not request.repeatable

    @pytest.mark.parametrize(
        ("request_", "endpoint", "path"),
        [
            (contacts.update_contact("a1", {"name": None}), "PUT /contacts/{contact_id}", "/contacts/a1"),
            (contacts.get_contact("a1"), "GET /contacts/{contact_id}", "/contacts/a1"),
            (contacts.archive_contact("a1"), "POST /contacts/{contact_id}/archive", "/contacts/a1/archive"),
            (
                contacts.unarchive_contact("a1"),
                "POST /contacts/{contact_id}/unarchive",
                "/contacts/a1/unarchive",
            ),
            (contacts.delete_contact("a1"), "DELETE /contacts/{contact_id}", "/contacts/a1"),
        ],
        ids=["update", "get", "archive", "unarchive", "delete"],
    )
    def test_by_id(self, request_, endpoint, path) -> None:
        assert (request_.endpoint, request_.path, request_.repeatable) == (endpoint, path, True)

    def test_search_by_one_field(self) -> None:
        request = contacts.search_contacts("external_id", ["a", "b"])

        assert request.body == {
            "query": {"field": "external_id", "operator": "IN", "value": ["a", "b"]},
            "pagination": {"per_page": 150},
        }

    def test_search_within_a_role_and_from_a_cursor(self) -> None:
        request = contacts.search_contacts("email", ["a@b.c"], role="user", cursor="Wy0x", per_page=50)

        assert request.body == {
            "query": {
                "operator": "AND",
                "value": [
                    {"field": "email", "operator": "IN", "value": ["a@b.c"]},
                    {"field": "role", "operator": "=", "value": "user"},
                ],
            },
            "pagination": {"per_page": 50, "starting_after": "Wy0x"},
        }


class TestContactAnswers:
    def test_one(self) -> None:
        expected = Contact("6762f0dd1bb69f9f2193bb83", "70", "joe@bloggs.com", "user", 1734537437)

        assert contacts.read_contact(answered(CONTACT)) == expected

    def test_a_cleared_email_is_none(self) -> None:
        contact = contacts.read_contact(answered({**CONTACT, "email": ""}))

        assert contact is not None
        assert contact.email is None

    def test_an_archived_contact_in_the_form_of_2021(self) -> None:
        body = {"id": "6657a83a6abd0160d35d1ea5", "object": "contact", "archived": True}

        assert contacts.read_contact(answered(body)) == Contact(
            "6657a83a6abd0160d35d1ea5", None, None, None, None
        )

    def test_not_found_is_none(self) -> None:
        assert contacts.read_contact(answered(NOT_FOUND, 404)) is None

    def test_a_page_and_its_cursor(self) -> None:
        pages = {"type": "pages", "next": {"page": 2, "starting_after": "Wy0xLCI1"}, "page": 1}
        found, cursor = contacts.read_contacts(answered({"type": "list", "data": [CONTACT], "pages": pages}))

        assert [contact.external_id for contact in found] == ["70"]
        assert cursor == "Wy0xLCI1"

    @pytest.mark.parametrize("pages", [{"type": "pages", "page": 1}, {"next": None}, None], ids=str)
    def test_the_last_page_has_no_cursor(self, pages: object) -> None:
        assert contacts.read_contacts(answered({"data": [], "pages": pages})) == ([], None)

    @pytest.mark.parametrize(
        "body", [None, [], "x", {"data": 5}, {"data": [None, 7, {}, {"id": 3}]}], ids=str
    )
    def test_a_page_of_nonsense_is_empty(self, body: object) -> None:
        assert contacts.read_contacts(answered(body)) == ([], None)


class TestCompanies:
    @pytest.mark.parametrize(
        ("request_", "line"),
        [
            (companies.upsert_company({"company_id": "7"}), "POST /companies"),
            (companies.update_company("a1", {"name": "X"}), "PUT /companies/a1"),
            (companies.get_company("a1"), "GET /companies/a1"),
            (companies.find_company("a/1"), "GET /companies?company_id=a%2F1"),
            (companies.delete_company("a1"), "DELETE /companies/a1"),
            (companies.get_company("scroll"), "GET /companies/-"),
        ],
        ids=["upsert", "update", "get", "find", "delete", "an id that would open a scroll"],
    )
    def test_requests(self, request_, line) -> None:
        assert f"{request_.method} {request_.target}" == line
        assert request_.repeatable

    @pytest.mark.parametrize(
        "body",
        [COMPANY, {"type": "list", "data": [{**COMPANY, "id": "0", "company_id": "Remote_2"}, COMPANY]}],
        ids=["a bare company, as workspaces answer", "a list, as the reference shows"],
    )
    def test_the_company_of_exactly_this_company_id(self, body: object) -> None:
        expected = Company("6762f07a1bb69f9f2193baea", "remote_2", 1734537338)

        assert companies.read_found_company(answered(body), "remote_2") == expected

    @pytest.mark.parametrize(
        "body", [{**COMPANY, "company_id": "other"}, {"type": "list", "data": []}, None, [], "x"], ids=str
    )
    def test_no_other_company_is_taken_for_it(self, body: object) -> None:
        assert companies.read_found_company(answered(body), "remote_2") is None

    def test_by_id(self) -> None:
        assert companies.read_company(answered(COMPANY)) == Company(
            "6762f07a1bb69f9f2193baea", "remote_2", 1734537338
        )
        assert companies.read_company(answered(NOT_FOUND, 404)) is None


class TestDataAttributes:
    def test_list(self) -> None:
        assert data_attributes.list_data_attributes("contact").target == (
            "/data_attributes?model=contact&include_archived=true"
        )
        assert data_attributes.list_data_attributes("company", include_archived=False).target == (
            "/data_attributes?model=company"
        )

    def test_create(self) -> None:
        request = data_attributes.create_data_attribute("contact", "plan_tier", "string")

        assert f"{request.method} {request.target}" == "POST /data_attributes"
        assert request.body == {"name": "plan_tier", "model": "contact", "data_type": "string"}

    def test_the_attribute_that_was_created(self) -> None:
        item = {"id": 37, "name": "plan_tier", "model": "contact", "data_type": "string", "custom": True}
        attribute = data_attributes.read_data_attribute(answered({**item, "api_writable": True}))

        assert attribute is not None
        assert (attribute.full_name, attribute.api_writable) == ("custom_attributes.plan_tier", True)
        assert data_attributes.read_data_attribute(answered(NOT_FOUND, 400)) is None

    def test_a_list_attribute(self) -> None:
        item = {
            "type": "data_attribute",
            "name": "plan",
            "full_name": "custom_attributes.plan",
            "model": "contact",
            "data_type": "string",
            "options": ["free", "paid"],
            "api_writable": True,
            "custom": True,
            "archived": False,
        }
        [attribute] = data_attributes.read_data_attributes(answered({"type": "list", "data": [item]}))

        assert attribute.full_name == "custom_attributes.plan"
        assert attribute.options == ("free", "paid")
        assert (attribute.api_writable, attribute.custom, attribute.archived) == (True, True, False)

    def test_options_as_they_are_written(self) -> None:
        item = {"name": "size", "custom": True, "options": [{"value": "1-10"}, {"value": "11-"}, 5]}
        [attribute] = data_attributes.read_data_attributes(answered({"data": [item]}))

        assert attribute.options == ("1-10", "11-")
        assert attribute.full_name == "custom_attributes.size"

    @pytest.mark.parametrize("body", [None, [], {"data": None}, {"data": [None, {}, 3]}], ids=str)
    def test_nonsense_is_no_attribute(self, body: object) -> None:
        assert data_attributes.read_data_attributes(answered(body)) == []


class TestAccount:
    def test_the_workspace_of_the_token(self) -> None:
        body = {"type": "admin", "id": "1", "app": {"id_code": "abc123", "name": "MyApp 1", "region": "US"}}

        assert account.read_account(answered(body)) == account.Account("abc123", "MyApp 1", "US")

    @pytest.mark.parametrize(
        "body", [None, [], {}, {"app": None}, {"app": {"id_code": 7}}, {"app": {"id_code": ""}}], ids=str
    )
    def test_an_answer_that_names_none(self, body: object) -> None:
        assert account.read_account(answered(body)) is None
