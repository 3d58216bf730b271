"""dbt projects that have this repository among their packages, as `dbt deps` installs it."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
import yaml
from packaging.version import Version
from shop_harness import PROJECTS, Shop

from dbt_intercom_activate.project.location import DbtProject
from dbt_intercom_activate.sandbox.server import Sandbox, SandboxOptions
from dbt_intercom_activate.warehouse.access import macro_package
from dbt_intercom_activate.warehouse.connection import open_warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dbt_intercom_activate.warehouse.connection import Warehouse


SHOP = PROJECTS / "shop"


DBT = Version(version("dbt-core"))


def _as_written_for(dbt: Version, text: str) -> str:
    """A YAML file in which the arguments of tests stand where this dbt wants them."""
    if dbt >= Version("1.10.5"):
        return text
    return yaml.safe_dump(_without_arguments(yaml.safe_load(text)), sort_keys=False)


def _without_arguments(document: Any) -> Any:
    if isinstance(document, list):
        return [_without_arguments(each) for each in document]
    if not isinstance(document, dict):
        return document
    inside = {name: _without_arguments(each) for name, each in document.items()}
    return inside.pop("arguments", {}) | inside


@dataclass(frozen=True)
class Ended:
    """How a command of dbt ended."""

    success: bool
    results: Mapping[str, str]
    """The status of each node, by its name."""
    said: str
    """Its messages, warnings among them."""


class UserProject(Shop):
    """A project of a user who has installed the package, and its Intercom."""

    def put_files(self, files: Mapping[str, str]) -> None:
        """Write files of the project, by path."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_as_written_for(DBT, text) if path.suffix == ".yml" else text)

    def change_settings(self, **settings: Any) -> None:
        """Set top-level keys of dbt_project.yml."""
        path = self.folder / "dbt_project.yml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **settings}))

    def dbt(self, *arguments: str) -> Ended:
        """Run dbt in this process, and keep what it says."""
        from dbt.cli.main import dbtRunner

        messages: list[str] = []
        printed = io.StringIO()  # dbt 1.8 prints what is no message to its callbacks
        with self.inside(), contextlib.redirect_stdout(printed):
            runner = dbtRunner(callbacks=[lambda event: messages.append(event.info.msg)])
            result = runner.invoke(["--log-level", "none", "--log-level-file", "none", *arguments])
        results = [each for each in getattr(result.result, "results", None) or [] if hasattr(each, "node")]
        said = "\n".join([*messages, printed.getvalue(), str(result.exception or "")])
        return Ended(result.success, {each.node.name: str(each.status) for each in results}, said)

    def built(self, *arguments: str) -> Ended:
        """Run a command of dbt that is to succeed."""
        ended = self.dbt(*arguments)
        assert ended.success, ended.said
        return ended

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Stand in the project's folder, with its environment."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            with mock.patch.dict(os.environ, self.environment()):
                yield
        finally:
            os.chdir(before)

    def open_warehouse(self) -> Warehouse:
        """The warehouse as our command line opens it; to be called inside."""
        project = DbtProject(
            project_dir=self.folder, profiles_dir=self.folder, target_path=self.folder / "target"
        )
        return open_warehouse(project, macro_package())

    def columns(self, relation: str) -> list[tuple[str, str]]:
        return [(name, kind) for name, kind, *_ in self.sql(f"describe {relation}")]


@pytest.fixture(scope="module")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., UserProject]]:
    """Make projects with the package installed by `dbt deps`, each with an Intercom of its own."""
    with contextlib.ExitStack() as stack:

        def make(files: Mapping[str, str], *, package: Path | None = None) -> UserProject:
            options = SandboxOptions(token="sandbox", rate_limit=0, workspace_id="sandbox1")
            sandbox = stack.enter_context(Sandbox(options))
            folder = tmp_path_factory.mktemp("user") / "project"
            folder.mkdir()
            for name in ("dbt_project.yml", "profiles.yml", "intercom.yml"):
                shutil.copy(SHOP / name, folder)
            project = UserProject(folder, sandbox)
            packages = {"packages": [{"local": str(package or macro_package())}]}
            project.put_files({"packages.yml": yaml.safe_dump(packages), **files})
            project.built("deps")
            return project

        yield make
