"""The simulation finds mistakes: each of those in `planted/` within a thousand worlds."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dbt_intercom_activate

HERE = Path(__file__).parent
PATCHES = sorted((HERE / "planted").glob("*.patch"))
WORLDS = 1_000


def planted(patch: Path, folder: Path) -> Path:
    """A copy of the package with the mistake in it; fails where the patch does not apply."""
    package = Path(dbt_intercom_activate.__file__).parent
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        ["git", "apply", "-p1", str(patch)], cwd=folder, check=True, capture_output=True, text=True
    )
    return folder


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_every_planted_mistake_applies(patch, tmp_path):
    planted(patch, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_planted_mistake_is_found(patch, tmp_path):
    folder = planted(patch, tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, str(HERE / "run_seed.py"), "0", str(WORLDS)]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)

    assert found is not None, f"{patch.stem}: {WORLDS} worlds are in order"
    print(f"{patch.stem}: {', '.join(found['invariants'])}, by seed {found['seed']}: {found['found']}")  # noqa: T201


def test_the_readme_says_what_is_planted():
    told = re.findall(r"^\| `(\w+)` \|", (HERE / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [patch.stem for patch in PATCHES]
    assert len(PATCHES) >= 20
