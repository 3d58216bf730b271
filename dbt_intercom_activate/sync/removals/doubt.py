"""Why removals are held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.errors import Message
from dbt_intercom_activate.outcomes.codes import UNDECIDED, Code
from dbt_intercom_activate.outcomes.results import ActivationResult, PlanCounts, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbt_intercom_activate.binding.binding import Binding
    from dbt_intercom_activate.configuration.activation import AtMost
    from dbt_intercom_activate.sync.activate import Activated
    from dbt_intercom_activate.sync.session import Setting

ALWAYS_ALLOWED = 10
"""Removals that no `max_removed` holds."""

_MAY_HOLD_MORE = (Status.BLOCKED, Status.ERROR, Status.HELD)
_ENDED_WELL = (Status.SUCCESS, Status.PARTIAL)


def doubt_about(
    activated: Activated, all_activated: Sequence[Activated], results: Sequence[ActivationResult]
) -> str | None:
    """Why removals of an activation may not be sure: the run ended early, or another activation did not end well."""
    tripped = {each.run.activation for each in all_activated if each.broken}
    for other in results:
        elsewhere = other.workspace not in (None, activated.run.workspace)
        if other.activation == activated.run.activation or elsewhere:
            continue
        broken = other.activation in tripped
        if other.status is Status.DEFERRED and not broken:
            return Message(
                "held-run-ended", f"the run ended early: activation {other.activation} is {other.status}"
            )
        if other.object == activated.run.object_type and (broken or other.status in _MAY_HOLD_MORE):
            return Message(
                "held-other-activation",
                f"activation {other.activation} of the same object ended as {other.status}",
            )
    if not activated.job.binding.activation.object.related:
        return (
            None  # a row that could not be delivered holds the contact or company that it names: see `naming`
        )
    for each in all_activated:
        matches = comparable(each.job.binding, activated.job.binding)
        if same_objects(each, activated) and not matches and not all_delivered(each.result):
            return Message(
                "held-other-undelivered",
                f"activation {each.run.activation} of the same object could not deliver all its records, "
                "which have another identifier and may be these",
            )
    return None


def why_in_doubt(session: Setting, activated: Activated) -> str | None:
    """Why nothing that an activation lost may be believed to be gone; None where it may."""
    if activated.result.status not in _ENDED_WELL or not activated.flushed:
        return Message("held-this-activation", f"this activation ended as {activated.result.status}")
    undecided = _undecided(activated.result)
    if undecided:
        return Message(
            "held-undecided",
            f"Intercom left {undecided:,} record{'s' if undecided != 1 else ''} of this activation undecided, "
            "and those that left may be among them",
        )
    if session.emptied:
        return Message("held-sampled", f"dbt built the models with {session.emptied}")
    return None


def _undecided(result: ActivationResult) -> int:
    """How many rows nobody knows the fate of, those that wait since an earlier run among them."""
    return result.counts["pending"] + sum(result.failures.get(code.value, 0) for code in UNDECIDED)


def why_suspect(session: Setting, activated: Activated) -> str | None:
    """Why it is not believed that so many left, until the user says so with `--allow-removals`; None where it is."""
    stage = activated.stage
    if stage is None or session.options.allow_removals:
        return None
    if session.sampling_unknown:
        return Message(
            "held-sampling-unknown",
            "this dbt does not record whether it built only a sample of the rows; `--allow-removals` lets them go",
        )
    if stage.counts.rows == 0:
        return Message("held-empty", "the relation is empty; `--allow-removals` lets them go")
    if stage.counts.rows == _nameless(stage.counts):
        return Message(
            "held-nameless", "no row of the relation has an identifier; `--allow-removals` lets them go"
        )
    delivered = session.stages.count_delivered(activated.changes)
    allowed = allowed_removals(activated.job.binding.activation.max_removed, delivered)
    if stage.removable > allowed:
        return Message(
            "held-too-many",
            f"more than the {allowed:,} that `max_removed` allows; `--allow-removals` lets them go",
        )
    return None


def _nameless(counts: PlanCounts) -> int:
    code = Code.MISSING_IDENTIFIER.value
    return counts.invalid.get(code, 0) + counts.waiting.get(code, 0)


def allowed_removals(max_removed: AtMost, delivered: int) -> int:
    """How many records may leave at once.

    Args:
        max_removed: Of the activation.
        delivered: How many records Intercom has from the activation.
    """
    return max(ALWAYS_ALLOWED, max_removed.of(delivered))


def same_objects(one: Activated, other: Activated) -> bool:
    """Whether two activations write to the same kind of object in the same workspace."""
    return (one.run.object_type, one.run.workspace) == (other.run.object_type, other.run.workspace)


def all_delivered(result: ActivationResult) -> bool:
    """Whether the ledger knows all that an activation holds, since every row of its relation was delivered."""
    return not result.counts["failed"] and not result.counts["pending"]


def comparable(one: Binding, other: Binding) -> bool:
    """Whether equal identifiers name the same object in both."""
    return (one.identifier_name, one.rules.related_identifier) == (
        other.identifier_name,
        other.rules.related_identifier,
    )
