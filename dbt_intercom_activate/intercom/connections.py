"""One connection to Intercom: an answer ends in time and in size, or it is none.

The limits stand below `requests`, where bytes come in, since neither it nor urllib3 has any of them: an answer may
drip for ever, never end, or unpack to gigabytes, and Python takes `103 Early Hints` for the answer itself.
"""

from __future__ import annotations

import http.client
import io
import math
import re
import ssl
import time
import zlib
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection

from dbt_intercom_activate.errors import Message, TokenRefused
from dbt_intercom_activate.intercom.hosts import is_loopback
from dbt_intercom_activate.secret import Secret

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

LARGEST = 10 * 2**20
"""Bytes of an answer at most, as they come in and unpacked. 150 contacts, the largest page, are below 1 MiB."""

CONNECT_TIMEOUT = 5.0
"""Seconds for a connection to come about, TLS included, and for a request to leave."""

GRACE = 3.0
"""Seconds that answers under way are still waited for once the run is to end."""

_LOOK_UP_EVERY = 0.25
"""Seconds without a byte after which a reader looks whether the run is to end."""

_CHUNK = 64 * 2**10
_GZIP = 16 + zlib.MAX_WBITS
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9_/-]*")
"""A path that `requests` would leave as it is."""
_NOT_THROUGH_PROXIES = dict.fromkeys(("http", "https", "all"))
"""Said to `requests`, a None keeps it from what the environment names."""


