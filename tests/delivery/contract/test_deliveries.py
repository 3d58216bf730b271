"""What is really sent: every object, behaviour and identifier, over HTTP to the sandbox, judged as it leaves.

The records meet contacts that are there, absent, archived, deleted, merged, ambiguous, or hidden from search, so
that the conversations take their turns.
"""

from __future__ import annotations

import functools
import itertools
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests
from no_books import NoBooks
from requests.adapters import HTTPAdapter

from dbt_intercom_activate.binding.binding import MissingAttribute
from dbt_intercom_activate.binding.record import Record, Rules
from dbt_intercom_activate.configuration.workspace import WorkspaceSettings
from dbt_intercom_activate.delivery.registry import procedure_of
from dbt_intercom_activate.delivery.workers import Assignment, Workers
from dbt_intercom_activate.objects.catalogue import OBJECTS
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.sandbox.server import Sandbox, SandboxOptions
from dbt_intercom_activate.secret import Secret
from dbt_intercom_activate.sync.connected_workspace import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dbt_intercom_activate.sync.connected_workspace import ConnectedWorkspace

PAIRS = [(each.name, behaviour) for each in OBJECTS.values() for behaviour in each.behaviours]

SERVER = "https://api.intercom.io"
ADMIN = "991267459"
ITEMS = {"conversation_tag": "501", "ticket_tag": "701"}
"""What is known by its id only and tagged in the name of an admin, and one that the sandbox has."""
GONE = "0" * 24
INTERCOM_ID = re.compile("[0-9a-f]{24}")
HOSTILE = 'VIP"}/?#%2F {{ x }} 🪴'

ATTRIBUTES = {"plan": "pro", "seats": 3}
CONTACT = {
    "name": HOSTILE,
    "phone": "+353871234567",
    "signed_up_at": 1_700_000_000,
    "unsubscribed_from_emails": False,
    "custom_attributes": ATTRIBUTES,
}
COMPANY = {"name": HOSTILE, "size": 100, "monthly_spend": 0, "custom_attributes": {"tier": "gold"}}
EVENT = {"event_name": "ordered", "created_at": 1_700_000_000, "metadata": {"total": 9.5, "gift": True}}

OPERATIONS = {
    "GET /me",
    "GET /data_attributes",
    "POST /data_attributes",
    "POST /contacts/search",
    "POST /contacts",
    "GET /contacts/find_by_external_id/{external_id}",
    "GET /contacts/{contact_id}",
    "PUT /contacts/{contact_id}",
    "DELETE /contacts/{contact_id}",
    "POST /contacts/{contact_id}/archive",
    "POST /contacts/{contact_id}/unarchive",
    "POST /contacts/{contact_id}/companies",
    "DELETE /contacts/{contact_id}/companies/{company_id}",
    "POST /contacts/{contact_id}/tags",
    "DELETE /contacts/{contact_id}/tags/{tag_id}",
    "GET /companies",
    "POST /companies",
    "PUT /companies/{company_id}",
    "DELETE /companies/{company_id}",
    "GET /tags",
    "POST /tags",
    "POST /conversations/{conversation_id}/tags",
    "DELETE /conversations/{conversation_id}/tags/{tag_id}",
    "POST /tickets/{ticket_id}/tags",
    "DELETE /tickets/{ticket_id}/tags/{tag_id}",
    "POST /events",
}
"""All that a sync asks of Intercom."""


