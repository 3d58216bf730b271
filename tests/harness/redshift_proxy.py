"""A test double of Amazon Redshift: PostgreSQL behind a proxy that makes the driver of Redshift take it for that.

It is PostgreSQL that answers. What the two have in common is proven: dbt-redshift, its driver, and which macros are
chosen. What Redshift alone has or lacks is not, but for two rules that this proxy adds: a VALUES in a FROM clause is
refused, and so is what only PostgreSQL's `distinct on` and `now()` do.
https://docs.aws.amazon.com/redshift/latest/dg/c_redshift-and-postgres-sql.html
"""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_UNDERSTOOD = {b"user", b"database", b"application_name", b"client_encoding"}
"""What PostgreSQL knows of what the driver says at the start; the driver adds its own version and the like."""
_SSL_REQUEST = 80877103
"""https://www.postgresql.org/docs/15/protocol-message-formats.html"""
_QUERY, _PARSE = b"Q", b"P"
_PARAMETER_STATUS, _READY, _ERROR = b"S", b"Z", b"E"
_VERSION = b"server_version\0"

_WORDS = (
    (re.compile(rb"\bdateadd\(\s*([a-z]+)\s*,", re.IGNORECASE), rb"dateadd('\1',"),
    (re.compile(rb"\bsysdate\b(?!\()", re.IGNORECASE), b"sysdate()"),
)
"""Words of Redshift that PostgreSQL would read as columns; functions of these names are made in FUNCTIONS."""
_NOT_THERE = re.compile(
    rb"\bfrom\s*\(\s*values\b|\bjoin\s*\(\s*values\b|\bdistinct on\b|\bnow\(\)", re.IGNORECASE
)
"""What PostgreSQL would take and Redshift does not: no function of this name is there, so that it says so."""

FUNCTIONS = (
    (
        "create or replace function public.sysdate() returns timestamp language sql stable as"
        " 'select localtimestamp'"
    ),
    (
        "create or replace function public.getdate() returns timestamp language sql stable as"
        " 'select date_trunc(''second'', localtimestamp)'"
    ),
    (
        "create or replace function public.dateadd(unit text, n bigint, t timestamp) returns timestamp language sql as"
        " 'select t + (n || '' '' || unit)::interval'"
    ),
)
"""What makes a PostgreSQL database understand those of Redshift's functions that the macros use."""


class RedshiftProxy(socketserver.ThreadingTCPServer):
    """Listens on a port of its own, and hands each connection on to a PostgreSQL server."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.connect = connect
        threading.Thread(target=self.serve_forever, name="redshift proxy", daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Conversation(socketserver.BaseRequestHandler):
    server: RedshiftProxy

    def handle(self) -> None:
        first = self._startup()
        if first is None:
            return
        with self.server.connect() as database:
            database.sendall(first)
            if self._greet(database):
                back = threading.Thread(target=_hand_on, args=(database, self.request), daemon=True)
                back.start()
                self._ask(database)
                back.join()

    def _startup(self) -> bytes | None:
        """The driver's first words, without those that PostgreSQL would refuse."""
        while True:
            head = _exactly(self.request, 4)
            if head is None:
                return None
            body = _exactly(self.request, struct.unpack("!i", head)[0] - 4) or b""
            if struct.unpack("!i", body[:4])[0] != _SSL_REQUEST:
                break
            self.request.sendall(b"N")
        parts = body[4:].split(b"\0")
        kept = [
            name + b"\0" + value + b"\0"
            for name, value in zip(parts[::2], parts[1::2], strict=False)
            if name in _UNDERSTOOD
        ]
        said = body[:4] + b"".join(kept) + b"\0"
        return struct.pack("!i", len(said) + 4) + said

    def _greet(self, database: socket.socket) -> bool:
        """Hand on the server's first words, with Redshift's version; False where it let nobody in."""
        while True:
            message = _message(database)
            if message is None:
                return False
            kind, body = message
            if kind == _PARAMETER_STATUS and body.startswith(_VERSION):
                body = _VERSION + b"8.0.2\0"
            _send(self.request, kind, body)
            if kind in (_READY, _ERROR):
                return kind == _READY

    def _ask(self, database: socket.socket) -> None:
        """Hand on what the driver asks, in PostgreSQL's words."""
        while (message := _message(self.request)) is not None:
            kind, body = message
            if kind in (_QUERY, _PARSE):
                for pattern, words in _WORDS:
                    body = pattern.sub(words, body)
                body = _NOT_THERE.sub(b" redshift_has_no_such_thing ", body)
            _send(database, kind, body)
        database.close()


def _exactly(connection: socket.socket, length: int) -> bytes | None:
    found = b""
    while len(found) < length:
        try:
            more = connection.recv(length - len(found))
        except OSError:
            return None
        if not more:
            return None
        found += more
    return found


def _message(connection: socket.socket) -> tuple[bytes, bytes] | None:
    head = _exactly(connection, 5)
    if head is None:
        return None
    body = _exactly(connection, struct.unpack("!i", head[1:])[0] - 4)
    return None if body is None else (head[:1], body)


def _send(connection: socket.socket, kind: bytes, body: bytes) -> None:
    connection.sendall(kind + struct.pack("!i", len(body) + 4) + body)


def _hand_on(database: socket.socket, driver: socket.socket) -> None:
    try:
        while more := database.recv(65_536):
            driver.sendall(more)
    except OSError:
        pass
    finally:
        driver.close()
