"""A process that imports once and forks a child for each run: what is imported (dbt) costs its seconds once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PARENT = """
import json, os, sys
{imports}
for line in sys.stdin:
    child = os.fork()
    if not child:
        for number, name in ((1, "child.out"), (2, "child.err")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        exec(compile(json.loads(line), "<child>", "exec"))
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Ended:
    """What a child left behind."""

    code: int
    """Its exit code; negative where a signal ended it."""
    out: str
    err: str


class ForkingProcess:
    """Runs Python code in children of one process; for `contextlib.closing`.

    Children share nothing but the imports. What they print stands in `child.out` and `child.err` of the folder.
    """

    def __init__(self, folder: Path, imports: str, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-c", PARENT.format(imports=imports)],
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self._process.communicate("")

    def run(self, code: str) -> Ended:
        """Run code as a program of its own, in a child."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(code) + "\n")
        self._process.stdin.flush()
        ended = int(self._process.stdout.readline())
        texts = [(self._folder / name).read_text(errors="replace") for name in ("child.out", "child.err")]
        return Ended(ended, *texts)
