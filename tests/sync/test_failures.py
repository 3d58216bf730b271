"""Records that failed: which are attempted again, which wait, and what they cost and count meanwhile."""

from __future__ import annotations

from unittest import mock

import pytest

from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.sandbox.records import Condition

CREATE, SEARCH = "POST /contacts", "POST /contacts/search"
FIND = "GET /contacts/find_by_external_id/{external_id}"
UPDATE = "PUT /contacts/{contact_id}"
BAD_REQUEST = {
    "type": "error.list",
    "errors": [{"code": "parameter_invalid", "message": "we do not like this one"}],
}
PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "email": "email", "custom_attributes.plan": "plan"},
}
COLUMNS = "id text, email text, plan text"
ROWS = [("u1", "one@example.com", "pro"), ("u2", "two@example.com", None)]


@pytest.fixture
def people(shop):
    shop.only(PEOPLE, COLUMNS, ROWS)
    return shop


def test_a_refused_record_keeps_intercoms_own_words(people):
    people.sandbox.faults.add(Fault("POST", "/contacts", status=400, body=BAD_REQUEST, skip=1))
    ran = people.sync()

    assert ran.code == 1
    assert ran["people"]["status"] == "partial"
    assert ran.counts("people") == {"rows": 2, "inserted": 1, "failed": 1}
    assert ran["people"]["failures"] == {"rejected": 1}
    failed = next(row for row in people.ledger() if row["status"] == "failed")
    assert (failed["code"], failed["http_status"]) == ("rejected", 400)
    assert failed["message"] == "parameter_invalid: we do not like this one"
    assert [row["record_key"] for row in people.dicts("select * from intercom_activate.failures")] == [
        failed["record_key"]
    ]
    assert [row["status"] for row in people.dicts("select * from intercom_activate.synced")] == ["succeeded"]


def test_a_refused_record_waits_without_a_call_until_it_changes(people):
    people.sql("delete from customers where id = 'u2'")
    people.sandbox.faults.add(Fault("POST", "/contacts", status=400, body=BAD_REQUEST, skip=1))
    people.sync()
    people.calls()
    ran = people.sync()

    assert ran.code == 1
    assert people.calls() == {}
    assert ran.counts("people") == {"rows": 1, "failed": 1}
    assert ran["people"]["failures"] == {"rejected": 1}
    assert len(people.ledger()) == 1
    people.sql("update customers set plan = 'basic'")
    ran = people.sync()
    assert ran.code == 0
    assert people.calls() == {SEARCH: 1, CREATE: 1}
    assert ran.counts("people") == {"rows": 1, "inserted": 1}


def test_a_refused_record_is_attempted_again_by_retry(people):
    people.sandbox.faults.add(Fault("POST", "/contacts", status=400, body=BAD_REQUEST, skip=1))
    people.sync()
    people.calls()
    ran = people.run("retry")

    assert ran.code == 0
    assert people.calls() == {SEARCH: 1, CREATE: 1}
    assert ran.counts("people") == {"rows": 1, "inserted": 1}
    assert set(people.codes("people").values()) == {None}


@pytest.mark.slow
def test_a_refused_record_is_attempted_again_when_the_mapping_changes(people):
    people.sandbox.faults.add(Fault("POST", "/contacts", status=400, body=BAD_REQUEST, skip=1))
    people.sync()
    people.configure(customers={**PEOPLE, "constants": {"role": "user"}})
    people.calls()
    ran = people.sync()

    assert ran.code == 0
    assert people.calls() == {SEARCH: 1, CREATE: 1, UPDATE: 1}


@pytest.mark.slow
def test_a_refused_record_is_attempted_again_after_seven_days(people):
    people.sandbox.faults.add(Fault("POST", "/contacts", status=400, body=BAD_REQUEST, skip=1))
    people.sync()
    people.sql("update intercom_activate.ledger set delivered_at = delivered_at - interval 6 day")
    assert people.sync().code == 1
    people.sql("update intercom_activate.ledger set delivered_at = delivered_at - interval 2 day")
    assert people.sync().code == 0


