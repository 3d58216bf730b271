"""What the macros need to know to find the difference between a relation and the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.binding.column_types import Family
from dbt_intercom_activate.clock import as_text
from dbt_intercom_activate.objects.catalogue import OBJECTS
from dbt_intercom_activate.objects.model import Behaviour, FieldType
from dbt_intercom_activate.outcomes.codes import LASTING, Code
from dbt_intercom_activate.outcomes.outcome import REMOVALS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from dbt_intercom_activate.binding.binding import Binding, KeyPart, StagedColumn

LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER = timedelta(days=7)


def tried_again(code: Code) -> str:
    """When a record that failed with a code is attempted again, in one sentence."""
    if code is Code.MAYBE_DELIVERED:
        return "Attempted again: only by `retry --maybe-delivered`."
    if code in LASTING:
        days = LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER.days
        by = "when the record or the mapping changes, by `retry` or `--resend`"
        return f"Attempted again: {by}, or after {days} days."
    return "Attempted again: by every run."


NO_FAILURE_IS_YOUNGER_THAN = -timedelta(days=1)
"""One that lies further in the future was dated by a clock that was wrong: nobody knows how old it is."""


@dataclass(frozen=True, slots=True)
class RecordScope:
    """Which records of an activation are looked at, and how hard."""

    where: str | None = None
    """SQL of the user's, over the columns of the relation."""
    resend: bool = False
    """Everything again, also what Intercom has already."""
    only_failed: bool = False
    """Only what failed last."""
    maybe_delivered: bool = False
    """Also what may have been delivered, at the risk of doing it twice."""

    @property
    def whole_relation(self) -> bool:
        """Whether what is not found here has left the relation."""
        return self.where is None and not self.only_failed


def describe_changes(
    binding: Binding,
    scope: RecordScope,
    *,
    relation: str,
    ledger: str | None,
    project: str,
    workspace: str,
    quote: Callable[[str], str],
    now: datetime,
) -> dict[str, Any]:
    """The `changes` mapping of the macro `_changes`, which explains each key.

    Args:
        ledger: None where it does not exist yet.
        workspace: Intercom's own id of the workspace.
        quote: Quotes a column's name as the warehouse does.
        now: By the warehouse's clock, in UTC without a zone.
    """
    activation, numbers = binding.activation, _Numbers(binding)
    return {
        "relation": relation,
        "filter": scope.where,
        "ledger": ledger,
        "project": project,
        "workspace": workspace,
        "activation": activation.name,
        "object_type": activation.object.name,
        "identifier": binding.identifier_name,
        "columns": [_column(each, quote, numbers) for each in binding.columns],
        "key": [_key_part(part, numbers) for part in binding.key],
        "key_numbers": key_numbers(binding),
        "plain_key": _has_plain_key(binding),
        **_identifier(binding, numbers),
        "identity": list(activation.object.identity),
        "own_ids": _role_tells_contacts_apart(binding),
        "related": _related(binding, numbers),
        "two_sided": [each.name for each in OBJECTS.values() if each.related_identity],
        "once": activation.object.once,
        "inserts_only": activation.behaviour is Behaviour.INSERT,
        "keep_archived_ids": activation.behaviour is Behaviour.ARCHIVE,
        "mapping_hash": binding.mapping_hash,
        "types_hash": binding.types_hash,
        "origin": binding.origin,
        "removal_operations": sorted(
            each.value for each in REMOVALS if each.value != activation.behaviour.value
        ),
        "lasting_codes": sorted(code.value for code in LASTING),
        "waiting_codes": [] if scope.maybe_delivered else [Code.MAYBE_DELIVERED.value],
        "retry_before": as_text(now - LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER),
        "retry_after": as_text(now - NO_FAILURE_IS_YOUNGER_THAN),
        "resend": scope.resend,
        "only_failed": scope.only_failed,
        "with_removed": scope.whole_relation,
        "first_by_hash": activation.max_failed is not None,
    }


def _identifier(binding: Binding, numbers: _Numbers) -> dict[str, Any]:
    activation, identifier = binding.activation, binding.identifier
    inserts_without_id = activation.behaviour is Behaviour.UPSERT and activation.identifier == "id"
    return {
        "identifier_alias": identifier.alias if identifier else None,
        "identifier_number": identifier is not None and identifier.alias in numbers.to_be_spelled,
        "identifier_is_numeric": identifier is not None and identifier.alias in numbers.all,
        "identifier_required": identifier is not None and not inserts_without_id,
        "identifier_unique": activation.object.unique,
        "fold": identifier is not None and identifier.type is FieldType.EMAIL,
    }


class _Numbers:
    """Which of the columns that name a record hold numbers, by alias."""

    def __init__(self, binding: Binding) -> None:
        identifier = [binding.identifier.alias] if binding.identifier else []
        naming = {*(part.alias for part in binding.key), *identifier, binding.related_alias}
        columns = [each for each in binding.columns if each.alias in naming]
        self.all = frozenset(each.alias for each in columns if each.numeric)
        self.to_be_spelled = frozenset(each.alias for each in columns if each.family is Family.NUMBER)
        """Those whose text follows from their type: `1.0`, `1.00`."""


def key_numbers(binding: Binding) -> list[bool]:
    """For each part of the key whether its column holds numbers; empty where none does."""
    numbers = _Numbers(binding).all
    told = [part.alias in numbers for part in binding.key]
    return told if any(told) else []


def _key_part(part: KeyPart, numbers: _Numbers) -> dict[str, Any]:
    described: dict[str, Any] = {"alias": part.alias, "fold": part.fold}
    if part.seconds is not None:
        return {**described, "seconds": part.seconds.value}
    if part.alias in numbers.to_be_spelled:
        described["number"] = True
    return {**described, "zoned": True} if part.zoned else described


def _role_tells_contacts_apart(binding: Binding) -> bool:
    """Whether the role says which of several contacts is meant: what another activation knows may be another one."""
    return binding.identifier_name == "email" and binding.by_role


def _has_plain_key(binding: Binding) -> bool:
    plain = {each.alias for each in binding.columns if each.plain}
    return all(part.alias in plain for part in binding.key)


def _column(
    staged: StagedColumn, quote: Callable[[str], str], numbers: _Numbers
) -> dict[str, str | bool | None]:
    return {
        "name": quote(staged.column.name) if staged.column else None,
        "literal": staged.literal,
        "alias": staged.alias,
        "composite": staged.composite,
        "zoned": staged.zoned,
        "number": staged.alias in numbers.to_be_spelled,
    }


def _related(binding: Binding, numbers: _Numbers) -> dict[str, Any] | None:
    if binding.related is None:
        return None
    return {
        "alias": binding.related_alias,
        "number": binding.related_alias in numbers.to_be_spelled,
        "is_numeric": binding.related_alias in numbers.all,
        "identity": list(binding.activation.object.related_identity),
        "identifier": binding.rules.related_identifier,
    }
