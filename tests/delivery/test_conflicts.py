"""Whose contact a 409 or a search names: the conversation about one record, its answers given by the test.

No server and no time: each test says what Intercom answers, and looks at what is asked next and what comes of it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from dbt_intercom_activate.binding.record import Record, Rules
from dbt_intercom_activate.delivery import contact
from dbt_intercom_activate.delivery.contact_lookup import search
from dbt_intercom_activate.intercom.api import Answer, read_answer
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.outcomes.codes import Code

NOW = 1_700_000_000
UPSERT = Rules(Behaviour.UPSERT, "external_id")
INSERT = Rules(Behaviour.INSERT, "external_id")


def record(**changes: Any) -> Record:
    known = {"seq": 1, "identifier": "u1", "known_id": None, "payload_hash": "hash"}
    payload = {"external_id": "u1", "email": "u1@example.com", "name": "Ada"}
    return Record(**{**known, "payload": payload, **changes})


def answer(status: int, body: dict[str, Any] | None = None, *, repeated: bool = False) -> Answer:
    """An answer of this moment; to a request that was sent before, where it is repeated."""
    headers = {"Content-Type": "application/json"}
    return read_answer(status, headers, json.dumps(body).encode(), server_time=NOW, repeated=repeated)


def person(contact_id: str = "c1", **changes: Any) -> dict[str, Any]:
    known = {"type": "contact", "id": contact_id, "external_id": "u1", "email": "u1@example.com"}
    return {**known, "role": "user", "created_at": NOW, **changes}


def refused(code: str, message: str) -> dict[str, Any]:
    return {"type": "error.list", "errors": [{"code": code, "message": message}]}


def named(contact_id: str = "c1", *, repeated: bool = False, archived: bool = False) -> Answer:
    """The 409 that names a contact."""
    beginning = "An archived contact" if archived else "A contact"
    message = f"{beginning} matching those details already exists with id={contact_id}"
    return answer(409, refused("conflict", message), repeated=repeated)


def said(talk: Any, *answers: Answer) -> tuple[list[str], Any]:
    """What is asked, as method and path, and what comes of it once every answer was given."""
    asked = [next(talk)]
    given = iter(answers)
    try:
        while True:
            asked.append(talk.send(next(given)))
    except StopIteration as end:
        assert next(given, None) is None, "there were more answers than questions"
        return [f"{each.method} {each.path}" for each in asked], end.value


CREATED_THEN_READ = ["POST /contacts", "GET /contacts/c1"]
CREATED_AND_UPDATED = [*CREATED_THEN_READ, "PUT /contacts/c1"]


@pytest.mark.parametrize("created_at", [NOW, NOW + 1], ids=["in the same second", "later"])
def test_a_repeated_creation_finds_its_own_contact(created_at):
    own = answer(200, person(created_at=created_at))
    asked, outcome = said(contact.write(UPSERT, record(), ()), named(repeated=True), own)

    assert asked == CREATED_THEN_READ
    assert (outcome.operation.value, outcome.code, outcome.intercom_id) == ("insert", None, "c1")


@pytest.mark.parametrize(
    ("theirs", "code"),
    [
        ({"external_id": None}, None),
        ({"email": "other@example.com"}, None),
        ({"external_id": "u2"}, Code.IDENTIFIER_CONFLICT),
        ({"created_at": NOW - 1}, None),
        ({"created_at": None}, None),
    ],
    ids=["no external_id", "another email", "another external_id", "a second older", "no date"],
)
def test_a_repeated_creation_does_not_own_another_contact(theirs, code):
    """It was made in the same second, perhaps, and not by us: it holds nothing of the record but an identifier."""
    answers = [named(repeated=True), answer(200, person(**theirs))]
    if code is None:
        answers.append(answer(200, person()))
    asked, outcome = said(contact.write(UPSERT, record(), ()), *answers)

    assert asked == (CREATED_AND_UPDATED if code is None else CREATED_THEN_READ)
    assert (outcome.operation.value, outcome.code) == ("update", code)


def test_a_first_creation_that_is_refused_owns_nothing():
    """Nobody else's contact becomes ours by being made in this very second."""
    asked, outcome = said(contact.write(INSERT, record(), ()), named(), answer(200, person()))

    assert asked == CREATED_THEN_READ
    assert outcome.code is Code.ALREADY_EXISTS


