"""`plan --records` lists what a sync would send, made by the code that sends it, and sends nothing."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.warehouse.connection import Warehouse

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "email": "email", "name": "name", "custom_attributes.plan": "plan"},
}
COLUMNS = "id text, email text, name text, plan text"


def people(*numbers, name="a name", plan="pro"):
    return [[f"c{number}", f"c{number}@example.com", name, plan] for number in numbers]


def listed(ran, activation="people"):
    return ran[activation]["records"]["listed"]


def test_a_new_record_is_to_be_inserted_or_updated(shop):
    shop.only(PEOPLE, COLUMNS, people(1, 2, 3))

    ran = shop.plan("--records", "2")

    fields = ["external_id", "email", "name", "custom_attributes.plan"]
    assert listed(ran) == [
        {"key": key, "action": "insert or update", "fields": fields} for key in ("c1", "c2")
    ]
    assert ran["people"]["records"]["more"] == 1
    assert shop.calls() == {}


def test_values_are_shown_where_they_are_asked_for(shop):
    shop.only(PEOPLE, COLUMNS, people(1))
    shop.sync()
    shop.sql("update customers set plan = null")
    shop.calls()

    (record,) = listed(shop.plan("--records", "--values"))

    assert record["action"] == "update"
    assert record["fields"] == {
        "external_id": {"new": "c1"},
        "email": {"new": "c1@example.com"},
        "name": {"new": "a name"},
        "custom_attributes.plan": {"new": None},
    }
    assert shop.calls() == {}


def test_a_row_that_makes_the_same_payload_changes_nothing(shop):
    shop.only(PEOPLE, COLUMNS, people(1))
    shop.sync()
    shop.sql("update customers set email = upper(email)")

    assert [(each["key"], each["action"]) for each in listed(shop.plan("--records"))] == [("c1", "nothing")]


def test_a_value_that_fits_no_field_is_told_by_code(shop):
    shop.only(PEOPLE, COLUMNS, [["c1", "nonsense", "a name", "pro"]])

    ran = shop.plan("--records", "--values")

    assert ran.counts("people") == {"rows": 1, "invalid": 1}
    assert ran["people"]["invalid"] == {"invalid_value": 1}
    assert ran["people"]["forecast"]["endpoints"] == {}
    (record,) = listed(ran)
    assert record == {"key": "c1", "action": "fail", "code": "invalid_value", "fields": {}}


@pytest.mark.slow
def test_records_that_left_are_listed_apart(shop):
    shop.only({**PEOPLE, "removed": "archive"}, COLUMNS, people(1, 2, 3, 4))
    shop.sync()
    shop.sql("delete from customers where id > 'c1'")

    ran = shop.plan("--records", "2")

    assert ran["people"]["removals"] == {
        "listed": [{"key": "c2", "action": "archive"}, {"key": "c3", "action": "archive"}],
        "more": 1,
    }
    assert ran["people"]["forecast"]["endpoints"] == {
        "POST /contacts/{contact_id}/archive": {"least": 3, "most": 3}
    }


@pytest.mark.parametrize(
    ("block", "columns", "row", "action", "fields"),
    [
        (
            {"object": "company", "behaviour": "insert", "fields": {"company_id": "id", "name": "name"}},
            "id text, name text",
            ["a1", None],
            "insert",
            ["company_id"],
        ),
        (
            {
                "object": "event",
                "behaviour": "send",
                "identifier": "external_id",
                "fields": {
                    "external_id": "id",
                    "event_name": "event",
                    "created_at": "moment",
                    "metadata.plan": "plan",
                },
            },
            "id text, event text, moment bigint, plan text",
            ["c1", "ordered", 17, None],
            "send",
            ["external_id", "event_name", "created_at"],
        ),
        (
            {
                "object": "contact_tag",
                "behaviour": "detach",
                "identifier": "external_id",
                "fields": {"external_id": "id", "tag": "tag"},
            },
            "id text, tag text",
            ["c1", "VIP"],
            "detach",
            ["external_id", "tag"],
        ),
    ],
    ids=["a company", "an event", "a tag"],
)
def test_every_object_is_listed(shop, block, columns, row, action, fields):
    shop.only({**block, "name": "people"}, columns, [row])

    (record,) = listed(shop.plan("--records"))

    assert (record["action"], record["fields"]) == (action, fields)


def test_a_ledger_with_payloads_tells_what_was_there_before(shop):
    config = shop.folder / "intercom.yml"
    config.write_text(f"{config.read_text()}\nledger: {{payloads: true}}\n")
    shop.only(PEOPLE, COLUMNS, people(1))
    shop.sync()
    shop.sql("update customers set plan = 'team'; insert into customers values ('c2', null, 'b', null)")
    shop.calls()

    told = {each["key"]: each["fields"] for each in listed(shop.plan("--records", "--values"))}

    assert told["c1"] == {"custom_attributes.plan": {"old": "pro", "new": "team"}}
    assert told["c2"]["name"] == {"new": "b"}
    assert shop.calls() == {}


def test_no_statement_of_a_plan_names_a_record(shop, monkeypatch):
    config = shop.folder / "intercom.yml"
    config.write_text(f"{config.read_text()}\nledger: {{payloads: true}}\n")
    shop.only({**PEOPLE, "removed": "archive"}, COLUMNS, people("-planted", "-gone"))
    shop.sync()
    shop.put("customers", COLUMNS, people("-planted", "-new", plan="team"))
    said = []

    def listening(method):
        def listened(self, sql):
            said.append(sql)
            return method(self, sql)

        return listened

    for name in ("query", "execute"):
        monkeypatch.setattr(Warehouse, name, listening(getattr(Warehouse, name)))

    ran = shop.plan("--records")

    assert [each["key"] for each in listed(ran)] == ["c-new", "c-planted"]
    assert ran["people"]["removals"]["listed"] == [{"key": "c-gone", "action": "archive"}]
    assert [sql for sql in said if "c-" in sql] == []
    assert len(said) > 1


def test_against_intercom_each_field_is_compared(shop, state_of):
    shop.add_contact(external_id="c1", email="C1@example.com", name="a name")
    there = shop.add_contact(external_id="c2", email="c2@example.com", name="old name")
    shop.change_contact(there.id, custom_attributes={"plan": "pro"})
    shop.only(PEOPLE, COLUMNS, [*people(1, plan=None), *people(2, 3)])
    before = state_of(shop), shop.schemas()
    shop.sandbox.calls.clear()

    ran = shop.plan("--records", "--against-intercom", "--values")

    assert listed(ran) == [
        {"key": "c2", "action": "update", "fields": {"name": {"old": "old name", "new": "a name"}}},
        {
            "key": "c3",
            "action": "insert",
            "fields": {
                "external_id": {"new": "c3"},
                "email": {"new": "c3@example.com"},
                "name": {"new": "a name"},
                "custom_attributes.plan": {"new": "pro"},
            },
        },
    ]
    assert ran["people"]["compared"] == {"nothing": 1, "update": 1, "insert": 1}
    assert ran["people"]["added_in_intercom"] == {"new": 1, "existing": 2, "not_looked_up": 0}
    assert (state_of(shop), shop.schemas()) == before
    assert shop.calls() == {"POST /contacts/search": 1}


@pytest.mark.slow
def test_of_a_thousand_contacts_ten_differ(shop):
    shop.only(PEOPLE, COLUMNS, people(*range(1000), plan=None))
    for number in range(1000):
        name = "another" if number % 100 == 0 else "a name"
        shop.add_contact(external_id=f"c{number}", email=f"c{number}@example.com", name=name)
    shop.sandbox.calls.clear()

    ran = shop.plan("--records", "--against-intercom")

    assert ran["people"]["compared"] == {"nothing": 990, "update": 10}
    assert [each["fields"] for each in listed(ran)] == [["name"]] * 10
    assert len(shop.sandbox.calls) <= 25


def test_delivered_records_are_read_by_their_ids(shop):
    shop.only(PEOPLE, COLUMNS, people(1, 2, 3))
    shop.sync()
    shop.change_contact(shop.contacts()["c1"].id, fields={"name": "by hand"})
    shop.sql("update customers set plan = 'team' where id <> 'c3'; update customers set email = upper(email)")
    shop.calls()

    ran = shop.plan("--records", "--against-intercom", "--values")

    assert {each["key"]: each["fields"] for each in listed(ran)} == {
        "c1": {
            "name": {"old": "by hand", "new": "a name"},
            "custom_attributes.plan": {"old": "pro", "new": "team"},
        },
        "c2": {"custom_attributes.plan": {"old": "pro", "new": "team"}},
    }
    counts = ran["people"]["counts"]
    assert (counts["changed"], counts["unchanged"]) == (2, 1)
    assert ran["people"]["forecast"]["calls"] == {"least": 2, "most": 2}
    assert not ran["people"]["forecast"]["at_most"]
    assert shop.calls() == {"POST /contacts/search": 1}


def test_companies_are_read_one_by_one(shop):
    block = {
        "name": "people",
        "object": "company",
        "behaviour": "upsert",
        "identifier": "company_id",
        "fields": {"company_id": "id", "name": "name", "plan": "plan", "monthly_spend": "spend"},
    }
    rows = [["a1", "One", "gold", 5], ["a2", "Two", "gold", 5], ["a3", "Three", "gold", 5]]
    shop.add_company("a1", name="One", plan="gold", monthly_spend=5)
    shop.add_company("a2", name="Two", plan="silver", monthly_spend=5)
    shop.only(block, "id text, name text, plan text, spend bigint", rows)

    ran = shop.plan("--records", "--against-intercom", "--values")

    assert [(each["key"], each["action"]) for each in listed(ran)] == [("a2", "update"), ("a3", "insert")]
    assert listed(ran)[0]["fields"] == {"plan": {"old": "silver", "new": "gold"}}
    assert shop.calls() == {"GET /companies": 3}


def test_a_match_that_a_sync_would_refuse_is_told(shop):
    shop.add_contact(external_id="other", email="c1@example.com")
    by_email = {**PEOPLE, "identifier": "email"}
    shop.only(by_email, COLUMNS, people(1))

    (record,) = listed(shop.plan("--records", "--against-intercom"))

    assert (record["action"], record["code"]) == ("fail", "identifier_conflict")


def test_the_text_lists_records_on_standard_output_only(shop):
    shop.only(PEOPLE, COLUMNS, people(1, 2, name="line\n\x1b[31m"))

    ran = shop.run("plan", "--records", "1", "--values", "--log-format", "json")

    told = [line for line in ran.out.splitlines() if not line.startswith("{")]
    assert told[-7:] == [
        "people:",
        "  insert or update c1",
        '    external_id: "c1"',
        '    email: "c1@example.com"',
        '    name: "line\\n\\u001b[31m"',
        '    custom_attributes.plan: "pro"',
        "  … and 1 more",
    ]
    assert "c1@example.com" not in "".join(line for line in ran.out.splitlines() if line.startswith("{"))


def test_values_without_records_are_a_mistake(shop):
    ran = shop.run("plan", "--values")

    assert ran.code == 2
    assert "add `--records`" in ran.err


def test_markdown_has_a_table_for_each_activation(shop):
    shop.only(PEOPLE, COLUMNS, people(1, 2, name="a|b `c` <d>"))

    ran = shop.run("plan", "--records", "1", "--values", "--output", "markdown")

    assert "| people | 2 added |" in ran.out
    assert "| `POST /contacts/search` | 1 |" in ran.out
    assert "#### people" in ran.out
    assert '| c1 | insert or update | external\\_id: "c1"<br>' in ran.out
    assert "a\\|b \\`c\\` \\<d\\>" in ran.out
    assert "… and 1 more." in ran.out


def test_markdown_fits_into_a_comment(shop):
    shop.only(PEOPLE, COLUMNS, people(*range(600), name="n" * 150))

    ran = shop.run("plan", "--records", "600", "--values", "--output", "markdown")

    assert len(ran.out) < 65_536
    shown = ran.out.count("insert or update")
    assert f"… and {600 - shown:,} more." in ran.out
    assert shown > 100


def test_minutes_follow_the_workspaces_own_limit(shop):
    config = shop.folder / "intercom.yml"
    config.write_text(
        config.read_text().replace("concurrency: 8", "concurrency: 8\n    requests_per_minute: 60")
    )
    shop.only(PEOPLE, COLUMNS, people(*range(58)))

    told = shop.plan().document["forecast"]

    assert told["calls"] == {"least": 62, "most": 62}
    assert told["minutes"] == {"least": 1.033, "most": 1.033}
    assert told["endpoints"]["POST /contacts"] == {"least": 0, "most": 58}
    assert "62 calls to Intercom; about 1.0 minutes at 60 calls a minute in test" in shop.run("plan").out
