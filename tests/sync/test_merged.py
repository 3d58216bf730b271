"""People whom a teammate merges in Intercom, through the whole line: writes, tags, what the ledger remembers."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from dbt_intercom_activate.sandbox.faults import Fault

CONTACTS = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "email",
    "fields": {"email": "email", "custom_attributes.plan": "plan"},
}
TAGS = {
    "name": "tags",
    "object": "contact_tag",
    "behaviour": "attach",
    "identifier": "email",
    "fields": {"email": "email", "tag": "tag"},
    "removed": "detach",
}
ANA = "ana@example.com"
PEOPLE, PAIRS = "email text, plan text", "email text, tag text"


class Meeting:
    """A lead whom the tool delivered by email, and the user that a teammate merges her into."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        shop.configure(customers=CONTACTS, accounts=TAGS)
        shop.put("customers", PEOPLE, [(ANA, "basic")])
        shop.put("accounts", PAIRS, [(ANA, "VIP"), (ANA, "Gold")])
        self.lead = shop.add_contact(email=ANA, role="lead")
        self.sync()
        self.user = shop.add_contact(external_id="u1", email=ANA)

    def sync(self, *arguments: str, code: int = 0) -> Any:
        ran = self.shop.sync(*arguments)
        assert ran.code == code, ran.text
        return ran

    def merge(self, **changes: Any) -> None:
        """As a teammate does it; `changes` are made to the user first."""
        if changes:
            self.shop.change_contact(self.user.id, **changes)
        answer = requests.post(
            f"{self.shop.sandbox.base_url}/contacts/merge",
            json={"from": self.lead.id, "into": self.user.id, "skip_duplicate_validation": True},
            headers={"Authorization": f"Bearer {self.shop.token}", "Intercom-Version": "2.16"},
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        self.shop.calls()

    def survivor(self) -> Any:
        return self.shop.state.contacts.get(self.user.id)

    def tags(self) -> set[str]:
        return {self.shop.state.tags[tag].name for tag in self.survivor().tags}

    def pairs(self, *tags: str) -> None:
        """The rows of the tags' model."""
        self.shop.put("accounts", PAIRS, [(ANA, tag) for tag in tags])


@pytest.fixture
def meeting(shop):
    return Meeting(shop)


# Point by point: the record is matched afresh, and what was dead stays dead.


def test_a_merged_contact_is_updated_as_its_survivor(meeting):
    meeting.merge()
    meeting.shop.put("customers", PEOPLE, [(ANA, "pro")])

    ran = meeting.sync()

    assert ran["people"]["counts"]["updated"] == 1
    assert meeting.survivor().custom_attributes["plan"] == "pro"
    assert meeting.shop.last("people")[ANA]["intercom_id"] == meeting.user.id
    meeting.shop.calls()
    meeting.sync()
    assert meeting.shop.calls() == {}


def test_whoever_was_merged_is_never_made_again(meeting):
    """The survivor has another email; neither `retry` nor a change of the record makes a second person."""
    meeting.merge(email="else@example.com")
    for plan, command in (("pro", "sync"), ("pro", "retry"), ("gold", "sync")):
        meeting.shop.put("customers", PEOPLE, [(ANA, plan)])
        ran = meeting.shop.run(command, "--select", "customers")
        assert (ran.code, ran["people"]["failures"]) == (1, {"merged": 1})
    assert meeting.user.id in meeting.shop.last("people")[ANA]["message"]
    assert len(meeting.shop.state.contacts) == 2

    meeting.shop.change_contact(meeting.user.id, email=ANA)
    meeting.shop.run("retry")
    assert meeting.survivor().custom_attributes["plan"] == "gold"


@pytest.mark.slow
def test_what_left_is_taken_back_from_the_survivor(meeting):
    meeting.merge()
    assert meeting.tags() == {"VIP", "Gold"}
    meeting.pairs("Gold")

    ran = meeting.sync()

    assert ran["tags"]["counts"]["removed"] == 1
    assert meeting.tags() == {"Gold"}
    last = next(row for row in meeting.shop.ledger("tags") if row["operation"] == "detach")
    assert last["intercom_id"] == meeting.user.id


@pytest.mark.slow
def test_no_removal_succeeds_where_the_survivor_is_not_found(meeting):
    meeting.merge(email="else@example.com")
    meeting.pairs("Gold")
    for _ in range(2):
        ran = meeting.sync(code=1)
        assert ran["tags"]["failures"] == {"merged": 1}
        assert (ran["tags"]["counts"]["removed"], ran["tags"]["counts"]["held"]) == (0, 1)
    assert meeting.tags() == {"VIP", "Gold"}


@pytest.mark.slow
def test_a_survivor_keeps_what_another_activation_holds(meeting):
    others = {**TAGS, "name": "others", "identifier": "external_id", "removed": "ignore"}
    others["fields"] = {"external_id": "id", "tag": "tag"}
    meeting.shop.configure(customers=others)
    meeting.shop.put("customers", "id text, tag text", [("u1", "VIP")])
    meeting.sync()
    meeting.merge()
    meeting.pairs("Gold")

    ran = meeting.sync(code=1)

    assert ran["tags"]["counts"]["held"] == 1
    assert "still has" in ran["tags"]["message"]
    assert meeting.tags() == {"VIP", "Gold"}


@pytest.mark.slow
def test_a_membership_that_left_ends_on_the_survivor(shop):
    members = {
        "name": "members",
        "object": "contact_company",
        "behaviour": "attach",
        "fields": {"contact.email": "email", "company.company_id": "company"},
        "removed": "detach",
    }
    meeting = Meeting(shop)
    companies = {key: shop.add_company(key) for key in ("c1", "c2")}
    shop.configure(customers=None, accounts=members)
    columns = "email text, company text"
    shop.put("accounts", columns, [(ANA, "c1"), (ANA, "c2")])
    shop.change_contact(meeting.user.id, email="else@example.com")
    meeting.sync()
    meeting.merge(email=ANA)
    shop.put("accounts", columns, [(ANA, "c1")])

    ran = meeting.sync()

    assert ran["members"]["counts"]["removed"] == 1
    assert meeting.survivor().companies == (companies["c1"].id,)


@pytest.mark.slow
@pytest.mark.parametrize("found", [True, False])
def test_a_lead_that_left_is_archived_only_as_its_survivor(meeting, found):
    people = {**CONTACTS, "removed": "archive"}
    meeting.shop.configure(customers=people, accounts=None)
    meeting.shop.put("customers", PEOPLE, [(ANA, "basic"), ("bo@example.com", "basic")])
    meeting.shop.change_contact(meeting.user.id, email="else@example.com")
    meeting.sync()
    meeting.merge(email=ANA if found else "else@example.com")
    meeting.shop.put("customers", PEOPLE, [("bo@example.com", "basic")])

    ran = meeting.sync(code=0 if found else 1)

    assert ran["people"]["counts"]["removed"] == found
    assert ran["people"]["failures"] == ({} if found else {"merged": 1})
    assert meeting.survivor().live is not found


@pytest.mark.slow
def test_a_dead_id_stays_dead(meeting):
    """A removal that needs no call tells nothing about the id that it was delivered to."""
    meeting.merge()
    meeting.shop.state.remove_tag(meeting.shop.state.tag_named("Gold"))
    meeting.shop.put("customers", PEOPLE, [(ANA, "pro")])
    meeting.pairs("VIP")
    meeting.sync()  # Gold is nobody's, which is known after VIP was set on the survivor
    meeting.shop.calls()

    meeting.sync()

    assert meeting.shop.calls() == {}
    assert meeting.shop.last("tags")[f"{len(ANA)}:{ANA},3:VIP"]["intercom_id"] == meeting.user.id


@pytest.mark.slow
def test_a_search_that_fails_settles_no_removal(meeting):
    meeting.merge()
    meeting.pairs("Gold")
    meeting.shop.sandbox.faults.add(
        Fault("GET", f"/contacts/{meeting.user.id}", status=400, times=None, code="parameter_invalid")
    )
    ran = meeting.sync(code=1)
    meeting.shop.sandbox.faults.clear()
    assert ran["tags"]["counts"]["removed"] == 0
    assert meeting.sync()["tags"]["counts"]["removed"] == 1
