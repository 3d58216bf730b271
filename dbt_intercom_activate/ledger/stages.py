"""Which records changed: counted by the warehouse, and kept in a stage while a run acts on them."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.binding.row import StagedRow
from dbt_intercom_activate.delivery.forecast import AlikeRecords
from dbt_intercom_activate.ledger.staged_rows import (
    alike,
    plan_counts,
    read_columns,
    staged_row,
)
from dbt_intercom_activate.outcomes.results import PlanCounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbt_intercom_activate.binding.binding import Binding
    from dbt_intercom_activate.ledger.kept_stage import EqualRecord, KeptStage
    from dbt_intercom_activate.ledger.outcomes import ActivationRun
    from dbt_intercom_activate.ledger.tables import Tables
    from dbt_intercom_activate.warehouse.connection import Warehouse

PAGE_ROWS = 5_000
"""Records read from the stage at a time: what bounds memory."""


EQUAL_ROWS = 1_000
"""Records of which one statement says that Intercom has them already."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The records to act on, in a table of the warehouse."""

    relation: str
    counts: PlanCounts
    last_seq: int
    removable: int
    """Records that left the relation and were delivered from it, with the same identifier and key."""
    made: bool = True
    """Whether there is such a table: of an activation of which all is unchanged there is none, and nothing in it."""
    may_leave: bool = True
    """Whether there may be a failed record that is not in the relation any more."""

    @property
    def seqs(self) -> range:
        """The numbers of all of them."""
        return range(1, self.last_seq + 1)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a plan counts of one activation."""

    counts: PlanCounts
    removable: int
    """Records that left the relation and were delivered from it, with the same identifier and key."""
    to_send: tuple[AlikeRecords, ...]
    """The added and the changed records, by the calls that they take."""


@dataclass(frozen=True, slots=True)
class FirstRecords:
    """The first records that are to be sent, for people to look at."""

    rows: tuple[tuple[str, StagedRow], ...]
    """Each with its key."""
    told: Mapping[str, Mapping[str, Any]]
    """What Intercom was told last of those that changed, by key, where the ledger has it."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A record that left the model, and what it was in Intercom."""

    seq: int
    intercom_id: str
    related_id: str | None
    related: str | None
    """The tag's name, the company's identifier."""
    identifier: str | None
    """What it was delivered under, as the ledger has it."""
    named: bool
    """Intercom named it when it refused a row that is still in the model.

    Of a tag or a membership: a row that could not be delivered may be it, its number spelled in another way.
    """


@dataclass(frozen=True, slots=True)
class UndeliveredRow:
    """A row in the relation that the ledger does not call delivered."""

    known_id: str | None
    """Intercom's id, as the ledger has it of the row's identifier."""
    values: Mapping[str, object]
    """By alias."""


