"""What a run writes to its journal is what the next one reads: every key, every border, and in which order."""

from __future__ import annotations

import dataclasses
import json
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.errors import JournalFailed
from dbt_intercom_activate.ledger.journal import FOLDER, Journal, with_sum
from dbt_intercom_activate.ledger.journal_reading import Home, left_by_dead_runs, read_journal
from dbt_intercom_activate.ledger.outcomes import ActivationRun
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

STAGE, RELATION = "stage_1", '"db"."intercom_activate"."stage_1"'
RUN = ActivationRun("run", "shop", "abc", "production", "pé", "contact", "external_id", "origin")
BEGUN = datetime(2024, 2, 29, 23, 59, 59, 999_999)  # noqa: DTZ001 (UTC, as everywhere)
FULL_DISK = Path("/dev/full")

pytestmark = pytest.mark.usefixtures("journal")
needs_a_full_disk = pytest.mark.skipif(not FULL_DISK.exists(), reason="needs /dev/full")


def delivered(seq: int, outcome: Outcome | None = None) -> Delivered:
    return Delivered(seq, f"hash {seq}", outcome or Outcome(Operation.UPDATE, intercom_id="65f1"), utc_now())


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """With one activation begun."""
    journal = Journal(tmp_path, "run", lambda: BEGUN)
    journal.begin(RUN, "dev", STAGE, RELATION, {"rows": 4, "pending": 4})
    return journal