@pytest.mark.parametrize(
    ("first_attempt_at", "theirs", "code"),
    [
        (NOW, {}, None),
        (NOW + 1, {}, Code.ALREADY_EXISTS),
        (None, {}, Code.ALREADY_EXISTS),
        (NOW, {"email": "other@example.com"}, Code.ALREADY_EXISTS),
        (NOW, {"external_id": None}, Code.ALREADY_EXISTS),
        (NOW, {"created_at": None}, Code.ALREADY_EXISTS),
    ],
    ids=["of that second", "before it", "no attempt", "another email", "no external_id", "no date"],
)
@pytest.mark.parametrize("way", ["by search", "by 409"])
def test_an_insert_owns_what_its_earlier_attempt_made(way, first_attempt_at, theirs, code):
    ours = record(first_attempt_at=first_attempt_at)
    if way == "by 409":
        _, outcome = said(contact.write(INSERT, ours, ()), named(), answer(200, person(**theirs)))
    else:
        found = contact.api.read_contact(answer(200, person(**theirs)))
        with pytest.raises(StopIteration) as end:
            next(contact.write(INSERT, ours, (found,)))
        outcome = end.value.value

    assert (outcome.code, outcome.intercom_id) == (code, "c1")


def test_a_conflict_that_cannot_be_read_touches_nobody():
    asked, outcome = said(contact.write(UPSERT, record(), ()), named(), answer(404, refused("not_found", "")))

    assert asked == CREATED_THEN_READ
    assert (outcome.code, outcome.intercom_id) == (Code.REJECTED, "c1")


def test_a_conflict_without_a_name_is_told_by_its_words():
    several = answer(409, refused("conflict", "Multiple existing users match this email address"))
    for given, code in ((several, Code.AMBIGUOUS_MATCH), (answer(409, refused("x", "no")), Code.REJECTED)):
        assert said(contact.write(UPSERT, record(), ()), given)[1].code is code


@pytest.mark.parametrize("rules", [UPSERT, INSERT], ids=["upsert", "insert"])
@pytest.mark.parametrize(
    ("payload", "unrepeatable"),
    [
        ({"role": "lead", "email": "u1@example.com"}, True),
        ({"name": "Ada"}, True),
        ({"email": "u1@example.com"}, False),
        ({"role": "user", "external_id": "u1"}, False),
        ({"role": None, "external_id": "u1"}, False),
    ],
    ids=["a lead", "nobody", "an email", "a user", "no role"],
)
def test_who_is_announced_before_it_is_created(rules, payload, unrepeatable):
    made = record(identifier=payload.get("external_id"), payload=payload)
    (asked, _) = said(contact.write(rules, made, ()), answer(200, person()))

    assert asked == ["POST /contacts"]
    assert contact.is_unrepeatable(rules, made) is unrepeatable
    assert next(contact.write(rules, made, ())).repeatable is not unrepeatable


@pytest.mark.parametrize(
    ("rules", "changes"),
    [
        (Rules(Behaviour.UPDATE, "external_id"), {}),
        (Rules(Behaviour.ARCHIVE, "external_id"), {}),
        (UPSERT, {"known_id": "c1"}),
        (Rules(Behaviour.UPSERT, "id"), {"identifier": "c1"}),
    ],
    ids=["an update", "an archive", "a known contact", "a contact that the row names"],
)
def test_what_creates_nothing_is_not_announced(rules, changes):
    assert not contact.is_unrepeatable(rules, record(payload={"role": "lead"}, **changes))


def test_an_insert_of_a_known_lead_is_announced():
    """It does not look at what it knows: it creates."""
    made = record(payload={"role": "lead"}, identifier=None)
    assert contact.is_unrepeatable(Rules(Behaviour.INSERT, None), made)


def page(*people: dict[str, Any], cursor: str | None = None) -> Answer:
    pages = {"next": {"starting_after": cursor}} if cursor else {}
    return answer(200, {"type": "list", "data": list(people), "pages": pages})


@pytest.mark.parametrize("first", [1, 2, 3], ids=["fewer", "as many", "more"])
def test_every_page_of_a_search_is_read(first):
    """However many contacts the first page has beside those that were asked for: leads may share an email."""
    rules, wanted = Rules(Behaviour.UPSERT, "email"), ["u1@example.com", "u2@example.com"]
    leads = [person(f"lead{number}") for number in range(first)]
    asked, found = said(
        search(rules, wanted), page(*leads, cursor="2"), page(person("last", email="U2@example.com"))
    )

    assert asked == ["POST /contacts/search"] * 2
    assert {each: len(of) for each, of in found.items()} == {wanted[0]: first, wanted[1]: 1}


