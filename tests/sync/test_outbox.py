"""No known outcome is lost: whatever is raised wherever, it stands in the ledger or in the journal.

Workers, journal and stop are the real ones. The records need no call, so Intercom is never asked, and the ledger's
table is a list.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbt_intercom_activate.binding.record import Record, Rules
from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.configuration.activation import AtMost
from dbt_intercom_activate.delivery import workers
from dbt_intercom_activate.delivery.procedure import Procedure
from dbt_intercom_activate.delivery.workers import Assignment, Workers
from dbt_intercom_activate.errors import (
    AnswerLost,
    Interrupted,
    MissingScope,
    TokenRefused,
    Unreachable,
    WarehouseFailed,
)
from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.intercom.concurrency import FEWEST
from dbt_intercom_activate.intercom.pacing import Pacer
from dbt_intercom_activate.ledger.journal import Journal
from dbt_intercom_activate.ledger.journal_reading import left_by_dead_runs, read_journal
from dbt_intercom_activate.ledger.outcomes import ActivationRun
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome
from dbt_intercom_activate.outcomes.results import PlanCounts, Tally
from dbt_intercom_activate.outcomes.without_answer import unchanged
from dbt_intercom_activate.sync.breaker import FIRST_AT_LEAST, Breaker
from dbt_intercom_activate.sync.outbox import Destination, Outbox
from dbt_intercom_activate.sync.session import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from dbt_intercom_activate.ledger.journal_reading import Unfinished

RUN = ActivationRun("run", "shop", "abc123", "main", "people", "contact", "external_id", "origin")
NEVER_ASKED = IntercomClient("http://localhost", "token", "2.16", pacer=Pacer())
FULL_DISK = Path("/dev/full")
UPDATED = Outcome(Operation.UPDATE, intercom_id="65f1")
REJECTED = Outcome(Operation.UPDATE, Code.REJECTED, "no")

ENDINGS: Mapping[str, Outcome | Exception] = {
    "updated": UPDATED,
    "rejected": REJECTED,
    "unreachable": Unreachable("no answer"),
    "lost": AnswerLost("no answer, and it may have been carried out"),
    "token refused": TokenRefused("401"),
    "scope missing": MissingScope("403"),
    "bug": ZeroDivisionError(),
}
"""What becomes of a record on a worker's thread."""
KNOWN = {"updated": None, "rejected": "rejected", "unreachable": "unreachable", "lost": "maybe_delivered"}
"""Those that are an outcome, with its code."""

RAISED = (WarehouseFailed("refused"), Interrupted("another run took the place"), KeyboardInterrupt())
pytestmark = pytest.mark.skipif(not FULL_DISK.exists(), reason="needs /dev/full, a disk that is always full")


@dataclass
class Fault:
    """Raises at the n-th call, and from then on where it lasts."""

    at: int = 0
    """0: never."""
    error: BaseException = RAISED[0]
    lasting: bool = False
    calls: int = 0

    def pass_by(self) -> None:
        self.calls += 1
        if self.at and (self.calls == self.at or (self.lasting and self.calls > self.at)):
            raise self.error


@dataclass
class Table:
    """Rows in memory."""

    fault: Fault = field(default_factory=Fault)
    batches: list[list[Delivered]] = field(default_factory=list)

    def append(self, stage: str, run: ActivationRun, outcomes: Sequence[Delivered]) -> None:
        assert (stage, run) == ("main.stage_1", RUN)
        self.fault.pass_by()
        self.batches.append(list(outcomes))

    def codes(self) -> dict[int, str | None]:
        """The newest code of each record."""
        return {each.seq: _code(each) for batch in self.batches for each in batch}


@dataclass
class Pulse:
    fault: Fault = field(default_factory=Fault)

    def heartbeat(self) -> None:
        self.fault.pass_by()


