"""docs/objects.md says what the objects say of themselves, and its examples are read by the real parser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.objects import OBJECTS
from dbt_intercom_activate.outcomes.codes import CODES
from dbt_intercom_activate.project import manifest as manifests

PAGE = (Path(__file__).parents[2] / "docs" / "objects.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLES = [
    pytest.param(name, example, id=f"{name} {number}")
    for name, section in SECTIONS.items()
    for number, example in enumerate(re.findall(r"```yaml\n(.*?)```", section, re.DOTALL), start=1)
]
SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"


def first_column(section: str, header: str) -> dict[str, list[str]]:
    """The rows of a table by their first cell."""
    table = section.partition(f"| {header} |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {cells[0].strip("`"): cells[1:] for cells in rows}


def test_sections_follow_the_order_of_the_catalogue():
    assert list(SECTIONS) == list(OBJECTS)


@pytest.mark.parametrize("name", OBJECTS)
def test_the_page_lists_every_field_of_an_object(name):
    expected = list(OBJECTS[name].fields)
    if OBJECTS[name].open_prefix:
        expected.append(f"{OBJECTS[name].open_prefix}…")
    assert list(first_column(SECTIONS[name], "field")) == expected


@pytest.mark.parametrize("name", OBJECTS)
def test_the_page_says_which_nulls_clear_a_field(name):
    rows = first_column(SECTIONS[name], "field")
    clearing = {field.name for field in OBJECTS[name].fields.values() if field.nullable}
    assert {field for field, (_, null) in rows.items() if null == "clears"} - {"custom_attributes.…"} == (
        clearing - {"admin_id"}
    )


@pytest.mark.parametrize("name", OBJECTS)
def test_the_page_lists_every_behaviour_with_its_identifiers(name):
    rows = first_column(SECTIONS[name], "behaviour")
    assert list(rows) == [each.value for each in OBJECTS[name].behaviours]
    for behaviour, terms in OBJECTS[name].behaviours.items():
        if terms.identifiers:
            assert re.findall(r"`(\w+)`", rows[behaviour.value][0]) == list(terms.identifiers)


@pytest.mark.parametrize("name", OBJECTS)
def test_the_overview_lists_behaviours_and_identifiers(name):
    behaviours, identifiers = first_column(PAGE.partition("\n## ")[0] + "\n\n", "object")[name]
    assert re.findall(r"`(\w+)`", behaviours) == [each.value for each in OBJECTS[name].behaviours]
    known = OBJECTS[name].identifiers or [each for group in OBJECTS[name].one_of for each in group]
    assert re.findall(r"`([\w.]+)`", identifiers) == list(known)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_example_is_an_activation(name, example, tmp_path):
    nodes = {}
    for model in yaml.safe_load(example)["models"]:
        node = {
            "unique_id": f"model.shop.{model['name']}",
            "name": model["name"],
            "resource_type": "model",
            "package_name": "shop",
            "original_file_path": f"models/{model['name']}.sql",
            "config": json.loads(json.dumps({"materialized": "table", **model["config"]})),
            "columns": {},
        }
        nodes[node["unique_id"]] = node
    known = {"dbt_schema_version": SCHEMA, "dbt_version": "1.11.16", "project_name": "shop"}
    manifest = manifests.from_dict({"metadata": known, "nodes": nodes, "sources": {}})

    assert {each.object.name for each in activations_of(manifest, tmp_path)} == {name}


def test_every_object_has_an_example():
    assert {each.values[0] for each in EXAMPLES} == set(OBJECTS)


def test_the_codes_on_the_page_are_codes():
    tables = "\n".join(
        section.partition("| behaviour |")[2].partition("\n\n")[0] for section in SECTIONS.values()
    )
    words = set(re.findall(r"`([a-z]+_[a-z_]+)`", tables))
    fields = {field for each in OBJECTS.values() for field in each.fields}
    assert words - fields <= set(CODES)


def test_one_sentence_stands_on_a_line():
    prose = [
        line for line in PAGE.splitlines() if line and line[0] not in "|#`" and not line.startswith("  ")
    ]
    assert [line for line in prose if re.search(r"[.:!?] [A-Z]", line.removeprefix("- "))] == []
