"""`sync_after`: plain `dbt build` and `dbt run` end with a sync, inside of dbt's own command."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from unittest import mock

import pytest

AFTER_BUILD = {"INTERCOM_SYNC_AFTER": "build"}


def asked(dbt):
    """How often Intercom was asked who we are: once a sync."""
    return dbt.shop.sandbox.calls.by_operation().get("GET /me", 0)


def results(dbt):
    document = json.loads(dbt.artifact("intercom_activate_results.json").read_text())
    return {each["activation"]: each["status"] for each in document["results"]}


def test_dbt_build_syncs_what_it_built_and_says_so(dbt):
    ended = dbt("build", env=AFTER_BUILD)

    assert ended.code == 0, ended.out
    assert "Done. PASS=4" in ended.out
    assert "2 of 2 OK customers: 4 inserted" in ended.out
    assert ended.out.rstrip().splitlines()[-1].split("  ")[1].startswith("Done. OK=2 PARTIAL=0")
    assert dbt.shop.contacts().keys() == {"c1", "c2", "c3", "c4"}
    document = json.loads(dbt.artifact("intercom_activate_results.json").read_text())
    manifest = json.loads(dbt.artifact("manifest.json").read_text())
    assert document["metadata"]["dbt_invocation_id"] == manifest["metadata"]["invocation_id"]


@pytest.mark.dbt
@pytest.mark.slow
def test_sync_inside_and_outside_dbt_share_one_ledger(dbt):
    assert dbt("build", env=AFTER_BUILD).code == 0
    dbt.shop.calls()
    assert dbt.shop.sync().counts("customers") == {"rows": 4, "unchanged": 4}
    assert dbt("build", env=AFTER_BUILD).code == 0
    assert dbt.shop.calls() == {}


@pytest.mark.dbt
@pytest.mark.slow
def test_the_environment_overrules_dbt_project_yml(dbt):
    dbt.set_vars("{sync_after: [build, run]}")

    assert dbt("run").code == 0
    assert len(dbt.shop.contacts()) == 4
    dbt.shop.sandbox.calls.clear()
    assert dbt("run", env={"INTERCOM_SYNC_AFTER": ""}).code == 0
    assert len(dbt.shop.sandbox.calls) == 0


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["parse"], ["ls"], ["test"], ["compile"], ["build", "--no-write-json"]],
    ids=" ".join,
)
def test_nothing_else_syncs(dbt, arguments):
    assert dbt(*arguments, env=AFTER_BUILD).code == 0
    assert len(dbt.shop.sandbox.calls) == 0


def test_it_is_off_by_default(dbt):
    assert dbt("build").code == 0
    assert len(dbt.shop.sandbox.calls) == 0


@pytest.mark.dbt
@pytest.mark.slow
def test_our_own_build_syncs_once_all_the_same(dbt):
    ran = dbt.shop.run("build", env=AFTER_BUILD)

    assert ran.code == 0, ran.text
    assert ran.text.count("Done. OK=2") == 1
    assert asked(dbt) == 1


def test_only_what_was_built_is_spoken_of(dbt):
    ended = dbt("build", "--select", "accounts", env=AFTER_BUILD)

    assert ended.code == 0
    assert results(dbt) == {"companies": "success"}
    assert "customers" not in ended.out


def test_a_build_without_anything_of_ours_asks_nobody(dbt):
    assert dbt("build", "--select", "test_type:data", env=AFTER_BUILD).code == 0
    assert len(dbt.shop.sandbox.calls) == 0


def test_a_failed_record_makes_the_exit_code_of_dbt_one(dbt):
    dbt.edit("models/customers.sql", "'c2'", "null")
    dbt.edit("models/shop.yml", "data_tests: [not_null, unique]", "data_tests: []")
    ended = dbt("build", env=AFTER_BUILD)

    assert ended.code == 1
    assert "PARTIAL customers: 3 inserted, 1 failed" in ended.out
    assert "Traceback" not in ended.out


def test_a_failing_test_blocks_and_the_rest_is_synced(dbt):
    dbt.edit("models/customers.sql", "'c2'", "'c1'")
    ended = dbt("build", env=AFTER_BUILD)

    assert ended.code == 1
    assert results(dbt) == {"companies": "success", "customers": "blocked"}
    assert len(dbt.shop.contacts()) == 0


def test_dbt_ends_with_two_where_the_sync_could_not_run(dbt):
    dbt.shop.token = "wrong"
    ended = dbt("build", env=AFTER_BUILD)

    assert ended.code == 2
    assert "Done. PASS=4" in ended.out
    assert "Nothing was sent." in ended.out
    assert "Traceback" not in ended.out


def test_where_dbt_itself_ends_early_nothing_is_synced(dbt):
    """The results of an earlier build are still there, and are not taken for this one's."""
    ended = dbt("build", "--select", "state:modified", env=AFTER_BUILD)

    assert ended.code == 2
    assert "did not come to its end; nothing was synced" in ended.out
    assert len(dbt.shop.sandbox.calls) == 0


