"""The records of a plan one by one: what a sync would do with each, and the fields that it would send.

Records are made, and what is said of them is worked out, by the code that a sync uses. Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from dbt_intercom_activate.binding.record import Record
from dbt_intercom_activate.delivery.notebook import Notebook
from dbt_intercom_activate.delivery.registry import DELIVERIES, procedure_of
from dbt_intercom_activate.intercom.api import JsonValue, Request
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.outcome import Outcome
from dbt_intercom_activate.sync.decision import decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.binding.binding import Binding
    from dbt_intercom_activate.binding.record import Talk
    from dbt_intercom_activate.binding.row import StagedRow
    from dbt_intercom_activate.intercom.client import Sender
    from dbt_intercom_activate.ledger.kept_stage import EqualRecord

Fields: TypeAlias = Mapping[str, JsonValue]
"""Values by the field's name, such as `custom_attributes.plan`."""

HeldBy: TypeAlias = Callable[[str], "Fields | None"]
"""Tells what Intercom has of a record, given its key; None where that is not known."""


class Action(str, Enum):
    """What a sync would do with a record."""

    INSERT = "insert"
    UPDATE = "update"
    INSERT_OR_UPDATE = "insert or update"
    """Intercom alone knows whether it is there."""
    ARCHIVE = "archive"
    DELETE = "delete"
    ATTACH = "attach"
    DETACH = "detach"
    SEND = "send"
    NOTHING = "nothing"
    """What Intercom has is what would be sent."""
    FAIL = "fail"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class FieldToSend:
    """A field of a record."""

    name: str
    new: JsonValue
    old: JsonValue = None
    old_is_known: bool = False


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """One record, and what a sync would do with it."""

    key: str
    action: Action
    fields: tuple[FieldToSend, ...] = ()
    """What would be sent; where it is known what Intercom has, what differs from that."""
    code: str | None = None
    """Why it would fail."""
    settled: bool = False
    """It was delivered as it is: a sync finds that its row changed and its payload did not, and makes no call."""
    equal: EqualRecord | None = None
    """Intercom was read, and has it as it would be sent: a sync writes it all the same, a kept plan does not."""

    def as_json(self, *, values: bool) -> dict[str, Any]:
        """As `plan --output json` prints it."""
        told: dict[str, Any] = {"key": self.key, "action": str(self.action)}
        if self.code is not None:
            told["code"] = self.code
        if not values:
            return {**told, "fields": [each.name for each in self.fields]}
        return {**told, "fields": {each.name: _values(each) for each in self.fields}}


def _values(field: FieldToSend) -> dict[str, JsonValue]:
    return {"old": field.old, "new": field.new} if field.old_is_known else {"new": field.new}


def nothing_is_known(key: str) -> Fields | None:
    """What Intercom has, where nobody is asked."""
    del key
    return None


def planned_records(
    binding: Binding, rows: Sequence[tuple[str, StagedRow]], held_by: HeldBy = nothing_is_known
) -> Iterator[PlannedRecord]:
    """What a sync would do with records, without asking Intercom.

    Args:
        binding: The activation's.
        rows: Each with its key.
        held_by: Tells what Intercom has of a record.
    """
    for key, row in rows:
        decided, *_ = decide(binding, row)
        if isinstance(decided, Outcome):
            yield without_call(key, decided)
        else:
            action, fields = _foreseen(binding, decided)
            yield compared(key, action, fields, held_by(key))


def without_call(key: str, outcome: Outcome) -> PlannedRecord:
    """A record whose outcome is known before anything would be sent."""
    if outcome.code is None:
        return PlannedRecord(key, Action.NOTHING, settled=True)
    return PlannedRecord(key, Action.FAIL, code=outcome.code.value)


def compared(key: str, action: Action, fields: Fields, held: Fields | None) -> PlannedRecord:
    """A record with the fields that differ from what Intercom has, or with all where that is not known."""
    if held is None:
        return PlannedRecord(key, action, tuple(FieldToSend(name, new) for name, new in fields.items()))
    differing = tuple(
        FieldToSend(name, new, held.get(name), old_is_known=True)
        for name, new in fields.items()
        if not alike(name, new, held.get(name))
    )
    return PlannedRecord(key, action if differing else Action.NOTHING, differing)


def alike(name: str, new: JsonValue, old: JsonValue) -> bool:
    """Whether a field has the value that would be sent.

    A field that was cleared is null, an empty text or left out; 1 and 1.0 are one number; an `owner_id` is a number
    before version 2.16 of the API.
    """
    if new in (None, "") or old in (None, ""):
        return (new in (None, "")) and (old in (None, ""))
    if isinstance(new, bool) or isinstance(old, bool):
        return new is old
    if isinstance(new, (int, float)) and isinstance(old, (int, float)):
        return float(new) == float(old)
    if name == "email":
        return str(new).casefold() == str(old).casefold()
    return str(new) == str(old)


def flat(payload: Mapping[str, JsonValue], prefix: str = "") -> dict[str, JsonValue]:
    """The fields of a payload, each by its whole name."""
    told: dict[str, JsonValue] = {}
    for name, value in payload.items():
        if isinstance(value, dict):
            told |= flat(value, f"{prefix}{name}.")
        else:
            told[f"{prefix}{name}"] = value
    return told


def rehearse(talk: Talk, client: Sender) -> Request | Outcome:
    """The first request of a conversation that would change anything, or the outcome that comes before it.

    Args:
        talk: What a sync would say of the record; it ends here.
        client: Asks what the conversation has to know.

    Raises:
        RequestFailed: A call came to nothing.
        CannotActivate: Intercom refuses what this needs.
    """
    try:
        request = next(talk)
        while not request.changes:
            request = talk.send(client.send(request))
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    finally:
        talk.close()
    return request


def _foreseen(binding: Binding, record: Record) -> tuple[Action, Fields]:
    action = _action(binding, record)
    fields = flat(_body(binding, record) or record.payload)
    if action in (Action.INSERT, Action.SEND):  # there is nothing to clear yet
        fields = {name: value for name, value in fields.items() if value is not None}
    return action, fields


def _action(binding: Binding, record: Record) -> Action:
    """Of an upsert, whether there is anything that it could update is known where Intercom's id is."""
    rules = binding.rules
    if rules.behaviour is not Behaviour.UPSERT:
        return Action(rules.behaviour.value)
    if record.known_id or record.archived_id or (rules.identifier == "id" and record.identifier):
        return Action.UPDATE
    return Action.INSERT if rules.identifier == "id" else Action.INSERT_OR_UPDATE


def _body(binding: Binding, record: Record) -> Mapping[str, JsonValue] | None:
    """What would be sent, where it is said of an object of its own and nobody has to be looked up for it."""
    name, rules = binding.activation.object.name, binding.rules
    procedure = procedure_of(name, rules)
    looked_up = procedure.needs_lookup(rules, record)
    if DELIVERIES[name].held is None or procedure.write is None or looked_up:
        return None
    talk = procedure.write(rules, Notebook(), record, ())
    first = next(talk, None)
    talk.close()
    return first.body if first is not None and first.changes else None
