"""The machine's own time zone, as a test wants it: most machines that run tests have UTC, and users' have not."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONES = ("UTC", "Asia/Kathmandu", "America/Los_Angeles")
"""One ahead of UTC by a part of an hour, one behind it, with summer time."""


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each of `ZONES` in turn; a process that is started meanwhile has it too."""
    before = os.environ.get("TZ")
    _set(request.param)
    yield request.param
    _set(before)


def _set(zone: str | None) -> None:
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()
