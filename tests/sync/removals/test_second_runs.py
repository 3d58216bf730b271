"""What an earlier run left changes what a later one may remove; and a run that was silent for long removes nothing."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.ledger import warehouse_lock
from dbt_intercom_activate.ledger.stages import Stages
from dbt_intercom_activate.sandbox.faults import Fault


@pytest.mark.parametrize("limit", ["0", "1"])
def test_a_limit_of_nothing_removes_nothing_too(synced, limit):
    synced.people("u1", "u2")
    ran = synced.sync("--limit", limit, "--allow-removals")
    assert ran["people"]["counts"]["removed"] == ran["people"]["counts"]["held"] == 0
    assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_rows_that_wait_without_identifiers_hold_removals_too(synced):
    """They failed in the first run and wait in the second, which may not take them for a healthy relation."""
    synced.people(None, None)
    for _ in range(2):
        ran = synced.sync(code=1)
        assert ran["people"]["counts"]["held"] == 3
        assert "no row of the relation has an identifier" in ran["people"]["message"]
    assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_a_share_is_one_of_what_is_still_there(two_models):
    """40 % of 30 are twelve, but ten left in the run before: 40 % of the other 20 are less than eleven."""
    people = [f"u{number:02}" for number in range(30)]
    two_models.block(max_removed="40%")
    two_models.people(*people)
    two_models.sync()
    two_models.people(*people[10:])
    assert two_models.sync()["people"]["counts"]["removed"] == 10
    two_models.people(*people[21:])
    ran = two_models.sync(code=1)

    assert (ran["people"]["counts"]["removed"], ran["people"]["counts"]["held"]) == (0, 11)
    assert len(two_models.here()) == 20


NINE_MINUTES, ELEVEN_MINUTES = 9 * 60, 11 * 60


class Silence:
    """Lets minutes pass inside a question to the warehouse, in which another run comes and goes."""

    def __init__(self, monkeypatch, question, seconds):
        self.now = 0.0
        original = getattr(Stages, question)

        def asked(stages, *arguments, **named):
            found = original(stages, *arguments, **named)
            found = found if isinstance(found, list) else list(found)
            if not self.now:
                self.now = seconds
                self._another_run(stages._warehouse, seconds)
            return found

        monkeypatch.setattr(Stages, question, asked)
        made = warehouse_lock.WarehouseLock.__init__

        def make(lock, locks, run_id, project):
            made(lock, locks, run_id, project, clock=lambda: self.now)

        monkeypatch.setattr(warehouse_lock.WarehouseLock, "__init__", make)

    def _another_run(self, warehouse, seconds):
        locks = "intercom_activate.locks"
        warehouse.execute(f"update {locks} set seen_at = seen_at - interval {int(seconds)} second")
        for state in ("claim", "release"):
            warehouse.execute(
                f"insert into {locks} (run_id, project, host, pid, process_space, lock_state, seen_at) "
                f"select 'run-9', 'shop', 'another', 1, 'there', '{state}', (now() at time zone 'utc')"
            )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "rows"),
    [("removals", ["u1"]), ("removals", ["u1", "bad"]), ("undelivered", ["u1", "bad"])],
    ids=["while they are found", "while they are found, and a row failed", "while failed rows are read"],
)
def test_a_run_that_was_silent_for_long_removes_nobody(synced, monkeypatch, question, rows):
    """Another run took its place, came to its end, and knows better who has left."""
    synced.shop.sandbox.faults.add(Fault("POST", "/contacts", whole_path=True, status=422, times=None))
    Silence(monkeypatch, question, ELEVEN_MINUTES)
    synced.people(*rows)
    ran = synced.sync("--allow-removals", code=1)

    assert "no sign of life for 10 minutes, and run run-9" in ran["people"]["message"]
    assert ran["people"]["counts"]["removed"] == 0
    assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_a_run_that_was_silent_for_less_goes_on(synced, monkeypatch):
    Silence(monkeypatch, "removals", NINE_MINUTES - 60)
    synced.people("u1")
    assert synced.sync()["people"]["counts"]["removed"] == 2
