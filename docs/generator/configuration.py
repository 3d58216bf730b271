"""The blocks of docs/reference/configuration.md: every key, from what reads it."""

from __future__ import annotations

import dataclasses
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.configuration import entry, intercom_file, settings
from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.configuration.alerts import AlertSettings
from dbt_intercom_activate.configuration.base_url import DEFAULT_REGION
from dbt_intercom_activate.configuration.json_schema import SCHEMAS
from dbt_intercom_activate.configuration.plugin_settings import Command, PluginSettings, Validate
from dbt_intercom_activate.configuration.rendering import FILTERS
from dbt_intercom_activate.configuration.workspace import LedgerPlace, WorkspaceSettings
from dbt_intercom_activate.objects import OBJECTS, Behaviour
from dbt_intercom_activate.objects.vocabulary import Archived, Gate, Nulls, Removed
from dbt_intercom_activate.project import manifest as manifests
from docs.generator.markdown import bullets, code, docstrings, sentences, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.objects import Terms

Schema = dict[str, Any]


def _key(name: str) -> str:
    facts = [] if name in _FACTS_ON_THE_PAGE else _ABOUT[name]() if name in _ABOUT else [_taken(name)]
    default = [] if name in _DEFAULT_ON_THE_PAGE else [_default(name)]
    return "\n\n".join(filter(None, [sentences(entry.MEANINGS[name]), bullets([*facts, *default])]))


_FACTS_ON_THE_PAGE = {"fields", "constants", "key", "warn"}
"""Keys of which the shape alone says little."""
_DEFAULT_ON_THE_PAGE = {"object", "behaviour", "identifier", "fields", "name", "workspace", "key"}
"""Keys that are required, or whose default depends on something else."""


def _taken(name: str) -> str:
    return f"Takes {_shape(_properties()[name])}."


def _properties() -> Mapping[str, Schema]:
    properties: Mapping[str, Schema] = SCHEMAS["meta"]()["definitions"]["keys"]["properties"]
    return properties


def _shape(schema: Schema) -> str:
    """What a JSON schema takes, in words; Jinja aside, which may stand anywhere."""
    options = [each for each in schema.get("anyOf", [schema]) if r"\{\{" not in each.get("pattern", "")]
    return ", or ".join(_one_shape(each) for each in options)


def _one_shape(schema: Schema) -> str:
    if "anyOf" in schema:
        return _shape(schema)
    if "enum" in schema:
        return code(*map(str, schema["enum"]))
    such_as = f" such as {code(*schema['examples'])}" if "examples" in schema else ""
    return _BY_TYPE[schema["type"]](schema) + such_as


def _number(schema: Schema) -> str:
    kind = "a whole number" if schema["type"] == "integer" else "a number"
    if "maximum" in schema:
        least = schema.get("minimum", schema.get("exclusiveMinimum"))
        return f"{kind} from {least} to {schema['maximum']}"
    return f"{kind} from {schema['minimum']}" if "minimum" in schema else kind


_BY_TYPE: Mapping[str, Callable[[Schema], str]] = {
    "boolean": lambda _: "`true` or `false`",
    "integer": _number,
    "number": _number,
    "string": lambda _: "text",
    "array": lambda _: "a list",
    "object": lambda _: "a mapping",
}


def _default(name: str) -> str:
    value = getattr(_plainest(), name, None)
    if name == "max_removed":
        return f"Default: `{value.percent:g}%`."
    if isinstance(value, bool):
        return f"Default: `{str(value).lower()}`."
    return f"Default: `{value}`." if value else "Default: none."


def _plainest() -> Activation:
    """An activation that says no more than it has to."""
    block = {
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "email",
        "fields": {"email": "email"},
    }
    node = {
        "name": "contacts",
        "resource_type": "model",
        "config": {"materialized": "table", "meta": {"intercom": block}},
    }
    metadata = {"dbt_schema_version": f"/manifest/v{manifests.KNOWN_SCHEMA}.json", "dbt_version": "1.11.0"}
    manifest = manifests.from_dict({"metadata": metadata, "nodes": {"model.shop.contacts": node}})
    (activation,) = activations_of(manifest, Path())
    return activation


def _objects() -> list[str]:
    return [f"[`{name}`](fields.md#{name})" for name in OBJECTS]


def _behaviours() -> list[str]:
    said = docstrings(Behaviour)
    owners = {
        each: [name for name, owner in OBJECTS.items() if each in owner.behaviours] for each in Behaviour
    }
    return [
        f"`{each}`: {_lower(said[each.name])} For {code(*owners[each], last='and')}." for each in Behaviour
    ]


def _identifiers() -> list[str]:
    found = []
    for name, owner in OBJECTS.items():
        for behaviours, terms in _alike(owner.behaviours):
            if terms.identifiers:
                unsaid = "the default" if terms.default_identifier else "or none"
                optional = "" if terms.identifier_required else f", {unsaid}"
                found.append(f"`{name}` with {code(*behaviours)}: {code(*terms.identifiers)}{optional}.")
            else:
                found.append(
                    f"`{name}` with {code(*behaviours)}: none, as [both sides are fields](fields.md#contact_company)."
                )
    return found