@dataclass
class World:
    """A run, and its outbox."""

    folder: Path
    table: Table = field(default_factory=Table)
    pulse: Pulse = field(default_factory=Pulse)
    stop: Stop = field(default_factory=Stop)
    now: Callable[[], datetime] = utc_now
    rows: int = 0

    def __post_init__(self) -> None:
        self.ledger, self.lock = self.table, self.pulse
        self.journal = Journal(self.folder, "run", utc_now)
        self.journal.begin(RUN, "dev", "stage_1", "main.stage_1", {})
        self.tally = Tally(PlanCounts(added=self.rows))
        destination = Destination(RUN, "stage_1", "main.stage_1")
        self.outbox = Outbox(self, destination, self.tally)
        self.outbox.batch_rows = 3

    def fill_the_disk(self) -> None:
        self.journal._file = FULL_DISK.open("ab", buffering=0)

    def unfinished(self) -> Unfinished:
        """What the next run would read."""
        (path,) = left_by_dead_runs(self.folder)
        (found,) = read_journal(path).unfinished
        return found

    def send(
        self, write: Callable[[Record], Outcome], records: Iterator[Record], concurrency: int | None = 4
    ) -> None:
        def talk(_rules: Any, _notebook: Any, record: Record, _found: Any) -> Any:
            yield from ()
            return write(record)

        rules = Rules(Behaviour.UPSERT, "external_id")
        assignment = Assignment(NEVER_ASKED, Procedure(talk), rules, concurrency)
        self.outbox.collect(Workers(assignment, self.outbox).deliver(records))


def _code(delivered: Delivered) -> str | None:
    return delivered.outcome.code.value if delivered.outcome.code else None


def record(seq: int) -> Record:
    return Record(seq, str(seq), None, {}, f"hash {seq}")


def delivered(seq: int, outcome: Outcome = UPDATED) -> Delivered:
    return Delivered(seq, f"hash {seq}", outcome, utc_now())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, rows=10)


def test_a_known_outcome_is_in_the_journal_at_once(world):
    world.outbox.keep(delivered(1))

    assert [each.seq for each in world.unfinished().outcomes] == [1]
    assert world.table.batches == []


def test_outcomes_reach_the_ledger_in_batches(world):
    def one_by_one() -> Any:
        for seq in range(1, 8):
            world.outbox.keep(delivered(seq))
            yield

    world.outbox.collect(one_by_one())

    assert [len(batch) for batch in world.table.batches] == [3, 3, 1]
    assert world.outbox.empty
    assert world.tally.counts()["updated"] == 7


def test_an_outcome_without_a_call_is_not_in_the_journal(world):
    world.outbox.add(delivered(1, unchanged("65f1", None)))
    world.outbox.collect(generator())

    assert world.unfinished().outcomes == []
    assert world.table.codes() == {1: None}
    assert world.tally.counts()["unchanged"] == 1


def test_the_journal_knows_of_an_announcement_before_the_ledger(world):
    world.table.fault = Fault(1)
    with pytest.raises(WarehouseFailed):
        world.outbox.announce([record(1), record(2)])

    assert world.unfinished().never_sent == [1, 2]
    assert world.table.batches == []


def test_an_announcement_that_the_journal_cannot_hold_is_not_made(world):
    world.fill_the_disk()
    with pytest.raises(Exception, match="could not be written"):
        world.outbox.announce([record(1)])

    assert world.table.batches == []
    assert world.outbox.empty


def test_what_was_announced_and_not_sent_is_unreachable(world):
    world.outbox.announce([record(1), record(2)])
    assert world.table.codes() == {1: "maybe_delivered", 2: "maybe_delivered"}
    assert not world.outbox.empty

    world.send(lambda _: UPDATED, iter([record(1)]))
    assert world.table.codes() == {1: None, 2: "unreachable"}
    assert world.outbox.empty


def test_a_journal_line_precedes_a_request_that_cannot_repeat(world):
    world.outbox.sending(record(1))

    assert world.unfinished().unsure == [1]


