"""The same small trade on every engine: five relations, their activations, and an Intercom beside them.

dbt builds the project once per engine and session. A test replaces the relations by rows of its own, runs the command
line, and reads the sandbox and the ledger.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
import stand_ins
import warehouse_engines as engines

from dbt_intercom_activate.cli import run
from dbt_intercom_activate.project.location import DbtProject
from dbt_intercom_activate.sandbox.server import Sandbox
from dbt_intercom_activate.warehouse.access import macro_package
from dbt_intercom_activate.warehouse.connection import open_warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dbt_intercom_activate.sandbox.server import Sandbox

ENGINES = {each.name: each for each in (engines.DuckDB, engines.Postgres, engines.Spark, *stand_ins.ALL)}
"""Every warehouse that the tests run on."""
HERE = ("duckdb", "postgres")
"""Those that the environment of `make test` has."""
EACH = [
    *(pytest.param(name, marks=pytest.mark.slow) for name in HERE),
    *(
        pytest.param(name, marks=pytest.mark.warehouse(name=name))
        for name in ENGINES
        if name not in HERE and name != "spark"
    ),
]
"""All but Spark, which has a test of its own, as parameters of a fixture."""
PROJECT = Path(__file__).parent / "projects" / "trade"
FREE = {"GET /me", "GET /data_attributes"}


CUSTOMERS = [
    ("c1", "ada@example.com", "Ada", "2024-02-29 12:34:56+00", "19.90", 3, True),
    ("c2", "zoe@example.com", "Zoë", "2024-07-01 00:00:00+00", "0.00", 0, False),
    ("c3", None, None, None, None, None, None),
]
ACCOUNTS = [("a1", "Ada & Söhne"), ("a2", "Bits")]
TAGS = [("c1", "vip"), ("c2", "vip"), ("c2", "new")]
MEMBERSHIPS = [("c1", "a1"), ("c2", "a2")]
EVENTS = [
    ("c1", "joined", "2024-02-29 12:34:56+00", "pro"),
    ("c2", "joined", "2024-07-01 00:00:00+00", None),
]


@dataclass(frozen=True)
class Ran:
    """What one sync left behind."""

    code: int
    text: str
    results: Mapping[str, Mapping[str, Any]]

    def counts(self, activation: str) -> dict[str, int]:
        """One activation's counts, zeros left out."""
        return {name: count for name, count in self.results[activation]["counts"].items() if count}


