"""A stand-in for Intercom that answers fast: contacts as the API shows them, windows of calls, a latency.

    python benchmarks/stand_in.py --latency 0.2 --limit 1666

It keeps as little as it can, on one thread of its own process, and answers some thousands of requests a second. It
prints its address, and at the end (SIGTERM) what it counted: calls in each window, refusals, and its CPU seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import signal
import time
from collections import Counter
from email.utils import formatdate

WINDOW = 10
ACCOUNT = (
    b'{"type":"admin","id":"1","app":{"type":"app","id_code":"sandbox1","name":"Stand-in","region":"US"}}'
)


class Counts:
    """What came in."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.windows: Counter[int] = Counter()
        self.refused = 0
        self.contacts = 0

    def take(self, now: float) -> tuple[bool, bytes]:
        """Count a call, or refuse it; and the headers that say so. The call that is answered is not counted yet."""
        window = int(now // WINDOW)
        left = self.limit - self.windows[window]
        if left > 0:
            self.windows[window] += 1
        else:
            self.refused += 1
        told = (
            f"X-RateLimit-Limit: {self.limit}\r\nX-RateLimit-Remaining: {max(0, left)}\r\n"
            f"X-RateLimit-Reset: {(window + 1) * WINDOW + 2}\r\nDate: {formatdate(int(now), usegmt=True)}\r\n"
        )
        return left > 0, told.encode()

    def body(self, first_line: bytes, sent: bytes) -> bytes:
        """What is answered to a request that is let in."""
        method, target, _ = first_line.split(b" ", 2)
        if target == b"/me":
            return ACCOUNT
        if target.startswith(b"/data_attributes"):
            return b'{"type":"list","data":[]}'
        if target == b"/contacts/search":
            return (
                b'{"type":"list","data":[],"total_count":0,"pages":{"type":"pages","page":1,"total_pages":1}}'
            )
        self.contacts += 1
        contact = json.loads(sent)
        known = target.rpartition(b"/")[2].decode() if method == b"PUT" else f"{self.contacts:024x}"
        return json.dumps({"type": "contact", "id": known, "workspace_id": "sandbox1", **contact}).encode()


class Exchange(asyncio.Protocol):
    """One connection, one request after the other."""

    def __init__(self, counts: Counts, latency: float) -> None:
        self._counts, self._half = counts, latency / 2
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read a request to its end."""
        self._read += data
        head, gap, rest = self._read.partition(b"\r\n\r\n")
        if not gap:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if len(rest) < length:
            return
        self._read = rest[length:]
        first_line, sent = head.partition(b"\r\n")[0], rest[:length]
        if self._half:
            asyncio.get_running_loop().call_later(self._half, self._arrived, first_line, sent)
        else:
            self._arrived(first_line, sent)

    def _arrived(self, first_line: bytes, sent: bytes) -> None:
        let_in, told = self._counts.take(time.time())
        if let_in:
            status, body = b"200 OK", self._counts.body(first_line, sent)
        else:
            status = b"429 Too Many Requests"
            body = b'{"type":"error.list","request_id":"r","errors":[{"code":"rate_limit_exceeded","message":"wait"}]}'
        length = str(len(body)).encode()
        answer = (
            b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json; charset=utf-8\r\n" + told
            + b"X-Request-Id: 0000abc\r\nContent-Length: " + length + b"\r\n\r\n" + body
        )  # fmt: skip
        if self._half:
            asyncio.get_running_loop().call_later(self._half, self._transport.write, answer)  # type: ignore[attr-defined]
        else:
            self._transport.write(answer)  # type: ignore[attr-defined]


async def serve(latency: float, limit: int) -> None:
    """Serve until SIGTERM."""
    counts, loop, ended = Counts(limit), asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(lambda: Exchange(counts, latency), "127.0.0.1", 0, backlog=1000)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await ended.wait()
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {"windows": [counts.windows[each] for each in sorted(counts.windows)], "refused": counts.refused}
    print(json.dumps({**told, "contacts": counts.contacts, "cpu": used.ru_utime + used.ru_stime}), flush=True)


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--latency", type=float, default=0.0, help="seconds that a call takes, there and back"
    )
    parser.add_argument("--limit", type=int, default=10_000_000, help="calls in a window of 10 seconds")
    options = parser.parse_args()
    asyncio.run(serve(options.latency, options.limit))


if __name__ == "__main__":
    main()
