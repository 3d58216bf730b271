"""Recovery, statement by statement: killed between any two of them, the next run comes to the same end.

The warehouse is in memory and may refuse any statement; the journal is a real one, of a run that was killed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.errors import WarehouseFailed
from dbt_intercom_activate.ledger.journal import Journal
from dbt_intercom_activate.ledger.journal_reading import left_by_dead_runs
from dbt_intercom_activate.ledger.outcomes import ActivationRun
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome
from dbt_intercom_activate.sync.recovery import recover

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RUN = ActivationRun("run", "shop", "abc", "production", "people", "contact", None, "origin", generation=3)
UPDATED = Outcome(Operation.UPDATE, intercom_id="65f1")
ARCHIVED = Outcome(Operation.ARCHIVE, intercom_id="65f9")
STILL_THERE = Outcome(Operation.ARCHIVE, Code.REJECTED, "no", "65f8")
REJECTED = Outcome(Operation.INSERT, Code.REJECTED, "no")
STATEMENTS = 9
"""So many does the recovery of one activation take."""


@dataclass
class Warehouse:
    """Stages, ledger and runs, and a session's other collaborators as far as recovery needs them."""

    stages_there: set[str]
    gone: set[int] = field(default_factory=set)
    """Of a stage, the records that left the relation."""
    rows: dict[str, list[Delivered]] = field(default_factory=dict)
    """By stage."""
    runs: list[Mapping[str, Any]] = field(default_factory=list)
    refuse_at: int = 0
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    dbt_target: str = "dev"

    @property
    def stages(self) -> Warehouse:
        return self

    ledger = report = stages
    now = staticmethod(utc_now)

    def _statement(self, name: str) -> None:
        self.asked.append(name)
        if len(self.asked) == self.refuse_at:
            raise WarehouseFailed("refused")

    @property
    def enabled(self) -> tuple[()]:
        """The activations of the project: the dead run's is in it no more."""
        return ()

    def relation(self, name: str) -> str:
        return f"main.{name}"

    def has(self, name: str) -> bool:
        self._statement("has")
        return name in self.stages_there

    def removed_in(self, stage: str) -> frozenset[int]:
        self._statement("removed_in")
        assert stage.removeprefix("main.") in self.stages_there
        return frozenset(self.gone)

    def drop(self, name: str) -> None:
        self._statement("drop")
        self.stages_there.discard(name)

    def recorded_of_run(self, stage: str, run: ActivationRun) -> frozenset[int]:
        self._statement("recorded_of_run")
        assert run == RUN
        known = self.rows.get(stage, [])
        return frozenset(each.seq for each in known if each.outcome.code is not Code.MAYBE_DELIVERED)

    def go_on_with(self, run: ActivationRun) -> None:
        self._statement("go_on_with")
        assert run == RUN

    def append(self, stage: str, run: ActivationRun, outcomes: Sequence[Delivered]) -> None:
        assert run == RUN
        assert stage.removeprefix("main.") in self.stages_there, "rows are joined to their stage"
        if outcomes:
            self._statement("append")
            self.rows.setdefault(stage, []).extend(outcomes)

    def has_run(self, run: ActivationRun) -> bool:
        self._statement("has_run")
        return any((row["run_id"], row["activation"]) == (run.run_id, run.activation) for row in self.runs)

    def append_run(self, row: Mapping[str, Any]) -> None:
        self._statement("append_run")
        self.runs.append(row)

    def warning(self, text: str) -> None:
        self.said.append(text)

    def codes(self, stage: str = "main.stage_1") -> dict[int, str | None]:
        """The newest code of each record."""
        return {
            each.seq: each.outcome.code.value if each.outcome.code else None
            for each in self.rows.get(stage, [])
        }


def killed(folder: Path, name: str = "run", stage: str = "stage_1", target: str = "dev") -> None:
    """A run that was killed: it knew 1 to 3, 6 and 8, had announced 4 and 5, had sent 4, and 7 that nobody foresaw."""
    journal = Journal(folder, name, utc_now)
    journal.begin(RUN, target, stage, f"main.{stage}", {"rows": 6, "pending": 6, "unchanged": 0})
    journal.announced(stage, [4, 5])
    for seq, outcome in ((1, UPDATED), (2, REJECTED), (3, UPDATED), (6, ARCHIVED), (8, STILL_THERE)):
        journal.record(stage, Delivered(seq, f"hash {seq}", outcome, utc_now()))
    journal.sending(stage, 4)
    journal.sending(stage, 7)
    journal.close()


def warehouse(**changes: Any) -> Warehouse:
    """What that run left: its stage, the announcements, and the outcome of 1."""
    announced = Outcome(Operation.NONE, Code.MAYBE_DELIVERED)
    known = [Delivered(seq, None, announced, utc_now()) for seq in (4, 5)]
    known.append(Delivered(1, "hash 1", UPDATED, utc_now()))
    return Warehouse({"stage_1"}, {6, 8}, {"main.stage_1": known}, **changes)


ENDED = {
    1: None,
    2: "rejected",
    3: None,
    4: "maybe_delivered",
    5: "unreachable",
    6: None,
    7: "maybe_delivered",
    8: "rejected",
}


