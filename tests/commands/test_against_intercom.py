"""`plan --against-intercom` tells which of the added records exist already, and writes nothing."""

from __future__ import annotations


def split(ran, activation):
    return ran[activation]["added_in_intercom"]


def test_added_records_are_split_into_new_and_existing(shop, state_of):
    shop.add_contact(external_id="c1", email="somebody@example.com")
    shop.add_contact(external_id="c3")
    shop.add_contact(external_id="elsewhere")
    shop.add_company("a2")
    before = state_of(shop), shop.schemas()

    ran = shop.plan("--against-intercom")

    assert ran.code == 0
    assert ran["customers"]["counts"]["added"] == 4
    assert split(ran, "customers") == {"new": 2, "existing": 2, "not_looked_up": 0}
    assert split(ran, "companies") == {"new": 1, "existing": 1, "not_looked_up": 0}
    assert (state_of(shop), shop.schemas()) == before
    assert shop.calls() == {"GET /companies": 2, "POST /contacts/search": 1}


def test_without_the_option_nothing_is_looked_up(shop):
    ran = shop.plan()
    assert split(ran, "customers") is None
    assert shop.calls() == {}


def test_fifty_contacts_go_in_a_call(shop):
    rows = [[f"k{number:03}", f"k{number}@example.com"] for number in range(120)]
    shop.only(
        {
            "object": "contact",
            "behaviour": "upsert",
            "identifier": "email",
            "fields": {"email": "mail", "external_id": "customer_id"},
        },
        "customer_id varchar, mail varchar",
        rows,
    )
    shop.add_contact(email="k7@example.com")

    ran = shop.plan("--against-intercom")

    assert split(ran, "customers") == {"new": 119, "existing": 1, "not_looked_up": 0}
    assert shop.calls() == {"POST /contacts/search": 3}


def test_what_the_ledger_remembers_is_not_looked_up(shop):
    shop.sync()
    block = shop.manifest()["nodes"]["model.shop.customers"]["config"]["meta"]["intercom"]
    shop.configure(customers={**block, "name": "again", "fields": {"external_id": "customer_id"}})
    shop.calls()

    ran = shop.plan("--against-intercom")

    assert split(ran, "again") == {"new": 0, "existing": 4, "not_looked_up": 0}
    assert shop.calls() == {}


def test_records_matched_by_id_are_read_one_by_one(shop):
    there = shop.add_contact(email="ada@example.com")
    rows = [[there.id, "1"], ["f" * 24, "2"], [None, "3"]]
    shop.only(
        {
            "object": "contact",
            "behaviour": "upsert",
            "identifier": "id",
            "key": ["row_id"],
            "fields": {"id": "intercom_id", "external_id": "row_id"},
        },
        "intercom_id varchar, row_id varchar",
        rows,
    )

    ran = shop.plan("--against-intercom")

    assert split(ran, "customers") == {"new": 2, "existing": 1, "not_looked_up": 0}
    assert shop.calls() == {"GET /contacts/{contact_id}": 2}


def test_the_text_says_what_could_not_be_looked_up(shop):
    rows = [["c1", "VIP"], ["c2", "VIP"]]
    shop.only(
        {
            "object": "contact_tag",
            "behaviour": "attach",
            "identifier": "external_id",
            "fields": {"external_id": "customer_id", "tag": "tag"},
        },
        "customer_id varchar, tag varchar",
        rows,
    )

    ran = shop.run("plan", "--against-intercom")

    assert ran.code == 0
    assert "2 were not looked up" in ran.out
    assert shop.calls() == {}


def test_a_scope_that_is_missing_is_told_beside_the_counts(shop):
    shop.state.revoked_scopes = {"Read and list users and companies"}

    ran = shop.plan("--against-intercom")

    assert ran.code == 1
    assert ran["customers"]["status"] == "error"
    assert ran["customers"]["counts"]["added"] == 4
    assert "lacks a scope" in ran["customers"]["message"]
    assert split(ran, "companies") == {"new": 2, "existing": 0, "not_looked_up": 0}
