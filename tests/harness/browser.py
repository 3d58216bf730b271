"""A real browser that looks at a page of ours, for tests marked `browser`; `make test-browser` brings what it needs.

Without playwright's Python package, or without a Chromium, such tests are skipped and say so; without axe-core only the
tests of accessibility are.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page

AXE = Path(sys.prefix) / "axe-core" / "package" / "axe.min.js"
"""Where `make test-browser` puts axe-core, which judges whether everybody can use a page."""

WIDTHS = (400, 1400)
"""Pixels of a phone, and of a desk."""

COMMANDS = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Look:
    """A page that is open in a browser, and what it did that it should not."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    """What the browser's console shows of warnings and errors, and scripts that ended with one."""
    requests: list[str] = field(default_factory=list)
    """What was asked for beside the page itself."""

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window: above zero it has to be pushed sideways."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))

    def violations(self) -> list[str]:
        """What axe-core finds that somebody could not use, with the first place of each; nothing where all is well."""
        if not AXE.exists():
            pytest.skip(f"there is no axe-core in {AXE.parents[1]}: `make test-browser` fetches it with npm")
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [_told(each) for each in found["violations"]]


def _told(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    return f"{violation['id']}: {violation['help']}: {nodes[0]['html'][:200]} ({len(nodes)} in all)"


def _chromium() -> str | None:
    """The browser's program: what the environment variable CHROMIUM names, else the first one that is installed."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, COMMANDS)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each looks through a window of its own."""
    reason = "the dependency group `browser` is not installed: `make test-browser` installs it"
    api = pytest.importorskip("playwright.sync_api", reason=reason)
    program = _chromium()
    if program is None:
        pytest.skip("there is no Chromium here: install one, or name it in the environment variable CHROMIUM")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture
def look(chromium: Browser) -> Iterator[Callable[..., Look]]:
    """Open an address in a window of its own: `look(address, width=400, dark=True)`; `java_script=False` as well."""
    contexts = []

    def open_page(address: str, *, width: int = 1400, dark: bool = False, java_script: bool = True) -> Look:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=java_script,
        )
        contexts.append(context)
        look = Look(context.new_page(), address)

        def heard(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                look.complaints.append(message.text)

        look.page.on("console", heard)
        look.page.on("pageerror", lambda error: look.complaints.append(str(error)))
        look.page.on("request", lambda request: look.requests.append(request.url))
        look.page.goto(address)
        look.requests.remove(look.page.url)
        return look

    yield open_page
    for context in contexts:
        context.close()
