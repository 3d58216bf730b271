"""Intercom's own SDK (python-intercom, made from the API description of 2.14) against the sandbox."""

from __future__ import annotations

import pytest
from intercom import Intercom
from intercom.core.api_error import ApiError


@pytest.fixture
def sdk(sandbox):
    return Intercom(
        base_url=sandbox.base_url, token=sandbox.token, headers={"Intercom-Version": "2.16"}, timeout=5
    )


@pytest.fixture
def user(sdk):
    return sdk.contacts.create(request={"external_id": "42", "email": "ada@example.com"})


def test_who_am_i(sdk):
    assert sdk.admins.identify().app.id_code == "sandbox1"


def test_without_a_version_header_it_works_as_well(sandbox):
    bare = Intercom(base_url=sandbox.base_url, token=sandbox.token, timeout=5)
    assert bare.admins.identify().app.region == "US"


def test_a_contact_is_created_updated_and_found(sdk, sandbox, user):
    sandbox.state.add_attribute("contact", "plan", "string")
    changed = sdk.contacts.update(user.id, name="Ada", email=None, custom_attributes={"plan": "gold"})
    assert (changed.name, changed.email, changed.custom_attributes) == ("Ada", "", {"plan": "gold"})
    assert sdk.contacts.show_contact_by_external_id("42").id == user.id
    assert sdk.contacts.find(user.id).role == "user"


def test_a_second_create_is_a_conflict(sdk, user):
    with pytest.raises(ApiError) as refused:
        sdk.contacts.create(request={"external_id": "42"}, request_options={"max_retries": 0})
    assert refused.value.status_code == 409
    assert user.id in refused.value.body["errors"][0]["message"]


def test_a_contact_is_searched_and_listed(sdk, user):
    query = {"operator": "AND", "value": [{"field": "external_id", "operator": "IN", "value": ["42", "43"]}]}
    assert [contact.id for contact in sdk.contacts.search(query=query).items] == [user.id]
    assert [contact.id for contact in sdk.contacts.list()] == [user.id]


def test_the_sdks_pager_walks_the_whole_list(sdk):
    for number in range(25):
        sdk.contacts.create(request={"external_id": str(number)})
    assert len({contact.id for contact in sdk.contacts.list(per_page=10)}) == 25


def test_a_contact_is_archived_unarchived_blocked_and_deleted(sdk, user):
    assert sdk.contacts.archive(user.id).archived is True
    assert sdk.contacts.unarchive(user.id).archived is False
    assert sdk.contacts.delete(user.id).deleted is True
    other = sdk.contacts.create(request={"external_id": "43"})
    assert sdk.contacts.block_contact(other.id).blocked is True


def test_a_lead_is_merged_into_a_user(sdk, user):
    lead = sdk.contacts.create(request={"role": "lead", "email": "ada@example.com"})
    merged = sdk.contacts.merge_lead_in_user(lead_id=lead.id, contact_id=user.id)
    assert merged.id == user.id


def test_a_company_is_written_attached_and_detached(sdk, user):
    body = {"company_id": "acme", "name": "Acme", "plan": "Gold", "monthly_spend": 49}
    company = sdk.companies.create_or_update(request=body)
    assert (company.company_id, company.plan.name) == ("acme", "Gold")
    assert sdk.companies.update(company.id, request={"name": "Acme Inc"}).name == "Acme Inc"
    assert sdk.companies.attach_contact(user.id, company_id=company.id).user_count == 1
    assert sdk.companies.retrieve(company_id="acme").id == company.id
    assert [item.id for item in sdk.companies.scroll()] == [company.id]
    assert sdk.companies.detach_contact(user.id, company.id).user_count == 0
    assert sdk.companies.delete(company.id).deleted is True


def test_contacts_companies_and_conversations_are_tagged(sdk, sandbox, user):
    company = sdk.companies.create_or_update(request={"company_id": "acme"})
    tag = sdk.tags.create(request={"name": "VIP", "companies": [{"id": company.id}]})
    assert sdk.tags.tag_contact(user.id, tag_id=tag.id).id == tag.id
    assert sdk.tags.untag_contact(user.id, tag.id).name == "VIP"
    admin_id = next(iter(sandbox.state.admins))
    assert sdk.tags.tag_conversation("501", tag_id=tag.id, admin_id=admin_id).id == tag.id
    assert sdk.tags.untag_conversation("501", tag.id, admin_id=admin_id).id == tag.id
    assert [item.name for item in sdk.tags.list().data] == ["VIP"]


def test_data_attributes_are_created_and_listed(sdk):
    made = sdk.data_attributes.create(request={"name": "plan", "model": "contact", "data_type": "string"})
    listed = sdk.data_attributes.list(model="contact").data
    assert [a.name for a in listed if a.custom] == [made.name]


def test_events_are_sent(sdk, sandbox, user):
    body = {"event_name": "ordered", "created_at": 1_799_000_000, "user_id": "42", "metadata": {"n": "1"}}
    assert sdk.events.create(request=body) is None
    assert [event.contact_id for event in sandbox.state.events] == [user.id]
