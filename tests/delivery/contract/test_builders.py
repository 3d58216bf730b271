"""Every request that `dbt_intercom_activate.intercom` can build is one that Intercom describes."""

from __future__ import annotations

import importlib
import inspect
import itertools
import json
import pkgutil
from typing import TYPE_CHECKING, Any

import pytest

from dbt_intercom_activate import intercom
from dbt_intercom_activate.intercom import (
    account,
    companies,
    contacts,
    conversations,
    counts,
    data_attributes,
    events,
    memberships,
    tags,
    tickets,
)
from dbt_intercom_activate.intercom.api import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

HOSTILE = "a/b?c=d&e#%2F\"'{{ x }}; DROP TABLE\n\x00 🪴𐍈 ../.."
LONG = "ü" * 100_000
INTERCOM_ID = "6762f0dd1bb69f9f2193bb83"
IDS = (INTERCOM_ID, HOSTILE, LONG[:2_000], "", ".", "..", "search", "scroll")
TEXTS = ("7", HOSTILE, LONG, "")
LATEST = 2**31 - 1
ATTRIBUTES = {"plan": "pro", HOSTILE: HOSTILE, "seats": LATEST, "spend": 155.5, "vip": True, "cleared": None}

CONTACT: dict[str, Any] = {
    "external_id": "7",
    "email": "ada@example.com",
    "email_verified": True,
    "role": "user",
    "phone": "+353871234567",
    "name": HOSTILE,
    "avatar": "https://example.com/ada.png",
    "signed_up_at": 0,
    "last_seen_at": LATEST,
    "owner_id": "321",
    "unsubscribed_from_emails": False,
    "custom_attributes": ATTRIBUTES,
}
CLEARED_CONTACT = {
    **dict.fromkeys(CONTACT),
    "external_id": "7",
    "role": "lead",
    "custom_attributes": {"plan": None},
}
COMPANY: dict[str, Any] = {
    "name": HOSTILE,
    "plan": "Enterprise",
    "size": LATEST,
    "website": "not a URL",
    "industry": "",
    "monthly_spend": 0,
    "custom_attributes": ATTRIBUTES,
}
ONLY_BY_POST: dict[str, Any] = {
    "company_id": HOSTILE,
    "remote_created_at": LATEST,
    "update_last_request_at": True,
}
CLEARED_COMPANY = {**dict.fromkeys(COMPANY), "custom_attributes": {"plan": None}}
WHO: tuple[dict[str, str], ...] = ({"user_id": HOSTILE}, {"email": "ada@example.com"}, {"id": INTERCOM_ID})

