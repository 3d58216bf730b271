"""The ledger's schema and database are names: quoted as such, or refused, and never a piece of SQL."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbt_intercom_activate.configuration import workspace as workspaces
from dbt_intercom_activate.errors import ConfigurationError
from dbt_intercom_activate.ledger.standing import TABLES, VIEWS
from dbt_intercom_activate.ledger.tables import Tables

HOSTILE = (
    'x"; drop table victim; --',
    "x'; drop table victim; --",
    "x`; drop table victim; --",
    "x; drop table victim",
    'x".y',
    "x\\",
    "{{ x }}",
    "x\ny",
    "x\0y",
    " x",
    "x" * 64,
    "ü" * 32,
)
ODD = (
    "crm ledger",
    "crm-ledger",
    "Kundenbücher",
    "顧客",
    "CRM",
    "order",
    "1st",
    "100%",
    "a.b",
    "x -- y",
    "x /* y",
    "a(b)",
    "x" * 63,
)
"""Names that need to be quoted, and mean themselves then."""


def read(folder, **ledger):
    workspaces_ = {"default": {"access_token": "{{ env_var('T') }}"}}
    (folder / "intercom.yml").write_text(json.dumps({"workspaces": workspaces_, "ledger": ledger}))
    return workspaces.read(folder, target={}, env={"T": "token"}).ledger


@pytest.mark.parametrize("key", ["schema", "database"])
@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_what_is_no_name_is_refused(tmp_path, key, name):
    with pytest.raises(ConfigurationError, match=rf"ledger\.{key}: expected a name of at most 63 bytes"):
        read(tmp_path, **{key: name.replace("{{ x }}", "{{ '{{' }}")})


@pytest.mark.parametrize("key", ["schema", "database"])
@pytest.mark.parametrize("name", ODD)
def test_what_is_a_name_is_taken_as_it_is(tmp_path, key, name):
    assert getattr(read(tmp_path, **{key: name}), key) == name


@given(st.text(min_size=1))
def test_no_name_ends_a_quotation(tmp_path_factory, name):
    try:
        read_name = read(tmp_path_factory.getbasetemp(), schema=name).schema
    except ConfigurationError:
        return
    assert not set(read_name) & set("\"'`;\\\n\0")


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.slow)])
def engine_apart(request, open_apart):
    return open_apart(request.param)


@pytest.mark.parametrize("schema", ODD)
def test_an_odd_name_is_the_name_of_the_schema(engine_apart, schema):
    warehouse, _ = engine_apart
    warehouse.execute("create table if not exists victim (n int)")
    tables = Tables(warehouse, schema=schema, database=None)
    tables.make_for_the_lock(tables.standing())
    tables.make(tables.standing())

    literal = warehouse.render("text_literal", text=schema)
    query = f"select table_name from information_schema.tables where table_schema = {literal}"
    assert {name for (name,) in warehouse.query(query)} == {*TABLES, *VIEWS}
    assert warehouse.has_schema(tables.relation("ledger"))
    standing = tables.standing()
    standing.refuse()
    assert not standing.absent
    assert warehouse.query("select count(*) from victim") == [(0,)]
    warehouse.execute(f'drop schema "{schema}" cascade')
    warehouse.forget_relations()


def test_a_hostile_name_drops_nothing(shop):
    shop.sql("create table victim as select 1 as n")
    before = shop.schemas()
    config = shop.folder / "intercom.yml"
    config.write_text(config.read_text() + "\nledger: {schema: 'x\"; drop table victim; --'}\n")
    for command in ("sync", "plan", "check", "status"):
        ran = shop.run(command)
        assert ran.code == 2, ran.text
        assert "ledger.schema: expected a name" in ran.text
    assert shop.sql("select n from victim") == [(1,)]
    assert shop.schemas() == before
    assert shop.calls() == {}
