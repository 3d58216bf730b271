"""Which contacts and companies have not left, since a row that could not be delivered still names them.

A row that failed may be any of those that seem to have left: its key is spelled in another way, or a mistake in it
keeps it from being sent. So what is about to be removed is read first, and stays where such a row has one of its
identifiers.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.values import InvalidValue, plain_number, shortest, to_intercom
from dbt_intercom_activate.delivery.registry import DELIVERIES
from dbt_intercom_activate.errors import Message
from dbt_intercom_activate.intercom.client import converse
from dbt_intercom_activate.sync.removals.doubt import same_objects
from dbt_intercom_activate.sync.removals.holders import HOLDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbt_intercom_activate.binding.binding import Binding
    from dbt_intercom_activate.binding.row import BoundField
    from dbt_intercom_activate.ledger.stages import Removal, UndeliveredRow
    from dbt_intercom_activate.sync.activate import Activated
    from dbt_intercom_activate.sync.session import Session

_IDENTIFIERS = ("id", "external_id", "email", "company_id")

STILL_NAMED = Message(
    "held-still-named",
    "a row that could not be delivered still names it, so it has not left; see to the failed records",
)
_UNREAD = Message("held-unread", "Intercom would not tell what it is, so nobody knows whether it left")


def reasons_to_stay(
    session: Session, activated: Activated, all_activated: Sequence[Activated], candidates: Sequence[Removal]
) -> Mapping[int, str]:
    """Which of the records that are about to be removed may not be, and why, by sequence number.

    Intercom is asked only where there is a row that could not be delivered.

    Args:
        session: The run.
        activated: The activation that lost them.
        all_activated: Every activation of the run: the rows of all count that have the same object.
        candidates: The records.

    Raises:
        Stopped: The run has to end; nothing may be removed.
        CannotActivate: Intercom or the warehouse refused to tell: the same.
    """
    staying: dict[int, str] = {each.seq: STILL_NAMED for each in candidates if each.named}
    if activated.job.binding.activation.object.related:
        return staying
    undelivered = _undelivered(session, activated, all_activated)
    first = next(undelivered, None)
    if first is None:
        return staying
    names = _Names(activated.job.binding, candidates)
    for each in _unread(session, activated, candidates, names):
        staying[each.seq] = _UNREAD
    for fields, known_id, row in itertools.chain([first], undelivered):
        for each in names.named_by(fields, known_id, row):
            staying[each.seq] = STILL_NAMED
    return staying


class _Names:
    """What each record that is about to be removed goes by."""

    def __init__(self, binding: Binding, candidates: Sequence[Removal]) -> None:
        self._by_name: dict[tuple[str, str], list[Removal]] = {}
        for each in candidates:
            self.add(each, {"id": each.intercom_id, binding.identifier_name or "": each.identifier})

    def add(self, candidate: Removal, identifiers: Mapping[str, str | None]) -> None:
        for field, value in identifiers.items():
            name = _spelled(field, value)
            if name:
                self._by_name.setdefault((field, name), []).append(candidate)

    def named_by(
        self, fields: Sequence[BoundField], known_id: str | None, row: UndeliveredRow
    ) -> Iterator[Removal]:
        """The records that a row names, unless it is known to be another one."""
        for field in fields:
            for each in self._by_name.get((field.name, _named(field, row)), ()):
                if known_id in (None, each.intercom_id):
                    yield each


def _undelivered(
    session: Session, activated: Activated, all_activated: Sequence[Activated]
) -> Iterator[tuple[Sequence[BoundField], str | None, UndeliveredRow]]:
    """The rows in question of every activation, with the fields that identify and the id that they are known by."""
    for each in all_activated:
        binding = each.job.binding
        fields = [field for field in binding.fields if field.name in _IDENTIFIERS]
        holds = binding.activation.behaviour in HOLDING
        if not (
            holds and fields and same_objects(each, activated) and each.stage is not None and each.stage.made
        ):
            continue
        aliases = list(dict.fromkeys(field.alias for field in fields))
        for page in session.stages.undelivered(each.stage_relation, each.run, aliases):
            session.lock.heartbeat()
            for row in page:
                yield fields, _known_id(binding, row), row


def _known_id(binding: Binding, row: UndeliveredRow) -> str | None:
    """The id of what the row is known to be; the ledger may know by the key another one than the row says now."""
    if binding.identifier_name != "id" or binding.identifier is None:
        return row.known_id
    return row.known_id if _named(binding.identifier, row) in ("", row.known_id) else None


def _unread(
    session: Session, activated: Activated, candidates: Sequence[Removal], names: _Names
) -> Iterator[Removal]:
    """Read what the records are in Intercom; those that it would not tell about."""
    job = activated.job
    lookup = DELIVERIES[job.binding.activation.object.name].identity_lookup(job.binding.rules)
    if lookup is None:
        return
    for first in range(0, len(candidates), lookup.size):
        few = candidates[first : first + lookup.size]
        session.lock.heartbeat()
        seen = converse(job.workspace.client, lookup.ask([each.intercom_id for each in few]))
        for each in few:
            if each.intercom_id in seen:
                names.add(each, seen[each.intercom_id])
            else:
                yield each


def _named(field: BoundField, row: UndeliveredRow) -> str:
    """An identifier of a row as it is compared; one that cannot be sent counts by its text."""
    value = row.values[field.alias]
    value = shortest(value) if field.single else value
    try:
        return _spelled(field.name, to_intercom(value, field.type, composite=field.composite))
    except InvalidValue:
        return _spelled(field.name, value)


def _spelled(field: str, value: object) -> str:
    """Without blanks, an email without case, a number in its one spelling; empty where there is none."""
    text = "" if value is None else "".join(str(value).split())
    return text.lower() if field == "email" else plain_number(text)
