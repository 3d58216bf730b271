"""Plant small mistakes in a room and list those that its tests do not notice: `make mutation ROOM=journal`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import mutmut.__main__ as mutmut
import tomllib
from mistakes import add_to_mutmut
from mutmut import configuration
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

HERE = Path(__file__).parent
PACKAGE = "dbt_intercom_activate"
NOTICED = ("killed", "timeout", "suspicious", "segfault", "caught by type check")


class Mistake(NamedTuple):
    """A mistake that no test noticed, as `equal.toml` names it: whatever its number is today."""

    where: str
    """Function or method."""
    was: str
    became: str


def main() -> int:
    """Run the rooms that were named, each in a process of its own; 1 where a mistake goes unnoticed and unanswered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", help="of rooms.toml; all of them where none is named")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    rooms = tomllib.loads((HERE / "rooms.toml").read_text())
    if arguments.in_this_process:
        (name,) = arguments.rooms
        return _run(name, rooms[name], arguments.workers)
    command = [sys.executable, __file__, "--workers", str(arguments.workers), "--in-this-process"]
    return max(subprocess.run([*command, name], check=False).returncode for name in arguments.rooms or rooms)


def _run(name: str, room: dict[str, Any], workers: int) -> int:
    shutil.rmtree("mutants", ignore_errors=True)  # mutmut would take yesterday's for today's
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # pytest starts once for each mistake
    add_to_mutmut()
    files = [f"{PACKAGE}/{each}" for each in room["files"]]
    tests = [*room["tests"], *(["-k", f"not ({room['without']})"] if "without" in room else [])]
    configuration._config = dataclasses.replace(
        configuration.config(), only_mutate=files, pytest_add_cli_args_test_selection=tests
    )
    mutmut._run([], workers)
    return _report(name, files)


def _report(name: str, files: list[str]) -> int:
    known = {Mistake(each["where"], each["was"], each["became"]) for each in _answered().get(name, [])}
    unnoticed: list[Mistake] = []
    planted = 0
    for file in files:
        results = json.loads(Path(f"mutants/{file}.meta").read_text())["exit_code_by_key"]
        planted += len(results)
        for mutant, code in results.items():
            if status_by_exit_code[code] not in NOTICED:
                unnoticed.append(_mistake(mutant, file))
    unanswered = [each for each in unnoticed if each not in known]
    noticed = planted - len(unnoticed)
    print(f"\n{name}: {noticed} of {planted} noticed, {len(unnoticed) - len(unanswered)} answered as equal")
    for each in unanswered:
        print(f"\n  {each.where}\n    - {each.was}\n    + {each.became}")
    for each in sorted(known - set(unnoticed)):
        print(f"\n  noticed by now, take it out of equal.toml: {each}")
    return 1 if unanswered else 0


def _answered() -> dict[str, Any]:
    return tomllib.loads((HERE / "equal.toml").read_text())


def _mistake(mutant: str, file: str) -> Mistake:
    lines = get_diff_for_mutant(mutant, path=file).splitlines()[3:]
    was, became = (" ".join(line[1:].strip() for line in lines if line[:1] == sign) for sign in "-+")
    where = mutant.partition("__mutmut")[0].rpartition(".")[2]
    return Mistake(where.removeprefix("x_").removeprefix("xǁ").replace("ǁ", "."), was, became)


if __name__ == "__main__":
    sys.exit(main())
