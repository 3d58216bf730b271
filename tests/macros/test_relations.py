"""`ledger()`, `failures()` and `synced()` in the user's own models."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.ledger.tables import Tables

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
def before_sync(make_project):
    """A project that was built and never synced."""
    project = make_project(FILES)
    project.built("build")
    return project


@pytest.fixture(scope="module")
def after_sync(make_project):
    """A project that was synced and built again; one record failed."""
    project = make_project(FILES)
    project.built("run")
    ran = project.sync()
    assert ran.counts("contacts") == {"rows": 3, "inserted": 2, "failed": 1}, ran.text
    project.built("run", "--select", "about")
    return project


@pytest.mark.parametrize("model", ["all_rows", "all_failures", "told", "told_here", "told_elsewhere"])
def test_before_the_first_sync_the_model_builds_empty(before_sync, model):
    assert before_sync.sql(f"select count(*) from {model}") == [(0,)]
    assert "intercom_activate" not in before_sync.schemas()


def test_before_the_first_sync_columns_are_those_of_the_ledger(before_sync, after_sync):
    assert before_sync.columns("all_rows") == after_sync.columns("intercom_activate.ledger")
    assert before_sync.columns("all_failures") == after_sync.columns("intercom_activate.failures")
    assert before_sync.columns("told_here") == after_sync.columns("intercom_activate.synced")


def test_after_it_the_ledger_has_every_attempt(after_sync):
    assert after_sync.sql("from all_rows order by all") == after_sync.sql(
        "from intercom_activate.ledger order by all"
    )
    assert after_sync.sql("select count(*) from all_rows where activation = 'contacts'") == [(3,)]


def test_after_it_the_failures_are_those_of_the_view(after_sync):
    failures = after_sync.sql("select activation, record_key, code from all_failures order by 1")
    assert failures == [("contacts", "c3", "invalid_value"), ("people", "c3", "invalid_value")]


def test_synced_has_the_records_of_one_activation(after_sync):
    assert after_sync.sql("from told order by 1") == [("c1", "c1"), ("c2", "c2")]


def test_synced_takes_a_workspace_by_name_and_by_id(after_sync):
    for model in ("told_here", "told_by_id"):
        assert after_sync.sql(f"select record_key, activation, workspace_name from {model} order by 1") == [
            ("c1", "contacts", "test"),
            ("c2", "contacts", "test"),
        ]
    assert after_sync.sql("from told_elsewhere") == []


def test_synced_of_another_project_is_not_ours(after_sync):
    assert after_sync.sql("from told_by_another") == []


def test_a_warning_names_an_unknown_activation_only(after_sync):
    after_sync.put_files(
        {"models/typo/typo.sql": "select * from {{ intercom_activate.synced('contatcs') }} as t"}
    )
    said = after_sync.built("run", "--select", "typo").said
    assert (
        "intercom_activate.synced: expected an activation of this project (contacts, people), found 'contatcs'"
        in said
    )
    assert "expected an activation" not in after_sync.built("run", "--select", "told").said


def test_the_names_of_activations_are_those_of_the_command_line(after_sync):
    after_sync.put_files(
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
    said = after_sync.built("run-operation", "names").said
    ran = after_sync.run("ls", "--output", "json")
    for name in ("seeds/leads.csv", "models/plans.sql", "models/plans_v1.sql", "models/more.yml"):
        (after_sync.folder / name).unlink()

    told = json.loads(
        next(line for line in said.splitlines() if line.startswith("named ")).removeprefix("named ")
    )
    assert told == sorted(each["activation"] for each in ran.document["results"])
    assert {"plans_v1", "plans_v2", "leads"} <= set(told)


def test_a_unit_test_can_stand_something_in_their_place(after_sync):
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
    after_sync.put_files({"models/unit.yml": json.dumps(unit)})
    ended = after_sync.built("test", "--select", "told_names_the_record")
    (after_sync.folder / "models/unit.yml").unlink()
    assert ended.results == {"told_names_the_record": "pass"}


# Where the ledger is


def spelled(project, *arguments):
    said = project.built("run-operation", "spell", *arguments).said
    return next(line for line in said.splitlines() if line.startswith("spelled ")).removeprefix("spelled ")


@pytest.fixture
def project_with_ledger_name(after_sync):
    """A project whose ledger can be moved, as text; it is left as it was."""
    kept = {name: (after_sync.folder / name).read_text() for name in ("dbt_project.yml", "intercom.yml")}
    after_sync.put_files({"macros/spell.sql": SPELL})
    yield after_sync
    after_sync.put_files(kept)


QUOTING = [{}, {"schema": False}, {"database": False, "schema": False, "identifier": False}]
PLACES = [
    pytest.param({}, id="the default"),
    pytest.param({"schema": "intercom_activate"}, id="the default, written"),
    pytest.param({"schema": "Crm_Ledger"}, id="another schema"),
    pytest.param({"schema": "ledgers", "database": "Elsewhere"}, id="another database"),
    pytest.param({"schema": "crm ledger", "database": "else-where"}, id="names that need quoting"),
]


def variables(ledger):
    return {"intercom_activate": {f"ledger_{key}": value for key, value in ledger.items()}}


@pytest.mark.slow
@pytest.mark.parametrize("quoting", QUOTING)
@pytest.mark.parametrize("ledger", PLACES)
def test_the_macros_and_the_command_line_name_the_same_relation(project_with_ledger_name, ledger, quoting):
    """The same words in intercom.yml and in `vars`, whatever the project's quoting."""
    project_with_ledger_name.change_settings(vars=variables(ledger), quoting=quoting or {"identifier": True})
    with project_with_ledger_name.inside():
        warehouse = project_with_ledger_name.open_warehouse()
    python = Tables(
        warehouse, schema=ledger.get("schema", "intercom_activate"), database=ledger.get("database")
    )

    assert spelled(project_with_ledger_name) == str(python.relation("ledger"))


@pytest.mark.parametrize("name", ['x"; drop table victim; --', "x'", "x`", "x;", "x\\", "x\ny", 5])
def test_vars_that_hold_no_name_are_refused(project_with_ledger_name, name):
    project_with_ledger_name.change_settings(vars=variables({"schema": name}))
    ended = project_with_ledger_name.dbt("run-operation", "spell")

    assert not ended.success
    assert "the schema of the ledger: expected a name" in ended.said


@pytest.mark.slow
def test_vars_name_the_schema_of_the_ledger(project_with_ledger_name):
    where = {"schema": "crm_ledger"}
    config = (project_with_ledger_name.folder / "intercom.yml").read_text()
    project_with_ledger_name.put_files({"intercom.yml": f"{config}\nledger: {json.dumps(where)}\n"})
    project_with_ledger_name.change_settings(vars=variables(where))
    project_with_ledger_name.built("run")
    assert project_with_ledger_name.sync("--select", "people", "--new-ledger").code == 1
    project_with_ledger_name.built("run", "--select", "all_rows")

    assert project_with_ledger_name.sql("select distinct activation from all_rows") == [("people",)]


def test_an_argument_goes_before_vars(project_with_ledger_name):
    project_with_ledger_name.change_settings(vars=variables({"schema": "nowhere"}))
    project_with_ledger_name.put_files(
        {"macros/spell.sql": SPELL.replace(RELATION, "ledger('intercom_activate')")}
    )
    assert spelled(project_with_ledger_name) == '"shop"."intercom_activate"."ledger"'
