"""Every object has its own entry, and nothing outside asks an object for its name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import dbt_intercom_activate
from dbt_intercom_activate.binding.record import Rules
from dbt_intercom_activate.delivery.registry import DELIVERIES, procedure_of
from dbt_intercom_activate.objects import OBJECTS


def test_the_registry_has_the_objects_of_the_catalogue():
    assert set(DELIVERIES) == set(OBJECTS)
    assert all(DELIVERIES[name].object is OBJECTS[name] for name in OBJECTS)


@pytest.mark.parametrize("name", OBJECTS)
def test_every_behaviour_has_its_own_procedure(name):
    for behaviour, terms in OBJECTS[name].behaviours.items():
        procedure = procedure_of(name, Rules(behaviour, next(iter(terms.identifiers), "id")))
        assert (procedure.write is None) != (procedure.batch is None)


def test_an_unknown_object_is_an_error_and_no_tag():
    behaviour = next(iter(OBJECTS["contact_tag"].behaviours))
    with pytest.raises(KeyError):
        procedure_of("unknown", Rules(behaviour, "id"))


def test_what_others_refer_to_goes_first():
    order = list(DELIVERIES)
    assert order[:2] == ["company", "contact"]
    assert order[-1] == "event"


ROOT = Path(dbt_intercom_activate.__file__).parent
WHERE_NAMES_STAND = {"objects", "intercom", "sandbox"}
"""The catalogue; and what knows no objects, where `company` is a word of Intercom's own JSON."""


def test_no_code_asks_an_object_for_its_name():
    """Or a new object would be taken for whatever is left."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in sorted(ROOT.rglob("*.py"))
        if path.relative_to(ROOT).parts[0] not in WHERE_NAMES_STAND
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in {*OBJECTS, "_tag"}
    ]
    assert found == []


def test_no_macro_asks_an_object_for_its_name():
    compared = re.compile(rf"(==|!=|<>|\bin\b|=) *[(\[]? *'({'|'.join(OBJECTS)})'")
    found = [
        f"{path.name}: {match.group()}"
        for path in sorted(ROOT.parent.glob("macros/**/*.sql"))
        for match in compared.finditer(path.read_text(encoding="utf-8"))
        if path.name
        != "count_delivered_objects.sql"  # Intercom counts contacts and companies, and nothing else
    ]
    assert found == []
