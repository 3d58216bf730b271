"""No answer that Intercom did not give, to that very request, is ever believed."""

from __future__ import annotations

import gzip
import importlib
import inspect
import json
import pkgutil
import socket
import threading
import tracemalloc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from forging_server import (
    PAGE,
    Asked,
    Forger,
    answer,
    bomb,
    cut,
    drips,
    endless,
    in_json,
    listening,
    page,
    says,
)

from dbt_intercom_activate import intercom
from dbt_intercom_activate.errors import ActivateError, AnswerLost, IntercomDown, Interrupted, Unreachable
from dbt_intercom_activate.intercom import (
    account,
    companies,
    connections,
    contacts,
    conversations,
    counts,
    data_attributes,
    events,
    memberships,
    tags,
    tickets,
)
from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.intercom.pacing import Pacer
from dbt_intercom_activate.intercom.scopes import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forging_server import Forgery

    from dbt_intercom_activate.intercom.api import Request

ID, OTHER_ID = "6762f0dd1bb69f9f2193bb83", "6762f0dd1bb69f9f2193bb84"
CONTACT = {"type": "contact", "id": ID, "external_id": "7", "email": "ada@example.com", "role": "user"}
COMPANY = {"type": "company", "id": ID, "company_id": "acme", "name": "Acme"}
TAG = {"type": "tag", "id": ID, "name": "VIP"}
ATTRIBUTE = {"type": "data_attribute", "name": "plan", "model": "contact", "data_type": "string"}
PAGES = {"type": "pages", "page": 1, "per_page": 1, "total_pages": 1}
ME = {"type": "admin", "id": "1", "app": {"type": "app", "id_code": "abc123"}}
COUNTS = {"type": "count.hash", "user": {"count": 2}, "lead": {"count": 1}, "company": {"count": 0}}
TOKEN = "dG9rOmVuLW9mLXRoZS10ZXN0"


def listed(*items: object) -> dict[str, Any]:
    return {"type": "list", "data": [*items], "total_count": len(items), "pages": PAGES}


def refused(code: str) -> dict[str, Any]:
    return {"type": "error.list", "request_id": "r1", "errors": [{"code": code, "message": "no"}]}


@dataclass(frozen=True)
class Case:
    """What a builder makes, and an answer to it as Intercom's reference shows it; None is 202 with nothing in it."""

    request: Request
    good: Any

    @property
    def raw(self) -> bytes:
        return answer(202, b"", None) if self.good is None else in_json(self.good)


