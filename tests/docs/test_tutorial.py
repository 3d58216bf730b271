"""docs/tutorial.md, made and run as a reader would: its files, its commands in their order, and what they print."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.slow  # it is a person's ten minutes

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text()
FENCE = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?[^\n]*\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL
)

PORT = "8765"
"""The sandbox's, on the page; the test takes one that is free."""
HOME = "/home/you/shop"
LEFT_OUT = "…"

MASKS = (
    (r"\x1b\[[0-9;]*m", ""),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "MOMENT"),
    (r"\d\d:\d\d:\d\d", "TIME"),
    (r"\b\d+\.\d+s\b", "SECONDS"),
    (r"\bsandbox[0-9a-f]{8}\b", "WORKSPACE"),
    (r"\b\d+\.\d+\.\d+(?:[a-z]+\d+)?(?=[\s\]])", "VERSION"),
)


@dataclass(frozen=True)
class Block:
    """One fenced block of the page."""

    language: str
    title: str | None
    body: str

    def commands(self) -> Iterator[tuple[str, str]]:
        """Each command of a console, with what the page shows of its output."""
        for part in re.split(r"^\$ ", self.body, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown


BLOCKS = [Block(found["language"], found["title"], found["body"]) for found in FENCE.finditer(PAGE)]


class Reader:
    """Somebody who follows the page in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.code = 0
        self.sandbox: subprocess.Popen[str] | None = None
        self.wrong: list[str] = []

    def follow(self, block: Block) -> None:
        """Do what a block says."""
        if block.language == "bash":
            return
        if block.language != "console":
            assert block.title, f"a block of {block.language} says not which file it is"
            file = self.folder / block.title
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.body)
        elif block.title == "second terminal":
            ((command, shown),) = block.commands()
            self.start(command, shown)
        else:
            for command, shown in block.commands():
                self.run(command, shown)

    def run(self, command: str, shown: str) -> None:
        """Run a command as in a terminal, where `$?` is the exit code of the one before."""
        ran = subprocess.run(
            ["bash", "-c", f"(exit {self.code}); {command.replace(PORT, self.port)}"],
            cwd=self.folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.code = ran.returncode
        self.compare(command, shown, ran.stdout)
        workspaces = self.folder / "intercom.yml"
        workspaces.write_text(workspaces.read_text().replace(PORT, self.port))

    def start(self, command: str, shown: str) -> None:
        """Start what goes on running, and wait until it answers."""
        self.sandbox = subprocess.Popen(
            [*command.split(), "--port", self.port],
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.compare(
            command, shown, "".join(self.sandbox.stdout.readline() for _ in shown.strip().splitlines())
        )
        while self.sandbox.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.port))) == 0:
                    return
            time.sleep(0.05)
        pytest.fail("the sandbox ended")

    def compare(self, command: str, shown: str, real: str) -> None:
        """Note where the page shows something else than what came out."""
        real = real.replace(str(self.folder), HOME).replace(self.port, PORT)
        if not re.fullmatch(_pattern(shown), _masked(real)):
            self.wrong.append(f"$ {command}\n{real}")


def _environment() -> Mapping[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**{name: value for name, value in os.environ.items() if name != "COLUMNS"}, "PATH": path}


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _masked(text: str) -> str:
    for what, name in MASKS:
        text = re.sub(what, name, text)
    return "".join(f"{line.rstrip()}\n" for line in text.rstrip().splitlines())


def _pattern(shown: str) -> str:
    """What is shown, as a regular expression: a line of `…` is any lines, and a `…` within a line is any text."""
    lines = [
        "(?:.*\n)*?" if line.strip() == LEFT_OUT else ".*".join(map(re.escape, line.split(LEFT_OUT))) + "\n"
        for line in _masked(shown).splitlines()
    ]
    return "".join(lines)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    if reader.sandbox:
        reader.sandbox.terminate()
        reader.sandbox.communicate()


def test_the_page_shows_what_comes_out(reader):
    for block in BLOCKS:
        reader.follow(block)

    assert not reader.wrong, "the page shows something else than:\n" + "\n".join(reader.wrong)


def test_a_difference_would_be_seen():
    shown = "12:00:01  Done. OK=1; 3 calls in 1.00s\n…\nlast\n"

    assert re.fullmatch(
        _pattern(shown), _masked("23:59:59  Done. OK=1; 3 calls in 22.17s\nany\nthing\nlast\n")
    )
    for real in (
        "23:59:59  Done. OK=1; 4 calls in 1.00s\nlast\n",
        "23:59:59  Done. OK=1; 3 calls in 1.00s\nlast\nmore\n",
        "23:59:59  Done. OK=1; 3 calls in 1.00s\n",
    ):
        assert not re.fullmatch(_pattern(shown), _masked(real))


def test_only_installing_and_a_real_workspace_are_left_out():
    left_out = [block.body for block in BLOCKS if block.language == "bash"]

    assert len(left_out) == 3
    assert "pip install -c constraints.txt '.[duckdb,sandbox]'" in left_out[0]
    assert "pip install -c constraints.txt '.[duckdb,sandbox]'" in (ROOT / "README.md").read_text()
    assert "INTERCOM_ACCESS_TOKEN" in left_out[2]
