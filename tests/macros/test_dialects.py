"""What the macros for users render parses in the dialects of warehouses that are not here.

As in tests/warehouse/test_dialects.py: dbt's own dispatch picks the macros as for another adapter, whose own stand in
tests/harness/projects/dialects, and sqlglot parses what comes out. Whether it runs there is not proved.
"""

from __future__ import annotations

import pytest
import sqlglot
from shop_harness import PROJECTS
from sqlglot import exp

from dbt_intercom_activate.warehouse import connection, macros

DIALECTS_PACKAGE = PROJECTS / "dialects"
DIALECTS = {
    "snowflake": ["snowflake"],
    "bigquery": ["bigquery"],
    "redshift": ["redshift", "postgres"],
    "databricks": ["databricks", "spark"],
    "spark": ["spark"],
    "trino": ["trino"],
    "postgres": ["postgres"],
    "duckdb": ["duckdb"],
}
"""The adapter, and those whose macros it falls back to."""
FAMILIES = ("text", "integer", "number", "boolean", "timestamp", "composite")
TYPES = (None, "string", "integer", "float", "boolean", "date", "datetime")
IDENTIFIERS = [
    ("external_id", "contact"),
    ("email", "event"),
    ("id", "company"),
    ("contact.email", "contact_company"),
]


@pytest.fixture(scope="module")
def project(make_project):
    return make_project({})


@pytest.fixture(
    params=[
        pytest.param(each, marks=() if each in ("duckdb", "snowflake", "bigquery") else pytest.mark.slow)
        for each in DIALECTS
    ]
)
def dialect(request, project, monkeypatch):
    """A warehouse whose macros are chosen as for another adapter; nothing is run on it but look-ups in DuckDB."""
    from dbt.context import providers

    load = macros.load_macros

    def load_both(config, adapter, package):
        both = dict(config.load_projects([DIALECTS_PACKAGE]))
        original = config.load_projects
        monkeypatch.setattr(type(config), "load_projects", lambda _, paths: [*original(paths), *both.items()])
        return load(config, adapter, package)

    monkeypatch.setattr(connection, "load_macros", load_both)
    monkeypatch.setattr(macros, "_PARSED", {})  # these macros are of several adapters, and nobody else's
    with project.inside():
        warehouse = project.open_warehouse()
        with warehouse.connected():
            # From now on DuckDB knows that there is no ledger, and need not be asked with the macros of others.
            assert not warehouse.exists(warehouse.relation("intercom_activate", "ledger"))
            monkeypatch.setattr(providers, "get_adapter_type_names", lambda _: DIALECTS[request.param])
            order = {"dbt": ["dialects", "dbt"]}
            monkeypatch.setattr(
                type(warehouse._config), "get_macro_search_order", lambda _, name: order.get(name)
            )
            yield request.param, warehouse.render


def parsed(dialect, sql):
    (statement,) = sqlglot.parse(sql, dialect=dialect)
    assert isinstance(statement, exp.Select), "sqlglot gave up on it"
    return statement


def faulty_rows(render, value, fault):
    return render("_faulty_rows", model="db.trade.people", value=value, fault=fault)


def test_every_test_of_an_attribute_parses(dialect):
    name, render = dialect
    for family in FAMILIES:
        for kind in TYPES:
            fault = render("_attribute_fault", value="ia_value", family=family, type=kind)
            parsed(name, faulty_rows(render, "plan", fault))


def test_every_test_of_an_email_parses_with_its_literal_whole(dialect):
    name, render = dialect
    for family in FAMILIES:
        fault = render("_email_fault", value="ia_value", family=family)
        value = render("_compared", column="email", family=family, fold=True)
        statement = parsed(name, faulty_rows(render, value, fault))
        if family == "text":
            if name == "postgres":  # by their numbers, where the database may be in another encoding
                assert "array[1, 2, 3" in fault
                continue
            longest = max((each.this for each in statement.find_all(exp.Literal)), key=len)
            blanks = "".join(map(chr, [*range(1, 0x21), 0x85, 0xA0]))
            assert longest.startswith(blanks) or "\\u00a0" in longest


def test_every_test_of_an_identifier_parses(dialect):
    name, render = dialect
    for family in FAMILIES:
        for identifier, kind in IDENTIFIERS:
            for unique in (True, False):
                fault = render(
                    "_identifier_fault",
                    value="ia_value",
                    family=family,
                    identifier=identifier,
                    counted_ids=kind in ("conversation_tag", "ticket_tag"),
                    unique=unique,
                )
                value = render("_compared", column="person", family=family, fold=identifier == "email")
                parsed(name, faulty_rows(render, value, fault))


def test_the_relations_parse_after_from(dialect):
    name, render = dialect
    columns = [column for column, *_ in render("columns", table="ledger")]
    for relation in (
        render("ledger"),
        render("failures"),
        render("synced", activation="it's", workspace="it's \\ here", project="p"),
    ):
        statement = parsed(name, f"select * from {relation} as told")
        selects = [each.named_selects for each in statement.find_all(exp.Select)]
        assert columns in selects
        assert [each.this for each in statement.find_all(exp.Literal) if "here" in str(each.this)] in (
            [],
            ["it's \\ here"] * 2,
        )
