"""What is true about Intercom's API and needs no socket.

A `Request` says what to ask, an `Answer` what came back, and the functions say what it means.
Names are those of Intercom's documentation:
https://developers.intercom.com/docs/references/rest-api/errors/http-responses
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, urlencode

from dbt_intercom_activate.errors import Message, MissingScope, PlanRestricted, TokenRefused, VersionRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"

# Words that stand in Intercom's own paths where an id could stand: `GET /companies/scroll` opens a scroll.
_WORDS_IN_PATHS = frozenset(
    {
        "activities",
        "bulk",
        "find_by_external_id",
        "list",
        "merge",
        "scroll",
        "search",
    }
)
# HTTP libraries and proxies resolve dot segments, even percent-encoded ones (RFC 3986, 6.2.2),
# and `/contacts/` is the list of all contacts.
_NO_SEGMENT = frozenset({"", ".", ".."})
# Intercom's ids are 24 hexadecimal digits or decimal numbers: nothing has this one, so the answer is 404.
_NOBODYS_ID = "-"
_CONFLICT = 409
_EARLIEST = 1_704_067_200  # 2024-01-01
_JSON = re.compile(r"application/(?:[a-z0-9.-]+\+)?json\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)


def is_object(answer: Answer) -> bool:
    """Whether an answer is a JSON object, and no list of errors."""
    return isinstance(answer.body, dict) and answer.body.get("type") != "error.list"


def is_refusal(answer: Answer) -> bool:
    """Whether an answer is Intercom's list of errors, each of which has a code.

    https://developers.intercom.com/docs/references/rest-api/errors/error-objects
    """
    if not answer.is_json or not isinstance(answer.body, dict) or answer.body.get("type") != "error.list":
        return False
    errors = answer.body.get("errors")
    return isinstance(errors, list) and bool(errors) and all(_text_of(each, "code") for each in errors)


def of_kind(item: JsonValue, kind: str) -> Mapping[str, JsonValue] | None:
    """An item if it is of a kind, such as `contact`; None for anything else.

    What is archived or deleted is answered with `object` in place of `type`.
    """
    if not isinstance(item, dict) or item.get("type", item.get("object")) != kind:
        return None
    return item


def items_of(answer: Answer) -> Sequence[JsonValue] | None:
    """The items of a list; None where the answer is no list of Intercom's."""
    body = of_kind(answer.body, "list")
    data = body.get("data") if body is not None else None
    return data if isinstance(data, list) else None


def anybodys(answer: Answer) -> bool:
    """Believe a refusal whoever gave it, where nothing is lost by that and Intercom's form of it is not known."""
    del answer
    return True


@dataclass(frozen=True, slots=True)
class Request:
    """One request to Intercom."""

    method: str
    path: str
    """Below the base URL, each id in it percent-encoded."""
    body: Mapping[str, JsonValue] | None = None
    query: tuple[tuple[str, str], ...] = ()
    repeatable: bool = True
    """Whether Intercom recognises a second attempt, by answering it alike or with 409.

    False for a lead and for an event without external id: when the answer is lost, such a request
    is not sent again, since it could be carried out twice.
    """
    template: str = ""
    """The path with its ids named instead of given, as in Intercom's documentation."""
    expects: Callable[[Answer], bool] = field(default=is_object, compare=False, repr=False)
    """Whether a successful answer is one to this request: else it is nobody's that is believed."""
    refuses: Callable[[Answer], bool] = field(default=is_refusal, compare=False, repr=False)
    """The same for one that refuses."""

    @classmethod
    def to(
        cls,
        method: str,
        template: str,
        *ids: str,
        body: Mapping[str, JsonValue] | None = None,
        query: tuple[tuple[str, str], ...] = (),
        repeatable: bool = True,
        expects: Callable[[Answer], bool] = is_object,
        refuses: Callable[[Answer], bool] = is_refusal,
    ) -> Request:
        """Fill the `{…}` of a documented path with ids, in order.

        Args:
            method: The HTTP method.
            template: Such as `/contacts/{contact_id}/archive`.
            ids: Any text: an id may come from a user's warehouse. What can be no id of Intercom's
                makes a path that Intercom answers with 404.
            body: Sent as JSON.
            query: Name and value of each query parameter.
            repeatable: See the attribute, also for those that follow.
            expects: What a success looks like.
            refuses: What a refusal looks like.
        """
        encoded = iter([_path_segment(each) for each in ids])
        path = re.sub(r"\{\w+\}", lambda _: next(encoded), template)
        return cls(method, path, body, query, repeatable, template, expects, refuses)

    @property
    def changes(self) -> bool:
        """Whether it can change anything in Intercom."""
        return self.method != "GET" and not self.path.endswith("/search")

    @property
    def target(self) -> str:
        """Path and query, as they stand in the first line of HTTP."""
        if not self.query:
            return self.path
        return f"{self.path}?{urlencode(self.query, errors='replace')}"

    @property
    def endpoint(self) -> str:
        """Method and path template: what logs and messages may show, since it holds no id."""
        if self.template:
            return f"{self.method} {self.template}"
        first, *others = self.path.strip("/").split("/")
        return f"{self.method} /{first}" + "/{…}" * len(others)


