"""A man in the middle of a whole run: no record is lost, overwritten, doubled or removed by what he forges."""

from __future__ import annotations

import itertools
import json
from urllib.parse import urlsplit

import pytest
from forging_server import Forger, answer, drips, in_json, page, says

from dbt_intercom_activate.intercom import repeating

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "email": "email", "custom_attributes.plan": "plan"},
}
COLUMNS = "id text, email text, plan text"
FORGERIES = [
    page(200),
    says(answer(200, b"")),
    says(in_json([])),
    says(in_json({"type": "contact", "email": "u1@example.com"})),
    says(in_json({"type": "contact", "id": 7})),
    says(in_json({"type": "error.list", "errors": [{"code": "not_found"}]})),
    page(302, Location="/"),
    *(page(status) for status in (401, 403, 404, 410, 413)),
]
"""One for each record."""
IDS = [f"u{number}" for number, _ in enumerate(FORGERIES)]


def rows(plan):
    return [(each, f"{each}@example.com", plan) for each in IDS]


class Middle:
    """A shop whose run goes through a man in the middle."""

    def __init__(self, shop, forger):
        self.shop, self.forger = shop, forger

    def sync(self, *arguments):
        return self.shop.sync(*arguments, env={"SHOP_INTERCOM_URL": self.forger.url})

    def forges(self, line, *forgeries):
        """Forge the answers to requests that begin like this, each in another way."""
        ways = itertools.cycle(forgeries)
        self.forger.forge = lambda asked: (
            next(ways) if asked.line.startswith(line) and not asked.path.endswith("/search") else None
        )


@pytest.fixture
def middle(shop, monkeypatch):
    # Five attempts wait for seven seconds.
    monkeypatch.setattr(repeating, "ATTEMPTS", 1)
    where = urlsplit(shop.sandbox.base_url)
    with Forger(lambda _: None, (where.hostname, where.port)).serving() as forger:
        yield Middle(shop, forger)


def is_made_up_for(middle, activation="people"):
    """Whether the next run, without the man in the middle, delivers what is due, and the one after it nothing."""
    healthy, idle = middle.shop.sync(), middle.shop.sync()
    counts = idle.counts(activation)
    return (healthy.code, idle.code) == (0, 0) and counts.get("unchanged", 0) == counts["rows"]


@pytest.mark.slow
def test_a_forged_creation_is_a_failure_that_heals(middle):
    middle.shop.only(PEOPLE, COLUMNS, rows("pro"))
    middle.forges("POST /contacts", *FORGERIES)
    ran = middle.sync()

    assert ran.code == 1
    assert ran["people"]["counts"]["inserted"] == 0
    assert set(middle.shop.codes("people").values()) <= {"unreachable"}
    assert is_made_up_for(middle)
    assert {key: row["intercom_id"] for key, row in middle.shop.last("people").items()} == {
        key: contact.id for key, contact in middle.shop.contacts().items()
    }


def test_a_forged_update_is_a_failure_that_heals(middle):
    middle.shop.only(PEOPLE, COLUMNS, rows("pro"))
    middle.shop.sync()
    middle.shop.put("customers", COLUMNS, rows("free"))
    middle.forges("PUT /contacts/", *FORGERIES)
    ran = middle.sync()

    assert ran.code == 1
    assert ran["people"]["counts"]["updated"] == 0
    assert is_made_up_for(middle)
    assert {each.custom_attributes["plan"] for each in middle.shop.contacts().values()} == {"free"}
    assert len(middle.shop.contacts()) == len(IDS)


def test_a_forged_lookup_overwrites_no_company(middle):
    block = {"name": "accounts", "object": "company", "behaviour": "insert", "identifier": "company_id"}
    block["fields"] = {"company_id": "id", "name": "name"}
    middle.shop.only(block, "id text, name text", [(each, "Model") for each in IDS])
    for each in IDS:
        middle.shop.add_company(each, name="Intercom")
    middle.forges("GET /companies", *FORGERIES)
    ran = middle.sync()

    assert ran.code == 1
    assert {each.fields["name"] for each in middle.shop.companies().values()} == {"Intercom"}