def test_relations_built_without_rows_are_blocked(dbt):
    assert dbt("build", "--empty", env=AFTER_BUILD).code == 1
    assert set(results(dbt).values()) == {"blocked"}


@pytest.mark.dbt
@pytest.mark.slow
def test_records_that_leave_are_removed_through_the_adapter_of_dbt(dbt):
    dbt.edit(
        "models/shop.yml", "constants: {role: user}", "constants: {role: user}\n          removed: archive"
    )
    assert dbt("build", env=AFTER_BUILD).code == 0
    dbt.edit("models/customers.sql", "'c2', 'zoe@example.com'", "'c5', 'eve@example.com'")
    ended = dbt("build", env=AFTER_BUILD)

    assert ended.code == 0, ended.out
    assert dbt.shop.contacts().keys() == {"c1", "c3", "c4", "c5"}


@pytest.mark.dbt
@pytest.mark.slow
def test_the_other_target_is_synced_when_it_was_built(dbt):
    assert dbt("build", "--target", "prod", env=AFTER_BUILD).code == 0
    schema = '"production"."customers"'
    assert (
        schema
        in json.loads(dbt.artifact("manifest.json").read_text())["nodes"]["model.shop.customers"][
            "relation_name"
        ]
    )
    assert len(dbt.shop.contacts()) == 4


@pytest.mark.dbt
@pytest.mark.slow
def test_json_logs_stay_json(dbt):
    ended = dbt("--log-format", "json", "build", env=AFTER_BUILD)
    events = [json.loads(line) for line in ended.out.splitlines()]

    assert events[-1]["info"]["name"] == "run.finished"
    assert events[-1]["data"]["exit_code"] == 0


@pytest.mark.dbt
@pytest.mark.slow
def test_quiet_is_quiet(dbt):
    assert dbt("--quiet", "build", env=AFTER_BUILD).out == ""
    assert len(dbt.shop.contacts()) == 4


def invoked(dbt):
    """dbt called by a program, as orchestrators do."""
    from dbt.cli.main import dbtRunner

    arguments = ["--quiet", "build", "--project-dir", str(dbt.folder), "--profiles-dir", str(dbt.folder)]
    with (
        mock.patch.dict(os.environ, {**dbt.shop.environment(), **AFTER_BUILD}),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.chdir(dbt.folder) if hasattr(contextlib, "chdir") else contextlib.nullcontext(),
    ):
        return dbtRunner().invoke(arguments)


@pytest.mark.dbt
@pytest.mark.slow
def test_a_program_that_calls_dbt_keeps_its_results(dbt):
    result = invoked(dbt)
    assert result.success
    assert {each.node.name for each in result.result.results} >= {"customers", "accounts"}

    dbt.edit("models/customers.sql", "'c2'", "'c1'")
    result = invoked(dbt)
    assert not result.success
    assert result.exception is None, "dbt's own failure is told by dbt"
    assert {each.node.name for each in result.result.results} >= {"customers", "accounts"}


@pytest.mark.dbt
@pytest.mark.slow
def test_a_program_learns_of_a_failed_sync(dbt):
    dbt.shop.token = "wrong"
    result = invoked(dbt)

    assert not result.success
    assert isinstance(result.exception, SystemExit)
    assert result.exception.code == 2


@pytest.mark.dbt
@pytest.mark.slow
def test_dbt_can_be_called_from_a_thread(dbt):
    ended = []
    thread = threading.Thread(target=lambda: ended.append(invoked(dbt)))
    thread.start()
    thread.join()

    assert ended[0].success
    assert len(dbt.shop.contacts()) == 4


@pytest.mark.slow
def test_ctrl_c_ends_dbt_and_nothing_is_synced(dbt):
    """What was built before it is not sent either: whoever presses it wants everything to end."""
    slow = "select sum(a.range * b.range) as total from range(40000) as a, range(40000) as b"
    (dbt.folder / "models" / "slow.sql").write_text(f"-- depends_on: {{{{ ref('customers') }}}}\n{slow}\n")
    process = subprocess.Popen(
        [Path(sys.executable).parent / "dbt", "--no-use-colors", "build"],
        cwd=dbt.folder,
        env={**os.environ, **dbt.shop.environment(), **AFTER_BUILD, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    for line in process.stdout:
        said += line
        if "START sql table model main.slow" in line:
            process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0, said

    assert "OK created sql table model main.customers" in said
    assert "nothing was synced" in said
    assert len(dbt.shop.sandbox.calls) == 0
