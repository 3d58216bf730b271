"""Many conversations with Intercom at once; one record's failure never stops the others."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from dbt_intercom_activate.codes import Code
from dbt_intercom_activate.delivery.procedure import LOOKUP_SIZE, Procedure
from dbt_intercom_activate.errors import ActivateError, AnswerLost, RequestFailed
from dbt_intercom_activate.intercom.client import converse
from dbt_intercom_activate.outcome import Delivered, Operation, Outcome
from dbt_intercom_activate.record import Record, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from dbt_intercom_activate.intercom.client import IntercomClient
    from dbt_intercom_activate.intercom.contacts import Contact

BACKLOG = 1_000
"""Records handed out ahead of the workers, so that they go on while a page is read or a batch is flushed."""

_Done: TypeAlias = "Delivered | Sequence[Delivered | tuple[Record, Sequence[Contact]]] | None"
"""An outcome; those of a group whose lookup failed; a group that was looked up; nothing, since the run is ending."""


class Workers:
    """Send records through one client, and hand back their outcomes as they come in.

    Args:
        client: Paces and repeats requests; safe to use from many threads.
        procedure: What is said about a record.
        concurrency: Conversations at once.
        keep: Called with each outcome the moment it is known, on the worker's thread.
        now: The UTC moment, without a zone.
        stop: Set from outside to end early: calls in flight finish, no new one begins.
    """

    def __init__(
        self,
        client: IntercomClient,
        procedure: Procedure,
        rules: Rules,
        *,
        concurrency: int,
        keep: Callable[[Delivered], None],
        now: Callable[[], datetime],
        stop: threading.Event,
    ) -> None:
        self._client = client
        self._procedure = procedure
        self._rules = rules
        self._concurrency = concurrency
        self._keep = keep
        self._now = now
        self._stop = stop
        self._halt = threading.Event()
        self._done: SimpleQueue[Future[_Done]] = SimpleQueue()
        self._tasks = 0
        self._records = 0
        self._error: ActivateError | None = None

    def deliver(self, records: Iterator[Record]) -> Iterator[Delivered]:
        """Yield an outcome per record; records without one are pending when an error ends this.

        Raises:
            CannotActivate: Intercom refuses what this activation needs.
            Stopped: The run has to end.
        """
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="intercom") as pool:
            try:
                exhausted = False
                while True:
                    if not exhausted and not self._halted():
                        exhausted = self._feed(pool, records)
                    if self._tasks == 0 and (exhausted or self._halted()):
                        break
                    yield from self._collect(pool)
            finally:
                self._halt.set()
        if self._error is not None:
            raise self._error

    def _halted(self) -> bool:
        return self._halt.is_set() or self._stop.is_set()

    def _feed(self, pool: ThreadPoolExecutor, records: Iterator[Record]) -> bool:
        """Hand out records until there is enough to do; True when there are no more."""
        group: list[Record] = []
        exhausted = False
        while self._records < BACKLOG or group:
            record = next(records, None)
            if record is None:
                exhausted = True
                break
            self._records += 1
            if not self._procedure.needs_lookup(self._rules, record):
                self._submit(pool, self._write, record, ())
                continue
            group.append(record)
            if len(group) == LOOKUP_SIZE:
                self._submit(pool, self._look_up, group)
                group = []
        if group:
            self._submit(pool, self._look_up, group)
        return exhausted

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[..., _Done], *arguments: object) -> None:
        self._tasks += 1
        pool.submit(work, *arguments).add_done_callback(self._done.put)

    def _collect(self, pool: ThreadPoolExecutor) -> Iterator[Delivered]:
        """Wait for one task; its result may be an outcome, or more tasks."""
        future = self._done.get()
        self._tasks -= 1
        try:
            result = future.result()
        except ActivateError as error:
            self._error = self._error or error
            self._halt.set()
            return
        for each in [result] if isinstance(result, Delivered) else result or []:
            if isinstance(each, Delivered):
                self._records -= 1
                yield each
            else:
                self._submit(pool, self._write, *each)

    def _look_up(self, group: list[Record]) -> _Done:
        if self._halted():
            return None
        wanted = [record.identifier for record in group if record.identifier]
        try:
            found = converse(self._client, self._procedure.search(self._rules, wanted))
        except RequestFailed as failure:
            outcome = Outcome(Operation.NONE, Code.UNREACHABLE, str(failure))
            return [self._kept(record, outcome, self._now()) for record in group]
        return [(record, found.get(record.identifier or "", ())) for record in group]

    def _write(self, record: Record, found: Sequence[Contact]) -> _Done:
        if self._halted():
            return None
        began = self._now()
        try:
            outcome = converse(self._client, self._procedure.write(self._rules, record, found))
            known_at = self._now()
        except RequestFailed as failure:
            code = Code.MAYBE_DELIVERED if isinstance(failure, AnswerLost) else Code.UNREACHABLE
            outcome = Outcome(Operation.NONE, code, str(failure), record.known_id)
            known_at = began  # when it may have been carried out, which is what a later run has to know
        return self._kept(record, outcome, known_at)

    def _kept(self, record: Record, outcome: Outcome, known_at: datetime) -> Delivered:
        delivered = Delivered(record.seq, record.payload_hash, outcome, known_at)
        self._keep(delivered)
        return delivered
