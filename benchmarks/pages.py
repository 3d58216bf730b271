"""What a million changed rows cost from the warehouse to payloads, by the driver's cursor and by dbt's own table.

    python benchmarks/pages.py duckdb 1000000
    python benchmarks/pages.py postgres 100000      # TEST_POSTGRES_DSN, else an embedded server

A relation of seven mapped columns, none of it told before, is staged once. Then its stage is read a page at a time,
each road in a process of its own, one after the other:

- driver: the engine's own driver runs the same SQL and gives the rows, nothing else imported;
- cursor: our code, which reads dbt's connection by the driver's cursor and makes a record of each row;
- table: the same, with each page by dbt's own table, as it is for every other adapter.

CPU seconds are those of the process while it reads, the driver's threads included; a server's own are not.
Memory is the peak (VmHWM) of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import diff

ROADS = ("driver", "cursor", "table")
COLUMNS = ("email", "name", "signed_up_at")
ATTRIBUTES = ("balance", "seats", "is_vip")
diff.ENTRY["fields"] = (
    {"external_id": "id"}
    | {name: name for name in COLUMNS}
    | {f"custom_attributes.{name}": name for name in ATTRIBUTES}
)


def prepare(bench: diff.Bench, rows: int) -> None:
    """Make the relation, and a stage of all of it."""
    bench.write_project()
    sql = bench.connect().execute
    sql("drop table if exists people")
    sql(f"create table people as select {diff.ROW} from {diff.SERIES[bench.engine].format(rows=rows)}")
    sql("drop schema if exists intercom_activate cascade")
    del sql
    measured(bench, "stage")


def stage(bench: diff.Bench) -> dict[str, Any]:
    from dbt_intercom_activate.ledger.stages import Stages

    warehouse = bench.open()
    with warehouse.connected():
        tables = diff._tables(warehouse)
        tables.make(tables.standing())
        Stages(warehouse, tables).stage("stage_bench", bench.changes(warehouse, tables))
        _write_page(bench, warehouse, str(tables.relation("stage_bench")))
    return {}


def _write_page(bench: diff.Bench, warehouse: Any, relation: str) -> None:
    from dbt_intercom_activate.ledger.staged_rows import read_columns

    columns = read_columns(bench.binding(warehouse))[0]
    page = warehouse.render("read_page", stage=relation, columns=columns, first="{first}", last="{last}")
    (bench.folder / "page.sql").write_text(page)


def read(bench: diff.Bench, road: str) -> dict[str, Any]:
    from dbt_intercom_activate.ledger.stages import Stages
    from dbt_intercom_activate.warehouse import driver_rows

    if road == "table":
        driver_rows.BY_CURSOR = frozenset()
    warehouse = bench.open()
    with warehouse.connected():
        tables = diff._tables(warehouse)
        relation, binding = tables.relation("stage_bench"), bench.binding(warehouse)
        ((last,),) = warehouse.query(f"select max(ia_seq) as ia_last from {relation}")
        found, before = 0, _cpu()
        for page in Stages(warehouse, tables).pages(diff._Staged(relation, int(last)), binding):  # type: ignore[arg-type]
            found += sum(binding.record(row).payload_hash is not None for row in page)
        return {"cpu": _cpu() - before, "found": found}


def by_the_driver(bench: diff.Bench) -> dict[str, Any]:
    before = _cpu()
    found = diff.read_pages(bench)["found"]
    return {"cpu": _cpu() - before, "found": found}


def _cpu() -> float:
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def measured(bench: diff.Bench, what: str) -> dict[str, Any]:
    """What one thing took in a process of its own."""
    command = [sys.executable, __file__, bench.engine, "--measure", what, "--folder", str(bench.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _measure(bench: diff.Bench, what: str) -> None:
    took = (
        stage(bench) if what == "stage" else by_the_driver(bench) if what == "driver" else read(bench, what)
    )
    print(json.dumps({**took, "peak_mb": diff._peak_mb()}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", choices=["duckdb", "postgres"])
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        _measure(diff.Bench(arguments.engine, arguments.folder), arguments.measure)
        return
    if arguments.engine == "postgres":
        os.environ.setdefault("BENCH_DSN", os.environ.get("TEST_POSTGRES_DSN") or diff._postgres())
    print(f"{diff._versions()}; load average {os.getloadavg()[0]:.1f} at the start")
    print("| engine | rows | road | CPU | CPU a row | peak memory |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        bench = diff.Bench(arguments.engine, Path(folder))
        prepare(bench, arguments.rows)
        for road in ROADS:
            took = measured(bench, road)
            assert took["found"] == arguments.rows, took
            print(
                f"| {bench.engine} | {arguments.rows:,} | {road} | {took['cpu']:.1f} s "
                f"| {took['cpu'] / arguments.rows * 1e6:.0f} µs | {took['peak_mb']:.0f} MB |",
                flush=True,
            )
    print(f"load average {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
