"""`intercom_identifier` finds the records that a real sync does not get through, and no others."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.objects import OBJECTS
from docs.generator import objects_macro

OURS, THEIRS = "0" * 24, "f" * 24
"""An id is put in place of OURS that Intercom has; THEIRS nobody has."""

CASES = {
    "contact_external_id": ("contact", "external_id", "varchar", ["u1", " u1 ", "U1", "u2", "", " ", None, "7", "a@b"]),
    "contact_external_id_number": ("contact", "external_id", "integer", [1, 2, 2, None, -5]),
    "contact_external_id_double": ("contact", "external_id", "double", [1.0, 2.5, "nan", "infinity", None]),
    "contact_external_id_large": ("contact", "external_id", "double", [2**53 - 1, 2**53, 1e22, -1e16]),
    "contact_external_id_float": ("contact", "external_id", "float", [16777215, 16777216, 0.1]),
    "contact_external_id_decimal": ("contact", "external_id", "decimal(38, 2)", [9007199254740993, 1.5, 1]),
    "contact_external_id_boolean": ("contact", "external_id", "boolean", [True, None]),
    "contact_external_id_date": ("contact", "external_id", "date", ["2024-02-29", None]),
    "contact_external_id_json": ("contact", "external_id", "json", ["7", None]),
    "contact_email": ("contact", "email", "varchar", [
        "ada@example.com", " ADA@example.com", "zoe@example.com", "nobody", "nobody", "no body@x", "", None,
    ]),
    "contact_email_number": ("contact", "email", "integer", [1, None]),
    "contact_id": ("contact", "id", "varchar", [OURS, OURS.upper() + "A", "abc", "6762f0dd1bb69f9f2193bb8g", None, ""]),
    "contact_id_twice": ("contact", "id", "varchar", [OURS, f" {OURS}"]),
    "company_company_id": ("company", "company_id", "varchar", ["a1", "a1", "A1", "", None, "a2\t", "\n", "a\n4"]),
    "company_id": ("company", "id", "varchar", [OURS, "ABCDEF1234567890ABCDEF12", "abc", None]),
}  # fmt: skip
"""Object, identifier, type of the column, its values."""
COMPOSITE = "contact_external_id_json"
"""The case of a column that no field takes: it ends its activation before any record."""


def model(kind, values):
    texts = ["null" if value is None else f"'{value}'" for value in values]
    rows = ", ".join(f"({row}, cast({text} as {kind}))" for row, text in enumerate(texts))
    return f"select row_id, identifier, 'x' as name from (values {rows}) as t(row_id, identifier)"


def described(name):
    object_, identifier, _, _ = CASES[name]
    arguments = {"identifier": identifier, "object": object_}
    block = {
        "object": object_,
        "behaviour": "update" if identifier == "id" else "upsert",
        "identifier": identifier,
        "fields": {identifier: "identifier", "name": "name"},
        "key": ["row_id"],
    }
    tests = [{"intercom_activate.intercom_identifier": {"name": f"{name}_test", "arguments": arguments}}]
    return {
        "name": name,
        "config": {"meta": {"intercom": block}},
        "columns": [{"name": "identifier", "data_tests": tests}],
    }


@pytest.fixture(scope="module")
def project(make_project):
    """Every case judged by `dbt test`, and by a sync."""
    project = make_project({"models/models.yml": json.dumps({"models": [described(name) for name in CASES]})})
    contact, company = project.add_contact(external_id="c0"), project.add_company("k0")
    for name, (object_, _, kind, values) in CASES.items():
        known = {"contact": contact.id, "company": company.id}[object_]
        shown = [value.replace(OURS, known) if isinstance(value, str) else value for value in values]
        project.put_files({f"models/{name}.sql": model(kind, shown)})
    project.built("run")
    project.dbt("test", "--store-failures")
    ran = project.sync("--no-gate")
    assert {name for name, status in ran.statuses().items() if status == "error"} == {COMPOSITE}, ran.text
    return project


def found_by_test(project, name):
    found = project.sql(f'select row_id, ia_fault from main_dbt_test__audit."{name}_test"')
    return {row: fault.partition(":")[0] for row, fault in found}


def found_by_sync(project, name):
    return {int(key): code for key, code in project.codes(name).items() if code is not None}


@pytest.mark.parametrize("name", [name for name in CASES if name != COMPOSITE])
def test_the_test_finds_what_the_sync_does_not_get_through(project, name):
    assert found_by_test(project, name) == found_by_sync(project, name)


def test_a_column_of_objects_identifies_nobody(project):
    assert found_by_test(project, COMPOSITE) == {0: "invalid_value", 1: "missing_identifier"}
    assert found_by_sync(project, COMPOSITE) == {}


def test_every_fault_is_among_the_cases(project):
    codes = {code for name in CASES for code in found_by_test(project, name).values()}
    assert codes == {"missing_identifier", "duplicate_identifier", "invalid_value", "not_found"}


def test_some_records_of_every_kind_get_through(project):
    """Or a test that finds fault with everything would pass."""
    for name, (_, identifier, kind, values) in CASES.items():
        if kind in ("varchar", "integer", "double") and (identifier, kind) != ("email", "integer"):
            through = len(values) - len(found_by_test(project, name))
            assert through > 0 or name == "contact_id_twice", name


# What the arguments mean


def identifier_test(name, **arguments):
    return {"intercom_activate.intercom_identifier": {"name": name, "arguments": arguments}}


def counted(make_project, tests, rows):
    """How many rows fail each test."""
    models = {"models": [{"name": "rows", "columns": [{"name": "identifier", "data_tests": tests}]}]}
    project = make_project(
        {"models/rows.sql": model("varchar", rows), "models/models.yml": json.dumps(models)}
    )
    project.built("run")
    project.dbt("test", "--store-failures")
    return {
        name: project.sql(f'select count(*) from main_dbt_test__audit."{name}"')[0][0]
        for name in (next(iter(test.values()))["name"] for test in tests)
    }


@pytest.mark.dbt
@pytest.mark.slow
def test_the_object_says_whether_an_identifier_may_repeat(make_project):
    tests = [
        identifier_test("alone"),
        identifier_test("of_contacts", object="contact"),
        identifier_test("of_tags", object="contact_tag"),
        identifier_test("of_events", object="event"),
        identifier_test("of_memberships", identifier="contact.external_id"),
        identifier_test("of_companies", identifier="company_id"),
        identifier_test("told_that_it_may", unique=False),
        identifier_test("told_that_it_may_not", object="contact_tag", unique=True),
        identifier_test("of_conversations", object="conversation_tag", identifier="id"),
        identifier_test("of_company_ids", object="contact_company", identifier="company.id"),
    ]
    assert counted(make_project, tests, ["1", "1", "2", None]) == {
        "alone": 3,
        "of_contacts": 3,
        "of_tags": 1,
        "of_events": 1,
        "of_memberships": 1,
        "of_companies": 3,
        "told_that_it_may": 1,
        "told_that_it_may_not": 3,
        "of_conversations": 1,
        "of_company_ids": 4,
    }


@pytest.mark.dbt
@pytest.mark.slow
def test_dbts_own_where_leaves_rows_out(make_project):
    """Such as the records without an id that an upsert by `id` inserts."""
    test = identifier_test("known", identifier="id")
    test["intercom_activate.intercom_identifier"]["config"] = {"where": "identifier is not null"}
    assert counted(make_project, [test], ["6762f0dd1bb69f9f2193bb83", None, "x"]) == {"known": 1}


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        pytest.param(
            {"intercom_identifier": {"object": "contacts"}},
            f"intercom_identifier: object: expected {', '.join(OBJECTS)}, found contacts",
            id="an unknown object",
        ),
        pytest.param(
            {"intercom_identifier": {"identifier": "company_id", "object": "contact"}},
            "intercom_identifier: identifier: expected external_id, email, id for `object: contact`, found company_id",
            id="an identifier of another object",
        ),
        pytest.param(
            {"intercom_attribute": {"type": "number"}},
            "intercom_attribute: type: expected string, integer, float, boolean, date, datetime, found number",
            id="an unknown type",
        ),
    ],
)
def test_a_mistake_in_the_arguments_is_told(make_project, test, expected):
    ((name, arguments),) = test.items()
    tests = [{f"intercom_activate.{name}": {"arguments": arguments}}]
    models = {"models": [{"name": "rows", "columns": [{"name": "identifier", "data_tests": tests}]}]}
    project = make_project(
        {"models/rows.sql": model("varchar", ["1"]), "models/models.yml": json.dumps(models)}
    )
    project.dbt("run")
    ended = project.dbt("test")

    assert not ended.success
    assert expected in " ".join(ended.said.split())


def test_the_macro_of_objects_is_written_from_the_catalogue():
    assert objects_macro.PATH.read_text(encoding="utf-8") == objects_macro.text()


def test_the_objects_are_those_of_the_sync(project):
    with project.inside():
        warehouse = project.open_warehouse()
        with warehouse.connected():
            known = warehouse.render("_objects")
    assert list(known) == list(OBJECTS)
    for name, facts in known.items():
        sides = [each for group in OBJECTS[name].one_of for each in group if "." in each]
        assert facts["identifiers"] == (list(OBJECTS[name].identifiers) or sides)
        assert (facts["unique"], facts["counted_ids"]) == (OBJECTS[name].unique, OBJECTS[name].counted_ids)
