"""Which records of an activation a plan lists, and, where Intercom was read, how many of all would change anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.commands.against_intercom import PAGE_ROWS, Split
from dbt_intercom_activate.commands.compared_records import Comparison
from dbt_intercom_activate.commands.planned_records import Action, PlannedRecord, flat, planned_records
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.results import PlanCounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.binding.row import StagedRow
    from dbt_intercom_activate.delivery.forecast import AlikeRecords
    from dbt_intercom_activate.ledger.opening import OpenLedger
    from dbt_intercom_activate.ledger.stages import Difference, Stages
    from dbt_intercom_activate.sync.admission import Job
    from dbt_intercom_activate.sync.keeping import KeptRecords

_FROM_THE_ROW = frozenset({Code.INVALID_VALUE.value, Code.CHANGED_AFTER_INSERT.value})
"""Codes that are found without a call."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a plan shows of an activation's records."""

    records: tuple[PlannedRecord, ...]
    more: int
    """How many there are besides."""
    actions: Mapping[str, int] | None = None
    """Of all records that were compared with Intercom, how many there are of each action."""
    split: Split | None = None
    """The added records among them."""

    def as_json(self, *, values: bool) -> dict[str, Any]:
        """As `plan --output json` prints it."""
        return {"listed": [each.as_json(values=values) for each in self.records], "more": self.more}


def list_records(
    stages: Stages, job: Job, changes: Mapping[str, Any], found: Difference, most: int
) -> tuple[Listing, Difference]:
    """The first records that a sync would send, without asking Intercom.

    Those of them that are sure to fail, or make the payload that was delivered, are counted as what they are.
    A ledger that keeps payloads tells what Intercom has, as far as we told it.
    """
    first = stages.first(changes, job.binding, most)
    known = {key: flat(payload) for key, payload in first.told.items()}
    records = tuple(planned_records(job.binding, first.rows, known.get))
    tally = _Tally()
    for (_, row), record in zip(first.rows, records, strict=True):
        tally.add(row, record)
    # The model may have been built anew since it was counted.
    more = max(0, found.counts.added + found.counts.changed - len(records))
    return Listing(records, more), tally.exact(found)


def compare_records(
    ledger: OpenLedger,
    job: Job,
    changes: Mapping[str, Any],
    found: Difference,
    most: int,
    kept: KeptRecords | None = None,
) -> tuple[Listing, Difference]:
    """Compare every record with what Intercom has; the first that would change anything, and the exact counts.

    Where the plan is kept, what is kept is compared, and what is equal in Intercom counts as unchanged.

    Raises:
        CannotActivate: The token may not read, or Intercom refuses.
        RequestFailed: A call came to nothing.
        IntercomDown: Intercom answers nothing.
    """
    comparison = Comparison.of(job)
    if comparison is None:
        listing, judged = list_records(ledger.stages, job, changes, found, most)
        return replace(listing, split=Split(0, 0, judged.counts.added)), judged
    tally = _Tally(kept=kept is not None)
    for page in _pages(ledger.stages, job, changes) if kept is None else kept.pages():
        compared = comparison.compare(page)
        equal = [each.equal for each in compared if each.equal is not None]
        if kept is not None and equal:
            kept.note_equal(equal)
        for (_, row), record in zip(page, compared, strict=True):
            tally.add(row, record)
            if record.action is not Action.NOTHING and len(tally.shown) < most:
                tally.shown.append(record)
    listing = Listing(
        tuple(tally.shown), tally.changing - len(tally.shown), dict(tally.actions), tally.split()
    )
    exact = tally.exact(found)
    return listing, replace(exact, to_send=tuple(replace(each, at_most=False) for each in exact.to_send))


def _pages(stages: Stages, job: Job, changes: Mapping[str, Any]) -> Iterator[list[tuple[str, StagedRow]]]:
    for first in range(1, 2**62, PAGE_ROWS):
        page = stages.planned(changes, job.binding, first, first + PAGE_ROWS - 1)
        if page:
            yield page
        if len(page) < PAGE_ROWS:
            return


@dataclass(slots=True)
class _Tally:
    """What was compared so far."""

    kept: bool = False
    """Whether the plan is kept, so that what is equal in Intercom is not written."""
    shown: list[PlannedRecord] = field(default_factory=list)
    actions: Counter[str] = field(default_factory=Counter)
    _settled: int = 0
    """Rows that changed and make the payload that was delivered: they take no call."""
    _equal: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """Rows that are equal in Intercom, by class and by whether their id was known before."""
    _failing: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows that fail without a call, by class and code."""
    _added: Counter[str] = field(default_factory=Counter)

    @property
    def changing(self) -> int:
        return self.actions.total() - self.actions[Action.NOTHING.value]

    def add(self, row: StagedRow, record: PlannedRecord) -> None:
        self.actions[record.action.value] += 1
        without_call = record.action is Action.NOTHING and record.settled
        self._settled += without_call
        if self.kept and record.equal is not None:
            self._equal[row.change, row.known_id is not None] += 1
        if record.code is not None and record.code in _FROM_THE_ROW:
            self._failing[row.change, record.code] += 1
        if row.change == "added":
            self._added[_where(record)] += 1

    def split(self) -> Split:
        return Split(self._added["new"], self._added["existing"], self._added["not looked up"])

    def exact(self, found: Difference) -> Difference:
        """The counts, now that the payloads of those that were looked at are known."""
        counts, failing = found.counts, self._failing
        of_class = {
            change: sum(count for (each, _), count in failing.items() if each == change)
            for change in ("added", "changed")
        }
        invalid = Counter(counts.invalid)
        for (_, code), count in failing.items():
            invalid[code] += count
        exact = PlanCounts(
            added=max(0, counts.added - of_class["added"] - self._equal_of("added")),
            changed=max(0, counts.changed - of_class["changed"] - self._settled - self._equal_of("changed")),
            unchanged=counts.unchanged + self._settled + self._equal.total(),
            removed=counts.removed,
            invalid=dict(invalid),
            waiting=counts.waiting,
        )
        to_send = list(found.to_send)
        for (change, known), count in self._equal.items():
            rest = count - sum(each.count for each in to_send)
            to_send = _without(to_send, count, at_most=change == "changed", known=known)
            # Others of the run may come to know them first: those count as known.
            rest += sum(each.count for each in to_send)
            to_send = _without(to_send, rest, at_most=change == "changed")
        to_send = _without(to_send, of_class["changed"] + self._settled, at_most=True)
        to_send = _without(to_send, of_class["added"], at_most=False)
        return replace(found, counts=exact, to_send=tuple(to_send))

    def _equal_of(self, change: str) -> int:
        return sum(count for (each, _), count in self._equal.items() if each == change)


def _where(record: PlannedRecord) -> str:
    if record.code in _FROM_THE_ROW:
        return "not looked up"
    absent = record.action is Action.INSERT or record.code == Code.NOT_FOUND.value
    return "new" if absent else "existing"


def _without(
    alike: Sequence[AlikeRecords], count: int, *, at_most: bool, known: bool | None = None
) -> list[AlikeRecords]:
    """The same without so many records of those that changed, or of those that are new.

    Args:
        alike: The records.
        count: How many are left out.
        at_most: Whether of those that changed.
        known: Only of those whose id is known, or is not; None for either.
    """
    kept = []
    for each in alike:
        meant = each.at_most is at_most and known in (None, each.known)
        taken = min(each.count, count) if meant else 0
        count -= taken
        kept.append(replace(each, count=each.count - taken))
    return kept
