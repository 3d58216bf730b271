"""Make the artifacts in `data/`: build `project/` with real dbt executables, and keep what they wrote.

    python tests/project/versions/make_artifacts.py /tmp/venv-1.8/bin/dbt /tmp/venv-2.0/bin/dbt …

Each dbt stands in an environment of its own, with dbt-duckdb beside it (dbt 2 brings its adapter, and needs
`ADBC_DRIVER_PATH` to find DuckDB's library). Of what dbt wrote, two things are left out: the section `macros` of the
manifest, which is dbt's own source and most of the file, and the name of the folder that dbt ran in.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ARTIFACTS = ("manifest.json", "run_results.json")
ELSEWHERE = "/project"


def main(executables: list[str]) -> None:
    for executable in executables:
        with tempfile.TemporaryDirectory() as folder:
            version = _build(Path(executable).absolute(), Path(folder).resolve() / "trade")
        sys.stdout.write(f"{executable}: dbt {version}\n")


def _build(executable: Path, folder: Path) -> str:
    shutil.copytree(HERE / "project", folder)
    # One test of the project fails, so that dbt's exit code is 1.
    subprocess.run([executable, "build"], cwd=folder, check=False, stdout=subprocess.DEVNULL)
    documents = {name: _read(folder, name) for name in ARTIFACTS}
    version: str = documents["manifest.json"]["metadata"]["dbt_version"]
    kept = HERE / "data" / version
    kept.mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        (kept / name).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return version


def _read(folder: Path, name: str) -> dict[str, Any]:
    text = (folder / "target" / name).read_text(encoding="utf-8").replace(str(folder), ELSEWHERE)
    document: dict[str, Any] = json.loads(text)
    if "macros" in document:
        document["macros"] = {}
    return document


if __name__ == "__main__":
    main(sys.argv[1:])
