"""What every test needs: an environment that says nothing about Intercom or dbt."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = [
    "browser",
    "dbt_two",
    "shop_harness",
    "trade_harness",
    "sandbox_harness",
    "schema_file_harness",
    "zones",
]

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SPOKEN_FOR = ("INTERCOM_", "DBT_")


@pytest.fixture(autouse=True, scope="session")
def _silent_environment():
    """Whoever runs the tests may have a workspace, or a dbt target, in their environment."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(SPOKEN_FOR)}
    os.environ["DO_NOT_TRACK"] = "1"
    yield
    os.environ.update(kept)
