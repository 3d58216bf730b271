"""Intercom's own OpenAPI description as the judge of every request, and what it says too strictly or not at all.

The description is not part of this repository. It is looked for beside it, or where INTERCOM_OPENAPI says:
https://github.com/intercom/Intercom-OpenAPI, `descriptions/2.16/api.intercom.io.yaml`.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import urllib3
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.exceptions import OpenAPIError

from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.intercom.pacing import Pacer

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.api import Request

# Read before the fixture that silences the environment removes it.
ELSEWHERE = os.environ.get("INTERCOM_OPENAPI")
BESIDE = Path(__file__).parents[4] / "shared" / "intercom" / "openapi-2.16.yaml"
SERVER = "https://api.intercom.io"
VERSION = "2.16"

METHODS = ("get", "put", "post", "delete", "patch")
SCALAR: dict[str, Any] = {
    "anyOf": [{"type": "string", "nullable": True}, {"type": "number"}, {"type": "boolean"}]
}
CLEARED_COMPANY_FIELDS = (
    "name",
    "plan",
    "size",
    "website",
    "industry",
    "monthly_spend",
    "remote_created_at",
)

Node = dict[str, Any]


def _schema(description: Node, name: str) -> Node:
    return description["components"]["schemas"][name]


def _tags_may_overlap(description: Node) -> None:
    body = description["paths"]["/tags"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body["anyOf"] = body.pop("oneOf")


def _an_email_can_be_cleared(description: Node) -> None:
    _schema(description, "update_contact_request")["properties"]["email"]["nullable"] = True


def _company_fields_can_be_cleared(description: Node) -> None:
    for name in ("create_or_update_company_request", "update_company_request"):
        properties = _schema(description, name)["properties"]
        for field in CLEARED_COMPANY_FIELDS:
            if field in properties:
                properties[field]["nullable"] = True


def _attributes_are_scalars(description: Node) -> None:
    for name in (
        "create_contact_request",
        "update_contact_request",
        "create_or_update_company_request",
        "update_company_request",
    ):
        _schema(description, name)["properties"]["custom_attributes"]["additionalProperties"] = SCALAR


def _metadata_is_scalars(description: Node) -> None:
    metadata = _schema(description, "create_data_event_request")["properties"]["metadata"]
    metadata["additionalProperties"] = SCALAR


def _new_attributes_have_a_type(description: Node) -> None:
    schema = _schema(description, "create_data_attribute_request")
    for alternative in schema["oneOf"]:
        alternative["additionalProperties"] = True
    schema["properties"] |= {"data_type": {"type": "string"}, "options": {"type": "array", "items": {}}}


def _counts_is_answered(description: Node) -> None:
    version = {"name": "Intercom-Version", "in": "header", "schema": {"type": "string"}}
    description["paths"]["/counts"] = {"get": {"parameters": [version], "responses": {}}}


def _bodies_are_required(description: Node) -> None:
    for operation in _operations(description):
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True


def _the_version_is_required(description: Node) -> None:
    for operation in _operations(description):
        for parameter in operation.get("parameters", []):
            if parameter.get("name") == "Intercom-Version":
                parameter["required"] = True
    del _schema(description, "intercom_version")["default"]


def _tagged_items_are_objects(description: Node) -> None:
    for name, items in (
        ("tag_company_request", "companies"),
        ("untag_company_request", "companies"),
        ("tag_multiple_users_request", "users"),
    ):
        _schema(description, name)["properties"][items]["items"] |= {"type": "object", "required": ["id"]}


def _operations(description: Node) -> list[Node]:
    return [path[method] for path in description["paths"].values() for method in METHODS if method in path]


RELAXED: tuple[tuple[Callable[[Node], None], str], ...] = (
    (
        _tags_may_overlap,
        "a body that tags is also one that creates: its own example is valid twice under oneOf",
    ),
    (_an_email_can_be_cleared, "PUT with a null email was recorded: it clears the email"),
    (
        _company_fields_can_be_cleared,
        "null is how a contact's field is cleared, by description and record; for companies both are silent",
    ),
    (
        _attributes_are_scalars,
        "the description wants text, and shows true, 155.5 and 9; null was recorded to clear",
    ),
    (_metadata_is_scalars, "the description wants text; Intercom's staff corrected it to any scalar since"),
    (
        _new_attributes_have_a_type,
        "data_type is required, and described in parts that do not know of the whole",
    ),
    (_counts_is_answered, "a legacy endpoint that workspaces still answer; it is tried, and may be refused"),
)
"""Where the description is stricter than Intercom: what is changed, and why."""

SHARPENED: tuple[tuple[Callable[[Node], None], str], ...] = (
    (_bodies_are_required, "no body is marked as required, and POST /contacts without one creates nobody"),
    (_the_version_is_required, "without the header, the version set in the Developer Hub would decide"),
    (_tagged_items_are_objects, "an item without the id of something would be skipped silently"),
)
"""Where it is laxer than this product wants to be. Keys and query parameters that it does not name are refused, too."""


class Contract:
    """Validates requests as they leave for the network."""

    def __init__(self, description: Node, *, leaving_out: int | None = None) -> None:
        relaxed = [change for number, (change, _reason) in enumerate(RELAXED) if number != leaving_out]
        for change in (*relaxed, *(change for change, _reason in SHARPENED)):
            change(description)
        self.paths: Node = description["paths"]
        # The description as a whole is faulty, in parts about which nothing is asked here.
        self._openapi = OpenAPI.from_dict(
            description, config=Config(spec_validator_cls=None, additional_properties_default_policy="forbid")
        )

    def fault(self, sent: requests.PreparedRequest) -> str | None:
        """What is wrong with method, path, query, headers or body; None where nothing is."""
        try:
            self._openapi.validate_request(RequestsOpenAPIRequest(sent))
        except OpenAPIError as error:
            return _reasons(error)
        operation = self.operation(sent)
        known = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
        given = set(parse_qs(urlsplit(sent.url).query, keep_blank_values=True))
        if given - known:
            return f"no query parameter is called {sorted(given - known)}"
        if sent.body and "requestBody" not in operation:
            return "it takes no body"
        return None

    def operation(self, sent: requests.PreparedRequest) -> Node:
        """The operation of the description that a request means."""
        return self.paths[self.template(sent)][(sent.method or "").lower()]

    def template(self, sent: requests.PreparedRequest) -> str:
        """Its path, as the description spells it: that with the most words of its own."""
        parts = urlsplit(sent.url).path.split("/")
        fitting = [path for path in self.paths if _fits(path.split("/"), parts)]
        return min(fitting, key=lambda path: path.count("{"))


def _fits(template: list[str], parts: list[str]) -> bool:
    return len(template) == len(parts) and all(
        word == part or word.startswith("{") for word, part in zip(template, parts, strict=True)
    )


def _reasons(error: BaseException) -> str:
    """What the library says, down to the schemas: the outermost words name no key."""
    found = [str(error)]
    cause = error.__cause__
    while cause is not None:
        found += [str(each) for each in getattr(cause, "schema_errors", [])] or [str(cause)]
        cause = cause.__cause__
    return "; ".join(found)


class Wire:
    """Stands in for the network: keeps what was sent, and refuses it, which answers any request."""

    REFUSAL = b'{"type": "error.list", "errors": [{"code": "client_error", "message": null}]}'

    def __init__(self) -> None:
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        self.sent.append(request.copy())  # a connection uses its request again
        response = requests.Response()
        response.status_code, response.request = 400, request
        response.headers["Content-Type"] = "application/json"
        response.raw = urllib3.HTTPResponse(io.BytesIO(self.REFUSAL), preload_content=False)
        return response


@pytest.fixture(scope="session")
def description() -> Callable[[], Node]:
    """Hands out copies of Intercom's description, as it is."""
    path = Path(ELSEWHERE) if ELSEWHERE else BESIDE
    if not path.is_file():
        pytest.skip(f"Intercom's OpenAPI description is not at {path}; INTERCOM_OPENAPI names another place")
    with path.open("rb") as file:
        whole = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (safe)
    kept = pickle.dumps(whole)  # faster than copy.deepcopy
    return lambda: pickle.loads(kept)  # noqa: S301 (our own)


@pytest.fixture(scope="session")
def contract(description: Callable[[], Node]) -> Contract:
    """The description, relaxed and sharpened."""
    return Contract(description())


@pytest.fixture(params=range(len(RELAXED)), ids=[change.__name__.strip("_") for change, _reason in RELAXED])
def stricter(request: pytest.FixtureRequest, description: Callable[[], Node]) -> Contract:
    """The same without one of the relaxations."""
    return Contract(description(), leaving_out=request.param)


@pytest.fixture(scope="session")
def as_sent() -> Callable[[Request], requests.PreparedRequest]:
    """What the product's own client makes of a request, with all its headers."""
    wire = Wire()
    client = IntercomClient(SERVER, "token", VERSION, pacer=Pacer())

    def send(request: Request) -> requests.PreparedRequest:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                requests.adapters.HTTPAdapter, "send", lambda _, *sent, **how: wire.send(*sent, **how)
            )
            client.send(request)
        return wire.sent.pop()

    return send
