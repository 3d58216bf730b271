"""The main job: a model's records land in Intercom, and only what changed is sent again."""

from __future__ import annotations

import pytest

COUNTED = (
    "unchanged",
    "inserted",
    "updated",
    "archived",
    "deleted",
    "attached",
    "detached",
    "sent",
    "failed",
    "pending",
)


def test_the_first_sync_inserts_every_contact_with_its_values(shop):
    ran = shop.sync()

    assert ran.code == 0, ran.text
    contacts = shop.contacts()
    assert contacts.keys() == {"c1", "c2", "c3", "c4"}
    assert len(shop.state.contacts) == 4
    assert {key: each.email for key, each in contacts.items()} == {
        "c1": "ada@example.com",
        "c2": "zoe@example.com",
        "c3": None,
        "c4": "max@example.com",
    }
    assert {key: dict(each.fields) for key, each in contacts.items()} == {
        "c1": {"name": "Ada Lovelace", "signed_up_at": 1709210096},
        "c2": {"name": 'Zoë Ångström 🦊 "Quote" O\'Neil'},
        "c3": {"name": "", "signed_up_at": 946684799},
        "c4": {"name": "名前; drop table", "signed_up_at": 2147483648},
    }
    assert {key: dict(each.custom_attributes) for key, each in contacts.items()} == {
        "c1": {"renewed_on": 1709251200, "balance": 19.9, "seats": 3, "is_vip": True, "plan": "pro"},
        "c2": {},
        "c3": {"renewed_on": -86400, "balance": 0, "seats": 0, "is_vip": False, "plan": ""},
        "c4": {"renewed_on": 1704067200, "balance": 1.5, "seats": -7, "is_vip": True, "plan": "null"},
    }
    assert {each.role for each in contacts.values()} == {"user"}


def test_the_first_sync_inserts_every_company_with_its_values(shop):
    shop.sync()

    companies = shop.companies()
    assert {key: dict(each.fields) for key, each in companies.items()} == {
        "a1": {"name": "Ada & Söhne", "size": 12, "remote_created_at": 1683349689},
        "a2": {"name": "Bits", "size": None, "remote_created_at": None},
    }
    assert {key: dict(each.custom_attributes) for key, each in companies.items()} == {
        "a1": {"tier": "team", "spend": 120.75},
        "a2": {"tier": None, "spend": None},
    }


def test_ledger_and_runs_agree_with_intercom_on_each_record(shop):
    ran = shop.sync()

    ledger = shop.last("customers")
    assert {key: row["intercom_id"] for key, row in ledger.items()} == {
        key: contact.id for key, contact in shop.contacts().items()
    }
    assert {(row["operation"], row["status"], row["code"]) for row in ledger.values()} == {
        ("insert", "succeeded", None)
    }
    assert {row["http_status"] for row in ledger.values()} == {200}
    assert all(row["request_id"] for row in ledger.values())
    assert {row["identifier"] for row in ledger.values()} == {"external_id"}
    assert {row["workspace"] for row in ledger.values()} == {"sandbox1"}
    assert {row["run_id"] for row in ledger.values()} == {ran.artifact["metadata"]["run_id"]}
    assert len(shop.ledger()) == 6
    runs = {row["activation"]: row for row in shop.runs()}
    for name in ("companies", "customers"):
        result = ran[name]
        row = runs[name]
        assert {"rows": row["row_count"]} | {
            key: row[key] for key in result["counts"] if key != "rows"
        } == result["counts"]
        assert (row["status"], row["api_calls"]) == ("success", result["api_calls"])


def test_the_artifact_accounts_for_every_row(shop):
    shop.sql("insert into customers (customer_id, email) values (null, 'x@example.com'), ('c9', 'nonsense')")
    ran = shop.sync()

    for result in ran.artifact["results"]:
        counts = result["counts"]
        assert counts["rows"] == sum(counts[name] for name in COUNTED)
        assert counts["failed"] == sum(result["failures"].values())
    assert ran.counts("customers") == {"rows": 6, "inserted": 4, "failed": 2}
    assert ran["customers"]["failures"] == {"invalid_value": 1, "missing_identifier": 1}
    assert ran["customers"] | {"counts": 0, "failures": 0, "elapsed": 0} == {
        "activation": "customers",
        "unique_id": "model.shop.customers",
        "object": "contact",
        "behaviour": "upsert",
        "workspace": "sandbox1",
        "workspace_name": "test",
        "status": "partial",
        "message": None,
        "elapsed": 0,
        "counts": 0,
        "api_calls": 5,
        "failures": 0,
    }
    metadata = ran.artifact["metadata"]
    assert metadata["schema_version"] == 1
    assert metadata["dbt_invocation_id"] == shop.manifest()["metadata"]["invocation_id"]


