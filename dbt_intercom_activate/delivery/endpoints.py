"""What an activation may call, and so which scopes it needs of the access token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.intercom.scopes import SCOPES
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.objects.vocabulary import Archived, Removed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.intercom.scopes import Scope


def needed_by(activation: Activation) -> tuple[Scope, ...]:
    """The scopes that an activation may need, in the order of `SCOPES`."""
    called = frozenset(endpoints_of(activation))
    return tuple(scope for scope in SCOPES if scope.endpoints & called)


def endpoints_of(activation: Activation) -> Iterator[str]:
    """What an activation may call, `GET /me` and `GET /data_attributes` aside."""
    name = activation.object.name
    if name == "contact":
        yield from _contact(activation)
    elif name == "company":
        yield from _company(activation)
    elif name == "contact_company":
        yield from _membership(activation)
    elif name == "event":
        yield "POST /events"
    else:
        yield from _tag(activation)
    if activation.create_attributes:
        yield "POST /data_attributes"


def _contact(activation: Activation) -> Iterator[str]:
    behaviour, removed = activation.behaviour, activation.removed
    if behaviour is not Behaviour.DELETE:
        yield from _lookup(activation.identifier)
    if behaviour in (Behaviour.UPSERT, Behaviour.INSERT):
        yield "POST /contacts"
        yield "GET /contacts/{contact_id}"
    if behaviour in (Behaviour.UPSERT, Behaviour.UPDATE):
        yield "PUT /contacts/{contact_id}"
    if behaviour is Behaviour.DELETE or removed is Removed.DELETE:
        yield "DELETE /contacts/{contact_id}"
    if behaviour is Behaviour.ARCHIVE or removed is Removed.ARCHIVE:
        yield "POST /contacts/{contact_id}/archive"
    if activation.archived is Archived.UNARCHIVE or removed is Removed.ARCHIVE:
        yield "POST /contacts/{contact_id}/unarchive"


def _lookup(identifier: str | None) -> Iterator[str]:
    """How an unknown contact is found."""
    if identifier in ("external_id", "email"):
        yield "POST /contacts/search"
    if identifier == "external_id":
        yield "GET /contacts/find_by_external_id/{external_id}"


def _company(activation: Activation) -> Iterator[str]:
    behaviour, by_id = activation.behaviour, activation.identifier == "id"
    if behaviour in (Behaviour.UPSERT, Behaviour.INSERT):
        yield "POST /companies"
    if behaviour is Behaviour.INSERT or (behaviour is Behaviour.UPDATE and not by_id):
        yield "GET /companies"
    if behaviour is Behaviour.UPSERT and by_id:
        yield "GET /companies"
    if behaviour is Behaviour.UPDATE or by_id:
        yield "PUT /companies/{company_id}"
    if behaviour is Behaviour.DELETE or activation.removed is Removed.DELETE:
        yield "DELETE /companies/{company_id}"


def _membership(activation: Activation) -> Iterator[str]:
    for name in activation.fields:
        if name.startswith("contact."):
            yield from _lookup(name.removeprefix("contact."))
        elif name == "company.company_id":
            yield "GET /companies"
    if activation.behaviour is Behaviour.ATTACH:
        yield "POST /contacts/{contact_id}/companies"
    if activation.behaviour is Behaviour.DETACH or activation.removed is Removed.DETACH:
        yield "DELETE /contacts/{contact_id}/companies/{company_id}"


def _tag(activation: Activation) -> Iterator[str]:
    name = activation.object.name
    attaches = activation.behaviour is Behaviour.ATTACH
    detaches = not attaches or activation.removed is Removed.DETACH
    if name == "contact_tag":
        yield from _lookup(activation.identifier)
    if name == "company_tag" and activation.identifier == "company_id":
        yield "GET /companies"
    if detaches or name == "conversation_tag":
        yield "GET /tags"
    if attaches or name == "company_tag":
        yield "POST /tags"
    if name == "company_tag":
        return
    owner = "/contacts/{contact_id}" if name == "contact_tag" else "/conversations/{conversation_id}"
    if attaches:
        yield f"POST {owner}/tags"
    if detaches:
        yield f"DELETE {owner}/tags/{{tag_id}}"


def by_scope(activations: Sequence[Activation]) -> list[tuple[Scope, tuple[str, ...]]]:
    """The scopes that activations need, each with their names, in the order of `SCOPES`."""
    needs = {each.name: needed_by(each) for each in activations}
    wanted = [(scope, tuple(name for name, scopes in needs.items() if scope in scopes)) for scope in SCOPES]
    return [(scope, names) for scope, names in wanted if names]
