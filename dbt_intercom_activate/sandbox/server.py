"""Run the sandbox: in a thread for tests and `sandbox --run`, or until a signal for the `sandbox` command."""

from __future__ import annotations

import secrets
import signal
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from dbt_intercom_activate.sandbox.app import SandboxApp
from dbt_intercom_activate.sandbox.browsers import Access
from dbt_intercom_activate.sandbox.state import SandboxState

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from starlette.types import Scope
    from typing_extensions import Self

    from dbt_intercom_activate.sandbox.call_log import CallLog
    from dbt_intercom_activate.sandbox.faults import Faults

# Longer than a rate limit's window, so that a client that waits for the next one keeps its connections.
KEEP_ALIVE_SECONDS = 75
# Bytes.
LARGEST_HEAD_READ = 16 * 2**20
START_SECONDS = 10
STOP_SECONDS = 5
USUAL_TOKEN = "sandbox"  # noqa: S105 - a made-up token for a made-up workspace


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the sandbox behaves.

    Attributes:
        token: the one access token that is accepted; None for `sandbox`, or for a random one where other machines
            can reach it (see `browsers`).
        latency_ms: milliseconds that every answer takes longer.
        rate_limit: calls per window of ten seconds; 0 for none, and then no rate limit headers either.
        search_lag: seconds for which search and list do not see a write.
        workspace_id: Intercom's id of the workspace; None for a new one at each start.
    """

    token: str | None = None
    latency_ms: int = 0
    rate_limit: int = 1666
    search_lag: float = 0.0
    workspace_id: str | None = None


DEFAULTS = SandboxOptions()


class Sandbox:
    """A running sandbox, as a context manager.

    Args:
        options: how it behaves.
        host: the address to listen on.
        port: the port to listen on; 0 for a free one.
        clock: the time, in unix seconds, for windows, lag and timestamps.
    """

    def __init__(
        self,
        options: SandboxOptions = DEFAULTS,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.state = SandboxState(
            token=options.token or USUAL_TOKEN,
            rate_limit=options.rate_limit,
            search_lag=options.search_lag,
            latency_ms=options.latency_ms,
            workspace_id=options.workspace_id,
            clock=clock,
        )
        self._token_given = bool(options.token)
        self._host = host
        self._port = port
        self._access = Access(frozenset(), exposed=False)
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        app = SandboxApp(
            self.state,
            drop=self._drop,
            access=lambda: self._access,
            stopping=lambda: self._server.should_exit,
        )
        self._server = _Server(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                log_level="error",
                lifespan="off",
                http="h11",
                # More than `request_checks` takes: it refuses in words, h11 by closing the connection.
                h11_max_incomplete_event_size=LARGEST_HEAD_READ,
                ws="none",
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=1,
            )
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def token(self) -> str:
        """The access token that is accepted, once it is started."""
        return self.state.token

    @property
    def workspace_id(self) -> str:
        """Intercom's id of the workspace (`app.id_code` of `GET /me`)."""
        return self.state.workspace_id

    @property
    def calls(self) -> CallLog:
        """The calls made so far."""
        return self.state.calls

    @property
    def faults(self) -> Faults:
        """The failures that are still to happen."""
        return self.state.faults

    @property
    def base_url(self) -> str:
        """Where it can be reached from this machine; loopback, where it listens on every address."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 - not bound here
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self._port}"

    @property
    def exposed(self) -> bool:
        """Whether other machines can reach it, once it is started."""
        return self._access.exposed

    def start(self) -> None:
        """Listen and answer, in a thread.

        Raises:
            OSError: the address cannot be listened on.
        """
        self._socket = _listening(self._host, self._port)
        address, self._port = self._socket.getsockname()[:2]
        self._access = Access.at(self._host, address, self._port)
        if self.exposed and not self._token_given:
            self.state.token = secrets.token_urlsafe()
        self._thread = threading.Thread(target=self._run, name="intercom-sandbox", daemon=True)
        self._thread.start()
        if not self._server.listening.wait(START_SECONDS):
            raise RuntimeError("The sandbox did not start")

    def stop(self) -> None:
        """Close all connections and end the thread."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
        if self._socket is not None:
            self._socket.close()

    def _run(self) -> None:
        if self._socket is not None:
            self._server.run(sockets=[self._socket])

    def _drop(self, scope: Scope) -> None:
        """Close a request's connection without an answer."""
        for connection in tuple(self._server.server_state.connections):
            client = getattr(connection, "client", None)
            transport = getattr(connection, "transport", None)
            if client == tuple(scope["client"]) and transport is not None:
                transport.close()


def _listening(host: str, port: int) -> socket.socket:
    """A socket to serve on.

    asyncio turns off Nagle's algorithm only where the protocol is named, and with it on, every answer takes
    40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(512)
    except OSError:
        listening.close()
        raise
    return listening


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()


def serve(options: SandboxOptions, host: str, port: int, started: Callable[[Sandbox], None]) -> None:
    """Run the sandbox until SIGINT or SIGTERM; to be called from the main thread.

    Args:
        options: how it behaves.
        host: the address to listen on.
        port: the port to listen on.
        started: called once, when it listens.

    Raises:
        OSError: the address cannot be listened on.
    """
    stop = threading.Event()
    handled = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(number, lambda *_: stop.set()) for number in handled]
    try:
        with Sandbox(options, host=host, port=port) as sandbox:
            started(sandbox)
            stop.wait()
    finally:
        for number, handler in zip(handled, previous, strict=True):
            signal.signal(number, handler)
