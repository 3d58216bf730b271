"""Whatever zone the machine has, a moment stays the moment that it was: nothing is shifted by the machine's clock."""

from __future__ import annotations

import json
import time
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from dbt_intercom_activate.binding.values import to_intercom
from dbt_intercom_activate.clock import as_json, as_text, from_text, utc_now
from dbt_intercom_activate.intercom.api import read_answer, server_date
from dbt_intercom_activate.ledger.journal import Journal
from dbt_intercom_activate.ledger.journal_reading import left_by_dead_runs, read_journal
from dbt_intercom_activate.ledger.machine_lock import one_run_on_this_machine
from dbt_intercom_activate.ledger.outcomes import ActivationRun
from dbt_intercom_activate.objects.model import FieldType
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome
from dbt_intercom_activate.sandbox.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.usefixtures("zone"),
    pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot set a zone"),
]

NOON = 1_709_208_000
"""2024-02-29 12:00 UTC."""
IN_JULY = 1_719_792_000
"""2024-07-01 00:00 UTC."""


def naive(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)


MOMENTS = {
    "without a zone": (naive(NOON), NOON),
    "without a zone, in summer": (naive(IN_JULY), IN_JULY),
    "of UTC": (datetime.fromtimestamp(NOON, timezone.utc), NOON),
    "of another zone": (datetime.fromtimestamp(NOON, timezone(timedelta(hours=9))), NOON),
    "a day": (date(2024, 7, 1), IN_JULY),
    "long ago": (datetime(1969, 12, 31, 23, 59, 59), -1),  # noqa: DTZ001
}


@pytest.mark.parametrize("field", [FieldType.TIMESTAMP, FieldType.SCALAR])
@pytest.mark.parametrize(("value", "seconds"), MOMENTS.values(), ids=MOMENTS)
def test_a_value_is_the_same_moment(value, seconds, field):
    assert to_intercom(value, field, composite=False) == seconds


def test_this_moment_is_utc():
    assert abs(utc_now() - naive(int(time.time()))) < timedelta(seconds=60)


@pytest.mark.parametrize("seconds", [NOON, IN_JULY])
def test_a_moment_is_read_as_it_was_written(seconds):
    moment = naive(seconds).replace(microsecond=7)
    assert from_text(as_text(moment)) == moment
    assert as_json(naive(IN_JULY)) == "2024-07-01T00:00:00Z"


def test_the_journal_keeps_the_moment(tmp_path: Path):
    run = ActivationRun("run", "shop", "abc", "production", "people", "contact", None, "origin")
    journal = Journal(tmp_path, "run", lambda: naive(IN_JULY))
    journal.begin(run, "dev", "stage_1", "stage_1", {})
    journal.record("stage_1", Delivered(1, None, Outcome(Operation.UPDATE), naive(NOON)))
    journal.close()
    (unfinished,) = read_journal(left_by_dead_runs(tmp_path)[0]).unfinished
    assert (unfinished.started_at, unfinished.outcomes[0].delivered_at) == (naive(IN_JULY), naive(NOON))


@pytest.mark.parametrize(
    "text",
    ["Thu, 29 Feb 2024 12:00:00 GMT", "Thu, 29 Feb 2024 12:00:00 -0000", "Thu, 29 Feb 2024 13:00:00 +0100"],
)
def test_the_servers_date_is_the_same_moment(text):
    assert server_date({"Date": text}) == NOON
    assert read_answer(200, {"Date": text}, b"{}", elapsed=2.5).attempted_at == NOON - 3


def test_the_holder_of_the_lock_is_dated_in_utc(tmp_path: Path):
    class Project:
        target_path = tmp_path

    with one_run_on_this_machine(Project()):
        (holder,) = tmp_path.glob("*/holder.json")
        since = datetime.fromisoformat(json.loads(holder.read_text())["since"])
    assert abs(since - utc_now()) < timedelta(seconds=60)


def test_a_whole_line_is_the_same_in_every_zone(shop):
    """The warehouse's moments arrive as they are, and a failure waits its seven days."""
    block = {
        "name": "people",
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "external_id",
        "fields": {
            "external_id": "id",
            "signed_up_at": "bare",
            "last_seen_at": "zoned",
            "custom_attributes.renewed_on": "day",
        },
    }
    columns = "id text, bare timestamp, zoned timestamptz, day date"
    rows = [
        (key, naive(IN_JULY), datetime.fromtimestamp(NOON, timezone.utc), date(2024, 7, 1))
        for key in ("u1", "u2")
    ]
    shop.only(block, columns, rows)
    shop.sandbox.faults.add(Fault("POST", "/contacts", whole_path=True, status=422))
    ran = shop.sync()
    assert ran.counts("people") == {"rows": 2, "inserted": 1, "failed": 1}
    ((_, made),) = shop.contacts().items()
    assert (made.fields["signed_up_at"], made.fields["last_seen_at"]) == (IN_JULY, NOON)
    assert made.custom_attributes == {"renewed_on": IN_JULY}

    shop.sql("update intercom_activate.ledger set delivered_at = delivered_at - interval 167 hour")
    shop.calls()
    assert shop.sync().counts("people") == {"rows": 2, "unchanged": 1, "failed": 1}
    assert shop.calls() == {}
