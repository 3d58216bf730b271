"""One run at a time: on one machine by the kernel's lock, between machines by a claim in the warehouse."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
import pytest
from filelock import FileLock

from dbt_intercom_activate.errors import AlreadyRunning, Interrupted, WarehouseFailed
from dbt_intercom_activate.ledger import process as processes
from dbt_intercom_activate.ledger.process import Process, space_here
from dbt_intercom_activate.ledger.tables import Tables
from dbt_intercom_activate.ledger.warehouse_lock import (
    LiveLock,
    Locks,
    WarehouseLock,
)
from dbt_intercom_activate.sandbox.faults import Fault

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id"},
}


@pytest.fixture
def two_people(shop):
    shop.configure(customers=PEOPLE, accounts=None)
    shop.put("customers", "id text", [("u1",), ("u2",)])
    return shop


@pytest.fixture
def synced_once(two_people):
    """The same, after a first run that made the ledger."""
    assert two_people.sync().code == 0
    two_people.put("customers", "id text", [("u1",), ("u2",), ("u3",)])
    return two_people


def claim(
    shop, *, host="another-machine", pid=4711, space="elsewhere", minutes=0, project="shop", state="claim"
):
    shop.sql(
        "insert into intercom_activate.locks (run_id, project, host, pid, process_space, lock_state, seen_at)"
        " select 'run-9', ?, ?, ?, ?, ?, (now() at time zone 'utc') - ? * interval 1 minute",
        project,
        host,
        pid,
        space,
        state,
        minutes,
    )


HERE = {"host": socket.gethostname(), "space": space_here()}


@pytest.fixture
def dead_process():
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def assert_refused(ran):
    assert ran.code == 2, ran.text
    assert "another run of this project is alive" in ran.err
    assert "Traceback" not in ran.text
    return ran.err


def test_a_run_on_this_machine_is_named_and_refused(synced_once):
    folder = synced_once.folder / "target" / "intercom_activate"
    with FileLock(folder / "lock"):
        (folder / "holder.json").write_text(
            json.dumps({"host": "here", "pid": 99, "since": "2024-01-01 10:00:00"})
        )
        said = assert_refused(synced_once.sync())
        assert "host here, process 99, since 2024-01-01 10:00:00 UTC" in said
        (folder / "holder.json").write_text("{")
        assert_refused(synced_once.sync())
    assert len(synced_once.state.contacts) == 2
    assert synced_once.sync().code == 0
    assert not (folder / "holder.json").exists()


def test_a_target_path_that_cannot_be_written_is_said_so(two_people):
    ran = two_people.sync("--target-path", str(two_people.folder / "shop.duckdb"))
    assert ran.code == 2
    assert "Traceback" not in ran.text


def test_a_run_on_another_machine_is_named_and_refused(synced_once):
    claim(synced_once)
    said = assert_refused(synced_once.sync())
    assert "host another-machine, process 4711, since 2" in said
    assert len(synced_once.state.contacts) == 2
    assert synced_once.sql("select count(*) from intercom_activate.locks where lock_state = 'release'") == [
        (2,)
    ]
    claim(synced_once, state="release")
    assert synced_once.sync().code == 0
    assert len(synced_once.state.contacts) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("alive", "lock"),
    [
        (True, {"minutes": 9}),
        (False, {"minutes": 11}),
        (True, {"minutes": -9}),
        (False, {"minutes": -2_880}),
        (False, {"project": "another"}),
        (True, {**HERE, "pid": os.getppid()}),
        (True, {"host": "another-machine", "pid": os.getpid()}),
        (True, {"host": socket.gethostname(), "pid": os.getpid()}),
        (False, {**HERE, "pid": os.getpid()}),
    ],
    ids=[
        "seen 9 minutes ago",
        "seen 11 minutes ago",
        "seen in 9 minutes",
        "seen in two days",
        "another project",
        "a process that lives",
        "our number on another host",
        "our number in another container of this host's name",
        "our number, which was another's before",
    ],
)
def test_who_counts_as_alive(synced_once, alive, lock):
    claim(synced_once, **lock)
    ran = synced_once.sync()
    if alive:
        assert_refused(ran)
    else:
        assert ran.code == 0, ran.text
    assert len(synced_once.state.contacts) == (2 if alive else 3)


def test_a_dead_process_of_this_host_is_forgotten_at_once(synced_once, dead_process):
    claim(synced_once, **HERE, pid=dead_process)
    assert synced_once.sync().code == 0


@pytest.mark.slow
@pytest.mark.parametrize("space", ["another container", None], ids=["another space", "an unknown space"])
def test_a_process_out_of_sight_is_not_dead(synced_once, dead_process, space):
    """Containers may share the name of their host, and each sees its own processes only."""
    claim(synced_once, host=socket.gethostname(), space=space, pid=dead_process)
    said = assert_refused(synced_once.sync())
    assert f"host {socket.gethostname()}, process {dead_process}, since 2" in said
    assert len(synced_once.state.contacts) == 2


def test_another_container_sees_another_set_of_processes(tmp_path):
    """The kernel's own word: a process in a namespace of its own is not where we are."""
    code = "from dbt_intercom_activate.ledger.process import Process; p = Process.current(); print(p.pid, p.space)"
    apart = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code]
    ran = subprocess.run(apart, capture_output=True, text=True, check=False, cwd=tmp_path)
    if ran.returncode:
        pytest.skip(
            "this machine does not let us make a namespace of processes: needs Linux, unshare and root"
        )
    pid, _, space = ran.stdout.strip().partition(" ")
    assert pid == "1"
    assert space != space_here()
    assert not Process(socket.gethostname(), int(pid), space).is_surely_gone()


