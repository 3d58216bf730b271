"""The client over real HTTP, against a server that answers as each test says. Waiting is pretended."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time as time_of_day
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from dbt_intercom_activate.errors import (
    AnswerLost,
    IntercomDown,
    Interrupted,
    MissingScope,
    RequestFailed,
    TokenRefused,
    Unreachable,
)
from dbt_intercom_activate.intercom.api import Request, read_answer
from dbt_intercom_activate.intercom.client import IntercomClient, converse
from dbt_intercom_activate.intercom.pacing import Pacer
from dbt_intercom_activate.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from dbt_intercom_activate.intercom.api import Answer

TOKEN = "dG9rOmVuLW9mLXRoZS10ZXN0"
UPDATE = Request.to("PUT", "/contacts/{contact_id}", "ada@example.com", body={"name": "Ada"})
LEAD = Request.to("POST", "/contacts", body={"role": "lead", "email": "ada@example.com"}, repeatable=False)
COMPANY = Request.to("POST", "/companies", body={"company_id": "c1"})
ME = Request.to("GET", "/me")


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


OK = Reply(200, {"type": "contact", "id": "a1"})
MYSELF = Reply(200, {"type": "admin", "id": "1", "app": {"type": "app", "id_code": "abc123"}})
DROPPED = Reply(0)
"""The server reads the request and closes the connection."""


@dataclass
class Intercom:
    """Gives the replies of its script one after the other, the last of them for ever."""

    script: list[Reply] = field(default_factory=lambda: [OK])
    me: list[Reply] = field(default_factory=lambda: [MYSELF])
    """The same for `GET /me`."""
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, line: str, headers: dict[str, str], body: bytes) -> Reply:
        with self.lock:
            self.seen.append((line, headers, body))
            script = self.me if line == "GET /me" else self.script
            return script.pop(0) if len(script) > 1 else script[0]

    @property
    def lines(self) -> list[str]:
        return [line for line, _, _ in self.seen]


@contextmanager
def serving(intercom: Intercom) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet, or each call takes 40 ms

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = intercom.reply(f"{self.command} {self.path}", dict(self.headers), body)
            if reply is DROPPED:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response_only(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    intercom.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def intercom() -> Iterator[Intercom]:
    it = Intercom()
    with serving(it):
        yield it


class VirtualTime(threading.Condition):
    """One clock for the client and its pacer, which moves on when somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def wait(self, timeout: float | None = None) -> bool:
        self.sleep(timeout or 0)
        return True


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


def connect(url: str, time: VirtualTime, **options: object) -> IntercomClient:
    return IntercomClient(
        url,
        TOKEN,
        "2.16",
        pacer=Pacer(clock=time, waiting=time),
        clock=time,
        sleep=time.sleep,
        jitter=lambda: 0.5,
        timeout=2,
        **options,
    )


@pytest.fixture
def client(intercom: Intercom, time: VirtualTime) -> Iterator[IntercomClient]:
    it = connect(intercom.url, time)
    yield it
    it.close()


