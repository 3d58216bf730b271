"""An environment without dbt-core 1.x: nothing at all, or dbt 2, whose package `dbt` has no adapters."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

WITHOUT_DBT = "import sys; sys.modules['dbt'] = None; from dbt_intercom_activate.cli import main; main()"
WITH_DBT_2 = "from dbt_intercom_activate.cli import main; main()"


@pytest.fixture
def run_without_dbt(written_by, tmp_path):
    """Run a command on what dbt 2 built, where there is no dbt-core 1.x."""
    trade = written_by("2.0.0-alpha.1")
    # The Python package of dbt 2 has `dbt.cli.main`, and no `dbt.adapters`.
    (tmp_path / "dbt_2" / "dbt" / "cli").mkdir(parents=True)
    for module in ("__init__.py", "cli/__init__.py", "cli/main.py"):
        (tmp_path / "dbt_2" / "dbt" / module).touch()

    def run(code, *arguments):
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=trade.folder,
            env={
                **os.environ,
                **trade.environment(),
                "PYTHONPATH": str(tmp_path / "dbt_2") if code == WITH_DBT_2 else "",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    "arguments",
    [
        ["ls"],
        ["ls", "--select", "people", "--output", "json"],
        ["validate"],
        ["schema", "meta"],
        ["sandbox", "--run", "true"],
        ["init"],
    ],
    ids=" ".join,
)
def test_what_asks_dbt_nothing_works_without_it(run_without_dbt, arguments):
    ended = run_without_dbt(WITHOUT_DBT, *arguments)

    if arguments == ["init"]:
        assert "intercom.yml exists already" in ended.stderr + ended.stdout
    else:
        assert ended.returncode == 0, ended.stderr
    if arguments[0] == "ls":
        assert "people" in ended.stdout


@pytest.mark.slow
@pytest.mark.parametrize("code", [WITHOUT_DBT, WITH_DBT_2], ids=["no dbt", "dbt 2"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["sync"],
        ["plan"],
        ["build"],
        ["retry"],
        ["status"],
        ["check"],
        ["compact"],
        ["ls", "--select", "tag:nightly"],
    ],
    ids=" ".join,
)
def test_what_needs_dbt_says_so(run_without_dbt, code, arguments):
    ended = run_without_dbt(code, *arguments)

    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "needs dbt-core 1.8 or newer, below 2" in ended.stderr
    assert "and found dbt-core 1." in ended.stderr
    assert "`uv tool install 'dbt-intercom-activate[snowflake]'`" in ended.stderr
    assert "Traceback" not in ended.stderr
