"""A webhook is told once that an activation came to another state; nothing that it does fails a sync."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.sync import alarm

SECRET = "Zx8planted-secret"
BLOCK = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "email": "email"},
}
KEY, EMAIL = "Kq7planted", "vz9planted@example.com"


class Webhook:
    """A server of this machine that keeps what it gets."""

    def __init__(self):
        self.got, self.status, self.wait = [], 200, threading.Event()
        self.wait.set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
                hook.wait.wait(30)
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?sig={SECRET}"

    def documents(self):
        """What came in since this was last asked."""
        found, self.got = [document for _, _, document in self.got], []
        return found


@pytest.fixture
def webhook():
    made = Webhook()
    yield made
    made.wait.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def alarmed(shop, webhook):
    """A shop with one activation, whose alerts go to the webhook."""
    configure(shop, "json")
    shop.only(BLOCK, "id text, email text", [(KEY, EMAIL), ("c2", "b@example.com")])
    return shop, lambda *arguments: shop.sync(*arguments, env={"ALERTS_URL": webhook.url})


def configure(shop, form):
    file = shop.folder / "intercom.yml"
    kept = file.read_text().partition("alerts:")[0]
    file.write_text(f"{kept}alerts: {{url: \"{{{{ env_var('ALERTS_URL') }}}}\", form: {form}}}\n")


def put(shop, good, bad):
    rows = [(f"{KEY}{n}", f"{n}{EMAIL}") for n in range(good)] + [(f"{KEY}-{n}", "none") for n in range(bad)]
    shop.put("customers", "id text, email text", rows)


def test_each_turn_is_told_once_and_without_values(alarmed, webhook):
    shop, sync = alarmed
    assert sync().code == 0
    assert webhook.documents() == []

    put(shop, good=2, bad=2)
    ran = sync()
    ((path, kind, _),) = webhook.got
    assert (path, kind) == (f"/hook?sig={SECRET}", "application/json")
    (told,) = webhook.documents()
    assert ran.code == 1
    assert "Sent an alert about 1 activation" in ran.text
    assert told["alerts"] == [
        {
            "activation": "people",
            "workspace_name": "test",
            "was": "well",
            "is": "failing",
            "failed_before": 0,
            "failed": 2,
        }
    ]
    assert (told["project"], told["target"]) == ("shop", "dev")
    assert told["results"] == ran.artifact["results"]
    for secret in (SECRET, KEY, EMAIL.partition("@")[0]):
        assert secret.lower() not in (json.dumps(told) + ran.text).lower()

    sync()
    assert webhook.documents() == []

    put(shop, good=2, bad=3)
    sync()
    assert [each["failed"] for (each,) in (told["alerts"] for told in webhook.documents())] == [3]

    configure(shop, "slack")
    put(shop, good=2, bad=0)
    sync()
    (told,) = webhook.documents()
    assert told == {"text": "Intercom, project shop, target dev:\n• people to test is well again"}

    shop.configure(customers={**BLOCK, "max_inserted": 1, "max_updated": 1}, accounts=None)
    put(shop, good=9, bad=0)
    sync()
    assert [told["text"].splitlines()[1] for told in webhook.documents()] == [
        "• people to test is held (held), and was well"
    ]


@pytest.mark.parametrize(
    "trouble", ["down", *(pytest.param(each, marks=pytest.mark.slow) for each in ("refusing", "silent"))]
)
def test_a_webhook_in_trouble_is_said_and_fails_nothing(alarmed, webhook, trouble, monkeypatch):
    shop, sync = alarmed
    monkeypatch.setattr(alarm, "TIMEOUT", 0.3)
    if trouble == "down":
        webhook.server.shutdown()
        webhook.server.server_close()
    elif trouble == "silent":
        webhook.wait.clear()
    webhook.status = 500
    put(shop, good=1, bad=1)
    ran = sync()

    gave = {"down": "no connection", "refusing": "HTTP 500", "silent": "no answer in time"}[trouble]
    assert ran.text.count("the alert could not be sent: the webhook gave") == 1
    assert gave in ran.text
    assert SECRET not in ran.text
    assert (ran.code, ran.counts("people")["inserted"]) == (1, 1)


def test_alerts_are_rendered_only_when_something_is_to_be_said(alarmed):
    shop, _ = alarmed
    assert "alert" not in shop.sync().text

    put(shop, good=2, bad=1)
    ran = shop.sync()
    assert (ran.code, ran.statuses()) == (1, {"people": "partial"})
    assert "the environment variable ALERTS_URL" in ran.text
    assert "the environment variable ALERTS_URL" in shop.run("check").text


def test_what_is_warned_of_only_is_no_failure(alarmed, webhook):
    shop, sync = alarmed
    shop.configure(customers={**BLOCK, "warn": ["invalid_value"]}, accounts=None)
    put(shop, good=2, bad=2)
    assert sync().code == 0
    assert webhook.documents() == []
    shop.configure(customers=BLOCK, accounts=None)
    sync()
    assert [told["alerts"][0]["was"] for told in webhook.documents()] == ["well"]


def test_an_activation_that_cannot_run_is_told(alarmed, webhook):
    shop, sync = alarmed
    shop.sql("drop table customers")
    sync()
    assert [told["alerts"][0]["is"] for told in webhook.documents()] == ["failing"]


def states(shop):
    return [
        each["run_state"]
        for each in shop.dicts("select run_state from intercom_activate.runs order by generation")
    ]


def test_what_ends_of_its_own_trouble_is_told_at_once(alarmed, webhook):
    """Too many failures, or a token that Intercom refuses in mid-run."""
    shop, sync = alarmed
    shop.configure(customers={**BLOCK, "max_failed": 2}, accounts=None)
    put(shop, good=5, bad=25)
    assert sync().statuses() == {"people": "deferred"}
    (told,) = alerts(webhook)
    assert told["is"] == "failing"
    assert 2 < told["failed"] <= 20

    put(shop, good=2, bad=0)
    sync()
    assert [each["is"] for each in alerts(webhook)] == ["well"]
    shop.sandbox.faults.add(Fault("POST", "/contacts", status=401, whole_path=True, times=99))
    put(shop, good=9, bad=0)
    assert sync().statuses() == {"people": "deferred"}
    assert [(each["is"], each["failed"]) for each in alerts(webhook)] == [("failing", 0)]


def test_a_run_of_chosen_records_tells_nobody(alarmed, webhook):
    shop, sync = alarmed
    put(shop, good=2, bad=2)
    sync()
    assert [each["is"] for each in alerts(webhook)] == ["failing"]
    chosen = [("--where", "id like '%-0'"), ("--where", "id not like '%-%'"), ("--limit", "0")]
    for options in chosen:
        sync(*options)
    shop.run("retry", "--select", "people", env={"ALERTS_URL": webhook.url})
    sync()
    assert alerts(webhook) == []
    assert states(shop) == ["failing", *["untold"] * 4, "failing"]


def alerts(webhook):
    return [each for told in webhook.documents() for each in told["alerts"]]
