"""What the journals of dead runs say, whatever their lines look like.

A disk, another version of this program or a person may have left anything in such a file. Each line stands for itself:
one that cannot be read is told by its number, and takes no other with it. A line that was cut off, by a kill or a full
disk, is ignored: nothing was sent before it was whole, and the outcome in it was never known.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeGuard

from dbt_intercom_activate.clock import from_text
from dbt_intercom_activate.ledger.journal import FOLDER, without_sum
from dbt_intercom_activate.ledger.outcomes import ActivationRun
from dbt_intercom_activate.outcomes.codes import CODES
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LARGEST = 2**63 - 1
"""Of a whole number that every warehouse takes."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where the stage of an activation stands."""

    dbt_target: str
    stage: str
    relation: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An activation that a dead run began and did not end."""

    run: ActivationRun
    home: Home
    counts: Mapping[str, int]
    started_at: datetime
    server_time: int | None = None
    """Unix seconds by Intercom's clock, before anything was sent; None where it is not known."""
    outcomes: list[Delivered] = field(default_factory=list)
    announced: set[int] = field(default_factory=set)
    sent: Counter[int] = field(default_factory=Counter)
    """How many requests each record began, less those that were not carried out for certain."""
    unread: set[int] = field(default_factory=set)
    """Records of which a line tells more than can be read."""
    doubtful: bool = False
    """Whether a line that cannot be read may tell of any record here that it was sent."""

    @property
    def never_sent(self) -> list[int]:
        """What was announced to the ledger, and then not even begun; nothing where that is not certain."""
        if self.doubtful:
            return []
        return sorted(self.announced - self._perhaps_done - self.unread - self._known)

    @property
    def unsure(self) -> list[int]:
        """What was sent though nobody could foresee it: a contact that is made again, since its id was gone."""
        return sorted(self._perhaps_done - self.announced - self._known)

    @property
    def _perhaps_done(self) -> set[int]:
        return {seq for seq, requests in self.sent.items() if requests > 0}

    @property
    def _known(self) -> set[int]:
        return {each.seq for each in self.outcomes}


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What the journal of a dead run says."""

    unfinished: tuple[Unfinished, ...]
    homes: frozenset[Home]
    """Of the stages that it does not end, also where it cannot be read whose they are."""
    unread: tuple[int, ...]
    """The numbers, from 1, of the lines that cannot be read, or not wholly."""


def left_by_dead_runs(target_path: Path) -> list[Path]:
    """The journals that earlier runs left; the caller holds the lock, so those runs are dead."""
    return sorted((target_path / FOLDER).glob("journal-*.jsonl"))


def read_journal(path: Path) -> LeftBehind:
    """What a dead run began and did not end.

    Raises:
        OSError: The file cannot be opened or read; nothing that stands in it raises anything.
    """
    reading = _Reading()
    # Not `splitlines`, which also ends a line where damage has put one of the other marks that may end it.
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        reading.take(number, line)
    return reading.done()


class _Unreadable(Exception):
    """A line does not say what it must."""


class _Reading:
    """What was read so far of one journal."""

    def __init__(self) -> None:
        self._begun: dict[str, Unfinished] = {}
        self._homes: dict[str, Home] = {}
        self._ended: set[str] = set()
        self._unread: list[int] = []
        self._orphans: dict[int, str] = {}
        """Lines about a stage of which no line before them says that it began."""
        self._doubtful: set[str] = set()
        self._all_doubtful = False

    def take(self, number: int, text: bytes) -> None:
        """Read one line, or note that it cannot be read."""
        line = _parse(text)
        if line is None:
            return
        try:
            strange = self._understand(line, number)
        except _Unreadable:
            strange = True
            self._doubt(line)
        if strange:
            self._unread.append(number)

    def done(self) -> LeftBehind:
        """All that the lines said."""
        unfinished = [each for stage, each in self._begun.items() if stage not in self._ended]
        orphans = [number for number, stage in self._orphans.items() if stage not in self._ended]
        return LeftBehind(
            unfinished=tuple(self._with_doubt(each) for each in unfinished),
            homes=frozenset(home for stage, home in self._homes.items() if stage not in self._ended),
            unread=tuple(sorted({*self._unread, *orphans})),
        )

    def _with_doubt(self, unfinished: Unfinished) -> Unfinished:
        doubtful = self._all_doubtful or unfinished.home.stage in self._doubtful
        return Unfinished(**_as_arguments(unfinished) | {"doubtful": doubtful})

    def _understand(self, line: Mapping[str, Any], number: int) -> bool:
        """Take what a line says; returns whether it says more than is known here.

        Raises:
            _Unreadable: It says less, or something else.
        """
        if "begin" in line:
            self._begin(line)
            return _has_more(line, _BEGIN) or _has_more(line["begin"], _RUN)
        if "end" in line:
            self._ended.add(_text(line, "end"))
            return _has_more(line, {"end"})
        stage = _text(line, "stage")
        if stage not in self._begun:
            self._orphans[number] = stage
            self._doubtful.add(stage)
            return False
        return _add(self._begun[stage], line)

    def _begin(self, line: Mapping[str, Any]) -> None:
        stage = _text(line, "stage")
        if not stage.startswith("stage_"):
            raise _Unreadable
        home = Home(_text(line, "target"), stage, _text(line, "relation"))
        self._homes[stage] = home  # first: whose it is can be told even where the rest cannot be read
        self._begun[stage] = Unfinished(
            run=_run(_mapping(line, "begin")),
            home=home,
            counts={name: _whole(value) for name, value in _mapping(line, "counts").items()},
            started_at=_moment(line, "started_at"),
            server_time=_later_whole(line, "server_time"),
        )

    def _doubt(self, line: Mapping[str, Any]) -> None:
        """A line that cannot be read may have told that a record was sent: of which one, of which stage?"""
        stage, seq = line.get("stage"), line.get("seq")
        if not isinstance(stage, str) or stage not in self._begun:
            self._all_doubtful = True
        elif _is_number(seq):
            self._begun[stage].unread.add(seq)
        else:
            self._doubtful.add(stage)


def _as_arguments(unfinished: Unfinished) -> dict[str, Any]:
    return {each.name: getattr(unfinished, each.name) for each in fields(unfinished)}


_BEGIN = {"begin", "target", "stage", "relation", "counts", "started_at", "server_time"}
_RUN = {each.name for each in fields(ActivationRun)}
_OUTCOME = {
    "stage",
    "seq",
    "operation",
    "code",
    "intercom_id",
    "related_id",
    "http_status",
    "request_id",
    "unarchived",
    "payload_hash",
    "delivered_at",
    "attempted_at",
}


def _has_more(line: Mapping[str, Any], known: set[str]) -> bool:
    return not line.keys() <= known


def _add(unfinished: Unfinished, line: Mapping[str, Any]) -> bool:
    if "announced" in line:
        seqs = line["announced"]
        if not isinstance(seqs, list):
            raise _Unreadable
        unfinished.announced.update([_whole(seq) for seq in seqs])
        return _has_more(line, {"stage", "announced"})
    if "sending" in line:
        unfinished.sent[_whole(line["sending"])] += 1
        return _has_more(line, {"stage", "sending"})
    if "undone" in line:
        unfinished.sent[_whole(line["undone"])] -= 1
        return _has_more(line, {"stage", "undone"})
    unfinished.outcomes.append(_delivered(line))
    return _has_more(line, _OUTCOME)


def _parse(text: bytes) -> dict[str, Any] | None:
    """A line's document; None where there is none: it is empty, or was cut off. Without a key where it is damaged."""
    if not text.strip():
        return None
    try:
        decoded = text.decode("utf-8")
        line = json.loads(without_sum(decoded))
    except json.JSONDecodeError as error:
        return None if _was_cut_off(decoded, error) else {}
    except (ValueError, RecursionError):
        return {}
    return line if isinstance(line, dict) else {}


