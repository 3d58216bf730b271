"""What the page asks the sandbox for: what it holds, the calls, and what changes."""

from __future__ import annotations

import json

import pytest
import requests

from dbt_intercom_activate.sandbox.call_log import Bodies
from dbt_intercom_activate.sandbox.page.live import MOST_CALLS, Watcher
from dbt_intercom_activate.sandbox.page.shelves import SHELVES
from dbt_intercom_activate.sandbox.server import Sandbox


@pytest.fixture
def peopled(api):
    """Twelve contacts, of whom the last one has one of everything."""
    bodies = [{"external_id": str(n), "email": f"p{n}@example.com", "role": "user"} for n in range(12)]
    ids = api.post("/_sandbox/contacts", json={"contacts": bodies}).json()["ids"]
    contact = api.get(f"/contacts/{ids[-1]}").json()
    api.attach(contact, api.company("acme", name="Acme"))
    api.post("/tags", json={"name": "VIP", "users": [{"id": contact["id"]}]})
    event = {"event_name": "ordered", "created_at": 1_799_999_999, "user_id": "11", "metadata": {"order": 7}}
    api.post("/events", json=event)
    api.post("/_sandbox/attributes", json={"model": "contact", "name": "plan", "data_type": "string"})
    return contact["id"]


@pytest.mark.usefixtures("peopled")
def test_each_kind_is_shown_and_found(api):
    searched = {"contacts": "p11@", "companies": "acme", "tags": "vip", "events": "ORDERED"}
    searched |= {"memberships": "p11@", "attributes": "plan", "conversations": "501", "tickets": "701"}
    assert set(searched) == set(SHELVES)
    for kind, word in searched.items():
        found = api.get(f"/_sandbox/{kind}", params={"search": word}).json()
        assert (found["total"], len(found["rows"])) == (1, 1), kind
        assert api.get(f"/_sandbox/{kind}", params={"search": "nobody"}).json()["rows"] == []


@pytest.mark.usefixtures("peopled")
def test_the_newest_stand_on_the_first_page(api):
    def page(number: int) -> tuple[int, list[str]]:
        shown = api.get("/_sandbox/contacts", params={"page": number, "per_page": 5}).json()
        return shown["page"], [row["external_id"] for row in shown["rows"]]

    assert page(1) == (1, ["11", "10", "9", "8", "7"])
    assert page(3) == page(99) == (3, ["1", "0"])


def test_one_contact_is_shown_with_everything_about_it(api, peopled):
    shown = api.get(f"/_sandbox/contacts/{peopled}").json()
    assert (shown["external_id"], shown["tags"], shown["events_total"]) == ("11", ["VIP"], 1)
    assert [company["company_id"] for company in shown["companies"]] == ["acme"]
    assert shown["events"][0]["metadata"] == {"order": 7}
    assert shown["answer"] == api.get(f"/contacts/{peopled}").json()


def test_what_a_call_said_is_kept_without_its_token(api, sandbox):
    made = api.contact(external_id="1", name="n" * 2 * Bodies.LONGEST)
    shown = api.get(f"/_sandbox/calls/{sandbox.calls.made}").json()
    assert shown["sent"].startswith('{"external_id": "1"')
    assert shown["sent_bytes"] > 2 * Bodies.LONGEST == 2 * len(shown["sent"])
    assert json.dumps(made["id"]) in shown["answered"]
    assert api.headers["Authorization"] not in json.dumps(shown)
    assert api.get("/_sandbox/calls/2").status_code == api.get("/_sandbox/calls/x").status_code == 404


def test_news_are_what_is_new(api, sandbox):
    watcher = Watcher(sandbox.state)
    assert watcher.news()["begun"]
    assert watcher.news() is None
    api.contact(external_id="1")
    api.get("/contacts/nobody?x=1")
    news = watcher.news()
    assert [(call["number"], call["path"], call["status"]) for call in news["calls"]] == [
        (2, "/contacts/nobody?x=1", 404),
        (1, "/contacts", 200),
    ]
    assert (news["counts"]["contacts"]["user"], news["rate"]["windows"][-1]) == (1, 2)
    for _ in range(MOST_CALLS + 1):
        sandbox.calls.add(next(iter(sandbox.calls)))
    assert len(watcher.news()["calls"]) == MOST_CALLS
    api.post("/_sandbox/switches", json={"latency_ms": 5})
    assert watcher.news()["switches"]["latency_ms"] == 5
    sandbox.state.reset()
    emptied = watcher.news()
    assert (emptied["begun"], emptied["made"], emptied["switches"]["latency_ms"]) == (True, 0, 0)


def test_the_stream_tells_news_and_ends_with_the_server():
    with Sandbox() as sandbox:
        stream = requests.get(
            f"{sandbox.base_url}/_sandbox/live", headers={"X-Sandbox": "1"}, stream=True, timeout=5
        )
        lines = stream.iter_lines()
        assert json.loads(next(lines).removeprefix(b"data: "))["workspace_id"] == sandbox.workspace_id
    assert list(lines) == [b""]


def test_a_browser_at_the_root_is_sent_to_the_page(api):
    accept = {"Accept": "text/html,*/*;q=0.8"}
    answer = api.get("/", headers=accept, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/_sandbox/")
    assert api.get("/", headers={"Accept": "application/json"}).status_code == 404


def test_the_page_is_strict_and_answers_to_its_own_address(api):
    del api.headers["X-Sandbox"]
    page = api.get("/_sandbox/")
    assert "This is not Intercom" in page.text
    for word in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
        assert word in page.headers["Content-Security-Policy"]
    for name in ("page/main.js", "page/page.css"):
        assert api.get(f"/_sandbox/{name}").status_code == 200
    for path in ("/_sandbox/", "/_sandbox/page/main.js", "/"):
        foreign = {"Host": "evil.example", "Accept": "text/html"}
        assert api.get(path, headers=foreign, allow_redirects=False).status_code == 403, path
    assert api.post("/_sandbox/").status_code == api.get("/_sandbox/page/app.py").status_code == 404


def test_on_every_address_the_page_answers_to_addresses_only():
    with Sandbox(host="0.0.0.0") as sandbox:  # noqa: S104 - what is tested
        page = f"{sandbox.base_url}/_sandbox/"
        answers = {"10.0.0.7:80": 200, "[::1]": 200, "localhost": 200, "evil.example": 403, "": 403}
        for host, expected in answers.items():
            assert requests.get(page, headers={"Host": host}, timeout=5).status_code == expected, host
