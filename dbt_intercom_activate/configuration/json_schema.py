"""JSON schemas of what users write, for editors; made of the dataclasses that read it.

Editors see text before dbt renders it, so Jinja may stand wherever a value may. Draft 7 is what they know best.
`dbt-intercom-activate schema NAME` prints one, as one file that refers to nothing outside of itself.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from dbt_intercom_activate.configuration import entry as entries
from dbt_intercom_activate.configuration import intercom_file, settings
from dbt_intercom_activate.configuration.alerts import AlertSettings, Form
from dbt_intercom_activate.configuration.base_url import REGIONS
from dbt_intercom_activate.configuration.entry import AtMost, Entry
from dbt_intercom_activate.configuration.readers import JsonScalar
from dbt_intercom_activate.configuration.workspace import LedgerPlace
from dbt_intercom_activate.objects import OBJECTS, IntercomObject
from dbt_intercom_activate.objects.model import LONGEST_ATTRIBUTE_NAME
from dbt_intercom_activate.outcomes.codes import Code

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"

_JINJA: Schema = {"type": "string", "pattern": r"\{\{|\{%"}
_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
_MAPPED_COLUMN: Schema = {
    "type": "object",
    "properties": {"column": _TEXT, "only_to": {"anyOf": [{"type": "boolean"}, _JINJA]}},
    "required": ["column"],
    "additionalProperties": False,
}
_NAME: Schema = {"type": "string", "pattern": f"^{entries.NAME.pattern}$"}
_KEYS: Schema = {"$ref": "#/definitions/keys"}
_BLOCK: Schema = {"$ref": "#/definitions/block"}
_META: Schema = {"$ref": "#/definitions/meta"}
_NODE: Schema = {"$ref": "#/definitions/node"}
_COLUMN: Schema = {"$ref": "#/definitions/column"}
_BLOCKS: Schema = {"oneOf": [_BLOCK, {"type": "array", "items": _BLOCK, "minItems": 1}]}

_BY_TYPE: Mapping[object, Schema] = {
    IntercomObject: {"enum": list(OBJECTS)},
    bool: {"type": "boolean"},
    str: _TEXT,
    Mapping[str, str]: {"type": "object", "additionalProperties": {"anyOf": [_TEXT, _MAPPED_COLUMN]}},
    Mapping[str, JsonScalar]: {"type": "object", "additionalProperties": _SCALAR},
    tuple[str, ...]: {"type": "array", "items": _TEXT, "minItems": 1, "uniqueItems": True},
    frozenset[str]: {"type": "array", "items": {"enum": [str(code) for code in Code]}},
    AtMost: {
        "anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": r"^(0?\d{1,2}(\.\d+)?|100(\.0+)?) ?%$", "examples": ["10%"]},
        ]
    },
}
"""The types of a block's keys, but for enums, which say it themselves."""

_WORKSPACE: Mapping[str, Schema] = {
    "access_token": _TEXT,
    "region": {"enum": [*REGIONS, *(region.upper() for region in REGIONS)]},
    "base_url": {
        "type": "string",
        "pattern": r"^(https://|http://(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?(/|$))",
        "examples": ["http://127.0.0.1:8765"],
    },
    "api_version": {
        "anyOf": [
            {"type": "string", "pattern": r"^(\d+\.\d+|Preview)$", "examples": ["'2.16'", "Preview"]},
            {"type": "number"},
        ]
    },
    "admin_id": {"anyOf": [{"type": "string", "pattern": r"^\d+$"}, {"type": "integer", "minimum": 0}]},
    "concurrency": {"type": "integer", "minimum": 1, "maximum": settings.HIGHEST_CONCURRENCY},
    "requests_per_minute": {"type": "integer", "minimum": 1},
    "timeout": {"type": "number", "exclusiveMinimum": 0, "maximum": settings.LONGEST_TIMEOUT},
}

_SAID: Mapping[str, str] = {**entries.MEANINGS, **settings.MEANINGS}
"""What an editor shows beside a key."""


def meta_schema() -> Schema:
    """Of what stands below `meta.intercom`: a block, or a list of blocks."""
    return {
        "$schema": DRAFT,
        "title": "dbt-intercom-activate: meta.intercom",
        **_BLOCKS,
        "definitions": {"block": _block(), "keys": _keys()},
    }


def properties_schema() -> Schema:
    """Of dbt's own YAML files, as far as they hold such blocks; everything else in them is dbt's."""
    column = {"anyOf": [_TEXT, {"type": "object", "additionalProperties": _TEXT}]}
    return {
        "$schema": DRAFT,
        "title": "dbt-intercom-activate: meta.intercom in the YAML files of dbt",
        "type": "object",
        "properties": {kind: {"type": "array", "items": _NODE} for kind in ("models", "seeds", "snapshots")},
        "definitions": {
            "block": _block(),
            "keys": _keys(),
            "meta": {"type": "object", "properties": {"intercom": _BLOCKS, "intercom_defaults": _KEYS}},
            "node": _node(),
            "column": _with_meta({"type": "object", "properties": {"intercom": column}}),
        },
    }


