"""What a plan comes to in calls to Intercom, by endpoint, and in minutes at the limit that Intercom tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.delivery.forecast import (
    AlikeRecords,
    Forecast,
    Work,
    per_minute,
    perhaps,
    summed,
    surely,
)
from dbt_intercom_activate.delivery.registry import DELIVERIES, forecast_of
from dbt_intercom_activate.intercom.concurrency import MOST
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.objects.vocabulary import Nulls
from dbt_intercom_activate.sync.removals.removing import rules_of_removal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dbt_intercom_activate.binding.binding import Binding, MissingAttribute
    from dbt_intercom_activate.ledger.stages import Stages
    from dbt_intercom_activate.sync.admission import Job
    from dbt_intercom_activate.sync.connected_workspace import ConnectedWorkspace
    from dbt_intercom_activate.sync.removals.foreseeing import Leaving

_TEACH_NO_ID = frozenset({Behaviour.ARCHIVE, Behaviour.DELETE, Behaviour.SEND})
"""Behaviours after which no id is remembered of what they concern."""


def of_records(job: Job, to_send: Sequence[AlikeRecords]) -> Forecast:
    """The calls for the added and the changed records of an activation."""
    binding = job.binding
    work = Work(
        rules=binding.rules,
        records=to_send,
        always=_always_sent(binding),
        perhaps=frozenset(binding.activation.fields),
        concurrency=job.workspace.settings.concurrency or MOST,
        parts=1 if binding.activation.max_failed is None else 2,
    )
    return forecast_of(binding.activation.object.name, work)


def of_removals(job: Job, leaving: Leaving) -> Forecast:
    """The calls for the records that left, those that are read before among them."""
    if not leaving.removed and not leaving.looked_up.most:
        return Forecast()
    activation = job.binding.activation
    name = activation.object.name
    lookup = None if activation.object.related else DELIVERIES[name].identity_lookup(job.binding.rules)
    read = Forecast()
    if lookup is not None:
        least, most = (
            -(-count // lookup.size) for count in (leaving.looked_up.least, leaving.looked_up.most)
        )
        read = perhaps(lookup.endpoint, least, most)
    records = [
        AlikeRecords(count, known=True, related_known=True, tag=tag) for tag, count in leaving.by_tag.items()
    ]
    return read + forecast_of(name, Work(rules_of_removal(activation), records))


def _always_sent(binding: Binding) -> frozenset[str]:
    """The fields that no row leaves out."""
    sent = {
        field.name
        for field in binding.fields
        if field.nullable and field.only_to is None and binding.activation.nulls is Nulls.SEND
    }
    return frozenset({*sent, *binding.constants})


class Learning:
    """Whom the activations of a run come to know, so that those after them look nobody up twice."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._before: list[tuple[Job, Mapping[str, Any]]] = []

    def add(self, job: Job, changes: Mapping[str, Any]) -> None:
        """An activation that runs before the next ones."""
        if job.binding.activation.behaviour not in _TEACH_NO_ID and job.binding.identifier_name != "id":
            self._before.append((job, changes))

    def before(self, job: Job, changes: Mapping[str, Any]) -> Mapping[str, list[str]]:
        """The mapping `learnt` of the macro `count_changes`."""
        related = changes["related"] or {"identity": [], "identifier": None}
        own = changes["own_ids"] or changes["identifier_alias"] is None
        sides = {
            "identifier": ([] if own else changes["identity"], changes["identifier"]),
            "related": (related["identity"], related["identifier"]),
        }
        return {side: self._queries(job, objects, name) for side, (objects, name) in sides.items()}

    def _queries(self, job: Job, objects: Sequence[str], identifier: str | None) -> list[str]:
        return [
            self._stages.as_query(changes)
            for other, changes in self._before
            if other.binding.activation.object.name in objects
            and other.workspace.id == job.workspace.id
            and other.binding.identifier_name == identifier
        ]


@dataclass(frozen=True, slots=True)
class Costs:
    """What all activations of a plan come to."""

    forecast: Forecast
    """What is asked once for each workspace included."""
    minutes: tuple[float, float] | None
    """From how many to how many; None where a workspace tells no limit and has none of its own."""
    per_minute: Mapping[str, float]
    """The calls that each workspace allows in a minute, by its name."""

    def as_json(self) -> dict[str, Any]:
        """As `plan --output json` prints it."""
        least, most = self.minutes or (None, None)
        minutes = (
            None if least is None or most is None else {"least": round(least, 3), "most": round(most, 3)}
        )
        return {**self.forecast.as_json(), "minutes": minutes, "calls_per_minute": dict(self.per_minute)}


@dataclass(frozen=True, slots=True)
class Part:
    """One activation's part of the costs."""

    workspace: ConnectedWorkspace
    forecast: Forecast
    missing: tuple[MissingAttribute, ...] = ()
    """The attributes that it makes."""


def costs(parts: Iterable[Part]) -> Costs:
    """Add up what a plan comes to; workspaces are worked on one after the other."""
    by_workspace: dict[str, list[Part]] = {}
    for part in parts:
        by_workspace.setdefault(part.workspace.name, []).append(part)
    forecasts, limits, spans = [], {}, []
    for name, of_workspace in by_workspace.items():
        workspace = of_workspace[0].workspace
        forecast = summed([_opening(workspace, of_workspace), *(part.forecast for part in of_workspace)])
        limit = per_minute(workspace.client.rate_limit, workspace.settings.requests_per_minute)
        if limit is not None:
            limits[name] = limit
        forecasts.append(forecast)
        spans.append(forecast.minutes(limit))
    known = [span for span in spans if span is not None]
    minutes = (sum(least for least, _ in known), sum(most for _, most in known))
    return Costs(summed(forecasts), minutes if len(known) == len(spans) else None, limits)


def _opening(workspace: ConnectedWorkspace, parts: Sequence[Part]) -> Forecast:
    """What is asked of a workspace before the first record, and the attributes that are made."""
    made = {(each.model, each.name) for part in parts for each in part.missing}
    return summed(
        [
            surely("GET /me", 1),
            surely("GET /data_attributes", workspace.models_read),
            surely("POST /data_attributes", len(made)),
        ]
    )
