"""Where a removal goes whose contact is there no more: to the contact that has the record's identifier now.

What was said of a contact that was merged into another holds of the survivor: its tags and its companies are there. So
it is taken back there, but only by the identifier that the record was delivered by, and never where an enabled
activation has the survivor.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.record import Record
from dbt_intercom_activate.delivery import contact_lookup
from dbt_intercom_activate.delivery.procedure import LOOKUP_SIZE
from dbt_intercom_activate.delivery.registry import DELIVERIES
from dbt_intercom_activate.errors import Message, RequestFailed
from dbt_intercom_activate.intercom.client import converse
from dbt_intercom_activate.outcomes.without_answer import unanswered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbt_intercom_activate.ledger.stages import Removal
    from dbt_intercom_activate.outcomes.outcome import Outcome
    from dbt_intercom_activate.sync.activate import Activated
    from dbt_intercom_activate.sync.session import Session

HELD = Message("held-contact-in-use", "their contact is now one that an activation still has")

_AT_ONCE = 500
"""Records in one query of the ledger."""


def follow(
    activated: Activated, lost: Sequence[tuple[Removal, Outcome]]
) -> Iterator[tuple[Removal, str | Outcome]]:
    """Of each removal, Intercom's id of what to remove in place of what is there no more, or what became of it.

    Args:
        activated: The activation.
        lost: The records that left, and what Intercom said of their contacts, `not_found` or `merged`.

    Raises:
        Stopped: The run has to end.
        CannotActivate: Intercom refuses what this needs.
    """
    binding = activated.job.binding
    follows = DELIVERIES[binding.activation.object.name].follows
    # Of what role the contact was, a row told that is not there any more.
    if any(field.name == "role" for field in binding.fields):
        follows = frozenset()
    for first in range(0, len(lost), LOOKUP_SIZE):
        few = lost[first : first + LOOKUP_SIZE]
        yield from ((removal, refusal) for removal, refusal in few if refusal.code not in follows)
        yield from _followed(activated, [each for each in few if each[1].code in follows])


def _followed(
    activated: Activated, lost: Sequence[tuple[Removal, Outcome]]
) -> Iterator[tuple[Removal, str | Outcome]]:
    binding, client = activated.job.binding, activated.job.workspace.client
    wanted = [removal.identifier for removal, refusal in lost if contact_lookup.survivor_of(refusal) is None]
    try:
        identifiers = list(dict.fromkeys(each for each in wanted if each))
        found = converse(client, contact_lookup.search(binding.rules, identifiers))
    except RequestFailed as failure:
        yield from ((removal, unanswered(failure, removal.intercom_id)) for removal, _ in lost)
        return
    for removal, refusal in lost:
        record = Record(
            seq=removal.seq,
            identifier=removal.identifier,
            known_id=removal.intercom_id,
            payload={"role": binding.constants.get("role")},
            payload_hash="",
        )
        known = found.get(removal.identifier or "", ())
        try:
            yield removal, converse(client, contact_lookup.follow(binding.rules, record, refusal, known))
        except RequestFailed as failure:
            yield removal, unanswered(failure, removal.intercom_id)


def followed(
    session: Session, activated: Activated, description: Mapping[str, object], moved: Mapping[int, str]
) -> Sequence[Removal]:
    """The records of these removals as they are in Intercom now, but for those that an activation still has.

    Args:
        session: The run.
        activated: The activation that lost them.
        description: As of `holders.described`.
        moved: Intercom's new id by sequence number.
    """
    pairs = [{"seq": seq, "intercom_id": intercom_id} for seq, intercom_id in sorted(moved.items())]
    found: list[Removal] = []
    for first in range(0, len(pairs), _AT_ONCE):
        few = {**description, "moved": pairs[first : first + _AT_ONCE]}
        found += session.stages.removals(activated.stage_relation, few)
    return [replace(each, intercom_id=moved[each.seq]) for each in found]
