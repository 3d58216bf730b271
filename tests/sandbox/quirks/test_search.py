"""Searching and listing contacts: the query language, pages, and the lag."""

from __future__ import annotations

import pytest

DAY = 86_400


@pytest.fixture
def people(api, sandbox):
    sandbox.state.add_attribute("contact", "plan", "string")
    sandbox.state.add_attribute("contact", "seats", "integer")
    ada = {"name": "Ada Lovelace", "email": "ada@example.com", "signed_up_at": 100 * DAY + 3600}
    bob = {"name": "Bob", "email": "bob@test.org", "signed_up_at": 101 * DAY}
    return {
        "ada": api.contact(external_id="ada", custom_attributes={"plan": "gold", "seats": 5}, **ada),
        "bob": api.contact(external_id="bob", custom_attributes={"plan": "tin", "seats": 2}, **bob),
        "eve": api.contact(external_id="eve"),
    }


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("external_id", "=", "ada", {"ada"}),
        ("external_id", "!=", "ada", {"bob", "eve"}),
        ("external_id", "IN", ["ada", "eve", "nobody"], {"ada", "eve"}),
        ("external_id", "NIN", ["ada", "eve"], {"bob"}),
        ("email", "=", "ADA@Example.com", {"ada"}),
        ("email", "=", None, {"eve"}),
        ("email_domain", "=", "test.org", {"bob"}),
        ("name", "~", "love", {"ada"}),
        ("name", "!~", "love", {"bob", "eve"}),
        ("name", "^", "Ada", {"ada"}),
        ("name", "$", "lace", {"ada"}),
        ("role", "=", "user", {"ada", "bob", "eve"}),
        ("unsubscribed_from_emails", "=", False, {"ada", "bob", "eve"}),
        ("custom_attributes.plan", "=", "gold", {"ada"}),
        ("custom_attributes.seats", ">", 2, {"ada"}),
        ("custom_attributes.seats", ">=", 2, {"ada", "bob"}),
        ("custom_attributes.seats", "<", 5, {"bob"}),
        ("custom_attributes.seats", "<=", 5, {"ada", "bob"}),
    ],
)
def test_every_operator_finds_what_it_says(api, field, operator, value, expected):
    assert api.found(field, operator, value) == expected


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("operator", "moment", "expected"),
    [
        ("=", 100 * DAY, {"ada"}),
        ("=", 100 * DAY + 80_000, {"ada"}),
        (">", 100 * DAY, {"bob"}),
        (">", 100 * DAY - 1, {"ada", "bob"}),
        ("<", 100 * DAY + 80_000, set()),
        ("<", 101 * DAY, {"ada"}),
    ],
)
def test_dates_are_compared_by_whole_days(api, operator, moment, expected):
    assert api.found("signed_up_at", operator, moment) == expected


def test_a_tag_is_searched_by_its_id(api, people):
    tag = api.post("/tags", json={"name": "VIP", "users": [{"id": people["ada"]["id"]}]}).json()
    assert api.found("tag_id", "=", tag["id"]) == {"ada"}
    assert api.found("tag_id", "!=", tag["id"]) == {"bob", "eve"}
    assert api.search("tag_id", "IN", [tag["id"]]).status_code == 400


@pytest.mark.usefixtures("people")
def test_filters_combine_two_levels_deep_and_no_deeper(api):
    ada = {"field": "external_id", "operator": "=", "value": "ada"}
    tin = {"field": "custom_attributes.plan", "operator": "=", "value": "tin"}
    either = {"operator": "OR", "value": [ada, tin]}
    user = {"field": "role", "operator": "=", "value": "user"}
    nested = {"operator": "AND", "value": [either, user]}
    found = api.post("/contacts/search", json={"query": nested}).json()["data"]
    assert {contact["external_id"] for contact in found} == {"ada", "bob"}
    deeper = {"operator": "OR", "value": [nested, ada]}
    assert api.post("/contacts/search", json={"query": deeper}).status_code == 400


def test_a_group_has_fifteen_filters_at_most(api):
    one = {"field": "name", "operator": "=", "value": "x"}
    assert api.post("/contacts/search", json={"query": {"operator": "OR", "value": [one] * 15}}).ok
    answer = api.post("/contacts/search", json={"query": {"operator": "OR", "value": [one] * 16}})
    assert answer.status_code == 400


def test_an_unknown_field_is_named_in_the_refusal(api, refusal):
    answer = api.search("shoe_size", "=", "42")
    assert refusal(answer) == (400, "invalid_field", "shoe_size is not a valid search field")
    assert refusal(api.search("custom_attributes.none", "=", "42"))[1] == "invalid_field"


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("external_id", "IN", "ada"),
        ("external_id", "=", 5),
        ("created_at", ">=", 5),
        ("role", "<", "user"),
        ("name", "LIKE", "x"),
    ],
)
def test_a_filter_of_the_wrong_kind_fails_the_query(api, field, operator, value):
    assert api.search(field, operator, value).status_code == 400


