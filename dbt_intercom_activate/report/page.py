"""The page: one HTML file with its style and its script inside, which asks nobody for anything.

What stands in it comes from other people's projects: Jinja escapes all of it, and the page's own policy lets a browser
run no other script and use no other style. https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dbt_intercom_activate.ledger.changes import tried_again
from dbt_intercom_activate.outcomes.codes import CODES
from dbt_intercom_activate.outcomes.results import COUNT_NAMES
from dbt_intercom_activate.report import words
from dbt_intercom_activate.report.flow import flow
from dbt_intercom_activate.report.shapes import HEIGHT, STRIP, chart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbt_intercom_activate.report.facts import Facts, PastRun, ReportedActivation

TEMPLATES = Path(__file__).parent / "templates"

ALWAYS_TOLD = ("inserted", "updated", "unchanged", "failed")
"""Counts that the list of runs has whether or not there are any."""


def render(facts: Facts) -> str:
    """The whole page. Of the same facts it is the same text."""
    anchors = {f"a{index}": place for index, place in enumerate(facts.places, 1)}
    drawn = flow(anchors)
    style = Markup(_static("page.css") + drawn.style)  # noqa: S704 (our own file, and numbers)
    script = Markup(_static("page.js"))  # noqa: S704 (our own file)
    return (
        _environment()
        .get_template("page.html")
        .render(
            facts=facts,
            anchors=anchors,
            flow=drawn,
            style=style,
            script=script,
            policy=_policy(style, script),
            statuses=sorted({words.status_of(place) for place in facts.places}),
        )
    )


def _static(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_fingerprint(style)}'; script-src '{_fingerprint(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _fingerprint(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        number=words.number,
        moment=words.moment,
        machine_moment=words.machine_moment,
        kind=words.kind_of,
        ticked=_ticked,
        breakable=_breakable,
    )
    environment.tests["needing"] = words.needs_attention
    environment.globals.update(
        words=words,
        chart=chart,
        counted=_counted,
        columns=_columns,
        CODES=CODES,
        tried_again=tried_again,
        HEIGHT=HEIGHT,
        STRIP=STRIP,
        searched=_searched,
    )
    return environment


def _ticked(text: str) -> Markup:
    """A sentence of ours, with what stands between backticks as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts)
    )


def _breakable(name: str) -> Markup:
    """A name, such as a field's, that breaks behind its dots and underscores where it has to."""
    return Markup("<wbr>").join(re.split(r"(?<=[._])", name))


def _counted(run: PastRun) -> list[tuple[str, int]]:
    """The counts of a run that are not zero, in the order of the results JSON."""
    return [(name, run.counts[name]) for name in COUNT_NAMES if run.counts.get(name)]


def _columns(runs: Sequence[PastRun]) -> list[str]:
    """The counts that a list of runs needs."""
    told = {name for run in runs for name, count in run.counts.items() if count}
    return [name for name in COUNT_NAMES if name in told or name in ALWAYS_TOLD]


def _searched(place: ReportedActivation) -> str:
    """Where the search looks: the names by which somebody knows an activation."""
    activation = place.activation
    known = [] if activation is None else [activation.node.label, words.object_of(activation)]
    return " ".join([place.name, place.workspace_name, *known]).lower()