class Missed(Enum):
    """Ways of getting no answer of Intercom's."""

    UNSENT = "no connection to Intercom"
    UNTRUSTED = "no connection to Intercom, as the server's certificate is not trusted,"
    LOST = "no answer from Intercom"
    FOREIGN = "no answer from Intercom but somebody else's"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the end, by whomever."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    """Unpacked."""


class BearerToken(AuthBase):
    """Sets the token, if any. As an auth object, since `requests` lets ~/.netrc replace a plain header.

    Raises:
        TokenRefused: The token is empty or holds what no header can.
    """

    def __init__(self, token: str | Secret | None) -> None:
        self._token = None if token is None else _sendable(token)

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        """Give a request its header."""
        if self._token is not None:
            prepared.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return prepared


def _sendable(token: str | Secret) -> Secret:
    text = token.reveal() if isinstance(token, Secret) else token
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise TokenRefused(
            Message(
                "token-malformed",
                "The access token is empty, or holds spaces, line breaks or letters that no token has. "
                "Copy it again from Intercom's Developer Hub (Configure, Authentication).",
            )
        )
    return token if isinstance(token, Secret) else Secret(token)


class Patience:
    """How long answers are waited for; shared by the connections of a client.

    Args:
        timeout: Seconds for one whole answer.
        grace: See `GRACE`.
    """

    def __init__(self, timeout: float, grace: float = GRACE) -> None:
        self.timeout = timeout
        self._grace = grace
        self._until = math.inf

    def end(self) -> None:
        """Wait no longer than the grace for anything, from now on."""
        self._until = min(self._until, time.monotonic() + self._grace)

    def seconds_left(self, deadline: float) -> float:
        """Seconds until a deadline by the monotonic clock, or until the grace is over."""
        return min(deadline, self._until) - time.monotonic()


class Connection:
    """Exchanges requests for answers, one after the other; not to be shared by threads.

    After anything but an answer that is believed it has to be closed: what comes next on it could be the answer to
    an earlier request.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str], auth: AuthBase, patience: Patience) -> None:
        """Prepare, without connecting.

        Args:
            base_url: Without a slash at its end.
            headers: Sent with each request.
            auth: Sets the token.
            patience: How long to wait.
        """
        self._base_url, self._headers, self._auth, self._patience = base_url, headers, auth, patience
        self._exchange = _Exchange(patience)
        self._adapter = _Adapter(self._exchange)
        self._prepared: requests.PreparedRequest | None = None
        self._environment: dict[str, Any] = {}

    def close(self) -> None:
        """Close what is open."""
        self._adapter.close()

    def exchange(self, method: str, target: str, body: bytes | None) -> Reply | Missed:
        """Send a request and read its answer.

        No error of `requests` leaves this: their texts and tracebacks show URLs with ids.
        """
        self._exchange.begin()
        patience = self._patience.seconds_left(math.inf)
        connect_timeout = max(0.01, min(CONNECT_TIMEOUT, self._patience.timeout, patience))
        try:
            response = self._adapter.send(
                self._request(method, target, body),
                stream=True,
                timeout=(connect_timeout, self._patience.timeout),
                **self._environment,
            )
            try:
                packed = _read(response)
            finally:
                response.close()
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            return self._missed(error)
        unpacked = None if packed is None else _unpacked(packed, response.headers.get("Content-Encoding", ""))
        if unpacked is None:
            return Missed.FOREIGN
        return Reply(response.status_code, response.headers, unpacked)

    def _request(self, method: str, target: str, body: bytes | None) -> requests.PreparedRequest:
        """The request of before with another method, target and body: preparing one anew costs as much as sending it.

        What the environment says of proxies and certificates is read with the first.
        """
        prepared = self._prepared
        if prepared is None:
            prepared = self._prepare()
        prepared.method = method
        if _PLAIN_PATH.fullmatch(target):
            prepared.url = self._base_url + target
        else:
            prepared.prepare_url(self._base_url + target, None)
        prepared.body = body
        if body is not None or method not in ("GET", "HEAD"):
            prepared.headers["Content-Length"] = str(len(body or b""))
        else:
            prepared.headers.pop("Content-Length", None)
        return prepared

    def _prepare(self) -> requests.PreparedRequest:
        with requests.Session() as session:
            # What is unpacked here, under a limit.
            session.headers.update({**self._headers, "Accept-Encoding": "gzip"})
            proxies: dict[str, Any] = (
                _NOT_THROUGH_PROXIES if is_loopback(urlsplit(self._base_url).hostname or "") else {}
            )
            self._environment = dict(
                # A copy, which `requests` writes into.
                session.merge_environment_settings(self._base_url, dict(proxies), None, None, None)
            )
            del self._environment["stream"]
            self._prepared = session.prepare_request(
                requests.Request("GET", f"{self._base_url}/", auth=self._auth)
            )
        # The scheme, the host and the port as `requests` spells them.
        self._base_url = (self._prepared.url or "").removesuffix("/")
        return self._prepared

    def _missed(self, error: BaseException) -> Missed:
        if self._exchange.sent:
            return Missed.LOST
        untrusted = any(isinstance(each, ssl.SSLCertVerificationError) for each in _causes(error))
        return Missed.UNTRUSTED if untrusted else Missed.UNSENT


class _Exchange:
    """What is known of the request under way on a connection."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._deadline = 0.0
        self._bytes_left = 0
        self.sent = False
        """Whether a byte of it may have left this machine; what comes before, such as TLS, is none."""

    def begin(self) -> None:
        self.sent = False
        self._deadline = time.monotonic() + self._patience.timeout
        self._bytes_left = LARGEST

    def wait(self) -> float:
        """Seconds to wait for the next bytes.

        Raises:
            TimeoutError: There are none left.
        """
        left = self._patience.seconds_left(self._deadline)
        if left <= 0:
            raise TimeoutError("the whole answer did not come in time")
        return min(left, _LOOK_UP_EVERY)

    def took(self, count: int) -> None:
        """Note that bytes came in.

        Raises:
            HTTPException: They are too many.
        """
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise http.client.HTTPException(f"an answer of more than {LARGEST} bytes")


class _Wire(io.RawIOBase):
    """The bytes of one answer, as they come in."""

    def __init__(self, sock: socket.socket, exchange: _Exchange) -> None:
        self._socket, self._exchange = sock, exchange
        # Keeps the socket open where `http.client` closes its own end of it before the body was read.
        self._hold = sock.makefile("rb", buffering=0)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What `http.client` asks of a socket."""
        del mode
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while True:
            self._socket.settimeout(self._exchange.wait())
            try:
                count = self._socket.recv_into(buffer)
            except TimeoutError:
                continue
            self._exchange.took(count)
            return count

    def close(self) -> None:
        if not self.closed:
            self._hold.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, exchange: _Exchange, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Wire(sock, exchange), *args, **kwargs)  # type: ignore[arg-type]


