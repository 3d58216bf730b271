"""Runs that are told to end, runs over a part of the records, and what is announced before it is sent."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from dbt_intercom_activate.ledger.journal import Journal
from dbt_intercom_activate.ledger.outcomes import Outcomes
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.sandbox.records import Condition

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "name": "name"},
    "removed": "archive",
}
LEADS = {
    "name": "people",
    "object": "contact",
    "behaviour": "insert",
    "key": ["id"],
    "fields": {"name": "id"},
    "constants": {"role": "lead"},
}
ROWS = 40


@pytest.fixture
def forty_contacts(shop):
    shop.configure(customers=PEOPLE, accounts=None)
    shop.put("customers", "id text, name text", [(f"u{number:02}", "Ada") for number in range(ROWS)])
    return shop


def send_when(shop, number, contacts):
    """Send ourselves a signal when Intercom has so many contacts."""

    def wait():
        until = time.monotonic() + 60
        while len(shop.state.contacts) < contacts and time.monotonic() < until:
            time.sleep(0.002)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM])
@pytest.mark.parametrize("block", [PEOPLE, LEADS], ids=["contacts", "leads"])
def test_a_signal_ends_the_run_after_the_calls_in_flight(forty_contacts, number, block):
    forty_contacts.configure(customers=block)
    forty_contacts.sandbox.faults.add(Fault("POST", "/contacts", delay_s=0.05, times=1_000))
    send_when(forty_contacts, number, 12)
    ran = forty_contacts.sync()

    assert ran.code == 1
    assert ran["people"]["status"] == "deferred"
    assert signal.Signals(number).name in ran["people"]["message"]
    counts = ran["people"]["counts"]
    assert 12 <= counts["inserted"] == len(forty_contacts.state.contacts) < ROWS
    assert counts["inserted"] + counts["pending"] == ROWS
    assert list(forty_contacts.codes("people").values()).count(None) == counts["inserted"]
    assert "maybe_delivered" not in forty_contacts.codes("people").values()
    assert list((forty_contacts.folder / "target" / "intercom_activate").glob("journal-*")) == []
    assert forty_contacts.runs()[-1]["status"] == "deferred"
    forty_contacts.sandbox.faults.clear()
    ran = forty_contacts.sync()
    assert ran.code == 0
    assert len(forty_contacts.state.contacts) == ROWS


@pytest.mark.slow
def test_a_limited_run_removes_nobody(forty_contacts):
    ran = forty_contacts.sync("--limit", "5")
    assert ran.counts("people") == {"rows": ROWS, "inserted": 5, "pending": ROWS - 5}
    assert len(forty_contacts.state.contacts) == 5
    ran = forty_contacts.sync("--where", "id < 'u10' and name = 'Ada'")
    assert ran.counts("people") == {"rows": 10, "unchanged": 5, "inserted": 5}
    forty_contacts.calls()
    ran = forty_contacts.sync("--limit", "0")
    assert ran.counts("people") == {"rows": ROWS, "unchanged": 10, "pending": 30}
    assert forty_contacts.calls() == {}
    ran = forty_contacts.sync("--where", "no_such_column = 1")
    assert ran.code == 1
    assert ran["people"]["status"] == "error"
    assert forty_contacts.calls() == {}
    forty_contacts.sql("delete from customers where id < 'u03'")
    for arguments in (["--limit", "2"], ["--where", "id > 'u05'"]):
        ran = forty_contacts.sync(*arguments)
        assert ran["people"]["counts"]["removed"] == ran["people"]["counts"]["held"] == 0
    assert {"u00", "u01", "u02"} <= set(forty_contacts.contacts())


def test_resend_says_everything_again_with_one_call_each(forty_contacts):
    forty_contacts.sync()
    forty_contacts.calls()
    ran = forty_contacts.sync("--resend")
    assert ran.counts("people") == {"rows": ROWS, "updated": ROWS}
    assert forty_contacts.calls() == {"PUT /contacts/{contact_id}": ROWS}
    ran = forty_contacts.sync("--resend", "--limit", "3")
    assert ran["people"]["counts"]["updated"] == 3
    assert forty_contacts.calls() == {"PUT /contacts/{contact_id}": 3}


@pytest.mark.slow
def test_resend_sends_what_was_inserted_once_no_second_time(forty_contacts):
    forty_contacts.configure(customers=LEADS)
    forty_contacts.sync()
    ran = forty_contacts.sync("--resend")
    assert ran.counts("people") == {"rows": ROWS, "unchanged": ROWS}
    assert len(forty_contacts.state.contacts) == ROWS


@pytest.mark.slow
def test_retry_attempts_what_failed_and_nothing_else(forty_contacts):
    forty_contacts.sync("--limit", "10")
    forty_contacts.sandbox.faults.add(Fault("POST", "/contacts", status=422, times=2, skip=1))
    forty_contacts.sync("--where", "id < 'u14'")
    forty_contacts.sandbox.faults.clear()
    forty_contacts.sql("delete from customers where id = 'u00'")
    assert sorted(forty_contacts.codes("people").values(), key=str).count("rejected") in (1, 2)
    failed = list(forty_contacts.codes("people").values()).count("rejected")
    forty_contacts.calls()
    assert forty_contacts.sync("--where", "id < 'u14'")["people"]["counts"]["failed"] == failed
    assert sum(forty_contacts.calls().values()) == 0
    ran = forty_contacts.run("retry")
    assert ran.counts("people") == {"rows": failed, "inserted": failed}
    assert "u00" in forty_contacts.contacts()
    assert len(forty_contacts.state.contacts) == 14
    ran = forty_contacts.run("retry")
    assert ran.code == 0
    assert not ran.counts("people")


def test_leads_and_events_stand_in_the_ledger_before_sending(forty_contacts, monkeypatch):
    forty_contacts.configure(customers=LEADS)
    committed, sent = set(), []
    append, sending = Outcomes.append, Journal.sending

    def appending(self, stage, run, outcomes):
        append(self, stage, run, outcomes)
        committed.update(each.seq for each in outcomes if each.outcome.code is Code.MAYBE_DELIVERED)

    def about_to_send(self, stage, seq):
        sent.append(seq in committed)
        sending(self, stage, seq)

    monkeypatch.setattr(Outcomes, "append", appending)
    monkeypatch.setattr(Journal, "sending", about_to_send)
    assert forty_contacts.sync().code == 0
    assert sent == [True] * ROWS
    assert set(forty_contacts.codes("people").values()) == {None}


def test_what_can_be_recognised_is_not_announced(forty_contacts):
    forty_contacts.sync()
    assert {row["code"] for row in forty_contacts.ledger("people")} == {None}
    assert len(forty_contacts.ledger("people")) == ROWS


@pytest.mark.slow
def test_announcements_are_taken_back_where_nothing_was_sent(forty_contacts):
    forty_contacts.configure(customers=LEADS)
    forty_contacts.sandbox.faults.add(Fault("POST", "/contacts", status=401, times=1_000, skip=7))
    ran = forty_contacts.sync()
    assert ran["people"]["status"] == "deferred"
    codes = list(forty_contacts.codes("people").values())
    assert codes.count(None) == len(forty_contacts.state.contacts)
    assert codes.count("unreachable") == ROWS - len(forty_contacts.state.contacts)
    forty_contacts.sandbox.faults.clear()
    assert forty_contacts.sync().code == 0
    assert len(forty_contacts.state.contacts) == ROWS


KILLED_AS_THE_LEAD_IS_MADE = """
import os, signal, sys
from dbt_intercom_activate.intercom.client import IntercomClient
answered = IntercomClient.send
def send(self, request):
    answer = answered(self, request)
    if request.method == "POST" and request.target == "/contacts":
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
IntercomClient.send = send
from dbt_intercom_activate.cli import run
sys.exit(run(["sync"]))
"""


@pytest.mark.slow
def test_after_a_kill_no_lead_is_made_twice(forty_contacts):
    """Nobody can foresee it when the page is announced: its id was known, and gone."""
    by_email = {
        "behaviour": "upsert",
        "identifier": "email",
        "key": None,
        "fields": {"email": "email", "name": "name"},
    }
    block = {name: value for name, value in (LEADS | by_email).items() if value is not None}
    forty_contacts.configure(customers=block)
    forty_contacts.put("customers", "email text, name text", [("ada@example.com", "Ada")])
    assert forty_contacts.sync().code == 0
    (lead,) = forty_contacts.state.contacts
    forty_contacts.change_contact(lead.id, condition=Condition.DELETED)
    forty_contacts.put("customers", "email text, name text", [("ada@example.com", "Ada Lovelace")])

    killed = forty_contacts.start(code=KILLED_AS_THE_LEAD_IS_MADE)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    made = len([each for each in forty_contacts.state.contacts if each.live])
    assert made == 1

    ran = forty_contacts.sync()
    assert ran["people"]["counts"]["failed"] == 1
    assert forty_contacts.last("people")["ada@example.com"]["code"] == "maybe_delivered"
    assert len([each for each in forty_contacts.state.contacts if each.live]) == made
