"""`login` turns a consent into a token, tells it to nobody else, and stores nothing by itself."""

from __future__ import annotations

import json
import stat
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.commands import login as oauth
from dbt_intercom_activate.errors import CannotRun

TOKEN = "dG9rOmE5ZTE2YjM3X2"
CODE = "Y29kZQ+/=="
SECRET = "client-secret-of-ours"
STATE = "a-state-that-nobody-guesses"


class Intercom(BaseHTTPRequestHandler):
    """Intercom's end of the exchange, which takes a code once."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body, self.headers.get("Authorization")))
        good = {"code": CODE, "client_id": "app", "client_secret": SECRET}
        if body == good and not self.server.used:
            self.server.used = True
            self._answer(200, {"token_type": "Bearer", "token": TOKEN, "access_token": TOKEN})
        else:
            error = {"code": "unauthorized", "message": "Unauthorized Code"}
            self._answer(401, {"type": "error.list", "errors": [error]})

    def _answer(self, status, document):
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def intercom(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Intercom)
    server.asked, server.used = [], False
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(oauth, "new_state", lambda: STATE)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def login(intercom):
    """Run `login` with what a person types."""

    def run(*arguments, typed="", secret=SECRET):
        env = {
            "INTERCOM_TOKEN_BASE_URL": f"http://127.0.0.1:{intercom.server_port}",
            "INTERCOM_CLIENT_SECRET": secret,
        }
        result = CliRunner().invoke(
            cli, ["login", "--client-id", "app", *arguments], input=typed, env=env, standalone_mode=False
        )
        return result, result.exception

    return run


def callback(state=STATE, code=CODE):
    return f"https://example.com/callback?code={code}&state={state}\n"


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(callback(), id="the URL as it came back"),
        pytest.param(callback(code="Y29kZQ%2B%2F%3D%3D"), id="the URL with its code encoded"),
        pytest.param(f"{CODE}\n", id="the code alone"),
    ],
)
def test_what_is_pasted_becomes_the_line_for_the_environment(login, intercom, typed):
    result, error = login(typed=typed)

    assert error is None
    assert result.stdout == f"export INTERCOM_ACCESS_TOKEN={TOKEN}\n"
    assert "https://app.intercom.com/oauth?client_id=app&state=" in result.stderr
    assert TOKEN not in result.stderr
    assert SECRET not in result.output
    ((path, _, authorization),) = intercom.asked
    assert (path, authorization) == ("/auth/eagle/token", None)


@pytest.mark.parametrize("region", ["us", "eu", "au"])
def test_each_region_has_its_own_page(login, region):
    result, _ = login("--region", region, "--redirect-uri", "https://example.com/callback", typed=callback())
    link = next(line.strip() for line in result.stderr.splitlines() if "/oauth?" in line)
    host = {"us": "app.intercom.com", "eu": "app.eu.intercom.com", "au": "app.au.intercom.com"}[region]
    assert urlsplit(link).netloc == host
    assert parse_qs(urlsplit(link).query) == {
        "client_id": ["app"],
        "state": [STATE],
        "redirect_uri": ["https://example.com/callback"],
    }


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param(callback(state="another"), "another `state`", id="another state"),
        pytest.param(f"https://example.com/callback?code={CODE}\n", "another `state`", id="no state"),
        pytest.param(
            f"https://example.com/?error=access_denied&state={STATE}\n", "declined", id="no consent"
        ),
        pytest.param("two words\n", "expected the code", id="neither a code nor a URL"),
    ],
)
def test_what_does_not_belong_to_this_login_is_not_sent(login, intercom, typed, says):
    result, error = login(typed=typed)

    assert isinstance(error, CannotRun)
    assert says in str(error)
    assert intercom.asked == []
    assert result.stdout == ""


def test_a_code_that_is_used_up_is_refused_in_words(login):
    login(typed=callback())
    _, error = login(typed=callback())

    assert isinstance(error, CannotRun)
    assert "used up" in str(error)
    assert CODE not in str(error)
    assert SECRET not in str(error)


def test_the_secret_is_asked_for_without_echo(login):
    result, error = login(typed=f"{SECRET}\n{CODE}\n", secret="")
    assert error is None
    assert TOKEN in result.stdout
    assert SECRET not in result.output


def test_a_file_is_for_its_owner_only_and_never_overwritten(login, tmp_path):
    file = tmp_path / "token.env"

    result, error = login("--output-file", str(file), typed=callback())

    assert error is None
    assert file.read_text() == f"INTERCOM_ACCESS_TOKEN={TOKEN}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert TOKEN not in result.output
    _, error = login("--output-file", str(file), typed=callback())
    assert "exists already" in str(error)
    assert file.read_text() == f"INTERCOM_ACCESS_TOKEN={TOKEN}\n"


def test_no_file_stays_behind_where_there_is_no_token(login, tmp_path):
    file = tmp_path / "token.env"
    _, error = login("--output-file", str(file), typed="wrong\n")
    assert isinstance(error, CannotRun)
    assert not file.exists()


def test_a_code_is_caught_on_loopback_past_strangers():
    waiting = oauth.Callback(0, STATE)
    caught = []
    thread = threading.Thread(target=lambda: caught.append(waiting.wait(20)))
    thread.start()
    here = f"http://127.0.0.1:{waiting.port}"
    for path in ("/favicon.ico", f"/callback?code={CODE}&state=guessed", f"/callback?state={STATE}"):
        with pytest.raises(HTTPError):
            urlopen(here + path, timeout=5)  # noqa: S310 (this machine)
    with urlopen(f"{here}/callback?code={CODE}&state={STATE}", timeout=5) as answer:  # noqa: S310
        assert b"You may close this page" in answer.read()
    thread.join(20)

    assert caught == [CODE]


def test_waiting_ends():
    with pytest.raises(CannotRun, match="nothing came back"):
        oauth.Callback(0, STATE).wait(0.05)


def test_a_port_that_is_taken_is_said():
    first = oauth.Callback(0, STATE)
    with pytest.raises(CannotRun, match="cannot be listened on"):
        oauth.Callback(first.port, STATE)


def test_states_are_random():
    assert oauth.new_state() != oauth.new_state()
    assert len(oauth.new_state()) >= 32


def test_a_token_host_has_to_be_safe(login):
    _, error = login("--token-base-url", "http://example.com", typed=callback())
    assert "https URL" in str(getattr(error, "message", error))
