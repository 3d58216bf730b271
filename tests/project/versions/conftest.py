"""The project that several versions of dbt have built, and what they wrote about it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from shop_harness import Shop, dbt_in

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def built_here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, built by the dbt of this environment; one of its tests fails."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root
    folder = shared / "built-trade"
    with FileLock(shared / "built-trade.lock"):
        if not folder.exists():
            shutil.copytree(HERE / "project", folder)
            assert len(dbt_in(folder, "build").result.results) == 14
    return folder


@pytest.fixture
def trade(built_here: Path, shared_sandbox: Any, tmp_path: Path) -> Any:
    """A copy of the built project, with the sandbox emptied."""
    shared_sandbox.state.reset()
    shutil.copytree(built_here, tmp_path / "project")
    return Shop(tmp_path / "project", shared_sandbox)


@pytest.fixture
def written_by(trade: Any) -> Callable[[str], Any]:
    """Put the artifacts of another version of dbt into the project's `target/`."""

    def put(version: str) -> Any:
        for artifact in (HERE / "data" / version).iterdir():
            shutil.copy(artifact, trade.folder / "target")
        return trade

    return put