class _WatchedConnection(HTTPConnection):
    """Stands before one of urllib3's own connections, of whatever scheme and proxy."""

    exchange: _Exchange
    _connected = False

    def connect(self) -> None:
        self._connected = False
        super().connect()
        self._connected = True

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        # Else this is a proxy being asked for a tunnel.
        if self._connected:
            self.exchange.wait()
            self.exchange.sent = True
        super().send(data)


class _Adapter(HTTPAdapter):
    """Sends to one server only, in one way: what follows from both is worked out once."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        self._pool: Any = None
        self._verified: Any = None
        self._whole_urls: bool | None = None
        super().__init__(pool_connections=1, pool_maxsize=1)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool of the server, or of the proxy on the way to it."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Once for the pool."""
        if self._verified is not conn:
            super().cert_verify(  # type: ignore[no-untyped-call]
                conn, url, verify, cert
            )
            self._verified = conn

    def close(self) -> None:
        """Close what is open."""
        self._pool = None
        super().close()

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """What stands in the first line: the whole URL only for a proxy without a tunnel."""
        if self._whole_urls is None:
            self._whole_urls = super().request_url(request, proxies) != request.path_url
        return super().request_url(request, proxies) if self._whole_urls else request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Without cookies: an API has no use for them."""
        del req
        response = requests.Response()
        response.status_code, response.headers, response.raw = resp.status, resp.headers, resp
        return response

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _watch(self.poolmanager, self._exchange)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            _watch(manager, self._exchange)
        return manager


def _watch(manager: urllib3.PoolManager, exchange: _Exchange) -> None:
    """Let all connections of a manager, be it for a proxy, tell what they do."""
    manager.pool_classes_by_scheme = {
        scheme: _watched(pool, exchange) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _watched(pool: type[Any], exchange: _Exchange) -> type[Any]:
    members = {"exchange": exchange, "response_class": staticmethod(partial(_Response, exchange))}
    connection = type(
        f"Watched{pool.ConnectionCls.__name__}", (_WatchedConnection, pool.ConnectionCls), members
    )
    return type(f"Watched{pool.__name__}", (pool,), {"ConnectionCls": connection})


def _read(response: requests.Response) -> bytes | None:
    """Read a body as it came in; None where it is none that anybody asked for."""
    if response.status_code < 200:
        return None  # `http.client` takes any 1xx but 100 for the answer, which is still to come
    chunks = []
    while chunk := response.raw.read(_CHUNK, decode_content=False):
        chunks.append(chunk)
        if response.raw.length_remaining == 0:
            break
    return b"".join(chunks)


def _unpacked(packed: bytes, encoding: str) -> bytes | None:
    """Unpack a body; None where it is packed in another way than was asked for, not to its end, or too large."""
    if not packed or encoding.strip().lower() in ("", "identity"):
        return packed
    if encoding.strip().lower() != "gzip":
        return None
    unpacker = zlib.decompressobj(_GZIP)
    try:
        body = unpacker.decompress(packed, LARGEST)
    except zlib.error:
        return None
    return body if unpacker.eof and not unpacker.unused_data else None


def _causes(error: BaseException) -> list[BaseException]:
    """List the errors that an error of `requests` wraps: as arguments, as reasons, as causes.

    Not its context, which may be an error that the caller was handling: another request's.
    """
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [*each.args, getattr(each, "reason", None), each.__cause__]
    return found
