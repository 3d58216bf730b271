"""Only what was delivered from the same relation, as the same object, with the same identifier and key is removed."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.sandbox.faults import Fault


def test_a_record_that_left_its_model_is_archived_with_one_call_and_only_once(settled):
    settled.people("u1", "u2")
    ran = settled.sync()

    assert settled.here() == {"u1", "u2"}
    assert ran.counts("people") == {"rows": 2, "unchanged": 2, "removed": 1}
    assert ran["people"]["api_calls"] == 1
    assert settled.shop.calls() == {"POST /contacts/{contact_id}/archive": 1}
    assert settled.shop.last("people")["u3"]["operation"] == "archive"
    ran = settled.sync()
    assert ran.counts("people") == {"rows": 2, "unchanged": 2}
    assert settled.shop.calls() == {}


def test_records_that_leave_are_left_alone_unless_the_activation_says_otherwise(town):
    town.block(removed="ignore")
    town.sync()
    town.people("u1")
    ran = town.sync()

    assert town.here() == {"u1", "u2", "u3"}
    assert ran.counts("people") == {"rows": 1, "unchanged": 1}


def to_another_schema(town):
    town.shop.sql("create schema if not exists elsewhere")
    town.shop.sql("create table elsewhere.customers as select * from customers where id = 'u1'")
    manifest = town.shop.manifest()
    node = manifest["nodes"]["model.shop.customers"]
    node["relation_name"] = node["relation_name"].replace('"main"', '"elsewhere"')
    node["schema"] = "elsewhere"
    town.shop.write_manifest(manifest)


def to_another_name(town):
    town.shop.sql("create table clients as select * from customers where id = 'u1'")
    manifest = town.shop.manifest()
    node = manifest["nodes"]["model.shop.customers"]
    node["relation_name"] = node["relation_name"].replace('"customers"', '"clients"')
    town.shop.write_manifest(manifest)


def to_another_identifier(town):
    town.block(identifier="email")
    town.people("u1")


def to_another_key(town):
    town.block(key=["email"])
    town.people("u1")


def to_the_same_key_in_other_words(town):
    town.block(key=["id", "email"])
    town.people("u1")


def to_another_column(town):
    town.block(fields={"external_id": "person", "email": "email"})
    town.rows("person text, email text", ("u1", "u1@example.com"))


@pytest.mark.parametrize(
    "change",
    [
        to_another_schema,
        to_another_name,
        to_another_identifier,
        to_another_key,
        to_the_same_key_in_other_words,
        to_another_column,
    ],
    ids=lambda change: change.__name__,
)
def test_what_came_from_elsewhere_is_left_alone(settled, change):
    change(settled)
    for _ in range(2):
        ran = settled.sync("--allow-removals")
        assert settled.here() == {"u1", "u2", "u3"}
        assert ran["people"]["counts"]["removed"] == ran["people"]["counts"]["held"] == 0
    calls = settled.shop.calls()
    assert not [call for call in calls if "archive" in call or call.startswith("DELETE")], calls


def test_what_was_delivered_again_from_the_new_place_may_be_removed_from_there(settled):
    to_another_identifier(settled)
    settled.people("u1", "u2")
    settled.sync()
    assert settled.here() == {"u1", "u2", "u3"}
    settled.people("u1")
    settled.sync()
    assert settled.here() == {"u1", "u3"}


def test_a_contact_that_was_only_tagged_is_not_archived_when_the_activation_becomes_one_of_contacts(town):
    for key in ("u1", "u2"):
        town.shop.add_contact(external_id=key, email=f"{key}@example.com")
    tagging = {
        "object": "contact_tag",
        "behaviour": "attach",
        "constants": {"tag": "VIP"},
        "removed": "detach",
    }
    town.block(**tagging, key=["id"], fields={"external_id": "id"})
    town.people("u1", "u2")
    town.sync()
    town.write(
        {
            "name": "people",
            "object": "contact",
            "behaviour": "upsert",
            "identifier": "external_id",
            "key": ["id"],
            "fields": {"external_id": "id"},
            "removed": "delete",
        }
    )
    town.people("u1")
    town.sync("--allow-removals", code=None)

    assert town.here() == {"u1", "u2"}


def test_nothing_is_inherited_from_another_workspace(settled):
    settled.shop.state.reset()
    settled.shop.sql("update intercom_activate.ledger set workspace = 'another'")
    settled.people("u1")
    settled.sync("--allow-removals")

    calls = settled.shop.calls()
    assert not [call for call in calls if "archive" in call], calls


def test_nothing_is_inherited_from_another_project_or_activation(settled):
    settled.block(name="others")
    settled.people("u1")
    settled.sync("--allow-removals")
    assert settled.here() == {"u1", "u2", "u3"}
    settled.shop.sql("update intercom_activate.ledger set project = 'another'")
    settled.block(name="people")
    settled.sync("--allow-removals")
    assert settled.here() == {"u1", "u2", "u3"}


@pytest.mark.parametrize("spelling", ["U1@Example.COM", "  u1@example.com ", "\tu1@example.com"])
@pytest.mark.parametrize("well", [True, False], ids=["delivered", "refused"])
def test_an_email_in_another_spelling_is_the_same_record(town, spelling, well):
    town.block(identifier="email", fields={"email": "email", "name": "name"})
    town.rows("email text, name text", ("u1@example.com", "Ada"), ("u2@example.com", "Zoe"))
    town.sync()
    name = "Ada" if well else "x" * 300
    town.rows("email text, name text", (spelling, name), ("u2@example.com", "Zoe"))
    if not well:
        town.shop.sandbox.faults.add(Fault("PUT", "/contacts", status=422, times=100))
        town.shop.sandbox.faults.add(Fault("POST", "/contacts", status=422, times=100))
    town.sync("--allow-removals", code=None)

    assert {each.email for each in town.shop.state.contacts if each.live} == {
        "u1@example.com",
        "u2@example.com",
    }
