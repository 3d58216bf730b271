"""The workspace's state in memory, with the indexes that keep it fast, and the switches that tests turn."""

from __future__ import annotations

import secrets
import time
from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.sandbox.call_log import CallLog
from dbt_intercom_activate.sandbox.faults import Faults
from dbt_intercom_activate.sandbox.rate_limit import RateLimiter
from dbt_intercom_activate.sandbox.records import (
    Admin,
    Attribute,
    Condition,
    Conversation,
    Event,
    StoredCompany,
    StoredContact,
    StoredTag,
    StoredTicket,
)
from dbt_intercom_activate.sandbox.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dbt_intercom_activate.sandbox.bulk_jobs import BulkJob, Task

SEEDED_CONVERSATIONS = ("501", "502", "503")
SEEDED_TICKETS = ("701", "702", "703")
FIRST_ADMIN = "991267459"


class Switches:
    """How the sandbox deviates from its defaults; tests and `/_sandbox/switches` set them."""

    def __init__(self) -> None:
        self.token_revoked = False
        """The token is refused with 401 `unauthorized` from now on."""
        self.revoked_scopes: set[str] = set()
        """Scopes that the token lacks, in the Developer Hub's names: 401 `token_unauthorized`."""
        self.max_in_values: int | None = None
        """The longest IN or NIN that search takes. No limit is documented, so there is none by default."""
        self.counts_enabled = True
        """Whether the legacy GET /counts is answered."""
        self.emails_are_unique = True
        """Whether POST /contacts refuses another user's email even with an external_id of its own.

        Not recorded for POST /contacts; Intercom's description of the bulk create says so."""
        self.options_are_strict = False
        """Whether a list attribute refuses a value that is not among its options.

        Intercom documented that it does, and withdrew it three days later."""
        self.attributes_with_dependents: set[str] = set()
        """Names of custom attributes that cannot be archived."""
        self.bulk_seconds = 0
        """How long a task of a bulk job takes; none is carried out before the next request."""
        self.bulk_rejects: set[str] = set()
        """Ids, external_ids, emails and company_ids whose items a bulk job rejects."""
        self.tags_with_dependents: set[str] = set()
        """Names of tags that cannot be deleted, because a segment uses them."""