@pytest.fixture
def nowhere() -> str:
    """A port where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def refused(code: str, message: str = "") -> dict[str, object]:
    return {"type": "error.list", "request_id": "r1", "errors": [{"code": code, "message": message}]}


class TestWhatIsSent:
    def test_headers_and_body(self, intercom: Intercom, client: IntercomClient) -> None:
        client.send(UPDATE)
        [(line, headers, body)] = intercom.seen

        assert line == "PUT /contacts/ada%40example.com"
        assert headers["Authorization"] == f"Bearer {TOKEN}"
        assert headers["Intercom-Version"] == "2.16"
        assert headers["Accept"] == headers["Content-Type"] == "application/json"
        assert headers["User-Agent"].startswith("dbt-intercom-activate/")
        assert json.loads(body) == {"name": "Ada"}

    def test_the_token_of_a_netrc_file_is_not_used(self, intercom, client, tmp_path, monkeypatch) -> None:
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password lovelace\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        client.send(ME)

        assert intercom.seen[0][1]["Authorization"] == f"Bearer {TOKEN}"

    @pytest.mark.parametrize("contact_id", ["a/b", "..", ".", "", "🦆", "%2e%2e", "a?b#c", "search"])
    def test_a_hostile_id_stays_one_segment(self, contact_id, intercom, client) -> None:
        client.send(Request.to("POST", "/contacts/{contact_id}/archive", contact_id))

        assert intercom.lines[0].count("/") == 3
        assert intercom.lines[0].endswith("/archive")

    def test_a_query(self, intercom: Intercom, client: IntercomClient) -> None:
        client.send(Request("GET", "/companies", query=(("company_id", "a&b c"),)))

        assert intercom.lines == ["GET /companies?company_id=a%26b+c"]

    def test_redirects_are_not_followed(self, intercom: Intercom, client: IntercomClient) -> None:
        intercom.script = [Reply(302, headers={"Location": intercom.url + "/me"})]

        with pytest.raises(Unreachable, match="somebody else's"):
            client.send(UPDATE)

        assert set(intercom.lines) == {"PUT /contacts/ada%40example.com", "GET /me"}
        assert intercom.lines.count("GET /me") == 1

    def test_a_refusal_of_one_record_is_an_answer(self, intercom: Intercom, client: IntercomClient) -> None:
        intercom.script = [Reply(404, refused("not_found", "User Not Found"))]

        assert client.send(UPDATE).code == "not_found"


class TestRetries:
    @pytest.mark.parametrize(
        ("script", "waits"),
        [
            pytest.param([Reply(500), OK], [0.5], id="500 once"),
            pytest.param([Reply(503), Reply(502), Reply(504), Reply(408), OK], [0.5, 1, 2, 4], id="gateways"),
            pytest.param([DROPPED, DROPPED, OK], [0.5, 1], id="a connection that breaks"),
        ],
    )
    def test_until_it_is_answered(self, script, waits, intercom, client, time) -> None:
        calls = len(script)
        intercom.script = script
        answer = client.send(UPDATE)

        assert answer.ok
        assert answer.repeated
        assert client.calls == calls
        assert time.slept == waits

    @pytest.mark.parametrize(
        ("reply", "calls"),
        [(Reply(500), 2), (Reply(503), 5), (DROPPED, 5)],
        ids=["500 is retried once", "503 more often", "a lost answer more often"],
    )
    def test_in_the_end_the_record_is_given_up(self, reply, calls, intercom, client) -> None:
        intercom.script = [reply]
        with pytest.raises(Unreachable, match=rf"^PUT /contacts/\{{contact_id\}}: .* {calls} attempts"):
            client.send(UPDATE)

        assert client.calls == calls + 1
        assert intercom.lines[-1] == "GET /me"

    @pytest.mark.parametrize("request_", [COMPANY, LEAD], ids=["a company", "a lead"])
    def test_what_is_refused_for_the_moment_is_sent_again(self, request_, intercom, client, time) -> None:
        intercom.script = [Reply(400, refused("unique_company_constraint")), OK]

        answer = client.send(request_)

        assert (answer.ok, answer.repeated, client.calls, time.slept) == (True, False, 2, [0.5])

    def test_what_is_refused_in_the_end_waits_for_another_run(self, intercom, client) -> None:
        intercom.script = [Reply(404, refused("company_not_found"))]
        with pytest.raises(Unreachable, match=r"HTTP 404 from Intercom \(company_not_found\), in 3 attempts"):
            client.send(COMPANY)

        assert client.calls == 3

    def test_what_another_thread_heard_meanwhile_shows_that_intercom_is_there(self, intercom, client) -> None:
        intercom.script = [Reply(500)]
        sleep, client._sleep = client._sleep, lambda seconds: (sleep(seconds), client.send(ME))
        with pytest.raises(Unreachable):
            client.send(UPDATE)

        assert intercom.lines.count("GET /me") == 1

    def test_when_nothing_is_answered_intercom_is_down(self, intercom: Intercom, client) -> None:
        intercom.script = intercom.me = [Reply(503)]
        with pytest.raises(IntercomDown, match="HTTP 503"):
            client.send(UPDATE)

    def test_a_page_of_a_proxy_is_retried(self, intercom: Intercom, client: IntercomClient) -> None:
        intercom.script = [Reply(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}), OK]

        assert client.send(UPDATE).ok

    def test_a_first_attempt_is_no_repetition(self, client: IntercomClient) -> None:
        assert not client.send(UPDATE).repeated

    def test_the_first_attempt_dates_the_answer(self, intercom: Intercom, client: IntercomClient) -> None:
        date = {"Date": "Sun, 22 Nov 2026 20:09:40 GMT"}
        intercom.script = [Reply(503), Reply(503), Reply(200, {}, date)]

        assert 1_795_378_180 - 3 <= client.send(UPDATE).attempted_at <= 1_795_378_180 - 1


class TestUnrepeatable:
    @pytest.mark.parametrize("reply", [Reply(500), Reply(503), Reply(408), DROPPED], ids=str)
    def test_it_is_never_sent_twice_when_the_answer_is_lost(self, reply, intercom, client) -> None:
        intercom.script = [reply]
        with pytest.raises(AnswerLost, match=r"^POST /contacts: "):
            client.send(LEAD)

        assert intercom.lines == ["POST /contacts"]

    def test_it_is_sent_again_when_intercom_declined_to_look(self, intercom, client) -> None:
        intercom.script = [Reply(429, refused("rate_limit_exceeded")), OK]

        assert client.send(LEAD).ok

    def test_it_is_sent_again_when_no_connection_came_about(self, nowhere, time) -> None:
        client = connect(nowhere, time)
        with pytest.raises(IntercomDown):
            client.send(LEAD)

        assert client.calls == 0
        assert time.slept == [0.5, 1, 2, 4]

    def test_a_second_one_is_not_risked_while_intercom_is_down(self, intercom, client) -> None:
        intercom.script = intercom.me = [DROPPED]
        with pytest.raises(AnswerLost):
            client.send(LEAD)
        with pytest.raises(IntercomDown):
            client.send(LEAD)

        assert intercom.lines.count("POST /contacts") == 1

    def test_a_second_one_goes_when_intercom_is_back(self, intercom, client) -> None:
        intercom.script = [DROPPED, OK]
        with pytest.raises(AnswerLost):
            client.send(LEAD)

        assert client.send(LEAD).ok
        assert intercom.lines == ["POST /contacts", "GET /me", "POST /contacts"]


class TestPace:
    def test_a_429_waits_for_the_window_and_loses_nothing(self, intercom, client, time) -> None:
        limits = {"X-RateLimit-Limit": "83", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795378192"}
        date = {"Date": "Sun, 22 Nov 2026 20:09:40 GMT"}
        intercom.script = [Reply(429, refused("rate_limit_exceeded"), limits | date), OK]

        assert client.send(UPDATE).ok
        assert sum(time.slept) == pytest.approx(12, abs=1.2)

    def test_a_429_of_a_proxy_only_means_later(self, intercom, client) -> None:
        intercom.script = [Reply(429, b"<html></html>", {"Content-Type": "text/html"}), OK]

        assert client.send(LEAD).ok

    def test_a_429_is_no_failed_attempt(self, intercom, client) -> None:
        intercom.script = [Reply(429, refused("too_many_requests"))] * 30 + [OK]
        answer = client.send(UPDATE)

        assert answer.ok
        assert not answer.repeated
        assert client.calls == 31

    def test_many_threads(self, intercom) -> None:
        client = IntercomClient(intercom.url, TOKEN, "2.16", pacer=Pacer())
        answers: list[Answer] = []
        threads = [
            threading.Thread(target=lambda: answers.extend(client.send(UPDATE) for _ in range(5)))
            for _ in range(10)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=10)
        client.close()

        assert [answer.ok for answer in answers] == [True] * 50
        assert client.calls == len(intercom.seen) == 50


class TestStop:
    def test_nothing_is_sent_after_it(self, intercom: Intercom, client: IntercomClient) -> None:
        client.stop()
        with pytest.raises(Interrupted):
            client.send(UPDATE)

        assert intercom.seen == []

    @pytest.mark.parametrize("reply", [Reply(503), Reply(429)], ids=["between attempts", "for the pace"])
    def test_it_wakes_a_thread_that_waits(self, reply: Reply, intercom: Intercom) -> None:
        intercom.script = intercom.me = [reply]
        client = IntercomClient(intercom.url, TOKEN, "2.16", pacer=Pacer(), jitter=lambda: 1000.0)
        ended = []

        def work() -> None:
            with pytest.raises(Interrupted):
                client.send(UPDATE)
            ended.append(True)

        thread = threading.Thread(target=work)
        thread.start()
        while not intercom.seen:
            thread.join(timeout=0.01)
        client.stop()
        thread.join(timeout=5)

        assert ended == [True]


class TestWhatIsKeptSecret:
    @pytest.mark.parametrize(
        ("script", "error"),
        [
            pytest.param([DROPPED], IntercomDown, id="a lost answer"),
            pytest.param(
                [Reply(401, refused("unauthorized", f"{TOKEN} ada@example.com"))], TokenRefused, id="401"
            ),
            pytest.param(
                [Reply(403, refused("forbidden", "required scope ada@example.com"))], MissingScope, id="403"
            ),
        ],
    )
    def test_errors_and_logs_show_no_record_and_no_token(
        self, script, error, intercom, client, caplog
    ) -> None:
        caplog.set_level(logging.DEBUG)
        intercom.script = intercom.me = script
        with pytest.raises(error) as raised:
            client.send(UPDATE)
        shown = "".join(traceback.format_exception(raised.value)) + caplog.text
        shown += "".join(str(vars(record)) for record in caplog.records)

        assert "example.com" not in shown
        assert TOKEN not in shown
        assert raised.value.__context__ is None

    def test_no_connection(self, nowhere: str, time: VirtualTime, caplog) -> None:
        caplog.set_level(logging.DEBUG)
        with pytest.raises(IntercomDown) as raised:
            connect(nowhere, time).send(UPDATE)

        assert "example.com" not in "".join(traceback.format_exception(raised.value)) + caplog.text
        assert raised.value.__context__ is None

    def test_logs_say_what_happened(self, intercom: Intercom, client: IntercomClient, caplog) -> None:
        caplog.set_level(logging.DEBUG, "dbt_intercom_activate.intercom")
        intercom.script = [DROPPED, OK]
        client.send(UPDATE)
        told = [(record.message, record.endpoint) for record in caplog.records]

        assert told == [
            ("intercom.missed", "PUT /contacts/{contact_id}"),
            ("intercom.answered", "PUT /contacts/{contact_id}"),
        ]
        assert caplog.records[1].status == 200

    def test_a_secret_does_not_show_itself(self) -> None:
        assert TOKEN not in f"{Secret(TOKEN)} {Secret(TOKEN)!r} {[Secret(TOKEN)]}"

    @pytest.mark.parametrize(
        "token", ["", "to ken", "token\n", "tök"], ids=["empty", "space", "newline", "letter"]
    )
    def test_a_token_that_no_header_can_hold_is_refused_unseen(self, token: str) -> None:
        with pytest.raises(TokenRefused) as raised:
            IntercomClient("http://127.0.0.1", token, "2.16", pacer=Pacer())

        assert not token or token not in str(raised.value)


class Always:
    """Answers every request with 200, or fails it."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    def send(self, request: Request) -> Answer:
        if self.failure and request.method != "GET":
            raise self.failure
        return read_answer(200, {}, json.dumps({"path": request.path}).encode())


