"""Which objects another activation still has, so that they may not be removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.binder import bind
from dbt_intercom_activate.errors import CannotActivate, Message
from dbt_intercom_activate.ledger.changes import key_numbers
from dbt_intercom_activate.objects.model import Behaviour, FieldType
from dbt_intercom_activate.sync.relation_rows import rows_of
from dbt_intercom_activate.sync.removals.doubt import (
    all_delivered,
    comparable,
    same_objects,
    why_in_doubt,
    why_suspect,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.sync.activate import Activated
    from dbt_intercom_activate.sync.session import Setting

HOLDING = frozenset({Behaviour.UPSERT, Behaviour.UPDATE, Behaviour.INSERT, Behaviour.ATTACH})
"""Behaviours after which Intercom has something from us."""


class InDoubtError(Exception):
    """What another activation holds cannot be told."""


def described(session: Setting, activated: Activated, all_activated: Sequence[Activated]) -> dict[str, Any]:
    """The mapping `removals` of the macro `read_removals`.

    Raises:
        InDoubtError: What another activation has cannot be told.
    """
    run, binding = activated.run, activated.job.binding
    same = [each for each in all_activated if same_objects(each, activated) and each.stage is not None]
    return {
        "project": run.project,
        "workspace": run.workspace,
        "object_type": run.object_type,
        "activation": run.activation,
        "activations": sorted(each.name for each in session.enabled),
        "identifier": run.identifier,
        "pairs": bool(binding.activation.object.related),
        "needs_related_id": bool(binding.activation.object.related_identity),
        "spellings": [
            {"activation": each.run.activation, "numbers": numbers}
            for each in same
            if (numbers := key_numbers(each.job.binding))
        ],
        "released": [
            {
                "activation": each.run.activation,
                "stage": each.stage_relation,
                "all": each is activated or all_delivered(each.result),
            }
            for each in same
            if _is_sure(session, each)
        ],
        "stages": [each.stage_relation for each in same if comparable(each.job.binding, binding)],
        "written": [
            {
                "activation": each.run.activation,
                "stage": each.stage_relation,
                "comparable": comparable(each.job.binding, binding),
            }
            for each in same
        ],
        "relations": [
            relation
            for each in _not_in_this_run(session, activated, all_activated)
            for relation in _relation(session, activated, each)
        ],
        "moved": [],
    }


def _is_sure(session: Setting, activated: Activated) -> bool:
    """Whether what an activation lost is really gone from it, rather than a mishap of its model."""
    if activated.stage is None or not activated.stage.counts.removed:
        return True
    return not (why_in_doubt(session, activated) or why_suspect(session, activated))


def _not_in_this_run(
    session: Setting, activated: Activated, all_activated: Sequence[Activated]
) -> list[Activation]:
    """The enabled activations that may hold the same objects, and were neither selected nor reached."""
    own = activated.job.binding.activation
    running = {each.run.activation for each in all_activated}
    workspace = own.workspace or session.default_workspace
    return [
        each
        for each in session.enabled
        if each.name not in running
        and each.object.name == own.object.name
        and each.behaviour in HOLDING
        and (each.workspace or session.default_workspace) == workspace
    ]


def _relation(session: Setting, activated: Activated, other: Activation) -> list[dict[str, object]]:
    """Where the records of an activation that is not part of this run stand: one may have moved there.

    Raises:
        InDoubtError: They cannot be compared.
    """
    name, quote = other.node.relation_name, session.warehouse.quote
    refusal = Message(
        "held-other-not-run",
        f"activation {other.name} of the same object is not part of this run, and may hold them",
    )
    if name is None:
        raise InDoubtError(refusal)
    try:
        columns = session.warehouse.columns_of(name)
        binding = bind(other, columns, None, name, admin_id="")
    except CannotActivate:
        raise InDoubtError(Message("held-other-unfit", f"{refusal}: its relation does not fit it")) from None
    if binding.identifier is None:
        return []  # it inserts, and never takes over what is there
    if not comparable(binding, activated.job.binding):
        raise InDoubtError(
            Message("held-other-identifier", f"{refusal} under another identifier; run both together")
        )
    sources = {
        each.alias: quote(each.column.name) if each.column else _text_literal(session, each.literal)
        for each in binding.columns
    }
    numbers = {each.alias for each in binding.columns if each.numeric}
    return [
        {
            "relation": rows_of(other, name, columns, session.warehouse),
            "identifier": sources[binding.identifier.alias],
            "number": binding.identifier.alias in numbers,
            "fold": binding.identifier.type is FieldType.EMAIL,
            "related": sources[binding.related_alias] if binding.related_alias else None,
            "related_number": binding.related_alias in numbers,
        }
    ]


def _text_literal(session: Setting, text: str | None) -> str:
    """A constant of the user's as a literal of the warehouse."""
    return str(session.warehouse.render("text_literal", text=text))