@dataclass
class World:
    """Who is there before the records come: identifiers of each, by the situation that it is in."""

    sandbox: Sandbox
    session: requests.Session = field(default_factory=requests.Session)
    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    companies: dict[str, dict[str, str]] = field(default_factory=dict)

    def populate(self) -> None:
        self.sandbox.state.reset()
        for model, name, data_type in (
            ("contact", "plan", "string"),
            ("contact", "seats", "integer"),
            ("company", "tier", "string"),
        ):
            self.sandbox.state.add_attribute(model, name, data_type)
        for situation in ("present", "archived", "deleted", "twin", "merged into"):
            self._contact(situation, role="user")
        self._put(f"/contacts/{self.contacts['twin']['id']}", email=self.contacts["present"]["email"])
        self._contact("lead", role="lead")
        self._contact("merged", role="lead")
        self._post(f"/contacts/{self.contacts['archived']['id']}/archive")
        self._call("DELETE", f"/contacts/{self.contacts['deleted']['id']}")
        ids = {"from": self.contacts["merged"]["id"], "into": self.contacts["merged into"]["id"]}
        self._post("/contacts/merge", **ids, skip_duplicate_validation=True)
        self.sandbox.state.search_lag = 600
        self._contact("hidden from search", role="user")
        self.contacts["absent"] = {"external_id": "absent/1", "email": "absent@example.com", "id": GONE}
        for situation in ("present", "deleted"):
            made = self._post("/companies", company_id=f"{situation}/1")
            self.companies[situation] = {"company_id": f"{situation}/1", "id": made["id"]}
        self._call("DELETE", f"/companies/{self.companies['deleted']['id']}")
        self.companies["absent"] = {"company_id": "absent/1", "id": GONE}
        present = self.contacts["present"]["id"]
        self._post("/tags", name="VIP", users=[{"id": present}])
        self._post(f"/contacts/{present}/companies", id=self.companies["present"]["id"])

    def _contact(self, situation: str, role: str) -> None:
        slug = situation.replace(" ", "_")
        who = {"external_id": f"{slug}/1", "email": f"{slug}@example.com"}
        self.contacts[situation] = {**who, "id": self._post("/contacts", role=role, **who)["id"]}

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._call("POST", path, json=body)

    def _put(self, path: str, **body: Any) -> None:
        self._call("PUT", path, json=body)

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.sandbox.token}", "Intercom-Version": "2.16"}
        url = self.sandbox.base_url + path
        answer = self.session.request(method, url, headers=headers, timeout=10, **options)
        assert answer.ok, answer.text
        return answer.json()


def rules_of(name: str, behaviour: Behaviour) -> list[Rules]:
    """Every way of matching records that the catalogue allows."""
    if name == "contact_company":
        sides = itertools.product(("external_id", "email", "id"), ("company_id", "id"))
        return [Rules(behaviour, contact, related_identifier=company) for contact, company in sides]
    terms = OBJECTS[name].behaviours[behaviour]
    identifiers = [*terms.identifiers, *([] if terms.identifier_required else [None])]
    finds_archived = name == "contact" and behaviour in (Behaviour.UPSERT, Behaviour.UPDATE)
    unarchive = (False, True) if finds_archived else (False,)
    return [Rules(behaviour, each, unarchive=back) for each in identifiers for back in unarchive]


def records_of(name: str, rules: Rules, world: World) -> Iterator[Record]:
    whose = world.companies if name.startswith("company") else world.contacts
    known = itertools.product(whose.values(), (None, "id", GONE))
    others = itertools.cycle(related_of(name, rules, world))
    for number, ((who, known_id), (related, related_id)) in enumerate(zip(known, others, strict=False)):
        yield Record(
            seq=number,
            identifier=identifier_of(name, rules, who),
            known_id=who["id"] if known_id == "id" else known_id,
            payload=payload_of(name, rules, who, clears=known_id is None),
            payload_hash="",
            related=related,
            known_related_id=related_id,
        )


def identifier_of(name: str, rules: Rules, who: dict[str, str]) -> str | None:
    if name in ITEMS:
        return ITEMS[name]
    return who[rules.identifier] if rules.identifier else None


def related_of(name: str, rules: Rules, world: World) -> list[tuple[str | None, str | None]]:
    if name == "contact_company":
        each = [(it[rules.related_identifier or "id"], it["id"]) for it in world.companies.values()]
        return [*each, *((value, None) for value, _ in each)]
    return [("VIP", None), (HOSTILE, None)] if name.endswith("_tag") else [(None, None)]


def payload_of(name: str, rules: Rules, who: dict[str, str], *, clears: bool) -> dict[str, Any]:
    if name == "contact":
        identity = {key: value for key, value in who.items() if key != "id"}
        return {**identity, "role": "user", **(cleared(CONTACT) if clears else CONTACT)}
    if name == "company":
        identity = (
            {}
            if rules.identifier == "id" and rules.behaviour is Behaviour.UPDATE
            else {"company_id": who["company_id"]}
        )
        return {**identity, **(cleared(COMPANY) if clears else COMPANY)}
    if name == "event":
        return EVENT
    return {"admin_id": ADMIN} if name in ITEMS else {}


