"""Companies: two ids, one upsert, and lists that leave some out."""

from __future__ import annotations

import pytest

NOT_FOUND = (404, "company_not_found", "Company Not Found")


def test_post_creates_and_then_updates_the_same_company(api):
    first = api.company("acme", name="Acme")
    second = api.company("acme", website="acme.example")
    assert second["id"] == first["id"]
    assert (second["name"], second["website"]) == ("Acme", "acme.example")


def test_unset_keys_are_absent(api):
    company = api.company("acme")
    assert {"size", "website", "industry", "last_request_at"}.isdisjoint(company)
    assert (company["plan"], company["monthly_spend"], company["user_count"]) == ({}, 0, 0)


def test_a_plan_is_written_as_text_and_read_as_object(api):
    plan = api.company("acme", plan="Gold")["plan"]
    assert (plan["type"], plan["name"]) == ("plan", "Gold")
    assert api.company("other", plan="Gold")["plan"]["id"] == plan["id"]
    assert api.company("acme", plan=None)["plan"] == {}


@pytest.mark.parametrize(("sent", "kept"), [(49.99, 49), (-1.5, -1), (2**31 - 1, 2**31 - 1)])
def test_the_fraction_of_monthly_spend_is_cut_off(api, sent, kept):
    assert api.company("acme", monthly_spend=sent)["monthly_spend"] == kept


def test_monthly_spend_has_a_largest_value(api):
    assert api.post("/companies", json={"company_id": "acme", "monthly_spend": 2**31}).status_code == 400


def test_an_unknown_key_is_refused_without_a_request_id(api, refusal):
    answer = api.post("/companies", json={"company_id": "acme", "test": "invalid"})
    assert refusal(answer) == (400, "bad_request", "bad 'test' parameter")
    assert answer.json()["request_id"] is None


@pytest.mark.parametrize("key", ["remote_created_at", "company_id", "update_last_request_at"])
def test_what_post_takes_and_put_does_not(api, refusal, key):
    company = api.company("acme")
    answer = api.put(f"/companies/{company['id']}", json={key: 1_700_000_000})
    assert refusal(answer) == (400, "bad_request", f"bad '{key}' parameter")


def test_put_goes_by_intercoms_id(api, refusal):
    company = api.company("acme")
    assert api.put(f"/companies/{company['id']}", json={"name": "Acme"}).json()["name"] == "Acme"
    assert refusal(api.put("/companies/acme", json={"name": "Acme"})) == NOT_FOUND


def test_a_company_id_is_needed_to_create(api):
    assert api.post("/companies", json={"name": "Acme"}).status_code == 400


def test_custom_attributes_of_companies_must_exist(api, refusal, sandbox):
    body = {"company_id": "acme", "custom_attributes": {"tier": "gold"}}
    message = "Custom attribute 'tier' does not exist"
    assert refusal(api.post("/companies", json=body)) == (400, "parameter_invalid", message)
    sandbox.state.add_attribute("company", "tier", "string")
    assert api.post("/companies", json=body).json()["custom_attributes"] == {"tier": "gold"}


def test_a_company_without_users_stands_in_no_list(api):
    company = api.company("acme", name="Acme")
    assert api.get("/companies", params={"company_id": "acme"}).json() == company
    assert api.get("/companies", params={"name": "Acme"}).json()["type"] == "company"
    assert api.get(f"/companies/{company['id']}").json() == company
    assert api.post("/companies/list").json()["data"] == []
    assert api.get("/companies").json()["data"] == []
    assert api.get("/companies/scroll").json()["data"] == []
    api.attach(api.contact(external_id="1"), company)
    assert api.post("/companies/list").json()["total_count"] == 1
    assert api.get("/companies").json()["data"][0]["company_id"] == "acme"


def test_an_unknown_company_is_not_found(api, refusal):
    assert refusal(api.get("/companies", params={"company_id": "none"})) == NOT_FOUND
    assert refusal(api.get("/companies", params={"name": "none"})) == NOT_FOUND
    assert refusal(api.get("/companies/none")) == NOT_FOUND
    assert refusal(api.delete("/companies/none")) == NOT_FOUND


