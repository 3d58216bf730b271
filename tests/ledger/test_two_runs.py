"""Two runs of the real command against one warehouse, each with a target path of its own.

Nothing on the machine stands between them: only the warehouse can tell them of each other.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from dbt_intercom_activate.ledger import warehouse_lock
from dbt_intercom_activate.sandbox.faults import Fault

pytestmark = pytest.mark.slow

READY = """
import sys
from dbt_intercom_activate.cli import run
import dbt_intercom_activate.sync.run, dbt.adapters.factory
print("ready", flush=True)
input()
sys.exit(run(sys.argv[1:]))
"""
"""The command, held back until everything that takes time to import is there."""


class Run:
    """A run of the command, as a process of its own."""

    def __init__(self, trade, target_path):
        shutil.copytree(trade.folder / "target", trade.folder / target_path, dirs_exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-c", READY, "sync", "--target-path", target_path],
            cwd=trade.folder,
            env={**os.environ, **trade.environment()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def ended(self):
        out, err = self.process.communicate()
        self.code, self.text = self.process.returncode, out + err
        assert "Traceback" not in self.text
        return self


@pytest.fixture
def start():
    """Start runs, none of which outlives its test."""
    started = []

    def start_(trade, target_path):
        started.append(Run(trade, target_path))
        return started[-1]

    yield start_
    for each in started:
        with contextlib.suppress(ProcessLookupError):
            each.process.kill()
        each.process.communicate()


def slow_down(trade):
    """Let Intercom take its time over contacts, so that a run is there to be met."""
    trade.sandbox.faults.add(Fault("*", "/contacts", delay_s=1.0, times=1_000))


@pytest.fixture
def assert_nothing_doubled(trade):
    """However many ran: what is in Intercom is there once, though events have nothing to be recognised by."""
    yield
    trade.sandbox.faults.clear()
    assert sorted(each.external_id for each in trade.state.contacts) == ["c1", "c2", "c3"]
    assert len(trade.state.companies) == 2
    assert len(trade.state.events) == 2


def wait_for_call(trade, path):
    for _ in range(600):
        if any(call.path.startswith(path) for call in trade.sandbox.calls):
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody called {path}")


@pytest.mark.usefixtures("assert_nothing_doubled")
def test_a_second_run_is_refused_and_told_of_the_first(trade, start):
    first, second = start(trade, "target-1"), start(trade, "target-2")
    slow_down(trade)
    first.go()
    wait_for_call(trade, "/companies")
    first.process.send_signal(signal.SIGSTOP)
    second.go()
    refused = second.ended()

    assert refused.code == 2, refused.text
    if trade.engine.name == "duckdb":
        assert "the DuckDB file is in use by another process, perhaps another run" in refused.text
        assert f"process {first.process.pid}" in refused.text
    else:
        assert "another run of this project is alive" in refused.text
        named = f"on host {socket.gethostname()}, process {first.process.pid}, since 2"
        assert named in refused.text
        assert "Nothing was sent" in refused.text
    first.process.send_signal(signal.SIGCONT)
    assert first.ended().code == 0, first.text


@pytest.mark.usefixtures("assert_nothing_doubled")
@pytest.mark.parametrize("ledger", ["new", "old"])
def test_of_runs_that_begin_together_no_two_run_at_once(trade, start, ledger):
    """All may be refused, or one run after another; the last word has a run that nobody disturbs."""
    if ledger == "old":
        assert trade.sync("--select", "accounts").code == 0
    slow_down(trade)
    runs = [start(trade, f"target-{number}") for number in range(3)]
    for each in runs:
        each.go()
    ended = [each.ended() for each in runs]

    assert {each.code for each in ended} <= {0, 2}, [each.text for each in ended]
    assert all("another run" in each.text for each in ended if each.code == 2), [each.text for each in ended]
    assert_none_overlap(trade)
    trade.sandbox.faults.clear()
    assert trade.sync().code == 0


@pytest.mark.usefixtures("assert_nothing_doubled")
def test_a_killed_run_is_forgotten_by_its_own_host(trade, start):
    killed = start(trade, "target-1")
    slow_down(trade)
    killed.go()
    wait_for_call(trade, "/companies")
    killed.process.kill()
    killed.process.communicate()
    ran = start(trade, "target-1")
    ran.go()
    assert ran.ended().code == 0, ran.text


def test_a_run_that_read_too_long_sends_nothing(make_trade, monkeypatch):
    """While the relation is read, eleven minutes pass by the warehouse's clock, and another run begins."""
    trade = make_trade("postgres")
    assert trade.sync("--select", "accounts").code == 0
    trade.engine.execute(
        "alter table trade.customers rename to people",
        """
        create or replace function trade.time_passes() returns boolean language plpgsql as $$
        begin
          if not exists (select from intercom_activate.locks where run_id = 'run-9') then
            update intercom_activate.locks set seen_at = seen_at - interval '11 minutes';
            insert into intercom_activate.locks (run_id, project, host, pid, lock_state, seen_at)
            values ('run-9', 'trade', 'another-machine', 4711, 'claim', now() at time zone 'utc');
          end if;
          return true;
        end $$
        """,
        "create view trade.customers as select * from trade.people where trade.time_passes()",
    )
    monkeypatch.setattr(warehouse_lock, "HEARTBEAT_SECONDS", 0.0)
    trade.calls()
    try:
        ran = trade.sync("--select", "customers")
    finally:
        trade.engine.execute("drop view trade.customers", "drop table trade.people")

    assert trade.calls() == {}
    assert ran.code == 1, ran.text
    assert ran.results["customers"]["status"] == "deferred"
    assert "run run-9 on host another-machine, process 4711" in ran.text
    assert "took its place" in ran.text


def assert_none_overlap(trade):
    """Those that did anything held the lock one after the other, by the warehouse's clock."""
    held = trade.engine.query(
        "select min(locks.seen_at), max(locks.seen_at) from intercom_activate.locks as locks"
        " where run_id in (select run_id from intercom_activate.runs) group by run_id order by 1"
    )
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(held))
