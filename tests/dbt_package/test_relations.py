"""`ledger()`, `failures()` and `synced()` in the user's own models."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.ledger.stages import Ledger

ACTIVATION = {
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "customer_id", "email": "email"},
}
CUSTOMERS = """
select * from (values ('c1', 'ada@example.com'), ('c2', 'zoe@example.com'), ('c3', 'nobody')) as t(customer_id, email)
"""
FILES = {
    "models/customers.sql": CUSTOMERS,
    "models/people.sql": CUSTOMERS,
    "models/models.yml": json.dumps(
        {
            "models": [
                {"name": "customers", "config": {"meta": {"intercom": {"name": "contacts", **ACTIVATION}}}},
                {"name": "people", "config": {"meta": {"intercom": [ACTIVATION]}}},
            ]
        }
    ),
    "models/about/all_rows.sql": "select * from {{ intercom_activate.ledger() }} as ledger",
    "models/about/all_failures.sql": "select failures.* from {{ intercom_activate.failures() }} as failures",
    "models/about/told.sql": """
select told.record_key, others.record_key as other_key
from {{ intercom_activate.synced('contacts') }} as told
left join {{ intercom_activate.synced('people') }} as others on told.record_key = others.record_key
""",
    "models/about/told_here.sql": "select * from {{ intercom_activate.synced('contacts', workspace='test') }} as t",
    "models/about/told_by_id.sql": """
select * from {{ intercom_activate.synced('contacts', workspace='sandbox1') }} as t
""",
    "models/about/told_elsewhere.sql": """
select * from {{ intercom_activate.synced('contacts', workspace="it's") }} as t
""",
    "models/about/told_by_another.sql": """
