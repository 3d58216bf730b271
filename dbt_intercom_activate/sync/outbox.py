"""The outcomes of one activation on their way to the ledger: the one place where a bug could lose a record.

::

    worker ── keep ──► known ─┬─► journal            at once, on the worker's thread
                              └─► counted ─► ledger  in batches, on the activation's thread

An outcome leaves the outbox when it stands in the ledger, never before. Whatever is raised, and wherever, it is in the
ledger or in the journal, which the next run reads.
"""

from __future__ import annotations

from collections import deque
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dbt_intercom_activate.errors import JournalFailed
from dbt_intercom_activate.ledger.outcomes import BATCH_ROWS, ActivationRun
from dbt_intercom_activate.outcomes.outcome import Delivered, Outcome
from dbt_intercom_activate.outcomes.without_answer import announced, never_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from datetime import datetime

    from dbt_intercom_activate.binding.record import Record
    from dbt_intercom_activate.ledger.journal import Journal
    from dbt_intercom_activate.sync.session import Stop


@dataclass(frozen=True, slots=True)
class Destination:
    """Where outcomes belong: a stage holds their records, and one run of an activation owns their rows."""

    run: ActivationRun
    stage: str
    """The stage's name, as the journal has it."""
    relation: str
    """The stage's full name in the warehouse."""


class OutcomeTable(Protocol):
    """The part of the ledger that an outbox writes to."""

    def append(self, stage: str, run: ActivationRun, outcomes: Sequence[Delivered]) -> None:
        """Append outcomes, joined to the records of `stage`; raises `WarehouseFailed`."""


class HeldLock(Protocol):
    """The run's place, which another run takes if it shows no sign of life for long."""

    def heartbeat(self) -> None:
        """Show a sign of life where one is due."""


class OutcomeCounter(Protocol):
    """What counts outcomes."""

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count outcomes; called once for each, on one thread."""


class Collaborators(Protocol):
    """What an outbox needs of a run's `Session`."""

    @property
    def ledger(self) -> OutcomeTable:
        """Where outcomes are kept for good."""

    @property
    def journal(self) -> Journal:
        """Where they are until then."""

    @property
    def lock(self) -> HeldLock:
        """Shows life while outcomes come in, or do not."""

    @property
    def stop(self) -> Stop:
        """Ends the run where the journal cannot be written."""

    @property
    def now(self) -> Callable[[], datetime]:
        """The UTC moment, without a zone."""


def _show_nothing() -> None:
    pass


class Watch(Protocol):
    """Who may have nothing more of an activation sent; called on any thread."""

    def note(self, outcome: Outcome) -> None:
        """An outcome is known, this very moment: long before it is counted, where the ledger is slow."""

    def tripped(self) -> bool:
        """Whether nothing more is to be sent."""


class _Trusting:
    """Lets everything be sent."""

    def note(self, outcome: Outcome) -> None:
        pass

    def tripped(self) -> bool:
        return False


