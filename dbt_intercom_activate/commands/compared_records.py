"""The records of a plan against Intercom: each conversation is led up to what would change anything; reads only.

Contacts are read many in a call, companies one by one: Intercom has no search for them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from dbt_intercom_activate.binding.record import Record
from dbt_intercom_activate.commands.planned_records import Action, compared, flat, rehearse, without_call
from dbt_intercom_activate.delivery import contact_lookup
from dbt_intercom_activate.delivery.notebook import Notebook
from dbt_intercom_activate.delivery.procedure import LOOKUP_SIZE
from dbt_intercom_activate.delivery.registry import DELIVERIES, procedure_of
from dbt_intercom_activate.intercom.api import Request
from dbt_intercom_activate.intercom.client import converse
from dbt_intercom_activate.intercom.concurrency import WITHOUT_LIMIT
from dbt_intercom_activate.ledger.kept_stage import EqualRecord
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.outcome import Outcome
from dbt_intercom_activate.sync.decision import decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbt_intercom_activate.binding.row import StagedRow
    from dbt_intercom_activate.commands.planned_records import Fields, PlannedRecord
    from dbt_intercom_activate.delivery.procedure import HeldLookup, Write
    from dbt_intercom_activate.intercom.api import JsonValue
    from dbt_intercom_activate.intercom.contacts import Contact
    from dbt_intercom_activate.sync.admission import Job

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Said:
    """A record, and what a sync would say of it first."""

    key: str
    record: Record
    step: Request | Outcome
    found: Sequence[Contact] = ()
    """What search knows under its identifier."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares the records of one activation with what Intercom has of them."""

    job: Job
    write: Write
    held: HeldLookup
    notebook: Notebook = field(default_factory=Notebook)
    """What a run would learn on the way: of two records that mean one contact the second is refused."""

    @classmethod
    def of(cls, job: Job) -> Comparison | None:
        """None where the object has no fields of its own in Intercom: a tag, a membership, an event."""
        delivery = DELIVERIES[job.binding.activation.object.name]
        write = delivery.procedure(job.binding.rules).write
        return cls(job, write, delivery.held) if delivery.held and write else None

    def compare(self, rows: Sequence[tuple[str, StagedRow]]) -> list[PlannedRecord]:
        """What a sync would change of each record, in their order.

        Raises:
            RequestFailed: A call came to nothing.
            CannotActivate: The token may not read, or Intercom refuses.
            IntercomDown: Intercom answers nothing.
        """
        binding = self.job.binding
        decided = [(key, decide(binding, row)[0]) for key, row in rows]
        records = [(key, each) for key, each in decided if isinstance(each, Record)]
        told = {
            said.record.seq: (said, held)
            for said, held in self._with_held(self._rehearsed(records, self._found(records)))
        }
        return [
            without_call(key, each) if isinstance(each, Outcome) else self._planned(*told[each.seq])
            for key, each in decided
        ]

    def _found(self, records: Sequence[tuple[str, Record]]) -> Mapping[str, Sequence[Contact]]:
        """What search knows of the records that a sync would look up."""
        rules = self.job.binding.rules
        procedure = procedure_of(self.job.binding.activation.object.name, rules)
        wanted = sorted(
            {
                record.identifier
                for _, record in records
                if record.identifier and procedure.needs_lookup(rules, record)
            }
        )
        groups = [wanted[first : first + LOOKUP_SIZE] for first in range(0, len(wanted), LOOKUP_SIZE)]
        found: dict[str, Sequence[Contact]] = {}
        with self._many_at_once() as pool:
            client = self.job.workspace.client
            for each in pool.map(lambda group: converse(client, contact_lookup.search(rules, group)), groups):
                found |= each
        return found

    def _rehearsed(
        self, records: Sequence[tuple[str, Record]], found: Mapping[str, Sequence[Contact]]
    ) -> list[_Said]:
        rules, client = self.job.binding.rules, self.job.workspace.client

        def said(each: tuple[str, Record]) -> _Said:
            key, record = each
            known = found.get(record.identifier or "", ())
            step = rehearse(self.write(rules, self.notebook, record, known), client)
            return _Said(key, record, step, known)

        with self._many_at_once() as pool:
            return list(pool.map(said, records))

    def _with_held(self, all_said: Sequence[_Said]) -> Iterator[tuple[_Said, Mapping[str, JsonValue] | None]]:
        """Each with its object as Intercom shows it; what the search has shown is not read again."""
        shown = {
            each.record.seq: contact.shown
            for each in all_said
            for contact in each.found
            if isinstance(each.step, Request) and self.held.concerns(each.step) == contact.id
        }
        writing = self.job.binding.rules.behaviour in (Behaviour.UPSERT, Behaviour.UPDATE)
        unread = [
            (each.record.seq, each.step)
            for each in all_said
            if writing
            and isinstance(each.step, Request)
            and each.record.seq not in shown
            and self.held.concerns(each.step)
        ]
        size = self.held.size
        groups = [unread[first : first + size] for first in range(0, len(unread), size)]
        client = self.job.workspace.client
        with self._many_at_once() as pool:
            answers = pool.map(
                lambda group: converse(client, self.held.ask([step for _, step in group])), groups
            )
            for group, answered in zip(groups, answers, strict=True):
                shown |= {
                    seq: body for (seq, _), body in zip(group, answered, strict=True) if body is not None
                }
        for each in all_said:
            yield each, shown.get(each.record.seq)

    def _planned(self, said: _Said, shown: Mapping[str, JsonValue] | None) -> PlannedRecord:
        if not isinstance(said.step, Request):
            return replace(without_call(said.key, said.step), settled=False)
        held = None if shown is None else self.held.fields(shown)
        fields = flat(said.step.body or said.record.payload)
        planned = compared(said.key, self._action(said.step, held), fields, held)
        intercom_id = None if shown is None else shown.get("id")
        if planned.action is not Action.NOTHING or not said.step.body or not isinstance(intercom_id, str):
            return planned
        return replace(planned, equal=EqualRecord(said.record.seq, said.record.payload_hash, intercom_id))

    def _action(self, request: Request, held: Fields | None) -> Action:
        behaviour = self.job.binding.rules.behaviour
        if behaviour is not Behaviour.UPSERT:
            return Action(behaviour.value)
        named = "{" in request.template
        return Action.UPDATE if named or held is not None else Action.INSERT

    @contextmanager
    def _many_at_once(self) -> Iterator[ThreadPoolExecutor]:
        """A few calls at a time; the client keeps the pace."""
        with ThreadPoolExecutor(max_workers=self.job.workspace.settings.concurrency or WITHOUT_LIMIT) as pool:
            try:
                yield pool
            except BaseException as error:
                if not isinstance(error, Exception):
                    self.job.workspace.client.stop()  # Ctrl-C: answers under way are waited for
                pool.shutdown(cancel_futures=True)
                raise
