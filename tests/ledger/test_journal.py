"""A journal is read line by line, whatever stands in it: no line spoils another, and what cannot be read is said."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.errors import JournalFailed
from dbt_intercom_activate.ledger.journal import Journal
from dbt_intercom_activate.ledger.journal_reading import left_by_dead_runs, read_journal
from dbt_intercom_activate.ledger.outcomes import ActivationRun
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome

if TYPE_CHECKING:
    from pathlib import Path

STAGE, RELATION = "stage_1", '"db"."intercom_activate"."stage_1"'
RUN = ActivationRun("run", "shop", "abc", "production", "people", "contact", None, "origin")
UPDATED = Outcome(Operation.UPDATE, intercom_id="65f1", http_status=200, request_id="r1")
REJECTED = Outcome(Operation.INSERT, Code.REJECTED, "no", http_status=422)


def delivered(seq: int, outcome: Outcome = UPDATED) -> Delivered:
    return Delivered(seq, f"hash {seq}", outcome, utc_now())


def written(folder: Path) -> list[bytes]:
    """The lines of a run that was killed: 1 and 2 are known, 3 was sent, 4 was announced only."""
    journal = Journal(folder, "run", utc_now)
    journal.begin(RUN, "dev", STAGE, RELATION, {"rows": 4, "pending": 4})
    journal.announced(STAGE, [2, 3, 4])
    journal.record(STAGE, delivered(1))
    journal.sending(STAGE, 2)
    journal.record(STAGE, delivered(2, REJECTED))
    journal.sending(STAGE, 3)
    journal.close()
    (path,) = left_by_dead_runs(folder)
    return path.read_bytes().splitlines(keepends=True)


@pytest.fixture
def lines(tmp_path):
    return written(tmp_path)


@pytest.fixture
def read(tmp_path):
    """Read a journal that holds these bytes."""

    def reading(*parts: bytes) -> Any:
        path = tmp_path / "journal.jsonl"
        path.write_bytes(b"".join(parts))
        return read_journal(path)

    return reading


def changed(line: bytes, **changes: Any) -> bytes:
    """A line with other keys, as another version would write it; those that are Ellipsis are left out."""
    document = json.loads(line) | {"sum": ...} | changes
    return json.dumps({key: value for key, value in document.items() if value is not ...}).encode() + b"\n"


def renamed(line: bytes, stage: str) -> bytes:
    return changed(line, stage=stage)


def test_a_whole_journal_is_read_wholly(read, lines):
    left = read(*lines)
    (unfinished,) = left.unfinished

    assert left.unread == ()
    assert (unfinished.run, unfinished.counts) == (RUN, {"rows": 4, "pending": 4})
    assert [(each.seq, each.outcome.code) for each in unfinished.outcomes] == [(1, None), (2, Code.REJECTED)]
    assert (unfinished.never_sent, set(unfinished.sent), unfinished.unsure) == ([4], {2, 3}, [])


@pytest.mark.parametrize("contents", [b"", b"\n", b"\n\n"])
def test_an_empty_journal_holds_nothing(read, contents):
    left = read(contents)
    assert (left.unfinished, left.unread) == ((), ())


def test_a_journal_ends_where_it_was_cut_off(read, lines):
    """At any byte: what stands before is read, and nothing is said, for nothing was lost."""
    whole = b"".join(lines)
    for length in range(len(whole)):
        left = read(whole[:length])
        complete = whole[:length].count(b"\n")
        assert left.unread == (), whole[:length][-20:]
        known = sum(each.seq for unfinished in left.unfinished for each in unfinished.outcomes)
        assert known >= (0 if complete < 3 else 1 if complete < 5 else 3)


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 4_096,
        b"\xff\xfe\x80",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[1, 2]",
        b"12",
        b"nonsense",
        b'{"stage":"stage_1","paused":true}',
        b'{"version":2}',
        b"1" * 5_000,
    ],
    ids=["zeros", "no text", "brackets", "nested", "list", "number", "word", "kind", "no stage", "digits"],
)
def test_a_line_that_cannot_be_read_is_told(read, lines, place, garbage):
    left = read(*lines[:place], garbage + b"\n", *lines[place:])
    (unfinished,) = left.unfinished

    assert left.unread == (place + 1,)
    assert [each.seq for each in unfinished.outcomes] == [1, 2]
    assert set(unfinished.sent) == {2, 3}
    assert unfinished.never_sent == [], "it may have told that 4 was sent"


BROKEN = {
    "seq": [..., "1", None, True, -1, 1.0, 2**70, [1]],
    "operation": [..., "teleport", None, 1, [], {}],
    "code": [..., "too_green", 1, [], {}],
    "intercom_id": [..., 1, "a\0", "\ud800", []],
    "related_id": [..., 1],
    "http_status": [..., "200", 2**70],
    "request_id": [..., {}],
    "unarchived": [..., None, "no"],
    "payload_hash": [..., 5],
    "delivered_at": [..., None, "yesterday", 5],
    "attempted_at": ["yesterday", -1, 1.5],
}


@pytest.mark.parametrize(("key", "value"), [(key, each) for key, values in BROKEN.items() for each in values])
def test_a_broken_outcome_is_told_and_never_guessed(read, lines, key, value):
    left = read(*lines[:4], changed(lines[4], **{key: value}), *lines[5:])
    (unfinished,) = left.unfinished

    assert left.unread == (5,)
    assert [each.seq for each in unfinished.outcomes] == [1]
    assert 2 not in unfinished.never_sent
    assert unfinished.never_sent == ([] if key == "seq" else [4])


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        (0, {"host": "laptop"}),
        (0, {"begin": {**RUN.as_mapping(), "cost": "5"}}),
        (1, {"because": "lead"}),
        (2, {"cost": 5}),
        (3, {"attempt": 2}),
    ],
)
def test_what_a_newer_version_adds_is_told(read, lines, place, changes):
    """All that is known here is taken from such a line."""
    lines[place] = changed(lines[place], **changes)
    left = read(*lines)
    (unfinished,) = left.unfinished

    assert left.unread == (place + 1,)
    assert [each.seq for each in unfinished.outcomes] == [1, 2]
    assert (unfinished.run, unfinished.never_sent) == (RUN, [4])


@pytest.mark.parametrize("key", ["begin", "stage", "relation", "counts", "started_at", "target"])
@pytest.mark.parametrize("value", [..., 5, None])
def test_a_beginning_that_cannot_be_read_loses_its_stage_only(read, lines, key, value):
    other = [renamed(line, "stage_2") for line in lines]
    left = read(changed(lines[0], **{key: value}), *lines[1:], *other)

    assert left.unread == (1, 2, 3, 4, 5, 6)
    (unfinished,) = left.unfinished
    assert unfinished.home.stage == "stage_2"
    assert [each.seq for each in unfinished.outcomes] == [1, 2]
    if key in ("begin", "counts", "started_at") and not (key == "begin" and value is ...):
        assert {each.stage for each in left.homes} == {"stage_1", "stage_2"}


def test_a_stage_that_is_none_of_ours_is_not_taken(read, lines):
    left = read(*[renamed(line, "customers") for line in lines])
    assert (left.unfinished, left.homes) == ((), frozenset())


@pytest.mark.parametrize(
    ("before", "after"), [(b'"seq":2', b'"seq":12'), (b'"65f1"', b'"65f2"'), (b'"update"', b'"insert"')]
)
def test_a_damaged_line_that_can_be_read_is_not_believed(read, lines, before, after):
    place = next(number for number, line in enumerate(lines) if before in line)
    lines[place] = lines[place].replace(before, after)
    left = read(*lines)

    assert left.unread == (place + 1,)
    assert len(left.unfinished[0].outcomes) == 1


def test_what_ended_is_not_missed(read, lines):
    end = b'{"end":"stage_1"}\n'
    assert read(*lines, end).unfinished == ()
    orphaned = read(*lines[1:], end)
    assert (orphaned.unfinished, orphaned.unread) == ((), ())


class FullForOnce:
    """A disk that is full during one write, of which it takes a part, and then has room again."""

    def __init__(self, file: Any, part: int) -> None:
        self._file, self._part = file, part
        self._full = True

    def write(self, line: bytes) -> int:
        if not self._full:
            return int(self._file.write(line))
        self._full = False
        written = int(self._file.write(line[: self._part]))
        if written:
            return written
        raise OSError(errno.ENOSPC, "No space left on device")

    def close(self) -> None:
        self._file.close()


@pytest.mark.parametrize("part", [0, 1, 2, 30, 100])
def test_a_line_in_part_does_not_spoil_the_next(tmp_path, part):
    journal = Journal(tmp_path, "run", utc_now)
    journal.begin(RUN, "dev", STAGE, RELATION, {"rows": 4, "pending": 4})
    journal._file = FullForOnce(journal._file, part)
    with pytest.raises(JournalFailed):
        journal.record(STAGE, delivered(1))
    journal.record(STAGE, delivered(2))
    journal.record(STAGE, delivered(3))
    journal.close()
    (path,) = left_by_dead_runs(tmp_path)
    left = read_journal(path)

    assert [each.seq for each in left.unfinished[0].outcomes] == [2, 3]
    assert left.unread == ()


@given(data=st.data(), splice=st.binary(min_size=1, max_size=40))
def test_spliced_bytes_touch_only_their_line(tmp_path_factory, data, splice):
    folder = tmp_path_factory.mktemp("spliced")
    lines = written(folder)
    whole = b"".join(lines)
    place = data.draw(st.integers(0, len(whole)))
    (path,) = left_by_dead_runs(folder)
    path.write_bytes(whole[:place] + splice + whole[place:])
    left = read_journal(path)

    hit = whole[:place].count(b"\n")
    at_end_of_line = place == 0 or whole[place - 1 : place] == b"\n"
    known = {each.seq for unfinished in left.unfinished for each in unfinished.outcomes}
    begun = hit != 0 or (at_end_of_line and splice.endswith(b"\n"))
    if begun:
        assert {1, 2} - known <= {{2: 1, 4: 2}.get(hit)}
    lost = {1, 2} - known
    assert not lost or left.unread, "what cannot be read is said"
    for unfinished in left.unfinished:
        assert not set(unfinished.never_sent) & {2, 3}, "what was sent is never called unsent"
