"""An activation that got another name, or left the project."""

from __future__ import annotations

from typing import Any

import pytest

PEOPLE: dict[str, Any] = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "customer_id", "email": "email"},
    "removed": "archive",
}


@pytest.fixture
def people(shop):
    """Four people, delivered by the activation `people`."""
    shop.configure(customers=PEOPLE, accounts=None)
    shop.sync()
    shop.calls()
    return shop


def rename(shop: Any, **changes: Any) -> None:
    shop.configure(customers={**PEOPLE, "name": "folks", **changes})


def test_a_renamed_activation_owns_what_it_delivered(people):
    people.sql("delete from customers where customer_id = 'c1'")
    rename(people, was="people")
    planned = people.plan()
    ran = people.sync()

    assert ran.counts("folks") == {"rows": 3, "unchanged": 3, "removed": 1}
    assert planned["folks"]["counts"] == {
        "rows": 3,
        "added": 0,
        "changed": 0,
        "unchanged": 3,
        "removed": 1,
        "kept": 0,
        "held": 0,
        "invalid": 0,
        "waiting": 0,
    }
    assert people.calls() == {"POST /contacts/{contact_id}/archive": 1}
    assert "folks: what people delivered is its own now" in ran.out
    assert "c1" not in people.contacts()


ELSEWHERE = [
    pytest.param({"model": "accounts"}, id="another model"),
    pytest.param({"key": ["email"]}, id="another key"),
    pytest.param({"identifier": "email"}, id="another identifier"),
]


@pytest.mark.slow
@pytest.mark.parametrize("change", ELSEWHERE)
def test_a_former_name_removes_nobody_delivered_from_elsewhere(people, change):
    """Who is not there may stand in the relation, or under the key, of before."""
    change = dict(change)
    model = change.pop("model", "customers")
    people.sql("create or replace table accounts as select * from customers where customer_id <> 'c1'")
    people.sql("delete from customers where customer_id = 'c1'")
    block = {**PEOPLE, "name": "folks", "was": "people", "max_removed": "100%", **change}
    people.configure(**{"customers": None, "accounts": None, model: block})
    planned = people.plan()
    ran = people.sync("--no-gate", "--allow-removals")

    assert ran["folks"]["counts"]["removed"] == planned["folks"]["counts"]["removed"] == 0
    assert len(people.contacts()) == 4


def test_a_former_name_of_another_object_hands_nothing_over(people):
    companies = {
        "name": "folks",
        "was": "people",
        "object": "company",
        "behaviour": "upsert",
        "identifier": "company_id",
        "fields": {"company_id": "customer_id", "name": "full_name"},
    }
    people.configure(customers=companies)
    for _ in range(2):
        ran = people.sync()
        assert "folks: `was: people`: people delivered `object: contact`" in ran.text
    assert ran["folks"]["counts"]["unchanged"] == 4
    assert {row["object_type"] for row in people.ledger("folks")} == {"company"}
    assert len(people.contacts()) == 4


@pytest.mark.slow
def test_was_may_go_once_the_ledger_knows(people):
    rename(people, was=["people", "other"])
    people.sync()
    rename(people)
    ran = people.sync()

    assert ran.counts("folks") == {"rows": 4, "unchanged": 4}
    assert "no owner" not in ran.out
    assert people.calls() == {}


def test_an_activation_that_left_the_project_is_said(people):
    rename(people)
    said = (
        "activation people is in the ledger and no longer in the project: 4 records that it delivered to test "
        "have no owner. If it has another name now, write `was: people` there"
    )
    for command in ("plan", "sync", "sync"):
        assert people.run(command).out.count(said) == 1
    assert said in people.run("check").out


@pytest.mark.slow
def test_what_is_forgotten_has_no_owner_to_miss(people):
    people.configure(customers=None)
    assert people.run("forget", "peeple").err.endswith(
        "could be let go. Did you mean `people`? [activation-unknown-to-ledger]\n"
    )
    ran = people.run("forget", "people")

    assert (ran.code, people.calls()) == (0, {})
    assert "Let go 4 records of people; they stay in Intercom as they are" in ran.out
    assert "no owner" not in people.sync().out
    assert people.run("forget", "people").code == 2


def test_what_is_in_the_project_cannot_be_forgotten(people):
    ran = people.run("forget", "people")
    assert ran.code == 2
    assert "activation people is in the project" in ran.err


def test_status_lists_current_activations_only(people):
    rename(people)
    people.sync()

    assert [line.split()[0] for line in people.run("status").out.splitlines()] == ["folks"]
    assert [line.split()[0] for line in people.run("status", "--all").out.splitlines()] == ["folks", "people"]
