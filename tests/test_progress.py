"""What a person at a terminal sees of an activation while it runs, and what a log has instead."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import re
import struct
import termios
import threading
from dataclasses import replace

import pytest
from rich.console import Console

from dbt_intercom_activate import console
from dbt_intercom_activate.cli import run
from dbt_intercom_activate.console import Level, Reporter
from dbt_intercom_activate.progress import Bar, Glance

HALFWAY = Glance(total=5_000, done=1_998, failed=2, calls=2_400, limit=10_000, used=7_800)
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*(3[0-7]|9[0-7]|38;)[0-9;]*m")


class Terminal:
    """A real pty, and what was written to it."""

    def __init__(self, columns: int = 120, encoding: str = "utf-8") -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.stream = os.fdopen(slave, "w", encoding=encoding)
        self._parts: list[bytes] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # EIO: nobody has it open any more
            while part := os.read(self._master, 65_536):
                self._parts.append(part)

    def shown(self) -> str:
        """All that was written, once it is closed."""
        self.stream.close()
        self._reader.join()
        os.close(self._master)
        return b"".join(self._parts).decode()


@pytest.fixture(autouse=True)
def _a_desk(monkeypatch):
    """A person's terminal, wherever the tests run."""
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")


def drawn(glance: Glance, *, width: int = 120, seconds: float = 10.0, before: Glance | None = None) -> str:
    """The bar, some seconds after it was drawn first."""
    now, looked = [0.0], [before or replace(glance, done=0, calls=0)]
    bar = Bar("people", lambda: looked[0], lambda: now[0])
    screen = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    screen.print(bar)
    now[0], looked[0] = seconds, glance
    screen.file = io.StringIO()
    screen.print(bar)
    return screen.file.getvalue().rstrip("\n")


def reported(terminal: Terminal, **options) -> str:
    report = Reporter(terminal.stream, **options)
    with report.underway("people", lambda: replace(HALFWAY, window_wait=6.2)):
        report.warning("said meanwhile")
    report.info("said after")
    return terminal.shown()


def test_the_bar_tells_records_calls_window_and_time():
    told = drawn(HALFWAY)
    for part in ("people", "1,998 of 5,000", "2 failed", " 240 calls/s", "window  78%", "0:15 left"):
        assert part in told
    assert "looking for changes" in drawn(replace(HALFWAY, total=None, done=0))


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        ({"window_wait": 6.2}, "waiting 6 s for Intercom's rate limit"),
        ({"own_wait": 3.0}, "waiting 3 s for requests_per_minute of intercom.yml"),
        ({"retrying": 2}, "sending 2 calls again"),
        ({"window_wait": 0.4}, ""),
    ],
    ids=["the window", "the own limit", "another attempt", "a moment"],
)
def test_what_is_waited_for_is_said(waits, said):
    assert replace(HALFWAY, **waits).waiting() == said
    assert drawn(replace(HALFWAY, **waits)).partition("\n")[2].strip() == said


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_narrow_terminal_shows_what_fits(width):
    told = drawn(HALFWAY, width=width)
    assert "\n" not in told
    assert len(told) <= width
    assert "1,998 of 5,000" in told


def test_the_bar_goes_at_the_end_and_the_lines_stay():
    shown = reported(Terminal())
    assert "1,998 of 5,000" in shown
    assert "waiting 6 s for Intercom's rate limit" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "the cursor is back"
    last = shown[shown.rindex("1,998 of 5,000") :]
    assert "\x1b[2K" in last, "the bar is wiped out"
    assert ESCAPES.sub("", last).rstrip().endswith("said after")


@pytest.mark.parametrize(
    ("variables", "options"), [({}, {"colours": False}), ({"NO_COLOR": "1"}, {})], ids=["option", "NO_COLOR"]
)
def test_colours_are_off_as_dbt_turns_them_off(monkeypatch, variables, options):
    assert COLOUR.search(reported(Terminal()))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    shown = reported(Terminal(), **options)
    assert "1,998 of 5,000" in shown
    assert not COLOUR.search(shown)


@pytest.mark.parametrize(
    ("variables", "options"),
    [({"CI": "true"}, {}), ({"TERM": "dumb"}, {}), ({}, {"as_json": True}), ({}, {"level": Level.ERROR})],
    ids=["in CI", "a dumb terminal", "as JSON", "quiet"],
)
def test_no_bar_moves_where_nobody_looks(monkeypatch, variables, options):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    shown = reported(Terminal(), **options)
    assert "5,000" not in shown
    assert "\x1b[?25" not in shown


@pytest.mark.parametrize(
    ("columns", "told"), [(120, "the_contacts_of_the_caf?_xxxx..."), (30, "waiting 6 s for Intercom'...")]
)
def test_a_terminal_without_unicode_shows_what_it_can(columns, told, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    terminal = Terminal(columns, encoding="ascii")
    report = Reporter(terminal.stream)
    name = "the_contacts_of_the_café_" + "x" * 40
    with report.underway(name, lambda: replace(HALFWAY, window_wait=6.2, retrying=3)):
        report.info(f"said of {name}…")
    shown = terminal.shown()
    assert told in shown
    assert "said of the_contacts_of_the_caf?_xxxx" in shown
    assert shown.isascii()


def test_a_bar_that_cannot_look_disturbs_nothing(capsys):
    def glance() -> Glance:
        raise RuntimeError("the window is gone")

    terminal, done = Terminal(), []
    report = Reporter(terminal.stream)
    with report.underway("people", glance):
        report.info("said meanwhile")
        done.append("the work")
    report.info("said after")
    shown = terminal.shown()
    assert done == ["the work"]
    assert "said meanwhile" in shown
    assert "said after" in shown
    assert "the window is gone" not in shown + capsys.readouterr().err


def test_a_log_line_is_written_though_nobody_can_look(monkeypatch):
    monkeypatch.setattr(console, "LOUD", 0)
    stream, waits = io.StringIO(), iter([])
    report = Reporter(stream)
    report.started(1, 1, "people", "upsert contact")
    with report.underway("people", lambda: next(waits)):
        report.progress("people", lambda: {"rows": 5, "pending": 2})
    assert "people: 3 of 5 rows" in stream.getvalue()


@pytest.mark.parametrize("failing", ["show_cursor", "push_render_hook", "line", "pop_render_hook"])
def test_a_bar_that_cannot_begin_or_end_disturbs_nothing(failing, monkeypatch):
    def fail(*_):
        raise OSError("no terminal any more")

    terminal = Terminal()
    report = Reporter(terminal.stream)

    def work() -> None:
        with report.underway("people", lambda: HALFWAY):
            report.info("said meanwhile")
            raise KeyError("of the work")

    with monkeypatch.context() as patch:
        patch.setattr(Console, failing, fail)
        with pytest.raises(KeyError, match="of the work"):
            work()
    assert "said meanwhile" in terminal.shown()


def test_a_sync_moves_a_bar_on_a_terminal_alone(shop, monkeypatch):
    monkeypatch.chdir(shop.folder)
    for name, value in shop.environment().items():
        monkeypatch.setenv(name, value)
    terminal, piped = Terminal(), io.StringIO()
    with contextlib.redirect_stdout(terminal.stream):
        assert run(["sync"]) == 0
    shown = terminal.shown()
    assert re.search(r"━.*(\d+) of \1 +0 failed", ESCAPES.sub("", shown))
    with contextlib.redirect_stdout(piped):
        assert run(["sync", "--resend"]) == 0
    assert not ESCAPES.search(piped.getvalue())
    assert "━" not in piped.getvalue()
