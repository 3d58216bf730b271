"""Bad input: what is wrong is said at once and in full, and nothing wrong is sent."""

from __future__ import annotations

import json

import pytest

CONTACT = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "customer_id", "email": "email"},
}


def nothing_was_sent(shop):
    assert shop.sandbox.calls.writes == 0
    assert len(shop.state.contacts) == 0
    assert "intercom_activate" not in shop.schemas()


@pytest.mark.dbt
@pytest.mark.slow
def test_without_a_manifest_it_says_to_run_dbt(shop):
    (shop.folder / "target" / "manifest.json").unlink()
    for command in ("sync", "plan", "ls"):
        ran = shop.run(command)
        assert ran.code == 2
        assert "manifest.json" in ran.err
        assert "Run `dbt" in ran.err or "run `dbt" in ran.err
    nothing_was_sent(shop)
    assert len(shop.sandbox.calls) == 0


def test_outside_of_a_project_it_says_so(shop, tmp_path):
    ran = shop.run("sync", "--project-dir", str(tmp_path / "nowhere"))

    assert ran.code == 2
    assert "dbt_project.yml" in ran.err


@pytest.mark.parametrize("name", ["manifest.json", "run_results.json"])
@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"metadata": {}}'], ids=repr)
def test_an_artifact_that_cannot_be_read_is_named(shop, name, text):
    (shop.folder / "target" / name).write_text(text)
    ran = shop.sync()

    assert ran.code == 2
    assert name in ran.err
    assert "Traceback" not in ran.text
    nothing_was_sent(shop)


def test_every_mistake_in_meta_is_listed_with_its_place(shop):
    shop.configure(
        customers=[
            {**CONTACT, "behaviour": "upsrt"},
            {**CONTACT, "name": "other", "identifier": "mail", "colour": "red", "nulls": "never"},
            {**CONTACT, "name": "Third One", "fields": {**CONTACT["fields"], "emial": "email"}},
            {**CONTACT, "name": "fourth", "fields": {**CONTACT["fields"], "created_at": "signed_up_at"}},
        ],
        accounts={"object": "compny", "behaviour": "upsert"},
    )
    ran = shop.sync()

    assert ran.code == 2
    assert ran.artifact is None
    expected = ("upsrt", "mail", "colour", "nulls", "Third One", "emial", "created_at", "compny")
    for found in expected:
        assert found in ran.err
    mistakes = [line for line in ran.err.splitlines() if "models/shop.yml" in line]
    assert len(mistakes) == len(expected)
    assert ran.err.startswith(f"{len(mistakes)} mistakes in the configuration")
    assert all("accounts" in line or "customers" in line for line in mistakes)
    nothing_was_sent(shop)
    assert len(shop.sandbox.calls) == 0


def test_an_unknown_key_is_a_mistake(shop):
    shop.configure(customers={**CONTACT, "keys": ["customer_id"]})
    ran = shop.sync()

    assert ran.code == 2
    assert "keys" in ran.err
    nothing_was_sent(shop)


def test_every_missing_column_and_attribute_is_listed(shop):
    fields = {
        "external_id": "customer_idd",
        "name": "nmae",
        "custom_attributes.plan": "plan_name",
        "custom_attributes.plam": "plan_name",
        "custom_attributes.balance": "plan_name",
    }
    shop.configure(customers={**CONTACT, "fields": fields, "constants": {"custom_attributes.nope": 1}})
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "success", "people": "error"}
    message = ran["people"]["message"]
    assert len(message.splitlines()) == 5, message
    for found in (
        "'customer_idd'",
        "'nmae'",
        "custom_attributes.plam",
        "custom_attributes.balance",
        "custom_attributes.nope",
    ):
        assert found in message
    assert "Did you mean `customer_id`?" in message
    assert "Did you mean `plan`?" in message
    assert message.count("models/shop.yml") == 5
    assert all(line in ran.out for line in message.splitlines())
    assert set(ran["people"]["counts"].values()) == {0}
    assert shop.ledger("people") == []
    assert shop.companies().keys() == {"a1", "a2"}
    assert len(shop.state.contacts) == 0


def test_archived_and_locked_attributes_are_mistakes(shop):
    shop.state.add_attribute("contact", "old", "string", archived=True)
    shop.state.add_attribute("contact", "locked", "string", api_writable=False)
    fields = {
        **CONTACT["fields"],
        "custom_attributes.old": "plan_name",
        "custom_attributes.locked": "plan_name",
    }
    shop.configure(customers={**CONTACT, "fields": fields})
    ran = shop.sync()

    assert ran.code == 1
    assert ran["people"]["status"] == "error"
    assert "custom_attributes.locked" in ran["people"]["message"]
    assert "custom_attributes.old" in ran["people"]["message"]


def test_a_missing_relation_fails_its_activation_only(shop):
    shop.sql("drop table customers")
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "success", "customers": "error"}
    assert "customers" in ran["customers"]["message"]
    assert len(shop.companies()) == 2


def test_a_broken_relation_fails_its_activation_only(shop):
    shop.sql("alter table customers rename to raw_customers")
    shop.sql(
        "create view customers as select * replace (cast(full_name as integer) as seats) from raw_customers"
    )
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "success", "customers": "error"}
    assert "Lovelace" not in ran.text + json.dumps(ran.artifact)
    assert shop.sync("--select", "accounts").code == 0


