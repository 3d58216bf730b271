"""Whatever is sent to whichever endpoint, it answers as Intercom does: never 500, never a dropped connection."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbt_intercom_activate.sandbox import control, routes
from dbt_intercom_activate.sandbox.app import SandboxApp
from dbt_intercom_activate.sandbox.browsers import Access
from dbt_intercom_activate.sandbox.kinds import Kind
from dbt_intercom_activate.sandbox.page import shelves
from dbt_intercom_activate.sandbox.parameters import Checked
from dbt_intercom_activate.sandbox.state import SandboxState

# The other shelves are the first one, with other things on it.
SHOWN = (shelves.ENDPOINTS[0], *shelves.ENDPOINTS[len(shelves.SHELVES) :])
ENDPOINTS = (*routes.ENDPOINTS, *control.ENDPOINTS, *SHOWN)
NAMED = {f"{endpoint.method} {endpoint.template}": endpoint for endpoint in ENDPOINTS}
every_endpoint = pytest.mark.parametrize("name", sorted(NAMED))

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 0, 2**31, 2**63, 10**30, 10**400, 1e308, float("inf"), float("nan")]),
    st.floats(),
    # Surrogates and NUL among them.
    st.text(st.characters(), max_size=8),
    st.sampled_from(
        ["", "user", "contact", "x", "²", "9" * 5_000, "\ud800", "\x00", "true", "a@example.com"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "value", "operator", "field", "x", "url"]), inner, max_size=3),
    ),
    max_leaves=6,
)
# What makes an endpoint look at the rest.
STARTS: dict[str, dict[str, Any]] = {
    "POST /contacts": {"external_id": "new"},
    "POST /companies": {"company_id": "new"},
    "POST /contacts/search": {"query": {"field": "email", "operator": "=", "value": "a@example.com"}},
    "POST /contacts/merge": {"from": "LEAD", "into": "CONTACT"},
    "POST /contacts/{contact_id}/companies": {"id": "COMPANY"},
    "POST /contacts/{contact_id}/tags": {"id": "TAG"},
    "POST /tags": {"name": "VIP"},
    "POST /conversations/{conversation_id}/tags": {"id": "TAG", "admin_id": "991267459"},
    "DELETE /conversations/{conversation_id}/tags/{tag_id}": {"admin_id": "991267459"},
    "POST /data_attributes": {"name": "new", "model": "contact", "data_type": "string"},
    "POST /events": {"event_name": "x", "created_at": 1, "id": "CONTACT"},
    "POST /_sandbox/attributes": {"name": "new", "model": "contact", "data_type": "string"},
    "POST /_sandbox/faults": {"method": "GET", "path_prefix": "/nowhere"},
}
FILTERS = st.fixed_dictionaries(
    {
        "field": st.sampled_from(
            ["email", "created_at", "tag_id", "custom_attributes.x", "unsubscribed_from_emails"]
        ),
        "operator": st.sampled_from(["=", "!=", "IN", "NIN", "~", "<", "AND"]) | SCALARS,
        "value": VALUES,
    }
)
LOOKS = ("/contacts", "/companies", "/tags", "/data_attributes", "/_sandbox/state", "/_sandbox/calls")


class Workspace:
    """A sandbox with one of everything, asked without a network."""

    def __init__(self) -> None:
        self.state = SandboxState()
        access = Access.at("127.0.0.1", "127.0.0.1", 80)
        self._app = SandboxApp(self.state, drop=pytest.fail, access=lambda: access)
        self.ids = {"conversation_id": "501", "admin_id": "991267459", "external_id": "1"}
        self.state.add_attribute("contact", "x", "string")
        attribute = self.state.add_attribute("company", "y", "float")
        self.ids["data_attribute_id"] = str(attribute.id)
        self.ids["contact_id"] = self._made("/contacts", external_id="1", email="a@example.com")
        self.ids["lead_id"] = self._made("/contacts", role="lead", email="a@example.com")
        self.ids["company_id"] = self._made("/companies", company_id="1")
        self.ids["tag_id"] = self._made("/tags", name="VIP")

    def _made(self, path: str, **body: Any) -> str:
        return str(self.ask("POST", path, json.dumps(body).encode())[1]["id"])

    def path(self, template: str) -> str:
        path = template.replace(":path", "").replace("{id}", "501")
        for name, value in self.ids.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    def start(self, name: str) -> dict[str, Any]:
        places = {"LEAD": "lead_id", "CONTACT": "contact_id", "COMPANY": "company_id", "TAG": "tag_id"}
        return {
            key: self.ids[places[v]] if str(v) in places else v for key, v in STARTS.get(name, {}).items()
        }

    def ask(self, method: str, path: str, body: bytes = b"", query: bytes = b"") -> tuple[int, Any]:
        """The status and the body of an answer, which is JSON, and where it refuses, Intercom's."""
        sent: list[dict[str, Any]] = []
        headers = [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer sandbox"), (b"accept", b"*/*")]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "headers": [*headers, (b"x-sandbox", b"1")],
            "client": ("127.0.0.1", 1),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self._app(scope, receive, send))
        start, content = sent
        answer = json.loads(content["body"], parse_constant=pytest.fail) if content["body"] else None
        if start["status"] >= 400:
            assert answer["type"] == "error.list"
        return start["status"], answer

    def looks(self) -> None:
        """What was taken can be shown."""
        for path in LOOKS:
            assert self.ask("GET", path)[0] == 200


def kinds_of(name: str, part: str) -> dict[str, Kind]:
    handler = NAMED[name].handler
    return dict(getattr(handler, part)) if isinstance(handler, Checked) else {}


@pytest.mark.slow
@every_endpoint
@settings(max_examples=10)
@given(data=st.data())
def test_any_value_in_any_field_gets_an_answer(name, data):
    workspace, endpoint = Workspace(), NAMED[name]
    fields = [*kinds_of(name, "body"), "contacts", "companies", "anything"]
    body = {
        **workspace.start(name),
        **data.draw(st.dictionaries(st.sampled_from(fields), VALUES, max_size=3)),
    }
    if endpoint.template == "/contacts/search":
        body["query"] = data.draw(FILTERS | VALUES)
    names = [
        *kinds_of(name, "query"),
        "page",
        "per_page",
        "search",
        "starting_after",
        "type",
        "count",
        "summary",
    ]
    asked = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(QUERIED), max_size=3))
    query = "&".join(f"{key}={text}" for key, text in asked.items()).encode()
    status, _ = workspace.ask(
        endpoint.method, workspace.path(endpoint.template), json.dumps(body).encode(), query
    )
    assert status < 500
    workspace.looks()


QUERIED = [
    "",
    "x",
    "-1",
    "0",
    "1",
    "%C2%B2",
    "9" * 5_000,
    "%ff",
    "%00",
    "%ED%A0%80",
    "true",
    "user",
    "1.5",
    "null",
]


WRONG = [
    None,
    True,
    -1,
    1.5,
    "x",
    "\x00",
    [],
    [None],
    ["x"],
    [[]],
    {},
    {"x": None},
    {"value": 1},
    10**30,
    "9" * 99,
]


@every_endpoint
def test_a_value_of_another_type_is_refused(name):
    workspace, endpoint = Workspace(), NAMED[name]
    path = workspace.path(endpoint.template)
    for field, kind in kinds_of(name, "body").items():
        for value in WRONG:
            if not kind.fits(value):
                body = json.dumps({**workspace.start(name), field: value}).encode()
                assert 400 <= workspace.ask(endpoint.method, path, body)[0] < 500, (field, value)
    for parameter, kind in kinds_of(name, "query").items():
        for text in ("", "x", "-1", "0", "²", "9" * 5_000, "1.5", "null"):
            if not kind.fits(text):
                query = f"{parameter}={text}".replace("²", "%C2%B2").encode()
                assert workspace.ask(endpoint.method, path, query=query)[0] == 400, (parameter, text)


BODIES = {
    "brackets, nested": b"[" * 200_000,
    "brackets, nested and closed": b"[" * 200_000 + b"]" * 200_000,
    "objects, nested in a field": b'{"name":' * 200_000 + b"1" + b"}" * 200_000,
    "lists, nested a hundredfold": b'{"custom_attributes": {"x": ' + b"[" * 100 + b"]" * 100 + b"}}",
    "no UTF-8": b'{"name": "\xff"}',
    "half a surrogate pair": b'{"name": "\\ud800"}',
    "half a surrogate pair as a key": b'{"\\udfff": 1}',
    "a surrogate in UTF-8": b'{"name": "\xed\xa0\x80"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "a number of 5,000 digits": b'{"created_at": ' + b"9" * 5_000 + b"}",
    "a number of 4,000 digits": b'{"signed_up_at": ' + b"9" * 4_000 + b"}",
    "a float that is too large": b'{"monthly_spend": 1e999}',
    "NaN": b'{"monthly_spend": NaN}',
    "NUL": b"\x00",
    "NUL within a text": b'{"name": "\x00"}',
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "two documents": b"{}{}",
    "cut": b'{"name": "x',
}


@every_endpoint
def test_a_body_that_is_no_json_object_is_refused(name):
    workspace, endpoint = Workspace(), NAMED[name]
    for garbage, body in BODIES.items():
        status, answer = workspace.ask(endpoint.method, workspace.path(endpoint.template), body)
        assert (status, answer["errors"][0]["code"]) == (400, "parameter_invalid"), garbage


@given(raw=st.binary(max_size=40) | st.text(max_size=20).map(str.encode))
def test_any_bytes_as_body_or_query_get_an_answer(raw):
    workspace = Workspace()
    assert workspace.ask("POST", "/contacts", raw)[0] < 500
    assert workspace.ask("GET", "/contacts", query=raw)[0] < 500
    workspace.looks()


HEADS = {
    "a query that is no UTF-8": (b"GET /contacts?page=%ff HTTP/1.1\r\n", 400),
    "a query of raw bytes": (b"GET /contacts?page=\xff HTTP/1.1\r\n", 400),
    "a path that is no UTF-8": (b"GET /contacts/%ff HTTP/1.1\r\n", 404),
    "NUL in the path": (b"GET /contacts/%00 HTTP/1.1\r\n", 404),
    "a raw NUL in the path": (b"GET /contacts/\x00 HTTP/1.1\r\n", 400),
    "an unknown method": (b"BREW /contacts HTTP/1.1\r\n", 404),
    "a long address": (b"GET /contacts?x=" + b"x" * 1_000_000 + b" HTTP/1.1\r\n", 414),
    "a large header": (b"GET /contacts HTTP/1.1\r\nX-Large: " + b"x" * 1_000_000 + b"\r\n", 431),
    "many headers": (b"GET /contacts HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 50_000, 431),
    "a token that is no text": (b"GET /contacts HTTP/1.1\r\nAuthorization: Basic \xff\r\n", 401),
    "a token that is no base64": (b"GET /contacts HTTP/1.1\r\nAuthorization: Basic !\r\n", 401),
    "a version that is no text": (b"GET /contacts HTTP/1.1\r\nIntercom-Version: \xff\r\n", 400),
    "a length that is none": (b"POST /contacts HTTP/1.1\r\nContent-Length: x\r\n", 400),
    "a second host": (b"GET /contacts HTTP/1.1\r\nHost: evil.example\r\n", 400),
}


@pytest.mark.parametrize(("head", "status"), HEADS.values(), ids=HEADS)
def test_a_strange_head_gets_an_answer(sandbox, head, status):
    host = sandbox.base_url.removeprefix("http://")
    token = "" if b"Authorization" in head else "Authorization: Bearer sandbox\r\n"
    rest = f"Host: {host}\r\nAccept: */*\r\n{token}"
    with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(head + rest.encode() + b"\r\n")
        assert int(connection.recv(1_000).split()[1]) == status


def test_garbage_is_refused_on_a_connection_that_goes_on(api, refusal):
    for body in BODIES.values():
        assert refusal(api.post("/contacts", data=body))[0] == 400
    assert api.get("/me").status_code == 200