@pytest.mark.slow
def test_every_run_looks_again_for_what_was_missing(people):
    people.configure(customers={**PEOPLE, "behaviour": "update"})
    assert people.sync().counts("people") == {"rows": 2, "failed": 2}
    people.add_contact(external_id="u1")
    ran = people.sync()

    assert ran.code == 1
    assert people.codes("people") == {"u1": None, "u2": "not_found"}
    assert ran.counts("people") == {"rows": 2, "updated": 1, "failed": 1}
    assert len(people.ledger()) == 4


@pytest.mark.slow
def test_what_was_unreachable_is_attempted_again_and_not_doubled(people):
    people.sandbox.faults.add(Fault("POST", "/contacts", status=500, times=2, skip=1, after_commit=True))
    ran = people.sync()
    assert ran.code in (0, 1)
    ran = people.sync()

    assert ran.code == 0
    assert people.contacts().keys() == {"u1", "u2"}
    assert len(people.state.contacts) == 2
    assert set(people.codes("people").values()) == {None}


def test_an_answer_that_was_lost_does_not_double_a_user(people):
    people.sandbox.faults.add(Fault("POST", "/contacts", drop_connection=True, after_commit=True, skip=1))
    ran = people.sync()

    assert ran.code == 0, ran.text
    assert ran.counts("people") == {"rows": 2, "inserted": 2}
    assert len(people.state.contacts) == 2


def test_a_lead_whose_answer_was_lost_is_maybe_delivered(people):
    people.only(
        {
            "name": "leads",
            "object": "contact",
            "behaviour": "insert",
            "fields": {"email": "email"},
            "constants": {"role": "lead"},
            "key": ["id"],
        },
        COLUMNS,
        ROWS[:1],
    )
    people.sandbox.faults.add(Fault("POST", "/contacts", drop_connection=True, after_commit=True))
    ran = people.sync()
    assert ran.code == 1
    assert ran["leads"]["failures"] == {"maybe_delivered": 1}
    people.calls()
    ran = people.sync()
    assert (ran.code, people.calls()) == (1, {})
    assert ran.counts("leads") == {"rows": 1, "failed": 1}
    assert people.run("retry").code == 1
    assert people.calls() == {}
    assert len(people.state.contacts) == 1
    ran = people.run("retry", "--maybe-delivered")
    assert ran.code == 0
    assert people.calls() == {CREATE: 1}
    assert people.sync().counts("leads") == {"rows": 1, "unchanged": 1}


def test_codes_in_warn_leave_the_exit_code_zero(people):
    people.configure(customers={**PEOPLE, "behaviour": "update", "warn": ["not_found"]})
    ran = people.sync()
    assert (ran.code, ran["people"]["status"]) == (0, "partial")
    assert ran["people"]["failures"] == {"not_found": 2}
    people.sql("update customers set email = 'nonsense' where id = 'u1'")
    ran = people.sync()
    assert ran.code == 1
    assert ran["people"]["failures"] == {"not_found": 1, "invalid_value": 1}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([(None, "a@example.com", None), ("", "b@example.com", None)], "missing_identifier"),
        ([("u1", None, None), ("u1 ", None, None)], "duplicate_identifier"),
        ([("u1", "not an email", None), ("u2", "two@@", None)], "invalid_value"),
    ],
    ids=["missing identifiers", "duplicate identifiers", "invalid values"],
)
def test_an_invalid_record_is_said_once_without_a_call(people, rows, code):
    people.put("customers", COLUMNS, rows)
    ran = people.sync()
    assert people.calls() == {}
    assert ran.code == 1
    assert ran["people"]["failures"] == {code: 2}
    kept = len(people.ledger())
    assert kept == 2
    ran = people.sync()
    assert people.calls() == {}
    assert ran.code == 1
    assert ran.counts("people") == {"rows": 2, "failed": 2}
    assert ran["people"]["failures"] == {code: 2}
    assert len(people.ledger()) == kept


