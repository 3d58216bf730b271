"""A run that is killed at any moment: nothing is lost, nothing is doubled, and what nobody can know is called so.

One process imports dbt once and forks a child per run, so that a kill costs a second and not ten.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from dbt_intercom_activate.sandbox.records import Condition

CONCURRENCY = 8
KILLS = 25
FORKS = """
import os, sys
import dbt.adapters.duckdb, dbt.cli.main
from dbt_intercom_activate.commands import plan
from dbt_intercom_activate.sync import run as sync
from dbt_intercom_activate.cli import run
for line in sys.stdin:
    child = os.fork()
    if not child:
        sys.stdout = sys.stderr = open("child.log", "w")
        code = run(line.split())
        sys.stdout.flush()
        os._exit(code)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""
PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "email": "email"},
    "removed": "archive",
    "max_removed": "100%",
}
LEADS = {
    "name": "leads",
    "object": "contact",
    "behaviour": "insert",
    "key": ["id"],
    "fields": {"name": "id"},
    "constants": {"role": "lead"},
}
EVENTS = {
    "name": "events",
    "object": "event",
    "behaviour": "send",
    "identifier": "email",
    "fields": {"email": "email", "created_at": "happened"},
    "constants": {"event_name": "seen"},
}
BEGAN = datetime(2024, 1, 1)  # noqa: DTZ001 (naive, as in the warehouse)
BEGAN_AT = int(BEGAN.replace(tzinfo=timezone.utc).timestamp())
"""Each second something happens; a workspace has too few names of events for each to have its own."""


class World:
    """A model that changes before every run, and an Intercom that must follow it."""

    def __init__(self, shop: Any, seed: int) -> None:
        self.shop = shop
        self.random = random.Random(seed)  # noqa: S311
        self.people: dict[str, str] = {}
        self.things: list[str] = []
        self.born = 0
        self.forks = shop.start(code=FORKS)
        shop.configure(customers=PEOPLE, accounts=[LEADS, EVENTS])
        # Without an external_id: of a contact that has one, Intercom keeps a repeated event once, and hides a double.
        self.witness = shop.add_contact(email="witness@example.com")

    def change(self) -> None:
        """Somebody comes, somebody goes, somebody moves; and things happen.

        Who goes was delivered for sure: of a call whose answer was killed nothing is known, until it is made again.
        """
        delivered = self.delivered()
        for key in self.random.sample(sorted(self.people), min(len(self.people), 8)):
            if key in delivered and self.random.random() < 0.7:
                del self.people[key]
            else:
                self.people[key] = f"{key}-{self.born}@example.com"
        for _ in range(14):
            self.born += 1
            self.people[f"p{self.born}"] = f"p{self.born}@example.com"
        self.things += [f"t{len(self.things) + number}" for number in range(8)]
        self.shop.put("customers", "id text, email text", list(self.people.items()))
        moments = [BEGAN + timedelta(seconds=number) for number in range(len(self.things))]
        rows = [(key, "witness@example.com", at) for key, at in zip(self.things, moments, strict=True)]
        self.shop.put("accounts", "id text, email text, happened timestamp", rows)

    def delivered(self) -> set[str]:
        """Whom the ledger knows to be in Intercom."""
        tables = self.shop.sql("select 1 from information_schema.tables where table_name = 'ledger'")
        told = self.shop.last("people") if tables else {}
        return {key for key, row in told.items() if row["code"] is None}

    def run(self, *arguments: str, kill: bool = False) -> int:
        """Run our command line; its exit code, or -9 where it was killed."""
        (self.shop.folder / "child.log").unlink(missing_ok=True)
        self.forks.stdin.write(" ".join(arguments) + "\n")
        self.forks.stdin.flush()
        child = int(self.forks.stdout.readline())
        if kill:
            self.wait_for_a_moment()
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return os.waitstatus_to_exitcode(int(self.forks.stdout.readline()))

    def wait_for_a_moment(self) -> None:
        """After some calls, or some lines of the journal, and then a few milliseconds."""
        calls, lines = self.random.randint(1, 45), self.random.randint(1, 60)
        by_journal = self.random.random() < 0.5
        before = len(self.shop.sandbox.calls)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if by_journal and self.journal_lines() >= lines:
                break
            if not by_journal and len(self.shop.sandbox.calls) - before >= calls:
                break
            if self.is_done():
                return
            time.sleep(0.001)
        time.sleep(self.random.random() * 0.03)

    def journals(self) -> list[Path]:
        return list((self.shop.folder / "target" / "intercom_activate").glob("journal-*.jsonl"))

    def journal_lines(self) -> int:
        with contextlib.suppress(OSError):
            return sum(path.read_bytes().count(b"\n") for path in self.journals())
        return 0

    def is_done(self) -> bool:
        log = self.shop.folder / "child.log"
        return log.exists() and "Done." in log.read_text(errors="replace")

    def output(self) -> str:
        """What the last run said: nothing where it was killed before it could."""
        log = self.shop.folder / "child.log"
        return log.read_text(errors="replace") if log.exists() else ""

    # What Intercom has

    def leads(self) -> Counter[str]:
        return Counter(each.fields.get("name") for each in self.shop.state.contacts if each.role == "lead")

    def events(self) -> Counter[str]:
        return Counter(f"t{each.created_at - BEGAN_AT}" for each in self.shop.state.events)

    def live_people(self) -> dict[str, str]:
        users = [
            each for each in self.shop.state.contacts if each.role == "user" and each is not self.witness
        ]
        assert len({each.external_id for each in users}) == len(users), "somebody is there twice"
        return {each.external_id: each.email for each in users if each.condition is Condition.LIVE}

    def check(self) -> Counter[str]:
        """Intercom is what the model says, and the ledger agrees record by record; returns how many are unsure."""
        assert self.live_people() == self.people
        told = self.shop.last("people")
        live = self.shop.contacts()
        for key, row in told.items():
            assert row["code"] is None, row
            if key in self.people:
                assert row["intercom_id"] == live[key].id
            else:
                assert row["operation"] == "archive"
        assert set(told) >= set(self.people)
        unsure: Counter[str] = Counter()
        for activation, held in (("leads", self.leads()), ("events", self.events())):
            rows = {row["code_key"]: row for row in self.named(activation)}
            assert set(rows) == set(self.things)
            assert set(held) <= set(self.things)
            for key, row in rows.items():
                assert held[key] <= 1, f"{key} is there {held[key]} times"
                assert row["code"] in (None, "maybe_delivered"), dict(row, activation=activation)
                unsure[activation] += row["code"] is not None
                assert row["code"] is not None or held[key] == 1, f"{key} is lost"
        return unsure

    def named(self, activation: str) -> list[dict[str, Any]]:
        """The newest rows of an activation, with the name of the thing that its key holds."""
        rows = self.shop.last(activation).values()
        named = [{**row, "code_key": row["record_key"]} for row in rows]
        if activation == "events":
            for row in named:
                row["code_key"] = f"t{int(row['record_key'].rpartition(':')[2]) - BEGAN_AT}"
        return named