def test_a_sort_order_must_be_spelled_out(api, refusal):
    answer = api.search("role", "=", "user", sort={"field": "created_at", "order": "desc"})
    message = "Invalid sort order 'desc'. Must be one of: ascending, descending"
    assert refusal(answer) == (400, "invalid_sort_order", message)


@pytest.mark.usefixtures("people")
def test_contacts_without_a_value_are_sorted_last(api):
    for order, expected in (("ascending", ["ada", "bob", "eve"]), ("descending", ["bob", "ada", "eve"])):
        answer = api.search("role", "=", "user", sort={"field": "name", "order": order})
        assert [contact["external_id"] for contact in answer.json()["data"]] == expected


def test_a_search_page_holds_fifty_and_the_last_ends(api):
    for number in range(51):
        api.contact(external_id=str(number))
    first = api.search("role", "=", "user").json()
    assert (len(first["data"]), first["total_count"]) == (50, 51)
    assert first["pages"]["total_pages"] == 2
    cursor = first["pages"]["next"]["starting_after"]
    last = api.search("role", "=", "user", pagination={"starting_after": cursor}).json()
    assert len(last["data"]) == 1
    assert "next" not in last["pages"]


def test_the_search_cursor_is_read_from_the_body_only(api):
    for number in range(3):
        api.contact(external_id=str(number))
    query = {"field": "role", "operator": "=", "value": "user"}
    body = {"query": query, "pagination": {"per_page": 2}}
    first = api.post("/contacts/search", json=body).json()
    cursor = first["pages"]["next"]["starting_after"]
    again = api.post("/contacts/search", json=body, params={"starting_after": cursor}).json()
    assert again["data"] == first["data"]


def test_no_page_is_larger_than_150(api):
    for number in range(151):
        api.contact(external_id=str(number))
    assert len(api.search("role", "=", "user", pagination={"per_page": 500}).json()["data"]) == 150
    assert len(api.get("/contacts", params={"per_page": 500}).json()["data"]) == 150


def test_a_page_of_the_list_holds_ten(api):
    for number in range(25):
        api.contact(external_id=str(number))
    seen, cursor = [], None
    for size in (10, 10, 5):
        page = api.get("/contacts", params={"starting_after": cursor} if cursor else {}).json()
        assert (len(page["data"]), page["total_count"]) == (size, 25)
        seen += [contact["external_id"] for contact in page["data"]]
        cursor = page["pages"].get("next", {}).get("starting_after")
    assert cursor is None
    assert sorted(seen, key=int) == [str(number) for number in range(25)]


def test_a_broken_cursor_is_refused(api):
    assert api.get("/contacts", params={"starting_after": "???"}).status_code == 400


def test_search_finds_a_new_contact_after_a_lag(api, sandbox, clock):
    sandbox.state.search_lag = 60
    user = api.contact(external_id="1")
    assert api.found("external_id", "=", "1") == set()
    assert api.get("/contacts").json()["total_count"] == 0
    assert api.get(f"/contacts/{user['id']}").status_code == 200
    assert api.get("/contacts/find_by_external_id/1").status_code == 200
    clock.advance(61)
    assert api.found("external_id", "=", "1") == {"1"}
    assert api.get("/contacts").json()["total_count"] == 1


def test_a_changed_contact_is_found_by_what_it_was(api, sandbox, clock):
    user = api.contact(external_id="1", email="old@example.com")
    sandbox.state.search_lag = 60
    api.put(f"/contacts/{user['id']}", json={"email": "new@example.com"})
    assert api.found("email", "=", "new@example.com") == set()
    shown = api.search("email", "=", "old@example.com").json()["data"][0]
    assert shown["email"] == "old@example.com"
    clock.advance(61)
    assert api.found("email", "=", "new@example.com") == {"1"}
    assert api.found("email", "=", "old@example.com") == set()


def test_an_archived_contact_stays_in_the_list_for_a_while(api, sandbox, clock):
    user = api.contact(external_id="1")
    sandbox.state.search_lag = 60
    api.post(f"/contacts/{user['id']}/archive")
    assert api.get("/contacts").json()["data"][0]["id"] == user["id"]
    assert api.found("external_id", "=", "1") == {"1"}
    clock.advance(61)
    assert api.get("/contacts").json()["data"] == []


def test_the_values_of_in_can_be_limited(api, sandbox):
    sandbox.state.max_in_values = 2
    assert api.search("external_id", "IN", ["1", "2"]).status_code == 200
    assert api.search("external_id", "IN", ["1", "2", "3"]).status_code == 400