def test_a_request_that_was_not_done_is_taken_back(world):
    world.outbox.announce([record(1)])
    world.outbox.sending(record(1))
    assert world.unfinished().never_sent == []
    world.outbox.undone(record(1))
    assert world.unfinished().never_sent == [1]


def test_what_a_mistake_of_ours_interrupted_may_be_delivered(world):
    """The request had left when the program failed: what is not known to be undone is not sent again."""

    def write(sent: Record) -> Outcome:
        world.outbox.sending(sent)
        raise ZeroDivisionError

    world.outbox.announce([record(1), record(2)])
    with pytest.raises(ZeroDivisionError):
        world.send(write, iter([record(1)]), concurrency=1)
    assert world.table.codes() == {1: "maybe_delivered", 2: "unreachable"}


def test_a_full_disk_leaves_it_open_what_was_done(world):
    world.outbox.sending(record(1))
    world.fill_the_disk()
    world.outbox.undone(record(1))
    assert world.unfinished().unsure == [1]


def test_a_full_disk_ends_the_run_and_keeps_the_outcome(world):
    world.fill_the_disk()
    world.send(lambda _: UPDATED, iter([record(seq) for seq in range(1, 9)]), concurrency=1)

    assert world.stop
    assert "could not be written" in world.stop.reason
    assert world.table.codes() == {1: None}
    assert world.outbox.empty


def test_calls_in_flight_finish_when_the_ledger_refuses(world):
    last_began, refused = threading.Event(), threading.Event()

    class Refusing(Table):
        def append(self, *_: Any) -> None:
            refused.set()
            raise WarehouseFailed("refused")

    world.ledger = Refusing()

    def write(sent: Record) -> Outcome:
        if sent.seq == 4:
            last_began.set()
            assert refused.wait(20)
        assert last_began.wait(20)
        return UPDATED

    with pytest.raises(WarehouseFailed):
        world.send(write, iter([record(seq) for seq in range(1, 5)]))

    assert {each.seq for each in world.unfinished().outcomes} == {1, 2, 3, 4}
    assert world.tally.counts()["updated"] == 4
    assert not world.outbox.empty


def test_no_worker_waits_for_the_ledger(world):
    """The first batch is written when the last record has been sent."""
    sent: list[int] = []
    all_sent = threading.Event()

    class Slow(Table):
        def append(self, *arguments: Any) -> None:
            assert all_sent.wait(20), "a worker has waited"
            super().append(*arguments)

    world.ledger = world.table = Slow()

    def write(each: Record) -> Outcome:
        sent.append(each.seq)
        if len(sent) == 40:
            all_sent.set()
        return UPDATED

    world.send(write, iter([record(seq) for seq in range(1, 41)]))
    assert len(world.table.codes()) == 40


def test_too_many_failures_stop_the_rest_before_the_ledger_knows(world):
    """The thread that counts may be at the ledger for long, and workers go on meanwhile."""
    activation = SimpleNamespace(max_failed=AtMost(count=2), warn=())
    watch = Breaker(activation, 10)
    outbox = Outbox(world, Destination(RUN, "stage_1", "main.stage_1"), world.tally, watch=watch)
    for seq in range(1, FIRST_AT_LEAST + 1):
        assert not outbox.stopped
        outbox.keep(delivered(seq, REJECTED))

    assert outbox.stopped
    assert world.table.batches == []


def test_workers_go_on_where_no_thread_more_is_given(world, monkeypatch):
    started, start = [], threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith("intercom") and len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    world.send(lambda _: UPDATED, map(record, range(1, 11)), concurrency=8)

    assert sorted(world.table.codes()) == list(range(1, 11))


@pytest.mark.parametrize(("wanted", "most"), [(None, FEWEST), (3, 3)], ids=["as needed", "as told"])
def test_no_more_threads_are_made_than_are_wanted(world, wanted, most):
    threads: set[int] = set()

    def write(_: Record) -> Outcome:
        threads.add(threading.get_ident())
        return UPDATED

    world.send(write, iter([record(seq) for seq in range(1, 101)]), wanted)
    assert 1 <= len(threads) <= most