def intercom_yml_schema() -> Schema:
    """Of intercom.yml."""
    workspace = {
        "type": "object",
        "properties": {key: _or_jinja(_WORKSPACE[key], key) for key in settings.KEYS},
        "required": ["access_token"],
        "additionalProperties": False,
    }
    ledger = {
        "type": "object",
        "description": intercom_file.MEANINGS["ledger"],
        "properties": {
            key.name: {
                **({"anyOf": [{"type": "boolean"}, _JINJA]} if key.default is False else _TEXT),
                "description": key.metadata["meaning"],
            }
            for key in dataclasses.fields(LedgerPlace)
        },
        "additionalProperties": False,
    }
    alerts = {
        "type": "object",
        "description": intercom_file.MEANINGS["alerts"],
        "properties": {
            each.name: {
                **(
                    {"anyOf": [{"enum": [word.value for word in Form]}, _JINJA]}
                    if each.name == "form"
                    else _TEXT
                ),
                "description": each.metadata["meaning"],
            }
            for each in dataclasses.fields(AlertSettings)
        },
        "required": ["url"],
        "additionalProperties": False,
    }
    parts = {
        "default": {**_TEXT, "description": intercom_file.MEANINGS["default"]},
        "workspaces": {
            "type": "object",
            "description": intercom_file.MEANINGS["workspaces"],
            "minProperties": 1,
            "additionalProperties": workspace,
        },
        "ledger": ledger,
        "alerts": alerts,
    }
    return {
        "$schema": DRAFT,
        "title": "dbt-intercom-activate: intercom.yml",
        "type": "object",
        "properties": {key: parts[key] for key in intercom_file.KEYS},
        "required": ["workspaces"],
        "additionalProperties": False,
        "if": {"properties": {"workspaces": {"minProperties": 2}}},
        "then": {"required": ["default"]},
    }


SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "meta": meta_schema,
    "properties": properties_schema,
    "intercom.yml": intercom_yml_schema,
}
"""By the name that `schema` takes."""


def as_text(name: str) -> str:
    """A schema as it is printed."""
    return json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False) + "\n"


def _block() -> Schema:
    return {
        "not": {"required": ["behaviour", "behavior"]},
        "allOf": [_KEYS, *(_if_object(each) for each in OBJECTS.values())],
    }


def _keys() -> Schema:
    """The keys of a block, each with the shape of its value."""
    hints = typing.get_type_hints(Entry)
    properties = {key: _or_jinja(_of_type(key, hints[key]), key) for key in entries.KEYS}
    properties["behavior"] = properties["behaviour"]
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _of_type(key: str, hint: Any) -> Schema:
    if key == "name":
        return _NAME
    if key == "was":
        return {"anyOf": [_NAME, {"type": "array", "items": _NAME}]}
    kind = next(each for each in typing.get_args(hint) if each is not types.NoneType)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [str(word.value) for word in kind]}
    return _BY_TYPE[kind]


def _or_jinja(schema: Schema, key: str) -> Schema:
    said = {"description": _SAID[key]}
    # Any text has the shape already.
    return {**schema, **said} if schema is _TEXT else {"anyOf": [schema, _JINJA], **said}


def _if_object(owner: IntercomObject) -> Schema:
    """What a block may say once it names its object."""
    behaviours: Schema = {"anyOf": [{"enum": [str(each) for each in owner.behaviours]}, _JINJA]}
    identifiers: Schema = {"anyOf": [{"enum": list(owner.identifiers)}, _JINJA]}
    named = {"propertyNames": _field_names(owner)}
    return {
        "if": {"properties": {"object": {"const": owner.name}}, "required": ["object"]},
        "then": {
            "properties": {
                "behaviour": behaviours,
                "behavior": behaviours,
                "identifier": identifiers if owner.identifiers else False,
                "fields": named,
                "constants": named,
            }
        },
    }


def _field_names(owner: IntercomObject) -> Schema:
    written: list[Schema] = [{"enum": list(owner.fields)}]
    if owner.open_prefix is not None:
        prefix = owner.open_prefix.replace(".", r"\.")
        name, halves = ".", ""
        if owner.open_names is not None:
            name = f"[^.{owner.open_names.refused.replace(chr(92), chr(92) * 2)}]"
            halves = "|".join(half for pair in owner.open_names.pairs for half in pair.halves)
        tail = f"(\\.({halves}))?" if halves else ""
        written.append({"pattern": f"^{prefix}{name}{{1,{LONGEST_ATTRIBUTE_NAME}}}{tail}$"})
    return {"anyOf": written}


def _node() -> Schema:
    described = _with_meta(_META, columns={"type": "array", "items": _COLUMN})
    return {
        **described,
        "properties": {**described["properties"], "versions": {"type": "array", "items": described}},
    }


def _with_meta(meta: Schema, **more: Schema) -> Schema:
    """`meta` in both of its places."""
    return {
        "type": "object",
        "properties": {"config": {"type": "object", "properties": {"meta": meta}}, "meta": meta, **more},
    }
