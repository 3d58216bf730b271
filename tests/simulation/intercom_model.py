"""What Intercom does with a request, as far as the simulation asks; it shares nothing with product and sandbox.

The facts are those of Intercom's reference, https://developers.intercom.com/docs/references/rest-api/api.intercom.io,
and of recorded answers: a creation never updates, leads may share an email, an archived contact is in the way and is
not shown, search lags behind writes, windows of 10 seconds end on the wall clock.

It also keeps a diary of what it has done for whom, which the invariants are held against.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

WINDOW = 10
IDENTIFIERS = ("external_id", "email")
WRITABLE = ("name", "phone", "signed_up_at")
OTHERS = "somebody else"


@dataclass(frozen=True)
class Deed:
    """Something that was done, and for whom."""

    at: float
    by: str
    what: str
    """insert, update, archive, unarchive, delete, event."""
    kind: str
    """contact, company, event."""
    id: str
    body: dict[str, Any]


@dataclass
class Thing:
    """A contact or a company."""

    id: str
    kind: str
    created_at: int
    role: str = "user"
    external_id: str | None = None
    """Of a company, its company_id."""
    email: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    state: str = "live"
    """live, archived, deleted."""
    shown: list[tuple[float, dict[str, Any] | None]] = field(default_factory=list)
    """What search shows of it, from when."""

    def as_json(self) -> dict[str, Any]:
        if self.kind == "company":
            return {"type": "company", "id": self.id, "company_id": self.external_id} | {
                "created_at": self.created_at,
                **self.values,
            }
        return {
            "type": "contact",
            "id": self.id,
            "role": self.role,
            "external_id": self.external_id,
            "email": self.email or "",
            "created_at": self.created_at,
            **self.values,
        }


@dataclass(frozen=True)
class Wire:
    """An answer on its way."""

    status: int
    headers: dict[str, str]
    body: bytes


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Intercom:
    """One workspace.

    Args:
        clock: Unix seconds, the true ones.
        chance: Decides what is Intercom's whim.
        limit: Calls in a window.
        lag: Seconds that search is behind, at most.
        emails_are_unique: Whether a creation is refused for its email though its external_id is new.
    """

    def __init__(
        self, clock: Callable[[], float], chance: Random, *, limit: int, lag: float, emails_are_unique: bool
    ) -> None:
        self._clock, self._chance = clock, chance
        self.limit, self.lag, self.emails_are_unique = limit, lag, emails_are_unique
        self.things: dict[str, Thing] = {}
        self.events: list[tuple[str, str, int]] = []
        """Contact, name, moment."""
        self.diary: list[Deed] = []
        self.calls: list[tuple[float, str]] = []
        """When, and for whom."""
        self.exceeded: list[float] = []
        """When a window was overrun."""
        self._window, self._count = 0, 0
        self._numbers = 0
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Any]]] = [
            (
                "GET",
                re.compile(r"/me"),
                lambda *_: {"type": "admin", "app": {"id_code": "wrk", "region": "US"}},
            ),
            ("POST", re.compile(r"/contacts"), self._create),
            ("POST", re.compile(r"/contacts/search"), self._search),
            ("GET", re.compile(r"/contacts/find_by_external_id/([^/]+)"), self._find),
            ("GET", re.compile(r"/contacts/([^/]+)"), self._read),
            ("PUT", re.compile(r"/contacts/([^/]+)"), self._update),
            ("DELETE", re.compile(r"/contacts/([^/]+)"), self._delete),
            ("POST", re.compile(r"/contacts/([^/]+)/archive"), self._archive),
            ("POST", re.compile(r"/contacts/([^/]+)/unarchive"), self._unarchive),
            ("POST", re.compile(r"/companies"), self._upsert_company),
            ("GET", re.compile(r"/companies"), self._find_company),
            ("GET", re.compile(r"/companies/([^/]+)"), self._read_company),
            ("PUT", re.compile(r"/companies/([^/]+)"), self._update_company),
            ("DELETE", re.compile(r"/companies/([^/]+)"), self._delete_company),
            ("POST", re.compile(r"/events"), self._event),
        ]

    def answer(self, by: str, method: str, target: str, body: bytes | None) -> Wire:
        """Do what is asked, and answer."""
        now = self._clock()
        self.calls.append((now, by))
        headers = self._count_call(now)
        if int(headers["X-RateLimit-Remaining"]) == 0:
            self.exceeded.append(now)
            message = f"Exceeded rate limit of {self.limit} in 10_seconds"
            return self.refusal(429, "rate_limit_exceeded", message, headers)
        path, _, query = target.partition("?")
        given = json.loads(body) if body else {key: each[0] for key, each in parse_qs(query).items()}
        for verb, pattern, handler in self._routes:
            found = pattern.fullmatch(path) if verb == method else None
            if found is None:
                continue
            try:
                told = handler(by, given, *map(unquote, found.groups()))
            except Refusal as refused:
                return self.refusal(refused.status, refused.code, refused.message, headers)
            if told is None:
                return Wire(202, headers, b"")
            return Wire(200, headers, json.dumps(told).encode())
        raise AssertionError(f"the model of Intercom knows no {method} {path}")

    def refusal(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Wire:
        """A list of errors, as Intercom words it."""
        errors = [{"code": code, "message": message}]
        body = json.dumps({"type": "error.list", "request_id": "r", "errors": errors}).encode()
        return Wire(status, headers or self._plain_headers(self._clock()), body)

    def live(self, kind: str = "contact") -> list[Thing]:
        """What is there to be seen."""
        return [each for each in self.things.values() if each.kind == kind and each.state == "live"]

    def make(self, by: str, kind: str = "contact", **given: Any) -> Thing:
        """Make a contact or a company."""
        self._numbers += 1
        made = Thing(f"65f{self._numbers:021x}", kind, int(self._clock()), **given)
        self.things[made.id] = made
        self._changed(by, "insert", made, given)
        return made

    def set_state(self, by: str, thing: Thing, state: str, what: str) -> None:
        """Archive, unarchive or delete."""
        thing.state = state
        self._changed(by, what, thing, {})

    def _changed(self, by: str, what: str, thing: Thing, body: dict[str, Any]) -> None:
        now = self._clock()
        self.diary.append(Deed(now, by, what, thing.kind, thing.id, body))
        seen = thing.as_json() if thing.state == "live" else None
        thing.shown.append((now + self._chance.random() * self.lag, seen))

    def _count_call(self, now: float) -> dict[str, str]:
        window = int(now // WINDOW)
        if window != self._window:
            self._window, self._count = window, 0
        remaining = max(0, self.limit - self._count)
        self._count += 1
        return self._headers(now, remaining)

    def _headers(self, now: float, remaining: int) -> dict[str, str]:
        return {
            **self._plain_headers(now),
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str((int(now // WINDOW) + 1) * WINDOW + 2),
        }

    @staticmethod
    def _plain_headers(now: float) -> dict[str, str]:
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Date": formatdate(int(now), usegmt=True),
        }

    def _contact(self, contact_id: str) -> Thing:
        found = self.things.get(contact_id)
        if found is None or found.kind != "contact" or found.state != "live":
            raise Refusal(404, "not_found", "User Not Found")
        return found

    def _create(self, by: str, body: dict[str, Any]) -> dict[str, Any]:
        role = body.get("role") or "user"
        if role == "user":
            self._refuse_a_double(body)
        made = self.make(
            by,
            role=role,
            external_id=body.get("external_id") if role == "user" else f"lead-{self._numbers}",
            email=_email(body.get("email")),
            values={name: body[name] for name in WRITABLE if name in body},
        )
        return made.as_json()

    def _refuse_a_double(self, body: dict[str, Any]) -> None:
        users = [each for each in self.things.values() if each.kind == "contact" and each.role == "user"]
        external_id, email = body.get("external_id"), _email(body.get("email"))
        same = [each for each in users if external_id and each.external_id == external_id]
        by_email = self.emails_are_unique or not external_id
        same += [
            each for each in users if email and each.email == email and (by_email or not each.external_id)
        ]
        same.sort(key=lambda each: each.state != "live")
        if same:
            which = "A contact" if same[0].state == "live" else "An archived contact"
            raise Refusal(
                409, "conflict", f"{which} matching those details already exists with id={same[0].id}"
            )

    def _update(self, by: str, body: dict[str, Any], contact_id: str) -> dict[str, Any]:
        contact = self._contact(contact_id)
        if contact.role == "user" and body.get("role") == "lead":
            raise Refusal(400, "client_error", "Contact with user role can't be converted to a lead")
        external_id = body.get("external_id")
        taken = [each for each in self.live() if each.external_id == external_id and each is not contact]
        if external_id and taken:
            raise Refusal(
                409, "conflict", f"A contact matching those details already exists with id={taken[0].id}"
            )
        had = contact.external_id if contact.role == "user" else None
        if "role" in body:
            contact.role = body["role"]
        if external_id and contact.role == "user":
            contact.external_id = external_id
        if "email" in body:
            contact.email = _email(body["email"])
        contact.values |= {name: body[name] for name in WRITABLE if name in body}
        self._changed(by, "update", contact, {**body, "had": had})
        return contact.as_json()

    def _read(self, _: str, __: dict[str, Any], contact_id: str) -> dict[str, Any]:
        return self._contact(contact_id).as_json()

    def _find(self, _: str, __: dict[str, Any], external_id: str) -> dict[str, Any]:
        for each in self.live():
            if each.role == "user" and each.external_id == external_id:
                return each.as_json()
        raise Refusal(404, "not_found", "User Not Found")

    def _delete(self, by: str, _: dict[str, Any], contact_id: str) -> dict[str, Any]:
        contact = self.things.get(contact_id)
        if contact is None or contact.kind != "contact" or contact.state == "deleted":
            raise Refusal(404, "not_found", "User Not Found")
        self.set_state(by, contact, "deleted", "delete")
        return {"id": contact.id, "object": "contact", "deleted": True}

    def _archive(self, by: str, _: dict[str, Any], contact_id: str) -> dict[str, Any]:
        contact = self.things.get(contact_id)
        if contact is None or contact.kind != "contact" or contact.state == "deleted":
            raise Refusal(404, "not_found", "User Not Found")
        self.set_state(by, contact, "archived", "archive")
        return {"id": contact.id, "object": "contact", "archived": True}

    def _unarchive(self, by: str, _: dict[str, Any], contact_id: str) -> dict[str, Any]:
        contact = self.things.get(contact_id)
        if contact is None or contact.kind != "contact":
            raise Refusal(404, "not_found", "User Not Found")
        if contact.state == "deleted":
            message = "User has been marked for permanent deletion and is not restorable."
            raise Refusal(400, "bad_request", message)
        self.set_state(by, contact, "live", "unarchive")
        return {"id": contact.id, "object": "contact", "archived": False}

    def _search(self, _: str, body: dict[str, Any]) -> dict[str, Any]:
        query, role = body["query"], None
        if query["operator"] == "AND":
            query, role = query["value"][0], query["value"][1]["value"]
        wanted = {str(each).lower() for each in query["value"]}
        now, found = self._clock(), []
        for each in self.things.values():
            seen = [told for since, told in each.shown if since <= now] if each.kind == "contact" else []
            told = seen[-1] if seen else None
            if told and str(told[query["field"]]).lower() in wanted and role in (None, told["role"]):
                found.append(told)
        first = int(body["pagination"].get("starting_after", 0))
        last = first + int(body["pagination"]["per_page"])
        following = {"starting_after": str(last)} if last < len(found) else None
        return {"type": "list", "data": found[first:last], "pages": {"type": "pages", "next": following}}

    def _company(self, intercom_id: str) -> Thing:
        found = self.things.get(intercom_id)
        if found is None or found.kind != "company" or found.state != "live":
            raise Refusal(404, "company_not_found", "Company Not Found")
        return found

    def _upsert_company(self, by: str, body: dict[str, Any]) -> dict[str, Any]:
        values = {name: body[name] for name in ("name", "plan") if name in body}
        for each in self.live("company"):
            if each.external_id == body["company_id"]:
                each.values |= values
                self._changed(by, "update", each, body)
                return each.as_json()
        return self.make(by, "company", external_id=body["company_id"], values=values).as_json()

    def _find_company(self, _: str, query: dict[str, Any]) -> dict[str, Any]:
        for each in self.live("company"):
            if each.external_id == query["company_id"]:
                return each.as_json()
        raise Refusal(404, "company_not_found", "Company Not Found")

    def _read_company(self, _: str, __: dict[str, Any], intercom_id: str) -> dict[str, Any]:
        return self._company(intercom_id).as_json()

    def _update_company(self, by: str, body: dict[str, Any], intercom_id: str) -> dict[str, Any]:
        company = self._company(intercom_id)
        company.values |= {name: body[name] for name in ("name", "plan") if name in body}
        self._changed(by, "update", company, body)
        return company.as_json()

    def _delete_company(self, by: str, _: dict[str, Any], intercom_id: str) -> dict[str, Any]:
        company = self._company(intercom_id)
        self.set_state(by, company, "deleted", "delete")
        return {"id": company.id, "object": "company", "deleted": True}

    def _event(self, by: str, body: dict[str, Any]) -> None:
        key = "id" if "id" in body else "external_id" if "user_id" in body else "email"
        value = body.get("id") or body.get("user_id") or body.get("email")
        found = [each for each in self.live() if getattr(each, key) == value]
        if key == "email":
            found = [each for each in found if each.role == "user"]
        if not found:
            raise Refusal(404, "not_found", "User Not Found")
        if len(found) > 1:
            message = "Multiple existing users match this email address - must be more specific using user_id"
            raise Refusal(400, "bad_request", message)
        event = (found[0].id, body["event_name"], body["created_at"])
        if key == "external_id" and event in self.events:
            return
        self.events.append(event)
        self.diary.append(Deed(self._clock(), by, "event", "event", found[0].id, body))


def _email(value: object) -> str | None:
    return str(value).strip().lower() if value else None
