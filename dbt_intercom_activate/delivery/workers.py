"""Many conversations with Intercom at once; one record's failure never stops the others.

::

    records ─┬─ known ──────────────┬── write ──────────────────────► outcome
             └─ groups ─► look up ──┤
                                    └── resolve ─► batches ─► write ► outcomes

The thread that reads records puts them in a line, from which workers take the next step by themselves: none of them
waits while a page is read or outcomes are written to the ledger.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol, TypeAlias

from dbt_intercom_activate.binding.record import Record, Rules
from dbt_intercom_activate.delivery.adoptions import Adoptions
from dbt_intercom_activate.delivery.attempts import NotedAttempts
from dbt_intercom_activate.delivery.contact_lookup import search
from dbt_intercom_activate.delivery.notebook import Notebook
from dbt_intercom_activate.delivery.procedure import BATCH_SIZE, LOOKUP_SIZE, Batch, Procedure
from dbt_intercom_activate.errors import ActivateError, RequestFailed, Stopped
from dbt_intercom_activate.intercom.client import converse
from dbt_intercom_activate.intercom.concurrency import MOST
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.outcome import Delivered, Outcome
from dbt_intercom_activate.outcomes.without_answer import unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime

    from dbt_intercom_activate.intercom.client import IntercomClient
    from dbt_intercom_activate.intercom.contacts import Contact

BACKLOG = 4_000
"""Records in the line, so that workers go on while a page is read or a batch is flushed: two windows of calls."""

BACKLOG_ANNOUNCED = 400
"""The same where records are announced before they are sent: of a process that is killed together with its journal,
all that were announced are called `maybe_delivered`."""

TURN = 0.0005
"""Seconds that a thread may compute while others want to."""

IDLE_SECONDS = 5.0
"""How long to wait for an outcome before the bookkeeper is told so: Intercom may answer nothing but 429 for minutes."""


@dataclass(frozen=True, slots=True)
class _LookedUp:
    """A record, and what search knows of its contact."""

    record: Record
    found: Sequence[Contact]


@dataclass(frozen=True, slots=True)
class _Resolved:
    """A record, and Intercom's id of what it means."""

    record: Record
    target: str


_Step: TypeAlias = "Delivered | _LookedUp | _Resolved"
_Done: TypeAlias = "Sequence[_Step]"
"""What a task came to; empty where the run is ending."""
_Task: TypeAlias = "Callable[[], _Done]"


