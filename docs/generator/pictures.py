"""Makes docs/pictures anew, from the sample project and the sandbox: `make pictures`.

A terminal is an SVG made of what the commands really wrote, the report a picture that a browser took of the page.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from playwright.sync_api import sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from dbt_intercom_activate.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
WIDTH = 112
"""Columns of the terminal."""
PAGE = {"width": 1200, "height": 800}
SETTLED = 1500
"""Milliseconds after which a page that fetches what it shows has done so."""
COLOURS = {
    r"\[(OK|PASS)[^\]]*\]|^\$ .*": "green",
    r"\[(PARTIAL|HELD|BLOCKED|DEFERRED|WARN)[^\]]*\]": "yellow",
    r"\[ERROR[^\]]*\]": "red",
}
LEFT_OUT = re.compile(r" START |: [\d,]+ of [\d,]+ rows|INTERCOM_BASE_URL")
"""Lines of progress, and where this sandbox happens to listen."""
DAYS = (
    # What changes from one sync to the next; the source is the sample's, so the numbers stay the same.
    "update dev.intercom_contacts set orders_count = orders_count + 1 where hash(customer_id) % 40 = 1",
    "update dev.intercom_contacts set plan_name = 'Greenhouse' where hash(customer_id) % 60 = 2",
    (
        "insert into dev.intercom_events select event_id + 10000000, customer_id, event_name, occurred_at + interval 9 day, "
        "platform, plant_species, light_lux, plan_name from dev.intercom_events where hash(event_id) % 30 = 3"
    ),
    (
        "insert into dev.intercom_contacts select customer_id || '-2', 'new.' || email, full_name, null, signed_up_at, "
        "last_seen_at, false, plan_name, 0, 0, true, null from dev.intercom_contacts where hash(customer_id) % 90 = 4"
    ),
    "update dev.intercom_contacts set email = 'no email' where hash(customer_id) % 900 = 5",
    "delete from dev.intercom_contact_tags where hash(customer_id) % 60 = 6",
    "update dev.intercom_contacts set lifetime_value = lifetime_value + 20 where hash(customer_id) % 25 = 7",
)


def main() -> None:
    """Make every picture."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        project = Path(folder) / "mossbank"
        shutil.copytree(
            ROOT / "sample_project", project, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb")
        )
        for attribute in json.loads((project / "intercom_attributes.json").read_text(encoding="utf-8")):
            sandbox.state.add_attribute(attribute["model"], attribute["name"], attribute["data_type"])
        run = _Commands(project, sandbox.base_url)
        run("dbt", "--quiet", "build")
        _terminal("plan-and-sync", run.shown("plan"), run.shown("sync"))
        _page(f"{sandbox.base_url}/_sandbox/", "sandbox")
        for change in DAYS:
            with duckdb.connect(str(project / "mossbank.duckdb")) as connection:
                connection.execute(change)
            run.shown("sync")
        run.shown("report")
        _report(project / "target" / "intercom_activate.html")


class _Commands:
    """Runs commands in a project, with a sandbox for an Intercom."""

    def __init__(self, project: Path, base_url: str) -> None:
        self._project = project
        self._environment = {
            **os.environ,
            "INTERCOM_BASE_URL": base_url,
            "INTERCOM_ACCESS_TOKEN": "sandbox",
            "DO_NOT_TRACK": "1",
            "COLUMNS": str(WIDTH),
        }

    def __call__(self, program: str, *arguments: str) -> str:
        command = [str(Path(sys.executable).with_name(program)), *arguments]
        done = subprocess.run(  # noqa: S603
            command, cwd=self._project, env=self._environment, capture_output=True, text=True, check=False
        )
        # Two records of the sample are bad on purpose.
        if done.returncode not in (0, 1) or (done.returncode and program == "dbt"):
            raise SystemExit(done.stdout + done.stderr)
        return done.stdout

    def shown(self, *arguments: str) -> str:
        """A command of ours with what it wrote, as a terminal shows both."""
        return f"$ dbt-intercom-activate {' '.join(arguments)}\n{self('dbt-intercom-activate', *arguments)}"


def _terminal(name: str, *shown: str) -> None:
    lines = [_without_moment(line) for line in "\n".join(shown).splitlines() if not LEFT_OUT.search(line)]
    text = Text("\n".join(lines))
    for pattern, colour in COLOURS.items():
        text.highlight_regex(re.compile(pattern, re.MULTILINE), colour)
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    console.print(text)
    # Rich's own format fetches its font from elsewhere; every machine has one.
    form = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    picture = console.export_svg(title="dbt-intercom-activate", code_format=form, unique_id=name)
    (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")


def _without_moment(line: str) -> str:
    """A line without the time of day before it, which makes the picture wide and says little."""
    return re.sub(r"^\d\d:\d\d:\d\d  ", "", line)


def _report(page: Path) -> None:
    _page(page.as_uri(), "report")
    anchor = _anchor(page, "contacts")
    _page(f"{page.as_uri()}#{anchor}", "report-activation", schemes=("light",))


def _page(address: str, name: str, schemes: Sequence[str] = ("light", "dark")) -> None:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        for scheme in schemes:
            view = browser.new_page(viewport=PAGE, color_scheme=scheme)
            view.goto(address)
            view.wait_for_timeout(SETTLED)
            ending = f"-{scheme}" if len(schemes) > 1 else ""
            view.screenshot(path=PICTURES / f"{name}{ending}.png")
        browser.close()


def _anchor(page: Path, activation: str) -> str:
    """Where an activation stands on the page."""
    found = re.search(
        rf'id="(a\d+)"[^>]*>\s*<summary>\s*<h3><bdi>{activation}<', page.read_text(encoding="utf-8")
    )
    if found is None:
        raise SystemExit(f"the report has no activation {activation}")
    return found[1]


if __name__ == "__main__":
    main()
