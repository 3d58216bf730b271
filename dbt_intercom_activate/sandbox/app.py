"""The sandbox as an ASGI application: from a request to an answer of the endpoints, with Intercom's headers.

The order is Intercom's as far as it shows: a bad token is refused before anything is counted, so without rate
limit headers; everything else counts.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import Route, Router

from dbt_intercom_activate.sandbox import bulk, control, decoding, errors, request_checks, routes
from dbt_intercom_activate.sandbox.call_log import Bodies, Logged
from dbt_intercom_activate.sandbox.exchange import NEWEST_VERSION, GivenAnswer, ReceivedCall
from dbt_intercom_activate.sandbox.page import files, live, shelves

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from dbt_intercom_activate.sandbox.browsers import Access
    from dbt_intercom_activate.sandbox.exchange import Endpoint
    from dbt_intercom_activate.sandbox.faults import Fault
    from dbt_intercom_activate.sandbox.state import SandboxState

BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class Handled:
    """An answer with all its headers, or None as its status where the connection is to be dropped."""

    status: int | None
    headers: Mapping[str, str]
    content: bytes = b""
    content_type: str = "application/json; charset=utf-8"


class SandboxApp:
    """The ASGI application.

    Args:
        state: the workspace.
        drop: closes the connection of a request, given its scope.
        access: who may call; asked at each request, as the port is known only when it listens.
        stopping: whether the server is about to end, so that no stream keeps it.
    """

    def __init__(
        self,
        state: SandboxState,
        *,
        drop: Callable[[Scope], None],
        access: Callable[[], Access],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._state = state
        self._drop = drop
        self._access = access
        self._stopping = stopping
        self._router = Router(self._routes(), redirect_slashes=False, default=self._unknown)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI asks."""
        await self._router(scope, receive, send)

    def _routes(self) -> list[Route]:
        operations: defaultdict[str, dict[str, Endpoint]] = defaultdict(dict)
        for endpoint in (*routes.ENDPOINTS, *control.ENDPOINTS, *shelves.ENDPOINTS):
            operations[endpoint.template][endpoint.method] = endpoint
        return [
            Route("/_sandbox/live", _Plain(self._watched)),
            Route("/_sandbox/", _Plain(self._shown)),
            Route("/_sandbox/page/{name}", _Plain(self._shown)),
            *(Route(template, _Path(self, by_method)) for template, by_method in operations.items()),
        ]

    async def _unknown(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.serve(None, scope, receive, send)

    async def serve(self, endpoint: Endpoint | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; without an endpoint, as Intercom answers an unknown path."""
        request = Request(scope, receive)
        raw = await request.body()
        outcome = await self._outcome(endpoint, request, raw)
        if outcome.status is None:
            self._drop(scope)
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await _send(send, outcome)

    async def _shown(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI calls
        """Give a file of the page; it holds nothing of the workspace, so no header is asked for."""
        try:
            self._access().check_page(Request(scope).headers)
            file = files.file_at(scope["method"], scope["path"].removeprefix(control.PREFIX))
        except errors.IntercomError as refusal:
            await _send(send, _handled(_refused(refusal, str(uuid.uuid4())), {}))
        else:
            await _send(send, Handled(200, files.HEADERS, file.content, file.content_type))

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell what changes, for as long as anybody listens."""
        headers = Request(scope).headers
        try:
            self._access().check(headers)
            self._access().check_control(headers, self._state.token)
        except errors.IntercomError as refusal:
            await _send(send, _handled(_refused(refusal, str(uuid.uuid4())), {}))
        else:
            await live.tell(self._state, receive, send, self._stopping)

    async def _outcome(self, endpoint: Endpoint | None, request: Request, raw: bytes) -> Handled:
        access, controls = self._access(), request.scope["path"].startswith(control.PREFIX)
        try:
            request_checks.check_size(
                request.scope["raw_path"] + request.scope["query_string"], request.headers.raw
            )
            access.check(request.headers)
            if controls:
                access.check_control(request.headers, self._state.token)
        except errors.IntercomError as refusal:
            return _handled(_refused(refusal, str(uuid.uuid4())), {})
        if request.scope["path"] == "/" and files.wants_a_page(request):
            return Handled(303, {"Location": control.PREFIX})
        if controls:
            return self._controlled(endpoint, request, raw)
        return await self._answered(endpoint, request, raw)

    def _controlled(self, endpoint: Endpoint | None, request: Request, raw: bytes) -> Handled:
        request_id = str(uuid.uuid4())
        answer = _carried_out(self._state, endpoint, request, raw, request_id)
        return _handled(answer, {})

    async def _answered(self, endpoint: Endpoint | None, request: Request, raw: bytes) -> Handled:
        state = self._state
        request_id, path = str(uuid.uuid4()), request.scope["path"]
        version = request.headers.get("intercom-version")
        headers = {
            "X-Request-Id": request_id,
            "Intercom-Version": version or NEWEST_VERSION,
            "Date": formatdate(state.clock(), usegmt=True),
        }
        calls, fault, at, began = state.calls, None, state.clock(), time.perf_counter()
        try:
            self._admit(endpoint, request, headers)
            fault = state.faults.take(request.method, path)
            answer = await self._worked(endpoint, request, raw, request_id, fault)
        except errors.IntercomError as refusal:
            answer = _refused(refusal, request_id)
        dropped = answer is None or (fault is not None and fault.drop_connection)
        handled = Handled(None, {}) if dropped or answer is None else _handled(answer, headers)
        calls.add(
            Logged(
                request.method,
                endpoint.template.replace(":path", "") if endpoint else path,
                handled.status or 0,
                path,
                version,
                query=request.scope["query_string"].decode("latin-1"),
                at=at,
                ms=(time.perf_counter() - began) * 1000,
            ),
            Bodies.of(raw, handled.content),
        )
        return handled

    def _admit(self, endpoint: Endpoint | None, request: Request, headers: dict[str, str]) -> None:
        """Check what comes before the request itself, and add the rate limit's headers."""
        state = self._state
        if state.token_revoked:
            raise errors.token_invalid()
        request_checks.check_token(request.headers.get("authorization"), state.token)
        reading = state.limiter.take(state.clock())
        headers.update(reading.headers())
        if reading.exceeded:
            raise reading.refusal()
        request_checks.check_accept(request.headers.get("accept"))
        request_checks.checked_version(request.headers.get("intercom-version"))
        if endpoint is not None:
            request_checks.check_scopes(endpoint.scopes, state.revoked_scopes)

    async def _worked(
        self, endpoint: Endpoint | None, request: Request, raw: bytes, request_id: str, fault: Fault | None
    ) -> GivenAnswer | None:
        """Do the work, unless a fault takes its place; None where the workspace was reset meanwhile.

        What was on its way to a workspace that is no more must not be done in the next one.
        """
        workspace = self._state.calls  # a reset begins another log
        await _pause(self._state.latency_ms / 1000)
        if fault is not None and not fault.after_commit:
            await _pause(fault.delay_s)
        if self._state.calls is not workspace:
            return None
        if fault is None:
            return _carried_out(self._state, endpoint, request, raw, request_id)
        answer = GivenAnswer(500)
        if not fault.replaces_work:
            answer = _carried_out(self._state, endpoint, request, raw, request_id)
        if fault.after_commit:
            await _pause(fault.delay_s)
        if fault.status is None:
            return answer
        return GivenAnswer(fault.status, fault.answer_body(request_id), fault.headers)


class _Path:
    """One path of the API with the methods it has; Intercom answers 404 to the others, not 405."""

    def __init__(self, app: SandboxApp, by_method: Mapping[str, Endpoint]) -> None:
        self._app = app
        self._by_method = by_method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app.serve(self._by_method.get(scope["method"]), scope, receive, send)


class _Plain:
    """An ASGI application of one function, so that the router passes every method to it."""

    def __init__(self, serve: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._serve = serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send)


def _carried_out(
    state: SandboxState, endpoint: Endpoint | None, request: Request, raw: bytes, request_id: str
) -> GivenAnswer:
    bulk.settle(state)
    try:
        if endpoint is None:
            raise errors.resource_not_found()
        call = ReceivedCall(
            path=request.path_params,
            query=decoding.query(request.scope["query_string"]),
            body=decoding.body(raw),
            version=request_checks.checked_version(request.headers.get("intercom-version")),
        )
        return endpoint.handler(state, call)
    except errors.IntercomError as refusal:
        return _refused(refusal, request_id)


def _refused(refusal: errors.IntercomError, request_id: str) -> GivenAnswer:
    return GivenAnswer(refusal.status, refusal.body(request_id), refusal.headers)


async def _pause(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)


def _handled(answer: GivenAnswer, headers: Mapping[str, str]) -> Handled:
    """An answer as it is sent; of two headers with one name, its own."""
    content = b"" if answer.body is None or answer.status in BODILESS else _encoded(answer.body)
    return Handled(answer.status, {**headers, **answer.headers}, content)


async def _send(send: Send, handled: Handled) -> None:
    lines = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in handled.headers.items()
    ]
    if handled.content:
        lines.append((b"content-type", handled.content_type.encode()))
    lines.append((b"content-length", str(len(handled.content)).encode()))
    await send({"type": "http.response.start", "status": handled.status, "headers": lines})
    await send({"type": "http.response.body", "body": handled.content})


def _encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