@pytest.mark.slow
def test_a_forged_removal_is_made_up_for(middle):
    block = {
        **PEOPLE,
        "removed": "delete",
    }
    middle.shop.only(block, COLUMNS, rows("pro"))
    middle.shop.sync()
    middle.shop.put("customers", COLUMNS, rows("pro")[-3:])
    middle.forges("DELETE /contacts/", *FORGERIES)
    ran = middle.sync()

    assert ran.code == 1
    assert ran["people"]["counts"]["removed"] == 0
    assert len(middle.shop.contacts()) == len(IDS)
    assert middle.shop.sync()["people"]["counts"]["removed"] == len(IDS) - 3
    assert set(middle.shop.contacts()) == set(IDS[-3:])


def test_a_lead_of_a_forged_answer_is_never_sent_twice(middle):
    block = {**PEOPLE, "identifier": "email", "constants": {"role": "lead"}}
    block["fields"] = {"email": "email", "custom_attributes.plan": "plan"}
    middle.shop.only(block, COLUMNS, rows("pro"))
    middle.forges("POST /contacts", *FORGERIES)
    ran = middle.sync()

    sent = [json.loads(each.body)["email"] for each in middle.forger.asked if each.line == "POST /contacts"]
    assert ran.code == 1
    assert set(middle.shop.codes("people").values()) == {"maybe_delivered"}
    assert sorted(sent) == sorted(set(sent))


def test_an_interim_answer_gives_nobody_anothers_id(middle):
    middle.shop.only(PEOPLE, COLUMNS, rows("pro"))
    left = iter(range(2))

    def forge(asked):
        if asked.line != "POST /contacts" or next(left, None) is None:
            return None
        return says(b"HTTP/1.1 103 Early Hints\r\n\r\n" + middle.forger.intercoms(asked))

    middle.forger.forge = forge
    middle.sync()

    assert middle.forger.reused == []
    assert is_made_up_for(middle)
    assert {key: row["intercom_id"] for key, row in middle.shop.last("people").items()} == {
        key: contact.id for key, contact in middle.shop.contacts().items()
    }


@pytest.mark.slow
def test_an_event_that_nobody_took_is_sent_again(middle):
    events = {
        "name": "events",
        "object": "event",
        "behaviour": "send",
        "identifier": "external_id",
        "fields": {"external_id": "id", "event_name": "event_name", "created_at": "created_at"},
    }
    columns = "id text, event_name text, created_at timestamp"
    middle.shop.only(events, columns, [(each, "ordered", "2024-01-01") for each in IDS])
    for each in IDS:
        middle.shop.add_contact(external_id=each)
    middle.forges("POST /events", *FORGERIES)
    forged = middle.sync()

    assert forged.code == 1
    assert forged["events"]["counts"]["sent"] == 0
    assert middle.shop.sync()["events"]["counts"]["sent"] == len(IDS)


def test_tags_that_cannot_be_listed_are_not_taken_for_absent(middle):
    tags = {
        "name": "tags",
        "object": "contact_tag",
        "behaviour": "detach",
        "identifier": "external_id",
        "fields": {"external_id": "id", "tag": "tag"},
    }
    middle.shop.only(tags, "id text, tag text", [("u1", "VIP")])
    refusal = {"type": "error.list", "errors": [{"code": "not_found", "message": "no"}]}
    middle.forges("GET /tags", says(in_json(refusal, 404)))
    ran = middle.sync()

    assert ran.code == 1
    assert ran["tags"]["counts"]["detached"] == 0


@pytest.mark.parametrize("line", ["GET /me", "POST /contacts"])
def test_a_run_ends_in_time_whatever_the_server_does(line, middle):
    middle.shop.only(PEOPLE, COLUMNS, rows("pro"))
    middle.forges(line, drips(b"HTTP/1.1 200 OK\r\n\r\n"))
    ran = middle.sync("--max-time", "0.5")

    assert ran.code == 1
    assert ran["people"]["status"] == "deferred"
    assert is_made_up_for(middle)