def _alike(behaviours: Mapping[Behaviour, Any]) -> list[tuple[list[str], Any]]:
    """Behaviours with the same identifiers, together."""
    groups: dict[tuple[object, ...], tuple[list[str], Any]] = {}
    for behaviour, terms in behaviours.items():
        key = (terms.identifiers, terms.identifier_required)
        groups.setdefault(key, ([], terms))[0].append(str(behaviour))
    return list(groups.values())


def _removals() -> list[str]:
    found = []
    for each in Removed:
        if each is Removed.IGNORE:
            where = ""
        else:
            places = _where(partial(_removes, each))
            where = f" For {places}."
        found.append(f"`{each}`: {_lower(docstrings(Removed)[each.name])}{where}")
    return found


def _removes(word: Removed, terms: Terms) -> bool:
    return word in terms.removals


def _where(holds: Callable[[Any], bool]) -> str:
    """The objects and behaviours of which something holds."""
    found = {
        name: [str(behaviour) for behaviour, terms in owner.behaviours.items() if holds(terms)]
        for name, owner in OBJECTS.items()
    }
    return "; ".join(f"`{name}` with {code(*behaviours)}" for name, behaviours in found.items() if behaviours)


def _words(kind: type[Any]) -> Callable[[], list[str]]:
    return lambda: [f"`{each}`: {_lower(docstrings(kind)[each.name])}" for each in kind]


def _archived() -> list[str]:
    where = _where(lambda terms: terms.unarchives)
    return [
        said if word is Archived.FAIL else f"{said} For {where}."
        for word, said in zip(Archived, _words(Archived)(), strict=True)
    ]


def _attributes() -> list[str]:
    with_attributes = [name for name, owner in OBJECTS.items() if owner.attribute_model]
    return [f"Takes `true` or `false`; `true` for {code(*with_attributes, last='and')} only."]


_ABOUT: Mapping[str, Callable[[], list[str]]] = {
    "object": lambda: [f"Takes {', '.join(_objects())}."],
    "behaviour": _behaviours,
    "identifier": _identifiers,
    "name": lambda: [f"Takes {entry.NAME_EXPECTED}."],
    "was": lambda: [f"Takes a name of {entry.NAME_EXPECTED}, or a list of names."],
    "nulls": _words(Nulls),
    "create_attributes": _attributes,
    "removed": _removals,
    "archived": _archived,
    "gate": _words(Gate),
}
"""What a key takes, where that is more than its shape."""


def _ledger_keys() -> str:
    rows = [(f"`{each.name}`", each.metadata["meaning"], _or_none(each.default)) for each in _of(LedgerPlace)]
    return table(("key", "says", "default"), rows)


def _alert_keys() -> str:
    rows = [
        (f"`{each.name}`", _code_jinja(each.metadata["meaning"]), _or_none(each.default))
        for each in _of(AlertSettings)
    ]
    return table(("key", "says", "default"), rows)


def _workspace_keys() -> str:
    file = SCHEMAS["intercom.yml"]()
    shapes = file["properties"]["workspaces"]["additionalProperties"]["properties"]
    rows = [
        (f"`{name}`", _code_jinja(meaning), _shape(shapes[name]), _workspace_default(name))
        for name, meaning in settings.MEANINGS.items()
    ]
    return table(("key", "says", "takes", "default"), rows)


def _workspace_default(name: str) -> str:
    in_words = {"access_token": "required", "region": f"`{DEFAULT_REGION}`", "base_url": "the region's"}
    if name in in_words:
        return in_words[name]
    return _or_none(next(each.default for each in _of(WorkspaceSettings) if each.name == name))


def _filters() -> str:
    return f"The filters are {code(*sorted(FILTERS), last='and')}."


def _validate() -> str:
    words = bullets([*_words(Validate)(), f"Default: `{PluginSettings().validate}`."])
    return f"{docstrings(PluginSettings)['validate']}\n\n{words}"


def _sync_after() -> str:
    words = bullets([f"Takes a list of {code(*map(str, Command), last='and')}.", "Default: none."])
    return f"{docstrings(PluginSettings)['sync_after']}\n\n{words}"


def _of(kind: type[Any]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(kind)


def _or_none(value: object) -> str:
    value = value.value if isinstance(value, Enum) else value
    value = str(value).lower() if isinstance(value, bool) else value
    return "" if value is None else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _code_jinja(said: str) -> str:
    return sentences(said).replace("\n", " ")


def _lower(said: str) -> str:
    return said if said[:1] == "`" or said[:8] == "Intercom" else said[:1].lower() + said[1:]


BLOCKS: Mapping[str, Callable[[], str]] = {
    **{name: partial(_key, name) for name in entry.KEYS},
    "default": lambda: sentences(intercom_file.MEANINGS["default"]),
    "workspaces": lambda: f"{sentences(intercom_file.MEANINGS['workspaces'])}\n\n{_workspace_keys()}",
    "ledger": lambda: f"{sentences(intercom_file.MEANINGS['ledger'])}\n\n{_ledger_keys()}",
    "alerts": lambda: f"{sentences(intercom_file.MEANINGS['alerts'])}\n\n{_alert_keys()}",
    "filters": _filters,
    "validate": _validate,
    "sync_after": _sync_after,
}
