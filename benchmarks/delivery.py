"""What a call to Intercom costs, and how much of each window is used, against a stand-in on this machine.

    python benchmarks/delivery.py cpu                                    # CPU per call, beside bare loops
    python benchmarks/delivery.py windows --latency 0.5 --limit 1666     # share of each full window

CPU is user and system seconds of the calling process alone (the stand-in is another one), so that other work on the
machine disturbs it little. All call with 50 threads:

- sync: `dbt-intercom-activate sync` of contacts that changed, from the warehouse to the ledger. A run of few records
  is taken off one of many, so that start-up is aside, and everything that a record costs is in it;
- requests: a loop over `Session.put(url, json=…)`, a session for each thread, and nothing else: what is sent and
  answered is the same, and nothing is written down, paced or retried;
- prepared: the same, prepared once and sent by the adapter.

The stand-in's own CPU per call stands beside it: where it is above that of the calling process, it is the bottleneck
in time. That changes no figure of CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THREADS = 50
FEW, MANY = 500, 6_500
FIELDS = {"external_id": "id", "email": "email", "name": "name"}
ENTRY = {"object": "contact", "behaviour": "upsert", "identifier": "external_id", "fields": FIELDS}
SCHEMA = {"models": [{"name": "people", "config": {"materialized": "table", "meta": {"intercom": ENTRY}}}]}


@contextmanager
def stand_in(latency: float = 0.0, limit: int = 10_000_000) -> Iterator[tuple[str, dict[str, Any]]]:
    """The address of a stand-in, and what it counted, once it has ended."""
    command = [sys.executable, str(Path(__file__).with_name("stand_in.py"))]
    command += ["--latency", str(latency), "--limit", str(limit)]
    told: dict[str, Any] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), told
        finally:
            process.send_signal(signal.SIGTERM)
            told.update(json.loads(process.stdout.readline()))


def cpu_of(what: Callable[[], object]) -> float:
    """User and system seconds of a child process that does something."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    what()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_a_process(way: str, url: str, calls: int) -> Callable[[], object]:
    """Run a bare loop of this file in a process of its own."""
    command = [sys.executable, __file__, "loop", "--way", way, "--url", url, "--calls", str(calls)]
    return lambda: subprocess.run(command, check=True)


def loop(way: str, url: str, calls: int) -> None:
    """Send so many updates of a contact, with as many threads as a sync has, and nothing else."""
    import requests
    from requests.adapters import HTTPAdapter

    waiting: SimpleQueue[int] = SimpleQueue()
    for number in range(calls):
        waiting.put(number)
    headers = {"Authorization": "Bearer t", "Intercom-Version": "2.16", "Accept": "application/json"}

    def body_of(number: int) -> dict[str, object]:
        return {
            "external_id": str(number),
            "email": f"person{number}@example.com",
            "name": f"Person {number}",
        }

    def work() -> None:
        session, adapter = requests.Session(), HTTPAdapter()
        session.headers.update(headers)
        prepared = session.prepare_request(requests.Request("PUT", url, json={}))
        while True:
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            if way == "requests":
                answer = session.put(f"{url}/contacts/{number:024x}", json=body_of(number), timeout=30)
            else:
                prepared.url = f"{url}/contacts/{number:024x}"
                prepared.body = json.dumps(body_of(number)).encode()
                prepared.headers["Content-Length"] = str(len(prepared.body))
                answer = adapter.send(prepared, timeout=30)
            assert answer.json()["id"] == f"{number:024x}"

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


