"""The new user's way: dbt 2 is there, and this package comes beside it as a tool of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def version_of(command):
    return subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def tool(uv, wheel, dbt_two, tmp_path_factory):
    """The folder of commands of a user who has dbt 2, and has installed this package with `uv tool install`."""
    home = tmp_path_factory.mktemp("home")
    commands = home / "bin"
    commands.mkdir()
    (commands / "dbt").symlink_to(dbt_two.command)
    uv(
        *("tool", "install", "--python", sys.executable, "--constraints", ROOT / "constraints.txt"),
        f"dbt-intercom-activate[duckdb] @ {wheel.as_uri()}",
        UV_TOOL_DIR=str(home / "tools"),
        UV_TOOL_BIN_DIR=str(commands),
    )
    return commands


def test_only_our_own_command_comes_on_the_path(tool, dbt_two):
    assert {each.name for each in tool.iterdir()} == {"dbt", "dbt-intercom-activate"}
    assert version_of(tool / "dbt") == version_of(dbt_two.command)


def test_the_package_alone_leaves_dbt_two_as_it_is(uv, wheel, tmp_path):
    """Without an adapter nothing of dbt is installed, not even where dbt-core is dbt 2 by name."""
    uv("venv", "--python", sys.executable, tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    uv("pip", "install", "--quiet", "--python", python, "dbt-core==2.0.0a1")
    before = version_of(python.with_name("dbt"))
    uv("pip", "install", "--quiet", "--python", python, wheel)

    assert version_of(python.with_name("dbt")) == before
    ours = python.with_name("dbt-intercom-activate")
    sample = str(ROOT / "sample_project")
    good = subprocess.run(
        [ours, "validate", "--project-dir", sample], capture_output=True, text=True, check=False
    )
    assert good.returncode == 0, good.stderr
    refused = subprocess.run(
        [ours, "check", "--project-dir", sample], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "needs dbt-core 1.8 or newer, below 2" in refused.stderr
    assert "and found dbt-core 2.0.0a1" in refused.stderr


def test_the_tool_does_all_its_work_beside_dbt_two(shop, tool, dbt_two):
    for file in (shop.folder / "target" / "manifest.json", shop.folder / "shop.duckdb"):
        file.unlink()
    environment = {
        **os.environ,
        **shop.environment(),
        **dbt_two.environment,
        "PATH": f"{tool}{os.pathsep}{os.environ['PATH']}",
    }

    def command(*words):
        return subprocess.run(
            words, cwd=shop.folder, env=environment, capture_output=True, text=True, check=False
        )

    for words in (
        ("dbt", "build"),
        ("dbt-intercom-activate", "validate"),
        ("dbt-intercom-activate", "check"),
        ("dbt-intercom-activate", "plan"),
        ("dbt-intercom-activate", "sync"),
        ("dbt-intercom-activate", "build"),
        ("dbt-intercom-activate", "status"),
    ):
        done = command(*words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        if words[-1] in ("check", "build"):
            assert words[0] == "dbt" or "is dbt 2.0.0-alpha.1, and builds" in done.stdout
    assert shop.manifest()["metadata"]["dbt_version"] == "2.0.0-alpha.1"
    assert len(shop.companies()) == 2
