"""docs/orchestration.md: what can be run of its examples is run, in a project that dbt has built."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.slow  # whole jobs, as schedulers run them

PAGE = (Path(__file__).parents[2] / "docs" / "orchestration.md").read_text()
EXAMPLES = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL))
COMMANDS = Path(sys.executable).parent
SECRET = "s3cret"
MENDED_TEST = "    columns: [{name: account_id, data_tests: [not_null]}]\n"
FAILING_TEST = MENDED_TEST.replace("[not_null]", "[{accepted_values: {arguments: {values: [a1]}}}]")


def in_bash(shop: Any, line: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a line as GitHub and cron do, in the project's folder."""
    return subprocess.run(
        ["bash", "-e", "-c", line],
        cwd=shop.folder,
        env=with_path(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def with_path(env: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **env, "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"}


def results(shop: Any) -> dict[str, str]:
    """The status of each activation by the last sync."""
    written = json.loads((shop.folder / "target" / "intercom_activate_results.json").read_text())
    return {each["activation"]: each["status"] for each in written["results"]}


@pytest.fixture
def failing(shop: Any) -> Any:
    """A project of whose two models one fails its test."""
    schema = shop.folder / "models" / "shop.yml"
    schema.write_text(schema.read_text() + FAILING_TEST)
    return shop


def test_every_example_of_python_compiles():
    scripts = {title: text for title, text in EXAMPLES.items() if title.endswith(".py")}
    assert len(scripts) == 4
    for title, text in scripts.items():
        compile(text, title, "exec")


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    return yaml.safe_load(EXAMPLES[".github/workflows/intercom.yml"])


def test_the_workflow_never_overlaps_and_keeps_artifacts(workflow):
    assert workflow["concurrency"] == {"group": "intercom", "cancel-in-progress": False}
    job = workflow["jobs"]["sync"]
    assert job["env"]["INTERCOM_ACCESS_TOKEN"] == "${{ secrets.INTERCOM_ACCESS_TOKEN }}"
    *_, sync, upload = job["steps"]
    assert "!cancelled()" in sync["if"]
    assert "!cancelled()" in upload["if"]
    assert upload["with"]["path"] == "target/"
    (max_time,) = re.findall(r"--max-time (\d+)", sync["run"])
    assert int(max_time) < job["timeout-minutes"] * 60


def test_the_workflows_lines_sync_what_passed(workflow, failing):
    job = workflow["jobs"]["sync"]
    install, build, sync = (step["run"] for step in job["steps"] if "run" in step)
    env = {**failing.environment(), "DBT_TARGET": job["env"]["DBT_TARGET"]}

    assert install == "pip install -r requirements.txt"
    assert in_bash(failing, build, env).returncode == 1
    ran = in_bash(failing, sync, env)
    assert ran.returncode == 1, ran.stdout
    assert "target prod" in ran.stdout
    assert results(failing) == {"companies": "blocked", "customers": "success"}
    assert len(failing.contacts()) > 0
    assert len(failing.companies()) == 0


def test_the_line_for_cron_is_silent_unless_something_is_wrong(failing):
    shell, _, line = EXAMPLES["crontab"].splitlines()
    schedule, command = line.split()[:5], line.split(maxsplit=5)[5]
    (failing.folder / ".venv").symlink_to(COMMANDS.parent)
    exports = "".join(f"export {name}={value}\n" for name, value in failing.environment().items())
    (failing.folder / "secrets.env").write_text(exports)

    assert shell == "SHELL=/bin/bash"
    assert all(re.fullmatch(r"\*|\d+", field) for field in schedule)
    assert "%" not in command, "cron would end the line there"
    told = in_bash(failing, command.replace("/srv/shop", str(failing.folder)), {})
    assert "BLOCKED companies" in told.stdout
    schema = failing.folder / "models" / "shop.yml"
    schema.write_text(schema.read_text().replace(FAILING_TEST, MENDED_TEST))
    told = in_bash(failing, command.replace("/srv/shop", str(failing.folder)), {})
    assert told.stdout == ""
    assert results(failing) == {"companies": "success", "customers": "success"}


# The dbt platform


class Platform:
    """A stand-in of the Admin API: it has the artifacts of one run."""

    def __init__(self, shop: Any) -> None:
        self.folder = shop.folder
        self.asked: list[str] = []
        self.artifacts = {
            name: (shop.folder / "target" / name).read_bytes()
            for name in ("manifest.json", "run_results.json")
        }
        for name in self.artifacts:
            (shop.folder / "target" / name).unlink()
        for name in ("sync_run.py", "receive.py"):
            (shop.folder / name).write_text(EXAMPLES[name])
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                platform.asked.append(f"{self.path} {self.headers['Authorization']}")
                name = self.path.partition("?")[0].rpartition("/")[2]
                known = self.path.startswith("/api/v2/accounts/7/runs/12345/artifacts/")
                found = platform.artifacts.get(name) if known else None
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(found or b"{}")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.env = with_path(
            {
                **shop.environment(),
                "DBT_PLATFORM_URL": f"http://127.0.0.1:{self.server.server_port}",
                "DBT_PLATFORM_ACCOUNT": "7",
                "DBT_PLATFORM_TOKEN": "t0ken",
                "DBT_PLATFORM_STEP": "4",
            }
        )


@pytest.fixture
def platform(shop: Any) -> Iterator[Platform]:
    platform = Platform(shop)
    threading.Thread(target=platform.server.serve_forever, daemon=True).start()
    yield platform
    platform.server.shutdown()
    platform.server.server_close()


def test_a_run_of_the_platform_is_synced_from_its_artifacts(platform, shop):
    ran = subprocess.run(
        [sys.executable, "sync_run.py", "12345"], cwd=shop.folder, env=platform.env, check=False
    )

    assert ran.returncode == 0
    root = "/api/v2/accounts/7/runs/12345/artifacts"
    assert platform.asked == [
        f"{root}/{name}?step=4 Bearer t0ken" for name in ("manifest.json", "run_results.json")
    ]
    assert results(shop) == {"companies": "success", "customers": "success"}
    assert len(shop.contacts()) > 0


def test_a_run_unknown_to_the_platform_is_not_synced(platform, shop):
    ran = subprocess.run(
        [sys.executable, "sync_run.py", "99"],
        cwd=shop.folder,
        env=platform.env,
        stderr=subprocess.PIPE,
        check=False,
    )

    assert ran.returncode == 1
    assert len(shop.sandbox.calls) == 0


@contextmanager
def receiver(platform: Platform) -> Iterator[str]:
    """receive.py, at the address that this yields."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "receive.py"],
        cwd=platform.folder,
        env={
            **platform.env,
            "PORT": str(port),
            "DBT_PLATFORM_WEBHOOK_SECRET": SECRET,
            "DBT_PLATFORM_JOB": "123",
        },
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def test_only_the_jobs_genuine_webhook_starts_a_sync(platform, shop):
    def told(address: str, secret: str = SECRET, **data: str) -> int:
        event = {"eventType": "job.run.completed", "data": {"jobId": "123", "runId": "12345", **data}}
        body = json.dumps(event).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        answer = requests.post(address, data=body, headers={"Authorization": signature}, timeout=60)
        return answer.status_code

    written = shop.folder / "target" / "intercom_activate_results.json"
    with receiver(platform) as address:
        assert told(address, secret="guessed") == 403
        assert told(address, jobId="124") == 200
        assert platform.asked == []
        assert told(address) == 200
        for _ in range(3000):
            if written.exists():
                break
            time.sleep(0.1)
    assert len(platform.asked) == 2
    assert len(shop.contacts()) > 0
