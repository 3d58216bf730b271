"""Projects made of YAML as a user would write it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dbt_intercom_activate.configuration.activation import Activation, activations_of
from dbt_intercom_activate.errors import ConfigurationError
from dbt_intercom_activate.project import manifest as manifests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"


def as_manifest(schema_text: str, **metadata: Any) -> dict[str, Any]:
    """Return what dbt 1.11 would put into manifest.json for one schema file, models/schema.yml."""
    # JSON is what dbt makes of dates and of keys that are no text.
    document = json.loads(json.dumps(yaml.safe_load(schema_text) or {}, default=str))
    nodes = {}
    for kind in ("model", "seed", "snapshot"):
        for entry in document.get(f"{kind}s") or ():
            for version in entry.get("versions") or [None]:
                node = _node(kind, entry, version)
                nodes[node["unique_id"]] = node
    sources = {
        f"source.shop.{source['name']}.{table['name']}": {
            "name": table["name"],
            "resource_type": "source",
            "package_name": "shop",
            "original_file_path": "models/schema.yml",
            "config": {"meta": _meta(source) | _meta(table)},
        }
        for source in document.get("sources") or ()
        for table in source["tables"]
    }
    known = {"dbt_schema_version": SCHEMA, "dbt_version": "1.11.16", "project_name": "shop"}
    return {"metadata": known | metadata, "nodes": nodes, "sources": sources}


def _node(kind: str, entry: dict[str, Any], version: dict[str, Any] | None) -> dict[str, Any]:
    name = entry["name"]
    suffix = f".v{version['v']}" if version else ""
    return {
        "unique_id": f"{kind}.shop.{name}{suffix}",
        "name": name,
        "resource_type": kind,
        "package_name": "shop",
        "original_file_path": f"models/{name}.sql",
        "patch_path": "shop://models/schema.yml",
        "version": version["v"] if version else None,
        "latest_version": entry.get("latest_version", max(each["v"] for each in entry["versions"]))
        if version
        else None,
        "config": {
            **(entry.get("config") or {}),
            "materialized": (entry.get("config") or {}).get("materialized", "table"),
            "meta": merged(_meta(entry), _meta(version or {})),
        },
        "columns": {
            column["name"]: {
                "name": column["name"],
                "meta": _meta(column),
                "config": {"meta": _meta(column)},
            }
            for column in entry.get("columns") or ()
        },
    }


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """What a version says, merged into what its model says as dbt 1.x does: level by level."""
    both = {
        key: merged(below[key], above[key])
        for key in below.keys() & above.keys()
        if _nested(below[key], above[key])
    }
    return below | above | both


def _nested(*values: object) -> bool:
    return all(isinstance(value, dict) for value in values)


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    return entry.get("meta") or (entry.get("config") or {}).get("meta") or {}


@pytest.fixture(name="as_manifest")
def as_manifest_fixture() -> Callable[..., dict[str, Any]]:
    return as_manifest


@pytest.fixture
def activate(tmp_path: Path) -> Callable[[str], dict[str, Activation]]:
    """Write a schema file and return its activations by name."""

    def run(schema_text: str) -> dict[str, Activation]:
        (tmp_path / "models").mkdir(exist_ok=True)
        (tmp_path / "models" / "schema.yml").write_text(schema_text)
        manifest = manifests.from_dict(as_manifest(schema_text))
        return {activation.name: activation for activation in activations_of(manifest, tmp_path)}

    return run


@pytest.fixture
def mistakes_in(activate: Callable[[str], Any]) -> Callable[[str], list[str]]:
    """Return the mistakes of a schema file, as text."""

    def run(schema_text: str) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            activate(schema_text)
        return [str(mistake) for mistake in caught.value.mistakes]

    return run


def one_model(block: str) -> str:
    """Return a schema file with one model that has this `intercom` block."""
    indented = "\n".join(f"          {line}" for line in block.strip().splitlines())
    return f"models:\n  - name: customers\n    config:\n      meta:\n        intercom:\n{indented}\n"


@pytest.fixture(name="one_model")
def one_model_fixture() -> Callable[[str], str]:
    return one_model