def test_what_a_dead_run_knew_stands_in_the_ledger(tmp_path):
    killed(tmp_path)
    there = warehouse()
    recover(there, tmp_path)

    assert there.codes() == ENDED
    assert (there.stages_there, left_by_dead_runs(tmp_path)) == (set(), [])
    appended = [each.seq for each in there.rows["main.stage_1"][3:]]
    assert appended == [2, 3, 6, 8, 5, 7], "what stood there is not written again"
    by_seq = {each.seq: each for each in there.rows["main.stage_1"]}
    assert by_seq[5].outcome.message == "not sent: the run was ended from outside before"
    assert abs(by_seq[5].delivered_at - utc_now()) < timedelta(minutes=1)
    assert by_seq[7].delivered_at >= by_seq[5].delivered_at
    (row,) = there.runs
    assert {
        name: row[name] for name in ("row_count", "updated", "failed", "removed", "status", "run_state")
    } == {
        "row_count": 6,
        "updated": 2,
        "failed": 1,
        "removed": 1,
        "status": "deferred",
        "run_state": "untold",
    }
    assert there.said == [
        "people: run run was ended from outside; 4 outcomes were taken from its journal into the ledger"
    ]


def test_the_row_of_the_run_and_the_drop_come_last(tmp_path):
    killed(tmp_path)
    there = warehouse()
    recover(there, tmp_path)
    assert there.asked[-2:] == ["append_run", "drop"]
    assert there.asked.index("append_run") > max(
        place for place, name in enumerate(there.asked) if name == "append"
    )


@pytest.mark.parametrize("refused", range(1, STATEMENTS + 1))
def test_a_recovery_that_is_cut_short_is_made_up_for(tmp_path, refused):
    killed(tmp_path)
    there = warehouse(refuse_at=refused)
    with pytest.raises(WarehouseFailed):
        recover(there, tmp_path)
    assert len(left_by_dead_runs(tmp_path)) == 1, "the journal stays until all of it stands in the ledger"
    recover(there, tmp_path)

    assert there.codes() == ENDED
    assert (there.stages_there, left_by_dead_runs(tmp_path)) == (set(), [])
    written = [each.seq for each in there.rows["main.stage_1"] if each.outcome in (UPDATED, ARCHIVED)]
    assert sorted(written) == sorted(set(written)), "no outcome is there twice"
    assert len(there.runs) == 1


def test_a_run_killed_after_dropping_its_stage_is_done(tmp_path):
    killed(tmp_path)
    there = Warehouse(set())
    recover(there, tmp_path)
    assert (there.rows, there.runs, there.said, left_by_dead_runs(tmp_path)) == ({}, [], [], [])


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_each_journal_is_judged_by_itself(tmp_path, target):
    """Of two dead runs one is another target's: it stays, and does not keep the other one from its end."""
    killed(tmp_path, "a", "stage_1")
    killed(tmp_path, "b", "stage_2", target)
    there = warehouse()
    there.stages_there.add("stage_2")
    recover(there, tmp_path)

    assert there.codes() == ENDED
    assert [path.name for path in left_by_dead_runs(tmp_path)] == (
        [] if target == "dev" else ["journal-b.jsonl"]
    )
    assert there.stages_there == (set() if target == "dev" else {"stage_2"})


def test_an_unreadable_journal_keeps_nobody_elses_from_its_end(tmp_path):
    killed(tmp_path, "b")
    (left_by_dead_runs(tmp_path)[0].parent / "journal-a.jsonl").mkdir()
    there = warehouse()
    recover(there, tmp_path)
    assert there.codes() == ENDED
    assert "journal-a.jsonl cannot be read: Is a directory" in there.said[0]


def test_a_journal_stays_for_its_own_ledger(tmp_path):
    """Of two stages one stands in another ledger: what is here comes to its end, and the journal stays."""
    journal = Journal(tmp_path, "run", utc_now)
    for stage, relation in (("stage_1", "main.stage_1"), ("stage_2", "elsewhere.stage_2")):
        journal.begin(RUN, "dev", stage, relation, {})
        journal.record(stage, Delivered(1, "hash 1", UPDATED, utc_now()))
    journal.close()
    there = Warehouse({"stage_1", "stage_2"})
    recover(there, tmp_path)

    assert (there.codes(), there.codes("main.stage_2")) == ({1: None}, {})
    assert there.stages_there == {"stage_2"}
    assert len(left_by_dead_runs(tmp_path)) == 1


@pytest.mark.parametrize("line", [b"", b"nonsense\n"], ids=["whole", "damaged"])
def test_a_journal_that_cannot_be_taken_away_is_no_error(tmp_path, monkeypatch, line):
    killed(tmp_path)
    (path,) = left_by_dead_runs(tmp_path)
    path.write_bytes(path.read_bytes() + line)

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(Path, "rename", refuse)
    there = warehouse()
    recover(there, tmp_path)
    recover(there, tmp_path)

    assert there.stages_there == set()
    assert len(there.runs) == 1
    assert sum(text.startswith(f"1 line of the journal {path}") for text in there.said) == (2 if line else 0)


def test_two_lines_that_cannot_be_read_are_counted(tmp_path):
    killed(tmp_path)
    (path,) = left_by_dead_runs(tmp_path)
    path.write_bytes(path.read_bytes() + b"nonsense\nnonsense\n")
    there = warehouse()
    recover(there, tmp_path)
    assert there.said[-1].startswith(
        f"2 lines of the journal {path} cannot be read by this version, the first is line 10;"
    )
    assert path.with_name("journal-run.jsonl.unreadable").exists()
    assert there.codes() == {**ENDED, 5: "maybe_delivered"}, "one of the lines may have told that 5 was sent"
