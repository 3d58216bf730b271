"""Tags and memberships: what is removed is the pair, and the same pair of another activation stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbt_intercom_activate.sandbox.records import Applied, Tag

TAGS = {
    "name": "tags",
    "object": "contact_tag",
    "behaviour": "attach",
    "identifier": "external_id",
    "fields": {"external_id": "id", "tag": "tag"},
    "removed": "detach",
}
COLUMNS = "id text, tag text"


@pytest.fixture
def tagged(town):
    for key in ("u1", "u2"):
        town.shop.add_contact(external_id=key, email=f"{key}@example.com")
    town.write(TAGS)
    town.write({**TAGS, "name": "others", "removed": "ignore"}, model="accounts")
    town.rows(COLUMNS, ("u1", "VIP"), ("u1", "Gold"), ("u2", "VIP"))
    town.rows(COLUMNS, ("u1", "vip "), ("u2", "Gold"), model="accounts")
    town.sync()
    town.shop.calls()
    return town


def test_a_pair_that_another_activation_holds_stays_and_its_neighbours_go(tagged):
    tagged.rows(COLUMNS, ("u9", "VIP"))
    tagged.sync(code=1)  # u9 is not there
    assert tagged.tags("u1") == {"vip"}
    assert tagged.tags("u2") == {"Gold"}


def test_a_pair_stays_after_its_other_holder_was_told_nothing_new(tagged):
    tagged.write({**TAGS, "name": "others", "removed": "ignore", "nulls": "skip"}, model="accounts")
    tagged.sync()
    tagged.rows(COLUMNS, ("u1", "Gold"), ("u2", "VIP"))
    tagged.sync()
    assert tagged.tags("u1") == {"vip", "Gold"}


def test_another_tag_that_has_taken_the_name_stays(tagged):
    state = tagged.shop.state
    gold = state.tag_named("Gold")
    state.put_tag(replace(gold, name="Silver"))
    state.put_tag(Tag("9999", "Gold"))
    contact = tagged.contact("u1")
    tagged.shop.change_contact(contact.id, tags={**contact.tags, "9999": Applied(1, "991267459")})
    tagged.rows(COLUMNS, ("u1", "VIP"), ("u2", "VIP"))
    ran = tagged.sync("--select", "customers")
    assert ran["tags"]["counts"]["removed"] == 1
    assert tagged.tags("u1") == {"vip", "Gold"}
    assert "9999" in tagged.contact("u1").tags


def test_a_tag_that_is_gone_needs_no_call_to_be_taken_off(tagged):
    tagged.shop.state.remove_tag(tagged.shop.state.tag_named("Gold"))
    tagged.rows(COLUMNS, ("u1", "VIP"), ("u2", "VIP"))
    ran = tagged.sync("--select", "customers")
    assert ran["tags"]["counts"]["removed"] == 1
    assert tagged.shop.calls() == {"GET /tags": 1}


def test_a_membership_that_another_activation_holds_stays(town):
    members = {
        "name": "members",
        "object": "contact_company",
        "behaviour": "attach",
        "fields": {"contact.external_id": "id", "company.company_id": "company"},
        "removed": "detach",
    }
    columns = "id text, company text"
    companies = [town.shop.add_company(key) for key in ("c1", "c2")]
    for key in ("u1", "u2"):
        town.shop.add_contact(external_id=key)
    town.write(members)
    town.write({**members, "name": "others", "removed": "ignore", "nulls": "skip"}, model="accounts")
    town.rows(columns, ("u1", "c1"), ("u1", "c2"), ("u2", "c1"))
    town.rows(columns, ("u1", "c1"), ("u2", "c2"), model="accounts")
    town.sync()
    town.rows(columns, ("u1", "c2"))
    ran = town.sync()
    assert ran["members"]["counts"]["removed"] == 1
    assert set(town.contact("u1").companies) == {each.id for each in companies}
    assert set(town.contact("u2").companies) == {companies[1].id}


@pytest.mark.parametrize(
    ("name", "items", "kept", "lost"),
    [("conversation_tag", "conversations", "501", "502"), ("ticket_tag", "tickets", "701", "702")],
)
def test_a_tag_leaves_in_the_name_of_the_admin(town, name, items, kept, lost):
    block = {**TAGS, "object": name, "identifier": "id"}
    block |= {"fields": {"id": "id", "tag": "tag"}, "constants": {"admin_id": "991267459"}}
    town.write(block)
    town.rows(COLUMNS, (kept, "Bug"), (lost, "Bug"))
    town.sync()
    town.rows(COLUMNS, (kept, "Bug"))
    ran = town.sync()
    assert ran["tags"]["counts"]["removed"] == 1
    assert not getattr(town.shop.state, items)[lost].tags
    assert getattr(town.shop.state, items)[kept].tags


def test_companies_lose_their_tag_fifty_to_a_call(town):
    ids = [town.shop.add_company(f"c{n}").id for n in range(130)]
    block = {**TAGS, "object": "company_tag", "identifier": "id", "fields": {"id": "id", "tag": "tag"}}
    town.write({**block, "max_removed": "100%"})
    town.rows(COLUMNS, *((each, tag) for each in ids for tag in ("VIP", "Gold")))
    town.sync()
    assert town.shop.calls() == {"POST /tags": 6}

    town.rows(COLUMNS, *((each, "Gold") for each in ids), *((each, "VIP") for each in ids[120:]))
    ran = town.sync()
    assert ran["tags"]["counts"]["removed"] == 120
    # Tags are read once: one may have been renamed since.
    assert town.shop.calls() == {"GET /tags": 1, "POST /tags": 3}
    names = [{town.shop.state.tags[tag].name for tag in each.tags} for each in town.shop.state.companies]
    assert (names.count({"Gold"}), names.count({"Gold", "VIP"})) == (120, 10)


def test_contacts_lose_their_tag_one_to_a_call(town):
    ids = [town.shop.add_contact(external_id=f"u{n}").id for n in range(30)]
    town.write({**TAGS, "identifier": "id", "fields": {"id": "id", "tag": "tag"}, "max_removed": "100%"})
    town.rows(COLUMNS, *((each, "VIP") for each in ids))
    town.sync()
    assert town.shop.calls() == {"POST /tags": 1}

    town.rows(COLUMNS, (ids[0], "VIP"))
    ran = town.sync()
    assert ran["tags"]["counts"]["removed"] == 29
    assert town.shop.calls() == {"GET /tags": 1, "DELETE /contacts/{contact_id}/tags/{tag_id}": 29}
    assert [each.external_id for each in town.shop.state.contacts if each.tags] == ["u0"]
