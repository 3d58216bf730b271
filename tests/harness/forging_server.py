"""A server on raw sockets that gives the answers nobody should believe, or stands before Intercom and forges some.

It knows which request came on which connection, and whether a connection was used again after a forged answer.
"""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Forgery = Callable[[socket.socket, "Asked"], None]

PAGE = b"<html><body>Please sign in</body></html>"
DRIP_SECONDS = 0.02


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


def answer(status: int, body: bytes, content_type: str | None = "application/json", **headers: str) -> bytes:
    """The bytes of a whole answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        named["Content-Type"] = content_type
    lines = [f"HTTP/1.1 {status} Answer", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in named.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def in_json(document: Any, status: int = 200) -> bytes:
    return answer(status, json.dumps(document).encode())


def says(raw: bytes) -> Forgery:
    """A forgery that is the same whatever was asked."""
    return lambda connection, _: connection.sendall(raw)


def page(status: int, **headers: str) -> Forgery:
    """What a proxy, a CDN or a hotel's network answers."""
    return says(answer(status, PAGE, "text/html", **headers))


def cut(raw: bytes) -> Forgery:
    """An answer that ends in its middle."""

    def forge(connection: socket.socket, _: Asked) -> None:
        connection.sendall(raw[:-5])
        connection.shutdown(socket.SHUT_RDWR)

    return forge


def drips(head: bytes, drop: bytes = b" ") -> Forgery:
    """An answer that goes on for ever, a drop at a time."""

    def forge(connection: socket.socket, _: Asked) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            time.sleep(DRIP_SECONDS)

    return forge


def endless(head: bytes, part: bytes) -> Forgery:
    """An answer that goes on for ever, as fast as it is read."""

    def forge(connection: socket.socket, _: Asked) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(part)

    return forge


def bomb(megabytes: int) -> Forgery:
    """A small answer that unpacks to a large one."""
    packed = gzip.compress(b'{"type": "contact"' + b" " * (megabytes * 2**20) + b"}")
    return says(answer(200, packed, Content_Encoding="gzip"))


@dataclass
class Forger:
    """Answers with `forge`, or passes on to Intercom where `upstream` is given and `forge` gives None."""

    forge: Callable[[Asked], Forgery | None]
    upstream: tuple[str, int] | None = None
    connections: list[list[Asked]] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    """Requests that came on a connection after a forged answer."""
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[Asked]:
        return [each for connection in self.connections for each in connection]

    @contextlib.contextmanager
    def serving(self) -> Iterator[Forger]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            yield self
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        came: list[Asked] = []
        with self._lock:
            self.connections.append(came)
        forged = False
        with connection, connection.makefile("rb") as file, contextlib.suppress(OSError, ValueError):
            while (asked := _read(file)) is not None:
                came.append(asked)
                if forged:
                    self.reused.append(asked.line)
                with self._lock:
                    forgery = self.forge(asked)
                if forgery is not None:
                    forged = True
                    forgery(connection, asked)
                else:
                    self.pass_on(connection, asked)

    def pass_on(self, connection: socket.socket, asked: Asked) -> None:
        """Give Intercom's own answer."""
        connection.sendall(self.intercoms(asked))

    def intercoms(self, asked: Asked) -> bytes:
        """Intercom's own answer."""
        assert self.upstream is not None
        upstream = http.client.HTTPConnection(*self.upstream, timeout=30)
        with contextlib.closing(upstream):
            headers = {
                name: value
                for name, value in asked.headers.items()
                if name not in ("accept-encoding", "host")
            }
            upstream.request(asked.method, asked.target, asked.body or None, headers)
            response = upstream.getresponse()
            body = response.read()
            kept = {
                name: value
                for name, value in response.getheaders()
                if name.lower() not in ("content-length", "content-type", "transfer-encoding", "connection")
            }
            return answer(response.status, body, response.getheader("content-type"), **kept)


@contextlib.contextmanager
def listening(said: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A port that says one thing to whatever comes, and closes; and what came."""
    came: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    came.append(connection.recv(65_536))
                    connection.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1], came
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _read(file: Any) -> Asked | None:
    first = file.readline(65_536).decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    while (line := file.readline(65_536).strip()) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = file.read(int(headers.get("content-length", 0)))
    return Asked(first[0], first[1], headers, body)
