"""Over every object and behaviour, `apply` sends what `sync` would have sent, no more and no less."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.objects import OBJECTS
from dbt_intercom_activate.sandbox.call_log import READS

COLUMNS = "part text, first text, second text, moment timestamp, told text"
FIELDS = {
    "contact": {"name": "told"},
    "company": {"name": "told"},
    "contact_tag": {"tag": "second"},
    "company_tag": {"tag": "second"},
    "conversation_tag": {"tag": "second"},
    "ticket_tag": {"tag": "second"},
    "contact_company": {"contact.external_id": "first", "company.company_id": "second"},
    "event": {"created_at": "moment"},
}
CONSTANTS = {"conversation_tag": {"admin_id": "991267459"}, "event": {"event_name": "seen"}}
CONSTANTS["ticket_tag"] = CONSTANTS["conversation_tag"]
AS_IDS = ("delete", "conversation_tag", "ticket_tag")
"""What goes by Intercom's own id only."""


def blocks():
    """An activation of each object and behaviour, each for rows of its own."""
    for owner in OBJECTS.values():
        for behaviour, terms in owner.behaviours.items():
            identifier = terms.identifiers[0] if terms.identifiers else None
            fields = {} if str(behaviour) in ("archive", "delete") else FIELDS[owner.name]
            name = f"{owner.name}_{behaviour}"
            removed = next((each for each in ("archive", "detach", "delete") if each in terms.removals), None)
            yield {
                "name": name,
                "object": owner.name,
                "behaviour": str(behaviour),
                **({"identifier": identifier} if identifier else {}),
                "fields": {**({identifier: "first"} if identifier else {}), **fields},
                **({"constants": CONSTANTS[owner.name]} if owner.name in CONSTANTS else {}),
                **({"removed": removed} if removed else {}),
                "where": f"part = '{name}'",
            }


BLOCKS = list(blocks())
MOMENT = "2026-01-02 03:04:05"


def rows(shop, told, kept):
    """Rows of every activation: `kept` says which numbers of each are there, `told` what is told of them."""
    conversations, tickets = list(shop.state.conversations), list(shop.state.tickets)
    made = []
    for block in BLOCKS:
        name, owner = block["name"], block["object"]
        for number in kept:
            first = f"{name}-{number}"
            if owner == "conversation_tag":
                first = conversations[number % len(conversations)]
            elif owner == "ticket_tag":
                first = tickets[number % len(tickets)]
            elif name in ("contact_delete", "company_delete"):
                first = f"gone-{number}"
            elif name in ("contact_archive", "contact_update"):
                first = f"there-{name}-{number}"
            elif owner in ("contact_tag", "contact_company", "event"):
                first = f"contact_upsert-{number}"  # made by the same run
            elif owner == "company_tag":
                first = f"company_upsert-{number}"
            elif name == "company_update":
                first = f"there-{number}"
            second = f"company_upsert-{number}" if owner == "contact_company" else f"tag {number}"
            made.append([name, first, second, MOMENT, told])
    return made


@pytest.fixture
def sent(monkeypatch):
    """What was asked of Intercom; serial numbers stand for the ids that a sandbox makes of them and of its clock."""
    heard = []
    send = IntercomClient.send

    def listening(client, request):
        if request.method != "GET" and f"{request.method} {request.template}" not in READS:
            text = json.dumps([request.method, request.path, request.body], sort_keys=True)
            heard.append(re.sub(r"[0-9a-f]{8}5a4db0c5([0-9a-f]{8})", r"id\1", text))
        return send(client, request)

    monkeypatch.setattr(IntercomClient, "send", listening)

    def take():
        taken = Counter(heard)
        heard.clear()
        return taken

    return take


def prepare(shop):
    """An Intercom that has something to update and to archive, and a first sync, so that some records leave later."""
    text = (shop.folder / "intercom.yml").read_text()
    (shop.folder / "intercom.yml").write_text(text.replace("concurrency: 8", "concurrency: 1"))
    for number in range(6):
        for name in ("contact_archive", "contact_update"):
            shop.add_contact(external_id=f"there-{name}-{number}")
        shop.add_company(f"there-{number}")
    shop.configure(customers=BLOCKS, accounts=None)
    shop.put("customers", COLUMNS, rows(shop, "A", range(3)))
    leavable = [f"activation:{block['name']}" for block in BLOCKS if "removed" in block]
    assert shop.sync("--select", *leavable).code == 0
    shop.put("customers", COLUMNS, rows(shop, "B", range(1, 6)))


@pytest.mark.slow
def test_apply_sends_what_sync_would_have_sent(scene, sent):
    synced, applied = scene(), scene()
    for shop in (synced, applied):
        prepare(shop)
    sent()
    ran = synced.sync("--allow-removals")
    by_sync = sent()

    applied.run("plan", "--allow-removals", "--out", "plan.json")
    assert not sent()
    applied.put("customers", COLUMNS, rows(applied, "C", range(20, 30)))
    again = applied.run("apply", "plan.json", "--stale-data")
    by_apply = sent()

    assert by_apply == by_sync
    assert sum(by_sync.values()) > 3 * len(BLOCKS)
    assert {name for each in by_sync for name in (json.loads(each)[0],)} == {"POST", "PUT", "DELETE"}
    for block in BLOCKS:
        assert again.counts(block["name"]) == ran.counts(block["name"]), block["name"]
    assert sum(again.counts(block["name"]).get("removed", 0) for block in BLOCKS) >= 5
