"""What a workspace holds, as values: a change makes a new value, so that an older version can still be shown.

Field names are Intercom's:
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/contact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Condition(Enum):
    """Whether a contact can be seen, and if not, why."""

    LIVE = "live"
    ARCHIVED = "archived"
    DELETED = "deleted"
    BLOCKED = "blocked"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Applied:
    """When a tag was put on something, and which admin did it."""

    applied_at: int
    admin_id: str


@dataclass(frozen=True, slots=True)
class StoredContact:
    """A user or a lead."""

    id: str
    sequence: int
    role: str
    created_at: int
    updated_at: int
    external_id: str | None = None
    email: str | None = None
    condition: Condition = Condition.LIVE
    merged_into: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    custom_attributes: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, Applied] = field(default_factory=dict)
    companies: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Whether GET, search and list show the contact."""
        return self.condition is Condition.LIVE


@dataclass(frozen=True, slots=True)
class StoredCompany:
    """A company; `id` is Intercom's, `company_id` the customer's own."""

    id: str
    sequence: int
    company_id: str
    created_at: int
    updated_at: int
    live: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict)
    custom_attributes: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, Applied] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredTag:
    """A tag; names are unique without regard to case."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """A custom data attribute of contacts or companies."""

    id: int
    model: str
    name: str
    data_type: str
    created_at: int
    updated_at: int
    description: str | None = None
    options: tuple[str, ...] | None = None
    archived: bool = False
    api_writable: bool = True
    messenger_writable: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a contact did."""

    id: str
    event_name: str
    created_at: int
    contact_id: str
    external_id: str | None
    email: str | None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation, as far as tagging it goes."""

    id: str
    created_at: int
    updated_at: int
    contact_id: str | None = None
    tags: Mapping[str, Applied] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket, as far as tagging it goes."""

    id: str
    created_at: int
    updated_at: int
    tags: Mapping[str, Applied] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admin:
    """A teammate."""

    id: str
    name: str
    email: str