def test_a_heartbeat_keeps_an_old_claim_alive(synced_once):
    claim(synced_once, minutes=40)
    claim(synced_once, minutes=1, state="heartbeat")
    assert_refused(synced_once.sync())


def test_a_run_that_ends_in_error_releases_the_lock(synced_once):
    synced_once.sql("drop table customers")
    assert synced_once.sync().code == 1
    synced_once.put("customers", "id text", [("u1",)])
    synced_once.sql("alter table intercom_activate.ledger rename to ledger_away")
    synced_once.sql("create view intercom_activate.ledger as select 1 as nothing")
    assert synced_once.sync().code != 0
    claims = synced_once.sql(
        "select count(distinct run_id) from intercom_activate.locks where lock_state = 'claim'"
    )
    releases = synced_once.sql(
        "select count(distinct run_id) from intercom_activate.locks where lock_state = 'release'"
    )
    assert claims == releases


def test_a_duckdb_file_in_use_is_said_plainly(two_people):
    file = str(two_people.folder / "shop.duckdb")
    code = f"import duckdb; c = duckdb.connect({file!r}); print(1, flush=True); input()"
    holder = two_people.start(code=code)
    holder.stdout.readline()
    ran = two_people.sync()
    holder.communicate("\n")

    assert ran.code == 2
    assert "in use by another process, perhaps another run" in ran.err
    assert "Traceback" not in ran.text
    assert len(two_people.state.contacts) == 0
    assert duckdb.connect(str(two_people.folder / "shop.duckdb")).execute("select 1").fetchall() == [(1,)]


@pytest.mark.parametrize("command", ["status", pytest.param("plan", marks=pytest.mark.slow)])
def test_a_command_beside_a_sync_names_the_sync(two_people, command):
    two_people.sandbox.faults.add(Fault("*", "/contacts/search", delay_s=30.0, times=1_000))
    sync = two_people.start("sync")
    while not len(two_people.sandbox.calls):
        assert sync.poll() is None
        time.sleep(0.05)
    ran = two_people.run(command)

    assert ran.code == 2
    named = f"a run of this project holds the DuckDB file: host {socket.gethostname()}, process {sync.pid}, since 2"
    assert named in ran.err


# The lock by itself


@dataclass
class Board:
    """The table `locks` of a warehouse whose clock is ours."""

    minute: float = 0.0
    rows: list[tuple[str, Process, str, float]] = field(default_factory=list)
    broken: bool = False

    def append_lock(self, lock):
        if self.broken:
            raise WarehouseFailed("gone")
        assert lock["project"] == "shop"
        process = Process(lock["host"], lock["pid"], lock["process_space"])
        self.rows.append((lock["run_id"], process, lock["lock_state"], self.minute))

    def live_locks(self, project, minutes):
        assert project == "shop"
        live = []
        for run, process in dict.fromkeys(row[:2] for row in self.rows):
            mine = [row for row in self.rows if row[0] == run]
            if (
                all(row[2] != "release" for row in mine)
                and max(row[3] for row in mine) >= self.minute - minutes
            ):
                live.append(LiveLock(run, process, datetime(2024, 1, 1)))  # noqa: DTZ001
        return live

    def claims_after(self, project, run_id, silence):
        assert project == "shop"
        seen = max(row[3] for row in self.rows if row[0] == run_id)
        return [
            LiveLock(run, process, datetime(2024, 1, 1))  # noqa: DTZ001
            for run, process, state, minute in self.rows
            if run != run_id and state == "claim" and timedelta(minutes=minute - seen) >= silence
        ]

    def lock(self, run, host=None):
        made = WarehouseLock(self, run, "shop", clock=lambda: self.minute * 60)
        if host is not None:
            made._process = Process(host, os.getpid(), "elsewhere")
        return made

    def states(self, run):
        return [row[2] for row in self.rows if row[0] == run]


