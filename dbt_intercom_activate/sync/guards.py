"""Guards on writes: what would write more than its activation allows sends nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.errors import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.entry import AtMost
    from dbt_intercom_activate.outcomes.results import PlanCounts
    from dbt_intercom_activate.sync.session import Setting


def why_held(
    setting: Setting, activation: Activation, changes: Mapping[str, Any], counts: PlanCounts
) -> Message | None:
    """Why nothing of an activation may be sent, until the user says so with `--allow-writes`; None where it may.

    What is counted is what `plan` counts, so a changed row counts though it may make the same payload.

    Raises:
        WarehouseFailed: The warehouse does not tell how much was delivered.
    """
    guards = [
        ("max_inserted", activation.max_inserted, counts.added, "new"),
        ("max_updated", activation.max_updated, counts.changed, "changed"),
    ]
    set_guards = [(name, most, found, word) for name, most, found, word in guards if most is not None]
    if not set_guards or setting.options.allow_writes:
        return None
    delivered = setting.stages.count_delivered(changes)
    limit = setting.options.limit
    over = [
        _told(name, allowed, found, word)
        for name, most, found, word in set_guards
        if (allowed := _allowed(most, delivered)) is not None
        and (found if limit is None else min(found, limit)) > allowed
    ]
    return Message("too-many-writes", f"{'; '.join(over)}; `--allow-writes` sends them") if over else None


def _allowed(most: AtMost, delivered: int) -> int | None:
    """None where there is nothing yet of which a percentage could be taken."""
    return None if most.count is None and delivered == 0 else most.of(delivered)


def _told(name: str, allowed: int, found: int, word: str) -> str:
    return (
        f"{found:,} {word} record{'s' if found != 1 else ''}, more than the {allowed:,} that `{name}` allows"
    )
