"""The scopes of an access token, the endpoints that need them, and how to learn whether a token has them.

Intercom tells the scopes of a token nowhere, and publishes no table of endpoints and scopes. So every row here is
inferred from the descriptions of the scopes, and a token is asked by a request whose refusal tells: a missing scope is
401 `token_unauthorized` or 403, and comes before Intercom looks at anything else.
https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/oauth-scopes

No probe can change anything. Reads read. Writes name ids that nothing has, and ask for nothing: `PUT` sets no field,
what would be archived or taken off is not there, and no `POST` has a body that Intercom could take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.errors import CannotActivate, MissingScope, RequestFailed
from dbt_intercom_activate.intercom.api import Request, of_kind
from dbt_intercom_activate.intercom.contacts import (
    archive_contact,
    get_contact,
    lists_contacts,
    update_contact,
)
from dbt_intercom_activate.intercom.data_attributes import is_attribute
from dbt_intercom_activate.intercom.events import is_taken
from dbt_intercom_activate.intercom.tags import is_tag, list_tags, untag_contact
from dbt_intercom_activate.objects.vocabulary import Word

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.api import Answer
    from dbt_intercom_activate.intercom.client import Sender

NOBODY = "0" * 24
"""An id of contacts that none has: ids are counted from their moment, and this would be 1970."""
NOTHING = "0"
"""An id of tags, conversations, tickets and attributes that none has: they are counted from 1."""

SCOPES_ARE_INFERRED = "inferred: Intercom publishes no table of endpoints and scopes"

_OK_BEFORE_WORK = frozenset({400, 404, 409, 410, 422})
"""Refusals of the request itself, which come after the scope was found good enough."""
_FORBIDDEN = frozenset({"forbidden", "action_forbidden"})


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope of Intercom's Developer Hub."""

    name: str
    """Verbatim, as the checkbox is called."""
    endpoints: frozenset[str]
    """What needs it, as far as this package calls it. Inferred."""
    probe: Request
    """What Intercom refuses without it, and what can change nothing."""
    unless: Request | None = None
    """A read that has to find nothing before `probe` goes, where the probe would act on what it names."""
    instead: str | None = None
    """Another scope that is enough too."""


READ_ONE = Scope(
    "Read one user and one company",
    frozenset(
        {
            "GET /contacts/{contact_id}",
            "GET /contacts/find_by_external_id/{external_id}",
            "GET /companies",
            "GET /companies/{company_id}",
        }
    ),
    get_contact(NOBODY),
)
READ_AND_LIST = Scope(
    "Read and list users and companies",
    frozenset({"POST /contacts/search", "POST /companies/list"}),
    Request.to("GET", "/contacts", query=(("per_page", "1"),), expects=lists_contacts),
)
WRITE = Scope(
    "Write users and companies",
    frozenset(
        {
            "POST /contacts",
            "PUT /contacts/{contact_id}",
            "POST /companies",
            "PUT /companies/{company_id}",
            "DELETE /companies/{company_id}",
            "POST /contacts/{contact_id}/companies",
            "DELETE /contacts/{contact_id}/companies/{company_id}",
        }
    ),
    update_contact(NOBODY, {}),
)
READ_AND_WRITE = Scope(
    "Read and write users",
    frozenset(
        {
            "DELETE /contacts/{contact_id}",
            "POST /contacts/{contact_id}/archive",
            "POST /contacts/{contact_id}/unarchive",
        }
    ),
    archive_contact(NOBODY),
    unless=READ_ONE.probe,
)
READ_TAGS = Scope("Read tags", frozenset({"GET /tags"}), list_tags(), instead=READ_AND_LIST.name)
WRITE_TAGS = Scope(
    "Write tags",
    frozenset(
        {
            "POST /tags",
            "POST /contacts/{contact_id}/tags",
            "DELETE /contacts/{contact_id}/tags/{tag_id}",
        }
    ),
    untag_contact(NOBODY, NOTHING),
    unless=READ_ONE.probe,
)
WRITE_CONVERSATIONS = Scope(
    "Write conversations",
    frozenset(
        {
            "POST /conversations/{conversation_id}/tags",
            "DELETE /conversations/{conversation_id}/tags/{tag_id}",
        }
    ),
    # Without the `admin_id` that Intercom requires.
    Request.to(
        "DELETE",
        "/conversations/{conversation_id}/tags/{tag_id}",
        NOTHING,
        NOTHING,
        body={},
        expects=lambda answer: is_tag(answer, NOTHING),
    ),
    unless=Request.to(
        "GET",
        "/conversations/{conversation_id}",
        NOTHING,
        expects=lambda answer: of_kind(answer.body, "conversation") is not None,
    ),
)
WRITE_TICKETS = Scope(
    "Write tickets",
    frozenset({"POST /tickets/{ticket_id}/tags", "DELETE /tickets/{ticket_id}/tags/{tag_id}"}),
    # Without the `admin_id` that Intercom requires.
    Request.to(
        "DELETE",
        "/tickets/{ticket_id}/tags/{tag_id}",
        NOTHING,
        NOTHING,
        body={},
        expects=lambda answer: is_tag(answer, NOTHING),
    ),
    unless=Request.to(
        "GET",
        "/tickets/{ticket_id}",
        NOTHING,
        expects=lambda answer: of_kind(answer.body, "ticket") is not None,
    ),
)
WRITE_EVENTS = Scope(
    # Nothing that Intercom requires: no name, no time, no contact.
    "Write events",
    frozenset({"POST /events"}),
    Request.to("POST", "/events", body={}, expects=is_taken),
)
WRITE_ATTRIBUTES = Scope(
    "Write data attributes",
    frozenset({"POST /data_attributes"}),
    Request.to(
        "PUT",
        "/data_attributes/{data_attribute_id}",
        NOTHING,
        body={},
        expects=lambda answer: is_attribute(answer.body),
    ),
)

SCOPES: tuple[Scope, ...] = (
    READ_ONE,
    READ_AND_LIST,
    WRITE,
    READ_AND_WRITE,
    READ_TAGS,
    WRITE_TAGS,
    WRITE_CONVERSATIONS,
    WRITE_TICKETS,
    WRITE_EVENTS,
    WRITE_ATTRIBUTES,
)


class ScopeState(Word):
    """Whether a token has a scope."""

    GRANTED = "granted"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe found."""

    state: ScopeState
    reason: str
    """Never Intercom's own text."""


def probe(client: Sender, scope: Scope) -> Probed:
    """Ask whether the token has a scope; changes nothing.

    Raises:
        TokenRefused: The token is no good for anything.
        IntercomDown: Intercom answers nothing.
    """
    if scope.unless is not None and _finds(client, scope.unless):
        return Probed(
            ScopeState.UNKNOWN, "not asked: Intercom has something of the id that nothing should have"
        )
    try:
        return _judged(client.send(scope.probe))
    except MissingScope:
        return Probed(ScopeState.MISSING, f"{scope.probe.endpoint} is refused")
    except (CannotActivate, RequestFailed) as error:
        return Probed(ScopeState.UNKNOWN, str(error))


def _finds(client: Sender, request: Request) -> bool:
    try:
        return client.send(request).ok
    except (CannotActivate, RequestFailed):
        return False


def _judged(answer: Answer) -> Probed:
    if answer.ok or answer.status in _OK_BEFORE_WORK:
        return Probed(ScopeState.GRANTED, f"HTTP {answer.status}")
    if answer.status == 403 and answer.code in _FORBIDDEN:
        return Probed(ScopeState.MISSING, "HTTP 403")
    return Probed(ScopeState.UNKNOWN, f"HTTP {answer.status}")