def test_deleting_a_company_detaches_contacts_and_frees_its_company_id(api):
    user, company = api.contact(external_id="1"), api.company("acme")
    api.attach(user, company)
    answer = api.delete(f"/companies/{company['id']}")
    assert answer.json() == {"id": company["id"], "object": "company", "deleted": True}
    assert api.get(f"/contacts/{user['id']}").json()["companies"]["total_count"] == 0
    assert api.company("acme")["id"] != company["id"]


def test_companies_are_listed_fifteen_to_a_page_by_number(api):
    user = api.contact(external_id="1")
    for number in range(16):
        api.attach(user, api.company(f"c{number}"))
    first = api.post("/companies/list").json()
    assert (len(first["data"]), first["total_count"], first["pages"]["total_pages"]) == (15, 16, 2)
    assert len(api.post("/companies/list?page=2").json()["data"]) == 1


def test_nothing_beyond_ten_thousand_companies_can_be_listed(api, refusal):
    answer = api.post("/companies/list?page=167&per_page=60")
    assert refusal(answer)[2] == "page limit reached, please use scroll API"
    assert answer.status_code == 400


def test_one_scroll_at_a_time_for_a_minute(api, refusal, clock):
    user = api.contact(external_id="1")
    for number in range(101):
        api.attach(user, api.company(f"c{number}"))
    first = api.get("/companies/scroll").json()
    assert (len(first["data"]), first["pages"], first["total_count"]) == (100, None, None)
    answer = api.get("/companies/scroll")
    assert refusal(answer) == (400, "scroll_exists", "scroll already exists for this workspace")
    second = api.get("/companies/scroll", params={"scroll_param": first["scroll_param"]}).json()
    assert len(second["data"]) == 1
    end = api.get("/companies/scroll", params={"scroll_param": first["scroll_param"]}).json()
    assert end["data"] == []
    abandoned = api.get("/companies/scroll").json()
    clock.advance(61)
    expired = api.get("/companies/scroll", params={"scroll_param": abandoned["scroll_param"]})
    assert expired.status_code == 404
    assert api.get("/companies/scroll").status_code == 200


def test_contacts_are_attached_by_intercoms_id_of_the_company(api, refusal):
    user, company = api.contact(external_id="1"), api.company("acme")
    path = f"/contacts/{user['id']}/companies"
    assert refusal(api.post(path, json={"id": "acme"})) == NOT_FOUND
    assert refusal(api.post(path, json={})) == (400, "parameter_not_found", "company not specified")
    for _ in range(2):
        answer = api.post(path, json={"id": company["id"]})
        assert (answer.status_code, answer.json()["user_count"]) == (200, 1)
    listed = api.get(path).json()
    assert [item["company_id"] for item in listed["data"]] == ["acme"]
    assert (listed["total_count"], listed["pages"]["per_page"]) == (1, 50)


def test_detaching_answers_with_the_company(api, refusal):
    user, company = api.contact(external_id="1"), api.company("acme")
    api.attach(user, company)
    path = f"/contacts/{user['id']}/companies/{company['id']}"
    assert api.delete(path).json()["user_count"] == 0
    assert api.delete(path).status_code == 200
    assert refusal(api.delete(f"/contacts/{user['id']}/companies/none")) == NOT_FOUND
    missing = api.delete(f"/contacts/none/companies/{company['id']}")
    assert refusal(missing) == (404, "not_found", "User Not Found")


def test_a_contact_has_a_thousand_companies_at_most(api, refusal, monkeypatch):
    monkeypatch.setattr("dbt_intercom_activate.sandbox.memberships.MOST_COMPANIES", 2)
    user = api.contact(external_id="1")
    for number in range(2):
        api.attach(user, api.company(f"c{number}"))
    one_more = api.company("c2")
    answer = api.post(f"/contacts/{user['id']}/companies", json={"id": one_more["id"]})
    assert refusal(answer)[:2] == (400, "contact_company_limit_exceeded")


def test_archived_contacts_do_not_count_as_users_of_a_company(api):
    user, company = api.contact(external_id="1"), api.company("acme")
    api.attach(user, company)
    api.post(f"/contacts/{user['id']}/archive")
    assert api.get(f"/companies/{company['id']}").json()["user_count"] == 0
    assert api.get(f"/companies/{company['id']}/contacts").json()["data"] == []
    api.post(f"/contacts/{user['id']}/unarchive")
    assert api.get(f"/companies/{company['id']}").json()["user_count"] == 1
    assert api.get(f"/companies/{company['id']}/contacts").json()["total_count"] == 1