def test_a_search_that_is_too_large_is_halved_and_whole():
    wanted = ["u1", "u2", "u3"]
    too_large = answer(400, refused("parameter_invalid", "too many"))
    one, two = page(person("c1")), page(person("c2", external_id="u2"), person("c3", external_id="u3"))
    asked, found = said(search(UPSERT, wanted), too_large, one, two)

    assert len(asked) == 3
    assert {key: [each.id for each in of] for key, of in found.items()} == {
        "u1": ["c1"],
        "u2": ["c2"],
        "u3": ["c3"],
    }
    assert said(search(UPSERT, ["u1"]), too_large) == (["POST /contacts/search"], {})


def test_a_known_contact_that_is_gone_is_matched_afresh():
    gone = answer(404, refused("not_found", "no such contact"))
    asked, outcome = said(
        contact.write(UPSERT, record(known_id="c0"), ()), gone, page(person()), answer(200, person())
    )
    assert asked == ["PUT /contacts/c0", "POST /contacts/search", "PUT /contacts/c1"]
    assert (outcome.code, outcome.intercom_id) == (None, "c1")


@pytest.mark.parametrize("repeated", [False, True])
def test_a_deletion_that_finds_nothing_was_ours_if_repeated(repeated):
    gone = answer(404, refused("not_found", "no such contact"), repeated=repeated)
    asked, outcome = said(contact.write(Rules(Behaviour.DELETE, "id"), record(identifier="c1"), ()), gone)

    assert asked == ["DELETE /contacts/c1"]
    assert outcome.code is (None if repeated else Code.NOT_FOUND)


def test_what_this_tool_deleted_is_called_deleted():
    archived = named("c9", archived=True)
    rules = Rules(Behaviour.UPSERT, "external_id", unarchive=True)
    asked, outcome = said(contact.write(rules, record(deleted_id="c9"), ()), archived)
    assert (asked, outcome.code) == (["POST /contacts"], Code.DELETED)


@pytest.mark.parametrize("archived_again", [200, 500], ids=["archived again", "left unarchived"])
def test_a_foreign_archived_contact_goes_back(archived_again):
    rules = Rules(Behaviour.UPSERT, "external_id", unarchive=True)
    foreign = answer(200, person(external_id="u2"))
    asked, outcome = said(
        contact.write(rules, record(), ()),
        named(archived=True),
        answer(200, person()),
        foreign,
        answer(archived_again, person()),
    )
    assert asked[1:] == ["POST /contacts/c1/unarchive", "GET /contacts/c1", "POST /contacts/c1/archive"]
    assert outcome.code is Code.IDENTIFIER_CONFLICT
    assert outcome.message.endswith("it is unarchived now") is (archived_again == 500)


@pytest.mark.parametrize(
    ("theirs", "ours", "conflict"),
    [
        ({}, {}, None),
        ({"external_id": None}, {}, None),
        ({"external_id": None, "email": "u2@example.com"}, {}, Code.IDENTIFIER_CONFLICT),
        ({"external_id": "u2"}, {}, Code.IDENTIFIER_CONFLICT),
        ({"external_id": "made-up", "role": "lead"}, {}, None),
        ({"external_id": "made-up", "role": "lead", "email": "x@example.com"}, {}, Code.IDENTIFIER_CONFLICT),
        ({"role": "user"}, {"role": "lead"}, Code.ROLE_CONFLICT),
        ({"email": "U1@Example.com", "external_id": None}, {}, None),
    ],
    ids=[
        "its own",
        "its email, no external_id",
        "nothing shared",
        "another external_id",
        "a lead of its email",
        "a lead of another email",
        "a user, and the record a lead",
        "its email in other letters",
    ],
)
def test_whom_a_conflict_lets_an_upsert_touch(theirs, ours, conflict):
    made = record(payload={**record().payload, **ours})
    answers = [named(), answer(200, person(**theirs))]
    if conflict is None:
        answers.append(answer(200, person()))
    asked, outcome = said(contact.write(UPSERT, made, ()), *answers)

    assert outcome.code is conflict
    assert asked == (CREATED_AND_UPDATED if conflict is None else CREATED_THEN_READ)


