"""The conversation with Intercom: paces, sends, retries, and gives up in words.

What an answer means, and whether it is Intercom's, stands in `api`; when a call may go stands in `pacing`; how bytes
go and come in `connections`.
"""

from __future__ import annotations

import json
import logging
import random
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

from dbt_intercom_activate import __version__
from dbt_intercom_activate.clock import seconds_awake_or_asleep
from dbt_intercom_activate.errors import (
    ActivateError,
    AnswerLost,
    IntercomDown,
    Interrupted,
    Message,
    RequestFailed,
    Stopped,
    Unreachable,
)
from dbt_intercom_activate.intercom.account import whoami
from dbt_intercom_activate.intercom.api import (
    RateLimit,
    is_intercoms,
    is_refusal,
    is_throttled,
    is_unsettled,
    lowered,
    raise_if_fatal,
    read_answer,
    server_date,
    should_retry,
)
from dbt_intercom_activate.intercom.connections import GRACE, BearerToken, Connection, Missed, Patience
from dbt_intercom_activate.intercom.hosts import is_loopback
from dbt_intercom_activate.intercom.pacing import Observation
from dbt_intercom_activate.intercom.passing import passes_by_itself
from dbt_intercom_activate.intercom.repeating import ATTEMPTS_HERE, in_words, most_attempts
from dbt_intercom_activate.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from requests.auth import AuthBase

    from dbt_intercom_activate.intercom.api import Answer, Request
    from dbt_intercom_activate.intercom.connections import Reply
    from dbt_intercom_activate.intercom.pacing import Pace, PacedCall, Pacer

T = TypeVar("T")

_as_json = json.JSONEncoder(allow_nan=False).encode

TIMEOUT = 30.0
"""Seconds for one whole answer, from before its connection came about."""

_log = logging.getLogger("dbt_intercom_activate.intercom")


class Exchanges(Protocol):
    """What carries one exchange after the other: `Connection`, or a stand-in for it."""

    def exchange(self, method: str, target: str, body: bytes | None) -> Reply | Missed:
        """Send a request and read its answer; no error leaves this."""

    def close(self) -> None:
        """Close what is open; what comes back after that is nobody's answer."""


class Sender(Protocol):
    """What carries requests to Intercom: `IntercomClient`, or a stand-in for it."""

    def send(self, request: Request) -> Answer:
        """Send one request; errors as `IntercomClient.send`."""


def converse(
    client: Sender,
    conversation: Generator[Request, Answer, T],
    before_unrepeatable: Callable[[], None] | None = None,
    after_undone: Callable[[], None] | None = None,
) -> T:
    """Send each request that a generator yields and hand it the answer; give what it returns.

    `RequestFailed` is raised inside of the generator, which may go on from there.
    Other errors concern more than this conversation, and end it.

    Args:
        client: Sends.
        conversation: What is said.
        before_unrepeatable: Called before a request that Intercom could not recognise if it were repeated.
        after_undone: Called where such a request came to nothing, and was not carried out for certain.
    """
    try:
        request = next(conversation)
        while True:
            if before_unrepeatable is not None and not request.repeatable:
                before_unrepeatable()
            request = _next_request(client, conversation, request, after_undone)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        conversation.close()


def _next_request(
    client: Sender,
    conversation: Generator[Request, Answer, object],
    request: Request,
    after_undone: Callable[[], None] | None,
) -> Request:
    try:
        answer = client.send(request)
    except ActivateError as failure:
        if after_undone is not None and not request.repeatable and not failure.perhaps_done:
            after_undone()
        if isinstance(failure, RequestFailed):
            return conversation.throw(failure)
        raise
    return conversation.send(answer)


@dataclass(slots=True)
class _Trail:
    """What became of one request so far."""

    begun: float
    """Local clock before the pace let its first attempt go."""
    attempted: float = 0.0
    """Local clock before the first attempt that may have been carried out."""
    failures: int = 0
    """Attempts that came to nothing, refusals for the rate limit aside."""
    perhaps_done: bool = False
    """Whether one of these may have been carried out."""


