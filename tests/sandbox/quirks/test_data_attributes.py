"""Data attributes: what exists, what may be made, and what may not."""

from __future__ import annotations

import pytest


def test_standard_attributes_say_whether_the_api_may_write_them(api):
    listed = api.get("/data_attributes", params={"model": "contact"}).json()["data"]
    writable = {attribute["name"] for attribute in listed if attribute["api_writable"]}
    expected = {"role", "name", "owner_id", "email", "phone", "external_id", "avatar"}
    assert writable == expected | {"signed_up_at", "last_seen_at", "unsubscribed_from_emails"}


def test_company_id_is_said_not_to_be_writable(api):
    listed = api.get("/data_attributes", params={"model": "company"}).json()["data"]
    by_name = {attribute["full_name"]: attribute for attribute in listed}
    assert by_name["company_id"]["api_writable"] is False
    assert by_name["plan.name"]["name"] == "name"


def test_a_list_reads_back_as_a_string_with_options(api):
    options = [{"value": "1-10"}, {"value": "11-20"}]
    body = {"name": "size band", "model": "company", "data_type": "options", "options": options}
    made = api.post("/data_attributes", json=body).json()
    assert (made["data_type"], made["options"]) == ("string", ["1-10", "11-20"])
    assert made["full_name"] == "custom_attributes.size band"


def test_a_new_attribute_can_be_written_at_once(api):
    body = {"name": "plan", "model": "contact", "data_type": "string"}
    assert api.post("/data_attributes", json=body).json()["messenger_writable"] is False
    user = api.contact(external_id="1", custom_attributes={"plan": "gold"})
    assert user["custom_attributes"] == {"plan": "gold"}


@pytest.mark.parametrize("model", ["contact", "company"])
def test_people_and_companies_share_the_names_of_attributes(api, refusal, model):
    body = {"name": "The One Ring", "model": "company", "data_type": "string"}
    api.post("/data_attributes", json=body)
    answer = api.post("/data_attributes", json={**body, "model": model})
    data = "people" if model == "contact" else "company"
    assert refusal(answer)[2] == (
        "You already have 'The One Ring' in your company data. "
        f"To save this as new {data} data, use a different name."
    )


BAD_NAME = (
    "Your name for this attribute must only contain alphanumeric characters, currency symbols, and hyphens"
)
STANDARD_NAME = (
    "'Name' is one of our standard attributes for your people data. "
    "To save this as new people data, use a different name."
)
ONE_OPTION = {"data_type": "options", "options": [{"value": "one"}]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "!nv@l!d n@me"}, BAD_NAME),
        ({"name": "Name"}, STANDARD_NAME),
        ({"data_type": "mithril"}, "Data Type isn't an option"),
        ({"data_type": None}, "Data Type isn't an option"),
        ({"model": "ticket"}, "The Data Attribute model field must be either contact or company"),
        (ONE_OPTION, "You must have at least two options on a list type data attribute"),
        ({"options": {"value": "one"}}, "Options isn't an array"),
    ],
)
def test_an_attribute_that_cannot_be_made(api, refusal, change, message):
    body = {"name": "thing", "model": "contact", "data_type": "string", **change}
    assert refusal(api.post("/data_attributes", json=body)) == (400, "parameter_invalid", message)


@pytest.mark.parametrize("name", ["Mithril Shirt", "text_cda", "a-b", "price €", "größe"])
def test_names_that_may_be_used(api, name):
    body = {"name": name, "model": "contact", "data_type": "string"}
    assert api.post("/data_attributes", json=body).json()["name"] == name


def test_archived_attributes_are_listed_only_when_asked_for(api):
    body = {"name": "plan", "model": "contact", "data_type": "string"}
    made = api.post("/data_attributes", json=body).json()
    assert api.put(f"/data_attributes/{made['id']}", json={"archived": True}).json()["archived"] is True

    def names(**params):
        data = api.get("/data_attributes", params={"model": "contact", **params}).json()["data"]
        return {attribute["name"] for attribute in data if attribute["custom"]}

    assert names() == set()
    assert names(include_archived="true") == {"plan"}


def test_neither_name_nor_type_can_be_changed(api):
    body = {"name": "plan", "model": "contact", "data_type": "string"}
    made = api.post("/data_attributes", json=body).json()
    change = {"name": "other", "data_type": "integer", "description": "Which plan"}
    changed = api.put(f"/data_attributes/{made['id']}", json=change).json()
    assert (changed["name"], changed["data_type"]) == ("plan", "string")
    assert changed["description"] == "Which plan"


def test_updates_that_are_refused(api, refusal, sandbox):
    attribute = sandbox.state.add_attribute("contact", "plan", "string", options=["a", "b"])
    path = f"/data_attributes/{attribute.id}"
    answer = api.put("/data_attributes/999999", json={"archived": True})
    assert refusal(answer) == (404, "field_not_found", "We couldn't find that data attribute to update")
    answer = api.put(path, json={"options": {"value": "1-10"}})
    assert refusal(answer) == (400, "parameter_invalid", "Options isn't an array")
    sandbox.state.attributes_with_dependents.add("plan")
    message = "The Data Attribute you are trying to archive has a dependant object"
    assert refusal(api.put(path, json={"archived": True})) == (422, "data_invalid", message)


def test_conversations_have_no_data_attributes_here_since_2_16(api, refusal):
    answer = api.get("/data_attributes", params={"model": "conversation"})
    message = "model=conversation is no longer supported. Use GET /conversations/attributes instead"
    assert refusal(answer) == (422, "parameter_invalid", message)
    older = {"Intercom-Version": "2.15"}
    assert api.get("/data_attributes", params={"model": "conversation"}, headers=older).ok
