"""Which of the records that a plan calls added are in Intercom already; reads only.

Contacts are searched for many in a call, and search lags writes by minutes; companies are read one by one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.delivery.registry import DELIVERIES
from dbt_intercom_activate.intercom.client import converse
from dbt_intercom_activate.intercom.concurrency import WITHOUT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbt_intercom_activate.delivery.procedure import Lookup
    from dbt_intercom_activate.sync.admission import Job
    from dbt_intercom_activate.warehouse.connection import Warehouse

PAGE_ROWS = 20_000
"""Identifiers read from the warehouse at a time."""


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
    lookup = DELIVERIES[job.binding.activation.object.name].lookup
    for page in _pages(warehouse, changes):
        added += len(page)
        if lookup is not None and job.binding.identifier is not None:
            wanted = {identifier for identifier, known in page if identifier and not known}
            there = _look_up(job, lookup(job.binding.rules), sorted(wanted))
            existing += sum(bool(known) or identifier in there for identifier, known in page)
            new += sum(not known and identifier not in there for identifier, known in page)
    return Split(new, existing, added - new - existing)


def _pages(warehouse: Warehouse, changes: Mapping[str, Any]) -> Iterator[list[tuple[str | None, str | None]]]:
    """Identifier and remembered id of the added records."""
    for first in range(1, 2**62, PAGE_ROWS):
        last = first + PAGE_ROWS - 1
        rows = warehouse.query(warehouse.render("read_added", changes=changes, first=first, last=last))
        if rows:
            yield [(identifier, known) for identifier, known in rows]
        if len(rows) < PAGE_ROWS:
            return


def _look_up(job: Job, lookup: Lookup, identifiers: Sequence[str]) -> set[str]:
    """Ask about many, a few calls at a time; the client keeps the pace."""
    rules, client = job.binding.rules, job.workspace.client
    starts = range(0, len(identifiers), lookup.size)
    batches = [identifiers[first : first + lookup.size] for first in starts]
    with ThreadPoolExecutor(max_workers=job.workspace.settings.concurrency or WITHOUT_LIMIT) as pool:
        answered = pool.map(lambda batch: converse(client, lookup.ask(rules, batch)), batches)
        try:
            return set().union(*answered)
        except BaseException as error:
            if not isinstance(error, Exception):
                client.stop()  # Ctrl-C: answers under way are waited for
            pool.shutdown(cancel_futures=True)
            raise
