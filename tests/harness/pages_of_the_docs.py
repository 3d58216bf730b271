"""The pages of this repository, their fenced blocks, and the command lines in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"

PAGES = sorted(
    [
        *DOCS.rglob("*.md"),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
        *ROOT.glob("sample_project/*.md"),
        *ROOT.glob("benchmarks/*.md"),
    ]
)

OURS = "dbt-intercom-activate"

_FENCE = re.compile(r"^( *)```([\w+.-]*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@dataclass(frozen=True)
class Block:
    """What stands between two fences."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{named(self.page)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """The blocks of all pages in some languages; in any where none is named."""
    return [each for page in PAGES for each in _blocks(page) if not languages or each.language in languages]


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        indent = len(found[1])
        body = "".join(line[indent:] if line.strip() else "\n" for line in found[3].splitlines(keepends=True))
        yield Block(page, text.count("\n", 0, found.start()) + 1, found[2], body)


def prose(page: Path) -> str:
    """A page without its fenced blocks; their lines are left empty."""
    return _FENCE.sub(lambda found: "\n" * found[0].count("\n"), page.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class CommandLine:
    """A command line on a page: the program, and its arguments."""

    where: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.where} {' '.join(self.words)}"


def command_lines_in_blocks(*programs: str) -> list[CommandLine]:
    """The command lines of these programs in blocks of any language."""
    return [each for block in blocks() for each in _in_block(block, programs)]


def command_lines(*programs: str) -> list[CommandLine]:
    """The same, and those that stand as code in a sentence."""
    found = command_lines_in_blocks(*programs)
    for page in PAGES:
        for span in re.finditer(r"`([^`\n]+)`", prose(page)):
            line = prose(page).count("\n", 0, span.start()) + 1
            found += _in_text(span[1], f"{named(page)}:{line}", programs)
    return found


def _in_block(block: Block, programs: tuple[str, ...]) -> Iterator[CommandLine]:
    lines = re.sub(r"\\\n\s*", "", block.text).splitlines()
    if block.language == "console":  # the rest is what the programs say
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for line in lines:
        yield from _in_text(line, str(block), programs)


def _in_text(text: str, where: str, programs: tuple[str, ...]) -> Iterator[CommandLine]:
    for program in programs:
        # As a list of words, as programs take it: ["dbt", "build"]
        for found in re.finditer(rf"""(["']){re.escape(program)}\1((?:\s*,\s*(["']).*?\3)*)""", text):
            words = re.findall(r"""(["'])(.*?)\1""", found[2])
            yield CommandLine(where, (program, *(word for _, word in words)))
        for found in re.finditer(rf"(?<![\w./'-])(?:[\w./-]*/)?{re.escape(program)}(?= [a-z])([^\n]*)", text):
            before = text[: found.start()]
            if re.search(r"(^|[$&|;(\"'`:=]\s*|\bexec |\brun |\w=\S+ )$", before) or before.strip() == "-":
                yield CommandLine(where, (program, *_words(found[1], before)))


def _words(rest: str, before: str) -> list[str]:
    """The words up to the end of the command: a closing quote, a pipe, the next command, a comment."""
    for quote in ('"', "'"):
        if before.endswith(quote) and quote in rest:
            rest = rest.partition(quote)[0]
    lexer = shlex.shlex(rest, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words = []
    for word in lexer:
        if word[0] in "();<>|&":
            break
        words.append(word)
    return words