class Outbox:
    """Takes outcomes as they become known, and brings every one to the journal and to the ledger.

    `keep`, `sending`, `undone`, `now` and `stopped` may be called on any thread, the rest on the activation's own.

    Args:
        session: The run.
        destination: Where the outcomes belong.
        counter: Is told each outcome once.
        progress: Called when outcomes have come in, or none for a while.
        watch: Says where nothing more of this activation is to be sent.
    """

    batch_rows = BATCH_ROWS
    """How many outcomes wait for each other before they are appended."""

    def __init__(
        self,
        session: Collaborators,
        destination: Destination,
        counter: OutcomeCounter,
        progress: Callable[[], None] = _show_nothing,
        watch: Watch | None = None,
    ) -> None:
        self._session = session
        self._destination = destination
        self._counter = counter
        self._progress = progress
        self._watch = watch or _Trusting()
        self._known: deque[Delivered] = deque()
        """What workers know and nobody has counted yet."""
        self._unflushed: list[Delivered] = []
        self._announced: set[int] = set()
        """What the ledger calls `maybe_delivered`, and no outcome is known of."""
        self._sent: set[int] = set()
        """What was sent since, unless it was not carried out for certain."""

    @property
    def empty(self) -> bool:
        """Whether every outcome stands in the ledger."""
        return not (self._known or self._unflushed or self._announced)

    @property
    def stopped(self) -> bool:
        """Whether the run, or this activation, is to end: no new call is to begin."""
        return bool(self._session.stop) or self._watch.tripped()

    def now(self) -> datetime:
        """The UTC moment, without a zone."""
        return self._session.now()

    def sending(self, record: Record) -> None:
        """A request that Intercom could not recognise if it were repeated is about to be sent.

        Raises:
            JournalFailed: The journal could not be written: it must not be sent.
        """
        self._session.journal.sending(self._destination.stage, record.seq)
        self._sent.add(record.seq)

    def undone(self, record: Record) -> None:
        """What `sending` told of came to nothing, and was not carried out for certain, as where no request left."""
        self._sent.discard(record.seq)
        with suppress(JournalFailed):  # then the next run says `maybe_delivered`, which is the safe side
            self._session.journal.undone(self._destination.stage, record.seq)

    def keep(self, delivered: Delivered) -> None:
        """An outcome of a call is known; it counts even where the journal cannot hold it, which ends the run."""
        self._known.append(delivered)
        self._watch.note(delivered.outcome)
        try:
            self._session.journal.record(self._destination.stage, delivered)
        except JournalFailed as error:
            self._session.stop.set(str(error))

    def idle(self) -> None:
        """No outcome comes in for a while."""
        self._progress()
        self._session.lock.heartbeat()

    def add(self, delivered: Delivered) -> None:
        """Take an outcome that needed no call: the next run would come to the same, so the journal need not know.

        Raises:
            WarehouseFailed: A batch was full, and the ledger refused it.
        """
        self._watch.note(delivered.outcome)
        self._count(delivered)
        self._progress()
        self._flush(least=self.batch_rows)

    def announce(self, records: Sequence[Record], server_time: int | None = None) -> None:
        """Commit to the ledger, before they are sent, records that Intercom could not recognise if repeated.

        Args:
            records: What is about to be sent.
            server_time: Unix seconds by Intercom's clock; None where it is not known.

        Raises:
            JournalFailed: The journal could not be written: nothing of them may be sent.
            WarehouseFailed: The ledger refused: the same.
        """
        if not records:
            return
        self._session.lock.heartbeat()
        now = self.now()
        rows = [Delivered(each.seq, each.payload_hash, announced(), now, server_time) for each in records]
        seqs = [each.seq for each in records]
        # First the journal: killed between the two, the next run knows that none of them was sent.
        self._session.journal.announced(self._destination.stage, seqs)
        self._announced.update(seqs)
        self._append(rows)

    def collect(self, outcomes: Generator[object, None, None]) -> None:
        """Bring everything that workers come to know to the ledger, until they have ended.

        Args:
            outcomes: Runs the workers, and yields each time that one of them has called `keep`. It is closed before
                anything else, so that the calls in flight finish whatever goes wrong here.

        Raises:
            WarehouseFailed: The ledger refused; what it lacks is in the journal.
        """
        try:
            with closing(outcomes):
                for _ in outcomes:
                    self._count_known()
                    self._progress()
                    self._flush(least=self.batch_rows)
                    self._session.lock.heartbeat()
        finally:
            self._count_known()
            self._flush(least=1)
            self._take_back_announcements()

    def _count_known(self) -> None:
        while self._known:
            self._count(self._known[0])
            self._known.popleft()

    def _count(self, delivered: Delivered) -> None:
        self._unflushed.append(delivered)
        self._announced.discard(delivered.seq)
        self._counter.add([delivered.outcome])

    def _flush(self, *, least: int) -> None:
        if len(self._unflushed) >= least:
            self._append(self._unflushed)
            self._unflushed = []

    def _take_back_announcements(self) -> None:
        """What was announced and then not sent, since the run ended early, is no `maybe_delivered`."""
        seqs = sorted(self._announced - self._sent)
        if seqs:
            now = self.now()
            outcome = never_sent("the run ended")
            self._append([Delivered(seq, None, outcome, now) for seq in seqs])
        self._announced.clear()

    def _append(self, rows: Sequence[Delivered]) -> None:
        self._session.ledger.append(self._destination.relation, self._destination.run, rows)
