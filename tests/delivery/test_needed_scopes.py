"""What activations may call has a scope, whatever the object."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.delivery.needed_scopes import endpoints_of, needed_by
from dbt_intercom_activate.intercom.scopes import SCOPES
from dbt_intercom_activate.objects import OBJECTS
from dbt_intercom_activate.project import manifest as manifests

SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"
CASES = [
    pytest.param(
        each.name, behaviour, identifier, removed, id=f"{each.name} {behaviour} {identifier} {removed}"
    )
    for each in OBJECTS.values()
    for behaviour, terms in each.behaviours.items()
    for identifier in terms.identifiers or (None,)
    for removed in sorted(terms.removals)
]


def activation(name, behaviour, identifier, removed):
    """One through the real parser, with the fields that the object asks for."""
    asked = [group[0] for group in OBJECTS[name].one_of]
    fields = dict.fromkeys([*([identifier] if identifier else []), *asked], "a_column")
    more = (
        "name"
        if name in ("contact", "company") and str(behaviour) in ("upsert", "update", "insert")
        else None
    )
    block = {
        "object": name,
        "behaviour": str(behaviour),
        **({"identifier": identifier} if identifier else {}),
        "fields": {**fields, **({more: "another"} if more else {})},
        "key": ["another"] if identifier == "id" else ["a_column"],
        "removed": str(removed),
    }
    node = {
        "unique_id": "model.shop.rows",
        "name": "rows",
        "resource_type": "model",
        "package_name": "shop",
        "original_file_path": "models/rows.sql",
        "config": {"materialized": "table", "meta": {"intercom": block}},
        "columns": {},
    }
    known = {"dbt_schema_version": SCHEMA, "dbt_version": "1.11.16", "project_name": "shop"}
    manifest = manifests.from_dict({"metadata": known, "nodes": {node["unique_id"]: node}, "sources": {}})
    (made,) = activations_of(manifest, Path())
    return made


@pytest.mark.parametrize(("name", "behaviour", "identifier", "removed"), CASES)
def test_everything_that_may_be_called_has_a_scope(name, behaviour, identifier, removed):
    called = set(endpoints_of(activation(name, behaviour, identifier, removed)))
    assert called
    assert called <= {endpoint for scope in SCOPES for endpoint in scope.endpoints}


def test_tags_of_tickets_need_the_scopes_of_tags_and_tickets():
    needed = needed_by(activation("ticket_tag", "attach", "id", "ignore"))
    assert [scope.name for scope in needed] == ["Read tags", "Write tags", "Write tickets"]
