"""Whatever goes wrong in a world, the invariants hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from invariants import violations
from world import lived

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
QUICK, BLOCK = 200, 25
SLOW, LARGE_BLOCK = 5_000, 400
"""As many as take a processor less than four minutes; see the README."""


def found_in(seeds: Iterable[int]) -> list[str]:
    """What is wrong in the worlds of some seeds."""
    return [f"seed {seed}: {name}: {found}" for seed in seeds for name, found in violations(lived(seed))]


def blocks(first: int, last: int, size: int) -> list[object]:
    """Ranges of seeds."""
    ranges = [range(each, each + size) for each in range(first, last, size)]
    return [pytest.param(each, id=f"seeds {each.start} to {each.stop - 1}") for each in ranges]


@pytest.mark.parametrize("seeds", blocks(0, QUICK, BLOCK))
def test_the_invariants_hold(seeds):
    assert found_in(seeds) == []


@pytest.mark.slow
@pytest.mark.parametrize("seeds", blocks(QUICK, SLOW, LARGE_BLOCK))
def test_the_invariants_hold_in_thousands_of_worlds(seeds):
    assert found_in(seeds) == []


@pytest.mark.slow
def test_a_seed_gives_one_world_in_every_process():
    told = "import sys; sys.path.insert(0, sys.argv[1]); from world import lived; print(lived(3).trace, lived(8).trace)"
    here = " ".join(lived(seed).trace for seed in (3, 8))
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    there = subprocess.run(
        [sys.executable, "-c", told, str(HERE)], capture_output=True, text=True, check=True, env=environment
    )
    assert there.stdout.strip() == here


def test_seeds_differ():
    assert len({lived(seed).trace for seed in range(5)}) == 5
