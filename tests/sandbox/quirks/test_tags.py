"""Tags: one endpoint with five meanings, and 2.16 that leaves out what is missing."""

from __future__ import annotations

RESOURCE = (404, "not_found", "Resource Not Found")
USER = (404, "not_found", "User Not Found")


def test_tag_names_are_the_same_without_regard_to_case(api):
    first = api.tag("VIP")
    again = api.tag("vip")
    assert (again["id"], again["name"]) == (first["id"], "VIP")


def test_a_tag_is_renamed_by_its_id(api):
    tag = api.tag("Old")
    assert api.post("/tags", json={"id": tag["id"], "name": "New"}).json()["name"] == "New"
    assert api.tag("new")["id"] == tag["id"]
    assert api.tag("Old")["id"] != tag["id"]


def test_tagging_companies_skips_the_missing_ones(api):
    known, keyed = api.company("a"), api.company("b")
    items = [{"id": known["id"]}, {"company_id": "b"}, {"company_id": "none"}, {"id": "none"}]
    answer = api.post("/tags", json={"name": "VIP", "companies": items})
    assert answer.status_code == 200
    tagged = [{"id": known["id"], "tagged": True}, {"id": keyed["id"], "tagged": True}]
    assert (answer.json()["companies"], answer.json()["users"]) == (tagged, [])
    assert api.get(f"/companies/{keyed['id']}").json()["tags"]["tags"][0]["name"] == "VIP"


def test_companies_are_untagged_item_by_item(api):
    company = api.company("a")
    api.post("/tags", json={"name": "VIP", "companies": [{"id": company["id"]}]})
    body = {"name": "VIP", "companies": [{"id": company["id"], "untag": True}]}
    assert api.post("/tags", json=body).json()["companies"] == [{"id": company["id"], "tagged": False}]
    assert api.get(f"/companies/{company['id']}").json()["tags"]["tags"] == []


def test_tagging_users_skips_the_missing_ones(api):
    user, gone, lead = api.contact(external_id="1"), api.contact(external_id="2"), api.contact(role="lead")
    api.post(f"/contacts/{gone['id']}/archive")
    items = [{"id": c["id"]} for c in (user, gone, lead)] + [{"id": "none"}]
    answer = api.post("/tags", json={"name": "VIP", "users": items}).json()
    assert [item["id"] for item in answer["users"]] == [user["id"], lead["id"]]


def test_a_missing_entity_failed_the_whole_call_before_2_16(api, refusal):
    older = {"Intercom-Version": "2.15"}
    company = api.company("a")
    items = [{"id": company["id"]}, {"id": "none"}]
    answer = api.post("/tags", json={"name": "VIP", "companies": items}, headers=older)
    assert refusal(answer) == (404, "company_not_found", "Company Not Found")
    answer = api.post("/tags", json={"name": "VIP", "users": [{"id": "none"}]}, headers=older)
    assert refusal(answer) == USER
    body = {"name": "VIP", "companies": items[:1]}
    assert set(api.post("/tags", json=body, headers=older).json()) == {"type", "id", "name"}


def test_a_tag_needs_a_name(api, refusal):
    answer = api.post("/tags", json={"test": "invalid"})
    assert refusal(answer) == (400, "parameter_invalid", "invalid tag parameters")


def test_tagging_a_contact_twice_is_like_once(api, refusal):
    user, tag = api.contact(external_id="1"), api.tag("VIP")
    path = f"/contacts/{user['id']}/tags"
    first = api.post(path, json={"id": tag["id"]}).json()
    assert first["name"] == "VIP"
    assert first["applied_by"]["type"] == "admin"
    assert api.post(path, json={"id": tag["id"]}).json() == first
    assert api.get(path).json()["data"] == [first]
    assert refusal(api.post(path, json={"id": "none"})) == RESOURCE
    assert refusal(api.post("/contacts/none/tags", json={"id": tag["id"]})) == USER


def test_untagging_a_contact_answers_with_the_tag(api, refusal):
    user, tag = api.contact(external_id="1"), api.tag("VIP")
    path = f"/contacts/{user['id']}/tags"
    api.post(path, json={"id": tag["id"]})
    assert api.delete(f"{path}/{tag['id']}").json() == {"type": "tag", "id": tag["id"], "name": "VIP"}
    assert api.get(path).json()["data"] == []
    assert refusal(api.delete(f"{path}/none")) == RESOURCE
    assert refusal(api.delete(f"/contacts/none/tags/{tag['id']}")) == USER


