"""What stops an activation or a run: what was delivered stays accounted for, and nothing is doubled afterwards."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.intercom import repeating
from dbt_intercom_activate.sandbox.faults import Fault

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id"},
}


@pytest.fixture
def forty_contacts(shop):
    """Forty contacts and two companies, four calls at a time."""
    config = (shop.folder / "intercom.yml").read_text()
    (shop.folder / "intercom.yml").write_text(config.replace("concurrency: 8", "concurrency: 4"))
    shop.configure(customers=PEOPLE)
    shop.put("customers", "id text", [(f"u{number:02}",) for number in range(40)])
    return shop


@pytest.fixture
def two_attempts_only(monkeypatch):
    """Do not wait long for an Intercom that is down."""
    monkeypatch.setattr(repeating, "ATTEMPTS", 2)


def assert_all_accounted_for(shop, ran):
    """Check that ledger, result and Intercom tell the same about the activation `people`."""
    delivered = {row["record_key"]: row["intercom_id"] for row in shop.ledger("people") if not row["code"]}
    counts = ran["people"]["counts"]
    assert delivered == {key: each.id for key, each in shop.contacts().items()}
    assert counts["rows"] == 40
    assert counts["inserted"] + counts["unchanged"] == len(delivered)
    assert counts["inserted"] + counts["unchanged"] + counts["failed"] + counts["pending"] == 40
    run = next(row for row in reversed(shop.runs()) if row["activation"] == "people")
    assert (run["inserted"], run["pending"], run["status"]) == (
        counts["inserted"],
        counts["pending"],
        ran["people"]["status"],
    )


def test_a_token_refused_at_the_start_ends_the_command(shop):
    shop.token = "wrong"
    ran = shop.sync()

    assert ran.code == 2
    assert "token" in ran.err.lower()
    assert "wrong" not in ran.text
    assert ran.artifact is None
    assert len(shop.state.contacts) == 0
    assert "intercom_activate" not in shop.schemas()


def test_a_token_that_is_revoked_midway_defers_the_rest(forty_contacts):
    refused = {"type": "error.list", "errors": [{"code": "unauthorized", "message": "Access Token Invalid"}]}
    forty_contacts.sandbox.faults.add(
        Fault("POST", "/contacts", status=401, body=refused, skip=11, times=1_000)
    )
    ran = forty_contacts.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "success", "people": "deferred"}
    assert 10 <= len(forty_contacts.contacts()) < 40
    assert_all_accounted_for(forty_contacts, ran)
    forty_contacts.sandbox.faults.clear()
    ran = forty_contacts.sync()
    assert ran.code == 0
    assert len(forty_contacts.state.contacts) == 40


def test_a_refused_token_stops_all_activations_of_its_workspace(forty_contacts):
    refused = {"type": "error.list", "errors": [{"code": "unauthorized", "message": "Access Token Invalid"}]}
    forty_contacts.sandbox.faults.add(Fault("POST", "/companies", status=401, body=refused, times=1_000))
    ran = forty_contacts.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "deferred", "people": "deferred"}
    assert "not reached" in ran["people"]["message"]
    assert len(forty_contacts.state.contacts) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("two_attempts_only")
@pytest.mark.parametrize(
    "fault",
    [
        Fault("*", "/", drop_connection=True, skip=18, times=1_000),
        Fault("*", "/", status=503, skip=18, times=1_000),
    ],
    ids=["no answer at all", "503 to everything"],
)
def test_an_outage_midway_defers_the_rest_without_doubles(forty_contacts, fault):
    forty_contacts.sandbox.faults.add(fault)
    ran = forty_contacts.sync()

    assert ran.code == 1, ran.text
    assert ran["people"]["status"] == "deferred"
    assert ran["people"]["message"]
    assert 0 < len(forty_contacts.contacts()) < 40
    assert_all_accounted_for(forty_contacts, ran)
    forty_contacts.sandbox.faults.clear()
    ran = forty_contacts.sync()
    assert ran.code == 0, ran.text
    assert len(forty_contacts.state.contacts) == 40
    assert_all_accounted_for(forty_contacts, ran)


@pytest.mark.slow
@pytest.mark.usefixtures("two_attempts_only")
def test_calls_done_but_never_answered_double_nothing(forty_contacts):
    forty_contacts.sandbox.faults.add(
        Fault("POST", "/contacts", drop_connection=True, after_commit=True, skip=10, times=1_000)
    )
    forty_contacts.sync()
    forty_contacts.sandbox.faults.clear()
    ran = forty_contacts.sync()

    assert ran.code == 0, ran.text
    assert len(forty_contacts.state.contacts) == 40
    assert set(forty_contacts.codes("people").values()) == {None}


@pytest.mark.usefixtures("two_attempts_only")
def test_an_intercom_that_is_down_from_the_start_defers_everything(shop):
    shop.sandbox.faults.add(Fault("*", "/", status=503, times=1_000))
    ran = shop.sync()

    assert ran.code == 1, ran.text
    assert ran.statuses() == {"companies": "deferred", "customers": "deferred"}
    assert len(shop.state.contacts) == 0


def test_a_missing_scope_is_named_and_the_others_go_on(shop):
    shop.state.revoked_scopes = {"Read and list users and companies"}
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "success", "customers": "error"}
    assert ran["customers"]["message"].startswith("POST /contacts/search: the access token lacks a scope")
    assert ran["customers"]["message"] in ran.out
    assert len(shop.state.contacts) == 0


def test_attributes_that_may_not_be_read_are_a_warning(shop):
    shop.state.revoked_scopes = {"Read and list users and companies", "Read one user and one company"}
    ran = shop.sync("--select", "accounts")

    assert ran.code == 0, ran.text
    assert "WARN" in ran.out
    assert len(shop.companies()) == 2


def test_an_endpoint_outside_the_plan_fails_its_activation_only(shop):
    shop.sandbox.faults.add(Fault("POST", "/companies", status=403, times=10))
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "error", "customers": "success"}


def test_time_that_is_over_defers_the_rest(forty_contacts):
    forty_contacts.sandbox.faults.add(Fault("POST", "/contacts", delay_s=0.3, times=40))
    ran = forty_contacts.sync("--max-time", "1.5")

    assert ran.code == 1, ran.text
    assert ran["people"]["status"] == "deferred"
    assert "--max-time" in ran["people"]["message"]
    assert ran["people"]["counts"]["inserted"] == len(forty_contacts.state.contacts) < 40
    forty_contacts.sandbox.faults.clear()
    assert forty_contacts.sync().code == 0
    assert len(forty_contacts.state.contacts) == 40
    assert len(forty_contacts.ledger("people")) == 40


def test_fail_fast_leaves_the_rest_unreached(shop):
    shop.sql("update accounts set account_id = null where account_id = 'a1'")
    ran = shop.sync("--fail-fast")

    assert ran.code == 1
    assert ran.statuses() == {"companies": "partial", "customers": "skipped"}
    assert len(shop.state.contacts) == 0