def test_every_row_of_a_duplicate_fails_until_one_is_left(people):
    people.put("customers", COLUMNS, [("u1", None, "pro"), ("u1", None, "basic"), ("u2", None, None)])
    ran = people.sync()
    assert ran.counts("people") == {"rows": 3, "inserted": 1, "failed": 2}
    assert people.contacts().keys() == {"u2"}
    people.sql("delete from customers where plan = 'basic'")
    ran = people.sync()
    assert ran.counts("people") == {"rows": 2, "unchanged": 1, "inserted": 1}
    assert people.contacts()["u1"].custom_attributes["plan"] == "pro"


@pytest.mark.slow
def test_a_row_whose_twin_is_gone_is_sent_at_once(people):
    """A join that fanned out for a day leaves rows that look as they did."""
    people.put("customers", COLUMNS, [("u1", None, "pro"), ("u1", None, "pro")])
    assert people.sync().counts("people") == {"rows": 2, "failed": 2}
    people.put("customers", COLUMNS, [("u1", None, "pro")])
    assert people.sync().counts("people") == {"rows": 1, "inserted": 1}


@pytest.mark.slow
def test_a_duplicate_of_a_synced_row_counts_as_failed(people):
    people.sync()
    people.sql("insert into customers values ('u1', 'other@example.com', null)")
    people.calls()
    ran = people.sync()

    assert ran.counts("people") == {"rows": 3, "unchanged": 1, "failed": 2}
    assert people.calls() == {}
    assert people.contacts()["u1"].email == "one@example.com"


@pytest.mark.slow
def test_rows_of_one_key_that_fail_differently_are_one_record(people):
    """It was delivered before; counted once for each reason, `unchanged` fell below zero."""
    people.configure(customers={**PEOPLE, "key": ["id"], "identifier": "email"})
    people.sync()
    people.sql("insert into customers values ('u1', null, null)")
    ran = people.sync()

    assert ran.counts("people") == {"rows": 3, "unchanged": 1, "failed": 2}
    assert ran["people"]["failures"] == {"duplicate_identifier": 1, "missing_identifier": 1}


@pytest.mark.slow
def test_emails_are_duplicates_without_regard_to_case_and_blanks(people):
    block = {**PEOPLE, "identifier": "email", "fields": {"email": "email"}}
    people.configure(customers=block)
    people.put("customers", COLUMNS, [("a", "One@example.com", None), ("b", " one@EXAMPLE.com", None)])
    ran = people.sync()
    assert ran["people"]["failures"] == {"duplicate_identifier": 2}
    assert people.calls() == {}


def test_a_duplicate_identifier_under_another_key_fails(people):
    people.configure(customers={**PEOPLE, "key": ["email"]})
    people.put("customers", COLUMNS, [("u1", "a@example.com", None), ("u1", "b@example.com", None)])
    assert people.sync()["people"]["failures"] == {"duplicate_identifier": 2}


def test_values_that_do_not_fit_are_named_by_field(people):
    fields = {
        "external_id": "id",
        "email": "email",
        "signed_up_at": "signed_up",
        "custom_attributes.plan": "plan",
        "custom_attributes.balance": "balance",
        "custom_attributes.seats": "seats",
    }
    people.only(
        {**PEOPLE, "fields": fields},
        "id text, email text, signed_up bigint, plan text, balance double, seats decimal(10, 2)",
        [
            ("long", None, None, "x" * 256, None, None),
            ("nan", None, None, None, float("nan"), None),
            ("milliseconds", None, 1_700_000_000_000, None, None, None),
            ("several", "nobody", None, None, float("inf"), None),
            ("fits", "a@b.c", 1_700_000_000, "x" * 255, 1e300, 1.0),
        ],
    )
    ran = people.sync()

    messages = {key: row["message"] or "" for key, row in people.last("people").items()}
    assert ran["people"]["failures"] == {"invalid_value": 4}
    assert messages["long"].startswith("custom_attributes.plan: ")
    assert messages["nan"].startswith("custom_attributes.balance: ")
    assert messages["milliseconds"].startswith("signed_up_at: ")
    assert "email: " in messages["several"]
    assert "custom_attributes.balance: " in messages["several"]
    assert people.contacts().keys() == {"fits"}


