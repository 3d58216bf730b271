"""Refusals, worded as Intercom words them.

Every refusal is an `error.list`:
https://developers.intercom.com/docs/references/rest-api/errors/error-objects.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class RequestId(Enum):
    """How a refusal's body gives the request's id; Intercom is not consistent."""

    GIVEN = "given"
    NULL = "null"
    ABSENT = "absent"


class IntercomError(Exception):
    """A request that Intercom answers with an `error.list`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        request_id: RequestId = RequestId.GIVEN,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        self.headers = dict(headers or {})
        super().__init__(f"{status} {code}: {message}")

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON body of the answer."""
        body: dict[str, Any] = {"type": "error.list"}
        if self.request_id is not RequestId.ABSENT:
            body["request_id"] = request_id if self.request_id is RequestId.GIVEN else None
        body["errors"] = [{"code": self.code, "message": self.message}]
        return body


def parameter_invalid(message: str) -> IntercomError:
    """A value that Intercom does not take."""
    return IntercomError(400, "parameter_invalid", message)


def parameter_missing(message: str) -> IntercomError:
    """A required value is absent. The message is ours: Intercom's is not documented."""
    return IntercomError(400, "parameter_missing", message)


def bad_parameter(name: str) -> IntercomError:
    """An unknown key at the top of the body; documented for POST and PUT /companies, without a request id."""
    return IntercomError(400, "bad_request", f"bad '{name}' parameter", request_id=RequestId.NULL)


def contact_not_found() -> IntercomError:
    """Intercom says "User" of leads too."""
    return IntercomError(404, "not_found", "User Not Found")


def contact_exists(contact_id: str, *, archived: bool) -> IntercomError:
    """The 409 of POST /contacts; a deleted contact is called archived too."""
    kind = "An archived contact" if archived else "A contact"
    message = f"{kind} matching those details already exists with id={contact_id}"
    return IntercomError(409, "conflict", message)


def contact_merged(canonical_id: str) -> IntercomError:
    """Since 2.16; before, a merged contact was simply not found."""
    return IntercomError(
        410,
        "contact_merged",
        "This contact has been merged. See the 'Link' header for the canonical contact.",
        request_id=RequestId.ABSENT,
        headers={"Link": f'</contacts/{canonical_id}>; rel="canonical"'},
    )


def company_not_found() -> IntercomError:
    """The company does not exist, or was deleted."""
    return IntercomError(404, "company_not_found", "Company Not Found")


def resource_not_found() -> IntercomError:
    """A tag, a conversation or a path that does not exist."""
    return IntercomError(404, "not_found", "Resource Not Found")


def token_invalid() -> IntercomError:
    """No token, or not the workspace's."""
    return IntercomError(401, "unauthorized", "Access Token Invalid")


def scope_missing() -> IntercomError:
    """The token is valid but was not given the scope: also a 401, told apart by its code."""
    return IntercomError(401, "token_unauthorized", "Not authorized to access resource")