@pytest.fixture(scope="module")
def slow_intercom(scene: Any) -> Any:
    """An Intercom that takes its time, so that calls are in flight when the run dies."""
    return scene(latency_ms=4)


@pytest.fixture
def make_world(slow_intercom: Any):
    worlds = []

    def make(seed: int) -> World:
        slow_intercom.state.reset()
        slow_intercom.sql("drop schema if exists intercom_activate cascade")
        worlds.append(World(slow_intercom, seed))
        return worlds[-1]

    yield make
    for world in worlds:
        world.forks.stdin.close()
        world.forks.wait(60)
        world.forks.stdout.close()
        world.forks.stderr.close()


@pytest.mark.slow
def test_a_run_that_is_killed_loses_nothing_and_doubles_nothing(make_world):
    seed = int(os.environ.get("SEED") or time.time_ns() % 1_000_000)
    print(f"SEED={seed}")  # noqa: T201 (pytest shows it when the test fails)
    world = make_world(seed)
    killed = left_a_journal = 0
    for _ in range(KILLS):
        world.change()
        killed += world.run("sync", kill=True) == -signal.SIGKILL
        left_a_journal += bool(world.journals())
        assert "Traceback" not in world.output()
    assert killed >= KILLS / 2
    assert left_a_journal

    code = world.run("sync")
    unsure = world.check()
    assert code == (1 if sum(unsure.values()) else 0), world.output()
    assert sum(unsure.values()) <= killed * CONCURRENCY
    assert world.journals() == []
    tables = world.shop.sql(
        "select table_name from information_schema.tables where table_name like 'stage_%'"
    )
    assert tables == []

    assert world.run("sync") == code
    assert world.check() == unsure
    held = world.leads() + world.events()
    assert world.run("retry", "--maybe-delivered") == 0, world.output()
    assert sum((world.leads() + world.events() - held).values()) == sum(unsure.values())
    assert {row["code"] for row in (*world.named("leads"), *world.named("events"))} == {None}
    assert world.run("sync") == 0
