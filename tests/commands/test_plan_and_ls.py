"""`plan` and `ls` look, and touch nothing."""

from __future__ import annotations

import json
import os

import pytest


def test_a_plan_creates_nothing_anywhere(shop):
    before = shop.sql("select table_schema, table_name from information_schema.tables")
    files = sorted(path.name for path in (shop.folder / "target").iterdir())
    ran = shop.plan()

    assert ran.code == 0
    assert {call.method for call in shop.sandbox.calls} == {"GET"}
    assert shop.calls() == {}
    assert shop.sql("select table_schema, table_name from information_schema.tables") == before
    assert "intercom_activate" not in shop.schemas()
    assert sorted(path.name for path in (shop.folder / "target").iterdir()) == files


@pytest.mark.slow
def test_the_detailed_exit_code_tells_whether_there_are_changes(shop):
    assert shop.plan("--detailed-exitcode").code == 3
    assert shop.plan().code == 0
    shop.sync()
    assert shop.plan("--detailed-exitcode").code == 0
    shop.sql("update customers set email = 'nonsense'; delete from customers where customer_id = 'c2'")
    assert shop.plan("--detailed-exitcode").code == 3, "at most: a changed row may still be invalid"
    shop.sync()
    assert shop.plan("--detailed-exitcode").code == 0, "what waits, and what left and is kept, is no change"


def test_the_detailed_exit_code_of_a_failure_stays_one(shop):
    shop.sql("alter table customers drop column full_name")
    assert shop.plan("--detailed-exitcode").code == 1


def test_a_plan_counts_each_class(shop):
    shop.sync()
    block = shop.manifest()["nodes"]["model.shop.customers"]["config"]["meta"]["intercom"]
    shop.sql("update customers set full_name = 'Other' where customer_id = 'c1'")
    shop.sql("delete from customers where customer_id = 'c2'")
    shop.sql("insert into customers (customer_id) values ('new'), (null), ('twice'), ('twice')")
    shop.sql("insert into customers (customer_id, email) values ('bad', 'nonsense')")
    assert block["identifier"] == "external_id"
    ran = shop.plan()

    assert ran.code == 0
    assert ran["customers"]["counts"] == {
        "rows": 8,
        "added": 2,
        "changed": 1,
        "unchanged": 2,
        "removed": 0,
        "kept": 1,
        "held": 0,
        "invalid": 3,
        "waiting": 0,
    }
    assert ran["customers"]["invalid"] == {"missing_identifier": 1, "duplicate_identifier": 2}
    shop.sync()
    ran = shop.plan()
    assert ran["customers"]["counts"] == {
        "rows": 8,
        "added": 0,
        "changed": 0,
        "unchanged": 4,
        "removed": 0,
        "kept": 1,
        "held": 0,
        "invalid": 0,
        "waiting": 4,
    }
    assert ran["customers"]["waiting"] == {
        "missing_identifier": 1,
        "duplicate_identifier": 2,
        "invalid_value": 1,
    }


@pytest.mark.slow
def test_a_plan_removes_nobody_for_another_identifier(shop):
    """The emails that were keys are gone, and the people are not."""
    block = {"name": "people", "object": "contact", "behaviour": "upsert", "removed": "archive"}
    fields = {"external_id": "customer_id", "email": "email"}
    shop.configure(customers={**block, "identifier": "email", "fields": fields}, accounts=None)
    shop.sync()
    shop.configure(customers={**block, "identifier": "external_id", "fields": fields})

    for _ in range(2):
        counts = shop.plan()["people"]["counts"]
        assert (counts["removed"], counts["kept"], counts["held"]) == (0, 3, 0)
        assert shop.sync()["people"]["counts"]["removed"] == 0


def test_a_plan_tells_why_removals_would_be_held(shop):
    block = {"name": "people", "object": "contact", "behaviour": "upsert", "identifier": "external_id"}
    fields = {"external_id": "customer_id"}
    shop.configure(customers={**block, "fields": fields, "removed": "archive"}, accounts=None)
    shop.sync()
    shop.sql("delete from customers where customer_id = 'c1'")
    assert shop.plan()["people"]["counts"]["removed"] == 1
    shop.sql("delete from customers")
    ran = shop.run("plan")

    assert "people: 4 removals would be held: the relation is empty" in ran.out
    assert shop.plan("--allow-removals")["people"]["counts"]["removed"] == 4


def test_the_text_calls_changed_an_upper_bound(shop):
    shop.sql("insert into customers (customer_id) values (null)")
    ran = shop.run("plan")

    assert ran.code == 0
    assert "changed at most" in ran.out
    assert "missing_identifier" in ran.out
    assert ran.artifact is None


def test_a_plan_exits_with_one_where_something_is_blocked(shop):
    shop.sql("drop table customers")
    ran = shop.plan()

    assert ran.code == 1
    assert (ran["customers"]["status"], ran["customers"]["counts"]) == ("error", None)
    assert ran["companies"]["counts"]["added"] == 2


