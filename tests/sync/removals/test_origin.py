"""Only what was delivered from the same relation, as the same object, with the same identifier and key is removed."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.sandbox.faults import Fault


def test_a_record_that_left_is_archived_with_one_call(synced):
    synced.people("u1", "u2")
    ran = synced.sync()

    assert synced.here() == {"u1", "u2"}
    assert ran.counts("people") == {"rows": 2, "unchanged": 2, "removed": 1}
    assert ran["people"]["api_calls"] == 1
    assert synced.shop.calls() == {"POST /contacts/{contact_id}/archive": 1}
    assert synced.shop.last("people")["u3"]["operation"] == "archive"
    ran = synced.sync()
    assert ran.counts("people") == {"rows": 2, "unchanged": 2}
    assert synced.shop.calls() == {}


def test_by_default_records_that_left_are_ignored(two_models):
    two_models.block(removed="ignore")
    two_models.sync()
    two_models.people("u1")
    ran = two_models.sync()

    assert two_models.here() == {"u1", "u2", "u3"}
    assert ran.counts("people") == {"rows": 1, "unchanged": 1}


def to_another_schema(two_models):
    two_models.shop.sql("create schema if not exists elsewhere")
    two_models.shop.sql("create table elsewhere.customers as select * from customers where id = 'u1'")
    manifest = two_models.shop.manifest()
    node = manifest["nodes"]["model.shop.customers"]
    node["relation_name"] = node["relation_name"].replace('"main"', '"elsewhere"')
    node["schema"] = "elsewhere"
    two_models.shop.write_manifest(manifest)


def to_another_name(two_models):
    two_models.shop.sql("create table clients as select * from customers where id = 'u1'")
    manifest = two_models.shop.manifest()
    node = manifest["nodes"]["model.shop.customers"]
    node["relation_name"] = node["relation_name"].replace('"customers"', '"clients"')
    two_models.shop.write_manifest(manifest)


def to_another_identifier(two_models):
    two_models.block(identifier="email")
    two_models.people("u1")


def to_another_key(two_models):
    two_models.block(key=["email"])
    two_models.people("u1")


def to_the_same_key_in_other_words(two_models):
    two_models.block(key=["id", "email"])
    two_models.people("u1")


def to_another_column(two_models):
    two_models.block(fields={"external_id": "person", "email": "email"})
    two_models.rows("person text, email text", ("u1", "u1@example.com"))


@pytest.mark.slow
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
def test_what_came_from_elsewhere_is_left_alone(synced, change):
    change(synced)
    for _ in range(2):
        ran = synced.sync("--allow-removals")
        assert synced.here() == {"u1", "u2", "u3"}
        assert ran["people"]["counts"]["removed"] == ran["people"]["counts"]["held"] == 0
    calls = synced.shop.calls()
    assert not [call for call in calls if "archive" in call or call.startswith("DELETE")], calls


@pytest.mark.slow
def test_the_new_place_may_remove_what_it_delivered_again(synced):
    to_another_identifier(synced)
    synced.people("u1", "u2")
    synced.sync()
    assert synced.here() == {"u1", "u2", "u3"}
    synced.people("u1")
    synced.sync()
    assert synced.here() == {"u1", "u3"}


def test_a_contact_that_was_only_tagged_is_not_archived(two_models):
    for key in ("u1", "u2"):
        two_models.shop.add_contact(external_id=key, email=f"{key}@example.com")
    tagging = {
        "object": "contact_tag",
        "behaviour": "attach",
        "constants": {"tag": "VIP"},
        "removed": "detach",
    }
    two_models.block(**tagging, key=["id"], fields={"external_id": "id"})
    two_models.people("u1", "u2")
    two_models.sync()
    two_models.write(
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
    two_models.people("u1")
    two_models.sync("--allow-removals", code=None)

    assert two_models.here() == {"u1", "u2"}


@pytest.mark.slow
def test_nothing_is_inherited_from_another_workspace(synced):
    synced.shop.state.reset()
    synced.shop.sql("update intercom_activate.ledger set workspace = 'another'")
    synced.people("u1")
    synced.sync("--allow-removals")

    calls = synced.shop.calls()
    assert not [call for call in calls if "archive" in call], calls


@pytest.mark.slow
def test_nothing_is_inherited_from_another_project_or_activation(synced):
    synced.block(name="others")
    synced.people("u1")
    synced.sync("--allow-removals")
    assert synced.here() == {"u1", "u2", "u3"}
    synced.shop.sql("update intercom_activate.ledger set project = 'another'")
    synced.block(name="people")
    synced.sync("--allow-removals")
    assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
@pytest.mark.parametrize("spelling", ["U1@Example.COM", "  u1@example.com ", "\tu1@example.com"])
@pytest.mark.parametrize("well", [True, False], ids=["delivered", "refused"])
def test_an_email_in_another_spelling_is_the_same_record(two_models, spelling, well):
    two_models.block(identifier="email", fields={"email": "email", "name": "name"})
    two_models.rows("email text, name text", ("u1@example.com", "Ada"), ("u2@example.com", "Zoe"))
    two_models.sync()
    name = "Ada" if well else "x" * 300
    two_models.rows("email text, name text", (spelling, name), ("u2@example.com", "Zoe"))
    if not well:
        two_models.shop.sandbox.faults.add(Fault("PUT", "/contacts", status=422, times=100))
        two_models.shop.sandbox.faults.add(Fault("POST", "/contacts", status=422, times=100))
    two_models.sync("--allow-removals", code=None)

    assert {each.email for each in two_models.shop.state.contacts if each.live} == {
        "u1@example.com",
        "u2@example.com",
    }
