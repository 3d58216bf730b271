"""A contact belongs to one record of a run, and the answer to a write is held against the record."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from dbt_intercom_activate.delivery.adoptions import Adoptions
from dbt_intercom_activate.sandbox.faults import Fault

FIELDS = {"external_id": "external_id", "email": "email", "name": "name"}
BY_EXTERNAL_ID = {
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": FIELDS,
    "constants": {"role": "user"},
}
BY_EMAIL = {**BY_EXTERNAL_ID, "identifier": "email"}
INSERT = {**BY_EXTERNAL_ID, "behaviour": "insert", "identifier": "email", "key": ["external_id"]}


def row(external_id, email="e1@example.com", name="new name"):
    return {"external_id": external_id, "email": email, "name": name}


@pytest.fixture
def there(world):
    """A contact without external_id that two rows may take for theirs."""
    world.state.emails_are_unique = True
    yield world.contact(None, "e1@example.com")
    world.state.emails_are_unique = False


def told(outcomes):
    return sorted(str(each.code) for each in outcomes)


def test_two_rows_with_one_email_adopt_its_contact_once(world, there):
    # Both read the contact before either has written to it.
    world.sandbox.faults.add(Fault("GET", "/contacts/", delay_s=0.1, times=None))
    outcomes = world.say(BY_EXTERNAL_ID, world.row(row("u1")), world.row(row("u2")), concurrency=2)

    assert told(outcomes) == ["None", "identifier_conflict"]
    assert world.calls().count("PUT /contacts/{contact_id}") == 1
    (winner,) = [key for key, each in zip(("u1", "u2"), outcomes, strict=True) if each.code is None]
    assert world.state.contacts.get(there.id).external_id == winner


def test_two_activations_of_a_run_adopt_a_contact_once(world, there):
    run = Adoptions()
    (first,) = world.say(BY_EMAIL, world.row(row("u1")), adoptions=run)
    # What the ledger knows of the email is the same contact.
    (second,) = world.say(BY_EMAIL, world.row(row("u2"), known_id=there.id), adoptions=run)

    assert (first.code, second.code) == (None, "identifier_conflict")
    assert world.state.contacts.get(there.id).external_id == "u1"


def test_two_activations_of_a_run_may_mean_the_same_person(world, there):
    run = Adoptions()
    for name in ("first", "second"):
        said = world.row(row("u1", name=name), known_id=there.id)
        (outcome,) = world.say(BY_EMAIL, said, adoptions=run)
        assert outcome.code is None
    assert world.state.contacts.get(there.id).fields["name"] == "second"


def test_a_later_run_may_change_the_external_id(world, there):
    for external_id in ("u1", "u2"):
        (outcome,) = world.say(BY_EMAIL, world.row(row(external_id), known_id=there.id))
        assert outcome.code is None
    assert world.state.contacts.get(there.id).external_id == "u2"


def test_a_refused_adoption_leaves_the_contact_to_another_row(world, there):
    world.sandbox.faults.add(Fault("PUT", "/contacts/", status=400, code="parameter_invalid", message="no"))
    outcomes = world.say(BY_EXTERNAL_ID, world.row(row("u1")), world.row(row("u2")))

    assert told(outcomes) == ["None", "rejected"]
    assert world.state.contacts.get(there.id).external_id == "u2"


def test_what_one_row_made_is_no_insert_of_another(world):
    world.state.emails_are_unique = True
    earlier = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(hours=1)
    block = {**INSERT, "fields": {"email": "email", "name": "name"}, "identifier": None}
    block = {name: value for name, value in block.items() if value is not None} | {"key": ["key"]}
    rows = [
        world.row({"key": key, "email": "e1@example.com", "name": key}, first_attempt_at=earlier)
        for key in ("k1", "k2")
    ]
    outcomes = world.say(block, *rows)

    assert told(outcomes) == ["None", "already_exists"]
    assert len(world.state.contacts) == 1


@pytest.mark.parametrize("email", ["other@example.com", "", None])
def test_an_update_answered_with_another_email_is_no_success(world, email):
    there = world.contact("u1", "old@example.com")
    held = {"type": "contact", "id": there.id, "role": "user", "external_id": "u1", "email": email}
    world.sandbox.faults.add(Fault("PUT", "/contacts/", status=200, body=held))
    (outcome,) = world.say(BY_EXTERNAL_ID, world.row(row("u1"), known_id=there.id, delivered=True))

    assert (outcome.code, outcome.intercom_id) == ("rejected", there.id)
    assert "email" in outcome.message
    assert "example.com" not in outcome.message


@pytest.mark.parametrize("email", [" E1@Example.COM ", "e1@example.com"])
def test_the_case_of_an_answered_email_means_nothing(world, email):
    there = world.contact("u1", "old@example.com")
    held = {"type": "contact", "id": there.id, "role": "user", "external_id": "u1", "email": email}
    world.sandbox.faults.add(Fault("PUT", "/contacts/", status=200, body=held))
    (outcome,) = world.say(BY_EXTERNAL_ID, world.row(row("u1"), known_id=there.id, delivered=True))

    assert outcome.code is None


def test_an_update_of_another_companys_id_is_no_success(world):
    there = world.company("a1")
    block = {
        "object": "company",
        "behaviour": "upsert",
        "identifier": "id",
        "key": ["name"],
        "fields": {"id": "id", "company_id": "company_id", "name": "name"},
    }
    for company_id, code in (("a1", None), ("a2", "identifier_conflict")):
        said = world.row({"id": there.id, "company_id": company_id, "name": "new"})
        (outcome,) = world.say(block, said)
        assert (outcome.code, outcome.intercom_id) == (code, there.id)