def generator() -> Any:
    yield from ()


faults = st.builds(Fault, st.integers(0, 6), st.sampled_from(RAISED), st.booleans())
steps = st.lists(st.sampled_from(sorted(ENDINGS)), max_size=12)
announced_ones = st.sets(st.integers(1, 12))


@dataclass
class Story:
    """Records, what becomes of each, and what goes wrong meanwhile."""

    world: World
    endings: list[str]
    announced: set[int]
    disk_full_at: int
    """The record whose worker finds the disk full."""
    pages: Fault
    known: dict[int, str | None] = field(default_factory=dict)
    """What workers came to know, and its code."""

    def records(self) -> Iterator[Record]:
        for seq in range(1, len(self.endings) + 1):
            self.pages.pass_by()
            if seq in self.announced:
                self.world.outbox.announce([record(seq)])
            yield record(seq)

    def write(self, sent: Record) -> Outcome:
        if sent.seq in self.announced:
            assert sent.seq in self.world.table.codes(), "it is sent before it was announced"
        if sent.seq == self.disk_full_at:
            self.world.fill_the_disk()
        name = self.endings[sent.seq - 1]
        if name in KNOWN:
            self.known[sent.seq] = KNOWN[name]
        ending = ENDINGS[name]
        if isinstance(ending, Exception):
            raise ending
        return replace(ending, request_id=str(sent.seq))


@given(
    endings=steps,
    announced=announced_ones,
    disk_full_at=st.integers(0, 12),
    append=faults,
    beat=faults,
    pages=faults,
)
def test_no_known_outcome_is_lost_whatever_is_raised(
    tmp_path_factory: pytest.TempPathFactory,
    endings: list[str],
    announced: set[int],
    disk_full_at: int,
    append: Fault,
    beat: Fault,
    pages: Fault,
):
    world = World(tmp_path_factory.mktemp("run"), Table(append), Pulse(beat), rows=len(endings))
    story = Story(world, endings, announced, disk_full_at, pages)
    # What a bug, a refusal or Ctrl-C comes to is the caller's: here only what is left counts.
    with suppress(Exception, KeyboardInterrupt):
        world.send(story.write, story.records())
    check(story)
    world.journal.close()


def check(story: Story) -> None:
    world, known = story.world, story.known
    told, journalled = world.table.codes(), {each.seq: _code(each) for each in world.unfinished().outcomes}
    if world.outbox.empty:
        assert {seq: told.get(seq, "nothing") for seq in known} == known
        assert {told[seq] for seq in told.keys() - known.keys()} <= {"unreachable"}
    elif not story.disk_full_at:
        assert {seq: journalled.get(seq, "nothing") for seq in known} == known
    counts, failed = world.tally.counts(), [code for code in known.values() if code is not None]
    assert counts["updated"] == len(known) - len(failed)
    assert counts["failed"] == len(failed)
    assert sum(world.tally.failures.values()) == len(failed)
    assert counts["rows"] == counts["updated"] + counts["failed"] + counts["pending"]
    maybe = {seq for seq, code in told.items() if code == "maybe_delivered"} - known.keys()
    assert not maybe or not world.outbox.empty
    if not story.disk_full_at:
        assert maybe <= set(world.unfinished().announced)


# Signs of life, and what is told to whom


def one_by_one(world: World, count: int) -> Iterator[None]:
    for seq in range(1, count + 1):
        world.outbox.keep(delivered(seq))
        yield


def test_each_outcome_is_a_chance_to_show_life(world):
    world.outbox.collect(one_by_one(world, 4))
    assert world.pulse.fault.calls == 4


def test_a_worker_that_gets_no_answer_lets_life_be_shown(world, monkeypatch):
    """Intercom may answer nothing but 429 for minutes, and another run would take the place of this one."""
    monkeypatch.setattr(workers, "IDLE_SECONDS", 0.001)
    shown = threading.Event()
    monkeypatch.setattr(world.pulse, "heartbeat", shown.set)

    def write(_: Record) -> Outcome:
        assert shown.wait(20), "nobody has shown a sign of life"
        return UPDATED

    world.send(write, iter([record(1)]))
    assert world.table.codes() == {1: None}


