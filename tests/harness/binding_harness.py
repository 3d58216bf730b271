"""An activation bound to columns and attributes without a warehouse and without Intercom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.binding.binder import bind
from dbt_intercom_activate.binding.column import RelationColumn
from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.intercom.data_attributes import DataAttribute
from dbt_intercom_activate.project import manifest as manifests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.binding.binding import Binding
    from dbt_intercom_activate.configuration.activation import Activation

SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"


def activation_of(block: Mapping[str, Any]) -> Activation:
    """The activation of a block, through the real parser."""
    node = {
        "unique_id": "model.shop.customers",
        "name": "customers",
        "resource_type": "model",
        "package_name": "shop",
        "original_file_path": "models/customers.sql",
        "config": {"materialized": "table", "meta": {"intercom": dict(block)}},
        "columns": {},
    }
    known = {"dbt_schema_version": SCHEMA, "dbt_version": "1.11.16", "project_name": "shop"}
    manifest = manifests.from_dict({"metadata": known, "nodes": {node["unique_id"]: node}, "sources": {}})
    (activation,) = activations_of(manifest, Path())
    return activation


def bound(
    block: Mapping[str, Any], columns: Mapping[str, str], attributes: Mapping[str, str] | None = None
) -> Binding:
    """Bind a block to columns and custom attributes, each name with its type."""
    known = attributes or {}
    there = {
        f"custom_attributes.{name}": DataAttribute(
            name, f"custom_attributes.{name}", "contact", data_type, True, False, True
        )
        for name, data_type in known.items()
    }
    found = [RelationColumn(name, data_type) for name, data_type in columns.items()]
    return bind(activation_of(block), found, there, "customers")