class IntercomClient:
    """Sends requests to one workspace; safe to share among threads."""

    def __init__(
        self,
        base_url: str,
        token: str | Secret | None,
        api_version: str,
        *,
        pacer: Pacer,
        timeout: float = TIMEOUT,
        grace: float = GRACE,
        clock: Callable[[], float] = seconds_awake_or_asleep,
        sleep: Callable[[float], object] | None = None,
        jitter: Callable[[], float] = random.random,
        user_agent: str = f"dbt-intercom-activate/{__version__}",
        connect: Callable[[str, Mapping[str, str], AuthBase, Patience], Exchanges] = Connection,
    ) -> None:
        """Prepare, without calling.

        Args:
            base_url: Such as `https://api.intercom.io`.
            token: The access token; None to ask for one.
            api_version: Such as `2.16`.
            pacer: Shared by all that call this workspace.
            timeout: Seconds for one whole answer.
            grace: Seconds that `stop` leaves for the answers under way.
            clock: Seconds from any point in time, never going back, that go on while the machine is suspended.
            sleep: Waits between attempts; by default a wait that `stop` ends.
            jitter: A number from 0 to 1, by chance.
            user_agent: The header of that name.
            connect: Prepares a connection; the arguments are those of `Connection`.

        Raises:
            TokenRefused: The token is empty or holds what no header can.
        """
        self._base_url = base_url.rstrip("/")
        self._auth = BearerToken(token)
        self._headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Intercom-Version": api_version,
            "User-Agent": user_agent,
        }
        self._pacer, self._patience = pacer, Patience(timeout, grace)
        self._clock, self._jitter = clock, jitter
        self._stopped = threading.Event()
        self._sleep = sleep or self._stopped.wait
        self._lock = threading.Lock()
        self._connect = connect
        self._idle: list[Exchanges] = []
        self._calls = 0
        self._pausing: list[float] = []
        self._heard_at = float("-inf")
        self._lost_at = float("-inf")
        self._rate_limit: RateLimit | None = None
        _silence_urllib3()

    @property
    def calls(self) -> int:
        """HTTP requests sent so far, those without an answer included."""
        return self._calls

    @property
    def pace(self) -> Pace:
        """How full Intercom's window is, and what is waited for."""
        return replace(self._pacer.pace(), retrying=len(self._pausing))

    def workers(self) -> int:
        """How many calls at once use up Intercom's windows, at the latency that was seen so far."""
        return self._pacer.workers()

    @property
    def rate_limit(self) -> RateLimit | None:
        """The limit that the newest answer told; None where none did."""
        return self._rate_limit

    @property
    def server_time(self) -> int | None:
        """Unix seconds that Intercom's clock has passed for certain, as its answers tell; None while none has."""
        return self._pacer.server_time()

    def stop(self) -> None:
        """Make `send` raise `Interrupted`, in threads that wait as well as from now on.

        What is under way may end well for a few seconds more, whatever the other side does.
        """
        self._stopped.set()
        self._patience.end()
        self._pacer.stop()

    def close(self) -> None:
        """Close the connections that no thread is using."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def send(self, request: Request) -> Answer:
        """Send a request until Intercom answers it, with success or with a refusal.

        Raises:
            AnswerLost: It may have been carried out, and is not `repeatable`.
            Unreachable: No usable answer after all attempts; sending it again later is safe.
            IntercomDown: The same, and Intercom does not answer other requests either.
            Interrupted: `stop` was called.
            TokenRefused: See `api.raise_if_fatal`, also for MissingScope, PlanRestricted, VersionRefused.
        """
        trail = _Trail(begun=self._clock())
        try:
            if not request.repeatable:
                self._make_sure_of_intercom()
                trail.begun = self._clock()
            return self._settled(request, trail)
        except ActivateError as error:
            # What the question before it came to is none of this request.
            error.perhaps_done = trail.perhaps_done
            if isinstance(error, (RequestFailed, Stopped)):
                known = trail.perhaps_done
                error.attempted_at = self._pacer.server_time(trail.attempted) if known else None
            raise

    def _settled(self, request: Request, trail: _Trail) -> Answer:
        """Send until there is an answer, or no hope of one."""
        while True:
            outcome = self._attempt(request, trail)
            if not isinstance(outcome, Missed):
                if is_throttled(outcome):
                    continue
                if not is_unsettled(outcome):
                    raise_if_fatal(outcome, request)
                    if not passes_by_itself(outcome, request):
                        return outcome
            self._failed(request, trail, outcome)

    def _failed(self, request: Request, trail: _Trail, outcome: Answer | Missed) -> None:
        """Wait before the next attempt, or raise when there is to be none."""
        trail.failures += 1
        if isinstance(outcome, Missed):
            done = outcome in (Missed.LOST, Missed.FOREIGN)
            again = not done or request.repeatable
        else:
            done = is_unsettled(outcome)
            again = not done or should_retry(outcome, request)
        trail.perhaps_done |= done
        if not again:
            self._lost_at = self._clock()
            raise AnswerLost(
                Message(
                    "answer-lost",
                    f"{request.endpoint}: Intercom may have carried it out, and could not recognise a second attempt: "
                    f"{in_words(outcome)}",
                )
            )
        if outcome is Missed.UNSENT and trail.failures >= ATTEMPTS_HERE and self._nobody_started_it(request):
            raise IntercomDown(
                Message(
                    "no-sandbox",
                    f"nothing answers at {self._base_url}, which is this machine: start "
                    "`dbt-intercom-activate sandbox`, or choose another workspace",
                )
            )
        if trail.failures >= most_attempts(outcome):
            raise self._exhausted(request, trail, outcome)
        self._pause(0.5 * 2 ** (trail.failures - 1) * (0.5 + self._jitter()))

    def _nobody_started_it(self, request: Request) -> bool:
        """Whether the first question of all finds nothing on this machine, where no network is in between."""
        first = request.endpoint == whoami().endpoint and self._heard_at == float("-inf")
        return first and is_loopback(urlsplit(self._base_url).hostname or "")

    def _exhausted(self, request: Request, trail: _Trail, last: Answer | Missed) -> Exception:
        tried = f"{request.endpoint}: {in_words(last)}, in {trail.failures} attempts."
        if self._heard_at >= trail.begun or self._is_there():
            return Unreachable(
                Message(
                    "request-unanswered",
                    f"{tried} Other requests are answered: the next run tries this one again.",
                )
            )
        advice = "Check the network, and https://www.intercomstatus.com."
        if last is Missed.UNTRUSTED:
            advice = "Check the base URL, and the certificates that REQUESTS_CA_BUNDLE names."
        if last is Missed.FOREIGN:
            advice = "Check the base URL, and what stands between this machine and Intercom, such as a proxy."
        return IntercomDown(Message("intercom-down", f"{tried} Nothing else is answered either. {advice}"))

    def _is_there(self) -> bool:
        """Ask something harmless, so that one record that breaks the server is not taken for an outage."""
        outcome = self._attempt(whoami(), _Trail(begun=self._clock()))
        return not isinstance(outcome, Missed) and not is_unsettled(outcome)

    def _make_sure_of_intercom(self) -> None:
        """Lose no second answer to an outage: after one that could not be repeated, ask first.

        Raises:
            IntercomDown: The request was not sent.
        """
        if self._lost_at > self._heard_at:
            with suppress(Unreachable):
                self.send(whoami())

    def _attempt(self, request: Request, trail: _Trail) -> Answer | Missed:
        """Send once, when the pace allows."""
        self._raise_if_stopped()
        with self._pacer.call() as call:
            begun = self._clock()
            if not trail.perhaps_done:
                trail.attempted = begun
            outcome = self._exchange(request, trail, call)
        if _log.isEnabledFor(logging.DEBUG):
            self._log_call(request, outcome, self._clock() - begun)
        if not isinstance(outcome, Missed) and not is_unsettled(outcome):
            self._heard_at = self._clock()
        return outcome

    @staticmethod
    def _log_call(request: Request, outcome: Answer | Missed, seconds: float) -> None:
        fields = {"endpoint": request.endpoint, "elapsed": round(seconds, 3)}
        if isinstance(outcome, Missed):
            _log.debug("intercom.missed", extra={**fields, "reason": outcome.value})
        else:
            _log.debug("intercom.answered", extra={**fields, "status": outcome.status})

    def _exchange(self, request: Request, trail: _Trail, call: PacedCall) -> Answer | Missed:
        """Do the HTTP. A connection goes on living only with an answer that is believed."""
        body = None if request.body is None else _as_json(request.body).encode()
        connection, believed = self._connection(), False
        try:
            reply = connection.exchange(request.method, request.target, body)
            if reply in (Missed.UNSENT, Missed.UNTRUSTED):
                call.unsent()
            else:
                self._count()
            if isinstance(reply, Missed):
                return reply
            answer, believed = self._judged(request, trail, call, reply)
            return answer
        finally:
            self._put_back(connection, alive=believed)

    def _judged(
        self, request: Request, trail: _Trail, call: PacedCall, reply: Reply
    ) -> tuple[Answer | Missed, bool]:
        """Read a reply, and tell whether it is Intercom's.

        That somebody throttles or fails is believed of anybody: it only means to send again.
        """
        headers = lowered(reply.headers)
        rate_limit, date = RateLimit.from_headers(headers), server_date(headers)
        answer = read_answer(
            reply.status,
            headers,
            reply.body,
            elapsed=self._clock() - trail.attempted,
            server_time=self._pacer.server_time() if date is None else None,
            repeated=trail.perhaps_done,
        )
        passing = is_throttled(answer) or is_unsettled(answer)
        believed = is_refusal(answer) if passing else is_intercoms(answer, request)
        if not believed and not passing:
            return Missed.FOREIGN, False
        self._rate_limit = rate_limit or self._rate_limit
        call.answered(Observation(answer.status, answer.code, rate_limit, date))
        return answer, believed

    def _connection(self) -> Exchanges:
        """Take a connection for one thread alone."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._connect(self._base_url, self._headers, self._auth, self._patience)

    def _put_back(self, connection: Exchanges, *, alive: bool) -> None:
        if not alive:
            connection.close()
            return
        with self._lock:
            self._idle.append(connection)

    def _count(self) -> None:
        with self._lock:
            self._calls += 1

    def _pause(self, seconds: float) -> None:
        self._pausing.append(seconds)
        try:
            self._sleep(seconds)
        finally:
            self._pausing.pop()
        self._raise_if_stopped()

    def _raise_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise Interrupted(
                Message("interrupted", "The run was interrupted; what was delivered is accounted for.")
            )


def _silence_urllib3() -> None:
    """Keep ids out of logs: at DEBUG, urllib3 logs the path of every request."""
    for name in ("urllib3", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.WARNING)
