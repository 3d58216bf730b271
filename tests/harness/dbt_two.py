"""The real dbt 2, where it can be had: dbt-core 2.0.0a1 is the last that installs without a download from GitHub.

It is a single program without a Python module, and finds DuckDB by a file that names DuckDB's library:
https://arrow.apache.org/adbc/current/format/driver_manifests.html
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "2.0.0a1"
DUCKDB = "@duckdb/node-bindings-linux-x64@1.5.6-r.1"
"""The package of npm that holds `libduckdb.so`."""

_MANIFEST = """\
manifest_version = 1
name = "duckdb"
version = "1.5.6"
[ADBC]
version = "1.1.0"
[Driver]
entrypoint = "duckdb_adbc_init"
[Driver.shared]
linux_amd64 = "{library}"
"""


@dataclass(frozen=True)
class DbtTwo:
    """dbt 2 with DuckDB."""

    command: Path
    environment: Mapping[str, str]
    """What it needs to find DuckDB."""


@pytest.fixture(scope="session")
def dbt_two(tmp_path_factory: pytest.TempPathFactory) -> DbtTwo:
    """dbt 2 in a folder of its own; TEST_DBT2 names one that is there already, with its ADBC_DRIVER_PATH."""
    given = os.environ.get("TEST_DBT2")
    if given:
        return DbtTwo(Path(given), {})
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root
    folder = shared / "dbt-2"
    with FileLock(shared / "dbt-2.lock"):
        if not folder.exists():
            _install(folder)
    return DbtTwo(folder / "bin" / "dbt", {"ADBC_DRIVER_PATH": str(folder)})


def _install(folder: Path) -> None:
    half = folder.with_name("dbt-2-half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(half)]
    for command in ([*install, f"dbt-core=={VERSION}"], ["npm", "pack", DUCKDB]):
        try:
            subprocess.run(command, cwd=half, check=True, capture_output=True)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"dbt 2 cannot be had here: {error}")
    [archive] = half.glob("*.tgz")
    shutil.unpack_archive(archive, half)
    library = folder / "package" / "libduckdb.so"
    (half / "duckdb.toml").write_text(_MANIFEST.format(library=library))
    half.rename(folder)