CASES: dict[object, list[Case]] = {
    account.whoami: [Case(account.whoami(), ME)],
    account.exchange_code: [
        Case(account.exchange_code("c", "id", "s"), {"token_type": "Bearer", "token": "t"})
    ],
    contacts.create_contact: [
        Case(
            contacts.create_contact({"external_id": "7", "email": "Ada@example.com"}, repeatable=True),
            CONTACT,
        ),
        Case(
            contacts.create_contact(
                {"role": "lead", "external_id": "7", "email": "ada@example.com"}, repeatable=False
            ),
            CONTACT | {"role": "lead", "external_id": "made up by Intercom"},
        ),
    ],
    contacts.update_contact: [Case(contacts.update_contact(ID, {"external_id": "7"}), CONTACT)],
    contacts.get_contact: [Case(contacts.get_contact(ID), CONTACT)],
    contacts.find_contact: [Case(contacts.find_contact("7"), CONTACT)],
    contacts.archive_contact: [
        Case(contacts.archive_contact(ID), {"type": "contact", "id": ID, "archived": True}),
        Case(contacts.archive_contact(ID), {"object": "contact", "id": ID, "archived": True}),
    ],
    contacts.unarchive_contact: [
        Case(contacts.unarchive_contact(ID), {"object": "contact", "id": ID, "archived": False})
    ],
    contacts.delete_contact: [
        Case(contacts.delete_contact(ID), {"object": "contact", "id": ID, "deleted": True})
    ],
    contacts.search_contacts: [
        Case(contacts.search_contacts("external_id", ["7"]), listed(CONTACT)),
        Case(contacts.search_contacts("email", ["nobody@example.com"]), listed()),
    ],
    companies.upsert_company: [
        Case(companies.upsert_company({"company_id": "acme"}), COMPANY),
        Case(companies.upsert_company({"name": "Acme"}), COMPANY),
    ],
    companies.update_company: [Case(companies.update_company(ID, {"name": "Acme"}), COMPANY)],
    companies.get_company: [Case(companies.get_company(ID), COMPANY)],
    companies.find_company: [
        Case(companies.find_company("acme"), COMPANY),
        Case(companies.find_company("acme"), listed(COMPANY)),
        Case(companies.find_company("acme"), listed()),
    ],
    companies.delete_company: [
        Case(companies.delete_company(ID), {"object": "company", "id": ID, "deleted": True})
    ],
    memberships.attach_company: [Case(memberships.attach_company("7", ID), COMPANY)],
    memberships.detach_company: [Case(memberships.detach_company("7", ID), COMPANY)],
    events.send_event: [
        Case(events.send_event(event_name="ordered", created_at=1, user_id="7"), None),
        Case(events.send_event(event_name="ordered", created_at=1, id=ID), None),
    ],
    tags.list_tags: [Case(tags.list_tags(), {"type": "list", "data": [TAG]})],
    tags.create_tag: [Case(tags.create_tag("vip"), TAG)],
    tags.tag_contacts: [
        Case(tags.tag_contacts("VIP", [ID]), TAG | {"users": [{"id": ID, "tagged": True}], "companies": []})
    ],
    tags.tag_companies: [Case(tags.tag_companies("VIP", [ID]), TAG)],
    tags.tag_contact: [Case(tags.tag_contact("7", ID), TAG | {"applied_at": 1})],
    tags.untag_contact: [Case(tags.untag_contact("7", ID), TAG)],
    conversations.tag_conversation: [Case(conversations.tag_conversation("7", ID, "1"), TAG)],
    conversations.untag_conversation: [Case(conversations.untag_conversation("7", ID, "1"), TAG)],
    tickets.tag_ticket: [Case(tickets.tag_ticket("7", ID, "1"), TAG)],
    tickets.untag_ticket: [Case(tickets.untag_ticket("7", ID, "1"), TAG)],
    data_attributes.list_data_attributes: [
        Case(data_attributes.list_data_attributes("contact"), {"type": "list", "data": [ATTRIBUTE]})
    ],
    data_attributes.create_data_attribute: [
        Case(data_attributes.create_data_attribute("contact", "plan", "string"), ATTRIBUTE)
    ],
    counts.count_all: [Case(counts.count_all(), COUNTS)],
    counts.count_contacts: [Case(counts.count_contacts("user"), listed(CONTACT))],
    counts.count_companies: [Case(counts.count_companies(), listed(COMPANY))],
}
"""Each builder of the API's rooms."""

ALL = [case for cases in CASES.values() for case in cases]