@pytest.fixture
def left(tmp_path: Path) -> Callable[..., Any]:
    """Read what the journal says so far, with these lines added."""

    def reading(*lines: bytes | dict[str, Any]) -> Any:
        (path,) = left_by_dead_runs(tmp_path)
        with path.open("ab") as file:
            for line in lines:
                file.write((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")
        return read_journal(path)

    return reading


OUTCOMES = [
    Outcome(Operation.ATTACH, None, None, "65f1", "t1", http_status=200, request_id="r1", unarchived=True),
    Outcome(Operation.NONE),
    Outcome(Operation.INSERT, Code.REJECTED, "Intercom's own words", "65f2", None, http_status=422),
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=["all that there is", "nothing but success", "a failure"])
def test_an_outcome_is_read_as_it_was_written(journal, left, outcome):
    written = delivered(7, outcome)
    journal.record(STAGE, written)
    (unfinished,) = left().unfinished

    said = None if outcome.code is None else "recovered from the journal of a run that was ended from outside"
    expected = dataclasses.replace(written, outcome=dataclasses.replace(outcome, message=said))
    assert unfinished.outcomes == [expected], "all but Intercom's words, which may hold values"


def test_a_beginning_is_read_as_it_was_written(left):
    (unfinished,) = left().unfinished
    assert (unfinished.run, unfinished.started_at) == (RUN, BEGUN)
    assert unfinished.home == Home("dev", STAGE, RELATION)
    assert unfinished.counts == {"rows": 4, "pending": 4}


@pytest.mark.parametrize(("seq", "known"), [(0, True), (2**63 - 1, True), (2**63, False)])
def test_a_number_that_no_warehouse_takes_is_told(journal, left, seq, known):
    journal.sending(STAGE, seq)
    found = left()
    assert (set(found.unfinished[0].sent), found.unread) == (({seq}, ()) if known else (set(), (2,)))


def test_a_request_that_was_not_done_is_taken_back(journal, left):
    """Each request for itself: the second of two may have been done, or the first."""
    journal.announced(STAGE, [1, 2])
    for seq in (1, 2, 2, 3, 4):
        journal.sending(STAGE, seq)
    for seq in (1, 2, 3):
        journal.undone(STAGE, seq)
    (unfinished,) = left().unfinished
    assert (unfinished.never_sent, unfinished.unsure) == ([1], [4])


def test_a_line_about_one_record_raises_doubt_about_it_alone(journal, left):
    journal.announced(STAGE, [3, 4])
    (unfinished,) = left({"stage": STAGE, "seq": 4, "code": "too_green"}).unfinished
    assert unfinished.never_sent == [3], "4 may have been sent"


@pytest.mark.parametrize(
    "line",
    [
        {"stage": [1], "seq": 3},
        {"stage": 5, "seq": 3},
        {"begin": 5, "stage": "stage_2", "seq": 3},
        {"seq": 3},
    ],
    ids=["a list", "a number", "another stage", "no stage"],
)
def test_a_line_of_nobody_knows_what_raises_doubt(journal, left, line):
    journal.announced(STAGE, [3, 4])
    found = left(line)
    assert (found.unfinished[0].never_sent, found.unread) == ([], (3,))


def test_an_orphaned_line_raises_doubt_about_its_stage_only(journal, left):
    journal.announced(STAGE, [3])
    found = left({"stage": "stage_2", "sending": 1})
    assert (found.unfinished[0].never_sent, found.unread) == ([3], (3,))


def test_a_line_cut_off_in_a_letters_code_is_ignored(tmp_path):
    (path,) = left_by_dead_runs(tmp_path)
    whole = path.read_bytes()
    assert rb"p\u00e9" in whole
    for length in range(whole.index(rb"\u00e9"), whole.index(rb"\u00e9") + 7):
        path.write_bytes(whole[:length])
        assert read_journal(path).unread == (), whole[:length][-10:]


def test_a_whole_line_with_a_damaged_end_is_told(left):
    damaged = with_sum('{"stage":"stage_1","sending":3}')[:-2] + "x}"
    assert left(damaged.encode()).unread == (2,)


def test_a_line_that_began_otherwise_was_not_cut_off(left):
    assert left(b'["stage').unread == (2,)


def test_a_run_that_sends_nothing_leaves_no_journal(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    Journal(elsewhere, "run", utc_now).close()
    assert not (elsewhere / FOLDER).exists()


def test_a_journal_goes_when_its_last_stage_has_ended(tmp_path, journal):
    journal.begin(RUN, "dev", "stage_2", RELATION, {})
    journal.end(STAGE)
    (path,) = left_by_dead_runs(tmp_path)
    assert [each.home.stage for each in read_journal(path).unfinished] == ["stage_2"]
    journal.end("stage_2")
    assert read_journal(path).unfinished == ()
    journal.close()
    assert left_by_dead_runs(tmp_path) == []
    journal.close()


def test_a_journal_stays_while_a_stage_has_not_ended(tmp_path, journal):
    journal.begin(RUN, "dev", "stage_2", RELATION, {})
    journal.end("stage_2")
    journal.close()
    assert len(left_by_dead_runs(tmp_path)) == 1


@needs_a_full_disk
def test_an_end_that_the_disk_refuses_is_no_error(tmp_path, journal):
    journal._file = FULL_DISK.open("ab", buffering=0)
    journal.end(STAGE)
    journal.close()
    assert left_by_dead_runs(tmp_path) == [], "all of it stands in the ledger"


@needs_a_full_disk
def test_a_full_disk_is_said_with_the_journals_place(journal):
    journal._file = FULL_DISK.open("ab", buffering=0)
    for write in (
        lambda: journal.record(STAGE, delivered(1)),
        lambda: journal.sending(STAGE, 1),
        lambda: journal.announced(STAGE, [1]),
        lambda: journal.begin(RUN, "dev", "stage_2", RELATION, {}),
    ):
        with pytest.raises(JournalFailed, match=r"journal-run\.jsonl could not be written: No space left"):
            write()


def test_a_write_of_a_part_is_a_full_disk(journal):
    class TakesOneByte:
        def write(self, line: bytes) -> int:
            del line
            return 1

    journal._file = TakesOneByte()
    with pytest.raises(JournalFailed, match="No space left"):
        journal.sending(STAGE, 1)


def test_every_line_is_with_the_kernel_at_once(tmp_path, journal):
    """A kill of the process loses none: no line waits in a buffer."""
    (path,) = left_by_dead_runs(tmp_path)
    for seq in range(1, 4):
        journal.record(STAGE, delivered(seq))
        assert path.read_bytes().count(b"\n") == seq + 1


def test_lines_of_many_threads_do_not_mix(tmp_path, journal):
    threads = [
        threading.Thread(
            target=lambda first=first: [journal.sending(STAGE, first + each) for each in range(50)]
        )
        for first in (0, 100, 200, 300)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    (path,) = left_by_dead_runs(tmp_path)
    found = read_journal(path)
    assert (len(found.unfinished[0].sent), found.unread) == (200, ())


def test_a_closed_journal_holds_no_file_open(journal):
    file = journal._file
    journal.close()
    assert file.closed


def test_a_journal_that_cannot_be_removed_is_no_error(journal, monkeypatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError

    journal.end(STAGE)
    monkeypatch.setattr(Path, "unlink", refuse)
    journal.close()