# What each refusal comes to, and what is asked after it


GONE = answer(404, refused("not_found", "no such contact"))
MERGED = read_answer(
    410,
    {"Content-Type": "application/json", "Link": '</contacts/c7>; rel="canonical"'},
    json.dumps(refused("gone", "merged")).encode(),
)
NO = answer(422, refused("parameter_invalid", "no"))
WORDLESS = answer(422, {"type": "error.list", "errors": [{"code": "parameter_invalid"}]})
ARCHIVE = Rules(Behaviour.ARCHIVE, "external_id")
ARCHIVED_NOW = answer(200, person())


def told(outcome: Any) -> tuple[str, str | None, str | None]:
    """Operation, code and id."""
    return (outcome.operation.value, outcome.code.value if outcome.code else None, outcome.intercom_id)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([ARCHIVED_NOW], ("archive", None, "c1")),
        ([GONE, page(person("c2")), ARCHIVED_NOW], ("archive", None, "c2")),
        ([GONE, page(), GONE], ("none", "not_found", None)),
        ([GONE, page(person("c2")), GONE], ("archive", "not_found", None)),
        ([GONE, page(), MERGED], ("none", "merged", "c7")),
        ([GONE, page(), NO], ("none", "rejected", None)),
        ([MERGED, page(), GONE], ("none", "merged", "c7")),
        ([NO], ("archive", "rejected", "c1")),
        ([WORDLESS], ("archive", "rejected", "c1")),
    ],
    ids=[
        "done",
        "found afresh",
        "nowhere",
        "gone meanwhile",
        "merged, as reading says",
        "reading is refused",
        "merged",
        "refused",
        "refused without a word",
    ],
)
def test_what_becomes_of_an_archive_of_a_known_contact(given, expected):
    asked, outcome = said(contact.write(ARCHIVE, record(known_id="c1"), ()), *given)

    assert asked[0] == "POST /contacts/c1/archive"
    assert asked[1:2] == (["POST /contacts/search"] if given[0] in (GONE, MERGED) else [])
    assert told(outcome) == expected


def test_an_archive_by_id_is_not_matched_afresh():
    rules = Rules(Behaviour.ARCHIVE, "id")
    asked, outcome = said(contact.write(rules, record(identifier="c1", known_id="c1"), ()), GONE)
    assert (asked, told(outcome)) == (["POST /contacts/c1/archive"], ("archive", "not_found", None))
    asked, outcome = said(contact.write(rules, record(identifier="c1"), ()), ARCHIVED_NOW)
    assert (asked, told(outcome)) == (["POST /contacts/c1/archive"], ("archive", None, "c1"))


def test_an_archive_takes_what_search_has_found():
    one, two = (contact.api.read_contact(answer(200, person(each))) for each in ("c1", "c2"))
    asked, outcome = said(contact.write(ARCHIVE, record(), (one,)), GONE, page(), GONE)
    assert asked[:2] == ["POST /contacts/c1/archive", "POST /contacts/search"]
    assert told(outcome) == ("none", "not_found", None)
    with pytest.raises(StopIteration) as end:
        next(contact.write(ARCHIVE, record(), (one, two)))
    assert told(end.value.value) == ("none", "ambiguous_match", None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(200, person()), ("delete", None, "c1")),
        (GONE, ("delete", "not_found", None)),
        (MERGED, ("none", "merged", "c7")),
        (NO, ("delete", "rejected", "c1")),
    ],
    ids=["done", "nowhere", "merged", "refused"],
)
def test_what_becomes_of_a_deletion(given, expected):
    _, outcome = said(contact.write(Rules(Behaviour.DELETE, "id"), record(identifier="c1"), ()), given)
    assert told(outcome) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(200, person()), ("update", None, "c1")),
        (answer(409, refused("conflict", "taken")), ("update", "identifier_conflict", "c1")),
        (
            answer(400, refused("client_error", "Contact with user role can't be converted to a lead")),
            ("update", "role_conflict", "c1"),
        ),
        (NO, ("update", "rejected", "c1")),
        (WORDLESS, ("update", "rejected", "c1")),
    ],
    ids=["done", "another has it", "a user", "refused", "refused without a word"],
)
def test_what_becomes_of_an_update(given, expected):
    asked, outcome = said(contact.write(UPSERT, record(known_id="c1"), ()), given)
    assert (asked, told(outcome)) == (["PUT /contacts/c1"], expected)