FORGERIES: dict[str, Forgery] = {
    "a page": page(200),
    "a page that calls itself JSON": says(answer(200, PAGE)),
    "JSON that calls itself a page": says(answer(200, json.dumps(CONTACT).encode(), "text/html")),
    "JSON that does not say what it is": says(answer(200, json.dumps(CONTACT).encode(), None)),
    "nothing": says(answer(200, b"", None)),
    "nothing, in JSON": says(answer(200, b"")),
    "no content": says(answer(204, b"", None)),
    "null": says(in_json(None)),
    "a JSON list": says(in_json([CONTACT])),
    "an empty object": says(in_json({})),
    "an error list as a success": says(in_json(refused("not_found"))),
    "another kind": says(in_json({"type": "conversation", "id": ID, "name": "VIP", "data": []})),
    "a list of another kind": says(in_json({"type": "list", "data": [{"type": "note", "id": "1"}]})),
    "half a body": cut(in_json(CONTACT)),
    "half a JSON document": says(answer(200, json.dumps(CONTACT).encode()[:-5])),
    "too deep": says(answer(200, b"[" * 100_000)),
    "early hints": says(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"),
    "a change of protocol": says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
    "no HTTP": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "an unknown packing": says(answer(200, json.dumps(CONTACT).encode(), Content_Encoding="br")),
    "a packing that is none": says(answer(200, json.dumps(CONTACT).encode(), Content_Encoding="gzip")),
    **{f"a page with {status}": page(status) for status in (400, 401, 402, 403, 404, 409, 410, 413, 422)},
    **{f"JSON of a gateway with {status}": says(in_json({"message": "no"}, status)) for status in (401, 404)},
    **{f"nothing with {status}": says(answer(status, b"", None)) for status in (401, 403, 404, 410)},
    "a refusal without a code": says(in_json({"type": "error.list", "errors": [{"message": "x"}]}, 404)),
    "a redirect": page(302, Location="/me"),
    "a redirect to itself": page(308, Location="/contacts"),
    "a redirect to nowhere": page(301, Location="http://[::1"),
}
"""Answers that are nobody's: whatever the endpoint."""

BROTHERS = {
    *(f"a page with {status}" for status in (400, 401, 402, 409, 410, 413, 422)),
    *(f"nothing with {status}" for status in (401, 403, 410)),
    "JSON of a gateway with 401",
    "nothing, in JSON",
    "null",
    "a redirect to itself",
    "a redirect to nowhere",
    "an unknown packing",
    "a change of protocol",
}
"""Those of which another one of the same kind is quick."""


ANOTHER = {
    "id": OTHER_ID,
    "external_id": "8",
    "email": "eve@example.com",
    "company_id": "other",
    "name": "other",
}


def forged(good: Any) -> dict[str, Any]:
    """Answers that look like the right one, and are about something else, or lack what counts."""
    if not isinstance(good, dict) or good.get("type") == "list" or "id" not in good or "app" in good:
        return {}
    return {
        "another id": good | ANOTHER,
        "a number for an id": good | {"id": 7},
        "an empty id": good | {"id": ""},
        "no id": {name: value for name, value in good.items() if name != "id"},
        "another type": good | {"type": "visitor", "object": "visitor"},
        **{f"not {word}": good | {word: not good[word]} for word in ("archived", "deleted") if word in good},
        **{
            f"without {word}": {name: value for name, value in good.items() if name != word}
            for word in ("archived", "deleted")
            if word in good
        },
    }


@pytest.fixture
def forger() -> Iterator[Forger]:
    with Forger(lambda _: None).serving() as it:
        yield it


def connect(url: str, **options: Any) -> IntercomClient:
    options = {"timeout": 5.0, **options}
    return IntercomClient(url, TOKEN, "2.16", pacer=Pacer(), sleep=lambda _: None, **options)


def believed(forger: Forger, request: Request, forgery: Forgery, **options: Any) -> str | None:
    """What was believed of a forged answer; None where nothing was."""
    forger.reused.clear()
    client = connect(forger.url, **options)
    forger.forge = lambda asked: says(in_json(ME)) if asked.path == "/me" else forgery
    if request.path == "/me":
        forger.forge = lambda _: forgery
    try:
        return f"HTTP {client.send(request).status}"
    except IntercomDown:
        # Only where GET /me itself is forged is there no Intercom at all.
        return None if request.path == "/me" else "IntercomDown"
    except (AnswerLost, Unreachable) as error:
        is_wrong = isinstance(error, AnswerLost) == request.repeatable
        used_again = [line for line in forger.reused if not line.endswith("/me")]
        return str(error) if is_wrong else f"used again: {used_again}" if used_again else None
    except ActivateError as error:
        return type(error).__name__
    finally:
        client.close()


def builders() -> Iterator[object]:
    for module_info in pkgutil.iter_modules(intercom.__path__, f"{intercom.__name__}."):
        module = importlib.import_module(module_info.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            returns = function.__annotations__.get("return")
            if function.__module__ == module.__name__ and returns == "Request" and not name.startswith("_"):
                yield function


def test_every_builder_of_requests_is_tried() -> None:
    assert set(builders()) == set(CASES)


def test_intercoms_own_answers_are_believed(forger: Forger) -> None:
    client = connect(forger.url)
    refusals = []
    for case in ALL:
        forger.forge = lambda _, case=case: says(case.raw)
        if not client.send(case.request).ok:
            refusals.append(case.request.endpoint)

    assert refusals == []
    assert len(forger.connections) == 1


@pytest.mark.parametrize(
    "forgery",
    [pytest.param(each, marks=pytest.mark.slow if each in BROTHERS else ()) for each in FORGERIES],
)
def test_what_is_nobodys_answer_is_none(forgery: str, forger: Forger) -> None:
    lenient = {account.exchange_code, counts.count_all}
    offenders = [
        f"{case.request.endpoint}: {what}"
        for builder, cases in CASES.items()
        for case in cases[:1]
        if builder not in lenient and (what := believed(forger, case.request, FORGERIES[forgery])) is not None
    ]

    assert offenders == []


def test_a_success_is_about_what_was_asked(forger: Forger) -> None:
    offenders = [
        f"{case.request.endpoint} with {name}: {what}"
        for case in ALL
        for name, body in forged(case.good).items()
        if (name, case.request.endpoint) not in NAMES_NOTHING
        and (what := believed(forger, case.request, says(in_json(body)))) is not None
    ]

    assert offenders == []


NAMES_NOTHING = {("another id", "POST /companies")}
"""A company that is made without a company_id: any company may be the answer."""


def test_a_list_of_other_companies_does_not_mean_absent(forger: Forger) -> None:
    others = says(in_json(listed(COMPANY | {"company_id": "another"})))

    assert believed(forger, companies.find_company("acme"), others) is None


def test_no_probe_of_a_scope_believes_a_page(forger: Forger) -> None:
    probes = [each for scope in SCOPES for each in (scope.probe, scope.unless) if each is not None]
    offenders = [
        f"{probe.endpoint}: {what}"
        for probe in probes
        for forgery in (page(200), page(404), says(in_json({})), says(answer(200, b"", None)))
        if (what := believed(forger, probe, forgery)) is not None
    ]

    assert offenders == []


@pytest.mark.parametrize("status", [408, 500, 502, 503])
def test_a_proxy_may_say_later_in_its_own_words(status: int, forger: Forger) -> None:
    forgeries = [page(status), says(in_json(CONTACT))]
    forger.forge = lambda _: forgeries.pop(0)

    assert connect(forger.url).send(contacts.get_contact(ID)).ok
    assert forger.reused == []


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
NEVER_ENDING: dict[str, Forgery] = {
    "a body that drips": drips(HEAD + b"Content-Length: 100000\r\n\r\n{"),
    "a body that drips, without a length": drips(HEAD + b"\r\n{"),
    "a body that drips on a connection that is to close": drips(HEAD + b"Connection: close\r\n\r\n{"),
    "chunks that drip": drips(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a header that drips": drips(HEAD + b"X-A: ", b"a"),
    "a status line that drips": drips(b"HTTP/1.1 2", b"0"),
    "an interim answer again and again": drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the body of a redirect that drips": drips(b"HTTP/1.1 302 Found\r\nLocation: /me\r\n\r\n"),
    "silence": drips(b"", b""),
}
TOO_LARGE: dict[str, Forgery] = {
    "a body without an end": endless(HEAD + b"\r\n{", b" " * 65_536),
    "chunks without an end": endless(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65_536 + b"\r\n"
    ),
    "a chunk of no size that there is": endless(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", b" " * 65_536
    ),
    "a redirect without an end": endless(b"HTTP/1.1 302 Found\r\nLocation: /me\r\n\r\n", b" " * 65_536),
    "a body that unpacks to 200 MiB": bomb(200),
}


@pytest.mark.parametrize("forgery", NEVER_ENDING)
def test_an_answer_that_does_not_end_is_none(forgery: str, forger: Forger) -> None:
    lead = contacts.create_contact({"role": "lead"}, repeatable=False)

    assert believed(forger, lead, NEVER_ENDING[forgery], timeout=0.3) is None


@pytest.mark.parametrize("forgery", TOO_LARGE)
def test_an_answer_that_is_too_large_is_none(forgery: str, forger: Forger) -> None:
    lead = contacts.create_contact({"role": "lead"}, repeatable=False)
    tracemalloc.start()
    try:
        assert believed(forger, lead, TOO_LARGE[forgery], timeout=60.0) is None
        assert tracemalloc.get_traced_memory()[1] < 4 * connections.LARGEST
    finally:
        tracemalloc.stop()


def test_a_packed_answer_is_unpacked(forger: Forger) -> None:
    packed = gzip.compress(json.dumps(CONTACT).encode())
    forger.forge = lambda _: says(answer(200, packed, Content_Encoding="gzip"))

    assert connect(forger.url).send(contacts.get_contact(ID)).ok
    assert forger.asked[0].headers["accept-encoding"] == "gzip"


def test_an_interim_answer_shifts_none_that_follow(forger: Forger) -> None:
    """Python takes 103 for the answer, and the answer for that to the next request on the connection."""
    ids = [f"{number:024x}" for number in range(1, 7)]
    hinted: set[str] = set()

    def forge(asked: Asked) -> Forgery:
        contact_id = asked.path.rpartition("/")[2]
        true = in_json({"type": "contact", "id": contact_id})
        if contact_id in hinted or int(contact_id, 16) % 2:
            return says(true)
        hinted.add(contact_id)
        return says(b"HTTP/1.1 103 Early Hints\r\n\r\n" + true)

    forger.forge = forge
    client = connect(forger.url)
    got = [contacts.read_contact(client.send(contacts.get_contact(each))) for each in ids]

    assert [each.id for each in got if each] == ids


@pytest.mark.parametrize("contact_id", [ID, OTHER_ID])
def test_an_answer_too_many_is_none(contact_id: str, forger: Forger) -> None:
    """It waits on the connection for the next request."""

    def forge(asked: Asked) -> Forgery:
        true = in_json({"type": "contact", "id": asked.path.rpartition("/")[2]})
        return says(true + in_json({"type": "contact", "id": "stale"}))

    forger.forge = forge
    client = connect(forger.url)
    got = [contacts.read_contact(client.send(contacts.get_contact(each))) for each in (ID, contact_id, ID)]

    assert [each.id for each in got if each] == [ID, contact_id, ID]


class TestEnding:
    @pytest.mark.parametrize("forgery", NEVER_ENDING)
    def test_a_run_ends_whatever_the_server_does(self, forgery: str, forger: Forger) -> None:
        """The time of one answer is an hour: only the end of the run can end this."""
        asked, ended = threading.Event(), []

        def forge(_: Asked) -> Forgery:
            asked.set()
            return NEVER_ENDING[forgery]

        forger.forge = forge
        client = connect(forger.url, timeout=3600.0, grace=0.2)

        def work() -> None:
            with pytest.raises(Interrupted):
                client.send(contacts.get_contact(ID))
            ended.append(True)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        asked.wait(10)
        client.stop()
        thread.join(30)

        assert ended == [True]

    def test_an_answer_that_comes_within_the_grace_counts(self, forger: Forger) -> None:
        client = connect(forger.url)

        def forge(_: Asked) -> Forgery:
            client.stop()
            return says(in_json(CONTACT))

        forger.forge = forge

        assert client.send(contacts.get_contact(ID)).ok


class TestUnsent:
    """What fails before a request left is safe to send again, be it a lead."""

    LEAD = contacts.create_contact({"role": "lead"}, repeatable=False)

    @pytest.mark.parametrize(
        "said",
        [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x03\x40\x00"],
        ids=["closed", "no TLS", "cut"],
    )
    def test_a_handshake_that_fails_sends_nothing(self, said: bytes) -> None:
        with listening(said) as (port, _):
            client = connect(f"https://127.0.0.1:{port}")
            with pytest.raises(IntercomDown, match="no connection"):
                client.send(self.LEAD)

        assert client.calls == 0

    @pytest.mark.parametrize(
        "said",
        [b"", b"HTTP/1.1 403 Forbidden\r\n\r\n", b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"],
        ids=["closed", "refused", "nobody there"],
    )
    def test_a_proxy_that_fails_sends_nothing(self, said: bytes, monkeypatch) -> None:
        with listening(said) as (port, _):
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
            client = connect("https://api.intercom.io")
            with pytest.raises(IntercomDown, match="no connection"):
                client.send(self.LEAD)

        assert client.calls == 0

    def test_a_server_that_takes_it_may_have_done_it(self, forger: Forger) -> None:
        forger.forge = lambda _: lambda connection, _asked: connection.shutdown(socket.SHUT_RDWR)
        with pytest.raises(AnswerLost):
            connect(forger.url).send(self.LEAD)

        assert len(forger.asked) == 1


class TestProxies:
    @pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
    def test_loopback_never_goes_through_one(self, name: str, forger: Forger, monkeypatch) -> None:
        forger.forge = lambda _: says(in_json(ME))
        with listening(b"") as (port, came):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
            answered = connect(forger.url).send(account.whoami())

        assert answered.ok
        assert came == []

    def test_a_proxy_sees_only_the_name_of_a_host(self, monkeypatch) -> None:
        with listening(b"HTTP/1.1 403 Forbidden\r\n\r\n") as (port, came):
            monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
            with pytest.raises(IntercomDown):
                connect("https://api.intercom.io").send(account.whoami())

        assert came
        assert all(each.startswith(b"CONNECT api.intercom.io:443 ") for each in came)
        assert TOKEN.encode() not in b"".join(came)