select * from {{ intercom_activate.synced('contacts', project='other') }} as t
""",
}
RELATION = "_ledger_relation('ledger', none, none)"
SPELL = "{% macro spell() %}{{ print('spelled ' ~ intercom_activate." + RELATION + ") }}{% endmacro %}"


@pytest.fixture(scope="module")
def before(make_project):
    """A project that was built and never synced."""
    project = make_project(FILES)
    project.built("build")
    return project


@pytest.fixture(scope="module")
def after(make_project):
    """A project that was synced and built again; one record failed."""
    project = make_project(FILES)
    project.built("run")
    ran = project.sync()
    assert ran.counts("contacts") == {"rows": 3, "inserted": 2, "failed": 1}, ran.text
    project.built("run", "--select", "about")
    return project


@pytest.mark.parametrize("model", ["all_rows", "all_failures", "told", "told_here", "told_elsewhere"])
def test_before_the_first_sync_there_is_nothing_and_the_model_builds(before, model):
    assert before.sql(f"select count(*) from {model}") == [(0,)]
    assert "intercom_activate" not in before.schemas()


def test_before_the_first_sync_the_columns_are_those_of_the_ledger(before, after):
    assert before.columns("all_rows") == after.columns("intercom_activate.ledger")
    assert before.columns("all_failures") == after.columns("intercom_activate.failures")
    assert before.columns("told_here") == after.columns("intercom_activate.synced")


def test_after_it_the_ledger_has_every_attempt(after):
    assert after.sql("from all_rows order by all") == after.sql("from intercom_activate.ledger order by all")
    assert after.sql("select count(*) from all_rows where activation = 'contacts'") == [(3,)]


def test_after_it_the_failures_are_those_of_the_view(after):
    failures = after.sql("select activation, record_key, code from all_failures order by 1")
    assert failures == [("contacts", "c3", "invalid_value"), ("people", "c3", "invalid_value")]


def test_synced_has_the_records_of_one_activation(after):
    assert after.sql("from told order by 1") == [("c1", "c1"), ("c2", "c2")]


def test_synced_can_be_asked_for_a_workspace_by_name_and_by_id(after):
    for model in ("told_here", "told_by_id"):
        assert after.sql(f"select record_key, activation, workspace_name from {model} order by 1") == [
            ("c1", "contacts", "test"),
            ("c2", "contacts", "test"),
        ]
    assert after.sql("from told_elsewhere") == []


def test_synced_of_another_project_is_not_ours(after):
    assert after.sql("from told_by_another") == []


def test_an_unknown_activation_is_warned_of_and_a_known_one_is_not(after):
    after.put_files({"models/typo/typo.sql": "select * from {{ intercom_activate.synced('contatcs') }} as t"})
    said = after.built("run", "--select", "typo").said
    assert (
        "intercom_activate.synced: expected an activation of this project (contacts, people), found 'contatcs'"
        in said
    )
    assert "expected an activation" not in after.built("run", "--select", "told").said


def test_the_names_of_activations_are_those_of_the_command_line(after):
    after.put_files(
        {
            "macros/names.sql": "{% macro names() %}"
            "{{ print('named ' ~ tojson(intercom_activate._activation_names() | sort)) }}{% endmacro %}",
            "seeds/leads.csv": "id\n1\n",
            "models/plans.sql": "select 1 as id",
            "models/plans_v1.sql": "select 1 as id",
            "models/more.yml": json.dumps(
                {
                    "models": [
                        {
                            "name": "plans",
                            "latest_version": 2,
                            "versions": [
                                {"v": 1, "config": {"meta": {"intercom": {**ACTIVATION, "enabled": False}}}},
                                {"v": 2, "defined_in": "plans"},
                            ],
                            "config": {"meta": {"intercom": ACTIVATION}},
                        }
                    ],
                    "seeds": [{"name": "leads", "config": {"meta": {"intercom": ACTIVATION}}}],
                }
            ),
        }
    )
    said = after.built("run-operation", "names").said
    ran = after.run("ls", "--output", "json")
    for name in ("seeds/leads.csv", "models/plans.sql", "models/plans_v1.sql", "models/more.yml"):
        (after.folder / name).unlink()

    told = json.loads(
        next(line for line in said.splitlines() if line.startswith("named ")).removeprefix("named ")
    )
    assert told == sorted(each["activation"] for each in ran.document["results"])
    assert {"plans_v1", "plans_v2", "leads"} <= set(told)


def test_a_unit_test_can_stand_something_in_their_place(after):
    given = "(select 'c9' as record_key)"
    unit = {
        "unit_tests": [
            {
                "name": "told_names_the_record",
                "model": "told",
                "given": [],
                "overrides": {"macros": {"intercom_activate.synced": given}},
                "expect": {"rows": [{"record_key": "c9", "other_key": "c9"}]},
            }
        ]
    }
    after.put_files({"models/unit.yml": json.dumps(unit)})
    ended = after.built("test", "--select", "told_names_the_record")
    (after.folder / "models/unit.yml").unlink()
    assert ended.results == {"told_names_the_record": "pass"}


# Where the ledger is


def spelled(project, *arguments):
    said = project.built("run-operation", "spell", *arguments).said
    return next(line for line in said.splitlines() if line.startswith("spelled ")).removeprefix("spelled ")


@pytest.fixture
def place(after):
    """A project whose ledger can be moved, as text; it is left as it was."""
    kept = {name: (after.folder / name).read_text() for name in ("dbt_project.yml", "intercom.yml")}
    after.put_files({"macros/spell.sql": SPELL})
    yield after
    after.put_files(kept)


QUOTING = [{}, {"schema": False}, {"database": False, "schema": False, "identifier": False}]
PLACES = [
    pytest.param({}, id="the default"),
    pytest.param({"schema": "intercom_activate"}, id="the default, written"),
    pytest.param({"schema": "Crm_Ledger"}, id="another schema"),
    pytest.param({"schema": "ledgers", "database": "Elsewhere"}, id="another database"),
]


def variables(ledger):
    return {"intercom_activate": {f"ledger_{key}": value for key, value in ledger.items()}}


@pytest.mark.parametrize("quoting", QUOTING)
@pytest.mark.parametrize("ledger", PLACES)
def test_the_macros_and_the_command_line_name_the_same_relation(place, ledger, quoting):
    """The same words in intercom.yml and in `vars`, whatever the project's quoting."""
    place.change_settings(vars=variables(ledger), quoting=quoting or {"identifier": True})
    with place.inside():
        warehouse = place.open_warehouse()
    python = Ledger(
        warehouse, schema=ledger.get("schema", "intercom_activate"), database=ledger.get("database")
    )

    assert spelled(place) == python.name


def test_a_ledger_of_another_schema_is_read_where_vars_name_it(place):
    where = {"schema": "crm_ledger"}
    config = (place.folder / "intercom.yml").read_text()
    place.put_files({"intercom.yml": f"{config}\nledger: {json.dumps(where)}\n"})
    place.change_settings(vars=variables(where))
    place.built("run")
    assert place.sync("--select", "people").code == 1
    place.built("run", "--select", "all_rows")

    assert place.sql("select distinct activation from all_rows") == [("people",)]


def test_an_argument_goes_before_vars(place):
    place.change_settings(vars=variables({"schema": "nowhere"}))
    place.put_files({"macros/spell.sql": SPELL.replace(RELATION, "ledger('intercom_activate')")})
    assert spelled(place) == '"shop"."intercom_activate"."ledger"'