class Shop:
    """A dbt project of one relation of people, and the workspace it is synced to."""

    def __init__(self, folder: Path, url: str, rows: int, options: str = f"concurrency: {THREADS}") -> None:
        self.folder, self.rows = folder, rows
        (folder / "models").mkdir(parents=True)
        (folder / "dbt_project.yml").write_text("name: bench\nprofile: bench\nconfig-version: 2\n")
        (folder / "models" / "people.sql").write_text("select 1 as id")
        (folder / "models" / "people.yml").write_text(json.dumps(SCHEMA))
        output = {"type": "duckdb", "path": str(folder / "bench.duckdb"), "schema": "main", "threads": 1}
        profile = {"bench": {"target": "dev", "outputs": {"dev": output | {"settings": {"threads": 1}}}}}
        (folder / "profiles.yml").write_text(json.dumps(profile))
        (folder / "intercom.yml").write_text(
            f"workspaces:\n  main:\n    access_token: token\n    base_url: {url}\n    {options}\n"
        )
        self._run("from dbt.cli.main import cli; cli()", "parse", "--quiet")
        self.change("Person")

    def change(self, name: str) -> None:
        """Make the relation anew, with every row changed."""
        import duckdb

        columns = f"i as id, 'person' || i || '@example.com' as email, '{name} ' || i as name"
        with duckdb.connect(str(self.folder / "bench.duckdb")) as connection:
            connection.execute(
                f"create or replace table people as select {columns} from range(1, {self.rows} + 1) as t(i)"
            )

    def sync(self, *options: str) -> None:
        """Run the command."""
        self._run("from dbt_intercom_activate.cli import main; main()", "sync", "--no-gate", *options)

    def _run(self, code: str, *arguments: str) -> None:
        command = [sys.executable, "-c", code, *arguments]
        ended = subprocess.run(command, check=False, cwd=self.folder, capture_output=True, text=True)
        if ended.returncode:
            sys.exit(ended.stdout + ended.stderr)


def sync_cpu(url: str, folder: Path) -> dict[str, float]:
    """CPU seconds of a call, of new contacts and of changed ones."""
    used: dict[str, list[float]] = {"new": [], "changed": []}
    for rows in (FEW, MANY):
        shop = Shop(folder / str(rows), url, rows)
        used["new"].append(cpu_of(shop.sync))
        shop.change("Changed")
        used["changed"].append(cpu_of(shop.sync))
    return {name: (many - few) / (MANY - FEW) for name, (few, many) in used.items()}


def report_cpu(rounds: int) -> None:
    """CPU per call of each way, in turn, several times."""
    calls = MANY - FEW
    with tempfile.TemporaryDirectory() as scratch, stand_in() as (url, counted):
        for turn in range(rounds):
            synced = sync_cpu(url, Path(scratch) / str(turn))
            few = {way: cpu_of(in_a_process(way, url, FEW)) for way in ("requests", "prepared")}
            many = {way: cpu_of(in_a_process(way, url, FEW + calls)) for way in few}
            bare = {way: (many[way] - few[way]) / calls for way in few}
            shown = {f"sync, {name}": each for name, each in synced.items()} | bare
            print(" | ".join(f"{name} {1000 * each:.2f} ms" for name, each in shown.items()), flush=True)
    total = sum(counted["windows"])
    print(f"stand-in {1000 * counted['cpu'] / total:.2f} ms, {total} calls, {counted['refused']} refused")
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs")


def report_windows(latency: float, limit: int, windows: int) -> None:
    """The share of each full window, where `concurrency` is left to the product."""
    with tempfile.TemporaryDirectory() as scratch, stand_in(latency, limit) as (url, counted):
        shop = Shop(Path(scratch) / "shop", url, limit * (windows + 1), "timeout: 30")
        shop.sync()
    # The first had `GET /me` alone, or began before the run; the last ended after it.
    begun = [each for each in counted["windows"] if each > 2]
    full = begun[1:-1]
    shares = ", ".join(f"{100 * each / limit:.1f} %" for each in full)
    print(f"{1000 * latency:.0f} ms, {limit} calls in 10 s: {shares}; {counted['refused']} refused")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("cpu", "windows", "loop"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--limit", type=int, default=1666)
    parser.add_argument("--full", type=int, default=3, help="full windows to be filled")
    parser.add_argument("--way", choices=("requests", "prepared"), default="requests", help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    parser.add_argument("--calls", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.what == "loop":
        loop(options.way, options.url, options.calls)
    elif options.what == "cpu":
        report_cpu(options.rounds)
    else:
        report_windows(options.latency, options.limit, options.full)


if __name__ == "__main__":
    main()
