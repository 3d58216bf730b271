"""One world: a project, its warehouse, two machines and Intercom, for some days that follow from a seed.

The planner, the workers, the pace, the client, the journal, the recovery, the removals and the locks are the product's
own. Models, weather, deaths and the order of threads are drawn by chance from the seed.
"""

from __future__ import annotations

import hashlib
import io
import random
import uuid
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import machine as machines
from intercom_model import OTHERS, Intercom
from machine import EPOCH, Machine, Process
from models import BLOCKS, REMOVED, TOGETHER, Author, Model, activation_of, person
from network import DEAF, HEALTHY, OUTAGE, TIMEOUT, Connection, Network, Weather
from scheduler import Scheduler, Stuck, Thread
from warehouse_model import Database, Warehouse

from dbt_intercom_activate.binding.binder import bind
from dbt_intercom_activate.clock import RunClock
from dbt_intercom_activate.configuration.workspace import WorkspaceSettings
from dbt_intercom_activate.console import Level, Reporter
from dbt_intercom_activate.delivery import workers
from dbt_intercom_activate.errors import CannotActivate, CannotRun
from dbt_intercom_activate.intercom.account import read_account, whoami
from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.intercom.pacing import Pacer
from dbt_intercom_activate.ledger.changes import RecordScope
from dbt_intercom_activate.ledger.journal import Journal
from dbt_intercom_activate.ledger.opening import OpenLedger
from dbt_intercom_activate.ledger.standing import Standing
from dbt_intercom_activate.ledger.tables import Tables
from dbt_intercom_activate.outcomes.results import Status
from dbt_intercom_activate.secret import Secret
from dbt_intercom_activate.sync import activate
from dbt_intercom_activate.sync.admission import Job, NotRun
from dbt_intercom_activate.sync.connected_workspace import ConnectedWorkspace
from dbt_intercom_activate.sync.outbox import Outbox
from dbt_intercom_activate.sync.run import carry_out
from dbt_intercom_activate.sync.session import Session, Stop, SyncOptions

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.outcomes.results import ActivationResult
    from dbt_intercom_activate.sync.preparation import Prepared

MINUTE, DAY = 60.0, 86400.0

SKEWS = (0.0, 0.0, 5.0, -5.0, -3600.0, 2 * DAY)
"""Seconds that the clock of a machine may be ahead."""

FAULTS = ("unsent", "lost", "swallowed", "late", "cut", "forged", "veiled", "doubled", "failing", "throttled")


@dataclass
class Run:
    """One invocation of `sync`, and what became of it."""

    process: Process
    options: SyncOptions
    run_id: str
    began: float
    weather: Weather
    models: dict[str, list[dict[str, Any]]]
    """The rows as they are now, which no author changes meanwhile."""
    disk_refuses: bool = False
    warehouse_refuses: bool = False
    results: list[ActivationResult] | None = None
    """None where it died, or could not run."""
    error: BaseException | None = None
    log: str = ""
    ended: float = 0.0
    last_row: int = 0
    """How long the ledger was when it had ended."""

    @property
    def died(self) -> bool:
        """Whether its process was killed."""
        return self.process.dead


