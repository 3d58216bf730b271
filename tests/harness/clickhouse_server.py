"""ClickHouse's HTTP interface over `chdb`, which is ClickHouse's engine as a library: one process, one session.

The engine is the real one. What its server adds is not there: users and grants, clusters, `readonly` profiles.
https://clickhouse.com/docs/interfaces/http
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_OF_HTTP = frozenset(
    [
        "query",
        "database",
        "default_format",
        "session_id",
        "session_timeout",
        "query_id",
        "wait_end_of_query",
        "client_protocol_version",
        "send_progress_in_http_headers",
        "http_headers_progress_interval_ms",
        "cancel_http_readonly_queries_on_client_close",
        "compress",
        "decompress",
        "enable_http_compression",
        "user",
        "password",
        "buffer_size",
        "quota_key",
        "role",
        "session_check",
        "stacktrace",
        "readonly",
        "log_comment",
    ]
)
"""Parameters of the interface; every other one is a setting of the engine."""
_FORMAT = re.compile(r"\bformat\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_INSERT = re.compile(r"\s*(?:/\*.*?\*/\s*)*insert\b", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"Code: (\d+)")
_NUMBER = re.compile(r"-?[0-9.]+")


class ClickHouseServer(ThreadingHTTPServer):
    """Listens on a port of its own of this machine."""

    daemon_threads = True

    def __init__(self) -> None:
        from chdb import session

        super().__init__(("127.0.0.1", 0), _Interface)
        self._session = session.Session()
        self._one_at_a_time = threading.Lock()
        threading.Thread(target=self.serve_forever, name="clickhouse", daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def answer(self, sql: str, form: str, database: str | None, settings: dict[str, str]) -> bytes:
        with self._one_at_a_time:
            if database:
                self._session.query(f"use `{database}`")
            for name, value in settings.items():
                self._session.query(f"set {name} = {value if _NUMBER.fullmatch(value) else repr(value)}")
            return bytes(self._session.query(sql, form).bytes() or b"")

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._session.close()


class _Interface(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ClickHouseServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while length := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, body: bytes) -> None:
        url = urlsplit(self.path)
        if url.path == "/ping":
            self._say(200, b"Ok.\n")
            return
        asked = dict(parse_qsl(url.query, keep_blank_values=True))
        sql = "\n".join(part for part in (asked.get("query"), body.decode()) if part)
        form = self.headers.get("X-ClickHouse-Format") or asked.get("default_format") or "TabSeparated"
        named = _FORMAT.search(sql)
        if named and not _INSERT.match(sql):
            form, sql = named[1], sql[: named.start()]
        settings = {name: value for name, value in asked.items() if name not in _OF_HTTP}
        try:
            data = self.server.answer(sql, form, asked.get("database"), settings)
        except Exception as error:  # noqa: BLE001 (chdb raises plain RuntimeError)
            code = _CODE.search(str(error))
            said = {"X-ClickHouse-Exception-Code": code[1] if code else "1000"}
            self._say(500, str(error).encode(), said)
            return
        self._say(
            200,
            data,
            {
                "X-ClickHouse-Summary": json.dumps({"read_rows": "0", "written_rows": "0"}),
                "X-ClickHouse-Query-Id": asked.get("query_id") or str(uuid.uuid4()),
                "X-ClickHouse-Timezone": "UTC",
                "X-ClickHouse-Format": form,
            },
        )

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
