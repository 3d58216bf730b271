"""Bulk jobs: only in Preview, done later, and silent about each item."""

from __future__ import annotations

import pytest

PREVIEW = {"Intercom-Version": "Preview"}
ENDPOINTS = [
    ("POST", "/contacts/bulk"),
    ("PUT", "/contacts/bulk"),
    ("POST", "/contacts/bulk/delete"),
    ("GET", "/contacts/bulk/job_v2_1"),
    ("POST", "/companies/bulk"),
    ("PUT", "/companies/bulk"),
    ("POST", "/companies/bulk/delete"),
    ("GET", "/companies/bulk/job_v2_1"),
]


def job(api, method, path, **body):
    answer = api.request(method, path, json=body, headers=PREVIEW)
    assert answer.status_code == 202, answer.text
    return answer.json()


def asked(api, job):
    return api.get(f"/{job['type'].partition('.')[0]}/bulk/{job['id']}", headers=PREVIEW).json()


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_stable_versions_do_not_have_it(api, refusal, method, path):
    answer = api.request(method, path, json={"contacts": [], "companies": []})
    assert refusal(answer)[:2] == (400, "intercom_version_invalid")


def test_a_job_takes_its_time(api, sandbox, clock):
    sandbox.state.bulk_seconds = 60
    made = job(api, "POST", "/contacts/bulk", contacts=[{"external_id": "1"}])
    early, found_early = asked(api, made), api.get("/contacts/find_by_external_id/1").status_code
    clock.advance(60)
    late, found_late = asked(api, made), api.get("/contacts/find_by_external_id/1").status_code

    assert (early["state"], early["tasks"][0]["state"], found_early) == ("running", "pending", 404)
    assert (late["state"], late["tasks"][0]["state"], found_late) == ("completed", "completed", 200)


def test_one_rejected_item_leaves_the_others(api, sandbox):
    sandbox.state.bulk_rejects.add("2")
    made = job(api, "POST", "/contacts/bulk", contacts=[{"external_id": key} for key in "123"])
    done = asked(api, made)

    assert (done["state"], done["tasks"][0]["state"]) == ("completed_with_errors",) * 2
    assert [each.external_id for each in sandbox.state.contacts] == ["1", "3"]
    assert "2" not in {str(value) for value in done["tasks"][0].values()}


def test_only_the_task_of_the_rejected_item_says_so(api):
    made = job(api, "PUT", "/contacts/bulk", contacts=[{"id": "nobody", "name": "x"}])
    ada = api.contact(external_id="ada")
    job(api, "PUT", "/contacts/bulk", contacts=[{"id": ada["id"], "name": "Ada"}], job={"id": made["id"]})
    done = asked(api, made)

    assert [task["state"] for task in done["tasks"]] == ["completed_with_errors", "completed"]
    assert api.get(f"/contacts/{ada['id']}").json()["name"] == "Ada"


def test_bulk_create_never_updates_a_contact(api):
    ada = api.contact(external_id="ada", name="Ada")
    made = job(api, "POST", "/contacts/bulk", contacts=[{"external_id": "ada", "name": "Other"}])

    assert asked(api, made)["state"] == "completed_with_errors"
    assert api.get(f"/contacts/{ada['id']}").json()["name"] == "Ada"


def test_bulk_update_ignores_what_it_does_not_know(api):
    ada = api.contact(external_id="ada")
    items = [{"id": ada["id"], "signed_up_at": 1, "role": "lead", "unknown": 1, "name": "Ada"}]
    made = job(api, "PUT", "/contacts/bulk", contacts=items)
    after = (asked(api, made)["state"], api.get(f"/contacts/{ada['id']}").json())

    assert after[0] == "completed"
    assert (after[1]["name"], after[1]["signed_up_at"], after[1]["role"]) == ("Ada", None, "user")


def test_bulk_update_links_companies_and_tags(api):
    ada, tag = api.contact(external_id="ada"), api.tag("VIP")
    api.attach(ada, api.company("old"))
    new = api.company("new")
    links = {
        "companies": [{"company_id": "new"}, {"company_id": "old", "remove": True}],
        "tags": {"add": [{"id": tag["id"]}, {"id": "999"}]},
    }
    made = job(api, "PUT", "/contacts/bulk", contacts=[{"id": ada["id"], **links}])
    state, after = asked(api, made)["state"], api.get(f"/contacts/{ada['id']}").json()
    job(api, "PUT", "/contacts/bulk", contacts=[{"id": ada["id"], "tags": {"remove": [{"id": tag["id"]}]}}])

    assert state == "completed"
    assert [each["id"] for each in after["companies"]["data"]] == [new["id"]]
    assert [each["id"] for each in after["tags"]["data"]] == [tag["id"]]
    assert api.get(f"/contacts/{ada['id']}").json()["tags"]["data"] == []


def test_bulk_delete_of_an_unknown_contact_fails_its_item(api):
    ada = api.contact(external_id="ada")
    made = job(api, "POST", "/contacts/bulk/delete", contacts=[{"id": ada["id"]}, {"id": "nobody"}])

    assert asked(api, made)["state"] == "completed_with_errors"
    assert api.get(f"/contacts/{ada['id']}").status_code == 404


def test_companies_are_made_changed_and_deleted_in_bulk(api):
    made = job(api, "POST", "/companies/bulk", companies=[{"company_id": "a"}, {"company_id": "b"}])
    states = [asked(api, made)["state"]]
    company = api.get("/companies", params={"company_id": "a"}).json()
    items = [{"id": company["id"], "name": "Acme", "remote_created_at": 5}, {"id": "nobody"}]
    states.append(asked(api, job(api, "PUT", "/companies/bulk", companies=items))["state"])
    after = api.get(f"/companies/{company['id']}").json()
    gone = job(api, "POST", "/companies/bulk/delete", companies=[{"id": company["id"]}])
    states.append(asked(api, gone)["state"])

    assert states == ["completed", "completed_with_errors", "completed"]
    assert (after["name"], after["remote_created_at"]) == ("Acme", 5)
    assert api.get(f"/companies/{company['id']}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/contacts/bulk", {}, ("field_not_found", "contacts field must be supplied")),
        ("/contacts/bulk", {"contacts": "x"}, ("type_mismatch", "contacts must be an array")),
        ("/companies/bulk", {"companies": [1]}, ("type_mismatch", "each company must be an object")),
        (
            "/contacts/bulk",
            {"contacts": [{}] * 101},
            ("parameter_invalid", "maximum number of contacts per request is 100"),
        ),
        (
            "/companies/bulk/delete",
            {"companies": [{"company_id": "a"}]},
            ("field_not_found", "companies must be identified by id"),
        ),
    ],
)
def test_a_request_that_makes_no_job_is_refused(api, refusal, path, body, expected):
    assert refusal(api.post(path, json=body, headers=PREVIEW)) == (422, *expected)


def test_a_job_is_closed_after_some_time(api, refusal, clock):
    made = job(api, "POST", "/contacts/bulk", contacts=[{"external_id": "1"}])
    clock.advance(900)
    body = {"contacts": [{"external_id": "2"}], "job": {"id": made["id"]}}

    assert refusal(api.post("/contacts/bulk", json=body, headers=PREVIEW)) == (
        403,
        "forbidden",
        f"job {made['id']} is closed for new task updates",
    )


def test_a_job_of_contacts_is_none_of_companies(api, refusal):
    made = job(api, "POST", "/contacts/bulk", contacts=[{"external_id": "1"}])
    answer = api.get(f"/companies/bulk/{made['id']}", headers=PREVIEW)

    assert refusal(answer) == (404, "job_not_found", f"job {made['id']} not found")
