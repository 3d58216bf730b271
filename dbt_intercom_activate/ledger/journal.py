"""What a run has done, on the local disk the moment it is known: what a killed run leaves to the next one.

One file per run under the target path, one JSON document per line. It holds sequence numbers, codes, ids and hashes,
and no value of any record. A line that was cut off by the kill is ignored: its outcome was never known.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import as_text, from_text
from dbt_intercom_activate.errors import JournalFailed
from dbt_intercom_activate.ledger.outcomes import ActivationRun
from dbt_intercom_activate.outcomes.codes import CODES
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from io import FileIO
    from pathlib import Path

FOLDER = "intercom_activate"
"""Below dbt's target path."""


class Journal:
    """The journal of one run; made with its first line. Workers write to it from their own threads."""

    def __init__(self, target_path: Path, run_id: str, now: Callable[[], datetime]) -> None:
        self._now = now
        self._path = target_path / FOLDER / f"journal-{run_id}.jsonl"
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._torn = False
        self._open_stages: set[str] = set()

    def begin(
        self, run: ActivationRun, dbt_target: str, stage: str, relation: str, counts: Mapping[str, int]
    ) -> None:
        """An activation is staged and about to be sent.

        Args:
            dbt_target: The output of the profile, whose warehouse holds the stage.
            relation: The stage's full name there.
        """
        self._open_stages.add(stage)
        self._write(
            {
                "begin": run.as_mapping(),
                "target": dbt_target,
                "stage": stage,
                "relation": relation,
                "counts": dict(counts),
                "started_at": as_text(self._now()),
            }
        )

    def record(self, stage: str, delivered: Delivered) -> None:
        """The outcome of one record is known."""
        outcome = delivered.outcome
        self._write(
            {
                "stage": stage,
                "seq": delivered.seq,
                "operation": outcome.operation.value,
                "code": outcome.code.value if outcome.code else None,
                "intercom_id": outcome.intercom_id,
                "related_id": outcome.related_id,
                "http_status": outcome.http_status,
                "request_id": outcome.request_id,
                "unarchived": outcome.unarchived,
                "payload_hash": delivered.payload_hash,
                "delivered_at": as_text(delivered.delivered_at),
            }
        )

    def announced(self, stage: str, seqs: Sequence[int]) -> None:
        """The ledger calls these `maybe_delivered`, a moment before they are sent."""
        self._write({"stage": stage, "announced": list(seqs)})

    def sending(self, stage: str, seq: int) -> None:
        """A request that Intercom could not recognise if it were repeated is about to be sent."""
        self._write({"stage": stage, "sending": seq})

    def end(self, stage: str) -> None:
        """Every outcome of the stage stands in the ledger, and the stage is dropped."""
        self._open_stages.discard(stage)
        with suppress(JournalFailed):  # the next run finds the stage dropped, and draws the same conclusion
            self._write({"end": stage})

    def close(self) -> None:
        """Remove the journal, unless the ledger lacks some of it: then the next run finds it."""
        with self._lock:
            if self._file is None:
                return
            self._file.close()
            self._file = None
            if not self._open_stages:
                with suppress(OSError):  # what is in it is known to have ended
                    self._path.unlink(missing_ok=True)

    def _write(self, line: Mapping[str, Any]) -> None:
        """Append a line.

        Raises:
            JournalFailed: The disk refused it.
        """
        text = json.dumps(line, separators=(",", ":")) + "\n"
        with self._lock:
            try:
                self._append(text.encode())
            except OSError as error:
                raise JournalFailed(
                    f"the journal {self._path} could not be written: {error.strerror}. Nothing more was sent; "
                    "make room under the target path, and run again"
                ) from None

    def _append(self, line: bytes) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered, to the kernel: survives our death, if not the machine's.
            self._file = self._path.open("ab", buffering=0)
        if self._torn:
            line = b"\n" + line  # what was written in part must not spoil this line
        self._torn = True
        if self._file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._torn = False


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An activation that a dead run began and did not end."""

    run: ActivationRun
    dbt_target: str
    stage: str
    relation: str
    counts: Mapping[str, int]
    started_at: datetime
    outcomes: list[Delivered] = field(default_factory=list)
    announced: set[int] = field(default_factory=set)
    sent: set[int] = field(default_factory=set)

    @property
    def never_sent(self) -> list[int]:
        """What was announced to the ledger, and then not even begun."""
        return sorted(self.announced - self.sent - self._known)

    @property
    def unsure(self) -> list[int]:
        """What was sent though nobody could foresee it: a contact that is made again, since its id was gone."""
        return sorted(self.sent - self.announced - self._known)

    @property
    def _known(self) -> set[int]:
        return {each.seq for each in self.outcomes}


def left_by_dead_runs(target_path: Path) -> list[Path]:
    """The journals that earlier runs left; the caller holds the lock, so those runs are dead."""
    return sorted((target_path / FOLDER).glob("journal-*.jsonl"))


def read_journal(path: Path) -> list[Unfinished]:
    """What a dead run began and did not end."""
    begun: dict[str, Unfinished] = {}
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        line = _parse(text)
        if line is None:
            continue
        if "begin" in line:
            begun[line["stage"]] = _unfinished(line)
        elif "end" in line:
            begun.pop(line["end"], None)
        elif line.get("stage") in begun:
            _add(begun[line["stage"]], line)
    return list(begun.values())


def _add(unfinished: Unfinished, line: Mapping[str, Any]) -> None:
    if "announced" in line:
        unfinished.announced.update(line["announced"])
    elif "sending" in line:
        unfinished.sent.add(line["sending"])
    else:
        unfinished.outcomes.append(_delivered(line))


def _parse(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None  # cut off by the kill
    return line if isinstance(line, dict) else None


def _unfinished(line: Mapping[str, Any]) -> Unfinished:
    return Unfinished(
        run=ActivationRun(**line["begin"]),
        dbt_target=line["target"],
        stage=line["stage"],
        relation=line["relation"],
        counts=line["counts"],
        started_at=from_text(line["started_at"]),
    )


def _delivered(line: Mapping[str, Any]) -> Delivered:
    code = CODES[line["code"]] if line["code"] else None
    return Delivered(
        seq=line["seq"],
        payload_hash=line["payload_hash"],
        outcome=Outcome(
            operation=Operation(line["operation"]),
            code=code,
            message="recovered from the journal of a run that was ended from outside" if code else None,
            intercom_id=line["intercom_id"],
            related_id=line["related_id"],
            http_status=line["http_status"],
            request_id=line["request_id"],
            unarchived=line["unarchived"],
        ),
        delivered_at=from_text(line["delivered_at"]),
    )