def cleared(payload: dict[str, Any]) -> dict[str, Any]:
    """Every value null, those of custom attributes too."""
    return {key: cleared(value) if isinstance(value, dict) else None for key, value in payload.items()}


class Recorder:
    """Keeps what leaves for the sandbox, as if it left for Intercom."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._base_url = sandbox.base_url
        self._send = HTTPAdapter.send
        self.sent: list[requests.PreparedRequest] = []

    def bound(self) -> Callable[..., requests.Response]:
        """What stands in for `HTTPAdapter.send`."""

        def send(
            adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any
        ) -> requests.Response:
            kept = request.copy()
            kept.url = SERVER + (request.url or "").removeprefix(self._base_url)
            self.sent.append(kept)
            return self._send(adapter, request, **options)

        return send


@pytest.fixture(scope="module")
def recorded() -> Iterator[Callable[[str, Behaviour], list[requests.PreparedRequest]]]:
    """All requests of the deliveries of an object and behaviour, made when first asked for."""
    with Sandbox(SandboxOptions(rate_limit=0)) as sandbox:
        world = World(sandbox)

        @functools.cache
        def record(name: str, behaviour: Behaviour) -> list[requests.PreparedRequest]:
            return [each for rules in rules_of(name, behaviour) for each in delivered(world, name, rules)]

        yield record
        world.session.close()


@contextmanager
def recording(sandbox: Sandbox) -> Iterator[list[requests.PreparedRequest]]:
    recorder = Recorder(sandbox)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", recorder.bound())
        yield recorder.sent


def connected(sandbox: Sandbox) -> ConnectedWorkspace:
    return connect(WorkspaceSettings("sandbox", sandbox.base_url, Secret(sandbox.token)))


def delivered(world: World, name: str, rules: Rules) -> list[requests.PreparedRequest]:
    world.populate()
    records = list(records_of(name, rules, world))
    with recording(world.sandbox) as sent:
        client = connected(world.sandbox).client
        assignment = Assignment(client, procedure_of(name, rules), rules, concurrency=8)
        outcomes = list(Workers(assignment, NoBooks()).deliver(iter(records)))
        client.close()
    assert len(outcomes) == len(records)
    return sent


@pytest.fixture(scope="module")
def prepared() -> list[requests.PreparedRequest]:
    """All requests before the first record: who we are, which attributes there are, and making those that are not."""
    with Sandbox(SandboxOptions(rate_limit=0)) as sandbox, recording(sandbox) as sent:
        workspace = connected(sandbox)
        for model in ("contact", "company"):
            workspace.attributes(model, pytest.fail)
            for data_type in ("string", "integer", "float", "boolean", "date"):
                workspace.create_attributes([MissingAttribute(model, f"{model} {data_type}", data_type)])
    return sent


def faults_of(sent: Iterable[requests.PreparedRequest], contract: Any) -> list[str]:
    """What is wrong with any of them; those that differ in Intercom's ids only are judged once."""
    distinct = {INTERCOM_ID.sub("", f"{each.method} {each.url} {each.body!r}"): each for each in sent}
    return [
        f"{each.method} {each.url}: {fault}" for each in distinct.values() if (fault := contract.fault(each))
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "behaviour"), sorted(PAIRS), ids=str)
def test_everything_sent_is_described(name, behaviour, contract, recorded) -> None:
    sent = recorded(name, behaviour)

    assert len(sent) > len(rules_of(name, behaviour))  # more than GET /me
    assert faults_of(sent, contract) == []


def test_everything_asked_beforehand_is_described(contract, prepared) -> None:
    assert faults_of(prepared, contract) == []


@pytest.mark.slow
def test_every_operation_of_a_sync_was_judged(contract, prepared, recorded) -> None:
    sent = itertools.chain(prepared, *(recorded(name, behaviour) for name, behaviour in PAIRS))

    assert {f"{each.method} {contract.template(each)}" for each in sent} == OPERATIONS
