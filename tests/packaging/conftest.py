"""The distributions, as a release would have them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
UNREACHED = ("error sending request", "client error (Connect)", "dns error")
"""What uv says where there is no network, or one whose certificates it does not know."""


@pytest.fixture(scope="session")
def uv() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run uv, and give what it said; it may not fail, but for an index that nobody reaches from here."""

    def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [Path(sys.executable).with_name("uv"), *map(str, arguments)],
            env={**os.environ, "NO_COLOR": "1", **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        if any(each in done.stderr for each in UNREACHED):
            pytest.skip(f"uv reaches no package index: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def distributions(uv, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel, the sdist, and what was said as they were built."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root
    folder = shared / "dist"
    with FileLock(shared / "dist.lock"):
        if not folder.exists():
            said = uv("build", "--out-dir", folder, ROOT)
            (folder / "said.txt").write_text(said.stdout + said.stderr)
    return folder


@pytest.fixture(scope="session")
def wheel(distributions: Path) -> Path:
    """The wheel."""
    [found] = distributions.glob("*.whl")
    return found
