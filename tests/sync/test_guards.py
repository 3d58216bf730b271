"""`max_inserted` and `max_updated` hold all of an activation; `max_failed` ends one of which too many fail."""

from __future__ import annotations

import re

import pytest

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "name": "name"},
}
COLUMNS = "id text, name text"


@pytest.fixture
def guarded(shop):
    """Twenty people in Intercom, and a guard over the next run."""

    def make(**guards):
        shop.only(PEOPLE, COLUMNS, [[f"u{n}", "A"] for n in range(20)])
        assert shop.sync()["people"]["counts"]["inserted"] == 20
        shop.only({**PEOPLE, **guards}, COLUMNS, [[f"u{n}", "A"] for n in range(20)])
        shop.calls()
        return shop

    return make


def change(shop, names):
    shop.put("customers", COLUMNS, [[f"u{n}", name] for n, name in enumerate(names)])


@pytest.mark.parametrize(
    "most",
    ["20%", *(pytest.param(each, marks=pytest.mark.slow) for each in (4, "24.9%"))],
)
@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("max_updated", ["B"] * 5 + ["A"] * 15),
        pytest.param("max_inserted", ["A"] * 25, marks=pytest.mark.slow),
    ],
)
def test_more_than_a_guard_allows_sends_nothing(guarded, key, names, most):
    shop = guarded(**{key: most})
    change(shop, names)
    ran = shop.sync()
    assert (ran.code, ran["people"]["status"], shop.calls()) == (1, "held", {})
    assert ran["people"]["counts"]["pending"] == 5
    assert (
        "more than the 4 that `" + key + "` allows; `--allow-writes` sends them" in ran["people"]["message"]
    )
    assert shop.plan()["people"]["status"] == "held"

    assert shop.sync("--allow-writes").statuses() == {"people": "success"}
    assert sum(shop.calls().values()) >= 5
    assert shop.sync().code == 0


@pytest.mark.parametrize("most", [5, pytest.param("25%", marks=pytest.mark.slow)])
def test_as_many_as_a_guard_allows_are_sent(guarded, most):
    shop = guarded(max_updated=most, max_inserted=0)
    change(shop, ["B"] * 5 + ["A"] * 15)
    assert shop.sync().counts("people") == {"rows": 20, "unchanged": 15, "updated": 5}


def test_the_first_sync_keeps_no_percentage(shop):
    shop.only({**PEOPLE, "max_inserted": "1%"}, COLUMNS, [["u1", "A"], ["u2", "A"]])
    assert shop.sync().counts("people") == {"rows": 2, "inserted": 2}


def test_the_first_sync_keeps_a_count(shop):
    shop.only({**PEOPLE, "max_inserted": 1}, COLUMNS, [["u1", "A"], ["u2", "A"]])
    assert shop.sync().statuses() == {"people": "held"}
    assert shop.contacts() == {}
    assert shop.sync("--limit", "1").counts("people") == {"rows": 2, "inserted": 1, "pending": 1}


def test_what_is_held_makes_no_attribute(shop):
    fields = {**PEOPLE["fields"], "custom_attributes.shade": "name"}
    block = {**PEOPLE, "fields": fields, "create_attributes": True, "max_inserted": 0}
    shop.only(block, COLUMNS, [["u1", "A"]])
    assert shop.sync().statuses() == {"people": "held"}
    assert shop.calls() == {}


def test_what_is_held_removes_nothing(guarded):
    shop = guarded(max_updated=0, removed="archive")
    change(shop, ["B"] * 19)
    assert shop.sync()["people"]["counts"]["held"] == 1
    assert len(shop.contacts()) == 20
    assert "archive" not in str(shop.calls())


def people(count, faulty=()):
    return [[f"u{number}", "A" * (300 if number in faulty else 1)] for number in range(count)]


FAILING = {**PEOPLE, "fields": {"external_id": "id", "custom_attributes.plan": "name"}, "max_failed": "5%"}


def test_too_many_failures_end_an_activation_early(shop):
    faulty = {number for number in range(400) if number % 10 < 3}
    shop.only(FAILING, COLUMNS, people(400, faulty))
    ran = shop.sync()
    result = ran["people"]
    assert (ran.code, result["status"], result["counts"]["pending"]) == (1, "deferred", 380)
    assert re.match(
        r"\d of the first 20 records failed, most of them with invalid_value, and `max_failed` allows 1: the rest "
        "was not sent",
        result["message"],
    )
    first = set(shop.codes("people"))
    assert len(first) == 20

    failed = result["counts"]["failed"]
    shop.sql("update customers set name = 'B'")
    ran = shop.sync()
    assert ran.counts("people") == {"rows": 400, "inserted": 380 + failed, "updated": 20 - failed}
    assert ran.code == 0


@pytest.mark.slow
def test_too_many_failures_hold_removals_of_one_object_only(shop):
    firms = {**PEOPLE, "name": "firms", "object": "company", "identifier": "company_id", "removed": "delete"}
    firms["fields"] = {"company_id": "id", "name": "name"}
    others = {**PEOPLE, "name": "others", "removed": "archive"}
    shop.configure(customers=FAILING, accounts=[firms, others])
    shop.put("customers", COLUMNS, [])
    shop.put("accounts", COLUMNS, [["a1", "A"], ["a2", "A"]])
    shop.sync()
    shop.put("customers", COLUMNS, people(50, range(50)))
    shop.put("accounts", COLUMNS, [["a1", "A"]])

    ran = shop.sync()

    assert ran["people"]["status"] == "deferred"
    assert ran.counts("firms") == {"rows": 1, "unchanged": 1, "removed": 1}
    assert ran.counts("others") == {"rows": 1, "unchanged": 1, "held": 1}
    assert "activation people of the same object ended as deferred" in ran["others"]["message"]


@pytest.mark.slow
def test_the_first_few_cost_no_more_than_is_forecast(shop):
    taken = {**PEOPLE, "object": "contact_tag", "behaviour": "detach", "max_failed": "5%"}
    taken["fields"] = {"external_id": "id", "tag": "name"}
    for number in range(40):
        shop.add_contact(external_id=f"u{number}")
    shop.only(taken, COLUMNS, people(40))
    forecast = shop.plan()["people"]["forecast"]["endpoints"]
    shop.calls()

    ran = shop.sync()

    assert ran["people"]["status"] == "success", ran["people"]["message"]
    made = shop.calls()
    assert (made["GET /tags"], made["POST /contacts/search"]) == (1, 2)
    assert forecast["GET /tags"] == {"least": 1, "most": 1}
    assert forecast["POST /contacts/search"] == {"least": 1, "most": 2}


@pytest.mark.slow
def test_a_mapping_error_stops_ten_thousand_records_early(shop):
    faulty = {number for number in range(10_000) if number % 10 < 3}
    shop.only(FAILING, COLUMNS, people(10_000, faulty))
    assert shop.sync()["people"]["status"] == "deferred"
    assert len(shop.codes("people")) <= 150
    assert sum(shop.calls().values()) <= 150


@pytest.mark.slow
@pytest.mark.parametrize(
    ("most", "warn", "status"),
    [
        pytest.param(0, [], "deferred", id="none may fail"),
        pytest.param(400, [], "partial", id="all may fail"),
        pytest.param("5%", ["invalid_value"], "partial", id="the code is one of warn"),
    ],
)
def test_failures_count_against_max_failed(shop, most, warn, status):
    shop.only({**FAILING, "max_failed": most, "warn": warn}, COLUMNS, people(100, range(50)))
    assert shop.sync().statuses() == {"people": status}