def test_a_second_sync_makes_no_write_call_and_no_lookup(shop):
    shop.sync()
    shop.calls()
    ran = shop.sync()

    assert ran.code == 0
    assert shop.calls() == {}
    assert ran.counts("customers") == {"rows": 4, "unchanged": 4}
    assert ran.counts("companies") == {"rows": 2, "unchanged": 2}
    assert len(shop.ledger()) == 6
    assert len(shop.runs()) == 4


def test_a_changed_row_costs_exactly_one_write_call(shop):
    shop.sync()
    shop.calls()
    shop.sql("update customers set plan_name = 'basic' where customer_id = 'c1'")
    ran = shop.sync()

    assert shop.calls() == {"PUT /contacts/{contact_id}": 1}
    assert shop.contacts()["c1"].custom_attributes["plan"] == "basic"
    assert ran.counts("customers") == {"rows": 4, "unchanged": 3, "updated": 1}
    assert ran["customers"]["api_calls"] == 1
    assert [row["operation"] for row in shop.ledger("customers") if row["record_key"] == "c1"] == [
        "insert",
        "update",
    ]


def test_a_changed_company_costs_exactly_one_write_call(shop):
    shop.sync()
    shop.calls()
    shop.sql("update accounts set headcount = 13 where account_id = 'a1'")
    ran = shop.sync()

    assert shop.calls() == {"POST /companies": 1}
    assert shop.companies()["a1"].fields["size"] == 13
    assert ran.counts("companies") == {"rows": 2, "unchanged": 1, "updated": 1}


def test_a_null_clears_the_field_unless_nulls_are_skipped(shop):
    shop.sync()
    shop.sql("update customers set full_name = null, plan_name = null, email = null where customer_id = 'c1'")
    shop.sync()

    contact = shop.contacts()["c1"]
    assert (contact.fields["name"], contact.custom_attributes["plan"], contact.email) == (None, None, "")


def test_a_null_that_is_skipped_leaves_the_field_alone(shop):
    block = shop.manifest()["nodes"]["model.shop.customers"]["config"]["meta"]["intercom"]
    shop.configure(customers=[{**block, "nulls": "skip"}])
    shop.sync()
    shop.sql("update customers set full_name = null where customer_id = 'c1'")
    shop.calls()
    ran = shop.sync()

    assert shop.contacts()["c1"].fields["name"] == "Ada Lovelace"
    assert ran.counts("customers") == {"rows": 4, "unchanged": 3, "updated": 1}


def test_a_row_that_changed_in_form_only_costs_no_call(shop):
    shop.sync()
    shop.calls()
    shop.sql("alter table customers alter balance type decimal(12, 4)")
    shop.sql("update customers set email = ' ADA@example.COM' where customer_id = 'c1'")
    shop.sql("alter table accounts alter headcount type bigint")
    ran = shop.sync()

    assert ran.code == 0
    assert shop.calls() == {}
    assert ran.counts("customers") == {"rows": 4, "unchanged": 4}
    again = {row["record_key"]: row for row in shop.ledger("customers") if row["operation"] == "none"}
    assert again.keys() == {"c1", "c3", "c4"}
    assert {row["status"] for row in again.values()} == {"succeeded"}
    assert again["c1"]["intercom_id"] == shop.contacts()["c1"].id
    ran = shop.sync()
    assert len([row for row in shop.ledger("customers") if row["operation"] == "none"]) == 3


def test_a_changed_mapping_sends_what_it_changes(shop):
    shop.sync()
    shop.calls()
    block = shop.manifest()["nodes"]["model.shop.customers"]["config"]["meta"]["intercom"]
    del block["fields"]["custom_attributes.balance"]
    block["constants"]["unsubscribed_from_emails"] = True
    shop.configure(customers=block)
    ran = shop.sync()

    assert shop.calls() == {"PUT /contacts/{contact_id}": 4}
    assert ran.counts("customers") == {"rows": 4, "updated": 4}
    assert all(each.fields["unsubscribed_from_emails"] for each in shop.contacts().values())


