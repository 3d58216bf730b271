"""Which scopes activations need, and that asking for them changes nothing, even where Intercom is lenient."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.delivery.needed_scopes import endpoints_of, needed_by
from dbt_intercom_activate.intercom.api import Answer
from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.intercom.pacing import Pacer
from dbt_intercom_activate.intercom.scopes import (
    NOBODY,
    NOTHING,
    READ_ONE,
    SCOPES,
    Probed,
    ScopeState,
    probe,
)
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.sandbox.routes import ENDPOINTS

FREE = {"GET /me", "GET /data_attributes"}
CONTACT = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "customer_id", "email": "email"},
    "removed": "archive",
}
TAG = {
    "name": "tagged",
    "object": "contact_tag",
    "behaviour": "attach",
    "identifier": "external_id",
    "fields": {"external_id": "customer_id", "tag": "plan_name"},
    "removed": "detach",
}
MEMBERSHIP = {
    "name": "members",
    "object": "contact_company",
    "behaviour": "attach",
    "fields": {"contact.external_id": "customer_id", "company.company_id": "account_id"},
    "removed": "detach",
}
EVENT = {
    "name": "happened",
    "object": "event",
    "behaviour": "send",
    "identifier": "external_id",
    "fields": {"external_id": "customer_id", "created_at": "signed_up_at"},
    "constants": {"event_name": "signed-up"},
}
COMPANY = {
    "name": "firms",
    "object": "company",
    "behaviour": "upsert",
    "identifier": "company_id",
    "fields": {"company_id": "account_id", "name": "account_name"},
    "removed": "delete",
}


@pytest.fixture
def client(shop):
    return IntercomClient(shop.sandbox.base_url, shop.token, "2.16", pacer=Pacer())


@pytest.fixture
def activations(shop):
    """Everything that can be said of customers and accounts."""
    shop.configure(customers=[CONTACT, TAG, MEMBERSHIP, EVENT], accounts=COMPANY)
    manifest = manifests.read(shop.folder / "target" / "manifest.json")
    return {each.name: each for each in activations_of(manifest, shop.folder)}


class Lenient:
    """An Intercom that says yes to everything."""

    def __init__(self, *, finds):
        self.sent = []
        self._finds = finds

    def send(self, request):
        self.sent.append(request)
        found = self._finds or request.method != "GET"
        return Answer(200 if found else 404, {}, None, None, None, 0, repeated=False)


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_a_scope_is_missing_where_the_token_lacks_it(shop, client, state_of, scope):
    shop.add_contact(external_id="c1", email="ada@example.com")
    shop.add_company("a1")
    before = state_of(shop)

    assert probe(client, scope).state is ScopeState.GRANTED
    shop.state.revoked_scopes = {each.name for each in SCOPES} - {scope.name}
    assert probe(client, scope).state is ScopeState.GRANTED
    shop.state.revoked_scopes = {scope.name, scope.instead}
    assert probe(client, scope).state is ScopeState.MISSING
    assert state_of(shop) == before


@pytest.mark.parametrize("status", [402, 403, 451])
def test_a_refusal_that_is_about_something_else_leaves_it_unknown(shop, client, status):
    code = {402: "payment", 403: "api_plan_restricted"}.get(status, "other")
    body = {"type": "error.list", "errors": [{"code": code, "message": "No"}]}
    shop.sandbox.faults.add(_fault(status, body))
    assert probe(client, READ_ONE).state is ScopeState.UNKNOWN


def test_a_403_that_names_the_scope_is_a_missing_one(shop, client):
    message = "You do not have the required scope (read_users) to access this resource"
    body = {"type": "error.list", "errors": [{"code": "forbidden", "message": message}]}
    shop.sandbox.faults.add(_fault(403, body))
    assert probe(client, READ_ONE) == Probed(ScopeState.MISSING, "GET /contacts/{contact_id} is refused")


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_a_probe_changes_nothing_in_a_lenient_intercom(scope):
    intercom = Lenient(finds=False)
    probe(intercom, scope)

    for request in intercom.sent:
        if request.method == "GET":
            continue
        assert not request.body
        ids = set(request.path.split("/")) & {NOBODY, NOTHING}
        assert ids or request.endpoint == "POST /events"  # which needs a name, a time and a contact


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_probes_do_nothing_where_the_impossible_id_exists(scope):
    intercom = Lenient(finds=True)
    probe(intercom, scope)
    acting = [each for each in intercom.sent if each.method == "DELETE" or "archive" in each.path]
    assert not acting


def test_the_sandbox_infers_the_same_scopes():
    allowed = {f"{each.method} {each.template.replace(':path', '')}": each.scopes for each in ENDPOINTS}
    for scope in SCOPES:
        for endpoint in scope.endpoints:
            assert scope.name in allowed[endpoint]
            assert scope.instead is None or scope.instead in allowed[endpoint]


def test_a_sync_calls_nothing_that_its_activations_did_not_say(shop, activations):
    for name in activations:
        shop.sandbox.calls.clear()
        assert shop.sync("--select", f"activation:{name}").code in (0, 1)
        called = set(shop.sandbox.calls.by_operation()) - FREE
        assert called
        assert called <= set(endpoints_of(activations[name])), name


def test_each_endpoint_belongs_to_a_scope(activations):
    known = {endpoint for scope in SCOPES for endpoint in scope.endpoints}
    for activation in activations.values():
        assert set(endpoints_of(activation)) <= known
    assert [scope.name for scope in needed_by(activations["tagged"])] == [
        "Read one user and one company",
        "Read and list users and companies",
        "Read tags",
        "Write tags",
    ]
    assert [scope.name for scope in needed_by(activations["happened"])] == ["Write events"]


def _fault(status, body):
    from dbt_intercom_activate.sandbox.faults import Fault

    return Fault(method="GET", path_prefix="/contacts", status=status, body=json.loads(json.dumps(body)))
