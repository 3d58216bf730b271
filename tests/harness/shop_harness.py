"""A dbt project with a built DuckDB file, and an Intercom beside it that answers over HTTP.

dbt builds a project of `tests/harness/projects` once a session; every test gets a copy of its own, `target/` and
database included. What a test wants changed it changes in the database, in the files, or in the manifest as dbt would
have written it; what it wants to know it reads from the sandbox and from the ledger.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import duckdb
import pytest
from dbt_common.tests import enable_test_caching
from filelock import FileLock

from dbt_intercom_activate.cli import run
from dbt_intercom_activate.sandbox.records import Condition, StoredCompany, StoredContact
from dbt_intercom_activate.sandbox.server import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PROJECTS = Path(__file__).parent / "projects"
TOKEN = "sandbox"
FREE = {"GET /me", "GET /data_attributes"}
"""Calls that cost no record anything."""

ATTRIBUTES = (
    ("contact", "renewed_on", "date"),
    ("contact", "balance", "float"),
    ("contact", "seats", "integer"),
    ("contact", "is_vip", "boolean"),
    ("contact", "plan", "string"),
    ("company", "tier", "string"),
    ("company", "spend", "float"),
)
"""What the workspace has of its own: model, name, type."""


@dataclass(frozen=True)
class Ran:
    """What one command left behind."""

    code: int
    out: str
    err: str
    artifact: Mapping[str, Any] | None
    """intercom_activate_results.json, where the command wrote it."""

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        return self.out + self.err

    def __getitem__(self, activation: str) -> dict[str, Any]:
        """One activation's result."""
        results = self.artifact["results"] if self.artifact else self.document["results"]
        return next(each for each in results if each["activation"] == activation)

    def statuses(self) -> dict[str, str]:
        return {each["activation"]: each["status"] for each in self.artifact["results"]}

    def counts(self, activation: str) -> dict[str, int]:
        """One activation's counts, zeros left out."""
        return {name: count for name, count in self[activation]["counts"].items() if count}


