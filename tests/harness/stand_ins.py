"""Warehouses that nobody has at hand, each by what stands in for it here: docs/warehouses.md says what that proves.

A stand-in is started within the tests' process, or beside it, on an address of this machine alone.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any, ClassVar

import requests
from clickhouse_server import ClickHouseServer
from redshift_proxy import FUNCTIONS, RedshiftProxy
from warehouse_engines import LEDGER_SCHEMA, MOMENT, MONEY, SCHEMA, TEXT, TRUTH, WHOLE, Engine, Postgres

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class StandIn(Engine):
    """A warehouse of which a test needs only that it runs statements: rows are written as literals."""

    def __init__(self) -> None:
        self._running = contextlib.ExitStack()

    def stop(self) -> None:
        self._running.close()

    def begin(self, folder: Path) -> None:
        super().begin(folder)
        self.drop_ledger()

    def fill(self, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        statements = [
            f"drop table if exists {table}",
            f"create table {table} ({described}) {self.table_format}",
        ]
        if rows:
            selects = [
                "select "
                + ", ".join(
                    f"cast({self.literal(value)} as {kind}) as {name}"
                    for value, (name, kind) in zip(row, columns.items(), strict=True)
                )
                for row in rows
            ]
            statements.append(f"insert into {table} " + " union all ".join(selects))
        self.execute(*statements)

    def literal(self, value: Any) -> str:
        if value is None:
            return "null"
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return (
            "'"
            + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
            + "'"
        )


class Snowflake(StandIn):
    """`fakesnow`: DuckDB behind the protocol of Snowflake's own connector, its SQL translated by sqlglot."""

    name = "snowflake"
    needs = ("dbt.adapters.snowflake", "fakesnow")
    types: ClassVar[Mapping[str, str]] = {
        TEXT: "varchar",
        MOMENT: "timestamp_tz",
        MONEY: "number(10, 2)",
        WHOLE: "integer",
        TRUTH: "boolean",
    }

    def __init__(self) -> None:
        super().__init__()
        import fakesnow
        import snowflake.connector

        _mend_fakesnow()
        self._address = self._running.enter_context(fakesnow.server())
        connection = snowflake.connector.connect(**self._address)
        self._running.callback(connection.close)
        self._cursor = connection.cursor()
        self.execute("create database analytics", "use database analytics", f"create schema {SCHEMA}")

    def environment(self) -> dict[str, str]:
        return super().environment() | {"TRADE_PORT": str(self._address["port"])}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._cursor.execute(sql).fetchall()]

    def execute(self, *statements: str) -> None:
        for statement in statements:
            self._cursor.execute(statement)


def _mend_fakesnow() -> None:
    """Two points in which fakesnow 0.12 is not Snowflake: a null moment was read as 1970, and `rpad` took no NUMBER."""
    import pyarrow as pa
    from fakesnow import arrow, macros

    made, structs = macros.creation_sql, arrow.timestamp_to_sf_struct

    def with_rpad(catalog: str) -> str:
        return f"{made(catalog)}; create or replace macro {catalog}.rpad(s, n, c) as s || repeat(c, n - length(s));"

    def with_nulls(moments: pa.ChunkedArray) -> pa.StructArray:
        plain = moments.combine_chunks() if isinstance(moments, pa.ChunkedArray) else moments
        whole = structs(plain)
        parts = [part.fill_null(0) for part in whole.flatten()]
        return pa.StructArray.from_arrays(parts, fields=list(whole.type), mask=plain.is_null())

    macros.creation_sql, arrow.timestamp_to_sf_struct = with_rpad, with_nulls


class Redshift(Postgres):
    """A PostgreSQL server behind a proxy, which speaks with Redshift's own driver: see redshift_proxy.py."""

    name = "redshift"
    needs = ("dbt.adapters.redshift",)
    types: ClassVar[Mapping[str, str]] = {**Postgres.types, TEXT: "varchar(65535)"}

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        self._proxy = RedshiftProxy(self._to_postgres)
        self.execute(*FUNCTIONS)

    def begin(self, folder: Path) -> None:
        super().begin(folder)
        # A backslash in a literal is an escape to Redshift, as it was to the PostgreSQL that it comes from.
        self.execute(f"alter database {self.database} set standard_conforming_strings = off")

    def _to_postgres(self) -> socket.socket:
        host, port = self._parts["host"], self._parts.get("port", "5432")
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(f"{host}/.s.PGSQL.{port}")
        return connection

    def environment(self) -> dict[str, str]:
        return super().environment() | {"TRADE_HOST": "127.0.0.1", "TRADE_PORT": str(self._proxy.port)}

    def stop(self) -> None:
        self._proxy.stop()