def test_resend_says_everything_again(shop):
    shop.sync()
    shop.calls()
    ran = shop.sync("--resend")

    assert shop.calls() == {"PUT /contacts/{contact_id}": 4, "POST /companies": 2}
    assert ran.counts("customers") == {"rows": 4, "updated": 4}
    assert ran.counts("companies") == {"rows": 2, "updated": 2}


def test_a_limit_leaves_the_rest_for_the_next_run(shop):
    ran = shop.sync("--limit", "1")

    assert len(shop.contacts()) == 1
    assert ran.counts("customers") == {"rows": 4, "inserted": 1, "pending": 3}
    ran = shop.sync()
    assert ran.counts("customers") == {"rows": 4, "unchanged": 1, "inserted": 3}


def test_a_condition_narrows_the_rows(shop):
    ran = shop.sync("--where", "customer_id in ('c1', 'c2') -- and no more", "--select", "customers")

    assert shop.contacts().keys() == {"c1", "c2"}
    assert ran.counts("customers") == {"rows": 2, "inserted": 2}
    ran = shop.sync("--where", "customer_id in ('c2', 'c3')", "--select", "customers")
    assert ran.counts("customers") == {"rows": 2, "unchanged": 1, "inserted": 1}
    assert shop.last("customers").keys() == {"c1", "c2", "c3"}


def test_a_record_that_left_the_model_is_left_alone(shop):
    shop.sync()
    shop.sql("delete from customers where customer_id = 'c1'")
    shop.calls()
    ran = shop.sync()

    assert ran.code == 0
    assert shop.calls() == {}
    assert ran.counts("customers") == {"rows": 3, "unchanged": 3}
    assert "c1" in shop.contacts()


def test_state_belongs_to_the_workspace_and_not_to_its_label(shop):
    shop.sync()
    config = (shop.folder / "intercom.yml").read_text()
    (shop.folder / "intercom.yml").write_text(config.replace("test", "renamed"))
    shop.calls()
    ran = shop.sync()

    assert shop.calls() == {}
    assert ran["customers"]["workspace_name"] == "renamed"
    assert ran.counts("customers") == {"rows": 4, "unchanged": 4}


def test_two_activations_share_what_they_learnt_about_a_contact(shop):
    plans = {
        "name": "plans",
        "object": "contact",
        "behaviour": "update",
        "identifier": "external_id",
        "fields": {"external_id": "customer_id", "custom_attributes.plan": "plan_name"},
    }
    names = {
        "name": "names",
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "external_id",
        "fields": {"external_id": "customer_id", "name": "full_name"},
    }
    shop.configure(customers=[names, plans], accounts=None)
    ran = shop.sync()

    assert ran.code == 0, ran.text
    assert shop.calls() == {
        "POST /contacts/search": 1,
        "POST /contacts": 4,
        "PUT /contacts/{contact_id}": 4,
    }
    assert shop.contacts()["c1"].custom_attributes == {"plan": "pro"}


def test_no_stage_and_no_journal_is_left(shop):
    shop.sync()

    tables = shop.sql(
        "select table_name from information_schema.tables where table_schema = 'intercom_activate'"
    )
    assert {name for (name,) in tables} == {
        "ledger",
        "runs",
        "failures",
        "synced",
        "locks",
        "versions",
        "plans",
    }
    left = {path.name for path in (shop.folder / "target" / "intercom_activate").iterdir()}
    assert left == {"lock", "remembered.json"}


PEOPLE_BY_EMAIL = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "email",
    "fields": {"email": "email"},
    "removed": "archive",
}


@pytest.fixture
def email_in_another_case(shop):
    """An email identifies its record, and changed its case after the first sync."""
    shop.only(PEOPLE_BY_EMAIL, "email text", [("one@example.com",), ("two@example.com",)])
    shop.sync()
    shop.sql("update customers set email = 'One@Example.com' where email = 'one@example.com'")
    shop.calls()
    return shop


def test_an_email_that_changes_its_case_only_is_not_removed(email_in_another_case):
    ran = email_in_another_case.sync()

    assert ran.code == 0, ran.text
    live = {each.email for each in email_in_another_case.state.contacts if each.live}
    assert live == {"one@example.com", "two@example.com"}
    assert len(email_in_another_case.state.contacts) == 2


def test_an_email_in_another_case_costs_one_update(email_in_another_case):
    """The record key is the column's text, so the row counts as new; the contact is the same one."""
    ran = email_in_another_case.sync()

    assert email_in_another_case.calls() == {"PUT /contacts/{contact_id}": 1}
    assert ran.counts("people") == {"rows": 2, "unchanged": 1, "updated": 1}
