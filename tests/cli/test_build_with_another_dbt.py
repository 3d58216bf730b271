"""`build --dbt COMMAND`: dbt as a process of its own, of any version, then the sync of what it left.

Most tests let a small script stand in for dbt, which changes the invocation of the artifacts that are there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dbt_intercom_activate.project.location import locate_project
from dbt_intercom_activate.warehouse.dbt_process import dbt_two_of, version_of

STAND_IN = """#!/bin/sh
if [ "$1" = --version ]; then printf 'VERSION'; exit 0; fi
printf '%s\\n' "$@" > said
env > environment
LEAVES
exit CODE
"""
RESULTS = 'sed -i \'s/"invocation_id": "/&other-/\' target/manifest.json target/run_results.json'
DBT_2 = "dbt-core 2.0.0-alpha.1\\n"
DBT_1 = "Core:\\n  - installed: 1.11.16\\n  - latest:    1.12.6\\n\\nPlugins:\\n  - duckdb: 1.11.1\\n"


@pytest.fixture
def another_dbt(shop):
    """Make a `dbt` in a folder of its own; returns its path."""

    def make(*, version=DBT_2, leaves=RESULTS, code=0):
        file = shop.folder / "other" / "dbt"
        file.parent.mkdir()
        text = STAND_IN.replace("VERSION", version).replace("LEAVES", leaves).replace("CODE", str(code))
        file.write_text(text)
        file.chmod(0o755)
        return file

    return make


@pytest.fixture
def written_by_dbt_two(shop):
    manifest = shop.manifest()
    manifest["metadata"]["dbt_version"] = "2.0.0-alpha.1"
    shop.write_manifest(manifest)


def on_the_path(file):
    return {"PATH": f"{file.parent}{os.pathsep}{os.environ['PATH']}"}


def test_another_dbt_builds_and_what_it_left_is_synced(shop, another_dbt):
    dbt = another_dbt()
    ran = shop.run(
        "build", "--dbt", str(dbt), "--threads", "1", "--select", "activation:companies", "accounts"
    )

    assert ran.code == 0, ran.text
    assert ran.statuses() == {"companies": "success"}
    said = (shop.folder / "said").read_text().splitlines()
    assert said == ["build", "--threads", "1", "--select", "accounts", "--select", "accounts"]


def test_the_dbt_syncs_nothing_by_itself(shop, another_dbt):
    env = {"INTERCOM_SYNC_AFTER": "build", "DBT_INTERCOM_DBT": f"sh {another_dbt()}"}
    ran = shop.run("run", env=env)

    assert ran.code == 0, ran.text
    environment = (shop.folder / "environment").read_text().splitlines()
    assert "INTERCOM_SYNC_AFTER=" in environment
    assert not [line for line in environment if line.startswith("DBT_INTERCOM_DBT")]
    assert (shop.folder / "said").read_text() == "run\n"


@pytest.mark.parametrize(("code", "synced"), [(1, True), (2, False)])
def test_dbts_exit_code_is_kept(shop, another_dbt, code, synced):
    ran = shop.run("build", "--dbt", str(another_dbt(code=code)))

    assert ran.code == code
    assert (ran.artifact is not None) is synced


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_dbt_that_left_no_results_is_not_followed(shop, another_dbt, code):
    ran = shop.run("build", "--dbt", str(another_dbt(leaves="", code=code)))

    assert (ran.code, ran.artifact) == (2, None)
    assert f"ended with {code} and left no results in {shop.folder / 'target'}: nothing was synced" in ran.out


def test_a_dbt_that_is_killed_is_not_followed(shop, another_dbt):
    ran = shop.run("build", "--dbt", str(another_dbt(leaves=f"{RESULTS}; kill -KILL $$")))

    assert (ran.code, ran.artifact) == (1, None)
    assert "was ended by SIGKILL: nothing was synced" in ran.out


def test_whoever_ends_us_ends_dbt(shop, another_dbt):
    waits = "trap 'touch cleaned; exit 1' TERM; kill -TERM $PPID; while :; do sleep 0.1; done"
    ran = shop.run("build", "--dbt", str(another_dbt(leaves=waits)))

    assert (ran.code, ran.artifact) == (1, None)
    assert "was ended by SIGTERM: nothing was synced" in ran.out
    assert (shop.folder / "cleaned").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        pytest.param(
            "/no/such/dbt", "'/no/such/dbt' cannot be run: No such file or directory", id="not there"
        ),
        pytest.param("'dbt", '''--dbt: expected a command, found "'dbt"''', id="an open quotation mark"),
        pytest.param(" ", "--dbt: expected a command, found ' '", id="blank"),
    ],
)
def test_a_dbt_that_cannot_be_run_is_said(shop, command, message):
    ran = shop.run("build", "--dbt", command)

    assert (ran.code, ran.artifact) == (2, None)
    assert message in ran.err


@pytest.mark.usefixtures("written_by_dbt_two")
def test_dbt_two_on_the_path_builds_what_it_built(shop, another_dbt):
    dbt = another_dbt()
    ran = shop.run("build", env=on_the_path(dbt))

    assert ran.code == 0, ran.text
    assert (
        f"manifest.json was written by dbt 2.0.0-alpha.1: {dbt} is dbt 2.0.0-alpha.1, and builds" in ran.out
    )
    assert (shop.folder / "said").exists()


@pytest.mark.usefixtures("written_by_dbt_two")
def test_dbt_one_on_the_path_is_not_taken(shop, another_dbt, monkeypatch):
    dbt = another_dbt(version=DBT_1)
    monkeypatch.setenv("PATH", on_the_path(dbt)["PATH"])
    found, said = dbt_two_of(locate_project(project_dir=str(shop.folder), cwd=Path(), home=Path()))

    assert found is None
    assert f"{dbt} is dbt 1.11.16: the dbt-core 1.x of this environment builds" in said


@pytest.mark.usefixtures("written_by_dbt_two")
@pytest.mark.parametrize(("version", "status"), [(DBT_2, "ok"), (DBT_1, "warn")], ids=["dbt 2", "dbt 1"])
def test_check_says_which_dbt_would_build(shop, another_dbt, version, status):
    dbt = another_dbt(version=version)
    found = shop.run("check", "--output", "json", env=on_the_path(dbt)).document["results"]

    [finding] = [each for each in found if each["name"] == "dbt 2"]
    assert finding["status"] == status
    assert str(dbt) in finding["message"]


def test_a_project_of_dbt_one_asks_no_other_dbt(shop, another_dbt, monkeypatch):
    dbt = another_dbt()
    monkeypatch.setenv("PATH", on_the_path(dbt)["PATH"])

    assert dbt_two_of(locate_project(project_dir=str(shop.folder), cwd=Path(), home=Path())) == (None, None)


def test_the_version_is_read_from_what_dbt_says(another_dbt):
    assert version_of(str(another_dbt(version=DBT_1))) == "1.11.16"
    assert version_of("/no/such/dbt") is None
    assert version_of("true") is None


@pytest.mark.slow
def test_the_dbt_of_this_environment_runs_as_a_process(shop):
    model = shop.folder / "models" / "accounts.sql"
    model.write_text(model.read_text().replace("'Bits'", "'Bytes'"))
    ran = shop.run("build", "--dbt", str(Path(sys.executable).with_name("dbt")))

    assert ran.code == 0, ran.text
    assert ran.statuses() == {"companies": "success", "customers": "success"}
    assert shop.companies()["a2"].fields["name"] == "Bytes"


@pytest.mark.slow
def test_dbt_two_builds_and_its_results_are_synced(shop, dbt_two):
    model = shop.folder / "models" / "accounts.sql"
    model.write_text(model.read_text().replace("'Bits'", "'Bytes'"))
    (shop.folder / "shop.duckdb").unlink()  # of a newer DuckDB than dbt 2's
    ran = shop.run("build", "--dbt", str(dbt_two.command), env=dbt_two.environment)

    assert ran.code == 0, ran.text
    assert ran.statuses() == {"companies": "success", "customers": "success"}
    assert shop.companies()["a2"].fields["name"] == "Bytes"
    assert shop.manifest()["metadata"]["dbt_version"].startswith("2.")

    (shop.folder / "models" / "broken.sql").write_text("select * from {{ ref('no_such_model') }}")
    ran = shop.run("build", env={**dbt_two.environment, **on_the_path(dbt_two.command)})
    assert (ran.code, ran.artifact) == (2, None)
    assert shop.run("validate").code == 0
