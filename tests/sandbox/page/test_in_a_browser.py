"""The page of the sandbox, in a real browser."""

from __future__ import annotations

import time

import pytest
import requests

from dbt_intercom_activate.sandbox.server import Sandbox, SandboxOptions

pytestmark = pytest.mark.browser

HOSTILE = "<script>document.title = 'owned'</script></style>\"'&lt;" + "x" * 10_000
SOON = 2_000
"""Milliseconds in which the page shows what happened."""


@pytest.fixture
def sandbox():
    with Sandbox(SandboxOptions(rate_limit=500)) as running:
        yield running


@pytest.fixture
def send(sandbox):
    """Call the sandbox as a sync does."""
    with requests.Session() as session:
        session.headers.update({"Authorization": f"Bearer {sandbox.token}", "X-Sandbox": "1"})
        yield lambda method, path, **body: session.request(method, sandbox.base_url + path, json=body)


@pytest.fixture
def full(send):
    """Names as people have them, and as nobody should."""
    names = ["Ada Lovelace", "محمد بن موسى الخوارزمي", HOSTILE]
    bodies = [{"external_id": str(n), "name": names[n % 3], "role": "user"} for n in range(120)]
    ids = send("POST", "/_sandbox/contacts", contacts=bodies).json()["ids"]
    send("POST", "/_sandbox/companies", companies=[{"company_id": "acme", "name": HOSTILE}])
    send("POST", "/tags", name=HOSTILE[:100], users=[{"id": each} for each in ids])
    send("POST", "/events", event_name="<b>ordered</b>", created_at=int(time.time()), user_id="119")
    return ids


def test_a_contact_is_shown_as_it_is_created(sandbox, send, look):
    page = look(sandbox.base_url).page
    page.wait_for_selector(".link.live")
    send("POST", "/contacts", external_id="1", email="ada@example.com", role="user")
    page.get_by_role("link", name="ada@example.com").wait_for(timeout=SOON)
    page.locator("#stream").get_by_text("/contacts").wait_for(timeout=SOON)
    send("GET", "/contacts/nobody")
    page.locator("#stream .status").get_by_text("404").wait_for(timeout=SOON)
    assert "2 of 500" in page.inner_text("#used") or "1 of 500" in page.inner_text("#used")


def test_a_call_shows_what_it_said_on_demand(sandbox, send, look):
    send("POST", "/contacts", external_id="1", role="user")
    seen = look(sandbox.base_url)
    assert seen.page.locator("pre:visible").count() <= 1
    seen.page.locator("#stream .call").first.click()
    assert '"external_id": "1"' in seen.page.locator("#stream pre").first.inner_text()
    assert seen.complaints == []


def test_the_switches_change_the_api(sandbox, send, look):
    page = look(sandbox.base_url).page
    page.wait_for_selector(".link.live")
    for label, value in (("Latency", "7"), ("Rate limit", "9"), ("Search lag", "1.5")):
        page.get_by_label(label).fill(value)
        page.keyboard.press("Tab")
    page.get_by_label("Path begins with").fill("/companies")
    page.get_by_label("How").select_option(label="503: not available")
    page.get_by_role("button", name="Add").click()
    page.locator("#faults li").wait_for(timeout=SOON)
    state = sandbox.state
    assert (state.latency_ms, state.limiter.limit, state.search_lag) == (7, 9, 1.5)
    assert send("POST", "/companies", company_id="acme").status_code == 503
    page.locator("#faults li").wait_for(state="detached", timeout=SOON)
    before = sandbox.workspace_id
    page.get_by_role("button", name="Empty the workspace").click()
    page.get_by_role("button", name="Empty it").click()
    page.get_by_text("The workspace is empty").wait_for(timeout=SOON)
    assert sandbox.workspace_id != before


def test_hostile_texts_are_texts(sandbox, full, look):
    seen = look(sandbox.base_url, width=400)
    seen.page.locator(f"#rows a[data-key='{full[119]}']").click()
    seen.page.locator("#contact[open]").wait_for()
    assert HOSTILE in seen.page.locator("#contact dd").all_inner_texts()
    assert "<b>ordered</b>" in seen.page.inner_text("#contact")
    assert seen.page.title() == "Intercom sandbox"
    assert (seen.overflow(), seen.complaints) == (0, [])
    assert all(request.startswith(sandbox.base_url) for request in seen.requests)


def test_the_page_is_used_by_keyboard_alone(sandbox, full, look):
    page = look(sandbox.base_url).page
    page.locator("#rows a").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("119")
    page.wait_for_function("document.getElementById('range').textContent.includes('of 1')")
    while not page.evaluate("document.activeElement.closest('#rows')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#contact[open]").wait_for()
    assert full[119] in page.inner_text("#contact")
    page.keyboard.press("Escape")
    page.locator("#contact:not([open])").wait_for(state="attached")
    assert page.url.endswith("#contacts")


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everybody_can_use_the_page(sandbox, full, look, width, dark):
    seen = look(sandbox.base_url, width=width, dark=dark)
    seen.page.locator("#rows a").first.wait_for()
    seen.page.locator("#stream .call").first.click()
    seen.page.locator("#stream pre").first.wait_for()
    assert (seen.violations(), seen.overflow(), seen.complaints) == ([], 0, [])
    seen.page.locator("#rows a").first.click()
    seen.page.locator("#contact[open]").wait_for()
    assert seen.violations() == []
    assert full


def test_where_others_can_reach_it_the_page_wants_the_token(look):
    with Sandbox(SandboxOptions(token="t0ken"), host="0.0.0.0") as sandbox:  # noqa: S104 - what is tested
        page = look(f"{sandbox.base_url}/_sandbox/").page
        page.get_by_label("Token", exact=True).fill("t0ken")
        page.keyboard.press("Enter")
        page.locator(".link.live").wait_for()
        page.get_by_label("Latency").fill("3")
        page.keyboard.press("Tab")
        page.get_by_text("Set", exact=True).wait_for(timeout=SOON)
        assert sandbox.state.latency_ms == 3