class Bookkeeper(Protocol):
    """Who is told what is about to be sent and what became of it; called on any thread."""

    @property
    def stopped(self) -> bool:
        """Whether the run is to end early: calls in flight finish, no new one begins."""

    def now(self) -> datetime:
        """The UTC moment, without a zone."""

    def sending(self, record: Record) -> None:
        """A request that Intercom could not recognise if it were repeated is about to be sent."""

    def undone(self, record: Record) -> None:
        """It came to nothing, and was not carried out for certain."""

    def keep(self, delivered: Delivered) -> None:
        """An outcome is known, this very moment."""

    def idle(self) -> None:
        """No outcome came in for some seconds; called on the thread that waits for them."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is to be said of the records, to whom, and how much of it at once."""

    client: IntercomClient
    """Paces and repeats requests; safe to use from many threads."""
    procedure: Procedure
    rules: Rules
    """The activation's."""
    concurrency: int | None = None
    """Conversations at once; None for as many as Intercom's windows need, see `IntercomClient.workers`."""
    adoptions: Adoptions = field(default_factory=Adoptions)
    """Shared with the other activations of the run that write to the same workspace."""
    notebook: Notebook | None = None
    """What an earlier part of the same records learnt; None where there was none, or it learnt nothing yet."""


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Have a thread that computes let the others go on sooner.

    Making records of a page takes Python for half a second. A worker takes a turn of the interpreter for each few bytes
    that it sends or gets, and would wait 5 ms for each of them: two hundred workers would miss a part of a window.
    https://docs.python.org/3/library/sys.html#sys.setswitchinterval
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, TURN))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class Workers:
    """Send records through one client, and hand back their outcomes as they come in."""

    def __init__(self, assignment: Assignment, books: Bookkeeper) -> None:
        self._client = assignment.client
        self._procedure = assignment.procedure
        self._rules = assignment.rules
        self._assignment = assignment
        self._books = books
        self._halt = threading.Event()
        self._notebook = assignment.notebook or Notebook(adoptions=assignment.adoptions)
        self._opened = assignment.procedure.opening is None or assignment.notebook is not None
        self._lock = threading.Lock()
        """Of what follows, but for `_told` and `_error`."""
        self._line: deque[_Task] = deque()
        self._working = 0
        """Workers that take from the line."""
        self._tasks = 0
        """Those in the line, and those that workers have in hand."""
        self._batches: dict[str, list[tuple[Record, str]]] = {}
        self._ended: list[Delivered] = []
        """Outcomes that were not handed back yet."""
        self._closed = False
        """Whether the pool takes no more."""
        self._is_told = False
        self._told: SimpleQueue[None] = SimpleQueue()
        """Wakes the thread that reads records and takes outcomes."""
        self._records = 0
        self._backlog = BACKLOG
        self._error: ActivateError | None = None
        self._mistake: BaseException | None = None

    def deliver(self, records: Iterator[Record]) -> Generator[Delivered, None, None]:
        """Yield an outcome per record; records without one are pending when an error ends this.

        Raises:
            CannotActivate: Intercom refuses what this activation needs.
            Stopped: The run has to end.
        """
        size = self._assignment.concurrency or MOST
        with _quick_turns(), ThreadPoolExecutor(size, thread_name_prefix="intercom") as pool:
            try:
                exhausted = False
                while True:
                    if not exhausted and not self._halted():
                        exhausted = self._feed(pool, records)
                    if self._nothing_left(pool, over=exhausted or self._halted()):
                        break
                    self._wait()
                    yield from self._collect()
                yield from self._collect()
            finally:
                with self._lock:
                    self._closed = True
                    self._halt.set()
        if self._error is not None:
            raise self._error

    @property
    def notebook(self) -> Notebook | None:
        """What was learnt, for the next part of the records; None where what has to be known first is not."""
        return self._notebook if self._opened else None

    def _halted(self) -> bool:
        return self._halt.is_set() or self._books.stopped

    def _feed(self, pool: ThreadPoolExecutor, records: Iterator[Record]) -> bool:
        """Put records in the line until there is enough to do; True when there are no more."""
        group: list[Record] = []
        exhausted = False
        while self._records < self._backlog or group:
            record = next(records, None)
            if record is None or not self._open():
                exhausted = True
                break
            self._records += 1
            if self._procedure.is_unrepeatable(self._rules, record):
                self._backlog = BACKLOG_ANNOUNCED
            if not self._procedure.needs_lookup(self._rules, record):
                self._add(pool, self._next_step(_LookedUp(record, ())))
                continue
            group.append(record)
            if len(group) == LOOKUP_SIZE:
                self._add(pool, partial(self._look_up, group))
                group = []
        if group:
            self._add(pool, partial(self._look_up, group))
        return exhausted

    def _open(self) -> bool:
        """Learn what has to be known before the first record; False when that ends the run."""
        if not self._opened and self._procedure.opening is not None:
            self._opened = True
            try:
                self._notebook = converse(self._client, self._procedure.opening())
            except ActivateError as error:
                self._fail(error)
        return not self._halted()

    def _fail(self, error: ActivateError) -> None:
        self._error = self._error or error
        self._halt.set()

    def _nothing_left(self, pool: ThreadPoolExecutor, *, over: bool) -> bool:
        """Whether all is done; batches that nothing can fill any more are sent as they are."""
        with self._lock:
            if self._tasks or (self._ended and not over):
                return False
            for key in list(self._batches):
                self._put_batch(pool, key)
            return self._tasks == 0 and over

    def _add(self, pool: ThreadPoolExecutor, task: _Task) -> None:
        with self._lock:
            self._put(pool, task)

    def _put(self, pool: ThreadPoolExecutor, task: _Task) -> None:
        """Put a task in the line, and have somebody do it; the lock is held."""
        self._tasks += 1
        self._line.append(task)
        self._call_one_more(pool)

    def _call_one_more(self, pool: ThreadPoolExecutor) -> None:
        if self._line and self._working < self._wanted() and not self._closed:
            self._working += 1
            try:
                pool.submit(self._work, pool)
            except RuntimeError:
                # The machine gives no thread more. What was submitted stays in the pool's queue, and those that are
                # there go on.
                if self._working == 1:
                    raise

    def _wanted(self) -> int:
        """How many workers there are to be."""
        return self._assignment.concurrency or self._client.workers()

    def _work(self, pool: ThreadPoolExecutor) -> None:
        """Do one task after the other, for as long as there are some and so many workers are wanted."""
        try:
            with self._lock:
                task = self._taken()
            while task is not None:
                steps: _Done = ()
                try:
                    steps = task()
                except ActivateError as error:
                    self._fail(error)
                task = self._go_on(pool, steps)
        except BaseException as mistake:  # noqa: BLE001 (raised again on the thread that takes outcomes)
            self._mistake = mistake
            self._halt.set()
            self._told.put(None)

    def _taken(self) -> _Task | None:
        if not self._line or self._working > self._wanted():
            self._working -= 1
            return None
        return self._line.popleft()

    def _go_on(self, pool: ThreadPoolExecutor, steps: _Done) -> _Task | None:
        """Put in the line what follows from a task, and take the next one."""
        with self._lock:
            for step in steps:
                if isinstance(step, Delivered):
                    self._ended.append(step)
                elif isinstance(step, _LookedUp):
                    self._put(pool, self._next_step(step))
                else:
                    self._put_in_batch(pool, step)
            self._tasks -= 1
            self._call_one_more(pool)
            self._tell()
            return self._taken()

    def _put_in_batch(self, pool: ThreadPoolExecutor, step: _Resolved) -> None:
        key = (step.record.related or "").lower()
        batch = self._batches.setdefault(key, [])
        batch.append((step.record, step.target))
        if len(batch) >= BATCH_SIZE:
            self._put_batch(pool, key)

    def _put_batch(self, pool: ThreadPoolExecutor, key: str) -> None:
        if self._procedure.batch is not None:
            self._put(pool, partial(self._write_batch, self._procedure.batch, self._batches.pop(key)))

    def _next_step(self, step: _LookedUp) -> _Task:
        if self._procedure.batch is not None:
            return partial(self._resolve, self._procedure.batch, step)
        return partial(self._write, step)

    def _tell(self) -> None:
        """Wake the thread that takes outcomes, unless it is about to look anyway; the lock is held."""
        if not self._is_told and (self._ended or not self._tasks):
            self._is_told = True
            self._told.put(None)

    def _wait(self) -> None:
        """Until there is something to take."""
        while True:
            with suppress(Empty):
                return self._told.get(timeout=IDLE_SECONDS)
            self._books.idle()

    def _collect(self) -> Iterator[Delivered]:
        """The outcomes that have come in."""
        if self._mistake is not None:
            raise self._mistake
        with self._lock:
            self._is_told = False
            ended, self._ended = self._ended, []
        for delivered in ended:
            self._records -= 1
            yield delivered

    def _look_up(self, group: list[Record]) -> _Done:
        if self._halted():
            return ()
        wanted = [record.identifier for record in group if record.identifier]
        try:
            found = converse(self._client, search(self._rules, list(dict.fromkeys(wanted))))
        except RequestFailed as failure:
            # The search said nothing about any of them.
            return [self._kept(record, unanswered(failure, record.known_id)) for record in group]
        return [_LookedUp(record, found.get(record.identifier or "", ())) for record in group]

    def _write(self, step: _LookedUp) -> _Done:
        if self._halted() or self._procedure.write is None:
            return ()
        record, client = step.record, NotedAttempts(self._client)
        try:
            talk = self._procedure.write(self._rules, self._notebook, record, step.found)
            books = self._books
            outcome = converse(client, talk, partial(books.sending, record), partial(books.undone, record))
        except RequestFailed as failure:
            outcome = unanswered(failure, record.known_id)
        except Stopped as end:
            # What an insert may have made is known as its own by the next run only where the ledger tells of it.
            if self._rules.behaviour is Behaviour.INSERT and client.attempted_at is not None:
                self._kept(record, unanswered(end, record.known_id), client.attempted_at)
            raise
        return [self._kept(record, outcome, client.attempted_at)]

    def _resolve(self, batch: Batch, step: _LookedUp) -> _Done:
        if self._halted():
            return ()
        record = step.record
        try:
            talk = batch.resolve(self._rules, self._notebook, record, step.found)
            target = converse(self._client, talk)
        except RequestFailed as failure:
            target = unanswered(failure, record.known_id)
        if isinstance(target, Outcome):
            return [self._kept(record, target)]
        return [_Resolved(record, target)]

    def _write_batch(self, batch: Batch, members: list[tuple[Record, str]]) -> _Done:
        if self._halted():
            return ()
        try:
            outcomes = converse(self._client, batch.write(self._rules, self._notebook, members))
        except RequestFailed as failure:
            outcomes = [unanswered(failure, record.known_id) for record, _ in members]
        return [self._kept(record, outcome) for (record, _), outcome in zip(members, outcomes, strict=True)]

    def _kept(self, record: Record, outcome: Outcome, attempted_at: int | None = None) -> Delivered:
        delivered = Delivered(
            record.seq,
            record.payload_hash,
            outcome,
            self._books.now(),
            None if outcome.succeeded else attempted_at,
            record.payload,
        )
        self._books.keep(delivered)
        return delivered
