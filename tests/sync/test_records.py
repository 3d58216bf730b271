"""What happens to each record, by object, behaviour and identifier, and what it costs.

Each table is one sync over all of its cases; each case says what Intercom held before, what the row says, what becomes
of it, and the calls that it takes besides the table's lookups.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from dbt_intercom_activate.sandbox.records import Condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CREATE, SEARCH = "POST /contacts", "POST /contacts/search"
READ, UPDATE = "GET /contacts/{contact_id}", "PUT /contacts/{contact_id}"
FIND = "GET /contacts/find_by_external_id/{external_id}"
ARCHIVE, UNARCHIVE = "POST /contacts/{contact_id}/archive", "POST /contacts/{contact_id}/unarchive"
POST_COMPANY, FIND_COMPANY, PUT_COMPANY = "POST /companies", "GET /companies", "PUT /companies/{company_id}"

ARCHIVED, DELETED, MERGED = Condition.ARCHIVED, Condition.DELETED, Condition.MERGED


@dataclass(frozen=True)
class Case:
    """One record. In a row, `@0` stands for the id of the first object that is there."""

    says: str
    there: Sequence[Mapping[str, Any]] = ()
    row: Mapping[str, Any] = field(default_factory=dict)
    operation: str = "none"
    code: str | None = None
    calls: Sequence[str] = ()
    unarchived: bool = False


@dataclass(frozen=True)
class Table:
    block: Mapping[str, Any]
    cases: Sequence[Case]
    lookups: Mapping[str, int] = field(default_factory=dict)
    search_lag: float = 0.0


def contact(behaviour: str, identifier: str | None, **rest: Any) -> dict[str, Any]:
    fields = {"external_id": "external_id", "email": "email", "name": "name"}
    if identifier == "id":
        fields["id"] = "intercom_id"
    block = {"object": "contact", "behaviour": behaviour, "fields": fields, "key": ["k"], "name": "people"}
    if identifier is not None:
        block["identifier"] = identifier
    return block | rest


def company(behaviour: str, identifier: str | None, **rest: Any) -> dict[str, Any]:
    fields = {"company_id": "company_id", "name": "name"}
    if identifier == "id":
        fields["id"] = "intercom_id"
        if behaviour == "update":
            del fields["company_id"]
    block = {"object": "company", "behaviour": behaviour, "fields": fields, "key": ["k"], "name": "people"}
    if identifier is not None:
        block["identifier"] = identifier
    return block | rest


USER = {"constants": {"role": "user"}}
LEAD = {"constants": {"role": "lead"}}

TABLES = {
    "contact upsert by external_id": Table(
        contact("upsert", "external_id", **USER),
        [
            Case("an absent contact is inserted", (), {"external_id": "u"}, "insert", None, [CREATE]),
            Case(
                "a present contact is updated",
                [{"external_id": "u"}],
                {"external_id": "u"},
                "update",
                None,
                [UPDATE],
            ),
            Case(
                "blanks around an external_id are no part of it",
                [{"external_id": "u"}],
                {"external_id": " u "},
                "update",
                None,
                [UPDATE],
            ),
            Case(
                "an external_id with another case is another contact",
                [{"external_id": "u"}],
                {"external_id": "U"},
                "insert",
                None,
                [CREATE],
            ),
            Case(
                "an archived contact stays archived",
                [{"external_id": "u", "condition": ARCHIVED}],
                {"external_id": "u"},
                "insert",
                "archived",
                [CREATE],
            ),
            Case(
                "a deleted contact is called archived, since Intercom says so",
                [{"external_id": "u", "condition": DELETED}],
                {"external_id": "u"},
                "insert",
                "archived",
                [CREATE],
            ),
            Case(
                "a contact with the email alone is adopted",
                [{"email": "e"}],
                {"external_id": "u", "email": "e"},
                "update",
                None,
                [CREATE, READ, UPDATE],
            ),
            Case(
                "a contact with the email and another external_id is left alone",
                [{"external_id": "other", "email": "e"}],
                {"external_id": "u", "email": "e"},
                "update",
                "identifier_conflict",
                [CREATE, READ],
            ),
            Case(
                "a lead with the email does not hinder a new user",
                [{"external_id": "its-own", "email": "e", "role": "lead"}],
                {"external_id": "u", "email": "e"},
                "insert",
                None,
                [CREATE],
            ),
            Case(
                "an archived contact with the email is not touched",
                [{"email": "e", "condition": ARCHIVED}],
                {"external_id": "u", "email": "e"},
                "insert",
                "archived",
                [CREATE],
            ),
            Case("a null external_id is missing", (), {"email": "e"}, "none", "missing_identifier"),
            Case("an empty external_id is missing", (), {"external_id": ""}, "none", "missing_identifier"),
            Case("a blank external_id is missing", (), {"external_id": "  "}, "none", "missing_identifier"),
            Case(
                "a text that is no email is invalid",
                (),
                {"external_id": "u", "email": "nonsense"},
                "none",
                "invalid_value",
            ),
        ],
        {SEARCH: 1},
    ),
    "contact upsert by external_id that unarchives": Table(
        contact("upsert", "external_id", archived="unarchive", **USER),
        [
            Case(
                "an archived contact is unarchived and updated",
                [{"external_id": "u", "condition": ARCHIVED}],
                {"external_id": "u"},
                "update",
                None,
                [CREATE, UNARCHIVE, READ, UPDATE],
                unarchived=True,
            ),
            Case(
                "a deleted contact is proved deleted",
                [{"external_id": "u", "condition": DELETED}],
                {"external_id": "u"},
                "unarchive",
                "deleted",
                [CREATE, UNARCHIVE],
            ),
            Case(
                "an archived contact that is somebody else goes back to the archive",
                [{"external_id": "other", "email": "e", "condition": ARCHIVED}],
                {"external_id": "u", "email": "e"},
                "update",
                "identifier_conflict",
                [CREATE, UNARCHIVE, READ, ARCHIVE],
            ),
        ],
        {SEARCH: 1},
    ),
    "contact upsert by external_id while search lags": Table(
        contact("upsert", "external_id", **USER),
        [
            Case(
                "a present contact is found by the conflict",
                [{"external_id": "u"}],
                {"external_id": "u"},
                "update",
                None,
                [CREATE, READ, UPDATE],
            ),
            Case("an absent contact is inserted", (), {"external_id": "u"}, "insert", None, [CREATE]),
        ],
        {SEARCH: 1},
        search_lag=60.0,
    ),
    "contact upsert by email": Table(
        contact("upsert", "email"),
        [
            Case(
                "an absent contact is inserted",
                (),
                {"email": "e", "external_id": "u"},
                "insert",
                None,
                [CREATE],
            ),
            Case("a present contact is updated", [{"email": "e"}], {"email": "e"}, "update", None, [UPDATE]),
            Case(
                "case and blanks of an email do not matter",
                [{"email": "e"}],
                {"email": " E "},
                "update",
                None,
                [UPDATE],
            ),
            Case(
                "two contacts are too many",
                [{"email": "e", "external_id": "v"}, {"email": "e", "external_id": "w"}],
                {"email": "e"},
                "none",
                "ambiguous_match",
            ),
            Case(
                "a user and a lead are too many without a role",
                [{"email": "e"}, {"email": "e", "role": "lead"}],
                {"email": "e"},
                "none",
                "ambiguous_match",
            ),
            Case(
                "a contact with another external_id is left alone",
                [{"email": "e", "external_id": "other"}],
                {"email": "e", "external_id": "u"},
                "update",
                "identifier_conflict",
            ),
            Case(
                "a contact without external_id is adopted",
                [{"email": "e"}],
                {"email": "e", "external_id": "u"},
                "update",
                None,
                [UPDATE],
            ),
            Case(
                "an external_id that somebody else has is a conflict",
                [{"email": "e"}, {"external_id": "u"}],
                {"email": "e", "external_id": "u"},
                "update",
                "identifier_conflict",
                [UPDATE],
            ),
            Case(
                "an archived contact stays archived",
                [{"email": "e", "condition": ARCHIVED}],
                {"email": "e"},
                "insert",
                "archived",
                [CREATE],
            ),
            Case("a null email is missing", (), {"external_id": "u"}, "none", "missing_identifier"),
            Case("a text that is no email is invalid", (), {"email": "nonsense"}, "none", "invalid_value"),
        ],
        {SEARCH: 1},
    ),
    "contact upsert by email as users": Table(
        contact("upsert", "email", **USER),
        [
            Case(
                "the role narrows the match",
                [{"email": "e"}, {"email": "e", "role": "lead"}],
                {"email": "e"},
                "update",
                None,
                [UPDATE],
            ),
            Case(
                "a lone lead is promoted",
                [{"email": "e", "role": "lead", "external_id": "its-own"}],
                {"email": "e"},
                "update",
                None,
                [UPDATE],
            ),
            Case(
                "a lone lead is promoted and takes the external_id",
                [{"email": "e", "role": "lead", "external_id": "its-own"}],
                {"email": "e", "external_id": "u"},
                "update",
                None,
                [UPDATE],
            ),
            Case(
                "two leads are too many",
                [{"email": "e", "role": "lead"}, {"email": "e", "role": "lead"}],
                {"email": "e"},
                "none",
                "ambiguous_match",
            ),
        ],
        {SEARCH: 1},
    ),
    "contact upsert by email as leads": Table(
        {
            **contact("upsert", "email", **LEAD),
            "fields": {"email": "email", "name": "name"},
        },
        [
            Case("an absent lead is inserted", (), {"email": "e"}, "insert", None, [CREATE]),
            Case(
                "a lead is updated",
                [{"email": "e", "role": "lead"}],
                {"email": "e"},
                "update",
                None,
                [UPDATE],
            ),
            Case("a user never becomes a lead", [{"email": "e"}], {"email": "e"}, "update", "role_conflict"),
        ],
        {SEARCH: 1},
    ),
    "contact upsert by id": Table(
        contact("upsert", "id", **USER),
        [
            Case("a null id inserts", (), {"external_id": "u"}, "insert", None, [CREATE]),
            Case(
                "an empty id inserts", (), {"external_id": "u", "intercom_id": ""}, "insert", None, [CREATE]
            ),
            Case(
                "a present id is updated",
                [{"external_id": "u"}],
                {"intercom_id": "@0", "external_id": "u"},
                "update",
                None,
                [UPDATE],
            ),
            Case("any other id is not found", (), {"intercom_id": "nobody"}, "update", "not_found", [UPDATE]),
            Case(
                "an archived id is not found",
                [{"external_id": "u", "condition": ARCHIVED}],
                {"intercom_id": "@0", "external_id": "u"},
                "update",
                "not_found",
                [UPDATE],
            ),
            Case(
                "a merged id is called merged",
                [{"external_id": "u", "condition": MERGED, "merged_into": "survivor"}],
                {"intercom_id": "@0", "external_id": "u"},
                "none",
                "merged",
                [UPDATE],
            ),
            Case(
                "a null id whose contact is there already is not inserted",
                [{"external_id": "u"}],
                {"external_id": "u"},
                "insert",
                "already_exists",
                [CREATE, READ],
            ),
        ],
    ),
    "contact update by external_id": Table(
        contact("update", "external_id"),
        [
            Case(
                "a present contact is updated",
                [{"external_id": "u"}],
                {"external_id": "u"},
                "update",
                None,
                [UPDATE],
            ),
            Case("an absent contact is not found", (), {"external_id": "u"}, "none", "not_found", [FIND]),
            Case(
                "an archived contact is not found",
                [{"external_id": "u", "condition": ARCHIVED}],
                {"external_id": "u"},
                "none",
                "not_found",
                [FIND],
            ),
            Case(
                "a contact with the email and another external_id is not found",
                [{"external_id": "other", "email": "e"}],
                {"external_id": "u", "email": "e"},
                "none",
                "not_found",
                [FIND],
            ),
        ],
        {SEARCH: 1},
    ),
    "contact update by external_id while search lags": Table(
        contact("update", "external_id"),
        [
            Case(
                "a present contact is updated",
                [{"external_id": "u"}],
                {"external_id": "u"},
                "update",
                None,
                [FIND, UPDATE],
            ),
            Case("an absent contact is not found", (), {"external_id": "u"}, "none", "not_found", [FIND]),
        ],
        {SEARCH: 1},
        search_lag=60.0,
    ),
    "contact update by email": Table(
        contact("update", "email"),
        [
            Case("a present contact is updated", [{"email": "e"}], {"email": "e"}, "update", None, [UPDATE]),
            Case("an absent contact is not found", (), {"email": "e"}, "none", "not_found"),
            Case(
                "an archived contact is not found",
                [{"email": "e", "condition": ARCHIVED}],
                {"email": "e"},
                "none",
                "not_found",
            ),
            Case(
                "two contacts are too many",
                [{"email": "e", "external_id": "v"}, {"email": "e", "external_id": "w"}],
                {"email": "e"},
                "none",
                "ambiguous_match",
            ),
        ],
        {SEARCH: 1},
    ),
    "contact update by id": Table(
        contact("update", "id"),
        [
            Case(
                "a present contact is updated",
                [{"email": "e"}],
                {"intercom_id": "@0"},
                "update",
                None,
                [UPDATE],
            ),
            Case("an absent contact is not found", (), {"intercom_id": "x"}, "update", "not_found", [UPDATE]),
            Case("a null id is missing", (), {"email": "e"}, "none", "missing_identifier"),
            Case(
                "a merged contact is called merged",
                [{"external_id": "u", "condition": MERGED, "merged_into": "survivor"}],
                {"intercom_id": "@0"},
                "none",
                "merged",
                [UPDATE],
            ),
        ],
    ),
    "contact insert by external_id": Table(
        contact("insert", "external_id", **USER),
        [
            Case("an absent contact is inserted", (), {"external_id": "u"}, "insert", None, [CREATE]),
            Case(
                "a present contact is left alone",
                [{"external_id": "u"}],
                {"external_id": "u"},
                "insert",
                "already_exists",
            ),
            Case(
                "an archived contact is left alone",
                [{"external_id": "u", "condition": ARCHIVED}],
                {"external_id": "u"},
                "insert",
                "archived",
                [CREATE],
            ),
            Case(
                "a contact with the email is left alone",
                [{"email": "e"}],
                {"external_id": "u", "email": "e"},
                "insert",
                "already_exists",
                [CREATE, READ],
            ),
        ],
        {SEARCH: 1},
    ),
    "contact insert by external_id while search lags": Table(
        contact("insert", "external_id", **USER),
        [
            Case(
                "a present contact is left alone",
                [{"external_id": "u"}],
                {"external_id": "u"},
                "insert",
                "already_exists",
                [CREATE, READ],
            ),
            Case("an absent contact is inserted", (), {"external_id": "u"}, "insert", None, [CREATE]),
        ],
        {SEARCH: 1},
        search_lag=60.0,
    ),
    "contact insert by email": Table(
        contact("insert", "email"),
        [
            Case("an absent contact is inserted", (), {"email": "e"}, "insert", None, [CREATE]),
            Case(
                "a present contact is left alone",
                [{"email": "e"}],
                {"email": "e"},
                "insert",
                "already_exists",
            ),
            Case(
                "two contacts are left alone",
                [{"email": "e", "external_id": "v"}, {"email": "e", "external_id": "w"}],
                {"email": "e"},
                "insert",
                "already_exists",
            ),
        ],
        {SEARCH: 1},
    ),
    "contact insert of leads": Table(
        {
            **contact("insert", None, **LEAD),
            "fields": {"email": "email", "name": "name"},
        },
        [
            Case("a lead is inserted", (), {"email": "e"}, "insert", None, [CREATE]),
            Case("a lead without email is inserted", (), {"name": "n"}, "insert", None, [CREATE]),
            Case(
                "leads may be doubled",
                [{"email": "e", "role": "lead"}],
                {"email": "e"},
                "insert",
                None,
                [CREATE],
            ),
        ],
    ),
    "company upsert by company_id": Table(
        company("upsert", "company_id"),
        [
            Case("an absent company is inserted", (), {"company_id": "c"}, "insert", None, [POST_COMPANY]),
            Case(
                "a present company is updated",
                [{"company_id": "c"}],
                {"company_id": "c"},
                "update",
                None,
                [POST_COMPANY],
            ),
            Case("a null company_id is missing", (), {"name": "n"}, "none", "missing_identifier"),
        ],
    ),
    "company upsert by id": Table(
        company("upsert", "id"),
        [
            Case(
                "a null id inserts",
                (),
                {"company_id": "c"},
                "insert",
                None,
                [FIND_COMPANY, POST_COMPANY],
            ),
            Case(
                "a present id is updated",
                [{"company_id": "c"}],
                {"intercom_id": "@0"},
                "update",
                None,
                [PUT_COMPANY],
            ),
            Case("any other id is not found", (), {"intercom_id": "x"}, "update", "not_found", [PUT_COMPANY]),
            Case(
                "a null id whose company is there already is not inserted",
                [{"company_id": "c"}],
                {"company_id": "c"},
                "insert",
                "already_exists",
                [FIND_COMPANY],
            ),
            Case("a null id without company_id is invalid", (), {"name": "n"}, "none", "invalid_value"),
        ],
    ),
    "company update by company_id": Table(
        company("update", "company_id"),
        [
            Case(
                "a present company is updated",
                [{"company_id": "c"}],
                {"company_id": "c"},
                "update",
                None,
                [FIND_COMPANY, PUT_COMPANY],
            ),
            Case(
                "an absent company is not found",
                (),
                {"company_id": "c"},
                "update",
                "not_found",
                [FIND_COMPANY],
            ),
        ],
    ),
    "company update by id": Table(
        company("update", "id"),
        [
            Case(
                "a present company is updated",
                [{"company_id": "c"}],
                {"intercom_id": "@0"},
                "update",
                None,
                [PUT_COMPANY],
            ),
            Case(
                "an absent company is not found",
                (),
                {"intercom_id": "x"},
                "update",
                "not_found",
                [PUT_COMPANY],
            ),
            Case("a null id is missing", (), {"name": "n"}, "none", "missing_identifier"),
        ],
    ),
    "company insert": Table(
        company("insert", "company_id"),
        [
            Case(
                "an absent company is inserted",
                (),
                {"company_id": "c"},
                "insert",
                None,
                [FIND_COMPANY, POST_COMPANY],
            ),
            Case(
                "a present company is left alone",
                [{"company_id": "c"}],
                {"company_id": "c"},
                "insert",
                "already_exists",
                [FIND_COMPANY],
            ),
        ],
    ),
}

COLUMNS = "k text, intercom_id text, external_id text, email text, company_id text, name text"


class Played:
    """A table after its sync."""

    def __init__(self, table: Table, shop: Any) -> None:
        self.shop = shop
        shop.state.search_lag = table.search_lag
        rows = []
        self.there = []
        for index, case in enumerate(table.cases):
            objects = [self._add(index, each) for each in case.there]
            self.there.append(objects)
            row = {"name": "new name", **_own(index, case.row), "k": f"k{index}"}
            if row.get("intercom_id") == "@0":
                row["intercom_id"] = objects[0].id
            rows.append([row.get(name.split()[0]) for name in COLUMNS.split(", ")])
        shop.only(table.block, COLUMNS, rows)
        self.before = len(shop.state.contacts) + len(shop.state.companies)
        shop.sandbox.calls.clear()
        self.ran = shop.sync()
        self.log = list(shop.sandbox.calls)
        self.calls = shop.calls()
        ledger = shop.last("people")
        self.rows = [ledger[f"k{index}"] for index in range(len(table.cases))]

    def _add(self, index: int, facts: Mapping[str, Any]) -> Any:
        own = _own(index, facts)
        return self.shop.add_company(**own) if "company_id" in own else self.shop.add_contact(**own)

    def held(self, intercom_id: str) -> Any:
        """What Intercom holds under one of its ids."""
        state = self.shop.state
        return state.contacts.get(intercom_id) or state.companies.get(intercom_id)

    def calls_about(self, index: int) -> Counter[str]:
        """The calls whose path names an object of the case."""
        ids = [each.id for each in self.there[index]]
        return Counter(str(call) for call in self.log if any(each in call.path for each in ids))


def _own(index: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Identifiers of a case's own; emails get a domain."""
    own = dict(facts)
    for name in ("external_id", "company_id"):
        if (own.get(name) or "").strip():
            own[name] = own[name].replace(own[name].strip(), f"{own[name].strip()}{index}")
    if own.get("email") not in (None, "nonsense"):
        own["email"] = own["email"].replace(
            own["email"].strip(), f"{own['email'].strip()}{index}@example.com"
        )
    return own


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if place % 3 else ()) for place, name in enumerate(TABLES)],
)
def test_what_becomes_of_each_record_and_what_it_costs(scene, name):
    table = TABLES[name]
    after = Played(table, scene())

    outcomes = {
        case.says: (row["operation"], row["code"], row["status"], bool(row["message"]))
        for case, row in zip(table.cases, after.rows, strict=True)
    }
    assert outcomes == {
        case.says: (case.operation, case.code, "failed" if case.code else "succeeded", bool(case.code))
        for case in table.cases
    }
    assert after.calls == sum((Counter(case.calls) for case in table.cases), Counter(table.lookups))
    assert after.ran["people"]["api_calls"] == sum(after.calls.values())
    for index, case in enumerate(table.cases):
        named = [call for call in case.calls if "{" in call and call != FIND]
        assert not case.there or after.calls_about(index) == Counter(named), case.says
        assert_intercom_agrees(after, index, case)
    assert_counted(table, after)
    assert_a_second_sync_goes_on_with_what_may_mend(table, after)


