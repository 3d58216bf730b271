"""The JSON schemas take what the parser takes, and refuse what it refuses for its shape."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from dbt_intercom_activate.configuration.json_schema import SCHEMAS
from dbt_intercom_activate.errors import ConfigurationError
from dbt_intercom_activate.objects import OBJECTS

ROOT = Path(__file__).parent.parent.parent


def validator(name):
    return jsonschema.Draft7Validator(SCHEMAS[name]())


def mistakes(name, document):
    return [
        each.message for each in validator(name).iter_errors(json.loads(json.dumps(document, default=str)))
    ]


def module(path):
    """Another file of tests."""
    name = "of_" + "_".join(path.parts[-2:]).removesuffix(".py")
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
    return sys.modules[name]


def parser_refuses(block):
    """Whether the block alone is a mistake."""
    from dbt_intercom_activate.configuration.entry import read_block

    noted = []
    read_block(block, ("meta",), lambda path, **_: noted.append(path))
    return bool(noted)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_that_validators_take(name):
    jsonschema.Draft7Validator.check_schema(SCHEMAS[name]())


def references(schema):
    """Every `$ref` in a schema."""
    if isinstance(schema, dict):
        own = [schema["$ref"]] if "$ref" in schema else []
        return own + [each for value in schema.values() for each in references(value)]
    return [each for value in schema for each in references(value)] if isinstance(schema, list) else []


@pytest.mark.parametrize("name", ["meta", "properties"])
def test_a_schema_refers_to_all_of_itself_and_nothing_else(name):
    schema = SCHEMAS[name]()
    assert set(references(schema)) == {f"#/definitions/{part}" for part in schema["definitions"]}


def test_the_command_prints_one_self_contained_file(capsys):
    from dbt_intercom_activate.cli import run

    assert run(["schema", "properties"]) == 0
    printed = json.loads(capsys.readouterr().out)
    document = {"models": [{"name": "m", "config": {"meta": {"intercom": BASE | {"feilds": {}}}}}]}
    assert printed == SCHEMAS["properties"]()
    assert list(jsonschema.Draft7Validator(printed).iter_errors(document))


@pytest.mark.parametrize(
    "file",
    [*ROOT.glob("sample_project/models/**/*.yml"), *ROOT.glob("tests/harness/projects/*/models/**/*.yml")],
    ids=lambda file: "/".join(file.parts[-2:]),
)
def test_the_projects_of_this_repository_are_right(file):
    assert mistakes("properties", yaml.safe_load(file.read_text())) == []


@pytest.mark.parametrize("project", ["sample_project", "tests/harness/projects/shop"])
def test_their_workspaces_are_right(project):
    assert mistakes("intercom.yml", yaml.safe_load((ROOT / project / "intercom.yml").read_text())) == []


COMBINATIONS = [
    (owner, behaviour, identifier)
    for owner in OBJECTS.values()
    for behaviour, terms in owner.behaviours.items()
    for identifier in (terms.identifiers or (None,))
]


@pytest.mark.parametrize(
    ("owner", "behaviour", "identifier"), COMBINATIONS, ids=lambda each: getattr(each, "name", each)
)
def test_all_that_an_object_takes_is_right(owner, behaviour, identifier):
    fields = [name for name in owner.fields if owner.takes(name, behaviour, identifier)]
    if owner.open_prefix:
        fields.append(f"{owner.open_prefix}{'of our own' if owner.open_names else 'of our.own'}")
    block = {"object": owner.name, "behaviour": str(behaviour), "fields": dict.fromkeys(fields, "x")}
    if identifier:
        block["identifier"] = identifier
    for removed in owner.behaviours[behaviour].removals:
        assert not parser_refuses(block | {"removed": str(removed)})
        assert mistakes("meta", block | {"removed": str(removed)}) == []


BASE = {"object": "contact", "behaviour": "upsert", "identifier": "external_id"}

SHAPES = [
    pytest.param({"object": "contacts"}, id="an object of another name"),
    pytest.param({"object": 3}, id="an object that is a number"),
    pytest.param({"behaviour": "upsrt"}, id="a behaviour of another name"),
    pytest.param({"behavior": "upsert"}, id="behaviour twice"),
    pytest.param({"identifier": ""}, id="an empty identifier"),
    pytest.param({"identifier": 5}, id="an identifier that is a number"),
    pytest.param({"fields": ["email"]}, id="fields as a list"),
    pytest.param({"fields": {"email": 1}}, id="a column that is a number"),
    pytest.param({"fields": {"email": None}}, id="a column that is nothing"),
    pytest.param({"constants": {"name": ["a"]}}, id="a constant that is a list"),
    pytest.param({"name": "Contacts"}, id="a name in upper case"),
    pytest.param({"name": "a" * 61}, id="a name that is too long"),
    pytest.param({"workspace": 1}, id="a workspace that is a number"),
    pytest.param({"key": "customer_id"}, id="a key that is no list"),
    pytest.param({"key": []}, id="an empty key"),
    pytest.param({"key": ["a", "a"]}, id="a key with a column twice"),
    pytest.param({"nulls": "keep"}, id="an unknown way with nulls"),
    pytest.param({"create_attributes": "yes"}, id="a flag that is text"),
    pytest.param({"removed": "drop"}, id="an unknown way with removals"),
    pytest.param({"max_removed": "ten"}, id="a share that is a word"),
    pytest.param({"max_removed": "101%"}, id="more than everything"),
    pytest.param({"max_removed": -1}, id="less than nothing"),
    pytest.param({"max_removed": True}, id="a share that is a flag"),
    pytest.param({"max_inserted": "101%"}, id="more new ones than there are"),
    pytest.param({"max_updated": -1}, id="less than no change"),
    pytest.param({"max_failed": "100.5%"}, id="more failures than records"),
    pytest.param({"archived": "restore"}, id="an unknown way with archived contacts"),
    pytest.param({"gate": "children"}, id="an unknown gate"),
    pytest.param({"warn": "not_found"}, id="codes that are no list"),
    pytest.param({"warn": ["no_such_code"]}, id="an unknown code"),
    pytest.param({"enabled": 1}, id="a flag that is a number"),
    pytest.param({"feilds": {}}, id="an unknown key"),
]


@pytest.mark.parametrize("change", SHAPES)
def test_a_wrong_shape_is_refused_by_both(change):
    block = BASE | change
    assert parser_refuses(block)
    assert mistakes("meta", block)
    assert mistakes("meta", [BASE, block])
    assert mistakes("properties", {"models": [{"name": "m", "config": {"meta": {"intercom": block}}}]})


TAKEN = [
    pytest.param({"max_removed": "10 %"}, id="a share with a space"),
    pytest.param({"max_removed": 0}, id="none"),
    pytest.param({"max_removed": "100.0%"}, id="everything"),
    pytest.param({"constants": {"role": None, "phone": 1.5, "name": True}}, id="constants of all kinds"),
    pytest.param({"fields": {"custom_attributes.a.b c": "x"}}, id="an attribute with a dot in its name"),
    pytest.param({"warn": []}, id="no codes"),
    pytest.param({"key": ["a", "b"]}, id="a key of two columns"),
]


@pytest.mark.parametrize("change", TAKEN)
def test_a_right_shape_is_taken_by_both(change):
    block = BASE | change
    assert not parser_refuses(block)
    assert mistakes("meta", block) == []


@pytest.mark.parametrize("key", ["enabled", "behaviour", "max_removed", "name", "nulls", "key"])
def test_jinja_may_stand_where_a_value_may(key):
    assert mistakes("meta", BASE | {key: "{{ var('it') }}"}) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"behaviour": "send"}, id="a behaviour of another object"),
        pytest.param({"identifier": "company_id"}, id="an identifier of another object"),
        pytest.param({"fields": {"emial": "x"}}, id="a field that no contact has"),
        pytest.param({"constants": {"plan": "x"}}, id="a constant that no contact has"),
    ],
)
def test_what_the_object_does_not_have_is_refused(change):
    assert mistakes("meta", BASE | change)


def test_every_mistake_of_shape_that_the_parser_knows_is_refused():
    """Of the parser's table, all that a schema can see; the rest are rules among keys."""
    cases = module(Path(__file__).parent / "test_activation_mistakes.py").CASES
    missed = [case.id for case in cases if not mistakes("meta", yaml.safe_load(case.values[0]))]
    seen = len(cases) - len(missed)
    assert seen >= len(cases) // 3
    for case in cases:
        block = yaml.safe_load(case.values[0])
        if case.id == "a key has a column once":
            continue  # in another case of letters, which no schema can fold
        if isinstance(block, dict) and parser_refuses(block):
            assert mistakes("meta", block), case.id