@dataclass
class World:
    """All there is.

    Args:
        seed: Everything follows from it.
    """

    seed: int
    runs: list[Run] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"world {self.seed}")
        self.scheduler = Scheduler(self.seed)
        chance = self.chance
        self.names = chance.choice(TOGETHER)
        self.activations: tuple[Activation, ...] = tuple(
            activation_of(
                name,
                chance.choice(REMOVED[BLOCKS[name]["object"]]),
                chance.choice(("fail", "unarchive")),
            )
            for name in self.names
        )
        self.intercom = Intercom(
            self.true_time,
            random.Random(f"intercom {self.seed}"),
            limit=chance.choice((5, 8, 40, 1666)),
            lag=chance.choice((0.0, 90.0)),
            emails_are_unique=chance.random() < 0.7,
        )
        self.network = Network(self.scheduler, self.intercom, random.Random(f"network {self.seed}"))
        self.database = Database(self.scheduler, random.Random(f"warehouse {self.seed}"))
        self.machines = [Machine(self.scheduler, name, chance.choice(SKEWS)) for name in ("east", "west")]
        self.models = [Model(name) for name in self.names]
        self.author = Author(chance, self.models)
        self.concurrency = chance.choice((1, 2, 4))
        self.sizes = chance.choice((1, 2, 3, 50))
        """Of batches, groups and announcements, so that a handful of records fills several."""

    def true_time(self) -> float:
        """Unix seconds."""
        return EPOCH.timestamp() + self.scheduler.now

    @property
    def trace(self) -> str:
        """What happened, as a sum over all of it: equal for equal seeds."""
        words = [self.network.trace, self.database.ledger, self.database.locks, self.intercom.diary]
        return hashlib.sha256(repr(words).encode()).hexdigest()

    def live(self) -> None:
        """All days but the last: anything may go wrong."""
        self._populate()
        for _ in range(self.chance.randint(2, 5)):
            for _ in range(self.chance.randint(0, 3)):
                self.author.change()
            self._publish()
            self._turn_weather()
            self._meddle()
            self._run_some()
            self.scheduler.sleep(self.chance.choice((1.0, 90.0, 15 * MINUTE, DAY)))

    def heal(self) -> None:
        """The last days: nothing goes wrong, and every machine runs, so that no journal is left."""
        self.author.settle()
        self._publish()
        self.network.weather = HEALTHY
        self.database.refuses = self.database.forgets = 0.0
        for machine in self.machines:
            machine.disk.refuses = 0.0
        for machine in (*self.machines, *self.machines):
            self.scheduler.sleep(8 * DAY)
            self.run([(machine.process(self.chance), SyncOptions(allow_removals=True))])

    def _populate(self) -> None:
        """What is in Intercom before anybody syncs."""
        for number in range(1, 7):
            drawn, row = self.chance.random(), person(number)
            if drawn < 0.1:
                self.intercom.make(OTHERS, external_id=str(row["id"]), email=row["mail"])
            elif drawn < 0.2:
                self.intercom.make(OTHERS, email=row["mail"])
            elif drawn < 0.25:
                self.intercom.make(OTHERS, external_id=f"other-{number}", email=row["mail"])
            elif drawn < 0.3:
                self.intercom.make(OTHERS, "company", external_id=str(row["id"]))
            elif drawn < 0.35:
                self.intercom.make(OTHERS, email=f"stranger{number}@other.example")
        self.scheduler.sleep(self.chance.choice((1.0, DAY)))

    def _publish(self) -> None:
        for model in self.models:
            self.database.publish(f"db.shop.{model.name}", model.relation())

    def _turn_weather(self) -> None:
        chance = self.chance
        self.network.weather = HEALTHY
        drawn = chance.random()
        if drawn < 0.1:
            self.network.weather = OUTAGE
        elif drawn < 0.2:
            self.network.weather = DEAF
        elif drawn < 0.65:
            few = chance.sample(FAULTS, chance.randint(1, 4))
            self.network.weather = Weather(
                **{name: chance.choice((0.05, 0.15, 0.3)) for name in few},
                slow=chance.choice((0.02, 0.2, 2.0)),
            )
        self.database.refuses = chance.choice((0.0, 0.0, 0.0, 0.03, 0.1))
        self.database.forgets = chance.choice((0.0, 0.0, 0.0, 0.05))
        for machine in self.machines:
            machine.disk.refuses = chance.choice((0.0, 0.0, 0.0, 0.05))

    def _meddle(self) -> None:
        """People work in Intercom as well."""
        live = [each for each in self.intercom.things.values() if each.state == "live"]
        if live and self.chance.random() < 0.15:
            what = self.chance.choice(("archive", "delete"))
            thing = self.chance.choice(live)
            state = "archived" if what == "archive" and thing.kind == "contact" else "deleted"
            self.intercom.set_state(OTHERS, thing, state, what)

    def _run_some(self) -> None:
        chance = self.chance
        together = chance.choice((1, 1, 1, 2))
        machine = chance.choice(self.machines)
        begun = []
        for number in range(together):
            place = machine if number == 0 or chance.random() < 0.5 else self.machines[1]
            drawn = chance.random()
            dies_at = chance.randrange(1, chance.choice((40, 150, 500))) if drawn < 0.25 else None
            dies_in_call = chance.randrange(2, 12) if 0.25 < drawn < 0.4 else None
            begun.append((place.process(chance, dies_at, dies_in_call), self._options()))
        self.run(begun)

    def _options(self) -> SyncOptions:
        chance, drawn = self.chance, self.chance.random()
        scope = RecordScope()
        if drawn < 0.05:
            scope = RecordScope(resend=True)
        elif drawn < 0.1:
            scope = RecordScope(only_failed=True)
        limit = chance.choice((0, 1, 2, 9)) if chance.random() < 0.1 else None
        return SyncOptions(scope=scope, limit=limit, allow_removals=chance.random() < 0.5)

    def run(self, begun: list[tuple[Process, SyncOptions]]) -> None:
        """Run `sync` in processes, at the same time, until all have ended."""
        threads: list[tuple[Run, Thread]] = []
        for process, options in begun:
            self.scheduler.sleep(self.chance.choice((0.0, 0.3)))
            run = Run(
                process,
                options,
                str(uuid.UUID(int=self.chance.getrandbits(128))),
                self.scheduler.now,
                self.network.weather,
                {model.name: [dict(row) for row in model.rows] for model in self.models},
                disk_refuses=bool(process.machine.disk.refuses),
                warehouse_refuses=bool(self.database.refuses or self.database.forgets),
            )
            self.runs.append(run)
            thread = self.scheduler.spawn(process.name, lambda run=run: self._sync(run), process)
            threads.append((run, thread))
            self._interrupt(process)
        for run, thread in threads:
            try:
                self.scheduler.join(thread)
            except (Stuck, AssertionError):
                raise
            except Exception as error:  # noqa: BLE001 (judged by an invariant)
                run.error = error
            run.ended = self.scheduler.now
            run.process.ended = True
            run.last_row = len(self.database.ledger)

    def _interrupt(self, process: Process) -> None:
        """A machine may be suspended for a while."""
        if self.network.weather is HEALTHY or self.chance.random() > 0.2:
            return
        after, seconds = self.chance.random() * 20, self.chance.choice((30.0, 9.5 * MINUTE, 12 * MINUTE))

        def suspend() -> None:
            if not process.dead and not process.ended:
                process.asleep_until = self.scheduler.now + seconds
                process.slept += seconds

        self.scheduler.later(after, suspend)

    def _sync(self, run: Run) -> None:
        """What `sync.run.sync` does, from the moment when dbt's artifacts have been read."""
        log, stop = io.StringIO(), Stop()
        try:
            report = Reporter(log, as_json=True, level=Level.DEBUG)
            run.results = self._carry_out(run, report, stop)
        finally:
            run.log = log.getvalue()

    def _carry_out(self, run: Run, report: Reporter, stop: Stop) -> list[ActivationResult]:
        process, warehouse = run.process, Warehouse(self.database, run.process)
        tables = Tables(cast("Any", warehouse), schema="intercom_activate", database=None)
        ledger = OpenLedger(cast("Any", warehouse), tables, Standing("db.intercom_activate.ledger", 1, 1))
        if self.network.weather is not HEALTHY and self.chance.random() < 0.15:
            self._end_by_signal(process, stop)
        workspace = self._connect(process, stop)
        now = RunClock(ledger.now())
        admitted: dict[str, Job | NotRun] = {
            each.name: self._admit(each, workspace, warehouse) for each in self.activations
        }
        session = Session(
            run_id=run.run_id,
            project="shop",
            dbt_target="dev",
            warehouse=cast("Any", warehouse),
            ledger=ledger.outcomes,
            stages=ledger.stages,
            lock=ledger.lock(run.run_id),
            journal=Journal(cast("Any", process.target_path), run.run_id, now),
            options=run.options,
            report=report,
            stop=stop,
            enabled=self.activations,
            default_workspace="main",
            known=frozenset((each.name, workspace.id) for each in self.activations),
            now=now,
        )
        project = SimpleNamespace(target_path=process.target_path)
        prepared = cast("Prepared", SimpleNamespace(activations=self.activations, project=project))
        results, _ = carry_out(session, ledger, prepared, admitted)
        return results

    def _end_by_signal(self, process: Process, stop: Stop) -> None:
        """Ctrl-C, or `--max-time`."""
        after = self.chance.random() * 30

        def interrupt() -> None:
            self.scheduler.sleep(after)
            stop.set("interrupted")

        self.scheduler.spawn(f"{process.name} signal", interrupt, process)

    def _connect(self, process: Process, stop: Stop) -> ConnectedWorkspace:
        client = IntercomClient(
            "http://localhost",
            "token",
            "2.16",
            pacer=Pacer(),
            timeout=TIMEOUT,
            jitter=self.network.chance.random,
            connect=lambda *_: Connection(self.network, process),
        )
        stop.on_set(client.stop)
        account = read_account(client.send(whoami()))
        if account is None:
            raise CannotRun("Intercom does not tell who it is")
        settings = WorkspaceSettings(
            "main", "http://localhost", Secret("token"), concurrency=self.concurrency, timeout=TIMEOUT
        )
        return ConnectedWorkspace(settings, client, account)

    @staticmethod
    def _admit(activation: Activation, workspace: ConnectedWorkspace, warehouse: Warehouse) -> Job | NotRun:
        name = activation.node.relation_name or ""
        try:
            return Job(bind(activation, warehouse.columns_of(name), None, name), workspace, name)
        except CannotActivate as error:
            return NotRun(Status.ERROR, str(error), workspace)


def lived(seed: int) -> World:
    """The world of a seed, from its first day to its last."""
    before = random.getstate()
    random.seed(f"pace {seed}")
    sizes = Outbox.batch_rows, workers.LOOKUP_SIZE, activate.ANNOUNCED_AT_ONCE
    world = World(seed)
    try:
        with machines.world_of(world.scheduler):
            Outbox.batch_rows = workers.LOOKUP_SIZE = activate.ANNOUNCED_AT_ONCE = world.sizes
            world.live()
            world.heal()
    finally:
        Outbox.batch_rows, workers.LOOKUP_SIZE, activate.ANNOUNCED_AT_ONCE = sizes
        random.setstate(before)
    return world
