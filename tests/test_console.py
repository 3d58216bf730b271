"""What a person, or a log collector, reads."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import datetime

import pytest

from dbt_intercom_activate.console import Level, Reporter, in_words
from dbt_intercom_activate.outcomes.results import ActivationResult, RunResult, Status, Tally

RESULT = ActivationResult(
    activation="people",
    unique_id="model.shop.people",
    object="contact",
    behaviour="upsert",
    workspace="abc",
    workspace_name="production",
    status=Status.PARTIAL,
    message="first line\nsecond line",
    elapsed=1.5,
    counts={**Tally().counts(), "rows": 1201, "inserted": 1199, "failed": 2},
    api_calls=1300,
)
RUN = RunResult("run-1", datetime(2026, 1, 1), None, 2.0, (RESULT,), 1)  # noqa: DTZ001 (UTC)


def lines(tell, **options):
    stream = io.StringIO()
    tell(Reporter(stream, **options))
    return stream.getvalue().splitlines()


def test_text_lines_are_dbts():
    (line, *message) = lines(lambda report: report.finished(1, 3, RESULT))
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d  1 of 3 PARTIAL people: 1,199 inserted, 2 failed \.+ \[PARTIAL in 1\.50s\]", line
    )
    assert [each[10:] for each in message] == ["    first line", "    second line"]


def test_json_lines_have_data_and_info():
    for line in lines(lambda report: report.finished(1, 3, RESULT), as_json=True):
        event = json.loads(line)
        assert set(event) == {"data", "info"}
        assert {"name", "level", "msg", "ts"} <= set(event["info"])
    event = json.loads(lines(lambda report: report.finished(1, 3, RESULT), as_json=True)[0])
    assert event["data"] == RESULT.as_json()


@pytest.mark.parametrize(
    ("level", "shown"),
    [("DEBUG", 3), ("INFO", 3), ("WARN", 2), ("ERROR", 1), ("NONE", 0)],
)
def test_what_is_below_the_level_is_not_written(level, shown):
    def tell(report):
        report.info("information")
        report.warning("warning")
        report.error("error")

    assert len(lines(tell, level=Level[level])) == shown


def test_an_activation_in_error_is_shown_when_quiet():
    result = replace(RESULT, status=Status.ERROR)
    assert "ERROR people" in lines(lambda report: report.finished(1, 1, result), level=Level.ERROR)[0]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (Status.BLOCKED, "BLOCKED people ..."),
        (Status.DEFERRED, "DEFERRED people ..."),
        (Status.ERROR, "ERROR people ..."),
        (Status.SUCCESS, "OK people: no rows ..."),
    ],
)
def test_no_rows_is_said_only_where_rows_were_looked_for(status, told):
    result = replace(RESULT, status=status, counts=Tally().counts())
    assert told in lines(lambda report: report.finished(1, 1, result))[0]


def test_the_last_line_counts_every_status():
    (line,) = lines(lambda report: report.summary(RUN))
    assert "Done. OK=0 PARTIAL=1 ERROR=0 BLOCKED=0 DEFERRED=0 SKIP=0 TOTAL=1; 1,300 calls to Intercom" in line


def test_no_colours_where_the_stream_is_no_terminal():
    assert "\x1b" not in "".join(lines(lambda report: report.error("x")))


def test_markup_in_a_message_is_text():
    (line,) = lines(lambda report: report.info("[bold]not markup[/bold] [/x]"))
    assert line.endswith("[bold]not markup[/bold] [/x]")


def test_long_lines_are_not_wrapped():
    (line,) = lines(lambda report: report.info("word " * 100))
    assert len(line) > 400


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"rows": 3, "inserted": 2, "failed": 1}, "2 inserted, 1 failed"),
        ({"rows": 12000, "unchanged": 12000, "failed": 0}, "12,000 unchanged"),
        ({"rows": 0}, "no rows"),
    ],
    ids=repr,
)
def test_counts_are_said_in_words(counts, expected):
    assert in_words(counts) == expected


def test_a_table_is_as_wide_as_its_names():
    """A job's log is no terminal, and a name that is cut cannot be looked for."""
    name = "a_name_of_sixty_letters_" + "x" * 36
    headings = ["activation", *(f"a heading {number}" for number in range(9))]
    shown = lines(lambda report: report.table(headings, [[name, *map(str, range(9))]]))

    assert len(shown) == 2
    assert shown[1].split() == [name, *map(str, range(9))]
    assert [line for line in shown if line != line.rstrip()] == []
