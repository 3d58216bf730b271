"""The project that several versions of dbt have built, and what they wrote about it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent


def _harness() -> Any:
    """The harness of the whole line, which the end-to-end tests keep beside themselves."""
    name = "end_to_end_harness"
    if name not in sys.modules:
        path = HERE.parent / "end_to_end" / "conftest.py"
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


shared_sandbox, _signals = _harness().shared_sandbox, _harness()._signals
_macros_are_parsed_once = _harness()._macros_are_parsed_once


@pytest.fixture(scope="session")
def built_here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, built by the dbt of this environment; one of its tests fails."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root
    folder = shared / "built-trade"
    with FileLock(shared / "built-trade.lock"):
        if not folder.exists():
            shutil.copytree(HERE / "project", folder)
            assert len(_harness().dbt_in(folder, "build").result.results) == 14
    return folder


@pytest.fixture
def trade(built_here: Path, shared_sandbox: Any, tmp_path: Path) -> Any:
    """A copy of the built project, with the sandbox emptied."""
    shared_sandbox.state.reset()
    shutil.copytree(built_here, tmp_path / "project")
    return _harness().Shop(tmp_path / "project", shared_sandbox)


@pytest.fixture
def written_by(trade: Any) -> Callable[[str], Any]:
    """Put the artifacts of another version of dbt into the project's `target/`."""

    def put(version: str) -> Any:
        for artifact in (HERE / "data" / version).iterdir():
            shutil.copy(artifact, trade.folder / "target")
        return trade

    return put