def test_heartbeats_are_written_once_a_minute_while_the_run_lasts():
    board = Board()
    lock = board.lock("a", "one")
    with lock.held():
        for _ in range(30):
            board.minute += 0.25
            lock.heartbeat()
    assert board.states("a") == ["claim", *["heartbeat"] * 7, "release"]


def test_two_that_begin_at_once_never_both_run():
    board = Board()
    one, other = board.lock("a", "one"), board.lock("b", "other")
    one._say("claim")
    with pytest.raises(AlreadyRunning), other.held():
        raise AssertionError
    board.rows = [row for row in board.rows if row[2] != "release"]  # the other has not withdrawn yet
    with pytest.raises(AlreadyRunning):
        one._refuse_if_taken()


def test_two_runs_of_one_process_are_two_runs():
    """An orchestrator may run them on threads, each with a target path of its own."""
    board = Board()
    refusal = pytest.raises(AlreadyRunning, match=f"process {os.getpid()}")
    with board.lock("a").held(), refusal, board.lock("b").held():
        raise AssertionError
    with board.lock("b").held():
        pass
    assert board.states("b") == ["claim", "release", "claim", "release"]


def test_a_newcomer_that_is_refused_does_not_disturb_the_run():
    board = Board()
    one, other = board.lock("a", "one"), board.lock("b", "other")
    with one.held():
        board.minute += 1
        other._say("claim")
        one.heartbeat()
        board.minute += 1
        one.heartbeat()
    assert board.states("a") == ["claim", "heartbeat", "heartbeat", "release"]


def test_a_silent_run_gives_way_to_its_successor():
    board = Board()
    one, other = board.lock("a", "one"), board.lock("b", "other")
    with one.held():
        board.minute += 11
        with other.held(), pytest.raises(Interrupted, match="host other"):
            one.heartbeat()
    assert board.states("a") == ["claim", "release"]


def test_a_silent_run_gives_way_to_an_ended_successor():
    """What it staged is older than what the other one sent."""
    board = Board()
    one, other = board.lock("a", "one"), board.lock("b", "other")
    with one.held():
        board.minute += 11
        with other.held():
            board.minute += 2
        with pytest.raises(Interrupted, match="host other"):
            one.heartbeat()
    assert board.states("a") == ["claim", "release"]


def test_a_silent_run_continues_after_it_refused_another():
    board = Board()
    one, other = board.lock("a", "one"), board.lock("b", "other")
    with one.held():
        board.minute += 5
        with pytest.raises(AlreadyRunning), other.held():
            raise AssertionError
        board.minute += 6
        one.heartbeat()
    assert board.states("a") == ["claim", "heartbeat", "release"]


def test_a_silent_run_continues_where_nobody_took_its_place():
    board = Board()
    lock = board.lock("a", "one")
    with lock.held():
        board.minute += 30
        lock.heartbeat()
    assert board.states("a") == ["claim", "heartbeat", "release"]


def test_a_release_that_the_warehouse_refuses_is_no_error():
    board = Board()
    with board.lock("a", "one").held():
        board.broken = True
    assert board.states("a") == ["claim"]


@pytest.mark.parametrize(("minute", "taken"), [(8.9, False), (9, True)])
def test_a_claim_nine_minutes_after_our_last_sign_took_over(minute, taken):
    """It read the live locks a moment after it claimed, and may have found us dead."""
    board = Board()
    one, other = board.lock("a", "one"), board.lock("b", "other")
    with one.held():
        board.minute += minute
        other._say("claim")
        other._say("release")
        board.minute = 11
        if taken:
            with pytest.raises(Interrupted, match="no sign of life for 10 minutes, and run b on host other"):
                one.heartbeat()
        else:
            one.heartbeat()


@pytest.mark.parametrize(("seconds", "beats"), [(59.9, 0), (60, 1)])
def test_a_heartbeat_is_due_after_a_minute(seconds, beats):
    board = Board()
    lock = board.lock("a", "one")
    with lock.held():
        board.minute += seconds / 60
        lock.heartbeat()
        lock.heartbeat()
    assert board.states("a") == ["claim", *["heartbeat"] * beats, "release"]


def test_a_claim_counts_as_a_sign_of_life():
    board = Board()
    lock = board.lock("a", "one")
    board.minute += 5
    with lock.held():
        lock.heartbeat()
    assert board.states("a") == ["claim", "release"]


def test_a_run_that_fails_releases_the_lock():
    board = Board()
    with pytest.raises(ZeroDivisionError), board.lock("a", "one").held():
        raise ZeroDivisionError
    assert board.states("a") == ["claim", "release"]


def test_a_lock_left_behind_holds_up_no_later_run_here():
    """Its run is over: the warehouse refused the release, and the process lives on."""
    board = Board()
    with board.lock("a").held():
        board.broken = True
    board.broken = False
    with board.lock("b").held():
        pass
    assert board.states("b") == ["claim", "release"]