@pytest.mark.slow
def test_an_inserted_record_is_told_once_per_change(people):
    people.configure(customers={**PEOPLE, "behaviour": "insert"})
    people.sync()
    people.calls()
    people.sql("update customers set plan = 'basic' where id = 'u1'")
    ran = people.sync()
    assert ran.code == 1
    assert ran["people"]["failures"] == {"changed_after_insert": 1}
    assert people.codes("people") == {"u1": "changed_after_insert", "u2": None}
    kept = len(people.ledger())
    ran = people.sync()
    assert (ran.code, ran["people"]["failures"]) == (1, {"changed_after_insert": 1})
    assert len(people.ledger()) == kept
    people.sql("update customers set plan = 'team' where id = 'u1'")
    people.sync()
    assert len(people.ledger()) == kept + 1
    people.sql("update customers set plan = 'pro' where id = 'u1'")
    ran = people.sync()
    assert (ran.code, ran.counts("people")) == (0, {"rows": 2, "unchanged": 2})
    assert people.calls() == {}
    assert people.contacts()["u1"].custom_attributes["plan"] == "pro"


@pytest.mark.slow
def test_a_contact_that_was_deleted_in_intercom_is_matched_afresh(people):
    people.sync()
    gone = people.contacts()["u1"]
    people.change_contact(gone.id, condition=Condition.DELETED, external_id=None, email=None)
    people.sql("update customers set plan = 'basic' where id = 'u1'")
    people.calls()
    ran = people.sync()

    assert ran.code == 0, ran.text
    assert people.calls() == {UPDATE: 1, SEARCH: 1, CREATE: 1}
    assert people.last("people")["u1"]["operation"] == "insert"
    assert people.contacts()["u1"].id == people.last("people")["u1"]["intercom_id"] != gone.id


@pytest.mark.slow
def test_a_contact_that_was_archived_in_intercom_is_left_there(people):
    people.sync()
    people.change_contact(people.contacts()["u1"].id, condition=Condition.ARCHIVED)
    people.sql("update customers set plan = 'basic' where id = 'u1'")
    people.calls()
    ran = people.sync()

    assert ran["people"]["failures"] == {"archived": 1}
    assert people.calls() == {UPDATE: 1, SEARCH: 1, CREATE: 1}
    people.calls()
    assert people.sync()["people"]["failures"] == {"archived": 1}
    assert people.calls() == {}


@pytest.mark.slow
def test_a_contact_that_was_merged_in_intercom_names_the_survivor(people):
    people.sync()
    survivor = people.add_contact(external_id="survivor")
    people.change_contact(people.contacts()["u1"].id, condition=Condition.MERGED, merged_into=survivor.id)
    people.sql("update customers set plan = 'basic' where id = 'u1'")
    people.calls()
    ran = people.sync()

    assert ran["people"]["failures"] == {"merged": 1}
    assert people.calls() == {UPDATE: 1, SEARCH: 1, FIND: 1}
    assert survivor.id in people.last("people")["u1"]["message"]


@pytest.mark.slow
def test_a_contact_that_search_lags_behind_is_not_doubled(people):
    people.state.search_lag = 60
    people.sync()
    people.calls()
    people.sql("drop schema intercom_activate cascade")
    ran = people.sync("--new-ledger")

    assert ran.code == 0, ran.text
    assert ran.counts("people") == {"rows": 2, "updated": 2}
    assert len(people.state.contacts) == 2
    assert people.calls()[CREATE] == 2


