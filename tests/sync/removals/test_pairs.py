"""Tags and memberships: what is removed is the pair, and the same pair of another activation stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbt_intercom_activate.sandbox.records import Applied, StoredTag

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
def tagged_by_two(two_models):
    for key in ("u1", "u2"):
        two_models.shop.add_contact(external_id=key, email=f"{key}@example.com")
    two_models.write(TAGS)
    two_models.write({**TAGS, "name": "others", "removed": "ignore"}, model="accounts")
    two_models.rows(COLUMNS, ("u1", "VIP"), ("u1", "Gold"), ("u2", "VIP"))
    two_models.rows(COLUMNS, ("u1", "vip "), ("u2", "Gold"), model="accounts")
    two_models.sync()
    two_models.shop.calls()
    return two_models


def test_a_pair_that_another_activation_holds_stays(tagged_by_two):
    tagged_by_two.rows(COLUMNS, ("u9", "VIP"))
    tagged_by_two.sync(code=1)  # u9 is not there
    assert tagged_by_two.tags("u1") == {"vip"}
    assert tagged_by_two.tags("u2") == {"Gold"}


@pytest.mark.slow
def test_a_pair_stays_while_its_other_holder_is_unchanged(tagged_by_two):
    tagged_by_two.write({**TAGS, "name": "others", "removed": "ignore", "nulls": "skip"}, model="accounts")
    tagged_by_two.sync()
    tagged_by_two.rows(COLUMNS, ("u1", "Gold"), ("u2", "VIP"))
    tagged_by_two.sync()
    assert tagged_by_two.tags("u1") == {"vip", "Gold"}


@pytest.mark.slow
def test_another_tag_that_has_taken_the_name_stays(tagged_by_two):
    state = tagged_by_two.shop.state
    gold = state.tag_named("Gold")
    state.put_tag(replace(gold, name="Silver"))
    state.put_tag(StoredTag("9999", "Gold"))
    contact = tagged_by_two.contact("u1")
    tagged_by_two.shop.change_contact(contact.id, tags={**contact.tags, "9999": Applied(1, "991267459")})
    tagged_by_two.rows(COLUMNS, ("u1", "VIP"), ("u2", "VIP"))
    ran = tagged_by_two.sync("--select", "customers")
    assert ran["tags"]["counts"]["removed"] == 1
    assert tagged_by_two.tags("u1") == {"vip", "Gold"}
    assert "9999" in tagged_by_two.contact("u1").tags


@pytest.mark.slow
def test_detaching_a_deleted_tag_needs_no_call(tagged_by_two):
    tagged_by_two.shop.state.remove_tag(tagged_by_two.shop.state.tag_named("Gold"))
    tagged_by_two.rows(COLUMNS, ("u1", "VIP"), ("u2", "VIP"))
    ran = tagged_by_two.sync("--select", "customers")
    assert ran["tags"]["counts"]["removed"] == 1
    assert tagged_by_two.shop.calls() == {"GET /tags": 1}


@pytest.mark.slow
def test_a_membership_that_another_activation_holds_stays(two_models):
    members = {
        "name": "members",
        "object": "contact_company",
        "behaviour": "attach",
        "fields": {"contact.external_id": "id", "company.company_id": "company"},
        "removed": "detach",
    }
    columns = "id text, company text"
    companies = [two_models.shop.add_company(key) for key in ("c1", "c2")]
    for key in ("u1", "u2"):
        two_models.shop.add_contact(external_id=key)
    two_models.write(members)
    two_models.write({**members, "name": "others", "removed": "ignore", "nulls": "skip"}, model="accounts")
    two_models.rows(columns, ("u1", "c1"), ("u1", "c2"), ("u2", "c1"))
    two_models.rows(columns, ("u1", "c1"), ("u2", "c2"), model="accounts")
    two_models.sync()
    two_models.rows(columns, ("u1", "c2"))
    ran = two_models.sync()
    assert ran["members"]["counts"]["removed"] == 1
    assert set(two_models.contact("u1").companies) == {each.id for each in companies}
    assert set(two_models.contact("u2").companies) == {companies[1].id}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "items", "kept", "lost"),
    [("conversation_tag", "conversations", "501", "502"), ("ticket_tag", "tickets", "701", "702")],
)
def test_a_tag_leaves_in_the_name_of_the_admin(two_models, name, items, kept, lost):
    block = {**TAGS, "object": name, "identifier": "id"}
    block |= {"fields": {"id": "id", "tag": "tag"}, "constants": {"admin_id": "991267459"}}
    two_models.write(block)
    two_models.rows(COLUMNS, (kept, "Bug"), (lost, "Bug"))
    two_models.sync()
    two_models.rows(COLUMNS, (kept, "Bug"))
    ran = two_models.sync()
    assert ran["tags"]["counts"]["removed"] == 1
    assert not getattr(two_models.shop.state, items)[lost].tags
    assert getattr(two_models.shop.state, items)[kept].tags


@pytest.mark.slow
def test_companies_lose_their_tag_fifty_to_a_call(two_models):
    ids = [two_models.shop.add_company(f"c{n}").id for n in range(130)]
    block = {**TAGS, "object": "company_tag", "identifier": "id", "fields": {"id": "id", "tag": "tag"}}
    two_models.write({**block, "max_removed": "100%"})
    two_models.rows(COLUMNS, *((each, tag) for each in ids for tag in ("VIP", "Gold")))
    two_models.sync()
    assert two_models.shop.calls() == {"POST /tags": 6}

    two_models.rows(COLUMNS, *((each, "Gold") for each in ids), *((each, "VIP") for each in ids[120:]))
    ran = two_models.sync()
    assert ran["tags"]["counts"]["removed"] == 120
    # Tags are read once: one may have been renamed since.
    assert two_models.shop.calls() == {"GET /tags": 1, "POST /tags": 3}
    names = [
        {two_models.shop.state.tags[tag].name for tag in each.tags}
        for each in two_models.shop.state.companies
    ]
    assert (names.count({"Gold"}), names.count({"Gold", "VIP"})) == (120, 10)


def test_contacts_lose_their_tag_one_to_a_call(two_models):
    ids = [two_models.shop.add_contact(external_id=f"u{n}").id for n in range(30)]
    two_models.write(
        {**TAGS, "identifier": "id", "fields": {"id": "id", "tag": "tag"}, "max_removed": "100%"}
    )
    two_models.rows(COLUMNS, *((each, "VIP") for each in ids))
    two_models.sync()
    assert two_models.shop.calls() == {"POST /tags": 1}

    two_models.rows(COLUMNS, (ids[0], "VIP"))
    ran = two_models.sync()
    assert ran["tags"]["counts"]["removed"] == 29
    assert two_models.shop.calls() == {"GET /tags": 1, "DELETE /contacts/{contact_id}/tags/{tag_id}": 29}
    assert [each.external_id for each in two_models.shop.state.contacts if each.tags] == ["u0"]
