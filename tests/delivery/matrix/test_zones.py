"""When a record was attempted first is a moment of UTC, whatever zone the machine has."""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest

pytestmark = pytest.mark.usefixtures("zone")

BLOCK = {
    "object": "contact",
    "behaviour": "insert",
    "identifier": "external_id",
    "fields": {"external_id": "external_id", "email": "email"},
    "constants": {"role": "user"},
}


@pytest.mark.parametrize(
    ("seconds_after", "code"), [(-60, "already_exists"), (60, None)], ids=["made before it", "made after it"]
)
def test_a_contact_is_held_against_the_first_attempt(world, seconds_after, code):
    values = {"external_id": "u1", "email": "u1@example.com"}
    world.say(BLOCK, world.row(values))
    attempted = datetime.fromtimestamp(time.time() - seconds_after, timezone.utc).replace(tzinfo=None)
    (outcome,) = world.say(BLOCK, world.row(values, first_attempt_at=attempted))

    assert (outcome.code.value if outcome.code else None) == code
    assert len(world.state.contacts) == 1
