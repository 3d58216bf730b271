"""Many records in a call: tags, and what is missing from an answer that says 200."""

from __future__ import annotations

from collections import Counter

import pytest

from dbt_intercom_activate.sandbox.faults import Fault

NOBODY = "6762f0dd1bb69f9f00000000"
ATTACH = {
    "object": "contact_tag",
    "behaviour": "attach",
    "identifier": "id",
    "fields": {"id": "id", "tag": "tag"},
}
COMPANIES = {**ATTACH, "object": "company_tag"}


def tag_rows(world, ids, tag="VIP"):
    return [world.row({"id": each, "tag": tag}) for each in ids]


def test_fifty_contacts_are_tagged_in_a_call(world):
    ids = [world.contact(f"u{n}").id for n in range(120)]
    outcomes = world.say(ATTACH, *tag_rows(world, ids), concurrency=4)
    assert {each.code for each in outcomes} == {None}
    assert [each.intercom_id for each in outcomes] == ids
    assert world.calls() == ["POST /tags"] * 3
    tag = world.state.tag_named("vip")
    assert all(tag.id in each.tags for each in world.state.contacts)


@pytest.mark.parametrize("behaviour", ["attach", "detach"])
def test_fifty_companies_are_tagged_and_untagged_in_a_call(world, behaviour):
    world.tag("VIP")
    ids = [world.company(f"c{n}", tags=["VIP"] if behaviour == "detach" else ()).id for n in range(120)]
    outcomes = world.say({**COMPANIES, "behaviour": behaviour}, *tag_rows(world, ids), concurrency=4)
    assert {each.code for each in outcomes} == {None}
    assert Counter(world.calls())["POST /tags"] == 3
    assert {bool(each.tags) for each in world.state.companies} == {behaviour == "attach"}


def test_contacts_are_untagged_one_by_one(world):
    ids = [world.contact(f"u{n}", tags=["VIP"]).id for n in range(10)]
    outcomes = world.say({**ATTACH, "behaviour": "detach"}, *tag_rows(world, ids))
    assert {each.code for each in outcomes} == {None}
    assert Counter(world.calls()) == {"GET /tags": 1, "DELETE /contacts/{contact_id}/tags/{tag_id}": 10}
    assert not any(each.tags for each in world.state.contacts)


def test_a_user_missing_from_the_answer_is_tried_alone_once(world):
    ids = [world.contact(f"u{n}").id for n in range(3)]
    said = [ids[0], NOBODY, ids[1], f"{NOBODY}1", ids[2]]
    outcomes = world.say(ATTACH, *tag_rows(world, said))
    assert [each.code for each in outcomes] == [None, "not_found", None, "not_found", None]
    assert world.calls() == ["POST /tags", *["POST /contacts/{contact_id}/tags"] * 2]


def test_a_company_missing_from_the_answer_is_tried_alone_once(world):
    ids = [world.company(f"c{n}").id for n in range(3)]
    outcomes = world.say(COMPANIES, *tag_rows(world, [ids[0], NOBODY, ids[1], ids[2]]))
    assert [each.code for each in outcomes] == [None, "not_found", None, None]
    assert world.calls() == ["POST /tags"] * 2


def test_a_batch_holds_one_tag_in_any_case(world):
    there = world.tag("vip")
    ids = [world.contact(f"u{n}").id for n in range(6)]
    rows = [world.row({"id": each, "tag": tag}) for each in ids for tag in ("VIP", " Vip ", "new")]
    outcomes = world.say(ATTACH, *rows)
    assert {each.code for each in outcomes} == {None}
    assert world.calls() == ["POST /tags"] * 2
    assert {each.name for each in world.state.tags.values()} == {"vip", "new"}
    assert [each.related_id for each in outcomes[:2]] == [there.id] * 2


