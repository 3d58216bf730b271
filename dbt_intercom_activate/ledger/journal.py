"""What a run has done, on the local disk the moment it is known: what a killed run leaves to the next one.

One file per run under the target path, one JSON document per line. It holds sequence numbers, codes, ids and hashes,
and no value of any record. `journal_reading` reads it.
"""

from __future__ import annotations

import errno
import json
import os
import re
import threading
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.clock import as_text
from dbt_intercom_activate.errors import JournalFailed, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from io import FileIO
    from pathlib import Path

    from dbt_intercom_activate.ledger.outcomes import ActivationRun
    from dbt_intercom_activate.outcomes.outcome import Delivered

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
        self,
        run: ActivationRun,
        dbt_target: str,
        stage: str,
        relation: str,
        counts: Mapping[str, int],
        server_time: int | None = None,
    ) -> None:
        """An activation is staged and about to be sent.

        Args:
            dbt_target: The output of the profile, whose warehouse holds the stage.
            relation: The stage's full name there.
            server_time: Unix seconds by Intercom's clock; None where it is not known.
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
                "server_time": server_time,
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
                "attempted_at": delivered.attempted_at,
            }
        )

    def announced(self, stage: str, seqs: Sequence[int]) -> None:
        """The ledger calls these `maybe_delivered`, a moment before they are sent."""
        self._write({"stage": stage, "announced": list(seqs)})

    def sending(self, stage: str, seq: int) -> None:
        """A request that Intercom could not recognise if it were repeated is about to be sent."""
        self._write({"stage": stage, "sending": seq})

    def undone(self, stage: str, seq: int) -> None:
        """What was about to be sent was not carried out for certain."""
        self._write({"stage": stage, "undone": seq})

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
        text = with_sum(json.dumps(line, separators=(",", ":"))) + "\n"
        with self._lock:
            try:
                self._append(text.encode())
            except OSError as error:
                raise JournalFailed(
                    Message(
                        "journal-unwritable",
                        f"the journal {self._path} could not be written: {error.strerror}. Nothing more was sent; "
                        "make room under the target path, and run again",
                    )
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


_SUM = re.compile(r',"sum":"([0-9a-f]{8})"}$')


def with_sum(document: str) -> str:
    """A line with a sum over itself as its last key: damage to a number would otherwise be another record's outcome."""
    return f'{document[:-1]},"sum":"{_sum_of(document)}"}}'


def without_sum(line: str) -> str:
    """The document that `with_sum` was given; a line without a sum as it is.

    Raises:
        ValueError: It is not what was written.
    """
    found = _SUM.search(line)
    if found is None:
        return line
    document = f"{line[: found.start()]}}}"
    if _sum_of(document) != found[1]:
        raise ValueError("damaged")
    return document


def _sum_of(document: str) -> str:
    return f"{zlib.crc32(document.encode()):08x}"