WORKSPACE = {"access_token": "{{ env_var('T') }}"}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="no workspaces"),
        pytest.param({"workspaces": {}}, id="an empty mapping"),
        pytest.param({"workspaces": {"a": {}}}, id="no token"),
        pytest.param({"workspaces": {"a": WORKSPACE, "b": WORKSPACE}}, id="two workspaces and no default"),
        pytest.param({"workspaces": {"a": WORKSPACE | {"region": "uk"}}}, id="an unknown region"),
        pytest.param({"workspaces": {"a": WORKSPACE | {"base_url": "http://example.com"}}}, id="plain http"),
        pytest.param({"workspaces": {"a": WORKSPACE | {"api_version": "new"}}}, id="a version that is none"),
        pytest.param({"workspaces": {"a": WORKSPACE | {"concurrency": 0}}}, id="no request at a time"),
        pytest.param({"workspaces": {"a": WORKSPACE | {"timeout": "1"}}}, id="a number that is text"),
        pytest.param({"workspaces": {"a": WORKSPACE | {"tokn": "x"}}}, id="an unknown key"),
        pytest.param(
            {"workspaces": {"a": WORKSPACE}, "ledger": {"table": "x"}}, id="an unknown key of ledger"
        ),
        pytest.param({"workspaces": {"a": WORKSPACE}, "defualt": "a"}, id="an unknown key of the file"),
    ],
)
def test_a_file_that_the_parser_refuses_is_refused(document, tmp_path):
    from dbt_intercom_activate.configuration import workspace as workspaces

    (tmp_path / "intercom.yml").write_text(yaml.safe_dump(document))
    with pytest.raises(ConfigurationError):
        workspaces.read(tmp_path, target={}, env={"T": "t"}).workspace("a")
    assert mistakes("intercom.yml", document)


def test_a_file_with_everything_is_taken(tmp_path):
    from dbt_intercom_activate.configuration import workspace as workspaces

    everything = {
        "access_token": "{{ env_var('T') }}",
        "region": "EU",
        "api_version": 2.16,
        "admin_id": 780,
        "concurrency": "{{ 5 | as_number }}",
        "requests_per_minute": 500,
        "timeout": 2.5,
    }
    document = {
        "default": "a",
        "workspaces": {"a": everything, "b": {"base_url": "http://[::1]:80/", "access_token": "t"}},
        "ledger": {"schema": "x", "database": "y"},
    }
    (tmp_path / "intercom.yml").write_text(yaml.safe_dump(document))
    config = workspaces.read(tmp_path, target={}, env={"T": "t"})
    assert {config.workspace(name).name for name in config.names} == {"a", "b"}
    assert mistakes("intercom.yml", document) == []
