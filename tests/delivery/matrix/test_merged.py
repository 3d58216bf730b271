"""A contact was merged into another: its id answers 410, and the record is matched afresh by its identifier."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.sandbox.records import Condition

EMAIL = "ana@example.com"
FIELDS = {"email": {"email": "email"}, "external_id": {"external_id": "external_id"}}
SAID = {"k": "k", "email": EMAIL, "external_id": "ana", "name": "new name", "tag": "VIP", "company": "c1"}


def contact(behaviour: str, identifier: str, **rest):
    fields = {**FIELDS[identifier], **({"name": "name"} if behaviour != "archive" else {})}
    return {
        "object": "contact",
        "behaviour": behaviour,
        "identifier": identifier,
        "fields": fields,
        "key": ["k"],
        **rest,
    }


def tag(behaviour: str, identifier: str):
    fields = {**FIELDS[identifier], "tag": "tag"}
    return {"object": "contact_tag", "behaviour": behaviour, "identifier": identifier, "fields": fields}


def membership(behaviour: str, identifier: str):
    fields = {f"contact.{identifier}": identifier, "company.company_id": "company"}
    return {"object": "contact_company", "behaviour": behaviour, "fields": fields}


BLOCKS = {
    f"{make.__name__} {behaviour} by {identifier}": make(behaviour, identifier)
    for identifier in ("email", "external_id")
    for make, behaviours in (
        (contact, ("upsert", "update", "archive")),
        (tag, ("attach", "detach")),
        (membership, ("attach", "detach")),
    )
    for behaviour in behaviours
}


@pytest.fixture
def merged(world):
    """A lead that we knew, merged into the user who has both identifiers of the record."""
    company = world.company("c1")
    user = world.contact("ana", EMAIL, tags=["gold"], companies=[company.id])
    lead = world.contact("made-up", EMAIL, role="lead", condition=Condition.MERGED, merged_into=user.id)
    world.tag("VIP")
    return lead, user


@pytest.mark.parametrize("lag", [0.0, 3600.0], ids=["search shows it", "search lags"])
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_merged_id_is_matched_afresh(world, merged, block, lag):
    lead, user = merged
    world.state.search_lag = lag
    known = world.row(SAID, known_id=lead.id, delivered=True)

    (outcome,) = world.say(block, known)

    assert (outcome.code, outcome.intercom_id) == (None, user.id)
    assert world.state.contacts.get(lead.id) == lead
    assert len(world.state.contacts) == 2


@pytest.mark.parametrize("name", [each for each in BLOCKS if each.endswith("by email")])
def test_a_survivor_of_another_email_is_not_its_own(world, name):
    world.company("c1")
    user = world.contact("other", "other@example.com", tags=["VIP"])
    lead = world.contact("made-up", EMAIL, role="lead", condition=Condition.MERGED, merged_into=user.id)

    (outcome,) = world.say(BLOCKS[name], world.row(SAID, known_id=lead.id, delivered=True))

    assert (outcome.code, outcome.intercom_id) == ("merged", user.id)
    assert user.id in outcome.message
    assert world.state.contacts.get(user.id) == user
    assert len(world.state.contacts) == 2


def test_a_survivor_with_another_external_id_is_not_its_own(world, merged):
    lead, user = merged
    block = contact("upsert", "email")
    block["fields"]["external_id"] = "external_id"
    said = {**SAID, "external_id": "somebody else"}

    (outcome,) = world.say(block, world.row(said, known_id=lead.id, delivered=True))

    assert outcome.code == "merged"
    assert world.state.contacts.get(user.id) == user


def test_a_user_is_not_its_own_where_leads_are_meant(world, merged):
    lead, user = merged
    block = contact("upsert", "email", constants={"role": "lead"})

    (outcome,) = world.say(block, world.row(SAID, known_id=lead.id, delivered=True))

    assert outcome.code == "merged"
    assert world.state.contacts.get(user.id) == user


def test_whom_search_shows_though_merged_is_matched_afresh(world):
    """Nothing is remembered: what search shows was merged a moment ago."""
    lead = world.contact("made-up", EMAIL, role="lead")
    user = world.contact("ana", "another@example.com")
    world.state.search_lag = 60.0
    merged_lead = {"condition": Condition.MERGED, "merged_into": user.id}
    world.change(lead.id, **merged_lead)
    world.change(user.id, email=EMAIL)

    (outcome,) = world.say(contact("upsert", "email"), world.row(SAID))

    assert (outcome.code, outcome.intercom_id) == (None, user.id)


def test_a_contact_merged_without_an_identifier_is_not_made_again(world, merged):
    lead, _ = merged
    block = {**contact("upsert", "email"), "identifier": "id", "fields": {"id": "id", "name": "name"}}
    block["constants"] = {"role": "lead"}

    (outcome,) = world.say(block, world.row({**SAID, "id": None}, known_id=lead.id, delivered=True))

    assert outcome.code == "merged"
    assert len(world.state.contacts) == 2
