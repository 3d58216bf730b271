"""A bookkeeper for tests that look at what workers say to Intercom, and not at what is kept of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dbt_intercom_activate.clock import utc_now


class NoBooks:
    """Keeps nothing; the outcomes are what the workers hand back."""

    stopped = False

    def now(self) -> datetime:
        return utc_now()

    def sending(self, record: Any) -> None:
        """Nothing to write down."""

    def undone(self, record: Any) -> None:
        """Nothing to write down."""

    def keep(self, delivered: Any) -> None:
        """Nothing to write down."""

    def idle(self) -> None:
        """Nothing to do meanwhile."""