def test_who_was_merged_is_told_with_the_survivor():
    _, outcome = said(contact.write(UPSERT, record(known_id="c1"), ()), MERGED, page(), GONE)
    assert told(outcome) == ("none", "merged", "c7")
    assert outcome.message == "merged into the contact with id=c7"


NOT_RESTORABLE = answer(
    400, refused("x", "User has been marked for permanent deletion and is not restorable.")
)


@pytest.mark.parametrize(
    ("given", "asked_last", "expected"),
    [
        ([answer(200, person("c9")), answer(200, person("c9"))], "PUT /contacts/c9", ("update", None, "c9")),
        ([NOT_RESTORABLE], "POST /contacts/c9/unarchive", ("unarchive", "deleted", "c9")),
        ([WORDLESS], "POST /contacts/c9/unarchive", ("unarchive", "archived", "c9")),
        ([GONE, answer(201, person("c2"))], "POST /contacts", ("insert", None, "c2")),
    ],
    ids=["it returns", "it was deleted", "it may not", "it is nowhere"],
)
def test_who_was_archived_by_this_tool_returns(given, asked_last, expected):
    asked, outcome = said(contact.write(UPSERT, record(archived_id="c9"), ()), *given)
    assert (asked[0], asked[-1]) == ("POST /contacts/c9/unarchive", asked_last)
    assert told(outcome) == expected
    assert outcome.unarchived is (asked_last == "PUT /contacts/c9")


UNARCHIVING = Rules(Behaviour.UPSERT, "external_id", unarchive=True)


@pytest.mark.parametrize(
    ("rules", "given", "expected"),
    [
        (UPSERT, [], ("insert", "archived", "c1")),
        (Rules(Behaviour.INSERT, "external_id", unarchive=True), [], ("insert", "archived", "c1")),
        (UNARCHIVING, [NOT_RESTORABLE], ("unarchive", "deleted", "c1")),
        (UNARCHIVING, [answer(200, person()), answer(200, person()), ARCHIVED_NOW], ("update", None, "c1")),
        (UNARCHIVING, [answer(200, person()), NO, ARCHIVED_NOW], ("unarchive", "rejected", "c1")),
    ],
    ids=["not asked for", "an insert", "deleted", "its own", "unreadable"],
)
def test_what_becomes_of_an_archived_contact_in_the_way(rules, given, expected):
    asked, outcome = said(contact.write(rules, record(), ()), named(archived=True), *given)
    assert told(outcome) == expected
    if len(given) == 3:
        assert asked[-1] == ("PUT /contacts/c1" if expected[1] is None else "POST /contacts/c1/archive")


@pytest.mark.parametrize(
    ("payload", "theirs", "ours"),
    [
        ({"external_id": "u1"}, {"email": None}, True),
        ({"email": "u1@example.com"}, {"external_id": None}, True),
        ({"email": "u1@example.com"}, {"email": None}, False),
        ({"email": "u1@example.com"}, {"email": "U1@Example.com"}, True),
    ],
    ids=["no email to compare", "no external_id to compare", "it has no email", "its email in other letters"],
)
def test_what_an_attempt_made_has_what_the_record_gives(payload, theirs, ours):
    found = contact.api.read_contact(answer(200, person(**theirs)))
    with pytest.raises(StopIteration) as end:
        next(contact.write(INSERT, record(payload=payload, first_attempt_at=NOW), (found,)))
    assert told(end.value.value) == ("insert", None if ours else "already_exists", "c1")


def test_a_row_without_an_id_creates_and_is_announced():
    by_id = Rules(Behaviour.UPSERT, "id")
    assert contact.is_unrepeatable(by_id, record(identifier=None, payload={"role": "lead"}))
    by_email = Rules(Behaviour.UPSERT, "email")
    assert contact.is_unrepeatable(by_email, record(payload={"role": "lead", "email": "u1@example.com"}))


def test_halves_of_a_search_are_equal():
    too_large = answer(400, refused("parameter_invalid", "too many"))
    talk = search(UPSERT, ["u1", "u2", "u3", "u4", "u5", "u6"])
    next(talk)
    assert "u3" in json.dumps(talk.send(too_large).body)
    assert "u4" in json.dumps(talk.send(page()).body)