class SandboxState(Switches):
    """Everything the sandbox knows.

    It is changed by the server's thread, one request at a time; tests read and seed it from theirs between
    requests. `search_lag`, in seconds, may be changed at any time and holds for what is written after that;
    `latency_ms`, milliseconds that every answer takes longer, for the next call.
    """

    def __init__(
        self,
        *,
        token: str = "sandbox",  # noqa: S107 - a made-up token for a made-up workspace
        rate_limit: int = 0,
        search_lag: float = 0.0,
        latency_ms: int = 0,
        workspace_id: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock
        self.token = token
        self._kept_id = workspace_id
        self._initial = (rate_limit, search_lag, latency_ms)
        self.reset()

    def reset(self) -> None:
        """Back to an empty workspace, with no calls counted and no faults pending.

        An empty workspace is another one, unless it was told to keep its id: whoever remembers what the last one
        held must not believe that this one holds it.
        """
        self.workspace_id = self._kept_id or f"sandbox{secrets.token_hex(4)}"
        rate_limit, self.search_lag, self.latency_ms = self._initial
        Switches.__init__(self)
        self.limiter = RateLimiter(rate_limit)
        self.calls = CallLog()
        self.faults = Faults()
        self.contacts: Versions[StoredContact] = Versions()
        self.companies: Versions[StoredCompany] = Versions()
        self.tags: dict[str, StoredTag] = {}
        self.attributes: dict[int, Attribute] = {}
        self.events: list[Event] = []
        self.conversations: dict[str, Conversation] = {}
        self.tickets: dict[str, StoredTicket] = {}
        self.plans: dict[str, str] = {}
        self.admins = {
            FIRST_ADMIN: Admin(FIRST_ADMIN, "Sandbox Admin", "admin@sandbox.example"),
            "991267460": Admin("991267460", "Second Admin", "second@sandbox.example"),
        }
        self.event_keys: set[tuple[str, str, int]] = set()
        self.event_names: set[str] = set()
        self.scrolls: dict[str, tuple[float, int]] = {}
        self.bulk_jobs: dict[str, BulkJob] = {}
        self.bulk_tasks: deque[Task] = deque()
        """Those that are yet to be carried out."""
        self._serial = 0
        self._by_external_id: dict[str, dict[str, None]] = {}
        self._by_email: dict[str, dict[str, None]] = {}
        self._company_by_key: dict[str, str] = {}
        self._tag_by_name: dict[str, str] = {}
        self._attribute_by_name: dict[tuple[str, str], int] = {}
        self._members: dict[str, dict[str, None]] = {}
        self._live_members: Counter[str] = Counter()
        self._events_by_contact: dict[str, list[Event]] = {}
        for conversation_id in SEEDED_CONVERSATIONS:
            self.add_conversation(conversation_id)
        for ticket_id in SEEDED_TICKETS:
            self.add_ticket(ticket_id)

    def now(self) -> int:
        """The time in unix seconds, as Intercom writes it."""
        return int(self.clock())

    def visible_moment(self) -> float | None:
        """The moment whose state search and list show; None for now."""
        return self.clock() - self.search_lag if self.search_lag else None

    def serial(self) -> int:
        """The next number, for ids and order."""
        self._serial += 1
        return self._serial

    def object_id(self) -> tuple[str, int]:
        """A new id of 24 hexadecimal digits, as Intercom's are, and its place in the order of creation."""
        number = self.serial()
        return f"{self.now():08x}5a4db0c5{number:08x}", number

    # Contacts

    def put_contact(self, contact: StoredContact) -> StoredContact:
        """Store a contact's new version and keep the indexes true."""
        before = self.contacts.get(contact.id)
        self.contacts.put(contact, at=self.clock(), keep=self.search_lag > 0)
        # Both indexes only grow: search must also find a contact by what it was a moment ago.
        if contact.external_id is not None:
            self._by_external_id.setdefault(contact.external_id, {})[contact.id] = None
        if contact.email:
            self._by_email.setdefault(contact.email, {})[contact.id] = None
        if before is None or before.companies != contact.companies or before.live != contact.live:
            self._index_members(before, contact)
        return contact

    def _index_members(self, before: StoredContact | None, after: StoredContact) -> None:
        for company_id in before.companies if before else ():
            self._members[company_id].pop(after.id, None)
            self._live_members[company_id] -= before.live if before else 0
        for company_id in after.companies:
            self._members.setdefault(company_id, {})[after.id] = None
            self._live_members[company_id] += after.live

    def ids_ever_by_external_id(self, external_id: str) -> Sequence[str]:
        """Contacts that have, or once had, this external_id."""
        return tuple(self._by_external_id.get(external_id, ()))

    def ids_ever_by_email(self, email: str) -> Sequence[str]:
        """Contacts that have, or once had, this email."""
        return tuple(self._by_email.get(email.lower(), ()))

    def contacts_by_external_id(self, external_id: str) -> Iterator[StoredContact]:
        """Contacts in any condition whose external_id this is."""
        for contact_id in self.ids_ever_by_external_id(external_id):
            contact = self.contacts.get(contact_id)
            if contact is not None and contact.external_id == external_id:
                yield contact

    def contacts_by_email(self, email: str) -> Iterator[StoredContact]:
        """Contacts in any condition whose email this is, without regard to case."""
        for contact_id in self.ids_ever_by_email(email):
            contact = self.contacts.get(contact_id)
            if contact is not None and contact.email == email.lower():
                yield contact

    def live_user(self, external_id: str) -> StoredContact | None:
        """The live user with an external_id; leads have none of their own choosing."""
        return next(
            (c for c in self.contacts_by_external_id(external_id) if c.live and c.role == "user"), None
        )

    # Companies

    def put_company(self, company: StoredCompany) -> StoredCompany:
        """Store a company's new version."""
        self.companies.put(company, at=self.clock(), keep=self.search_lag > 0)
        if company.live:
            self._company_by_key[company.company_id] = company.id
        elif self._company_by_key.get(company.company_id) == company.id:
            del self._company_by_key[company.company_id]
        return company

    def company_by_key(self, company_id: str) -> StoredCompany | None:
        """The live company with the customer's own id."""
        intercom_id = self._company_by_key.get(company_id)
        return self.companies.get(intercom_id) if intercom_id else None

    def members(self, company_id: str) -> list[StoredContact]:
        """The live contacts of a company, by Intercom's id of it."""
        found = (self.contacts.get(contact_id) for contact_id in self._members.get(company_id, ()))
        return [contact for contact in found if contact is not None and contact.live]

    def member_ids(self, company_id: str) -> list[str]:
        """The contacts of a company in any condition."""
        return list(self._members.get(company_id, ()))

    def user_count(self, company_id: str) -> int:
        """How many live contacts a company has."""
        return self._live_members[company_id]

    def plan_id(self, name: str) -> str:
        """The id of a plan, made when it is first named."""
        return self.plans.setdefault(name, str(269300 + len(self.plans)))

    # Tags, attributes, events, conversations, tickets, admins

    def tag_named(self, name: str) -> StoredTag | None:
        """The tag with a name, without regard to case."""
        tag_id = self._tag_by_name.get(name.casefold())
        return self.tags.get(tag_id) if tag_id else None

    def put_tag(self, tag: StoredTag) -> StoredTag:
        """Store a tag, new or renamed."""
        before = self.tags.get(tag.id)
        if before is not None:
            self._tag_by_name.pop(before.name.casefold(), None)
        self.tags[tag.id] = tag
        self._tag_by_name[tag.name.casefold()] = tag.id
        return tag

    def remove_tag(self, tag: StoredTag) -> None:
        """Forget a tag; taking it off what carries it is the caller's."""
        del self.tags[tag.id]
        del self._tag_by_name[tag.name.casefold()]

    def attribute_named(self, model: str, name: str) -> Attribute | None:
        """The custom attribute of a model with exactly this name."""
        attribute_id = self._attribute_by_name.get((model, name))
        return self.attributes.get(attribute_id) if attribute_id else None

    def put_attribute(self, attribute: Attribute) -> Attribute:
        """Store a custom attribute."""
        self.attributes[attribute.id] = attribute
        self._attribute_by_name[attribute.model, attribute.name] = attribute.id
        return attribute

    def add_attribute(
        self,
        model: str,
        name: str,
        data_type: str,
        options: Sequence[str] | None = None,
        *,
        archived: bool = False,
        api_writable: bool = True,
    ) -> Attribute:
        """Seed a custom attribute of `contact` or `company`, past the API's own checks."""
        now = self.now()
        return self.put_attribute(
            Attribute(
                id=self.serial(),
                model=model,
                name=name,
                data_type=data_type,
                created_at=now,
                updated_at=now,
                options=tuple(options) if options is not None else None,
                archived=archived,
                api_writable=api_writable,
            )
        )

    def add_event(self, event: Event) -> None:
        """Store an event."""
        self.events.append(event)
        self.event_names.add(event.event_name)
        self._events_by_contact.setdefault(event.contact_id, []).append(event)

    def events_of(self, contact_id: str) -> list[Event]:
        """A contact's events in the order they arrived."""
        return list(self._events_by_contact.get(contact_id, ()))

    def add_conversation(
        self, conversation_id: str | None = None, *, contact_id: str | None = None
    ) -> Conversation:
        """Seed a conversation; conversations cannot be made through this sandbox's API."""
        now = self.now()
        conversation = Conversation(conversation_id or str(1000 + self.serial()), now, now, contact_id)
        self.conversations[conversation.id] = conversation
        return conversation

    def hand_over(self, from_id: str, into_id: str) -> None:
        """Give a contact's events and conversations to another."""
        moved = [replace(event, contact_id=into_id) for event in self._events_by_contact.pop(from_id, ())]
        by_id = {event.id: event for event in moved}
        self.events = [by_id.get(event.id, event) for event in self.events]
        self._events_by_contact.setdefault(into_id, []).extend(moved)
        for conversation in tuple(self.conversations.values()):
            if conversation.contact_id == from_id:
                self.conversations[conversation.id] = replace(conversation, contact_id=into_id)

    def add_ticket(self, ticket_id: str | None = None) -> StoredTicket:
        """Seed a ticket; tickets cannot be made through this sandbox's API."""
        now = self.now()
        ticket = StoredTicket(ticket_id or str(1000 + self.serial()), now, now)
        self.tickets[ticket.id] = ticket
        return ticket

    def add_admin(self, admin_id: str, name: str = "Another Admin") -> Admin:
        """Seed a teammate."""
        admin = Admin(admin_id, name, f"admin{admin_id}@sandbox.example")
        self.admins[admin_id] = admin
        return admin

    def contact_counts(self) -> dict[str, int]:
        """How many live contacts there are of each role, and how many in each other condition."""
        counts: Counter[str] = Counter({"user": 0, "lead": 0})
        for contact in self.contacts:
            counts[contact.role if contact.condition is Condition.LIVE else contact.condition.value] += 1
        return dict(counts)
