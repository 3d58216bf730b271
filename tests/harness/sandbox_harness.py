"""A sandbox for the tests of one module, emptied before each test, with a clock that the test turns."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from dbt_intercom_activate.sandbox.server import Sandbox, SandboxOptions


class Clock:
    """Unix seconds that pass only when told to."""

    START = 1_800_000_000.0

    def __init__(self) -> None:
        self.now = self.START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Api(requests.Session):
    """A session that knows where the sandbox is, with words for what most tests need first."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._base_url = sandbox.base_url
        self.headers.update({"Authorization": f"Bearer {sandbox.token}", "Intercom-Version": "2.16"})
        self.headers["X-Sandbox"] = "1"

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        return super().request(method, self._base_url + url, **options)

    def contact(self, **body: Any) -> dict[str, Any]:
        answer = self.post("/contacts", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def company(self, company_id: str, **body: Any) -> dict[str, Any]:
        answer = self.post("/companies", json={"company_id": company_id, **body})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tag(self, name: str) -> dict[str, Any]:
        return self.post("/tags", json={"name": name}).json()

    def attach(self, contact: dict[str, Any], company: dict[str, Any]) -> None:
        answer = self.post(f"/contacts/{contact['id']}/companies", json={"id": company["id"]})
        assert answer.status_code == 200, answer.text

    def search(self, field: str, operator: str, value: Any, **rest: Any) -> requests.Response:
        query = {"field": field, "operator": operator, "value": value}
        return self.post("/contacts/search", json={"query": query, **rest})

    def found(self, field: str, operator: str, value: Any) -> set[str]:
        answer = self.search(field, operator, value)
        assert answer.status_code == 200, answer.text
        return {contact["external_id"] for contact in answer.json()["data"]}


def _refusal(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()
    assert body["type"] == "error.list"
    return answer.status_code, body["errors"][0]["code"], body["errors"][0]["message"]


@pytest.fixture
def refusal():
    """Status, code and message of an answer that refuses."""
    return _refusal


@pytest.fixture(scope="module")
def running():
    clock = Clock()
    with Sandbox(SandboxOptions(rate_limit=0, workspace_id="sandbox1"), clock=clock) as sandbox:
        yield sandbox, clock


@pytest.fixture
def sandbox(running):
    sandbox, clock = running
    clock.now = Clock.START
    sandbox.state.reset()
    return sandbox


@pytest.fixture
def clock(running):
    return running[1]


@pytest.fixture
def api(sandbox):
    with Api(sandbox) as session:
        yield session
