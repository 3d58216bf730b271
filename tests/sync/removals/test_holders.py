"""What another enabled activation still holds, or may hold, stays."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.sandbox.faults import Fault

OTHERS = {"name": "others", "removed": "ignore"}
BY_EMAIL = {"identifier": "email", "fields": {"email": "email"}}


@pytest.fixture
def two_holders(two_models):
    """Two activations of contacts; both have u2 and u3, and each a few of its own."""
    two_models.block("accounts", **OTHERS)
    two_models.people("u2", "u3", "u9", model="accounts")
    two_models.sync()
    two_models.shop.calls()
    return two_models


def test_a_contact_that_another_activation_holds_stays(two_holders):
    two_holders.people("u2")
    ran = two_holders.sync()

    assert two_holders.here() == {"u2", "u3", "u9"}
    assert ran["people"]["counts"]["removed"] == 1
    assert two_holders.shop.calls() == {"POST /contacts/{contact_id}/archive": 1}


@pytest.mark.slow
def test_a_contact_that_both_activations_lose_is_removed(two_holders):
    two_holders.people("u1", "u2")
    two_holders.people("u2", "u9", model="accounts")
    two_holders.sync()
    assert two_holders.here() == {"u1", "u2", "u9"}


@pytest.mark.slow
def test_a_contact_that_both_activations_archive_is_removed(two_holders):
    two_holders.block("accounts", removed="archive")
    two_holders.people("u1", "u2")
    two_holders.people("u2", "u9", model="accounts")
    ran = two_holders.sync()
    assert two_holders.here() == {"u1", "u2", "u9"}
    assert ran["people"]["counts"]["removed"] == ran["others"]["counts"]["removed"] == 1
    two_holders.shop.calls()
    two_holders.sync()
    assert two_holders.shop.calls() == {}


@pytest.mark.slow
@pytest.mark.parametrize("removed", ["ignore", "archive"])
def test_an_empty_relation_still_holds_its_contacts(two_holders, removed):
    two_holders.block("accounts", removed=removed)
    two_holders.people("u1")
    two_holders.people(model="accounts")
    two_holders.sync(code=None)
    assert two_holders.here() == {"u1", "u2", "u3", "u9"}


@pytest.mark.slow
def test_what_is_held_under_another_identifier_stays(two_models):
    two_models.block("accounts", **OTHERS, **BY_EMAIL)
    two_models.people("u3", model="accounts")
    two_models.sync()
    two_models.people("u1", "u2")
    two_models.sync()
    assert two_models.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_a_contact_stays_while_its_holder_cannot_deliver(two_holders):
    two_holders.block("accounts", **BY_EMAIL)
    two_holders.shop.sandbox.faults.add(Fault("POST", "/contacts/search", status=422, times=100))
    two_holders.shop.sandbox.faults.add(Fault("PUT", "/contacts", status=422, times=100))
    two_holders.people("u1", "u2")
    ran = two_holders.sync(code=1)
    assert two_holders.here() == {"u1", "u2", "u3", "u9"}
    assert ran["people"]["counts"]["held"] == 1


@pytest.mark.slow
def test_a_contact_stays_while_its_holder_is_unchanged(two_holders):
    two_holders.block(
        "accounts", nulls="skip"
    )  # another hash, the same payload: no call, a row of operation `none`
    two_holders.sync()
    two_holders.shop.sql("update intercom_activate.ledger set intercom_id = null where operation = 'none'")
    two_holders.people("u1", "u2")
    two_holders.sync()
    assert two_holders.here() == {"u1", "u2", "u3", "u9"}


def disabled(two_models):
    two_models.block("accounts", enabled=False)


def blocked(two_models):
    two_models.results(accounts="error")


def errored(two_models):
    two_models.rows("somebody text", ("u3",), model="accounts")


def gone(two_models):
    two_models.shop.sql("drop table accounts")


def not_selected(two_models):
    del two_models


def skipped(two_models):
    path = two_models.shop.folder / "target" / "run_results.json"
    document = json.loads(path.read_text())
    document["results"] = [each for each in document["results"] if "accounts" not in each["unique_id"]]
    path.write_text(json.dumps(document))


STATES = [blocked, errored, gone, not_selected, skipped]


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("moved", [False, True], ids=["held", "moved"])
def test_a_held_or_moved_contact_stays(two_models, state, moved):
    two_models.block("accounts", **OTHERS)
    two_models.people("u9" if moved else "u3", model="accounts")
    two_models.sync()
    two_models.people("u1", "u2")
    two_models.people("u9", "u3", model="accounts")
    state(two_models)
    selected = ("--select", "customers") if state is not_selected else ()
    two_models.sync("--allow-removals", *selected, code=None)
    assert two_models.here() >= {"u1", "u2", "u3"}


@pytest.mark.slow
def test_a_disabled_activation_holds_nothing(two_holders):
    disabled(two_holders)
    two_holders.people("u1", "u2")
    two_holders.sync()
    assert two_holders.here() == {"u1", "u2", "u9"}


@pytest.mark.slow
def test_an_unselected_activation_holds_only_what_it_has(two_holders):
    two_holders.people("u2", "u3")
    two_holders.sync("--select", "customers")
    assert two_holders.here() == {"u2", "u3", "u9"}


def test_a_record_that_moves_between_models_stays(two_models):
    two_models.block("accounts", **OTHERS)
    two_models.people("u9", model="accounts")
    two_models.sync()
    two_models.people("u1", "u2")
    two_models.people("u3", "u9", model="accounts")
    ran = two_models.sync()
    assert two_models.here() == {"u1", "u2", "u3", "u9"}
    assert ran["people"]["counts"]["removed"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, BY_EMAIL], ids=["same identifier", "another identifier"])
def test_a_record_stays_while_its_new_models_delivery_fails(two_models, changes):
    two_models.block("accounts", **OTHERS, **changes)
    two_models.people("u9", model="accounts")
    two_models.sync()
    two_models.people("u1", "u2")
    two_models.people("u3", "u9", model="accounts")
    two_models.shop.sandbox.faults.add(Fault("POST", "/contacts/search", status=422, times=100))
    two_models.shop.sandbox.faults.add(Fault("PUT", "/contacts", status=422, times=100))
    ran = two_models.sync(code=1)
    assert ran["others"]["counts"]["failed"] >= 1
    assert two_models.here() >= {"u1", "u2", "u3"}


def test_a_failed_record_in_the_model_is_not_removed(synced):
    synced.shop.sandbox.faults.add(Fault("PUT", "/contacts", status=422, times=1))
    synced.rows(
        "id text, email text", ("u1", "u1@example.com"), ("u2", "new@example.com"), ("u3", "u3@example.com")
    )
    synced.sync(code=1)
    ran = synced.sync(code=1)
    assert ran.counts("people") == {"rows": 3, "unchanged": 2, "failed": 1}
    synced.rows(
        "id text, email text",
        ("u1", "u1@example.com"),
        ("u2", "a@example.com"),
        ("u2", "b@example.com"),
        ("u3", "no address"),
    )
    synced.sync("--allow-removals", code=1)
    assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_leads_that_may_have_been_delivered_hold_nobody(synced):
    leads = {"identifier": None, "behaviour": "insert", "key": ["id"], "fields": {"name": "id"}}
    synced.block("accounts", **OTHERS, **leads, constants={"role": "lead"})
    synced.people("l1", model="accounts")
    synced.shop.sandbox.faults.add(Fault("POST", "/contacts", drop_connection=True, skip=0))
    synced.people("u1", "u2")
    ran = synced.sync(code=1)
    assert ran["others"]["counts"]["failed"] == 1
    assert ran["people"]["counts"]["removed"] == 1


@pytest.mark.slow
def test_a_person_under_another_identifier_is_not_removed(synced):
    """Intercom names the contact that has the email already; that one must not go for having left the model."""
    synced.rows(
        "id text, email text",
        ("new", "u1@example.com"),
        *((key, f"{key}@example.com") for key in ("u2", "u3")),
    )

    for _ in range(2):
        ran = synced.sync(code=1)
        assert ran["people"]["failures"] == {"identifier_conflict": 1}
        assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_a_contact_goes_with_the_row_that_named_it(synced):
    synced.rows(
        "id text, email text", ("new", "u1@example.com"), ("u2", "u2@example.com"), ("u3", "u3@example.com")
    )
    synced.sync(code=1)
    synced.people("u2", "u3")

    synced.sync()
    assert synced.here() == {"u2", "u3"}


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, {"key": ["id", "email"]}], ids=["as it was", "with another key"])
def test_an_empty_model_still_holds_its_contacts(two_models, changes):
    two_models.block("accounts", name="others", removed="ignore")
    two_models.people("u2", "u3", "u9", model="accounts")
    two_models.sync()
    two_models.people("u1", "u2")
    two_models.block("accounts", **changes)
    two_models.people(model="accounts")

    two_models.sync()
    assert two_models.here() == {"u1", "u2", "u3", "u9"}
