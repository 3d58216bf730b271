"""Moments: one form for all, and a clock of a run that nobody sets."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from dbt_intercom_activate.clock import (
    RunClock,
    as_text,
    from_text,
    in_utc,
    of_unix,
    seconds_awake_or_asleep,
    to_unix,
)

NOON = datetime(2024, 2, 29, 12)  # noqa: DTZ001 (UTC, as everywhere)


def test_a_run_measures_from_where_it_began():
    passed = iter([100.0, 101.5, 101.75])
    now = RunClock(NOON, lambda: next(passed))

    assert now() - NOON == timedelta(seconds=1.5)
    assert now() - NOON == timedelta(seconds=1.75)


def test_a_machine_whose_clock_is_set_back_does_not(monkeypatch):
    now = RunClock(NOON)
    first = now()
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert now() >= first


def test_a_run_counts_the_sleep_of_its_machine(monkeypatch):
    read, asleep = time.clock_gettime, [0.0]
    monkeypatch.setattr("time.clock_gettime", lambda clock: read(clock) + asleep[0])
    now = RunClock(NOON)
    asleep[0] = 600.0
    assert timedelta(0) <= now() - NOON - timedelta(seconds=600) < timedelta(minutes=1)


def test_the_clock_counts_while_the_machine_sleeps():
    """A monotonic clock stands still then, on Linux and on macOS, and the run would not know that it was silent."""
    before = time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

    assert 0 <= seconds_awake_or_asleep() - before < 60


@pytest.mark.parametrize("missing", [("CLOCK_BOOTTIME",), ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC")], ids=len)
def test_a_system_without_that_clock_takes_one_nobody_sets(monkeypatch, missing):
    for name in missing:
        monkeypatch.delattr(time, name, raising=False)
    before = time.monotonic()
    assert before <= seconds_awake_or_asleep() <= time.monotonic()


@pytest.mark.parametrize("hours", [-11, 0, 5.5])
def test_a_driver_that_adds_a_zone_means_the_same(hours):
    zone = timezone(timedelta(hours=hours))
    assert in_utc(NOON.replace(tzinfo=timezone.utc).astimezone(zone)) == NOON
    assert in_utc(NOON) == NOON


def test_a_moment_survives_its_text_and_its_seconds():
    assert from_text(as_text(NOON)) == NOON
    assert of_unix(to_unix(NOON)) == NOON
    assert to_unix(NOON + timedelta(microseconds=999_999)) == to_unix(NOON)
    assert to_unix(datetime(1969, 12, 31, 23, 59, 59, 1)) == -1  # noqa: DTZ001
