"""The gate, with results that dbt itself wrote."""

from __future__ import annotations

import json

import pytest

TEST = """
models:
  - name: accounts
    columns:
      - name: account_id
        data_tests:
          - accepted_values: {values: [a1], config: {severity: SEVERITY}}  # `arguments:` is unknown to dbt 1.8
"""


def add_a_failing_test(shop, severity: str) -> None:
    text = TEST.replace("SEVERITY", severity)
    schema = shop.folder / "models" / "shop.yml"
    addition = text.split("columns:")[1]
    schema.write_text(schema.read_text() + "    columns:" + addition)


def break_model(shop, model: str) -> None:
    path = shop.folder / "models" / f"{model}.sql"
    path.write_text(path.read_text().rstrip() + " where 1 = cast('x' as integer)\n")


def test_a_failing_test_blocks_its_model_and_no_other(shop):
    add_a_failing_test(shop, "error")
    shop.dbt("build")
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "blocked", "customers": "success"}
    assert "accepted_values" in ran["companies"]["message"]
    assert len(shop.companies()) == 0
    ran = shop.sync("--no-gate")
    assert ran.code == 0
    assert len(shop.companies()) == 2


@pytest.mark.dbt
@pytest.mark.slow
def test_a_test_that_only_warns_does_not_block(shop):
    add_a_failing_test(shop, "warn")
    shop.dbt("build")
    ran = shop.sync()

    assert ran.code == 0, ran.text
    assert ran.statuses() == {"companies": "success", "customers": "success"}


def test_a_failed_model_is_blocked_with_its_old_rows(shop):
    break_model(shop, "accounts")
    shop.dbt("build")
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "blocked", "customers": "success"}
    assert len(shop.companies()) == 0


@pytest.mark.dbt
@pytest.mark.slow
def test_a_model_that_was_skipped_is_blocked(shop):
    (shop.folder / "models" / "source.sql").write_text("select cast('x' as integer) as broken")
    path = shop.folder / "models" / "accounts.sql"
    path.write_text("-- depends_on: {{ ref('source') }}\n" + path.read_text())
    shop.dbt("build")
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "blocked", "customers": "success"}
    assert "skipped" in ran["companies"]["message"]


@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.parametrize("command", [["compile"], ["docs", "generate"]], ids=" ".join)
def test_a_failed_build_still_blocks_after(shop, command):
    break_model(shop, "accounts")
    shop.dbt("build")
    shop.dbt(*command)
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "blocked", "customers": "success"}
    assert f"run_results.json is of `dbt {' '.join(command)}`; what `dbt build` said before it" in ran.out


def test_what_overwrote_a_build_is_not_believed(shop):
    shop.dbt("docs", "generate")
    (shop.folder / "target" / "intercom_activate_built.json").unlink()
    for command in ("sync", "plan"):
        ran = shop.run(command)
        assert ran.code == 2
        assert "run_results.json is of `dbt docs generate`" in ran.err
        assert "--no-gate" in ran.err
    assert len(shop.sandbox.calls) == 0
    assert shop.sync("--no-gate").code == 0


def test_a_build_for_another_target_says_nothing(shop):
    kept = shop.folder / "target" / "intercom_activate_built.json"
    shop.dbt("compile")
    kept.write_text(kept.read_text().replace('"target": null', '"target": "prod"'))
    if '"target": "prod"' not in kept.read_text():  # dbt leaves out what was not given
        kept.write_text(kept.read_text().replace('"which": "build"', '"which": "build", "target": "prod"'))
    ran = shop.sync()

    assert ran.code == 2
    assert "run_results.json is of `dbt compile`" in ran.err


@pytest.mark.dbt
@pytest.mark.slow
def test_a_retry_continues_the_build(shop):
    path = shop.folder / "models" / "accounts.sql"
    whole = path.read_text()
    break_model(shop, "accounts")
    shop.dbt("build")
    path.write_text(whole)
    shop.dbt("retry")
    assert shop.sync().statuses() == {"companies": "success", "customers": "success"}

    shop.dbt("show", "--inline", "select 1 as one")
    assert shop.sync().statuses() == {"companies": "success", "customers": "success"}


@pytest.mark.dbt
@pytest.mark.slow
def test_a_retry_of_an_unknown_build_blocks_the_rest(shop):
    break_model(shop, "accounts")
    shop.dbt("build")
    kept = shop.folder / "target" / "intercom_activate_built.json"
    (shop.folder / "target" / "run_results.json").rename(shop.folder / "run_results.json")
    kept.unlink()
    path = shop.folder / "models" / "accounts.sql"
    path.write_text(path.read_text().partition(" where")[0])
    shop.dbt("retry", "--state", ".")
    ran = shop.sync()

    assert ran.code == 1
    assert ran.statuses() == {"companies": "success", "customers": "blocked"}
    assert "nothing tells what became of customers" in ran["customers"]["message"]


@pytest.mark.dbt
@pytest.mark.slow
def test_a_test_of_what_was_not_built_blocks(shop):
    break_model(shop, "accounts")
    shop.dbt("run")
    shop.dbt("test")
    ran = shop.sync()

    assert ran.statuses() == {"companies": "blocked", "customers": "success"}
    assert "accounts has the status error" in ran["companies"]["message"]


def test_empty_relations_are_blocked(shop):
    shop.sync()
    shop.dbt("build", "--empty")
    ran = shop.sync()

    assert ran.code == 1
    assert set(ran.statuses().values()) == {"blocked"}
    assert "--empty" in ran["customers"]["message"]


def test_without_run_results_the_sync_warns_and_runs(shop):
    (shop.folder / "target" / "run_results.json").unlink()
    ran = shop.sync()

    assert ran.code == 0
    assert "run_results.json" in ran.out
    assert "WARN" in ran.out
    assert len(shop.contacts()) == 4


def test_a_model_that_the_build_left_out_is_skipped(shop):
    shop.dbt("run", "--select", "accounts")
    ran = shop.sync()

    assert ran.code == 0
    assert ran.statuses() == {"companies": "success", "customers": "skipped"}
    assert len(shop.contacts()) == 0


@pytest.mark.dbt
@pytest.mark.slow
def test_after_test_every_model_is_synced(shop):
    shop.dbt("test")
    ran = shop.sync()

    assert ran.code == 0
    assert set(ran.statuses().values()) == {"success"}


def test_a_disabled_activation_is_skipped(shop):
    block = shop.manifest()["nodes"]["model.shop.accounts"]["config"]["meta"]["intercom"]
    shop.configure(accounts={**block, "enabled": False})
    ran = shop.sync()

    assert ran.code == 0
    assert ran.statuses() == {"companies": "skipped", "customers": "success"}
    assert len(shop.companies()) == 0


@pytest.mark.dbt
@pytest.mark.slow
def test_the_gate_can_ask_the_parents(shop):
    (shop.folder / "models" / "shoppers.sql").write_text("select * from {{ ref('accounts') }}")
    schema = shop.folder / "models" / "shop.yml"
    add_a_failing_test(shop, "error")
    schema.write_text(
        schema.read_text()
        + """
  - name: shoppers
    config:
      meta:
        intercom:
          object: company
          behaviour: upsert
          identifier: company_id
          gate: parents
          fields: {company_id: account_id}
"""
    )
    shop.dbt("run")
    shop.dbt("test")
    ran = shop.sync()

    assert ran.statuses() == {"companies": "blocked", "customers": "success", "shoppers": "blocked"}
    results = shop.folder / "target" / "run_results.json"
    assert json.loads(results.read_text())["args"]["which"] == "test"