def test_two_hundred_tags_of_one_contact_each_are_delivered(world):
    rows = [world.row({"id": world.contact(f"u{n}").id, "tag": f"tag {n}"}) for n in range(200)]
    outcomes = world.say(ATTACH, *rows, concurrency=4)
    assert {each.code for each in outcomes} == {None}
    assert world.calls() == ["POST /tags"] * 200


def test_one_refused_batch_fails_its_own_records_only(world):
    ids = [world.contact(f"u{n}").id for n in range(4)]
    refusal = {"type": "error.list", "errors": [{"code": "parameter_invalid", "message": "no"}]}
    world.sandbox.faults.add(Fault("POST", "/tags", status=400, body=refusal))
    rows = [*tag_rows(world, ids[:2], "a"), *tag_rows(world, ids[2:], "b")]
    outcomes = world.say(ATTACH, *rows)
    assert Counter(each.code for each in outcomes) == {"rejected": 2, None: 2}
    assert {each.message for each in outcomes if each.code} == {"parameter_invalid: no"}


def test_an_unanswered_batch_is_unreachable_and_delivered_later(world):
    ids = [world.contact(f"u{n}").id for n in range(3)]
    world.sandbox.faults.add(Fault("POST", "/tags", status=503, times=5))
    outcomes = world.say(ATTACH, *tag_rows(world, ids))
    assert [each.code for each in outcomes] == ["unreachable"] * 3
    assert [each.code for each in world.say(ATTACH, *tag_rows(world, ids))] == [None] * 3


def test_a_conversations_tag_goes_by_delete_with_a_body(world):
    """The sandbox refuses a DELETE without `admin_id` in its body, as Intercom does."""
    block = {
        "object": "conversation_tag",
        "behaviour": "attach",
        "identifier": "id",
        "fields": {"id": "id", "tag": "tag"},
    }
    said = world.row({"id": "501", "tag": "VIP"})
    (attached,) = world.say(block, said)
    applied = world.state.conversations["501"].tags
    assert [each.admin_id for each in applied.values()] == ["991267459"]
    (detached,) = world.say({**block, "behaviour": "detach"}, said)
    assert (attached.code, detached.code) == (None, None)
    assert not world.state.conversations["501"].tags


def test_a_conversation_without_an_admin_is_not_tagged(world):
    fields = {"id": "id", "tag": "tag", "admin_id": "admin"}
    block = {"object": "conversation_tag", "behaviour": "attach", "identifier": "id", "fields": fields}
    rows = [world.row({"id": "501", "tag": "VIP", "admin": each}) for each in (None, "", "nobody")]
    outcomes = world.say(block, *rows)
    assert [each.code for each in outcomes] == ["invalid_value", "invalid_value", "rejected"]
    assert not world.state.conversations["501"].tags


def test_fifty_contacts_are_looked_up_in_a_call(world):
    for n in range(100):
        world.contact(f"u{n}", f"e{n}@example.com")
    block = {
        "object": "contact",
        "behaviour": "update",
        "identifier": "email",
        "fields": {"email": "email", "name": "name"},
    }
    rows = [world.row({"email": f"E{n}@Example.com", "name": "n"}) for n in range(100)]
    outcomes = world.say(block, *rows, concurrency=4)
    assert {each.code for each in outcomes} == {None}
    assert Counter(world.calls()) == {"POST /contacts/search": 2, "PUT /contacts/{contact_id}": 100}


def test_a_search_that_intercom_finds_too_long_is_halved(world):
    world.state.max_in_values = 20
    for n in range(50):
        world.contact(f"u{n}")
    block = {
        "object": "contact",
        "behaviour": "update",
        "identifier": "external_id",
        "fields": {"external_id": "id", "name": "name"},
    }
    outcomes = world.say(block, *[world.row({"id": f"u{n}", "name": "n"}) for n in range(50)])
    assert {each.code for each in outcomes} == {None}
    assert Counter(world.calls()) == {"POST /contacts/search": 7, "PUT /contacts/{contact_id}": 50}
