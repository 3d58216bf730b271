"""What another enabled activation still holds, or may hold, stays."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.sandbox.faults import Fault

OTHERS = {"name": "others", "removed": "ignore"}
BY_EMAIL = {"identifier": "email", "fields": {"email": "email"}}


@pytest.fixture
def shared(town):
    """Two activations of contacts; both have u2 and u3, and each a few of its own."""
    town.block("accounts", **OTHERS)
    town.people("u2", "u3", "u9", model="accounts")
    town.sync()
    town.shop.calls()
    return town


def test_a_contact_that_another_activation_holds_stays(shared):
    shared.people("u2")
    ran = shared.sync()

    assert shared.here() == {"u2", "u3", "u9"}
    assert ran["people"]["counts"]["removed"] == 1
    assert shared.shop.calls() == {"POST /contacts/{contact_id}/archive": 1}


def test_a_contact_that_both_activations_lose_is_removed(shared):
    shared.people("u1", "u2")
    shared.people("u2", "u9", model="accounts")
    shared.sync()
    assert shared.here() == {"u1", "u2", "u9"}


def test_a_contact_that_both_lose_and_both_archive_is_removed_by_both(shared):
    shared.block("accounts", removed="archive")
    shared.people("u1", "u2")
    shared.people("u2", "u9", model="accounts")
    ran = shared.sync()
    assert shared.here() == {"u1", "u2", "u9"}
    assert ran["people"]["counts"]["removed"] == ran["others"]["counts"]["removed"] == 1
    shared.shop.calls()
    shared.sync()
    assert shared.shop.calls() == {}


@pytest.mark.parametrize("removed", ["ignore", "archive"])
def test_what_another_activation_lost_to_an_empty_relation_it_still_holds(shared, removed):
    shared.block("accounts", removed=removed)
    shared.people("u1")
    shared.people(model="accounts")
    shared.sync(code=None)
    assert shared.here() == {"u1", "u2", "u3", "u9"}


def test_what_is_held_under_another_identifier_stays(town):
    town.block("accounts", **OTHERS, **BY_EMAIL)
    town.people("u3", model="accounts")
    town.sync()
    town.people("u1", "u2")
    town.sync()
    assert town.here() == {"u1", "u2", "u3"}


def test_what_is_held_stays_when_the_holder_changed_its_identifier_and_cannot_deliver(shared):
    shared.block("accounts", **BY_EMAIL)
    shared.shop.sandbox.faults.add(Fault("POST", "/contacts/search", status=422, times=100))
    shared.shop.sandbox.faults.add(Fault("PUT", "/contacts", status=422, times=100))
    shared.people("u1", "u2")
    ran = shared.sync(code=1)
    assert shared.here() == {"u1", "u2", "u3", "u9"}
    assert ran["people"]["counts"]["held"] == 1


def test_what_is_held_stays_after_the_holder_was_told_nothing_new(shared):
    shared.block(
        "accounts", nulls="skip"
    )  # another hash, the same payload: no call, a row of operation `none`
    shared.sync()
    shared.shop.sql("update intercom_activate.ledger set intercom_id = null where operation = 'none'")
    shared.people("u1", "u2")
    shared.sync()
    assert shared.here() == {"u1", "u2", "u3", "u9"}


def disabled(town):
    town.block("accounts", enabled=False)


def blocked(town):
    town.results(accounts="error")


def errored(town):
    town.rows("somebody text", ("u3",), model="accounts")


def gone(town):
    town.shop.sql("drop table accounts")


def not_selected(town):
    del town


def skipped(town):
    path = town.shop.folder / "target" / "run_results.json"
    document = json.loads(path.read_text())
    document["results"] = [each for each in document["results"] if "accounts" not in each["unique_id"]]
    path.write_text(json.dumps(document))


STATES = [blocked, errored, gone, not_selected, skipped]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("moved", [False, True], ids=["held", "moved"])
def test_what_is_held_or_has_moved_stays_whatever_becomes_of_the_other_activation(town, state, moved):
    town.block("accounts", **OTHERS)
    town.people("u9" if moved else "u3", model="accounts")
    town.sync()
    town.people("u1", "u2")
    town.people("u9", "u3", model="accounts")
    state(town)
    selected = ("--select", "customers") if state is not_selected else ()
    town.sync("--allow-removals", *selected, code=None)
    assert town.here() >= {"u1", "u2", "u3"}


def test_a_disabled_activation_holds_nothing(shared):
    disabled(shared)
    shared.people("u1", "u2")
    shared.sync()
    assert shared.here() == {"u1", "u2", "u9"}


def test_an_activation_that_is_not_selected_does_not_hold_what_it_has_not(shared):
    shared.people("u2", "u3")
    shared.sync("--select", "customers")
    assert shared.here() == {"u2", "u3", "u9"}


def test_a_record_that_moves_between_models_stays(town):
    town.block("accounts", **OTHERS)
    town.people("u9", model="accounts")
    town.sync()
    town.people("u1", "u2")
    town.people("u3", "u9", model="accounts")
    ran = town.sync()
    assert town.here() == {"u1", "u2", "u3", "u9"}
    assert ran["people"]["counts"]["removed"] == 0


@pytest.mark.parametrize("changes", [{}, BY_EMAIL], ids=["same identifier", "another identifier"])
def test_a_record_that_moves_to_a_model_whose_delivery_fails_stays(town, changes):
    town.block("accounts", **OTHERS, **changes)
    town.people("u9", model="accounts")
    town.sync()
    town.people("u1", "u2")
    town.people("u3", "u9", model="accounts")
    town.shop.sandbox.faults.add(Fault("POST", "/contacts/search", status=422, times=100))
    town.shop.sandbox.faults.add(Fault("PUT", "/contacts", status=422, times=100))
    ran = town.sync(code=1)
    assert ran["others"]["counts"]["failed"] >= 1
    assert town.here() >= {"u1", "u2", "u3"}


def test_a_record_that_failed_or_waits_is_not_removed_while_it_is_in_the_model(settled):
    settled.shop.sandbox.faults.add(Fault("PUT", "/contacts", status=422, times=1))
    settled.rows(
        "id text, email text", ("u1", "u1@example.com"), ("u2", "new@example.com"), ("u3", "u3@example.com")
    )
    settled.sync(code=1)
    ran = settled.sync(code=1)
    assert ran.counts("people") == {"rows": 3, "unchanged": 2, "failed": 1}
    settled.rows(
        "id text, email text",
        ("u1", "u1@example.com"),
        ("u2", "a@example.com"),
        ("u2", "b@example.com"),
        ("u3", "no address"),
    )
    settled.sync("--allow-removals", code=1)
    assert settled.here() == {"u1", "u2", "u3"}


def test_leads_that_may_have_been_delivered_hold_nobody(settled):
    leads = {"identifier": None, "behaviour": "insert", "key": ["id"], "fields": {"name": "id"}}
    settled.block("accounts", **OTHERS, **leads, constants={"role": "lead"})
    settled.people("l1", model="accounts")
    settled.shop.sandbox.faults.add(Fault("POST", "/contacts", drop_connection=True, skip=0))
    settled.people("u1", "u2")
    ran = settled.sync(code=1)
    assert ran["others"]["counts"]["failed"] == 1
    assert ran["people"]["counts"]["removed"] == 1


def test_a_person_who_is_in_the_model_under_another_identifier_is_not_removed(settled):
    """Intercom names the contact that has the email already; that one must not go for having left the model."""
    settled.rows(
        "id text, email text",
        ("new", "u1@example.com"),
        *((key, f"{key}@example.com") for key in ("u2", "u3")),
    )

    for _ in range(2):
        ran = settled.sync(code=1)
        assert ran["people"]["failures"] == {"identifier_conflict": 1}
        assert settled.here() == {"u1", "u2", "u3"}


def test_it_is_removed_once_the_row_that_named_it_is_gone(settled):
    settled.rows(
        "id text, email text", ("new", "u1@example.com"), ("u2", "u2@example.com"), ("u3", "u3@example.com")
    )
    settled.sync(code=1)
    settled.people("u2", "u3")

    settled.sync()
    assert settled.here() == {"u2", "u3"}


@pytest.mark.parametrize("changes", [{}, {"key": ["id", "email"]}], ids=["as it was", "with another key"])
def test_what_another_activation_lost_to_an_empty_model_it_still_holds(town, changes):
    town.block("accounts", name="others", removed="ignore")
    town.people("u2", "u3", "u9", model="accounts")
    town.sync()
    town.people("u1", "u2")
    town.block("accounts", **changes)
    town.people(model="accounts")

    town.sync()
    assert town.here() == {"u1", "u2", "u3", "u9"}
