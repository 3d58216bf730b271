"""The wish to end a run: who is told, once, and which reason stays."""

from __future__ import annotations

import socket
import threading

import pytest

from dbt_intercom_activate.sync.run import _bounded
from dbt_intercom_activate.sync.session import Stop


def test_the_first_reason_stays():
    stop = Stop()
    assert not stop
    stop.set("time is over")
    stop.set("interrupted")
    assert (bool(stop), stop.reason) == (True, "time is over")


def test_each_listener_is_told_once():
    stop, told = Stop(), []
    stop.on_set(lambda: told.append("early"))
    assert told == []
    stop.set("time is over")
    stop.set("interrupted")
    stop.on_set(lambda: told.append("late"))
    assert told == ["early", "late"]


def timers():
    return [each for each in threading.enumerate() if isinstance(each, threading.Timer)]


@pytest.mark.parametrize("raised", [None, KeyboardInterrupt], ids=["well", "Ctrl-C"])
def test_a_run_that_ended_in_time_leaves_no_timer(raised):
    """A process that runs many projects, as orchestrators do, would be told to stop in the middle of another."""
    stop = Stop()
    try:
        with _bounded(1_000.0, stop):
            (timer,) = timers()
            assert timer.daemon, "it keeps no process alive"
            if raised:
                raise raised
    except KeyboardInterrupt:
        pass
    timer.join(20)
    assert not timer.is_alive()
    assert not stop


def test_time_that_is_over_says_so():
    stop, told = Stop(), threading.Event()
    stop.on_set(told.set)
    with _bounded(0.001, stop):
        assert told.wait(20)
    assert stop.reason == "--max-time of 0.001 s is over"


def test_without_a_limit_there_is_no_timer():
    with _bounded(None, Stop()):
        assert timers() == []


def test_a_sandbox_that_nobody_started_is_said_once(shop):
    """The calls tell: asked once, and not five times with pauses."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        ran = shop.sync(env={"SHOP_INTERCOM_URL": address})
        planned = shop.run("plan", env={"SHOP_INTERCOM_URL": address})

    said = f"nothing answers at {address}, which is this machine: start `dbt-intercom-activate sandbox`"
    assert ran.statuses() == {"companies": "deferred", "customers": "deferred"}
    assert ran.code == 1
    assert (ran.out.count(said), planned.out.count(said)) == (1, 1)
    assert "intercomstatus" not in ran.out
