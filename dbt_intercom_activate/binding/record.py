"""A record on its way to Intercom, and the rules of its activation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from dbt_intercom_activate.intercom.api import Answer, JsonValue, Request
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.outcome import Outcome

T = TypeVar("T")

_TAKING = frozenset({Behaviour.ARCHIVE, Behaviour.DELETE, Behaviour.DETACH})
"""What takes something away in Intercom."""

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode

Conversation: TypeAlias = Generator[Request, Answer, T]
"""Requests out, answers in, a result at the end: what is said to Intercom, without saying it."""

Talk: TypeAlias = Generator[Request, Answer, Outcome]
"""The conversation about one record."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an activation allows, as far as a single record is concerned."""

    behaviour: Behaviour
    identifier: str | None
    """What a record is matched by; of a membership, the contact's side."""
    related_identifier: str | None = None
    """A membership's identifier of the company: `company_id` or `id`."""
    unarchive: bool = False
    """Take a matching contact out of the archive instead of failing with `archived`."""
    by_role: bool = False
    """The records say of what role the contact is that they mean."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a model, ready to be sent."""

    seq: int
    identifier: str | None
    """The identifier's text: trimmed, emails in lower case. None or empty where the record has none."""
    known_id: str | None
    """Intercom's id, remembered from an earlier outcome."""
    payload: Mapping[str, JsonValue]
    """Every mapped field but `id`, as Intercom would get it."""
    payload_hash: str
    related: str | None = None
    """The other side of a tag or a membership: the tag's name, the company's identifier."""
    known_related_id: str | None = None
    """Intercom's id of that other side, remembered."""
    archived_id: str | None = None
    """The contact that this tool archived when the record left the model; it has returned."""
    deleted_id: str | None = None
    """The same, where it deleted it."""
    delivered: bool = False
    """This record was delivered before, and not removed since."""
    first_attempt_at: int | None = None
    """Unix seconds, by Intercom's clock, of the first attempt that may have been carried out unknown to the ledger."""


def hash_payload(
    object_name: str, identifier: str | None, payload: Mapping[str, JsonValue], behaviour: Behaviour
) -> str:
    """The hash that decides whether a call is needed: equal payload, no call.

    To detach a tag says the same as to attach it, and does the reverse: what takes away has hashes of its own.
    """
    taken = [behaviour.value] if behaviour in _TAKING else []
    canonical = _CANONICAL([object_name, identifier, payload, *taken])
    return hashlib.sha256(canonical.encode()).hexdigest()