REQUESTS: dict[Callable[..., Request], list[Request]] = {
    account.whoami: [account.whoami()],
    contacts.create_contact: [
        contacts.create_contact(CONTACT, repeatable=True),
        contacts.create_contact({"email": "ada@example.com"}, repeatable=True),
        contacts.create_contact({"external_id": LONG}, repeatable=True),
        contacts.create_contact({"role": "lead"}, repeatable=False),
    ],
    contacts.update_contact: [
        *(contacts.update_contact(each, {"name": "Ada"}) for each in IDS),
        contacts.update_contact(INTERCOM_ID, CONTACT),
        contacts.update_contact(INTERCOM_ID, CLEARED_CONTACT),
        contacts.update_contact(INTERCOM_ID, {}),
    ],
    contacts.get_contact: [contacts.get_contact(each) for each in IDS],
    contacts.find_contact: [contacts.find_contact(each) for each in IDS],
    contacts.archive_contact: [contacts.archive_contact(each) for each in IDS],
    contacts.unarchive_contact: [contacts.unarchive_contact(each) for each in IDS],
    contacts.delete_contact: [contacts.delete_contact(each) for each in IDS],
    contacts.search_contacts: [
        contacts.search_contacts("external_id", ["7"]),
        contacts.search_contacts("external_id", [f"{number}" for number in range(50)], role="user"),
        contacts.search_contacts("email", [HOSTILE, LONG], role="lead", cursor="Wy0xLCI1/+=\n", per_page=1),
        contacts.search_contacts("email", []),
    ],
    companies.upsert_company: [
        companies.upsert_company(COMPANY | ONLY_BY_POST),
        companies.upsert_company(CLEARED_COMPANY | {"company_id": "7", "remote_created_at": None}),
        companies.upsert_company({"company_id": LONG}),
    ],
    companies.update_company: [
        *(companies.update_company(each, {"name": "Acme"}) for each in IDS),
        companies.update_company(INTERCOM_ID, COMPANY),
        companies.update_company(INTERCOM_ID, CLEARED_COMPANY),
    ],
    companies.get_company: [companies.get_company(each) for each in IDS],
    companies.find_company: [companies.find_company(each) for each in TEXTS],
    companies.delete_company: [companies.delete_company(each) for each in IDS],
    tags.list_tags: [tags.list_tags()],
    tags.create_tag: [tags.create_tag(each) for each in TEXTS],
    tags.tag_contacts: [
        tags.tag_contacts("VIP", [INTERCOM_ID]),
        tags.tag_contacts(HOSTILE, [f"{number:024x}" for number in range(100)]),
        tags.tag_contacts("VIP", []),
    ],
    tags.tag_companies: [
        tags.tag_companies("VIP", [INTERCOM_ID]),
        tags.tag_companies(HOSTILE, [f"{number:024x}" for number in range(100)]),
        tags.tag_companies("VIP", [INTERCOM_ID, HOSTILE], untag=True),
        tags.tag_companies("VIP", []),
    ],
    tags.tag_contact: [tags.tag_contact(each, "7522907") for each in IDS],
    tags.untag_contact: [tags.untag_contact(each, each) for each in IDS],
    conversations.tag_conversation: [conversations.tag_conversation(each, "7522907", "780") for each in IDS],
    conversations.untag_conversation: [conversations.untag_conversation(each, each, "780") for each in IDS],
    tickets.tag_ticket: [tickets.tag_ticket(each, "7522907", "780") for each in IDS],
    tickets.untag_ticket: [tickets.untag_ticket(each, each, "780") for each in IDS],
    memberships.attach_company: [memberships.attach_company(each, each) for each in IDS],
    memberships.detach_company: [memberships.detach_company(each, each) for each in IDS],
    events.send_event: [
        *(events.send_event(event_name="ordered", created_at=0, **who) for who in WHO),
        events.send_event(event_name=HOSTILE, created_at=LATEST, metadata=ATTRIBUTES, user_id="7"),
    ],
    data_attributes.list_data_attributes: [
        data_attributes.list_data_attributes("contact"),
        data_attributes.list_data_attributes("company", include_archived=False),
    ],
    data_attributes.create_data_attribute: [
        data_attributes.create_data_attribute(model, HOSTILE, data_type)
        for model in ("contact", "company")
        for data_type in ("string", "integer", "float", "boolean", "datetime", "date")
    ],
    counts.count_all: [counts.count_all()],
    counts.count_contacts: [counts.count_contacts("user"), counts.count_contacts("lead")],
    counts.count_companies: [counts.count_companies()],
}
"""Each builder, with usual and extreme arguments."""

NOT_DESCRIBED = {account.exchange_code}
"""OAuth stands in another page of Intercom's than the API."""