def test_a_deleted_tag_leaves_everything_it_was_on(api, refusal):
    user, company = api.contact(external_id="1"), api.company("a")
    body = {"name": "VIP", "users": [{"id": user["id"]}]}
    tag = api.post("/tags", json=body).json()
    api.post("/tags", json={"name": "VIP", "companies": [{"id": company["id"]}]})
    answer = api.delete(f"/tags/{tag['id']}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert refusal(api.get(f"/tags/{tag['id']}")) == RESOURCE
    assert refusal(api.delete(f"/tags/{tag['id']}")) == RESOURCE
    assert api.get(f"/contacts/{user['id']}").json()["tags"]["total_count"] == 0
    assert api.get(f"/companies/{company['id']}").json()["tags"]["tags"] == []


def test_a_tag_that_a_segment_uses_cannot_be_deleted(api, refusal, sandbox):
    tag = api.tag("VIP")
    sandbox.state.tags_with_dependents.add("VIP")
    message = "Unable to delete Tag with dependent objects. Segments: Seg 1."
    assert refusal(api.delete(f"/tags/{tag['id']}")) == (400, "tag_has_dependent_objects", message)


def test_tags_are_listed_at_once(api):
    for number in range(60):
        api.tag(f"tag {number}")
    assert len(api.get("/tags").json()["data"]) == 60


def test_a_conversation_is_tagged_in_the_name_of_an_admin(api, refusal):
    tag = api.tag("Urgent")
    path = "/conversations/501/tags"
    assert api.post(path, json={"id": tag["id"]}).status_code == 400
    answer = api.post(path, json={"id": tag["id"], "admin_id": "991267459"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Urgent")
    assert api.get("/conversations/501").json()["tags"]["tags"][0]["id"] == tag["id"]
    body = {"id": tag["id"], "admin_id": "991267459"}
    missing = api.post("/conversations/none/tags", json=body)
    assert refusal(missing) == (404, "not_found", "Conversation not found")


def test_untagging_a_conversation_takes_a_body_with_the_delete(api, refusal):
    tag = api.tag("Urgent")
    by = {"admin_id": "991267459"}
    api.post("/conversations/501/tags", json={"id": tag["id"], **by})
    path = f"/conversations/501/tags/{tag['id']}"
    assert api.delete(path).status_code == 400
    assert api.delete(path, json=by).json()["id"] == tag["id"]
    assert api.get("/conversations/501").json()["tags"]["tags"] == []
    unknown = api.delete("/conversations/501/tags/none", json=by)
    assert refusal(unknown) == (404, "tag_not_found", "Tag not found")
    missing = api.delete(f"/conversations/none/tags/{tag['id']}", json=by)
    assert refusal(missing) == (404, "not_found", "Conversation not found")
    assert refusal(api.get("/conversations/none")) == RESOURCE


def test_a_ticket_is_tagged_in_the_name_of_an_admin(api, sandbox, refusal):
    tag = api.tag("Urgent")
    path, body = "/tickets/701/tags", {"id": tag["id"], "admin_id": "991267459"}
    assert api.post(path, json={"id": tag["id"]}).status_code == 400
    assert api.post(path, json=body).json()["applied_by"] == {"type": "admin", "id": "991267459"}
    assert tag["id"] in sandbox.state.tickets["701"].tags
    missing = api.post("/tickets/none/tags", json=body)
    assert refusal(missing) == (404, "ticket_not_found", "Ticket not found")


def test_untagging_a_ticket_takes_a_body_with_the_delete(api, sandbox, refusal):
    tag, by = api.tag("Urgent"), {"admin_id": "991267459"}
    api.post("/tickets/701/tags", json={"id": tag["id"], **by})
    path = f"/tickets/701/tags/{tag['id']}"
    assert api.delete(path).status_code == 400
    assert api.delete(path, json=by).json()["id"] == tag["id"]
    assert not sandbox.state.tickets["701"].tags
    unknown = api.delete("/tickets/701/tags/none", json=by)
    assert refusal(unknown) == (404, "tag_not_found", "Tag not found")
    missing = api.delete(f"/tickets/none/tags/{tag['id']}", json=by)
    assert refusal(missing) == (404, "ticket_not_found", "Ticket not found")


def test_a_tag_that_is_deleted_leaves_its_tickets(api, sandbox):
    tag = api.tag("Urgent")
    api.post("/tickets/701/tags", json={"id": tag["id"], "admin_id": "991267459"})
    api.delete(f"/tags/{tag['id']}")
    assert not sandbox.state.tickets["701"].tags
