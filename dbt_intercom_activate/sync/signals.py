"""How Ctrl-C and SIGTERM end a run early instead of the process."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dbt_intercom_activate.errors import Message
from dbt_intercom_activate.sync.session import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """While this lasts, both ask the run to end.

    Only the main thread can receive signals; elsewhere the process ends as its owner has arranged it.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    handled = (signal.SIGINT, signal.SIGTERM)
    before = [
        signal.signal(
            number,
            lambda received, _: stop.set(Message("interrupted", f"ended by {signal.Signals(received).name}")),
        )
        for number in handled
    ]
    try:
        yield stop
    finally:
        for number, handler in zip(handled, before, strict=True):
            signal.signal(number, handler)
