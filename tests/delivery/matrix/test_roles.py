"""A lead and a user share an email, and a role says which of them a tag, a membership or an event means."""

from __future__ import annotations

import pytest

EMAIL = "ana@example.com"
SAID = {"email": EMAIL, "tag": "VIP", "company": "c1", "name": "ordered", "at": 1_700_000_000}
TAG = {"object": "contact_tag", "identifier": "email", "fields": {"email": "email", "tag": "tag"}}
MEMBERSHIP = {
    "object": "contact_company",
    "fields": {"contact.email": "email", "company.company_id": "company"},
}
EVENT = {
    "object": "event",
    "behaviour": "send",
    "identifier": "email",
    "fields": {"email": "email", "event_name": "name", "created_at": "at"},
}
BLOCKS = {
    "a tag": {**TAG, "behaviour": "attach"},
    "a tag that goes": {**TAG, "behaviour": "detach"},
    "a membership": {**MEMBERSHIP, "behaviour": "attach"},
    "a membership that ends": {**MEMBERSHIP, "behaviour": "detach"},
    "an event": EVENT,
}


@pytest.fixture
def two(world):
    """The contact of each role."""
    has = {"tags": ["VIP"], "companies": [world.company("c1").id]}
    return {
        "user": world.contact("ana", EMAIL, **has),
        "lead": world.contact("made-up", EMAIL, role="lead", **has),
    }


@pytest.mark.parametrize("role", ["user", "lead"])
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_role_narrows_the_match(world, two, block, role):
    (outcome,) = world.say({**block, "constants": {"role": role}}, world.row(SAID))

    assert (outcome.code, outcome.intercom_id) == (None, two[role].id)
    if block["object"] == "event":
        assert [each.contact_id for each in world.state.events] == [two[role].id]


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("block", [each for name, each in BLOCKS.items() if name != "an event"])
def test_without_a_role_nobody_is_meant(world, block):
    (outcome,) = world.say(block, world.row(SAID))
    assert outcome.code == "ambiguous_match"


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_lone_contact_of_the_other_role_is_not_meant(world, block):
    world.contact("made-up", EMAIL, role="lead")
    world.company("c1")
    world.tag("VIP")
    (outcome,) = world.say({**block, "constants": {"role": "user"}}, world.row(SAID))
    assert outcome.code == "not_found"
    assert not world.state.events


def test_events_with_a_role_are_looked_up_together(world):
    for number in range(60):
        world.contact(f"u{number}", f"e{number}@example.com")
    rows = [world.row({**SAID, "email": f"e{number}@example.com"}) for number in range(60)]

    outcomes = world.say({**EVENT, "constants": {"role": "user"}}, *rows)

    assert {each.code for each in outcomes} == {None}
    calls = world.calls()
    assert (calls.count("POST /contacts/search"), calls.count("POST /events")) == (2, 60)