def test_a_plan_is_refused_with_two_where_the_token_is(shop):
    shop.token = "wrong"
    assert shop.plan().code == 2


def test_a_condition_narrows_a_plan(shop):
    ran = shop.plan("--where", "customer_id = 'c1'", "--select", "customers")
    assert ran["customers"]["counts"]["rows"] == 1


@pytest.mark.parametrize("command", ["sync", "plan", "ls"])
def test_a_name_that_chooses_nothing_is_said(shop, command):
    ran = shop.run(command, "--select", "activation:companyz")

    assert ran.code == 0
    assert (
        "'activation:companyz' does not match any activation. Did you mean `activation:companies`?" in ran.out
    )


def test_a_file_that_changed_since_dbt_read_it_is_said(shop):
    said = "models/shop.yml was changed after dbt read the project"
    assert said not in shop.run("plan").out
    newer = (shop.folder / "target/manifest.json").stat().st_mtime_ns + 1
    for file in ("models/shop.yml", "models/customers.sql", "dbt_project.yml"):
        os.utime(shop.folder / file, ns=(newer, newer))
        assert shop.run("plan").out.count(said.replace("models/shop.yml", file)) == 1
        os.utime(shop.folder / file, ns=(0, 0))


def test_a_project_without_activations_has_nothing_to_do(shop):
    shop.configure(customers=None, accounts=None)
    said = shop.sync().out
    assert "there is nothing to do: no model of this project has" in said
    assert "https://docs.getdbt.com/reference/resource-configs/meta" in said


def test_ls_prints_one_activation_a_line(shop):
    ran = shop.run("ls")

    assert ran.code == 0
    assert sorted(ran.out.splitlines()) == [
        "companies: upsert company by company_id from model.shop.accounts",
        "customers: upsert contact by external_id from model.shop.customers",
    ]
    assert len(shop.sandbox.calls) == 0


def test_ls_prints_one_json_document(shop):
    ran = shop.run("ls", "--output", "json")

    assert ran.code == 0
    assert {each["activation"]: each["unique_id"] for each in ran.document["results"]} == {
        "companies": "model.shop.accounts",
        "customers": "model.shop.customers",
    }


@pytest.mark.parametrize("command", ["sync", "plan", "retry"])
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_json_output_is_one_document_on_standard_output(shop, command, log_format):
    ran = shop.run(command, "--output", "json", "--log-format", log_format, "--log-level", "debug")

    assert ran.code == 0
    assert {each["activation"] for each in ran.document["results"]} == {"companies", "customers"}
    assert command == "plan" or ran.document == ran.artifact
    for line in ran.err.splitlines() if log_format == "json" else ():
        assert json.loads(line)["info"]["msg"]


def test_json_logs_are_one_document_a_line(shop):
    ran = shop.sync("--log-format", "json")

    events = [json.loads(line) for line in ran.out.splitlines()]
    names = [event["info"]["name"] for event in events]
    assert names[0] == "command.started"
    assert names[-1] == "run.finished"
    assert names.count("activation.finished") == 2


def test_quiet_prints_errors_only(shop):
    assert shop.sync("--quiet").text == ""
    shop.sql("drop table customers")
    assert "customers" in shop.sync("--quiet").out


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        (["--select", "activation:companies"], {"companies"}),
        (["--select", "activation:c*"], {"companies", "customers"}),
        (["--select", "customers"], {"customers"}),
        (["--select", "customers", "accounts"], {"companies", "customers"}),
        (["-s", "customers accounts"], {"companies", "customers"}),
        (["--select", "tag:people"], {"customers"}),
        (["--select", "tag:people,activation:companies"], set()),
        (["--select", "+customers"], {"customers"}),
        (["--select", "models/accounts.sql"], {"companies"}),
        (["--exclude", "activation:companies"], {"customers"}),
        (["--exclude", "tag:people"], {"companies"}),
        (["--select", "accounts", "--exclude", "accounts"], set()),
        (["--select", "no_such_model"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_selection_follows_dbt(shop, arguments, chosen):
    before = (shop.folder / "target" / "manifest.json").read_bytes()
    ran = shop.run("ls", "--output", "json", *arguments)

    assert ran.code == 0
    assert {each["activation"] for each in ran.document["results"]} == chosen
    assert (shop.folder / "target" / "manifest.json").read_bytes() == before


def test_what_is_not_selected_is_not_synced(shop):
    ran = shop.sync("--select", "activation:companies")

    assert ran.code == 0
    assert ran.statuses() == {"companies": "success"}
    assert len(shop.state.contacts) == 0
    ran = shop.sync("--select", "no_such_model")
    assert (ran.code, ran.artifact["results"]) == (0, [])