def test_a_claim_that_the_warehouse_refuses_holds_nothing():
    board = Board(broken=True)
    with pytest.raises(WarehouseFailed), board.lock("a").held():
        raise AssertionError
    board.broken = False
    board.lock("a")._say("claim")
    with board.lock("b").held():
        pass


def test_a_heartbeat_that_the_warehouse_refuses_ends_the_run():
    board = Board()
    lock = board.lock("a", "one")
    with lock.held():
        board.minute += 2
        board.broken = True
        with pytest.raises(WarehouseFailed):
            lock.heartbeat()


@pytest.mark.parametrize(
    ("error", "gone"), [(ProcessLookupError, True), (PermissionError, False), (None, False)], ids=str
)
def test_another_users_process_is_alive(monkeypatch, error, gone):
    def kill(pid, signal):
        assert (pid, signal) == (4711, 0), "nothing is ended, only looked for"
        if error:
            raise error

    monkeypatch.setattr(os, "kill", kill)
    assert Process(socket.gethostname(), 4711, space_here()).is_surely_gone() is gone
    assert not Process("another-machine", 4711, space_here()).is_surely_gone()
    assert not Process(socket.gethostname(), 4711, None).is_surely_gone()


class Noting:
    """A warehouse that writes down what it is asked, and answers with these rows."""

    def __init__(self, *rows):
        self.rows, self.asked, self.done = rows, [], []

    def relation(self, name):
        return f"main.{name}"

    def render(self, macro, **arguments):
        self.asked.append((macro, arguments))
        return f"sql of {macro}"

    def execute(self, sql):
        self.done.append(sql)

    def query(self, sql):
        self.done.append(sql)
        return self.rows


SINCE = datetime(2024, 1, 1, 10)  # noqa: DTZ001


def test_a_lock_is_appended_as_it_is():
    warehouse = Noting()
    Locks(warehouse, warehouse).append_lock({"run_id": "a"})
    assert warehouse.asked == [("append_lock", {"locks": "main.locks", "lock": {"run_id": "a"}})]
    assert warehouse.done == ["sql of append_lock"]


def test_live_locks_are_read_as_they_were_written():
    warehouse = Noting(("a", "one", 7, "here", SINCE))
    found = Locks(warehouse, warehouse).live_locks("shop", 10)
    assert found == [LiveLock("a", Process("one", 7, "here"), SINCE)]
    assert warehouse.asked == [("live_locks", {"locks": "main.locks", "project": "shop", "minutes": 10})]
    assert warehouse.done == ["sql of live_locks"]


def test_only_claims_after_a_long_silence_are_told():
    """And those of a later generation, however short it was by the clock."""
    rows = [
        (f"run-{minutes}", "one", 7, None, SINCE + timedelta(minutes=minutes), SINCE, newer)
        for minutes, newer in ((7, 1), (8, 0), (9, 0), (10, 0))
    ]
    warehouse = Noting(*rows)
    found = Locks(warehouse, warehouse).claims_after("shop", "a", timedelta(minutes=9))
    assert found == [
        LiveLock(f"run-{minutes}", Process("one", 7, None), SINCE + timedelta(minutes=minutes))
        for minutes in (7, 9, 10)
    ]
    assert warehouse.asked == [("later_claims", {"locks": "main.locks", "project": "shop", "run_id": "a"})]
    assert warehouse.done == ["sql of later_claims"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="this is how Linux tells")
def test_on_linux_the_boot_and_the_namespace_name_the_processes():
    with open("/proc/sys/kernel/random/boot_id") as file:  # noqa: PTH123
        boot = file.read().strip()
    assert space_here() == f"{boot} {os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115


def test_on_windows_no_process_is_ended_to_look_for_it(monkeypatch):
    monkeypatch.delattr(os, "kill")
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        assert processes._exists(4711)


def test_a_later_generation_took_over_whatever_the_clock_says(open_apart):
    """The warehouse's clock was set back, so that its claim is dated before our last sign of life."""
    warehouse, engine = open_apart("duckdb")
    tables = Tables(warehouse, schema="intercom_activate", database=None)
    tables.make(tables.standing())
    rows = [("a", "claim", "null", 10), ("a", "heartbeat", "4", 12), ("b", "claim", "null", 3)]
    for run, state, generation, minute in [*rows, ("b", "heartbeat", "5", 3), ("c", "heartbeat", "3", 4)]:
        engine.execute(
            "insert into intercom_activate.locks (run_id, project, host, pid, lock_state, generation, seen_at) "
            f"values ('{run}', 'shop', 'h', 1, '{state}', {generation}, timestamp '2024-01-01 00:{minute:02}:00')"
        )
    claims = Locks(warehouse, tables).claims_after("shop", "a", timedelta(minutes=9))
    assert {each.run_id for each in claims} == {"b"}
