"""What changes, told to the page as it happens: server-sent events, a few in a second at most.

The stream looks at the workspace by itself, so that calls cost nothing while nobody watches. It is read with `fetch`,
which can send the header that the controls want, as `EventSource` cannot:
https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox.control import counted, switches
from dbt_intercom_activate.sandbox.rate_limit import WINDOW_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sized

    from starlette.types import Receive, Send

    from dbt_intercom_activate.sandbox.call_log import Logged
    from dbt_intercom_activate.sandbox.faults import Fault
    from dbt_intercom_activate.sandbox.state import SandboxState

EVERY = 0.4
"""Seconds between two looks."""

SHARE = 0.1
"""What looking may take of the time: in a workspace of a hundred thousand contacts there are fewer looks."""

MOST_CALLS = 100
"""How many calls are told at once; of more, the newest."""

SHOWN_WINDOWS = 18
"""How many windows of the rate limit are told: three minutes."""

QUIET_LOOKS = 40
"""After how many looks without news an empty line tells that the stream still lives."""

HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]


class Watcher:
    """What one reader of the stream knows already."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._calls = state.calls
        self._told = 0
        self._seen: tuple[Any, ...] | None = None

    def news(self) -> dict[str, Any] | None:
        """What to tell; None where nothing changed."""
        state = self._state
        seen = self._sizes()
        if seen == self._seen:
            return None
        emptied = self._calls is not state.calls
        if emptied:
            self._calls, self._told = state.calls, 0
        first, self._seen = self._seen is None, seen
        calls = [_told(number, call) for number, call in state.calls.after(self._told, MOST_CALLS)]
        self._told = state.calls.made
        return {
            "workspace_id": state.workspace_id,
            "begun": first or emptied,
            "calls": calls,
            "made": state.calls.made,
            "writes": state.calls.writes,
            "counts": counted(state),
            "rate": _rate(state),
            "switches": switches(state),
            "faults": [_fault(fault, times) for fault, times in state.faults.pending()],
        }

    def _sizes(self) -> tuple[Any, ...]:
        """What differs once anything changed, and is quickly had."""
        state = self._state
        held: list[Sized] = [state.contacts, state.companies, state.tags, state.attributes, state.events]
        held += [state.conversations, state.tickets, state.faults]
        return (id(state.calls), state.calls.made, *map(len, held), switches(state))


async def tell(state: SandboxState, receive: Receive, send: Send, stopping: Callable[[], bool]) -> None:
    """Send what changes until the reader goes or the server stops."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    watcher, quiet = Watcher(state), 0
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        while not gone.done() and not stopping():
            began = time.perf_counter()
            news = watcher.news()
            pause = max(EVERY, (time.perf_counter() - began) / SHARE)
            quiet = 0 if news else quiet + 1
            if news:
                await _write(send, f"data: {json.dumps(news, ensure_ascii=False)}\n\n")
            elif quiet % QUIET_LOOKS == 0:
                await _write(send, ":\n\n")
            await asyncio.wait({gone}, timeout=pause)
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


def _told(number: int, call: Logged) -> dict[str, Any]:
    path = f"{call.path}?{call.query}" if call.query else call.path
    return {
        "number": number,
        "method": call.method,
        "path": path,
        "status": call.status,
        "ms": round(call.ms, 1),
        "at": call.at,
    }


def _rate(state: SandboxState) -> dict[str, Any]:
    now = state.clock()
    start = int(now // WINDOW_SECONDS) * WINDOW_SECONDS
    starts = range(start - (SHOWN_WINDOWS - 1) * WINDOW_SECONDS, start + 1, WINDOW_SECONDS)
    used = [state.limiter.windows.get(each, 0) for each in starts]
    return {
        "limit": state.limiter.limit,
        "seconds": WINDOW_SECONDS,
        "start": start,
        "now": now,
        "windows": used,
    }


def _fault(fault: Fault, times: int | None) -> dict[str, Any]:
    return {
        "method": fault.method,
        "path_prefix": fault.path_prefix,
        "status": fault.status,
        "drop_connection": fault.drop_connection,
        "after_commit": fault.after_commit,
        "delay_s": fault.delay_s,
        "times": times,
    }
