"""`dbt-intercom-activate sandbox`, as a program."""

from __future__ import annotations

import subprocess
import sys

import pytest

ME = (
    "import os, requests; print(requests.get(os.environ['INTERCOM_BASE_URL'] + '/me', timeout=5,"
    " headers={'Authorization': 'Bearer ' + os.environ['INTERCOM_ACCESS_TOKEN']}).json()['app']['id_code'])"
)


@pytest.fixture
def ran():
    """What the command says when it runs one that asks who it is."""

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = f'{sys.executable} -c "{ME}"'
        return subprocess.run(
            [sys.executable, "-m", "dbt_intercom_activate", "sandbox", *options, "--run", command],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )

    return run


def test_the_workspace_has_a_new_id_unless_one_is_given(ran):
    assert ran("--workspace-id", "abc12345").stdout == "abc12345\n"
    fresh = ran()
    assert fresh.stdout.startswith("sandbox")
    assert fresh.stdout != "sandbox1\n"
    assert fresh.stderr == ""


def test_it_warns_where_other_machines_can_reach_it(ran):
    warned = ran("--host", "0.0.0.0").stderr  # noqa: S104 - what is tested
    assert "other machines can reach this sandbox" in warned
    assert "--token" in warned