def assert_intercom_agrees(after: Played, index: int, case: Case) -> None:
    """What succeeded has the row's values; what failed was not touched."""
    if case.code is None:
        held = after.held(after.rows[index]["intercom_id"])
        assert held.live, case.says
        assert held.fields["name"] in ("new name", case.row.get("name")), case.says
        assert case.operation == "insert" or held.id == after.there[index][0].id, case.says
    for each in after.there[index] if case.code else ():
        assert after.held(each.id).fields.get("name") is None, case.says


def assert_counted(table: Table, after: Played) -> None:
    counts = after.ran["people"]["counts"]
    made = Counter(case.operation for case in table.cases if case.code is None)
    assert (counts["inserted"], counts["updated"]) == (made["insert"], made["update"])
    assert counts["unarchived"] == sum(case.unarchived for case in table.cases)
    assert after.ran["people"]["failures"] == Counter(case.code for case in table.cases if case.code)
    assert after.ran.code == (1 if counts["failed"] else 0)
    assert len(after.shop.state.contacts) + len(after.shop.state.companies) == after.before + made["insert"]


def assert_a_second_sync_goes_on_with_what_may_mend(table: Table, after: Played) -> None:
    """What was not found is looked for again; everything else costs no call and is not written down again."""
    shop = after.shop
    again = [case for case in table.cases if case.code == "not_found"]
    before = len(shop.ledger())
    ran = shop.sync()

    assert shop.calls() == sum(
        (Counter(case.calls) for case in again), Counter(table.lookups if again else {})
    )
    assert len(shop.ledger()) == before + len(again)
    assert ran["people"]["failures"] == Counter(case.code for case in table.cases if case.code)