class TestConverse:
    def test_requests_are_sent_and_answers_handed_back(self) -> None:
        def conversation() -> Generator[Request, Answer, list[object]]:
            first = yield ME
            second = yield UPDATE
            return [first.body, second.status]

        assert converse(Always(), conversation()) == [{"path": "/me"}, 200]

    def test_nothing_to_ask(self) -> None:
        def conversation() -> Generator[Request, Answer, int]:
            return 7
            yield ME

        assert converse(Always(), conversation()) == 7

    def test_a_failed_request_can_be_handled(self) -> None:
        def conversation() -> Generator[Request, Answer, int]:
            try:
                yield UPDATE
            except RequestFailed:
                answer = yield ME
                return answer.status
            return 0

        assert converse(Always(Unreachable("no")), conversation()) == 200

    def test_what_concerns_the_run_ends_it(self) -> None:
        closed = []

        def conversation() -> Generator[Request, Answer, None]:
            try:
                yield UPDATE
            finally:
                closed.append(True)

        with pytest.raises(Interrupted):
            converse(Always(Interrupted("stop")), conversation())
        assert closed == [True]


REFUSED = Reply(401, refused("unauthorized"))
UNDONE = {
    "the run ended while it waited": ([], Interrupted),
    "no connection came about": (None, IntercomDown),
    "its token was refused": ([REFUSED], TokenRefused),
    "the question before it was lost": ([DROPPED], IntercomDown),
}


