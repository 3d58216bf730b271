"""`build` and `run`: dbt in process, then the sync of what it built; and `sandbox --run`."""

from __future__ import annotations

import sys

import pytest


def test_build_builds_and_then_syncs(shop):
    model = shop.folder / "models" / "accounts.sql"
    model.write_text(model.read_text().replace("'Bits'", "'Bytes'"))
    ran = shop.run("build")

    assert ran.code == 0, ran.text
    assert ran.statuses() == {"companies": "success", "customers": "success"}
    assert shop.companies()["a2"].fields["name"] == "Bytes"
    assert ran.artifact["metadata"]["dbt_invocation_id"] == shop.manifest()["metadata"]["invocation_id"]


@pytest.mark.dbt
@pytest.mark.slow
def test_run_passes_unknown_options_to_dbt(shop):
    ran = shop.run("run", "--threads", "1", "--full-refresh", "--select", "companies")

    assert ran.code == 0, ran.text
    assert ran.statuses() == {"companies": "success"}
    results = (shop.folder / "target" / "run_results.json").read_text()
    assert "model.shop.accounts" in results
    assert "model.shop.customers" not in results
    assert '"full_refresh": true' in results
    assert len(shop.state.contacts) == 0


def test_a_failing_test_blocks_and_makes_the_exit_code_one(shop):
    schema = shop.folder / "models" / "shop.yml"
    schema.write_text(
        schema.read_text()
        + "    columns: [{name: account_id, data_tests: [{accepted_values: {values: [a1]}}]}]\n"
    )
    ran = shop.run("build")

    assert ran.code == 1
    assert ran.statuses() == {"companies": "blocked", "customers": "success"}
    assert len(shop.companies()) == 0
    ran = shop.run("build", "--no-gate")
    assert ran.code == 1
    assert ran.statuses() == {"companies": "success", "customers": "success"}


def test_a_project_that_does_not_parse_is_not_synced(shop):
    (shop.folder / "models" / "broken.sql").write_text("select * from {{ ref('no_such_model') }}")
    ran = shop.run("build")

    assert ran.code == 2
    assert ran.artifact is None
    assert len(shop.sandbox.calls) == 0


@pytest.mark.dbt
@pytest.mark.slow
def test_a_model_that_does_not_compile_fails_alone(shop):
    (shop.folder / "models" / "broken.sql").write_text("select {{ no_such_macro() }}")
    ran = shop.run("build")

    assert ran.code in (1, 2)
    assert ran.artifact is None or ran.statuses() == {"companies": "success", "customers": "success"}


@pytest.mark.dbt
@pytest.mark.slow
def test_the_target_goes_to_both(shop):
    ran = shop.run("build", "--target", "prod", "--select", "accounts")

    assert ran.code == 0, ran.text
    assert "production" in shop.schemas()
    assert ran.statuses() == {"companies": "success"}
    assert shop.companies().keys() == {"a1", "a2"}


def test_the_sandbox_passes_on_its_commands_exit_code(shop):
    environment = (
        "import os; print(os.environ['INTERCOM_BASE_URL'], os.environ['INTERCOM_ACCESS_TOKEN']);"
        " raise SystemExit(7)"
    )
    process = shop.start("sandbox", "--token", "t0ken", "--run", f'{sys.executable} -c "{environment}"')
    out, err = process.communicate(timeout=60)

    assert process.returncode == 7, err
    base_url, token = out.split()
    assert base_url.startswith("http://127.0.0.1:")
    assert token == "t0ken"


@pytest.mark.dbt
@pytest.mark.slow
def test_the_sandbox_stands_in_for_every_workspace(shop):
    sync = f"{sys.executable} -m dbt_intercom_activate sync --select accounts"
    attributes = shop.folder / "models" / "shop.yml"
    assert attributes.exists()
    block = shop.manifest()["nodes"]["model.shop.accounts"]["config"]["meta"]["intercom"]
    for name in ("custom_attributes.tier", "custom_attributes.spend"):
        del block["fields"][name]
    shop.configure(accounts=block)
    process = shop.start("sandbox", "--run", sync)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 0, out + err
    assert "INTERCOM_BASE_URL sends workspace 'test' to http://127.0.0.1:" in out
    assert len(shop.companies()) == 0
    assert len(shop.ledger("companies")) == 2
