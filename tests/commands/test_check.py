"""`check` tells what a sync would lack, in the manner of `dbt debug`, and changes nothing."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from dbt_intercom_activate.commands.check import region_conflict
from dbt_intercom_activate.configuration.workspace import WorkspaceSettings
from dbt_intercom_activate.secret import Secret

TAGS = {
    "name": "plan_tags",
    "object": "contact_tag",
    "behaviour": "attach",
    "identifier": "external_id",
    "fields": {"external_id": "customer_id", "tag": "plan_name"},
}


def found(ran, name, section=None):
    """The findings of a name."""
    return [
        each
        for each in ran.document["results"]
        if each["name"] == name and section in (None, each["section"])
    ]


def lines_of(ran):
    """The lines without their times."""
    return [re.sub(r"^\d\d:\d\d:\d\d  ", "", line) for line in ran.out.splitlines()]


def test_all_is_told_in_dbts_manner_and_nothing_is_changed(shop, state_of):
    shop.add_contact(external_id="c1", email="ada@example.com")
    before = state_of(shop), shop.schemas(), sorted(path.name for path in (shop.folder / "target").iterdir())

    ran = shop.run("check")

    lines = lines_of(ran)
    assert ran.code == 0
    assert lines[-1] == "All checks passed!"
    assert "  Connection test: [OK connection ok]" in lines
    assert "  ledger schema: [OK intercom_activate is not there yet; it may be made]" in lines
    assert "  token: [OK accepted by Sandbox, id sandbox1]" in lines
    assert "  Write users and companies: [OK granted, needed by companies, customers]" in lines
    assert "  customers: [OK 10 fields fit]" in lines
    after = state_of(shop), shop.schemas(), sorted(path.name for path in (shop.folder / "target").iterdir())
    assert after == before
    assert shop.sandbox.calls.count_status(200) == sum(
        call.status == 200 for call in shop.sandbox.calls if call.method == "GET"
    )


def test_a_missing_scope_is_named_with_its_activation(shop, state_of):
    block = shop.manifest()["nodes"]["model.shop.customers"]["config"]["meta"]["intercom"]
    shop.configure(customers=[{**block, "name": "people"}, TAGS])
    shop.state.revoked_scopes = {"Write tags"}
    before = state_of(shop)

    ran = shop.run("check", "--output", "json")

    (finding,) = found(ran, "Write tags")
    assert (ran.code, ran.document["exit_code"]) == (1, 1)
    assert (finding["status"], finding["state"]) == ("error", "missing")
    assert finding["activations"] == ["plan_tags"]
    assert [each["name"] for each in ran.document["results"] if each["status"] == "error"] == ["Write tags"]
    assert state_of(shop) == before


def test_after_a_refused_token_the_rest_is_checked(shop):
    shop.token = "s3cr3t-token-of-somebody"

    ran = shop.run("check", "--log-level", "debug", "--output", "json")

    assert ran.code == 2
    (finding,) = found(ran, "token")
    assert finding["status"] == "error"
    assert found(ran, "Connection test")[0]["status"] == "ok"
    assert [each["status"] for each in found(ran, "customers", "fields")] == ["skip"]
    assert "s3cr3t" not in ran.text


def test_no_output_holds_the_token(shop, monkeypatch):
    shop.token = "s3cr3t-token-of-ours"
    monkeypatch.setattr(shop.state, "token", shop.token)
    for arguments in (["--log-level", "debug"], ["--log-format", "json"], ["--output", "json"]):
        ran = shop.run("check", *arguments)
        assert ran.code == 0
        assert "s3cr3t" not in ran.text


def test_what_does_not_fit_is_one_finding_each(shop):
    shop.sql("alter table customers drop column full_name")
    shop.state.attributes.clear()
    shop.state._attribute_by_name.clear()
    shop.state.add_attribute("contact", "balance", "boolean")

    ran = shop.run("check", "--select", "customers", "--output", "json")

    told = "\n".join(each["message"] for each in found(ran, "customers", "fields"))
    assert ran.code == 1
    assert "fields.name: expected a column of" in told
    assert "whose type in Intercom is boolean" in told
    assert told.count("which does not") == 4
    assert not found(ran, "companies", "fields")


def test_an_unknown_api_version_fails_the_activations(shop):
    file = shop.folder / "intercom.yml"
    file.write_text(file.read_text() + "    api_version: '2.99'\n")

    ran = shop.run("check", "--output", "json")

    assert ran.code == 1
    assert found(ran, "API version")[0]["status"] == "error"


def test_mistakes_in_meta_do_not_stop_the_other_checks(shop):
    file = shop.folder / "models" / "shop.yml"
    file.write_text(
        file.read_text()
        .replace("identifier: external_id", "identifier: extrenal_id")
        .replace("behaviour: upsert", "behaviour: upsrt", 1)
        .replace("size: headcount", "sise: headcount")
    )

    ran = shop.run("check", "--output", "json")

    told = [each["message"] for each in found(ran, "activations")]
    assert ran.code == 2
    assert len(told) >= 2
    assert any("upsrt" in each for each in told)
    assert any("sise" in each for each in told)
    assert found(ran, "Connection test")[0]["status"] == "ok"


def test_a_token_that_the_environment_lacks_is_a_finding(shop):
    file = shop.folder / "intercom.yml"
    file.write_text(file.read_text().replace("SHOP_INTERCOM_TOKEN", "NOT_SET"))

    ran = shop.run("check", "--output", "json")

    assert ran.code == 2
    assert "NOT_SET" in found(ran, "settings")[0]["message"]


def test_without_a_warehouse_the_scopes_are_still_asked(shop):
    file = shop.folder / "profiles.yml"
    file.write_text(file.read_text().replace("path: shop.duckdb", "path: nowhere/shop.duckdb"))

    ran = shop.run("check", "--output", "json")

    assert ran.code == 2
    assert found(ran, "Connection test")[0]["status"] == "error"
    assert found(ran, "Write users and companies")[0]["state"] == "granted"


def test_a_grant_that_is_missing_is_one(shop):
    shop.sync()
    file = shop.folder / "profiles.yml"
    file.write_text(
        file.read_text().replace(
            "path: shop.duckdb", "path: shop.duckdb\n      config_options: {access_mode: read_only}"
        )
    )

    ran = shop.run("check", "--output", "json")

    assert ran.code == 1
    assert found(ran, "grant to create tables in it")[0]["status"] == "error"
    assert found(ran, "table ledger: read")[0]["status"] == "ok"
    assert found(ran, "table ledger: append")[0]["status"] == "error"


def test_attributes_that_cannot_be_read_are_a_warning(shop):
    body = json.loads('{"type": "error.list", "errors": [{"code": "token_unauthorized", "message": "No"}]}')
    from dbt_intercom_activate.sandbox.faults import Fault

    shop.sandbox.faults.add(
        Fault(method="GET", path_prefix="/data_attributes", status=401, body=body, times=2)
    )

    ran = shop.run("check")

    assert ran.code == 0
    assert lines_of(ran)[-1] == "2 warnings. All checks passed!"


def test_another_region_than_the_workspaces_is_a_warning():
    american = WorkspaceSettings("main", "https://api.intercom.io", Secret("t"), region="us")

    assert region_conflict(american, "US") is None
    assert region_conflict(american, None) is None
    assert "set `region: eu`" in (region_conflict(american, "EU") or "")
    local = dataclasses.replace(american, base_url="http://127.0.0.1:1", region=None)
    assert region_conflict(local, "EU") is None


@pytest.mark.parametrize("option", ["--help"])
def test_help_needs_no_project(shop, option):
    assert "Check configuration" in shop.run("check", option).out


@pytest.mark.parametrize("command", ["check", "plan"])
def test_a_standard_field_that_no_value_fits_is_named(shop, command):
    """Text for a date and for a boolean of Intercom's own is seen before the sync."""
    fields = {"external_id": "id", "signed_up_at": "since", "unsubscribed_from_emails": "out", "name": "age"}
    block = {"object": "contact", "behaviour": "upsert", "identifier": "external_id", "fields": fields}
    shop.only(block, "id text, since text, out text, age integer", [("u1", "2024-01-01", "true", 7)])
    ran = shop.run(command)

    assert ran.code == 1
    assert "fields.signed_up_at: expected a value that fits signed_up_at, which is a timestamp" in ran.out
    assert "fields.unsubscribed_from_emails: expected a value that fits" in ran.out
    assert "found one of type VARCHAR. Cast it in the model" in ran.out
    assert "fields.name" not in ran.out