def test_a_condition_that_the_warehouse_refuses_is_an_error(shop):
    ran = shop.sync("--where", "no_such_column = 1")

    assert ran.code == 1
    assert set(ran.statuses().values()) == {"error"}
    assert "no_such_column" in ran.out


def test_a_profile_that_leads_nowhere_is_said_to(shop):
    ran = shop.sync("--target", "nowhere")

    assert ran.code == 2
    assert "nowhere" in ran.err
    nothing_was_sent(shop)


def test_a_variable_that_the_profile_lacks_is_named(shop):
    profiles = shop.folder / "profiles.yml"
    profiles.write_text(profiles.read_text().replace("shop.duckdb", "\"{{ env_var('NO_SUCH_PATH') }}\""))
    ran = shop.sync()

    assert ran.code == 2
    assert "NO_SUCH_PATH" in ran.err
    nothing_was_sent(shop)


def test_a_database_file_that_another_process_holds_is_said_to(shop):
    held = (
        "import duckdb, sys; c = duckdb.connect('shop.duckdb'); print('held', flush=True); sys.stdin.read()"
    )
    with shop.start(code=held) as holder:
        assert holder.stdout.readline() == "held\n"
        ran = shop.sync()
        holder.communicate("")

    assert ran.code == 2
    assert "in use by another process" in ran.err
    nothing_was_sent(shop)
    assert shop.sync().code == 0


def test_a_warehouse_that_cannot_be_opened_is_said_to(shop):
    profiles = shop.folder / "profiles.yml"
    profiles.write_text(profiles.read_text().replace("shop.duckdb", "no/such/folder/shop.duckdb"))
    ran = shop.sync()

    assert ran.code == 2
    assert "warehouse" in ran.err
    nothing_was_sent(shop)


def test_a_mistake_in_intercom_yml_ends_the_command(shop):
    (shop.folder / "intercom.yml").write_text("default: test\nworkspaces:\n  test: {regio: us}\n")
    ran = shop.sync()

    assert ran.code == 2
    assert "intercom.yml" in ran.err
    assert "regio" in ran.err
    nothing_was_sent(shop)


def test_a_variable_that_is_not_set_is_named(shop):
    config = shop.folder / "intercom.yml"
    config.write_text(config.read_text().replace("SHOP_INTERCOM_TOKEN", "NO_SUCH_TOKEN"))
    ran = shop.sync()

    assert ran.code == 2
    assert "NO_SUCH_TOKEN" in ran.err
    nothing_was_sent(shop)


@pytest.mark.parametrize(
    "arguments",
    [
        ["sync", "--limit", "-1"],
        ["sync", "--output", "xml"],
        ["sync", "--colour", "red"],
        ["sync", "--vars", "[not, a, mapping]"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_refused_with_two(shop, arguments):
    ran = shop.run(*arguments)

    assert ran.code == 2
    assert ran.err
    assert "Traceback" not in ran.text
    nothing_was_sent(shop)


# The right relation


@pytest.fixture
def two_targets(shop):
    """Other rows stand in the schema of the target prod."""
    shop.configure(accounts=None)
    shop.sql("create schema production")
    for table, replaced in (
        ("customers", "'prod-' || customer_id as customer_id, null as email"),
        ("accounts", "'prod-' || account_id as account_id"),
    ):
        shop.sql(f"create table production.{table} as select * replace ({replaced}) from main.{table}")
    return shop


DEV = {"c1", "c2", "c3", "c4"}
PROD = {f"prod-{key}" for key in DEV}


def test_a_manifest_of_another_target_is_not_believed(two_targets):
    ran = two_targets.sync("--target", "prod", "--select", "customers")

    assert ran.code == 0, ran.text
    assert two_targets.contacts().keys() == PROD
    assert "run_results.json is of target 'dev'" in ran.out


@pytest.mark.dbt
@pytest.mark.slow
def test_what_dbt_ls_did_to_the_manifest_is_not_believed(two_targets):
    two_targets.dbt("ls", "--target", "prod")
    assert '\\"production\\"' in (two_targets.folder / "target" / "manifest.json").read_text()
    ran = two_targets.sync("--select", "customers")

    assert ran.code == 0, ran.text
    assert two_targets.contacts().keys() == DEV
    ran = two_targets.sync("--select", "customers", "--target", "prod")
    assert two_targets.contacts().keys() == DEV | PROD


@pytest.mark.slow
def test_the_variable_of_dbt_names_the_target_too(two_targets):
    ran = two_targets.sync("--select", "customers", env={"DBT_TARGET": "prod"})

    assert ran.code == 0, ran.text
    assert two_targets.contacts().keys() == PROD


@pytest.mark.slow
def test_a_build_counts_for_its_own_target_only(two_targets):
    two_targets.dbt("build", "--target", "prod", "--select", "accounts")
    two_targets.configure(accounts=None)
    assert two_targets.sync("--target", "prod").statuses() == {"customers": "skipped"}
    assert len(two_targets.state.contacts) == 0
    ran = two_targets.sync("--select", "customers")
    assert ran.code == 0, ran.text
    assert two_targets.contacts().keys() == DEV


def test_a_project_that_the_target_cannot_parse_is_refused(two_targets):
    (two_targets.folder / "models" / "broken.sql").write_text("select * from {{ ref('no_such_model') }}")
    ran = two_targets.sync("--target", "prod")

    assert ran.code == 2
    assert "'dev'" in ran.err
    assert "'prod'" in ran.err
    nothing_was_sent(two_targets)
