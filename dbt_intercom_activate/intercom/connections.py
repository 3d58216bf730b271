"""One connection to Intercom: an answer ends in time and in size, or it is none.

The limits stand below `requests`, where bytes come in, since neither it nor urllib3 has any of them: an answer may
drip for ever, never end, or unpack to gigabytes, and Python takes `103 Early Hints` for the answer itself.
"""

from __future__ import annotations

import http.client
import io
import math
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
        self._base_url, self._auth, self._patience = base_url, auth, patience
        self._exchange = _Exchange(patience)
        self._proxies: dict[str, Any] = (
            _NOT_THROUGH_PROXIES if is_loopback(urlsplit(base_url).hostname or "") else {}
        )
        self._session = _Session()
        # What is unpacked here, under a limit.
        self._session.headers.update({**headers, "Accept-Encoding": "gzip"})
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter(self._exchange))

    def close(self) -> None:
        """Close what is open."""
        self._session.close()

    def exchange(self, method: str, target: str, body: bytes | None) -> Reply | Missed:
        """Send a request and read its answer.

        No error of `requests` leaves this: their texts and tracebacks show URLs with ids.
        """
        self._exchange.begin()
        patience = self._patience.seconds_left(math.inf)
        connect_timeout = max(0.01, min(CONNECT_TIMEOUT, self._patience.timeout, patience))
        try:
            response = self._session.request(
                method,
                self._base_url + target,
                data=body,
                auth=self._auth,
                timeout=(connect_timeout, self._patience.timeout),
                allow_redirects=False,
                stream=True,
                proxies=dict(self._proxies),  # which `requests` writes into
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
    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _watch(self.poolmanager, self._exchange)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            _watch(manager, self._exchange)
        return manager


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: `requests` would read the whole body of a redirect, though it may not follow it."""
        del resp


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
