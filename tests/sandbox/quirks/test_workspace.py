"""The workspace: its id, teammates, counts."""

from __future__ import annotations


def test_me_tells_the_workspaces_id_and_region_and_no_scopes(api):
    me = api.get("/me").json()
    assert (me["app"]["id_code"], me["app"]["region"]) == ("sandbox1", "US")
    assert "scopes" not in me


def test_an_unknown_admin_is_not_found(api, refusal):
    admins = api.get("/admins").json()
    assert admins["type"] == "admin.list"
    assert api.get(f"/admins/{admins['admins'][0]['id']}").status_code == 200
    assert refusal(api.get("/admins/1")) == (404, "admin_not_found", "Admin not found")


def test_counts_are_of_what_is_live(api):
    user = api.contact(external_id="1")
    api.contact(external_id="2")
    api.contact(role="lead")
    api.company("acme")
    api.tag("VIP")
    api.post(f"/contacts/{user['id']}/archive")
    counts = api.get("/counts").json()
    assert counts["type"] == "count.hash"
    expected = {"user": 1, "lead": 1, "company": 1, "tag": 1, "segment": 0}
    assert {name: counts[name]["count"] for name in expected} == expected
    assert api.get("/counts", params={"type": "user"}).json()["user"] == {"count": 1}


def test_counts_of_companies_by_tag_and_by_user(api):
    company = api.company("acme", name="Acme")
    api.attach(api.contact(external_id="1"), company)
    api.post("/tags", json={"name": "VIP", "companies": [{"id": company["id"]}]})
    by_tag = api.get("/counts", params={"type": "company", "count": "tag"}).json()
    assert by_tag["company"]["tag"] == [{"VIP": 1}]
    by_user = api.get("/counts", params={"type": "company", "count": "user"}).json()
    assert by_user["company"]["user"] == [{"Acme": 1, "remote_company_id": "acme"}]


def test_some_workspaces_have_no_counts(api, sandbox):
    sandbox.state.counts_enabled = False
    assert api.get("/counts").status_code == 404


def test_there_are_no_segments(api):
    assert api.get("/segments").json() == {"type": "segment.list", "segments": []}