class TestWhatWasNotDone:
    """What Intercom could not recognise is journaled before it is sent, and again where it did not come to be done."""

    @staticmethod
    def told(client: IntercomClient, error: type[Exception]) -> list[str]:
        said: list[str] = []

        def conversation() -> Generator[Request, Answer, None]:
            yield LEAD

        with pytest.raises(error):
            converse(client, conversation(), lambda: said.append("sending"), lambda: said.append("undone"))
        return said

    @pytest.mark.parametrize("case", UNDONE)
    def test_what_was_certainly_not_done_is_told(self, case, intercom, nowhere, time) -> None:
        script, error = UNDONE[case]
        client = connect(nowhere if script is None else intercom.url, time)
        if error is Interrupted:
            client.stop()
        if case == "the question before it was lost":
            client._lost_at, intercom.me = time.now, script
        intercom.script = script or []
        assert self.told(client, error) == ["sending", "undone"]
        assert ("POST /contacts" in intercom.lines) == (script == [REFUSED])
        client.close()

    def test_what_may_have_been_done_is_not_told(self, intercom, client) -> None:
        intercom.script = [DROPPED]
        assert self.told(client, AnswerLost) == ["sending"]


class TestFaultsInSequence:
    """One attempt after the other fails in another way; what the first may have done is not forgotten."""

    DATE = {"Date": "Sun, 22 Nov 2026 20:09:40 GMT"}  # noqa: RUF012

    @pytest.mark.parametrize("last", [404, 409, 200], ids=str)
    def test_lost_then_unsent_then_an_answer(self, last, intercom, nowhere, time) -> None:
        intercom.script = [DROPPED, Reply(last, refused("some_code") if last != 200 else OK.body, self.DATE)]
        client = connect(intercom.url, time)
        there, urls = client._base_url, iter([nowhere, intercom.url])

        def sleep(seconds: float) -> None:
            time.sleep(seconds)
            client._base_url = next(urls)

        client._sleep = sleep
        begun = time.now
        answer = client.send(UPDATE)

        assert (answer.status, answer.repeated) == (last, True)
        assert len(intercom.lines) == 2, "one was lost, one was not sent, one was answered"
        assert answer.attempted_at <= 1_795_378_180 - (time.now - begun) + 1, "it dates the first attempt"
        assert client._base_url == there
        client.close()

    @pytest.mark.parametrize("order", [("nowhere", "there"), ("nowhere", "nowhere", "there")], ids=len)
    def test_what_was_never_sent_is_no_repetition(self, order, intercom, nowhere, time) -> None:
        intercom.script = [Reply(200, OK.body, self.DATE)]
        urls = iter([{"nowhere": nowhere, "there": intercom.url}[each] for each in order])
        client = connect(next(urls), time)

        def sleep(seconds: float) -> None:
            time.sleep(seconds)
            client._base_url = next(urls)

        client._sleep = sleep
        answer = client.send(UPDATE)

        assert (answer.repeated, len(intercom.lines), client.calls) == (False, 1, 1)
        assert answer.attempted_at >= 1_795_378_180 - 1, "it dates the attempt that was answered"
        client.close()

    def test_a_machine_that_slept_between_attempts_dates_the_first(self, intercom, monkeypatch) -> None:
        """What Intercom made before the sleep is our own, though its clock has gone on by minutes since."""
        intercom.script = [DROPPED, Reply(409, refused("some_code"), self.DATE)]
        read, asleep = time_of_day.clock_gettime, [0.0]
        monkeypatch.setattr("time.clock_gettime", lambda which: read(which) + asleep[0])
        client = IntercomClient(
            intercom.url, TOKEN, "2.16", pacer=Pacer(), sleep=lambda _: asleep.append(asleep.pop() + 600.0)
        )
        answer = client.send(UPDATE)

        assert (answer.status, answer.repeated) == (409, True)
        assert answer.attempted_at <= 1_795_378_180 - 600
        client.close()

    def test_two_failed_attempts_then_success(self, intercom, client, time) -> None:
        intercom.script = [Reply(503), DROPPED, OK]
        answer = client.send(UPDATE)

        assert (answer.status, answer.repeated, client.calls) == (200, True, 3)
        assert time.slept == [0.5, 1.0]

    def test_a_refusal_for_the_rate_limit_is_no_repetition(self, intercom, client) -> None:
        intercom.script = [Reply(429, refused("rate_limit_exceeded")), OK]
        assert not client.send(UPDATE).repeated

    def test_a_server_error_is_tried_twice_and_others_longer(self, intercom, client) -> None:
        for status, attempts in ((500, 2), (502, 5), (503, 5), (408, 5)):
            intercom.script, intercom.seen = [Reply(status)], []
            with pytest.raises(Unreachable):
                client.send(UPDATE)
            assert sum(line != "GET /me" for line in intercom.lines) == attempts

    def test_a_lead_that_is_throttled_and_then_lost_is_lost(self, intercom, client) -> None:
        intercom.script = [Reply(429, refused("rate_limit_exceeded")), DROPPED]
        with pytest.raises(AnswerLost):
            client.send(LEAD)
        assert intercom.lines == ["POST /contacts"] * 2

    def test_one_question_is_asked_after_an_answer_was_lost(self, intercom, client) -> None:
        """Intercom answers it, so the next record goes without a question."""
        intercom.script = [DROPPED, OK]
        with pytest.raises(AnswerLost):
            client.send(LEAD)
        client.send(LEAD)
        client.send(LEAD)
        assert intercom.lines == ["POST /contacts", "GET /me", "POST /contacts", "POST /contacts"]
