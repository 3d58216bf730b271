"""Starting and stopping, in a thread and as a command."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

import pytest
import requests

from dbt_intercom_activate.sandbox.server import Sandbox, SandboxOptions

SERVE = """
import sys
from dbt_intercom_activate.sandbox.server import SandboxOptions, serve
serve(SandboxOptions(), "127.0.0.1", int(sys.argv[1]), lambda _: None)
print("ended")
"""


def me(sandbox: Sandbox) -> requests.Response:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    return requests.get(f"{sandbox.base_url}/me", headers=headers, timeout=5)


def test_the_server_answers_on_a_free_port_until_stopped():
    with Sandbox() as first, Sandbox(SandboxOptions(token="other")) as second:
        assert first.base_url != second.base_url
        assert [me(first).status_code, me(second).status_code] == [200, 200]
        assert second.calls.count("GET /me") == 1
    with pytest.raises(requests.ConnectionError):
        me(first)


def test_a_port_in_use_is_an_os_error():
    with Sandbox() as running, pytest.raises(OSError, match="in use"):
        Sandbox(port=int(running.base_url.rpartition(":")[2])).start()


def test_by_default_calls_are_limited_as_a_private_apps():
    with Sandbox() as sandbox:
        assert me(sandbox).headers["X-RateLimit-Limit"] == "1666"


def test_without_a_limit_there_are_no_rate_limit_headers():
    with Sandbox(SandboxOptions(rate_limit=0)) as sandbox:
        assert "X-RateLimit-Limit" not in me(sandbox).headers


def test_latency_is_added_to_every_answer():
    with Sandbox(SandboxOptions(latency_ms=50)) as sandbox:
        assert me(sandbox).elapsed.total_seconds() >= 0.05


def workspace(sandbox: Sandbox) -> str:
    return me(sandbox).json()["app"]["id_code"]


def test_every_start_is_a_workspace_of_its_own():
    with Sandbox() as first, Sandbox() as second:
        assert workspace(first) != workspace(second)
        assert workspace(first) == first.workspace_id


def test_an_emptied_sandbox_is_another_workspace():
    with Sandbox() as sandbox:
        before = workspace(sandbox)
        sandbox.state.reset()
        assert workspace(sandbox) != before


def test_a_sandbox_keeps_the_workspace_id_it_is_given():
    with Sandbox(SandboxOptions(workspace_id="abc12345")) as sandbox:
        sandbox.state.reset()
        assert workspace(sandbox) == "abc12345"


def test_contacts_and_companies_name_the_workspace():
    with Sandbox() as sandbox, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.token}"
        contact = session.post(f"{sandbox.base_url}/contacts", json={"external_id": "1"}).json()
        company = session.post(f"{sandbox.base_url}/companies", json={"company_id": "1"}).json()
        assert {contact["workspace_id"], company["app_id"]} == {sandbox.workspace_id}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_by_itself_on_a_signal(number):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], stdout=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{port}/_sandbox/calls"
    for _ in range(100):
        try:
            requests.get(url, timeout=5)
            break
        except requests.ConnectionError:
            time.sleep(0.05)
    process.send_signal(number)
    assert process.communicate(timeout=5)[0] == "ended\n"
    assert process.returncode == 0