class Shop:
    """A project of its own, and its Intercom."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.state = sandbox.state
        self.token = TOKEN
        self._processes: list[subprocess.Popen[str]] = []
        for model, name, data_type in ATTRIBUTES:
            self.state.add_attribute(model, name, data_type)

    # What a person does

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run our command line in the project's folder."""
        return run_in(self.folder, *arguments, env={**self.environment(), **(env or {})})

    def sync(self, *arguments: str, **options: Any) -> Ran:
        return self.run("sync", *arguments, **options)

    def plan(self, *arguments: str, **options: Any) -> Ran:
        return self.run("plan", "--output", "json", *arguments, **options)

    def dbt(self, *arguments: str) -> None:
        """Run dbt, well or not, as somebody did before us."""
        dbt_in(self.folder, *arguments, env=self.environment())

    def start(self, *arguments: str, code: str | None = None) -> subprocess.Popen[str]:
        """Run our command line as a process of its own."""
        program = ["-c", code] if code else ["-m", "dbt_intercom_activate"]
        process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environment()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        return process

    def end(self) -> None:
        """End what was started: a process that outlives its test would go on to call the Intercom of the next."""
        for process in self._processes:
            process.kill()
            process.wait()

    def environment(self) -> dict[str, str]:
        return {"SHOP_INTERCOM_URL": self.sandbox.base_url, "SHOP_INTERCOM_TOKEN": self.token}

    # The warehouse

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement on the project's DuckDB file."""
        with duckdb.connect(str(self.folder / "shop.duckdb")) as connection:
            return connection.execute(statement, parameters).fetchall()

    def dicts(self, query: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.folder / "shop.duckdb")) as connection:
            found = connection.execute(query)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def put(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Replace a relation by one with these columns and rows."""
        with duckdb.connect(str(self.folder / "shop.duckdb")) as connection:
            connection.execute(f"create or replace table {table} ({columns})")
            if rows:
                places = ", ".join("?" for _ in rows[0])
                connection.executemany(f"insert into {table} values ({places})", rows)

    def ledger(self, activation: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """The rows of the ledger by record, the oldest of each first; between records there is no order to rely on.

        Args:
            after: Only those of later runs than the one of this generation.
        """
        rows = self.dicts(
            "select * from intercom_activate.ledger order by record_key, generation nulls first, place"
        )
        asked = [row for row in rows if activation in (None, row["activation"])]
        return [row for row in asked if after == 0 or row["generation"] > after]

    def generation(self) -> int:
        """That of the newest run which wrote to the ledger."""
        ((newest,),) = self.sql("select coalesce(max(generation), 0) from intercom_activate.ledger")
        return int(newest)

    def last(self, activation: str) -> dict[str, dict[str, Any]]:
        """The newest row of the ledger by record key."""
        return {row["record_key"]: row for row in self.ledger(activation)}

    def codes(self, activation: str) -> dict[str, str | None]:
        """What became of each record last: its code, or None where it succeeded."""
        return {key: row["code"] for key, row in self.last(activation).items()}

    def runs(self) -> list[dict[str, Any]]:
        return self.dicts("select * from intercom_activate.runs order by started_at, activation")

    def schemas(self) -> set[str]:
        return {name for (name,) in self.sql("select schema_name from information_schema.schemata")}

    # Intercom

    def calls(self) -> dict[str, int]:
        """The calls since this was last asked, but for those that are free."""
        made = self.sandbox.calls.by_operation()
        self.sandbox.calls.clear()
        return {call: count for call, count in made.items() if call not in FREE}

    def add_contact(
        self,
        *,
        external_id: str | None = None,
        email: str | None = None,
        role: str = "user",
        condition: Condition = Condition.LIVE,
        merged_into: str | None = None,
        **fields: Any,
    ) -> StoredContact:
        """A contact that was there long before us, whatever the API would say to its making."""
        contact_id, sequence = self.state.object_id()
        long_ago = self.state.now() - 100_000
        return self.state.put_contact(
            StoredContact(
                id=contact_id,
                sequence=sequence,
                role=role,
                created_at=long_ago,
                updated_at=long_ago,
                external_id=external_id,
                email=email,
                condition=condition,
                merged_into=merged_into,
                fields=fields,
            )
        )

    def add_company(self, company_id: str, **fields: Any) -> StoredCompany:
        """A company that was there long before us."""
        intercom_id, sequence = self.state.object_id()
        long_ago = self.state.now() - 100_000
        return self.state.put_company(
            StoredCompany(intercom_id, sequence, company_id, long_ago, long_ago, fields=fields)
        )

    def change_contact(self, contact_id: str, **changes: Any) -> None:
        """What a teammate does in Intercom."""
        self.state.put_contact(replace(self.state.contacts.get(contact_id), **changes))

    def contacts(self) -> dict[str | None, Any]:
        """The live contacts by external_id."""
        return {each.external_id: each for each in self.state.contacts if each.live}

    def companies(self) -> dict[str, Any]:
        return {each.company_id: each for each in self.state.companies if each.live}

    # dbt's artifacts

    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "target" / "manifest.json").read_text())

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        (self.folder / "target" / "manifest.json").write_text(json.dumps(manifest))

    def configure(self, **blocks: Any) -> None:
        """Set the `intercom` blocks of models, as dbt would have put them into the manifest; None removes one."""
        manifest = self.manifest()
        for model, block in blocks.items():
            node = manifest["nodes"][f"model.shop.{model}"]
            node["config"]["meta"] = {} if block is None else {"intercom": block}
            node["meta"] = {}
            for column in node["columns"].values():
                column["meta"], column["config"] = {}, {"meta": {}}
        self.write_manifest(manifest)

    def only(self, block: Mapping[str, Any], columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Make `customers` the only activation: this block, over a relation with these columns and rows."""
        self.configure(customers=block, accounts=None)
        self.put("customers", columns, rows)


def run_in(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run our command line in process, in a folder."""
    artifact = folder / "target" / "intercom_activate_results.json"
    artifact.unlink(missing_ok=True)
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    os.chdir(folder)
    try:
        with (
            mock.patch.dict(os.environ, env or {}),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(list(arguments))
    finally:
        os.chdir(before)
    written = json.loads(artifact.read_text()) if artifact.exists() else None
    return Ran(code, out.getvalue(), err.getvalue(), written)


def dbt_in(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Any:
    """Run dbt in process, in a folder."""
    from dbt.cli.main import dbtRunner

    before = Path.cwd()
    os.chdir(folder)
    try:
        with mock.patch.dict(os.environ, env or {}), contextlib.redirect_stdout(io.StringIO()):
            return dbtRunner().invoke(["--log-level", "none", "--log-level-file", "none", *arguments])
    finally:
        os.chdir(before)


@pytest.fixture(autouse=True, scope="session")
def _macros_are_parsed_once() -> None:
    """dbt's own switch for its tests: Jinja that was parsed before is not parsed again."""
    enable_test_caching()


@pytest.fixture(autouse=True, scope="session")
def _dbt_does_not_ask_who_called_it() -> Iterator[None]:
    """For a name in a message that nobody reads, dbt reads the source of every frame of the stack, at each command."""
    with pytest.MonkeyPatch.context() as patch:
        with contextlib.suppress(ImportError):  # dbt 1.8 may have no such flags
            from dbt_common.behavior_flags import BehaviorFlagRendered

            patch.setattr(
                BehaviorFlagRendered, "_default_source", staticmethod(lambda: "tests"), raising=False
            )
        yield


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A project of `tests/harness/projects`, built by dbt; once a session, whatever the number of workers."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root

    def build(name: str) -> Path:
        folder = shared / f"built-{name}"
        with FileLock(shared / f"built-{name}.lock"):
            if not (folder / "target" / "run_results.json").exists():
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(PROJECTS / name, folder)
                result = dbt_in(folder, "build")
                assert result.success, result.exception or result.result
        return folder

    return build


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(token=TOKEN, rate_limit=0, workspace_id="sandbox1")) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def _signals():
    """A command handles signals its own way; pytest wants them back."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def make_shop(
    built: Callable[[str], Path], shared_sandbox: Sandbox, tmp_path: Path
) -> Iterator[Callable[[str], Shop]]:
    """Make a copy of a built project, with the sandbox emptied."""
    made: list[Shop] = []

    def make(name: str) -> Shop:
        shared_sandbox.state.reset()
        folder = tmp_path / "project"
        shutil.copytree(built(name), folder)
        made.append(Shop(folder, shared_sandbox))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def shop(make_shop: Callable[[str], Shop]) -> Shop:
    """The project `shop`."""
    return make_shop("shop")


@pytest.fixture(scope="module")
def scene(
    built: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Shop]]:
    """Make shops with an Intercom of their own, which many tests of a module look at."""
    with contextlib.ExitStack() as stack:

        def make(**options: Any) -> Shop:
            served = SandboxOptions(token=TOKEN, rate_limit=0, workspace_id="sandbox1", **options)
            sandbox = stack.enter_context(Sandbox(served))
            folder = tmp_path_factory.mktemp("scene") / "project"
            shutil.copytree(built("shop"), folder)
            shop = Shop(folder, sandbox)
            stack.callback(shop.end)
            return shop

        yield make