def _path_segment(text: str) -> str:
    if text in _NO_SEGMENT or text in _WORDS_IN_PATHS:
        return _NOBODYS_ID
    return quote(text, safe="", errors="replace")


@dataclass(frozen=True, slots=True)
class Answer:
    """What Intercom answered to a request."""

    status: int
    body: JsonValue
    """The JSON of the body; None when it is empty or no JSON."""
    code: str | None
    """`code` of the first error."""
    message: str | None
    """`message` of the first error. It may quote a record's values: never log it."""
    request_id: str | None
    """What Intercom's support asks for."""
    attempted_at: int | None
    """Unix seconds by the server's clock, not after the first attempt of this request; None where no answer told it."""
    repeated: bool
    """Whether an earlier attempt of this request may have been carried out."""
    canonical_id: str | None = None
    """The contact that a merged one became, from the header of its 410:
    `Link: </contacts/6762f0dd1bb69f9f2193bb83>; rel="canonical"`.
    """
    is_json: bool = False
    """Whether it calls itself JSON, and is."""
    is_empty: bool = False
    """Whether its body is."""

    @property
    def ok(self) -> bool:
        """Whether Intercom did what was asked."""
        return 200 <= self.status < 300

    @property
    def named_id(self) -> str | None:
        """The contact that stands in the way of a new one.

        Intercom names it in the message only:
        "A contact matching those details already exists with id=6762f0dd1bb69f9f2193bb83".
        """
        if self.status != _CONFLICT or self.message is None:
            return None
        named = re.search(r"already exists with id=([0-9A-Za-z_-]+)", self.message)
        return named.group(1) if named else None

    @property
    def archived(self) -> bool:
        """Whether that contact is archived or deleted: Intercom's words for both are the same.

        "An archived contact matching those details already exists with id=6762f0dd1bb69f9f2193bb83"
        """
        return self.status == _CONFLICT and (self.message or "").startswith("An archived contact")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The state of the current window, as its headers tell it.

    https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting
    """

    limit: int
    """Calls in a window of 10 seconds."""
    remaining: int
    """Calls left in it. Recordings show the whole limit in the first answer of a window: the call that
    is answered is not counted yet.
    """
    reset: int
    """Unix seconds when the limit is whole again, by the server's clock.

    Recordings show the end of the window plus 2 seconds, older ones its very end.
    """

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> RateLimit | None:
        """Read the three headers; None unless all of them are there and are numbers.

        They are absent "when the request has invalid credentials", and from answers of proxies.
        """
        known = lowered(headers)
        names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
        numbers = [_whole_number(known.get(name, "")) for name in names]
        limit, remaining, reset = numbers
        if not limit or remaining is None or reset is None:  # a limit of 0 would be no API
            return None
        return cls(limit, remaining, reset)


def server_date(headers: Mapping[str, str]) -> int | None:
    """Unix seconds of the `Date` header: the server's clock as it answered, cut to the second.

    None where there is none, or an absurd one: no date, or one before this program was written.
    """
    return _unix_of_date(lowered(headers).get("date", ""))


@lru_cache(maxsize=64)
def _unix_of_date(text: str) -> int | None:
    """Read once: the answers of one second all say the same."""
    try:
        parsed = parsedate_to_datetime(text)
        if parsed.tzinfo is None:  # "-0000" in place of "GMT"
            parsed = parsed.replace(tzinfo=timezone.utc)
        moment = parsed - datetime(1970, 1, 1, tzinfo=timezone.utc)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    seconds = int(moment.total_seconds())
    return seconds if seconds >= _EARLIEST else None


def read_answer(
    status: int,
    headers: Mapping[str, str],
    raw: bytes,
    *,
    elapsed: float = 0.0,
    server_time: float | None = None,
    repeated: bool = False,
) -> Answer:
    """Read any answer whatever, also a proxy's HTML or nothing at all.

    Args:
        status: The HTTP status.
        headers: In any case of letters.
        raw: The body.
        elapsed: Seconds from before the first attempt of this request until now.
        server_time: Unix seconds of the server's clock as other answers told it; used where this one has no `Date`.
        repeated: Whether an earlier attempt of this request may have been carried out.
    """
    body, is_json = _read_json(raw)
    error = _first_error(body)
    date = server_date(headers)
    answered_at = server_time if date is None else float(date)
    request_id = _text_of(body, "request_id") or lowered(headers).get("x-request-id") or None
    return Answer(
        status=status,
        body=body,
        code=_text_of(error, "code"),
        message=_text_of(error, "message"),
        request_id=request_id,
        attempted_at=None if answered_at is None else int((answered_at - elapsed) // 1),
        repeated=repeated,
        canonical_id=_canonical_id(headers),
        is_json=is_json and _JSON.fullmatch(lowered(headers).get("content-type", "").strip()) is not None,
        is_empty=not raw.strip(),
    )


def is_intercoms(answer: Answer, request: Request) -> bool:
    """Whether to believe that Intercom gave this answer, to this request.

    A proxy, a CDN or a hotel's login page answers too: with a page, with nothing, with a redirect, and with any
    status. And an answer that got shifted on its connection is one to another request.
    """
    if answer.ok:
        return (answer.is_json or answer.is_empty) and request.expects(answer)
    return answer.status >= 400 and request.refuses(answer)


def is_unsettled(answer: Answer) -> bool:
    """Whether the answer leaves open if the request was carried out: 408 and 5xx."""
    return answer.status == 408 or answer.status >= 500


def is_throttled(answer: Answer) -> bool:
    """Whether Intercom declined to look at the request now: it was not carried out."""
    return answer.status == 429


def should_retry(answer: Answer, request: Request) -> bool:
    """Whether to send the request again."""
    return is_throttled(answer) or (is_unsettled(answer) and request.repeatable)


def raise_if_fatal(answer: Answer, request: Request) -> None:
    """Raise what concerns every request of its kind, and not one record.

    Messages show the endpoint and the scope, never Intercom's own text, which may quote a record.

    Raises:
        TokenRefused: The token is unknown, revoked, expired, blocked…
        MissingScope: The token is good, and may not do this.
        PlanRestricted: The workspace's plan does not include this.
        VersionRefused: The API version is unknown, or too old for the endpoint.
    """
    code, at = answer.code or "", request.endpoint
    if answer.status == 401 and _is_about_token(code):
        raise TokenRefused(
            Message(
                "token-refused",
                f"{at}: Intercom refused the access token ({_known_code(code)}). "
                "Check that the token is the app's current one and that the region is the workspace's.",
            )
        )
    if _lacks_scope(answer):
        raise MissingScope(
            Message(
                "scope-missing",
                f"{at}: the access token lacks {_scope(answer)}. "
                "Give it to the app in Intercom's Developer Hub (Configure, Authentication), "
                "and use the token that is shown then.",
            )
        )
    if answer.status == 402 or code == "api_plan_restricted":
        raise PlanRestricted(
            Message(
                "plan-restricted",
                f"{at}: the workspace's plan does not allow this (HTTP {answer.status}). "
                "Ask the owner of the workspace about its Intercom subscription.",
            )
        )
    if code == "intercom_version_invalid":
        raise VersionRefused(
            Message(
                "version-refused",
                f"{at}: Intercom does not know the API version, or not this endpoint in it. "
                "Set `api_version` of the workspace to one that Intercom documents.",
            )
        )


def _is_about_token(code: str) -> bool:
    """Tell a refused token from a missing scope: both are 401.

    A 401 without any code is taken for the token's too: nothing else could mend it.
    """
    if code == "token_unauthorized":
        return False
    return code in {"", "unauthorized", "missing_authorization"} or code.startswith("token_")


def _lacks_scope(answer: Answer) -> bool:
    """Two forms: 401 "Not authorized to access resource", 403 "You do not have the required scope (…)"."""
    if answer.code == "token_unauthorized":
        return True
    return answer.status == 403 and "required scope" in (answer.message or "")


def _scope(answer: Answer) -> str:
    """Name the scope of "You do not have the required scope (read_conversations) to access…"."""
    named = re.search(r"required scope \(([a-z_, ]{1,200})\)", answer.message or "")
    return f"the scope {named.group(1)}" if named else "a scope that this needs"


def _known_code(code: str) -> str:
    return code if re.fullmatch(r"[a-z_]{1,40}", code) else "HTTP 401"


def _canonical_id(headers: Mapping[str, str]) -> str | None:
    link = re.search(r"</contacts/([0-9A-Za-z_-]+)>;\s*rel=\"?canonical", lowered(headers).get("link", ""))
    return link.group(1) if link else None


def _read_json(raw: bytes) -> tuple[JsonValue, bool]:
    """The body, and whether it is JSON."""
    try:
        return json.loads(raw), True
    except (ValueError, RecursionError):  # not UTF-8, no JSON, or nested to break readers
        return None, False


def _first_error(body: JsonValue) -> JsonValue:
    errors = body.get("errors") if isinstance(body, dict) else None
    return errors[0] if isinstance(errors, list) and errors else None


def _text_of(body: JsonValue, key: str) -> str | None:
    found = body.get(key) if isinstance(body, dict) else None
    return found if isinstance(found, str) and found else None


class Headers(dict[str, str]):
    """Headers by their names in lower case."""


def lowered(headers: Mapping[str, str]) -> Headers:
    """The headers by their names in lower case, whatever these are."""
    if isinstance(headers, Headers):
        return headers
    # urllib3 gives a header that came twice once with both values, and each by itself as an item.
    return Headers((name.lower(), headers[name]) for name in headers)


def _whole_number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text.strip()) else None
