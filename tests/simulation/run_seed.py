"""Run worlds again by their seeds, and say what is wrong in them.

.venv/bin/python tests/simulation/run_seed.py 17            what happened in the world of seed 17, line by line
.venv/bin/python tests/simulation/run_seed.py 0 1000        the first world of so many in which something is wrong
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent))

from invariants import violations
from machine import EPOCH
from world import World, lived

if TYPE_CHECKING:
    from collections.abc import Iterator


def story(world: World) -> Iterator[str]:
    """All that happened, in order; the first number is seconds since the beginning."""
    events: list[tuple[float, int, str]] = []
    for run in world.runs:
        rows = {name: [tuple(row.values()) for row in rows] for name, rows in run.models.items()}
        events.append(
            (run.began, 0, f"RUN    {run.process.name} {run.run_id[:6]} {run.options} {run.weather} {rows}")
        )
        results = [
            (each.activation, str(each.status), each.message, dict(each.counts)) for each in run.results or ()
        ]
        events.append(
            (run.ended, 4, f"END    {run.process.name} {'died' if run.died else run.error or results}")
        )
    events += [(call[0], 1, f"CALL   {' '.join(map(str, call[1:]))}") for call in world.network.trace]
    for deed in world.intercom.diary:
        events.append((deed.at - EPOCH.timestamp(), 2, f"DEED   {deed.by} {deed.what} {deed.id} {deed.body}"))
    events += [(_seconds(row), 3, f"LEDGER {_shown(row)}") for row in world.database.ledger]
    return (f"{at:.4f} {what}" for at, _, what in sorted(events))


def _seconds(row: dict[str, Any]) -> float:
    told = datetime.fromisoformat(row["delivered_at"]).replace(tzinfo=timezone.utc)
    return (told - EPOCH).total_seconds()


def _shown(row: dict[str, Any]) -> str:
    names = ("activation", "record_key", "identifier_value", "operation", "code", "intercom_id", "message")
    return " ".join([row["run_id"][:6], *(str(row[name]) for name in names)])


def first_violation(seeds: range) -> dict[str, Any] | None:
    """The first of these seeds in whose world an invariant does not hold; None where all do."""
    for seed in seeds:
        try:
            found = list(violations(lived(seed)))
        except Exception as error:  # noqa: BLE001 (a world that cannot go on is not in order)
            found = [("whole", repr(error))]
        if found:
            return {"seed": seed, "invariants": sorted({name for name, _ in found}), "found": found[0][1]}
    return None


def main(*numbers: int) -> None:
    """See above."""
    if len(numbers) == 2:
        print(json.dumps(first_violation(range(*numbers))))  # noqa: T201
        return
    world = lived(*numbers)
    for line in story(world):
        print(line)  # noqa: T201
    for name, found in violations(world):
        print(f"{name}: {found}")  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
