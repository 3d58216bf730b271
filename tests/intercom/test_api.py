"""What Intercom's answers mean: status, headers and body in, meaning out."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPHeaderDict

from dbt_intercom_activate.errors import (
    ActivateError,
    MissingScope,
    PlanRestricted,
    TokenRefused,
    VersionRefused,
)
from dbt_intercom_activate.intercom.api import (
    Answer,
    RateLimit,
    Request,
    lowered,
    raise_if_fatal,
    read_answer,
    server_date,
    should_retry,
)

LIVE = "A contact matching those details already exists with id=6762f0dd1bb69f9f2193bb83"
ARCHIVED = "An archived contact matching those details already exists with id=6762f0dd1bb69f9f2193bb83"
UPDATE = Request.to("PUT", "/contacts/{contact_id}", "6762f0dd1bb69f9f2193bb83", body={"name": "Ada"})
EVENT = Request("POST", "/events", {"event_name": "ordered"}, repeatable=False)


def error_list(code: str, message: str | None = None, request_id: str | None = "abc") -> bytes:
    error = {"code": code, "message": message}
    return json.dumps({"type": "error.list", "request_id": request_id, "errors": [error]}).encode()


def answer(status: int, code: str | None = None, message: str | None = None) -> Answer:
    return read_answer(status, {}, error_list(code, message) if code else b"")


def complaint(fatal: Answer) -> str:
    try:
        raise_if_fatal(fatal, UPDATE)
    except ActivateError as error:
        return str(error)
    return ""


class TestReadAnswer:
    def test_the_first_error_speaks(self) -> None:
        read = read_answer(
            409, {"X-Request-Id": "of the header"}, error_list("conflict", LIVE, "of the body")
        )

        assert (read.status, read.code, read.message) == (409, "conflict", LIVE)
        assert read.request_id == "of the body"
        assert not read.ok

    def test_the_request_id_may_stand_in_the_header_only(self) -> None:
        read = read_answer(
            410, {"x-request-id": "b2i3mhcboc6pcbe33q80"}, error_list("contact_merged", None, None)
        )

        assert read.request_id == "b2i3mhcboc6pcbe33q80"

    @pytest.mark.parametrize(
        "raw",
        [
            pytest.param(b"", id="nothing, as for an accepted event"),
            pytest.param(b"<html><h1>502 Bad Gateway</h1></html>", id="a proxy's page"),
            pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
            pytest.param(b"[" * 100_000, id="brackets without end"),
            pytest.param(b'{"errors": ', id="half an answer"),
            pytest.param(b"1" * 5000, id="a number without end"),
        ],
    )
    def test_what_is_no_json_is_no_body(self, raw: bytes) -> None:
        read = read_answer(202, {}, raw)

        assert (read.body, read.code, read.message, read.request_id) == (None, None, None, None)
        assert read.ok

    @pytest.mark.parametrize(
        "raw",
        [
            pytest.param(b'{"type": "error.list", "errors": []}', id="no error in the list"),
            pytest.param(b'{"type": "error.list", "errors": [{}]}', id="an error that says nothing"),
            pytest.param(b'{"type": "error.list", "errors": "no"}', id="errors that are no list"),
            pytest.param(b'{"errors": [{"code": 7, "message": {"a": 1}}], "request_id": 5}', id="no texts"),
            pytest.param(b'["error"]', id="a list"),
            pytest.param(b"null", id="null"),
        ],
    )
    def test_errors_may_lack_anything(self, raw: bytes) -> None:
        read = read_answer(400, {}, raw)

        assert (read.code, read.message, read.request_id) == (None, None, None)

    @given(
        st.integers(100, 599),
        st.dictionaries(
            st.sampled_from(
                ["Date", "X-RateLimit-Limit", "x-ratelimit-remaining", "X-RateLimit-Reset", "X-Request-Id"]
            )
            | st.text(),
            st.text() | st.sampled_from(["12", "-1", "²", "1e9", "Sun, 22 Nov 2026 20:09:40 GMT"]),
        ),
        st.binary()
        | st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(st.sampled_from(["errors", "code", "message", "request_id", "type"]), inner)
            ),
        ).map(lambda value: json.dumps(value).encode()),
    )
    def test_anything_whatever_is_an_answer(self, status: int, headers: dict[str, str], raw: bytes) -> None:
        read = read_answer(status, headers, raw)
        RateLimit.from_headers(headers)

        assert isinstance(read, Answer)
        assert isinstance(read.named_id, (str, type(None)))
        assert "6762f0dd1bb69f9f2193bb83" not in complaint(read)


class TestWhenItWasAttempted:
    DATE = {"Date": "Sun, 22 Nov 2026 20:09:40 GMT"}  # noqa: RUF012
    UNIX = 1_795_378_180

    def test_by_the_servers_clock_less_the_time_since_then(self) -> None:
        assert read_answer(200, self.DATE, b"", elapsed=3.2, server_time=5.0).attempted_at == self.UNIX - 4

    def test_by_what_other_answers_told_when_this_tells_none(self) -> None:
        assert read_answer(200, {}, b"", elapsed=3.2, server_time=1000.0).attempted_at == 996

    def test_by_no_clock_of_ours_when_none_told(self) -> None:
        assert read_answer(200, {}, b"", elapsed=3.2).attempted_at is None

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "yesterday",
            "Sun, 99 Nov 2026 20:09:40 GMT",
            "Mon, 01 Jan 1960 00:00:00 GMT",
            "Sun, 31 Dec 2023 23:59:59 GMT",
            "1",
            "\x00",
            "(" * 60_000,
        ],
    )
    def test_a_date_that_is_none(self, text: str) -> None:
        assert server_date({"date": text}) is None

    @pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
    def test_a_date_is_utc(self, zone: str) -> None:
        assert server_date({"DATE": f"Sun, 22 Nov 2026 20:09:40 {zone}"}) == self.UNIX


class TestContactInTheWay:
    def test_a_live_one(self) -> None:
        conflict = answer(409, "conflict", LIVE)

        assert (conflict.named_id, conflict.archived) == ("6762f0dd1bb69f9f2193bb83", False)

    def test_an_archived_or_deleted_one(self) -> None:
        conflict = answer(409, "conflict", ARCHIVED)

        assert (conflict.named_id, conflict.archived) == ("6762f0dd1bb69f9f2193bb83", True)

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(
                answer(
                    409,
                    "conflict",
                    "Multiple existing users match this email address - must be more specific using user_id",
                ),
                id="several match the email",
            ),
            pytest.param(answer(400, "parameter_invalid", LIVE), id="another status"),
            pytest.param(answer(409), id="no body"),
            pytest.param(answer(200), id="success"),
        ],
    )
    def test_none_is_named(self, other: Answer) -> None:
        assert (other.named_id, other.archived) == (None, False)


class TestRateLimit:
    def test_three_headers(self) -> None:
        headers = {"X-RateLimit-Limit": "83", "x-ratelimit-remaining": "0", "X-Ratelimit-Reset": "1522849880"}

        assert RateLimit.from_headers(headers) == RateLimit(limit=83, remaining=0, reset=1522849880)

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({}, id="none, as with a token that is refused"),
            pytest.param({"X-RateLimit-Limit": "83", "X-RateLimit-Remaining": "5"}, id="no reset"),
            pytest.param(
                {"X-RateLimit-Limit": "83", "X-RateLimit-Remaining": "-5", "X-RateLimit-Reset": "soon"},
                id="no numbers",
            ),
            pytest.param(
                {"X-RateLimit-Limit": "0", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1522849880"},
                id="a limit of nothing",
            ),
        ],
    )
    def test_no_numbers_are_made_up(self, headers: dict[str, str]) -> None:
        assert RateLimit.from_headers(headers) is None


class TestFatalAnswers:
    @pytest.mark.parametrize(
        ("fatal", "error"),
        [
            pytest.param(
                answer(401, "unauthorized", "Access Token Invalid"), TokenRefused, id="a wrong token"
            ),
            pytest.param(answer(401, "token_revoked"), TokenRefused, id="a revoked token"),
            pytest.param(answer(401, "token_expired"), TokenRefused, id="an expired token"),
            pytest.param(answer(401, "missing_authorization"), TokenRefused, id="no token"),
            pytest.param(answer(401), TokenRefused, id="401 without a word"),
            pytest.param(
                answer(401, "token_unauthorized", "Not authorized to access resource"),
                MissingScope,
                id="a good token without the scope",
            ),
            pytest.param(
                answer(
                    403,
                    "forbidden",
                    "You do not have the required scope (read_conversations) to access this resource",
                ),
                MissingScope,
                id="a scope that is named",
            ),
            pytest.param(
                answer(403, "api_plan_restricted", "Active subscription needed."),
                PlanRestricted,
                id="no subscription",
            ),
            pytest.param(answer(402), PlanRestricted, id="payment required"),
            pytest.param(
                answer(400, "intercom_version_invalid", "The requested version could not be found"),
                VersionRefused,
                id="an unknown version",
            ),
        ],
    )
    def test_what_concerns_more_than_a_record(self, fatal: Answer, error: type[ActivateError]) -> None:
        with pytest.raises(error, match=r"^PUT /contacts/\{contact_id\}: .*\. [A-Z]"):
            raise_if_fatal(fatal, UPDATE)

    def test_the_missing_scope_is_named(self) -> None:
        text = "You do not have the required scope (read_conversations) to access this resource"
        with pytest.raises(MissingScope, match="the scope read_conversations"):
            raise_if_fatal(answer(403, "forbidden", text), UPDATE)

    @pytest.mark.parametrize(
        "harmless",
        [
            pytest.param(answer(200), id="success"),
            pytest.param(answer(404, "not_found", "User Not Found"), id="not found"),
            pytest.param(
                answer(400, "parameter_invalid", "Custom attribute 'x' does not exist"), id="refused"
            ),
            pytest.param(
                answer(403, "forbidden", "job job_v2_1 is closed for new task updates"), id="forbidden"
            ),
            pytest.param(answer(403, "action_forbidden"), id="an action forbidden"),
            pytest.param(answer(409, "conflict", LIVE), id="a conflict"),
            pytest.param(answer(500), id="a server error"),
        ],
    )
    def test_what_concerns_a_record(self, harmless: Answer) -> None:
        assert raise_if_fatal(harmless, UPDATE) is None

    def test_messages_never_quote_intercom(self) -> None:
        codes = ("unauthorized", "forbidden", "token_ada@example.com", "intercom_version_invalid")
        for status, code in itertools.product((400, 401, 402, 403), codes):
            said = complaint(answer(status, code, "required scope (ada@example.com)"))

            assert "ada@example.com" not in said


class TestShouldRetry:
    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            pytest.param(200, (False, False), id="success: no"),
            pytest.param(409, (False, False), id="409: no"),
            pytest.param(422, (False, False), id="422: no"),
            pytest.param(429, (True, True), id="429: always, for it was not carried out"),
            pytest.param(408, (True, False), id="408: if Intercom recognises it"),
            pytest.param(500, (True, False), id="500: if Intercom recognises it"),
            pytest.param(503, (True, False), id="503: if Intercom recognises it"),
        ],
    )
    def test_by_status(self, status: int, expected: tuple[bool, bool]) -> None:
        assert (should_retry(answer(status), UPDATE), should_retry(answer(status), EVENT)) == expected


class TestPaths:
    @pytest.mark.parametrize(
        ("text", "path"),
        [
            pytest.param("6762f0dd", "/contacts/6762f0dd/archive", id="an id"),
            pytest.param(
                "a/b?c#d", "/contacts/a%2Fb%3Fc%23d/archive", id="marks that mean something in a URL"
            ),
            pytest.param("100% é", "/contacts/100%25%20%C3%A9/archive", id="percent, space, accent"),
            pytest.param("🦆", "/contacts/%F0%9F%A6%86/archive", id="emoji"),
            pytest.param("\ud800", "/contacts/%3F/archive", id="half an emoji"),
            pytest.param("", "/contacts/-/archive", id="nothing"),
            pytest.param("..", "/contacts/-/archive", id="the folder above"),
            pytest.param("search", "/contacts/-/archive", id="a word of Intercom's own"),
            pytest.param("{contact_id}", "/contacts/%7Bcontact_id%7D/archive", id="the template itself"),
        ],
    )
    def test_an_id_is_one_segment_whatever_it_is(self, text: str, path: str) -> None:
        assert Request.to("POST", "/contacts/{contact_id}/archive", text).path == path

    @given(st.text())
    def test_any_text_is_one_segment(self, text: str) -> None:
        path = Request.to("POST", "/contacts/{contact_id}/archive", text).path

        assert path.isascii()
        assert [len(part) > 0 for part in path.split("/")[1:]] == [True] * 3

    def test_the_endpoint_shows_no_id(self) -> None:
        assert UPDATE.endpoint == "PUT /contacts/{contact_id}"
        assert Request("PUT", "/contacts/6762f0dd/tags").endpoint == "PUT /contacts/{…}/{…}"
        assert Request("GET", "/me").endpoint == "GET /me"

    def test_a_query_is_encoded(self) -> None:
        request = Request("GET", "/companies", query=(("company_id", "a&b=c/ü\ud800"),))

        assert request.target == "/companies?company_id=a%26b%3Dc%2F%C3%BC%3F"


def test_a_header_that_came_twice_has_both_values():
    twice = HTTPHeaderDict([("Link", "</contacts/a>"), ("link", "</b>")])
    assert lowered(twice) == {"link": "</contacts/a>, </b>"}
