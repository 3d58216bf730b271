"""What stops an activation or a run: what was delivered stays accounted for, and nothing is doubled afterwards."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.intercom import client
from dbt_intercom_activate.sandbox.faults import Fault

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id"},
}


@pytest.fixture
def crowd(shop):
    """Forty contacts and two companies, four calls at a time."""
    config = (shop.folder / "intercom.yml").read_text()
    (shop.folder / "intercom.yml").write_text(config.replace("concurrency: 8", "concurrency: 4"))
    shop.configure(customers=PEOPLE)
    shop.put("customers", "id text", [(f"u{number:02}",) for number in range(40)])
    return shop


@pytest.fixture
def impatient(monkeypatch):
    """Do not wait long for an Intercom that is down."""
    monkeypatch.setattr(client, "ATTEMPTS", 2)


def accounted(shop, ran):
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


def test_a_token_that_is_refused_at_the_start_ends_the_command(shop):
    shop.token = "wrong"
    ran = shop.sync()

    assert ran.code == 2
    assert "token" in ran.err.lower()
    assert "wrong" not in ran.text
    assert ran.artifact is None
    assert len(shop.state.contacts) == 0
    assert "intercom_activate" not in shop.schemas()


def test_a_token_that_is_revoked_midway_defers_the_rest(crowd):
    refused = {"type": "error.list", "errors": [{"code": "unauthorized", "message": "Access Token Invalid"}]}
    crowd.sandbox.faults.add(Fault("POST", "/contacts", status=401, body=refused, skip=11, times=1_000))
    ran = crowd.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "success", "people": "deferred"}
    assert 10 <= len(crowd.contacts()) < 40
    accounted(crowd, ran)
    crowd.sandbox.faults.clear()
    ran = crowd.sync()
    assert ran.code == 0
    assert len(crowd.state.contacts) == 40


def test_a_run_does_not_go_on_to_other_activations_of_a_workspace_that_refuses_the_token(crowd):
    refused = {"type": "error.list", "errors": [{"code": "unauthorized", "message": "Access Token Invalid"}]}
    crowd.sandbox.faults.add(Fault("POST", "/companies", status=401, body=refused, times=1_000))
    ran = crowd.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "deferred", "people": "deferred"}
    assert "not reached" in ran["people"]["message"]
    assert len(crowd.state.contacts) == 0


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "fault",
    [
        Fault("*", "/", drop_connection=True, skip=18, times=1_000),
        Fault("*", "/", status=503, skip=18, times=1_000),
    ],
    ids=["no answer at all", "503 to everything"],
)
def test_an_intercom_that_goes_down_midway_defers_the_rest_and_nothing_is_doubled(crowd, fault):
    crowd.sandbox.faults.add(fault)
    ran = crowd.sync()

    assert ran.code == 1, ran.text
    assert ran["people"]["status"] == "deferred"
    assert ran["people"]["message"]
    assert 0 < len(crowd.contacts()) < 40
    accounted(crowd, ran)
    crowd.sandbox.faults.clear()
    ran = crowd.sync()
    assert ran.code == 0, ran.text
    assert len(crowd.state.contacts) == 40
    accounted(crowd, ran)


@pytest.mark.usefixtures("impatient")
def test_an_intercom_that_carries_out_what_it_never_answers_doubles_nothing(crowd):
    crowd.sandbox.faults.add(
        Fault("POST", "/contacts", drop_connection=True, after_commit=True, skip=10, times=1_000)
    )
    crowd.sync()
    crowd.sandbox.faults.clear()
    ran = crowd.sync()

    assert ran.code == 0, ran.text
    assert len(crowd.state.contacts) == 40
    assert set(crowd.codes("people").values()) == {None}


@pytest.mark.usefixtures("impatient")
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


def test_a_plan_that_lacks_the_endpoint_is_an_error_of_that_activation(shop):
    shop.sandbox.faults.add(Fault("POST", "/companies", status=403, times=10))
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "error", "customers": "success"}


def test_time_that_is_over_defers_the_rest(crowd):
    crowd.sandbox.faults.add(Fault("POST", "/contacts", delay_s=0.3, times=40))
    ran = crowd.sync("--max-time", "1.5")

    assert ran.code == 1, ran.text
    assert ran["people"]["status"] == "deferred"
    assert "--max-time" in ran["people"]["message"]
    assert ran["people"]["counts"]["inserted"] == len(crowd.state.contacts) < 40
    crowd.sandbox.faults.clear()
    assert crowd.sync().code == 0
    assert len(crowd.state.contacts) == 40
    assert len(crowd.ledger("people")) == 40


def test_fail_fast_leaves_the_rest_unreached(shop):
    shop.sql("update accounts set account_id = null where account_id = 'a1'")
    ran = shop.sync("--fail-fast")

    assert ran.code == 1
    assert ran.statuses() == {"companies": "partial", "customers": "skipped"}
    assert len(shop.state.contacts) == 0