@pytest.mark.slow
def test_what_cannot_be_learnt_ends_its_own_activation_only(shop):
    """An attribute that Intercom does not make, tags that it does not list: the others go on."""
    shop.configure(
        customers=[
            {
                **PEOPLE,
                "fields": {"external_id": "id", "custom_attributes.tone": "plan"},
                "create_attributes": True,
            },
            {
                "name": "untag",
                "object": "contact_tag",
                "behaviour": "detach",
                "identifier": "external_id",
                "fields": {"external_id": "id", "tag": "plan"},
            },
        ],
        accounts={
            "name": "firms",
            "object": "company",
            "behaviour": "upsert",
            "identifier": "company_id",
            "fields": {"company_id": "id"},
        },
    )
    shop.put("accounts", "id text", [("c1",)])
    shop.put("customers", "id text, plan text", [("u1", "pro")])
    shop.add_contact(external_id="u1")
    for method, path in (("POST", "/data_attributes"), ("GET", "/tags")):
        shop.sandbox.faults.add(Fault(method, path, status=500, times=None))
    with mock.patch.object(IntercomClient, "_pause"):
        ran = shop.sync()
    shop.sandbox.faults.clear()

    assert ran.code == 1
    assert ran.statuses() == {"firms": "success", "people": "error", "untag": "error"}
    assert "'tone'" in ran["people"]["message"]
    assert "GET /tags" in ran["untag"]["message"]
    assert shop.sync().statuses() == {"firms": "success", "people": "success", "untag": "success"}


@pytest.mark.slow
def test_a_refusal_of_the_moment_waits_for_no_week(shop):
    block = {"object": "company", "behaviour": "upsert", "identifier": "company_id", "name": "companies"}
    shop.only({**block, "fields": {"company_id": "id"}}, "id text", [("c1",)])
    fault = {"code": "unique_company_constraint", "message": "Company already exists.", "status": 400}
    shop.sandbox.faults.add(Fault("POST", "/companies", times=3, **fault))
    with mock.patch.object(IntercomClient, "_pause"):
        assert shop.sync()["companies"]["failures"] == {"unreachable": 1}
        assert shop.sync().counts("companies") == {"rows": 1, "inserted": 1}


@pytest.mark.slow
def test_a_failure_leaves_with_its_record(shop):
    """A record that comes back is attempted again at once, and one that stays goes on failing."""
    block = {"object": "contact", "behaviour": "upsert", "identifier": "external_id"}
    fields = {"external_id": "id", "email": "email"}
    rows = [("u1", "u1@example.com"), ("bad", "no email"), ("worse", "none either")]
    shop.only({**block, "name": "people", "fields": fields}, "id text, email text", rows)
    shop.sync()
    failures = shop.dicts("select * from intercom_activate.failures")
    assert {row["record_key"] for row in failures} == {"bad", "worse"}
    shop.sql("delete from customers where id = 'bad'")
    assert shop.sync().counts("people") == {"rows": 2, "unchanged": 1, "failed": 1}

    assert shop.run("status", "--failures", "--output", "json").document["total"] == 1
    assert shop.plan()["people"]["waiting"] == {"invalid_value": 1}
    shop.sql("insert into customers values ('bad', 'no email')")
    assert shop.plan()["people"]["counts"]["added"] == 1
    assert shop.sync()["people"]["failures"] == {"invalid_value": 2}
    assert shop.run("status", "--failures", "--output", "json").document["total"] == 2


@pytest.mark.slow
def test_failures_without_a_key_are_listed_one_by_one(shop):
    block = {"object": "contact", "behaviour": "upsert", "identifier": "external_id"}
    rows = [(None, "u1@example.com"), (None, "u2@example.com")]
    shop.only({**block, "name": "people", "fields": {"external_id": "id"}}, "id text, email text", rows)
    shop.sync()

    lines = shop.run("status", "--failures").out.splitlines()
    assert [line.startswith("people: (no key): missing_identifier") for line in lines] == [True, True]
    shop.sql("update customers set id = email")
    shop.sync()
    assert shop.run("status", "--failures").out == "No record failed last.\n"
