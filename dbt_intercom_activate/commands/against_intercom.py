"""Which of the records that a plan calls added are in Intercom already; reads only.

Contacts are searched for many in a call, and search lags writes by minutes; companies are read one by one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.delivery import company_lookup, contact_lookup
from dbt_intercom_activate.delivery.procedure import LOOKUP_SIZE
from dbt_intercom_activate.errors import CannotActivate
from dbt_intercom_activate.intercom import companies, contacts
from dbt_intercom_activate.intercom.client import converse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dbt_intercom_activate.binding.record import Conversation, Rules
    from dbt_intercom_activate.intercom.api import Request
    from dbt_intercom_activate.sync.admission import Job
    from dbt_intercom_activate.warehouse.connection import Warehouse

PAGE_ROWS = 20_000
"""Identifiers read from the warehouse at a time."""

_LOOKED_UP = frozenset({"contact", "company"})

Found = set[str]
"""The identifiers that Intercom has, of those that were asked about."""


@dataclass(frozen=True, slots=True)
class Split:
    """The added records of an activation."""

    new: int = 0
    """Intercom has nothing of this identifier."""
    existing: int = 0
    not_looked_up: int = 0
    """Records without an identifier to look for, and tags, memberships and events, which are no objects."""


def split_added(job: Job, warehouse: Warehouse, changes: Mapping[str, Any]) -> Split:
    """Look up every added record of an activation.

    Raises:
        CannotActivate: The token may not read, or Intercom refuses.
        RequestFailed: A call came to nothing.
        IntercomDown: Intercom answers nothing.
    """
    added = existing = new = 0
    looked_up = job.binding.activation.object.name in _LOOKED_UP and job.binding.identifier is not None
    for page in _pages(warehouse, changes):
        added += len(page)
        if looked_up:
            wanted = {identifier for identifier, known in page if identifier and not known}
            there = _look_up(job, sorted(wanted))
            existing += sum(bool(known) or identifier in there for identifier, known in page)
            new += sum(not known and identifier not in there for identifier, known in page)
    return Split(new, existing, added - new - existing)


def _pages(warehouse: Warehouse, changes: Mapping[str, Any]) -> Iterator[list[tuple[str | None, str | None]]]:
    """Identifier and remembered id of the added records."""
    steps = warehouse.render("_changes", changes=changes)
    for first in range(1, 2**62, PAGE_ROWS):
        rows = warehouse.query(
            f"{steps} select ia_identifier, ia_known_id from ("  # noqa: S608 (the macro's own names)
            "select ia_identifier, ia_known_id, row_number() over (order by ia_record_key) as ia_seq "
            f"from classified where ia_class = 'added') as ia_added "
            f"where ia_seq between {first} and {first + PAGE_ROWS - 1}"
        )
        if rows:
            yield [(identifier, known) for identifier, known in rows]
        if len(rows) < PAGE_ROWS:
            return


def _look_up(job: Job, identifiers: Sequence[str]) -> Found:
    """Ask about many, a few calls at a time; the client keeps the pace."""
    rules, client = job.binding.rules, job.workspace.client
    ask, size = _question(job.binding.activation.object.name, rules)
    batches = [identifiers[first : first + size] for first in range(0, len(identifiers), size)]
    with ThreadPoolExecutor(max_workers=job.workspace.workspace.concurrency) as pool:
        answered = pool.map(lambda batch: converse(client, ask(rules, batch)), batches)
        try:
            return set().union(*answered)
        except BaseException as error:
            if not isinstance(error, Exception):
                client.stop()  # Ctrl-C: answers under way are waited for
            pool.shutdown(cancel_futures=True)
            raise


def _question(
    object_name: str, rules: Rules
) -> tuple[Callable[[Rules, Sequence[str]], Conversation[Found]], int]:
    """How to ask, and about how many at once."""
    if object_name == "contact":
        return (_contact_by_id, 1) if rules.identifier == "id" else (_contacts, LOOKUP_SIZE)
    return (_company_by_id, 1) if rules.identifier == "id" else (_company, 1)


def _contacts(rules: Rules, identifiers: Sequence[str]) -> Conversation[Found]:
    return set((yield from contact_lookup.search(rules, identifiers)))


def _company(rules: Rules, identifiers: Sequence[str]) -> Conversation[Found]:
    del rules
    (company_id,) = identifiers
    company, refusal = yield from company_lookup.find(company_id)
    if refusal is not None:
        raise CannotActivate(f"GET /companies: Intercom refused to tell, HTTP {refusal.status}")
    return {company_id} if company is not None else set()


def _contact_by_id(rules: Rules, identifiers: Sequence[str]) -> Conversation[Found]:
    del rules
    return (yield from _read(contacts.get_contact(identifiers[0]), identifiers[0]))


def _company_by_id(rules: Rules, identifiers: Sequence[str]) -> Conversation[Found]:
    del rules
    return (yield from _read(companies.get_company(identifiers[0]), identifiers[0]))


def _read(request: Request, intercom_id: str) -> Conversation[Found]:
    answer = yield request
    return {intercom_id} if answer.ok else set()