def builders() -> Iterator[Callable[..., Request]]:
    for module_info in pkgutil.iter_modules(intercom.__path__, f"{intercom.__name__}."):
        module = importlib.import_module(module_info.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            returns = function.__annotations__.get("return")
            if function.__module__ == module.__name__ and returns == "Request" and not name.startswith("_"):
                yield function


def test_no_builder_is_missing_from_the_table() -> None:
    assert set(builders()) - NOT_DESCRIBED == set(REQUESTS)


@pytest.fixture(scope="module")
def sent(as_sent) -> dict[Callable[..., Request], list[requests.PreparedRequest]]:
    return {builder: [as_sent(request) for request in made] for builder, made in REQUESTS.items()}


@pytest.mark.parametrize("builder", REQUESTS, ids=lambda builder: builder.__name__)
def test_what_a_builder_makes_is_described(builder, contract, sent) -> None:
    assert [contract.fault(each) for each in sent[builder]] == [None] * len(REQUESTS[builder])


@pytest.mark.parametrize("builder", REQUESTS, ids=lambda builder: builder.__name__)
def test_templates_are_spelled_as_in_the_description(builder, contract, sent) -> None:
    """So logs, messages and the sandbox's counts can be looked up; and no id leads to another endpoint."""
    templates = [request.template for request in REQUESTS[builder]]

    assert [contract.template(each) for each in sent[builder]] == templates


@pytest.mark.parametrize("builder", REQUESTS, ids=lambda builder: builder.__name__)
def test_values_arrive_as_they_are(builder, sent) -> None:
    for request, each in zip(REQUESTS[builder], sent[builder], strict=True):
        assert (None if each.body is None else json.loads(each.body)) == request.body


def test_no_relaxation_is_superfluous(stricter, sent) -> None:
    distinct = {
        (each.method, len(each.url.split("/")), each.body): each for each in itertools.chain(*sent.values())
    }

    assert any(stricter.fault(each) is not None for each in distinct.values())


WRONG = {
    "another method": Request.to("PATCH", "/contacts/{contact_id}", "7", body={"name": "Ada"}),
    "a method of another path": Request.to("PUT", "/contacts", body={"email": "ada@example.com"}),
    "an unknown path": Request.to("GET", "/contact/{contact_id}", "7"),
    "a path that goes too deep": Request.to("POST", "/contacts/{contact_id}/tags/{tag_id}/x", "7", "8"),
    "no body": Request.to("POST", "/contacts"),
    "an empty body": Request.to("POST", "/contacts", body={}),
    "a body where none is taken": Request.to("DELETE", "/contacts/{contact_id}", "7", body={"id": "7"}),
    "an unknown key": Request.to("POST", "/contacts", body={"email": "ada@example.com", "mail": "x"}),
    "an unknown key of a company": Request.to(
        "POST", "/companies", body={"company_id": "7", "external_id": "7"}
    ),
    "a key that only POST takes": companies.update_company("7", {"remote_created_at": 1}),
    "a timestamp that is text": contacts.update_contact("7", {"signed_up_at": "2024-01-01"}),
    "a number that is text": companies.upsert_company({"company_id": "7", "size": "100"}),
    "a fraction where a whole number is due": companies.upsert_company(
        {"company_id": "7", "monthly_spend": 0.5}
    ),
    "an id that is a number": contacts.update_contact("7", {"owner_id": 321}),
    "an attribute that is an object": contacts.update_contact(
        "7", {"custom_attributes": {"plan": {"id": 1}}}
    ),
    "an attribute that is a list": companies.upsert_company(
        {"company_id": "7", "custom_attributes": {"a": [1]}}
    ),
    "a tag without a name": Request.to("POST", "/tags", body={"users": [{"id": "7"}]}),
    "untagging contacts, which is not described": Request.to(
        "POST", "/tags", body={"name": "VIP", "users": [{"id": "7", "untag": True}]}
    ),
    "tags on ids instead of objects": Request.to("POST", "/tags", body={"name": "VIP", "companies": ["7"]}),
    "a conversation's tag without an admin": Request.to("DELETE", "/conversations/5/tags/7", body={}),
    "a conversation's tag without a body": Request.to("DELETE", "/conversations/5/tags/7"),
    "a ticket's tag without an admin": Request.to("DELETE", "/tickets/5/tags/7", body={}),
    "a ticket's tag without a body": Request.to("DELETE", "/tickets/5/tags/7"),
    "a membership without a company": Request.to("POST", "/contacts/{contact_id}/companies", "7", body={}),
    "a membership by company_id": Request.to(
        "POST", "/contacts/{contact_id}/companies", "7", body={"company_id": "7"}
    ),
    "an event of nobody": events.send_event(event_name="ordered", created_at=1),
    "an event without a time": Request.to("POST", "/events", body={"event_name": "ordered", "user_id": "7"}),
    "an event with nested metadata": events.send_event(
        event_name="ordered", created_at=1, user_id="7", metadata={"order": {"id": 1}}
    ),
    "an attribute without a type": Request.to(
        "POST", "/data_attributes", body={"name": "a", "model": "contact"}
    ),
    "an attribute of an unknown type": data_attributes.create_data_attribute("contact", "a", "text"),
    "an attribute of an unknown model": data_attributes.create_data_attribute("lead", "a", "string"),
    "attributes of a model that 2.16 dropped": data_attributes.list_data_attributes("conversation"),
    "an unknown query parameter": Request.to("GET", "/companies", query=(("external_id", "7"),)),
    "a page size that is no number": Request.to("POST", "/companies/list", query=(("per_page", "all"),)),
    "a search without a query": Request.to("POST", "/contacts/search", body={"pagination": {"per_page": 1}}),
    "a search by an unknown operator": Request.to(
        "POST", "/contacts/search", body={"query": {"field": "email", "operator": "==", "value": "a"}}
    ),
}
"""Requests that Intercom would refuse, or misread."""


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_request_is_refused(wrong, contract, as_sent) -> None:
    assert contract.fault(as_sent(WRONG[wrong])) is not None


@pytest.mark.parametrize("header", ["Authorization", "Intercom-Version"])
def test_a_request_without_its_headers_is_refused(header, contract, as_sent) -> None:
    sent: requests.PreparedRequest = as_sent(contacts.update_contact("7", {"name": "Ada"}))
    before = contract.fault(sent)
    del sent.headers[header]

    assert before is None
    assert contract.fault(sent) is not None


def test_an_unknown_version_is_refused(contract, as_sent) -> None:
    sent: requests.PreparedRequest = as_sent(account.whoami())
    sent.headers["Intercom-Version"] = "2.99"

    assert "2.99" in contract.fault(sent)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("an unknown path", "Path not found"),
        ("another method", "patch not found"),
        ("an unknown key of a company", "'external_id' was unexpected"),
        ("a number that is text", "'100' is not of type 'integer'"),
        ("a search without a query", "'query' is a required property"),
        ("a page size that is no number", "per_page"),
        ("an unknown query parameter", "external_id"),
    ],
)
def test_a_refusal_says_why(wrong, reason, contract, as_sent) -> None:
    assert reason in contract.fault(as_sent(WRONG[wrong]))
