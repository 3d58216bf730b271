"""What the report says of an activation, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.clock import as_json
from dbt_intercom_activate.configuration.entry import only_to
from dbt_intercom_activate.configuration.readers import describe
from dbt_intercom_activate.outcomes.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.report.facts import PastRun, ReportedActivation

NEVER = "never run"
OFF = "switched off"

_KINDS = {
    Status.SUCCESS.value: "good",
    Status.PARTIAL.value: "warn",
    Status.HELD.value: "warn",
    Status.BLOCKED.value: "warn",
    Status.DEFERRED.value: "warn",
    Status.ERROR.value: "bad",
}


def status_of(place: ReportedActivation) -> str:
    """The status of the newest run, or why there is none."""
    if place.newest is not None:
        return place.newest.status
    return OFF if place.activation is not None and not place.activation.enabled else NEVER


def kind_of(status: str) -> str:
    """How a status is coloured: good, warn, bad, or none of them."""
    return _KINDS.get(status, "none")


def needs_attention(place: ReportedActivation) -> bool:
    """Whether somebody should look at it."""
    return kind_of(status_of(place)) in ("warn", "bad") or bool(place.failures)


def object_of(activation: Activation | None) -> str:
    """The object in Intercom, as people say it."""
    return "" if activation is None else activation.object.name.replace("_", " ")


def moment(value: datetime | None) -> str:
    """A moment for people."""
    return "" if value is None else f"{value:%Y-%m-%d %H:%M}"


def machine_moment(value: datetime | None) -> str:
    """A moment for `datetime` of HTML."""
    return "" if value is None else as_json(value.replace(microsecond=0))


def number(value: float | None) -> str:
    """A number for people."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def freshness(place: ReportedActivation) -> tuple[str, str]:
    """How fresh Intercom is against the model: a kind, as of a status, and a sentence."""
    run, built = place.result, place.built_at
    if run is None or run.started_at is None:
        return "none", "Nothing of this model was sent yet."
    waiting = _waiting(run)
    if built is None:
        return "none", (
            f"Intercom has the model as it was at {moment(run.started_at)} UTC{waiting}. "
            "When the model was built last is not known here: dbt's results of this target do not tell."
        )
    if built > run.started_at:
        return "warn", (
            f"Intercom is behind: the model was built at {moment(built)} UTC, after the run of "
            f"{moment(run.started_at)} UTC that read it last{waiting}."
        )
    return "warn" if waiting else "good", (
        f"Intercom has the model as it was built at {moment(built)} UTC{waiting}."
    )


def _waiting(run: PastRun) -> str:
    counted = [(name, run.counts.get(name, 0)) for name in ("failed", "pending", "held")]
    told = [f"{count:,} {name}" for name, count in counted if count]
    return f", but for records that are not there: {', '.join(told)}" if told else ""


def why_held(place: ReportedActivation) -> str | None:
    """What is held and why; None where nothing is."""
    run = place.newest
    if run is None:
        return None
    held = place.result.counts.get("held", 0) if place.result else 0
    if run.status == Status.HELD:
        what = "A guard on writes holds all of it; nothing was sent."
        way = "`sync --allow-writes` sends it."
    elif held:
        what = (
            f"{held:,} removal{'s' if held != 1 else ''} of records that left the model wait for your word."
        )
        way = "`sync --allow-removals` carries them out."
    else:
        return None
    return f"{what} {way}{'' if place.message else ' The log of that run has the reason.'}"


def settings_of(activation: Activation) -> Iterator[tuple[str, str]]:
    """What the configuration says beside the mapping, as it would be written."""
    yield "behaviour", str(activation.behaviour)
    if activation.identifier:
        yield "identifier", activation.identifier
    if activation.key:
        yield "key", ", ".join(activation.key)
    if activation.where:
        yield "where", activation.where
    yield "removed", str(activation.removed)
    for name in ("max_inserted", "max_updated", "max_removed", "max_failed"):
        most = getattr(activation, name)
        if most is not None:
            yield name, f"{most.percent:g}%" if most.count is None else f"{most.count:,}"
    yield "nulls", str(activation.nulls)
    yield "archived", str(activation.archived)
    yield "gate", str(activation.gate)
    if activation.warn:
        yield "warn", ", ".join(sorted(activation.warn))
    if activation.create_attributes:
        yield "create_attributes", "true"
    if activation.was:
        yield "was", ", ".join(activation.was)


def mapping_of(activation: Activation) -> Iterator[tuple[str, str, str]]:
    """Each field of Intercom: its name, the column or value that it gets, and which of the two, or a remark."""
    for field, column in activation.fields.items():
        wanted = only_to(column)
        remark = "" if wanted is None else f"only where {describe(wanted)}"
        yield field, str(column), "identifier" if field == activation.identifier else remark
    for field, value in activation.constants.items():
        yield field, describe(value), "cleared" if value is None else "constant"