_CUT_OFF = re.compile(r"|n|nu|nul|t|tr|tru|f|fa|fal|fals|-")
"""What may be left of a word or a number where a line is cut off in it."""
_CUT_ESCAPE = re.compile(r"\\u[0-9a-f]{0,4}$")
"""Python calls a whole one at the very end invalid, too."""


def _was_cut_off(text: str, error: json.JSONDecodeError) -> bool:
    """Whether a line is the beginning of one that this program writes: they all begin so."""
    if not text.startswith('{"'[: len(text)]):
        return False
    if error.msg.startswith("Unterminated string"):
        return not text.endswith("}")  # else it is whole, and its last quotation mark is damaged
    return bool(_CUT_OFF.fullmatch(text[error.pos :]) or _CUT_ESCAPE.search(text))


def _run(run: Mapping[str, Any]) -> ActivationRun:
    texts = {name: _text(run, name) for name in _RUN - {"identifier", "generation"}}
    return ActivationRun(
        identifier=_text_or_none(run, "identifier"), generation=_later_whole(run, "generation"), **texts
    )


def _delivered(line: Mapping[str, Any]) -> Delivered:
    written, operation = _text_or_none(line, "code"), _text(line, "operation")
    if (written is not None and written not in CODES) or operation not in _OPERATIONS:
        raise _Unreadable
    code = None if written is None else CODES[written]
    if not isinstance(line.get("unarchived"), bool) or "http_status" not in line:
        raise _Unreadable
    return Delivered(
        seq=_whole(line.get("seq")),
        payload_hash=_text_or_none(line, "payload_hash"),
        outcome=Outcome(
            operation=_OPERATIONS[operation],
            code=code,
            message="recovered from the journal of a run that was ended from outside" if code else None,
            intercom_id=_text_or_none(line, "intercom_id"),
            related_id=_text_or_none(line, "related_id"),
            http_status=None if line["http_status"] is None else _whole(line["http_status"]),
            request_id=_text_or_none(line, "request_id"),
            unarchived=line["unarchived"],
        ),
        delivered_at=_moment(line, "delivered_at"),
        attempted_at=_later_whole(line, "attempted_at"),
    )


_OPERATIONS = {each.value: each for each in Operation}


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def _whole(value: Any) -> int:
    if not _is_number(value):
        raise _Unreadable
    return value


def _later_whole(line: Mapping[str, Any], key: str) -> int | None:
    """A whole number that lines of older versions lack."""
    return None if line.get(key) is None else _whole(line[key])


def _text(line: Mapping[str, Any], key: str) -> str:
    """A text that every warehouse takes."""
    value = line.get(key)
    if not isinstance(value, str) or "\0" in value or _is_half(value):
        raise _Unreadable
    return value


def _is_half(text: str) -> bool:
    """Whether a text has half a pair of surrogates, which nothing can encode."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _text_or_none(line: Mapping[str, Any], key: str) -> str | None:
    if key not in line:
        raise _Unreadable
    return None if line[key] is None else _text(line, key)


def _mapping(line: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = line.get(key)
    if not isinstance(value, dict):
        raise _Unreadable
    return value


def _moment(line: Mapping[str, Any], key: str) -> datetime:
    try:
        return from_text(_text(line, key))
    except ValueError:
        raise _Unreadable from None