class Stages:
    """The difference between relations and the ledger, as queries and as tables that last as long as a run."""

    def __init__(self, warehouse: Warehouse, tables: Tables, *, payloads: bool = False) -> None:
        """Look through a warehouse.

        Args:
            warehouse: Where they are.
            tables: The ledger's.
            payloads: Read what Intercom was told of records along with them.
        """
        self._warehouse = warehouse
        self._tables = tables
        self._payloads = payloads

    def count(
        self, changes: Mapping[str, Any], learnt: Mapping[str, Sequence[str]] | None = None
    ) -> Difference:
        """The plan as one query; creates nothing.

        Args:
            changes: As `describe_changes` makes them.
            learnt: Queries of what other activations of the run come to know before this one; see the macro.
        """
        changes = self._with_old_keys(changes)
        rows = self._warehouse.query(self._warehouse.render("count_changes", changes=changes, learnt=learnt))
        return Difference(
            counts=plan_counts([(str(row[0]), row[1], int(row[8])) for row in rows]),
            removable=sum(int(row[9]) for row in rows),
            to_send=tuple(alike(row) for row in rows if row[0] in ("added", "changed")),
        )

    def first(self, changes: Mapping[str, Any], binding: Binding, most: int) -> FirstRecords:
        """The first records that a sync would send, by class and key; creates nothing."""
        changes = self._with_old_keys(changes)
        columns, aliases, marked = read_columns(binding)
        rows = self._warehouse.query(
            self._warehouse.render(
                "read_first", changes=changes, columns=columns, most=most, told=self._payloads
            )
        )
        return FirstRecords(
            rows=tuple((key, staged_row(row, aliases, marked)) for _, key, *row in rows),
            told={key: json.loads(told) for told, key, *_ in rows if told is not None},
        )

    def as_query(self, changes: Mapping[str, Any], *, only_failing: bool = False) -> str:
        """What stands after `from` in place of a stage, where no table may be made.

        Args:
            changes: As `describe_changes` makes them.
            only_failing: Without the records that are to be sent.
        """
        changes = self._with_old_keys(changes)
        return str(self._warehouse.render("staged_query", changes=changes, only_failing=only_failing))

    def count_removals(
        self, stage: str, ledger: str, removals: Mapping[str, Any]
    ) -> Mapping[str | None, tuple[int, int]]:
        """How many records may be removed, and how many of these a row that failed still names, by tag.

        Creates nothing. What is no tag has None for it.
        """
        sql = self._warehouse.render("count_removals", stage=stage, ledger=ledger, removals=removals)
        return {tag: (int(count), int(named)) for tag, count, named in self._warehouse.query(sql)}

    def stage(self, name: str, changes: Mapping[str, Any], *, counted_first: bool = False) -> Stage:
        """Keep what is to be acted on in a table named `name`, which is not there yet.

        Args:
            name: Of the table.
            changes: As `describe_changes` makes them.
            counted_first: Make none where all is unchanged; the relation is read twice where something is not.
        """
        relation = self._tables.relation(name)
        keep_unchanged = not changes["with_removed"]
        changes = self._with_old_keys(changes)
        if counted_first and not keep_unchanged:
            nothing = self._all_unchanged(changes)
            if nothing is not None:
                return nothing
        render, query = self._warehouse.render, self._warehouse.query
        self._warehouse.execute(
            render("stage_changes", stage=relation, changes=changes, keep_unchanged=keep_unchanged)
        )
        staged = query(render("count_staged", stage=relation))
        counts = plan_counts([(str(row[0]), row[1], int(row[2])) for row in staged])
        if not keep_unchanged:
            ((settled,),) = query(render("count_settled", changes=changes))
            counts = replace(counts, unchanged=int(settled) - sum(int(row[3]) for row in staged))
        return Stage(
            relation=str(relation),
            counts=counts,
            last_seq=max((int(row[5]) for row in staged), default=0),
            removable=sum(int(row[6]) for row in staged),
        )

    def _all_unchanged(self, changes: Mapping[str, Any]) -> Stage | None:
        """What stands for the stage where all records of the relation are unchanged; None where one is not."""
        rows = self._warehouse.query(self._warehouse.render("count_classes", changes=changes))
        found = {change: int(count) for change, count in rows}
        failed = found.pop(None)
        if found.keys() != {"unchanged"}:
            return None
        return Stage(
            relation=str(self._warehouse.render("no_stage")),
            counts=plan_counts([("unchanged", None, found["unchanged"])]),
            last_seq=0,
            removable=0,
            made=False,
            may_leave=failed > 0,
        )

    def from_kept(self, changes: Mapping[str, Any], kept: KeptStage) -> dict[str, Any]:
        """The difference of what a plan kept, in place of that of the relation; see `KeptStage.instead_of`."""
        columns = [each["alias"] for each in changes["columns"] if each["name"] is not None]
        return kept.instead_of(
            changes, self._warehouse.render("kept_rows", kept=kept.relation, columns=columns)
        )

    def keep_removals(self, name: str, stage: str, ledger: str, removals: Mapping[str, Any]) -> str:
        """Keep, in a table named `name`, which records of a stage are to be removed; returns its full name."""
        relation = self._tables.relation(name)
        self.drop(name)
        self._warehouse.execute(
            self._warehouse.render(
                "keep_removals", kept=relation, stage=stage, ledger=ledger, removals=removals
            )
        )
        return str(relation)

    def keep_equal(self, name: str, stage: str, equal: Sequence[EqualRecord], *, first: bool) -> None:
        """Keep, in a table named `name`, which records of a stage Intercom has already as they would be sent.

        Args:
            name: Of the table.
            stage: The stage's full name.
            equal: Records of it, any number of them but none.
            first: Whether the table is to be made.
        """
        relation = self._tables.relation(name)
        for start in range(0, len(equal), EQUAL_ROWS):
            rows = [self._warehouse.literals(each.as_mapping()) for each in equal[start : start + EQUAL_ROWS]]
            made = not first or start > 0
            sql = self._warehouse.render("keep_equal", kept=relation, stage=stage, equal=rows, first=not made)
            self._warehouse.execute(sql)

    def size_of(self, relation: str) -> int:
        """How many rows a table beside a stage has."""
        ((count,),) = self._warehouse.query(self._warehouse.render("count_rows", relation=relation))
        return int(count)

    def planned_removals(self, stage: str, kept: KeptStage) -> frozenset[int]:
        """The sequence numbers of a stage whose records a plan says are to be removed."""
        if kept.removals is None:
            return frozenset()
        sql = self._warehouse.render("planned_removals", stage=stage, kept=kept.removals)
        return frozenset(int(seq) for (seq,) in self._warehouse.query(sql))

    def count_unlike(self, changes: Mapping[str, Any], kept: KeptStage) -> int:
        """How many records the relation's difference has otherwise than a plan; creates nothing."""
        one = self.as_query(kept.as_planned(changes))
        other = self.as_query(self.from_kept(changes, kept))
        ((count,),) = self._warehouse.query(self._warehouse.render("count_unlike", one=one, other=other))
        return int(count)

    def counts_of(self, relation: str) -> PlanCounts:
        """The records in a stage by class; of the unchanged it has none."""
        rows = self._warehouse.query(self._warehouse.render("count_staged", stage=relation))
        return plan_counts([(str(row[0]), row[1], int(row[2])) for row in rows])

    def _with_old_keys(self, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Have keys looked for that older versions spelt otherwise, where there are any."""
        if changes["ledger"] is None or not any(part.get("seconds") for part in changes["key"]):
            return changes
        ((count,),) = self._warehouse.query(self._warehouse.render("count_old_rows", changes=changes))
        return {**changes, "old_keys": int(count) > 0}

    def pages(
        self, stage: Stage, binding: Binding, seqs: range | None = None, rows: int = PAGE_ROWS
    ) -> Iterator[list[StagedRow]]:
        """The staged records in their order, a page at a time.

        Args:
            stage: Where they stand.
            binding: What is read of them.
            seqs: The numbers of those that are wanted; None for all.
            rows: Of a page.
        """
        seqs = seqs or stage.seqs
        columns, aliases, marked = read_columns(binding)
        for first in range(seqs.start, seqs.stop, rows):
            last = min(first + rows, seqs.stop) - 1
            sql = self._warehouse.render(
                "read_page", stage=stage.relation, columns=columns, first=first, last=last
            )
            yield [staged_row(row, aliases, marked) for row in self._warehouse.page(sql)]

    def keyed_pages(
        self, stage: Stage, binding: Binding, rows: int = PAGE_ROWS
    ) -> Iterator[list[tuple[str, StagedRow]]]:
        """The staged records that are to be sent, each with its key, a page at a time."""
        columns, aliases, marked = read_columns(binding)
        for first in range(1, stage.last_seq + 1, rows):
            sql = self._warehouse.render(
                "read_page",
                stage=stage.relation,
                columns=columns,
                first=first,
                last=first + rows - 1,
                keyed=True,
            )
            page = [(key, staged_row(row, aliases, marked)) for key, *row in self._warehouse.page(sql)]
            yield [(key, row) for key, row in page if row.change in ("added", "changed")]

    def planned(
        self, changes: Mapping[str, Any], binding: Binding, first: int, last: int
    ) -> list[tuple[str, StagedRow]]:
        """The records that a sync would send, from `first` to `last`, each with its key; creates nothing."""
        changes = self._with_old_keys(changes)
        columns, aliases, marked = read_columns(binding)
        sql = self._warehouse.render("read_planned", changes=changes, columns=columns, first=first, last=last)
        return [(key, staged_row(row, aliases, marked)) for key, *row in self._warehouse.page(sql)]

    def leaving(self, stage: str, ledger: str, removals: Mapping[str, Any], most: int) -> list[str]:
        """The keys of records that are to be removed, at most so many; creates nothing."""
        sql = self._warehouse.render("read_leaving", stage=stage, ledger=ledger, removals=removals, most=most)
        return [key for (key,) in self._warehouse.query(sql)]

    def count_delivered(self, changes: Mapping[str, Any]) -> int:
        """How many records this activation delivered and did not remove."""
        ((count,),) = self._warehouse.query(self._warehouse.render("count_delivered", changes=changes))
        return int(count)

    def removals(self, stage: str, removals: Mapping[str, Any]) -> list[Removal]:
        """The records that left the relation and may be removed; `removals` as the macro explains."""
        ledger = self._tables.relation("ledger")
        sql = self._warehouse.render("read_removals", stage=stage, ledger=ledger, removals=removals)
        return [
            Removal(int(seq), intercom_id, related_id, related, identifier, bool(named))
            for seq, intercom_id, related_id, related, identifier, named in self._warehouse.query(sql)
        ]

    def undelivered(
        self, stage: str, run: ActivationRun, aliases: Sequence[str], rows: int = PAGE_ROWS
    ) -> Iterator[list[UndeliveredRow]]:
        """The rows in the relation that the ledger does not call delivered, a page at a time; no page is empty.

        Args:
            stage: The stage's full name.
            run: Whose stage it is; what it came to stands in the ledger.
            aliases: The columns to read.
            rows: Of a page.
        """
        columns = [{"alias": each} for each in aliases]
        ledger = self._tables.relation("ledger")
        described = {"project": run.project, "workspace": run.workspace, "activation": run.activation}
        for first in itertools.count(1, rows):
            sql = self._warehouse.render(
                "read_undelivered",
                stage=stage,
                ledger=ledger,
                run=described,
                columns=columns,
                first=first,
                last=first + rows - 1,
            )
            page = [
                UndeliveredRow(known_id, dict(zip(aliases, values, strict=True)))
                for _, known_id, *values in self._warehouse.page(sql)
            ]
            if page:
                yield page
            if len(page) < rows:
                return

    def removed_in(self, stage: str) -> frozenset[int]:
        """The sequence numbers of a stage whose records have left the relation."""
        sql = self._warehouse.render("read_removed", stage=stage)
        return frozenset(int(seq) for (seq,) in self._warehouse.query(sql))

    def has(self, name: str) -> bool:
        """Whether a stage of this name is still there."""
        self._warehouse.forget_relations()
        return self._tables.exists(name)

    def drop(self, name: str) -> None:
        """Drop a stage; no other table of ours is ever dropped."""
        if not name.startswith("stage_"):
            raise ValueError(f"not a stage: {name}")
        self._warehouse.execute(self._warehouse.render("drop_stage", stage=self._tables.relation(name)))

    def relation(self, name: str) -> str:
        """A stage's full name in the warehouse."""
        return str(self._tables.relation(name))
