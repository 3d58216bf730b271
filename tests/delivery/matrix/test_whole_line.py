"""What only the plan, the ledger and Intercom together can get wrong."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.sandbox.records import Condition

INSERT = {
    "object": "contact",
    "behaviour": "insert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "email": "email", "name": "name"},
    "constants": {"role": "user"},
    "name": "people",
}
COLUMNS = "id text, email text, name text"


def test_unsent_insert_does_not_claim_a_foreign_contact(shop):
    shop.only(INSERT, COLUMNS, [["u1", "nonsense", "new name"]])
    assert shop.sync()["people"]["failures"] == {"invalid_value": 1}
    shop.add_contact(external_id="u1", email="u1@example.com", name="old name")
    (there,) = shop.state.contacts
    shop.change_contact(there.id, created_at=shop.state.now() + 1)
    shop.put("customers", COLUMNS, [["u1", "u1@example.com", "new name"]])

    ran = shop.sync()

    assert ran["people"]["failures"] == {"already_exists": 1}
    assert shop.state.contacts.get(there.id).fields["name"] == "old name"


def test_events_are_sent_once_and_a_changed_event_is_unchanged(shop):
    contact = shop.add_contact(external_id="u1")
    block = {
        "object": "event",
        "behaviour": "send",
        "identifier": "external_id",
        "fields": {
            "external_id": "id",
            "event_name": "event",
            "created_at": "happened_at",
            "metadata.plan": "plan",
            "metadata.note": "note",
        },
        "name": "events",
    }
    columns = "id text, event text, happened_at timestamp, plan text, note text"
    rows = [
        ["u1", "ordered", "2024-05-06 07:08:09", "pro", None],
        ["u1", "ordered", "2024-05-06 07:08:10", "pro", None],
        ["u1", "paid", "2024-05-06 07:08:09", "pro", None],
        ["u1", "paid", None, "pro", None],
        ["u2", "paid", "2024-05-06 07:08:09", "pro", None],
    ]
    shop.only(block, columns, rows)
    first = shop.sync()
    assert first.counts("events") == {"rows": 5, "sent": 3, "failed": 2}
    assert first["events"]["failures"] == {"missing_identifier": 1, "not_found": 1}
    assert {(each.event_name, each.created_at, each.contact_id) for each in shop.state.events} == {
        ("ordered", 1714979289, contact.id),
        ("ordered", 1714979290, contact.id),
        ("paid", 1714979289, contact.id),
    }
    # A null is nothing that an event could clear.
    assert {json.dumps(each.metadata) for each in shop.state.events} == {'{"plan": "pro"}'}

    shop.put("customers", columns, [[*row[:3], "team", "n"] for row in rows])
    shop.calls()
    second = shop.sync()
    assert second.counts("events") == {"rows": 5, "unchanged": 3, "failed": 2}
    assert shop.calls() == {"POST /events": 1}
    shop.add_contact(external_id="u2")
    assert shop.sync("--resend").counts("events") == {"rows": 5, "unchanged": 3, "sent": 1, "failed": 1}
    assert len(shop.state.events) == 4


def test_an_event_whose_answer_is_lost_waits_for_retry(shop):
    shop.add_contact(external_id="u1", email="e1@example.com")
    fields = {"email": "email", "event_name": "event", "created_at": "happened_at"}
    block = {
        "object": "event",
        "behaviour": "send",
        "identifier": "email",
        "fields": fields,
        "name": "events",
    }
    shop.only(
        block,
        "email text, event text, happened_at timestamp",
        [["E1@example.com", "ordered", "2024-05-06 07:08:09"]],
    )
    shop.sandbox.faults.add(Fault("POST", "/events", drop_connection=True, after_commit=True))

    assert shop.sync()["events"]["failures"] == {"maybe_delivered": 1}
    assert shop.sync()["events"]["failures"] == {"maybe_delivered": 1}
    assert len(shop.state.events) == 1


@pytest.mark.slow
def test_ids_learnt_by_one_activation_spare_the_others_their_lookups(shop):
    """Contacts and companies are made first, so tags, memberships and events cost what known ones cost."""
    count = 120
    rows = [
        [f"u{n}", f"e{n}@example.com", f"c{n % 60}", "VIP", "ordered", 1_700_000_000 + n]
        for n in range(count)
    ]
    by_id = {"external_id": "id"}
    shop.only(
        [
            {
                "object": "contact",
                "behaviour": "upsert",
                "identifier": "external_id",
                "name": "people",
                "fields": {**by_id, "email": "email"},
            },
            {
                "object": "contact_tag",
                "behaviour": "attach",
                "identifier": "external_id",
                "name": "tags",
                "fields": {**by_id, "tag": "tag"},
            },
            {
                "object": "contact_company",
                "behaviour": "attach",
                "name": "members",
                "fields": {"contact.external_id": "id", "company.company_id": "account"},
            },
            {
                "object": "event",
                "behaviour": "send",
                "identifier": "external_id",
                "name": "events",
                "fields": {**by_id, "event_name": "event", "created_at": "happened_at"},
            },
        ],
        "id text, email text, account text, tag text, event text, happened_at bigint",
        rows,
    )
    for n in range(60):
        shop.add_company(f"c{n}")
    shop.sync()
    calls = shop.calls()

    finds = calls.pop("GET /companies")
    assert calls == {
        "POST /contacts/search": 3,
        "POST /contacts": count,
        "POST /contacts/{contact_id}/companies": count,
        "POST /tags": 3,
        "POST /events": count,
    }
    # Workers may ask for the same company at the same time.
    assert 60 <= finds <= 60 + 8
    assert shop.sync().code == 0
    assert shop.calls() == {}


@pytest.mark.slow
def test_a_contact_made_anew_gets_its_tag_again(shop):
    """The first contact was deleted and its identifier released; the ledger learns the new id from the upsert."""
    people = {
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "external_id",
        "name": "people",
        "fields": {"external_id": "id", "name": "name"},
    }
    tags = {
        "object": "contact_tag",
        "behaviour": "attach",
        "identifier": "external_id",
        "name": "tags",
        "fields": {"external_id": "id"},
        "constants": {"tag": "VIP"},
    }
    shop.only([people, tags], "id text, name text", [["u1", "a"], ["u2", "a"]])
    shop.sync()
    gone = shop.contacts()["u1"]
    shop.change_contact(gone.id, condition=Condition.DELETED, external_id="released")

    shop.put("customers", "id text, name text", [["u1", "b"], ["u2", "a"]])
    shop.calls()
    ran = shop.sync()

    made = shop.contacts()["u1"]
    tag = shop.state.tag_named("vip")
    assert made.id != gone.id
    assert tag.id in made.tags
    assert ran.counts("people") == {"rows": 2, "inserted": 1, "unchanged": 1}
    assert ran.counts("tags") == {"rows": 2, "attached": 1, "unchanged": 1}
    assert shop.calls() == {
        "PUT /contacts/{contact_id}": 1,
        "POST /contacts/search": 1,
        "POST /contacts": 1,
        "POST /tags": 1,
    }


def test_a_missing_company_does_not_forget_the_contact(shop):
    people = {
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "email",
        "name": "people",
        "fields": {"email": "email", "name": "name"},
    }
    members = {
        "object": "contact_company",
        "behaviour": "attach",
        "name": "members",
        "fields": {"contact.email": "email", "company.company_id": "account"},
    }
    columns = "email text, name text, account text"
    shop.only([people, members], columns, [["e1@example.com", "a", "nowhere"]])
    shop.state.search_lag = 3600.0
    assert shop.sync()["members"]["failures"] == {"not_found": 1}

    shop.put("customers", columns, [["e1@example.com", "b", "nowhere"]])
    shop.calls()
    shop.sync()
    assert shop.calls() == {"PUT /contacts/{contact_id}": 1, "GET /companies": 1}


def test_event_keys_do_not_follow_the_machines_time_zone(shop):
    """An event by email that is told twice is there twice, so its key must be the moment and not its text."""
    shop.add_contact(email="e1@example.com")
    fields = {"email": "email", "event_name": "event", "created_at": "happened_at"}
    block = {
        "object": "event",
        "behaviour": "send",
        "identifier": "email",
        "fields": fields,
        "name": "events",
    }
    shop.only(
        block,
        "email text, event text, happened_at timestamptz",
        [["e1@example.com", "ordered", "2024-05-06 07:08:09+00"]],
    )
    for zone in ("UTC", "America/Lima"):
        profile = (shop.folder / "profiles.yml").read_text().splitlines()
        kept = [line for line in profile if "settings" not in line]
        at = next(n for n, line in enumerate(kept) if "type: duckdb" in line)
        indent = kept[at][: kept[at].index("type")]
        kept.insert(at + 1, f"{indent}settings: {{TimeZone: '{zone}'}}")
        (shop.folder / "profiles.yml").write_text("\n".join(kept) + "\n")
        shop.sync()
    assert len(shop.state.events) == 1