class ClickHouse(StandIn):
    """`chdb`: the engine itself, behind its HTTP interface: see clickhouse_server.py."""

    name = "clickhouse"
    needs = ("dbt.adapters.clickhouse", "chdb")
    table_format = "engine = MergeTree order by tuple()"
    shows_scale = False
    types: ClassVar[Mapping[str, str]] = {
        TEXT: "Nullable(String)",
        MOMENT: "Nullable(DateTime64(6, 'Asia/Tokyo'))",
        MONEY: "Nullable(Decimal(10, 2))",
        WHOLE: "Nullable(Int32)",
        TRUTH: "Nullable(Bool)",
    }

    def __init__(self) -> None:
        super().__init__()
        import clickhouse_connect

        self._server = ClickHouseServer()
        self._running.callback(self._server.stop)
        self._client = clickhouse_connect.get_client(host="127.0.0.1", port=self._server.port)

    def environment(self) -> dict[str, str]:
        return super().environment() | {"TRADE_PORT": str(self._server.port)}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._client.query(sql).result_rows]

    def execute(self, *statements: str) -> None:
        for statement in statements:
            self._client.command(statement)

    def drop_ledger(self) -> None:
        self.execute(f"drop database if exists {LEDGER_SCHEMA}")

    def decimal(self, precision: int, scale: int) -> str:
        return f"Nullable(Decimal({precision}, {scale}))"


_EMULATOR = r"""
import re
import sys
from duckdb_extensions import import_extension
from bqemulator.cli import main
from bqemulator.sql.translator import SQLTranslator

translate = SQLTranslator.translate

def translate_mended(self, sql, **arguments):
    sql = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), sql)
    return translate(self, re.sub(r"rpad\('', (.*?), '0'\)", r"repeat('0', \1)", sql), **arguments)

SQLTranslator.translate = translate_mended
import_extension("spatial")
main(["start", "--rest-port", sys.argv[1], "--grpc-port", "0", "--project", "trade-project", "--log-level", "error"])
"""
"""It would load the extension from the network, and knows no `\\u0020` in a literal, and no `rpad` by INT64."""


class BigQuery(StandIn):
    """`bqemulator`: DuckDB behind BigQuery's REST API, its SQL translated by sqlglot; a process of its own."""

    name = "bigquery"
    needs = ("dbt.adapters.bigquery", "bqemulator")
    types: ClassVar[Mapping[str, str]] = {
        TEXT: "string",
        MOMENT: "timestamp",
        MONEY: "numeric(10, 2)",
        WHOLE: "int64",
        TRUTH: "bool",
    }

    def __init__(self) -> None:
        super().__init__()
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        home = self._running.enter_context(tempfile.TemporaryDirectory(prefix="bigquery-"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-c", _EMULATOR, str(self._port)],
            env={**os.environ, "HOME": home},
            cwd=home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._running.callback(process.wait)
        self._running.callback(process.terminate)
        address = f"http://127.0.0.1:{self._port}"
        _wait_for(f"{address}/bigquery/v2/projects/trade-project/datasets", process)
        self._client = bigquery.Client(
            "trade-project", AnonymousCredentials(), client_options={"api_endpoint": address}
        )
        self._client.create_dataset(SCHEMA, exists_ok=True)

    def begin(self, folder: Path) -> None:
        super().begin(folder)
        # It says of a dataset that is not there that it is, where BigQuery answers 404; so nobody would make it.
        self._client.create_dataset(LEDGER_SCHEMA, exists_ok=True)

    def environment(self) -> dict[str, str]:
        return super().environment() | {"TRADE_PORT": str(self._port)}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self._client.query(sql).result()]

    def execute(self, *statements: str) -> None:
        for statement in statements:
            self._client.query(statement).result()

    def drop_ledger(self) -> None:
        self._client.delete_dataset(LEDGER_SCHEMA, delete_contents=True, not_found_ok=True)

    def tables(self, schema: str) -> set[str]:
        return {table.table_id for table in self._client.list_tables(schema)}

    def has_schema(self, schema: str) -> bool:
        return bool(self.tables(schema))


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until a server answers, a minute at most."""
    for _ in range(600):
        if process.poll() is not None:
            break
        with contextlib.suppress(requests.ConnectionError):
            requests.get(address, timeout=5)
            return
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {address}")


ALL = (Snowflake, Redshift, BigQuery, ClickHouse)
