"""How far an activation is, for whoever looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.progress import Glance

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.client import IntercomClient


def glance_at(client: IntercomClient, calls_before: int, total: int | None, done: int, failed: int) -> Glance:
    """A glance at some work, with what its client knows of the pace.

    Args:
        client: Through which it calls.
        calls_before: How many calls the client had made when the work began.
        total: Records to be sent; None until they are counted.
        done: How many of them have an outcome.
        failed: How many failed.
    """
    pace = client.pace
    return Glance(
        total=total,
        done=done,
        failed=failed,
        calls=client.calls - calls_before,
        limit=pace.limit,
        used=pace.used,
        window_wait=pace.window_wait,
        own_wait=pace.own_wait,
        retrying=pace.retrying,
    )