def test_a_run_that_lost_its_place_sends_no_more(world):
    world.pulse.fault = Fault(1, Interrupted("another run took the place"))
    with pytest.raises(Interrupted):
        world.send(lambda _: UPDATED, iter([record(seq) for seq in range(1, 4)]), concurrency=1)

    assert world.table.codes().keys() == {each.seq for each in world.unfinished().outcomes}
    assert world.outbox.empty


def test_progress_is_told_of_every_outcome(tmp_path):
    world = World(tmp_path, rows=5)
    told: list[int] = []
    outbox = Outbox(
        world,
        Destination(RUN, "stage_1", "main.stage_1"),
        world.tally,
        lambda: told.append(world.tally.counts()["updated"]),
    )
    world.outbox = outbox
    outbox.add(delivered(5))
    outbox.collect(one_by_one(world, 3))
    assert told == [1, 2, 3, 4]


def test_an_announcement_of_nobody_is_none(world):
    before = (world.folder / "intercom_activate" / "journal-run.jsonl").read_bytes()
    world.outbox.announce([])

    assert world.table.batches == []
    assert (world.folder / "intercom_activate" / "journal-run.jsonl").read_bytes() == before


def test_what_is_announced_and_taken_back_says_so(tmp_path):
    moment = utc_now()
    world = World(tmp_path, now=lambda: moment)
    world.outbox.announce([record(2), record(1)])
    world.outbox.collect(generator())

    said, taken_back = world.table.batches
    assert [(each.seq, each.payload_hash, each.delivered_at) for each in said] == [
        (2, "hash 2", moment),
        (1, "hash 1", moment),
    ]
    assert [(each.seq, each.payload_hash, each.delivered_at) for each in taken_back] == [
        (1, None, moment),
        (2, None, moment),
    ]
    assert {each.outcome.message for each in taken_back} == {"not sent: the run ended before"}


def test_a_full_batch_without_calls_is_flushed_at_once(world):
    for seq in range(1, 4):
        world.outbox.add(delivered(seq, unchanged("65f1", None)))
    assert [len(batch) for batch in world.table.batches] == [3]


def test_an_outbox_stops_with_its_run(world):
    assert not world.outbox.stopped
    world.stop.set("time is over")
    assert world.outbox.stopped
    assert world.outbox.empty


def test_outcomes_that_nobody_counted_are_not_forgotten(world):
    world.outbox.keep(delivered(1))
    assert not world.outbox.empty
    world.outbox.collect(generator())
    assert world.table.codes() == {1: None}
    assert world.outbox.empty


def test_an_unanswered_record_is_dated_when_it_began(tmp_path):
    """A later run compares it with what Intercom says of when a contact was made."""
    moments = iter([utc_now().replace(microsecond=number) for number in range(10)])
    began = []
    world = World(tmp_path, now=lambda: began.append(next(moments)) or began[-1])

    def write(_: Record) -> Outcome:
        raise Unreachable("no answer")

    world.send(write, iter([record(1)]))
    ((row,),) = world.table.batches
    assert (row.outcome.code, row.delivered_at) == (Code.UNREACHABLE, began[0])


def test_an_announcement_that_the_ledger_refused_may_stand_there(world):
    """The warehouse may have written it and lost the answer, so the next run has to look."""
    world.table.fault = Fault(1)
    with pytest.raises(WarehouseFailed):
        world.outbox.announce([record(1)])
    assert not world.outbox.empty


def test_what_is_known_is_written_before_announcements_are_taken_back(world):
    world.outbox.announce([record(1), record(2)])
    world.send(lambda _: UPDATED, iter([record(1)]))
    assert [[each.seq for each in batch] for batch in world.table.batches] == [[1, 2], [1], [2]]
