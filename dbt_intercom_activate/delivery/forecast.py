"""How many calls a sync comes to, counted before anything is sent.

A forecast is of a sync in which nothing fails. Where Intercom alone knows, such as whether a tag that is to be taken
off exists, it is a range. What each object's records take stands beside their conversations, as `Delivery.forecast`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.intercom.pacing import WINDOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.binding.record import Rules
    from dbt_intercom_activate.intercom.api import RateLimit


@dataclass(frozen=True, slots=True)
class AlikeRecords:
    """Records of one activation that take the same calls."""

    count: int
    identified: bool = True
    """They have an identifier."""
    known: bool = False
    """Intercom's id of them is known, so that they are not looked up."""
    related_known: bool = False
    """The same of the other side, the company of a membership."""
    delivered: bool = False
    """They were delivered before, and not removed since."""
    returns: bool = False
    """This tool archived them when they left, and they are back."""
    at_most: bool = False
    """Their rows changed, and may still make the payload that Intercom has."""
    tag: str | None = None
    """The tag that they get or lose, in lower case."""
    identifiers: int = 0
    """How many different identifiers are not known, each counted once in an activation; of tags and memberships."""
    relateds: int = 0
    """The same of the other side of a membership."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an activation has to do."""

    rules: Rules
    records: Sequence[AlikeRecords]
    always: frozenset[str] = frozenset()
    """Fields that are sent of each record."""
    perhaps: frozenset[str] = frozenset()
    """Fields that are sent where a row has a value."""
    concurrency: int = 1
    """Conversations at once: two may ask for the same company or make the same tag before one has an answer."""

    parts: int = 1
    """One after the other; with `max_failed` the first few records are a part, and no call is shared by two."""

    @property
    def count(self) -> int:
        """How many records there are."""
        return sum(each.count for each in self.records)


@dataclass(frozen=True, slots=True)
class Calls:
    """A number of calls, as a range where it is not known exactly."""

    least: int = 0
    most: int = 0

    def __add__(self, other: Calls) -> Calls:
        return Calls(self.least + other.least, self.most + other.most)

    def __str__(self) -> str:
        return f"{self.most:,}" if self.least == self.most else f"{self.least:,} to {self.most:,}"


NO_CALLS = Calls()


@dataclass(frozen=True, slots=True)
class Forecast:
    """The calls of one activation, or of several together."""

    total: Calls = NO_CALLS
    """Less than the sum of the endpoints where it is only open which of two is called."""
    endpoints: Mapping[str, Calls] = field(default_factory=dict)
    """By method and path template, those that are not called at all left out."""
    at_most: bool = False
    """Whether rows that changed are counted, which may still make the payload that Intercom has."""

    def __add__(self, other: Forecast) -> Forecast:
        names = dict.fromkeys((*self.endpoints, *other.endpoints))
        both = {
            name: self.endpoints.get(name, NO_CALLS) + other.endpoints.get(name, NO_CALLS) for name in names
        }
        return Forecast(self.total + other.total, both, self.at_most or other.at_most)

    def minutes(self, per_minute: float | None) -> tuple[float, float] | None:
        """From how many minutes to how many these calls take at a limit; None where none is known."""
        return None if not per_minute else (self.total.least / per_minute, self.total.most / per_minute)

    def as_json(self) -> dict[str, Any]:
        """As `plan --output json` prints it."""
        return {
            "calls": {"least": self.total.least, "most": self.total.most},
            "at_most": self.at_most,
            "endpoints": {
                name: {"least": calls.least, "most": calls.most} for name, calls in self.endpoints.items()
            },
        }


def surely(endpoint: str, count: int) -> Forecast:
    """So many calls of an endpoint."""
    return perhaps(endpoint, count, count)


def perhaps(endpoint: str, least: int, most: int) -> Forecast:
    """From so many calls of an endpoint to so many."""
    calls = Calls(least, most)
    return Forecast(calls, {endpoint: calls} if most else {})


def one_of(count: int, *endpoints: str) -> Forecast:
    """So many calls in all, of which Intercom alone knows how they fall to several endpoints."""
    if not count:
        return Forecast()
    return Forecast(Calls(count, count), dict.fromkeys(endpoints, Calls(0, count)))


def summed(forecasts: Sequence[Forecast]) -> Forecast:
    """Several together."""
    return sum(forecasts, Forecast())


def per_minute(told: RateLimit | None, own: int | None) -> float | None:
    """How many calls a minute may have; None where nothing says it.

    Args:
        told: What the headers of Intercom's newest answer say of a window of ten seconds.
        own: `requests_per_minute` of the workspace.
    """
    limits = [each for each in (told.limit * 60 / WINDOW if told else None, own) if each]
    return min(limits, default=None)
