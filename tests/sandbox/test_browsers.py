"""Web pages in the developer's browser can neither read nor change the sandbox."""

from __future__ import annotations

import socket

import pytest
import requests

from dbt_intercom_activate.sandbox.browsers import Access
from dbt_intercom_activate.sandbox.server import Sandbox, SandboxOptions

CONTROLS = [
    ("GET", "state"),
    ("GET", "calls"),
    ("POST", "contacts"),
    ("POST", "companies"),
    ("POST", "attributes"),
    ("POST", "conversations"),
    ("POST", "switches"),
    ("POST", "faults"),
    ("DELETE", "faults"),
    ("GET", "contacts"),
    ("GET", "live"),
    ("POST", "reset"),
    ("OPTIONS", "reset"),
]
PORT = 8765


@pytest.fixture
def url(sandbox):
    return sandbox.base_url


def status(method: str, url: str, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, url, headers=named, data="{}", timeout=5).status_code


@pytest.mark.parametrize(("method", "name"), CONTROLS)
def test_a_simple_request_of_a_web_page_reaches_no_control(sandbox, url, method, name):
    sandbox.state.add_attribute("contact", "plan", "string")
    assert status(method, f"{url}/_sandbox/{name}", Content_Type="text/plain") == 403
    assert sandbox.state.attribute_named("contact", "plan") is not None


@pytest.mark.parametrize(("method", "name"), CONTROLS)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost.:{port}", "["]
)
def test_no_control_answers_to_a_foreign_host(url, method, name, host):
    port = url.rpartition(":")[2]
    assert status(method, f"{url}/_sandbox/{name}", X_Sandbox="1", Host=host.format(port=port)) == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", ""])
def test_no_control_answers_to_a_foreign_origin(url, origin):
    assert status("POST", f"{url}/_sandbox/reset", X_Sandbox="1", Origin=origin) == 403


def test_controls_answer_to_their_own_names(url):
    port = url.rpartition(":")[2]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
        assert status("GET", f"{url}/_sandbox/calls", X_Sandbox="1", Host=host) == 200
        assert status("GET", f"{url}/_sandbox/calls", X_Sandbox="1", Origin=f"http://{host}") == 200


def test_no_answer_permits_a_web_page_to_read_it(url):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Headers": "x-sandbox"}
    for path in ("/_sandbox/reset", "/contacts"):
        answer = requests.options(f"{url}{path}", headers=headers, timeout=5)
        assert (answer.status_code, [n for n in answer.headers if n.lower().startswith("access-")]) == (
            403,
            [],
        )


def test_the_api_refuses_foreign_hosts_with_the_right_token(sandbox, url):
    authorization = f"Bearer {sandbox.token}"
    assert status("GET", f"{url}/contacts", Authorization=authorization, Host="evil.example") == 403
    assert len(sandbox.calls) == 0


def test_a_form_with_the_token_in_its_address_writes_nothing(sandbox, url):
    # Browsers send user and password of a form's address, and the token may be the user of HTTP basic.
    address = url.replace("http://", f"http://{sandbox.token}:@")
    answer = requests.post(
        f"{address}/contacts", data='{"role": "lead"}', headers={"Origin": "https://evil.example"}, timeout=5
    )
    assert answer.status_code == 403
    assert len(sandbox.state.contacts) == 0


def test_a_refusal_says_what_to_do(api, refusal):
    code, _, message = refusal(api.get("/_sandbox/state", headers={"Host": "evil.example"}))
    assert code == 403
    assert "evil.example" in message
    assert "--host" in message
    del api.headers["X-Sandbox"]
    assert "X-Sandbox: 1" in refusal(api.get("/_sandbox/state"))[2]


def test_on_every_address_the_controls_want_the_token():
    with Sandbox(SandboxOptions(token="t0ken"), host="0.0.0.0") as sandbox:  # noqa: S104 - what is tested
        url = sandbox.base_url
        assert sandbox.exposed
        state, right = f"{url}/_sandbox/state", "Bearer t0ken"
        assert status("GET", state, X_Sandbox="1") == 401
        assert status("GET", state, X_Sandbox="1", Authorization="Bearer sandbox") == 401
        assert status("GET", state, Authorization=right) == 403
        assert status("GET", state, X_Sandbox="1", Authorization=right) == 200
        reset, evil = f"{url}/_sandbox/reset", "http://evil.example"
        assert status("POST", reset, X_Sandbox="1", Authorization=right, Origin=evil) == 403
        rebound = {"Origin": evil, "Host": "evil.example"}
        assert status("POST", reset, X_Sandbox="1", Authorization=right, **rebound) == 403
        assert status("POST", reset, X_Sandbox="1", Authorization=right, Origin=url) == 200
        assert status("GET", f"{url}/me", Authorization=right, Host=f"sandbox:{PORT}") == 200


def test_on_every_address_the_usual_token_opens_nothing():
    with Sandbox(host="0.0.0.0") as sandbox, Sandbox(host="0.0.0.0") as other:  # noqa: S104 - what is tested
        rebound = {"X_Sandbox": "1", "Host": "evil.example"}
        for path in ("_sandbox/state", "_sandbox/calls", "_sandbox/live", "contacts"):
            url = f"{sandbox.base_url}/{path}"
            assert status("GET", url, Authorization="Bearer sandbox", **rebound) == 401, path
            assert status("GET", url, Authorization=f"Bearer {other.token}", **rebound) == 401, path
        for path in ("_sandbox/state", "contacts"):
            own = {"X_Sandbox": "1", "Host": f"sandbox:{PORT}", "Authorization": f"Bearer {sandbox.token}"}
            assert status("GET", f"{sandbox.base_url}/{path}", **own) == 200, path


@pytest.mark.parametrize(
    ("host", "address", "names"),
    [
        ("localhost", "127.0.0.1", {"127.0.0.1:8765", "localhost:8765", "[::1]:8765"}),
        ("::1", "::1", {"127.0.0.1:8765", "localhost:8765", "[::1]:8765"}),
        ("Box.example", "192.0.2.7", {"box.example:8765", "192.0.2.7:8765"}),
    ],
)
def test_a_sandbox_answers_to_the_address_it_was_started_on(host, address, names):
    assert Access.at(host, address, PORT).names == names


def test_a_sandbox_is_exposed_where_others_can_reach_it():
    def exposed(address: str) -> bool:
        return Access.at(address, address, PORT).exposed

    assert not any(map(exposed, ("127.0.0.1", "127.0.0.2", "::1")))
    assert all(map(exposed, ("192.0.2.7", "2001:db8::7", "0.0.0.0", "::")))  # noqa: S104 - what is tested


def test_the_port_of_http_need_not_be_named():
    assert "127.0.0.1" in Access.at("127.0.0.1", "127.0.0.1", 80).names


def test_a_request_without_a_host_is_refused(url):
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /_sandbox/state HTTP/1.0\r\nX-Sandbox: 1\r\n\r\n")
        assert b" 403 " in connection.makefile("rb").readline()
