"""Whose contact is it: what we remember, what the row says, and what was made by whom, when."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.sandbox.records import Condition

LONG_AGO = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(days=3)
USER = {"constants": {"role": "user"}}


def contact(behaviour: str, identifier: str, **rest):
    fields = {"external_id": "external_id", "email": "email", "name": "name"}
    if identifier == "id":
        fields["id"] = "intercom_id"
    return {
        "object": "contact",
        "behaviour": behaviour,
        "identifier": identifier,
        "fields": fields,
        "key": ["k"],
        **rest,
    }


def row(**values):
    return {
        "k": "k",
        "intercom_id": None,
        "external_id": None,
        "email": None,
        "name": "new name",
        "tag": "VIP",
        "company": "c1",
        **values,
    }


BY_ID = {
    "contact archive": {
        "object": "contact",
        "behaviour": "archive",
        "identifier": "id",
        "fields": {"id": "intercom_id"},
    },
    "contact update": contact("update", "id"),
    "contact delete": {
        "object": "contact",
        "behaviour": "delete",
        "identifier": "id",
        "fields": {"id": "intercom_id"},
    },
    "contact_tag attach": {
        "object": "contact_tag",
        "behaviour": "attach",
        "identifier": "id",
        "fields": {"id": "intercom_id", "tag": "tag"},
    },
    "contact_tag detach": {
        "object": "contact_tag",
        "behaviour": "detach",
        "identifier": "id",
        "fields": {"id": "intercom_id", "tag": "tag"},
    },
    "contact_company attach": {
        "object": "contact_company",
        "behaviour": "attach",
        "fields": {"contact.id": "intercom_id", "company.company_id": "company"},
    },
    "contact_company detach": {
        "object": "contact_company",
        "behaviour": "detach",
        "fields": {"contact.id": "intercom_id", "company.company_id": "company"},
    },
}


@pytest.mark.parametrize("name", BY_ID)
def test_the_rows_id_beats_the_keys_earlier_id(world, name):
    company = world.company("c1")
    before = world.contact("u1", tags=["VIP"], companies=[company.id], name="old name")
    after = world.contact("u2", tags=["VIP"], companies=[company.id], name="old name")
    changed = world.row(row(intercom_id=after.id), known_id=before.id, delivered=True)

    (outcome,) = world.say({**BY_ID[name], "key": ["k"]}, changed)

    assert (outcome.code, outcome.intercom_id) == (None, after.id)
    assert world.state.contacts.get(before.id) == before
    if name not in ("contact_tag attach", "contact_company attach"):
        assert world.state.contacts.get(after.id) != after


@pytest.mark.parametrize("identifier", ["external_id", "email", "id"])
def test_an_upsert_updates_what_an_earlier_run_may_have_made(world, identifier):
    """The answer to the first attempt was lost, and the row has changed since: Intercom holds the old one."""
    world.state.search_lag = 3600.0
    said = row(external_id="u1", email="e1@example.com")
    first = world.row({**said, "name": "old name"})
    world.say(contact("upsert", identifier, **USER), first)
    world.calls()

    now = world.row(said, first_attempt_at=LONG_AGO)
    (outcome,) = world.say(contact("upsert", identifier, **USER), now)

    (made,) = world.state.contacts
    assert (outcome.code, outcome.intercom_id) == (None, made.id)
    assert made.fields["name"] == "new name"
    assert world.calls()[-3:] == [
        "POST /contacts",
        "GET /contacts/{contact_id}",
        "PUT /contacts/{contact_id}",
    ]


def test_an_insert_owns_a_contact_made_after_its_attempt(world):
    world.state.search_lag = 3600.0
    said = row(external_id="u1", email="e1@example.com")
    world.say(contact("insert", "external_id", **USER), world.row(said))

    (outcome,) = world.say(
        contact("insert", "external_id", **USER), world.row(said, first_attempt_at=LONG_AGO)
    )

    assert (outcome.operation.value, outcome.code) == ("insert", None)
    assert len(world.state.contacts) == 1


def test_an_insert_disowns_a_contact_made_before_its_attempt(world):
    there = world.contact("u1")
    just_now = datetime.fromtimestamp(time.time() - 60, timezone.utc).replace(tzinfo=None)

    (outcome,) = world.say(
        contact("insert", "external_id", **USER),
        world.row(row(external_id="u1"), first_attempt_at=just_now),
    )

    assert (outcome.code, outcome.intercom_id) == ("already_exists", there.id)


# Leads and users


def test_a_record_adopts_the_user_with_its_email(world):
    there = world.contact(None, "e1@example.com")
    (outcome,) = world.say(
        contact("upsert", "external_id", **USER), world.row(row(external_id="u1", email="E1@Example.com "))
    )
    assert (outcome.operation.value, outcome.code, outcome.intercom_id) == ("update", None, there.id)
    assert world.state.contacts.get(there.id).external_id == "u1"
    assert len(world.state.contacts) == 1


@pytest.mark.parametrize("ours", [None, "e2@example.com"], ids=["no email", "another email"])
def test_a_named_contact_that_shares_nothing_is_left_alone(world, ours):
    there = world.contact(None, "e1@example.com", name="old name")
    message = f"A contact matching those details already exists with id={there.id}"
    world.sandbox.faults.add(
        Fault("POST", "/contacts", status=409, code="conflict", message=message, whole_path=True)
    )
    said = world.row(row(external_id="u1", email=ours))
    (outcome,) = world.say(contact("upsert", "external_id"), said)

    assert (outcome.code, outcome.intercom_id) == ("identifier_conflict", there.id)
    assert world.state.contacts.get(there.id) == there


@pytest.mark.parametrize("lag", [0.0, 3600.0])
@pytest.mark.parametrize("identifier", ["external_id", "email"])
def test_a_user_with_another_external_id_is_left_alone(world, identifier, lag):
    world.state.search_lag = lag
    there = world.contact("other", "e1@example.com", name="old name")
    said = world.row(row(external_id="u1", email="e1@example.com"))
    (outcome,) = world.say(contact("upsert", identifier, **USER), said)
    assert outcome.code == "identifier_conflict"
    assert outcome.intercom_id == there.id
    assert world.state.contacts.get(there.id) == there
    assert len(world.state.contacts) == 1


def test_a_known_contact_cannot_take_a_foreign_external_id(world):
    mine, other = world.contact("u1", "e1@example.com"), world.contact("u2", "e2@example.com")
    said = world.row(row(external_id="u2", email="e1@example.com"), known_id=mine.id, delivered=True)
    (outcome,) = world.say(contact("upsert", "email", **USER), said)
    assert outcome.code == "identifier_conflict"
    assert world.state.contacts.get(other.id) == other
    assert world.state.contacts.get(mine.id) == mine


def test_a_lead_with_the_email_becomes_the_user(world):
    lead = world.contact("made-up", "e1@example.com", role="lead")
    (outcome,) = world.say(
        contact("upsert", "email", **USER), world.row(row(email="e1@example.com", external_id="u1"))
    )
    held = world.state.contacts.get(lead.id)
    assert (outcome.code, held.role, held.external_id) == (None, "user", "u1")


def test_a_user_never_becomes_a_lead_whether_found_or_remembered(world):
    user = world.contact("u1", "e1@example.com")
    block = {**contact("upsert", "email"), "constants": {"role": "lead"}}
    block["fields"] = {"email": "email", "name": "name"}
    found, known = world.row(row(email="e1@example.com")), {"known_id": user.id, "delivered": True}
    remembered = world.row(row(email="e1@example.com"), **known)
    assert [each.code for each in world.say(block, found)] == ["role_conflict"]
    assert [each.code for each in world.say(block, remembered)] == ["role_conflict"]
    assert world.state.contacts.get(user.id) == user


def test_leads_are_inserted_as_often_as_there_are_rows(world):
    block = {
        "object": "contact",
        "behaviour": "insert",
        "fields": {"email": "email", "name": "name"},
        "constants": {"role": "lead"},
        "key": ["k"],
    }
    said = [world.row(row(k=f"k{n}", email="e1@example.com")) for n in range(3)]
    assert [each.operation.value for each in world.say(block, *said)] == ["insert"] * 3
    assert [each.role for each in world.state.contacts] == ["lead"] * 3


def test_a_lead_whose_answer_is_lost_is_not_said_twice(world):
    block = {**contact("upsert", "email"), "constants": {"role": "lead"}}
    block["fields"] = {"email": "email", "name": "name"}
    world.sandbox.faults.add(
        Fault("POST", "/contacts", drop_connection=True, after_commit=True, skip=1, times=5)
    )
    (outcome,) = world.say(block, world.row(row(email="e1@example.com")))
    assert outcome.code == "maybe_delivered"
    assert len(world.state.contacts) == 1


# The archive

UNARCHIVING = contact("upsert", "external_id", archived="unarchive", **USER)


def test_an_archived_contact_is_unarchived_read_and_updated(world):
    there = world.contact("u1", condition=Condition.ARCHIVED)
    (outcome,) = world.say(UNARCHIVING, world.row(row(external_id="u1")))
    held = world.state.contacts.get(there.id)
    assert (outcome.code, outcome.unarchived, held.live, held.fields["name"]) == (
        None,
        True,
        True,
        "new name",
    )
    assert world.calls() == [
        "POST /contacts/search",
        "POST /contacts",
        "POST /contacts/{contact_id}/unarchive",
        "GET /contacts/{contact_id}",
        "PUT /contacts/{contact_id}",
    ]


def test_a_remembered_contact_that_somebody_archived_is_unarchived_too(world):
    there = world.contact("u1", condition=Condition.ARCHIVED)
    (outcome,) = world.say(UNARCHIVING, world.row(row(external_id="u1"), known_id=there.id, delivered=True))
    assert (outcome.code, outcome.intercom_id, outcome.unarchived) == (None, there.id, True)


def test_somebody_elses_archived_contact_goes_back_to_the_archive(world):
    there = world.contact("other", "e1@example.com", condition=Condition.ARCHIVED, name="old name")
    (outcome,) = world.say(UNARCHIVING, world.row(row(external_id="u1", email="e1@example.com")))
    assert outcome.code == "identifier_conflict"
    held = world.state.contacts.get(there.id)
    assert (held.condition, held.fields["name"]) == (Condition.ARCHIVED, "old name")


def test_only_a_refused_unarchiving_proves_that_a_contact_was_deleted(world):
    there = world.contact("u1", condition=Condition.DELETED)
    (outcome,) = world.say(UNARCHIVING, world.row(row(external_id="u1")))
    assert (outcome.operation.value, outcome.code, outcome.intercom_id) == ("unarchive", "deleted", there.id)


def test_an_archived_contact_stays_where_it_is_unless_told_otherwise(world):
    there = world.contact("u1", condition=Condition.ARCHIVED)
    (outcome,) = world.say(
        contact("upsert", "external_id", **USER),
        world.row(row(external_id="u1"), known_id=there.id, delivered=True),
    )
    assert (outcome.code, outcome.intercom_id) == ("archived", there.id)
    assert world.state.contacts.get(there.id) == there


# Search lags


@pytest.mark.parametrize("identifier", ["external_id", "email"])
def test_search_lag_neither_loses_nor_doubles_a_contact(world, identifier):
    """Each row is said three times by runs that remember nothing, while search shows nothing."""
    world.state.search_lag = 3600.0
    said = [
        world.row(row(k=f"k{n}", external_id=f"u{n}", email=f"e{n}@example.com", name=f"name {n}"))
        for n in range(60)
    ]
    for _ in range(3):
        outcomes = world.say(contact("upsert", identifier, **USER), *said, concurrency=8)
        assert {each.code for each in outcomes} == {None}

    held = {each.external_id: each for each in world.state.contacts}
    assert len(world.state.contacts) == len(held) == 60
    assert {each.fields["name"] for each in held.values()} == {f"name {n}" for n in range(60)}
    calls = world.calls()
    assert calls.count("POST /contacts") == 180
    assert len(calls) <= 60 * (1 + 3 + 3) + 3 * 2