class Trade:
    """The project on one engine, and its Intercom."""

    def __init__(self, engine: Any, folder: Path, sandbox: Sandbox) -> None:
        self.engine = engine
        self.folder = folder
        self.sandbox = sandbox
        self.state = sandbox.state
        for name, data_type in (("balance", "float"), ("seats", "integer"), ("is_vip", "boolean")):
            self.state.add_attribute("contact", name, data_type)
        self.put(customers=CUSTOMERS, accounts=ACCOUNTS, tags=TAGS, memberships=MEMBERSHIPS, events=EVENTS)

    def put(self, **tables: Sequence[Sequence[Any]]) -> None:
        """Make these relations anew with these rows."""
        for table, rows in tables.items():
            self.engine.put(table, rows)

    def environment(self) -> dict[str, str]:
        return {**self.engine.environment(), "TRADE_INTERCOM_URL": self.sandbox.base_url}

    def run(self, *arguments: str) -> Ran:
        artifact = self.folder / "target" / "intercom_activate_results.json"
        artifact.unlink(missing_ok=True)
        with inside(self.folder, self.environment()) as out:
            code = run(list(arguments))
        results = json.loads(artifact.read_text())["results"] if artifact.exists() else []
        return Ran(code, out.getvalue(), {each["activation"]: each for each in results})

    def sync(self, *arguments: str) -> Ran:
        return self.run("sync", *arguments)

    def calls(self) -> dict[str, int]:
        """The calls since this was last asked, but for those that are free."""
        made = self.sandbox.calls.by_operation()
        self.sandbox.calls.clear()
        return {call: count for call, count in made.items() if call not in FREE}

    def ledger(self, activation: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of the ledger by record, the oldest of each first; between records there is no order to rely on."""
        return self.engine.query(
            f"select {', '.join(columns)} from intercom_activate.ledger where activation = '{activation}' "
            "order by record_key, generation, place"
        )

    def codes(self, activation: str) -> dict[str, str | None]:
        """What became of each record last: its code, or None where it succeeded."""
        return dict(self.ledger(activation, "record_key", "code"))

    def contacts(self) -> dict[str | None, Any]:
        """The live contacts by external_id."""
        return {each.external_id: each for each in self.state.contacts if each.live}

    def tags_of(self, contact: str) -> set[str]:
        return {self.state.tags[tag].name for tag in self.contacts()[contact].tags}


@contextlib.contextmanager
def inside(folder: Path, environment: Mapping[str, str]) -> Iterator[io.StringIO]:
    """Stand in a folder, with an environment; what is printed is caught."""
    before, out = Path.cwd(), io.StringIO()
    os.chdir(folder)
    try:
        with (
            mock.patch.dict(os.environ, environment),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            yield out
    finally:
        os.chdir(before)


@pytest.fixture(scope="session")
def engine_named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """The engine of a name, started when it is first asked for."""
    root = tmp_path_factory.getbasetemp()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    shared = root.parent if worker != "main" else root
    started: dict[str, Any] = {}

    def start(name: str) -> Any:
        if name not in started:
            engine = ENGINES[name]
            for module in engine.needs:
                pytest.importorskip(module, reason=f"{module} is not installed: make test-{name}")
            if issubclass(engine, engines.Postgres):
                started[name] = engine(engines.postgres_dsn(shared, worker))
            else:
                started[name] = engine()
        return started[name]

    yield start
    for engine in started.values():
        engine.stop()


@pytest.fixture(scope="session")
def built_on(
    engine_named: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """The project, built by dbt on an engine."""
    folders: dict[str, Path] = {}

    def build(name: str) -> Path:
        if name not in folders:
            from dbt.cli.main import dbtRunner

            folder = tmp_path_factory.mktemp(name) / "project"
            shutil.copytree(PROJECT, folder)
            engine = engine_named(name)
            engine.folder = folder
            environment = engine.environment() | {"TRADE_INTERCOM_URL": ""}
            with inside(folder, environment):
                result = dbtRunner().invoke(["--log-level", "none", "--log-level-file", "none", "build"])
            assert result.success, result.exception or result.result
            folders[name] = folder
        return folders[name]

    return build


@pytest.fixture
def on_engine(
    engine_named: Callable[[str], Any], built_on: Callable[[str], Path], tmp_path: Path
) -> Callable[[str], tuple[Any, Path]]:
    """An engine as dbt left it, and a copy of the project."""

    def begin(name: str) -> tuple[Any, Path]:
        engine = engine_named(name)
        folder = tmp_path / "project"
        shutil.copytree(built_on(name), folder)
        engine.begin(folder)
        return engine, folder

    return begin


@pytest.fixture
def make_trade(
    on_engine: Callable[[str], tuple[Any, Path]], shared_sandbox: Sandbox
) -> Callable[[str], Trade]:
    def make(name: str) -> Trade:
        shared_sandbox.state.reset()
        shared_sandbox.calls.clear()
        return Trade(*on_engine(name), shared_sandbox)

    return make


@pytest.fixture(params=["duckdb", "postgres"])
def trade(request: pytest.FixtureRequest, make_trade: Callable[[str], Trade]) -> Trade:
    """The trade on DuckDB, and on PostgreSQL."""
    return make_trade(request.param)


@pytest.fixture(scope="module")
def open_apart(
    engine_named: Callable[[str], Any],
    built_on: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], Any]]:
    """The package's own connection to an engine, without any Intercom; for all tests of a module."""
    with contextlib.ExitStack() as stack:

        def open_(name: str) -> Any:
            engine = copy.copy(engine_named(name))
            folder = tmp_path_factory.mktemp("apart") / "project"
            shutil.copytree(built_on(name), folder)
            engine.begin(folder)
            stack.enter_context(inside(folder, engine.environment()))
            project = DbtProject(project_dir=folder, profiles_dir=folder, target_path=folder / "target")
            warehouse = open_warehouse(project, macro_package())
            stack.enter_context(warehouse.connected())
            return warehouse, engine

        yield open_
