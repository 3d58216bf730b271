"""What dbt's manifest would say of `meta`, read from the project's files without dbt.

dbt merges what dbt_project.yml says for a folder, what a YAML file says, and what `config(...)` in the model's own file
says, the later over the earlier and `meta` key by key:
https://docs.getdbt.com/reference/configs-and-properties
Jinja is dbt's to render. What rests on it is not judged, and that is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import yaml

from dbt_intercom_activate.configuration.entry import KEYS
from dbt_intercom_activate.configuration.meta import DEFAULTS_KEY, KEY, looks_like_the_key
from dbt_intercom_activate.configuration.sql_config import UNKNOWN, read_config, snapshots_in
from dbt_intercom_activate.errors import Message, Mistake
from dbt_intercom_activate.project.manifest import KNOWN_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbt_intercom_activate.project.source_files import SourceFile, SourceFiles

_SECTIONS = {"model": "models", "seed": "seeds", "snapshot": "snapshots"}
_JINJA = ("{{", "{%")
_SLIPS_LEAVE = "inter"
"""What is left of `intercom` in a word that can only be meant as it; a file without it is not looked at."""

_NEVER_MISSED = frozenset(KEYS) - {"object", "behaviour", "identifier", "fields", "constants", "key", "name"}
"""Keys of an activation that no other key needs: where dbt has to render one, the rest is judged without it."""

_Loader: Any = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # ten times as fast, where PyYAML was built with it


@dataclass(frozen=True, slots=True)
class Unparsed:
    """What the files of a project say."""

    manifest: dict[str, Any]
    """manifest.json, with nothing but the nodes that have `intercom` in their `meta`."""
    mistakes: tuple[Mistake, ...]
    """The files that are no YAML."""
    unjudged: tuple[Message, ...]
    """What only dbt can tell, each as a sentence."""


@dataclass(frozen=True, slots=True)
class _Described:
    """An entry of a YAML file."""

    file: str
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Code:
    """The file of a model, seed or snapshot, and what it says itself."""

    file: str
    fqn: tuple[str, ...]
    text: str = ""


def read_unparsed(files: SourceFiles) -> Unparsed:
    """Read the project's files as dbt would, as far as that needs no dbt."""
    return _ProjectFiles(files).all()


class _ProjectFiles:
    """One project while it is read."""

    def __init__(self, files: SourceFiles) -> None:
        self._files = files
        self._project = str(files.configured.get("name") or "")
        self._described: dict[tuple[str, str], _Described] = {}
        self._nodes: dict[str, dict[str, Any]] = {}
        self._mistakes: list[Mistake] = []
        self._unjudged: list[Message] = []

    def all(self) -> Unparsed:
        models = {file.name: self._code(file, file.text()) for file in self._files.models}
        seeds = {file.name: self._code(file) for file in self._files.seeds}
        snapshots = dict(self._snapshots())
        code = (*models.values(), *snapshots.values())
        everywhere = _mentions(self._files.configured) or any(KEY in each.text for each in code)
        self._read_schemas(everywhere=everywhere)
        self._add_versions(models)
        for kind, found in (("model", models), ("seed", seeds), ("snapshot", snapshots)):
            for name, each in found.items():
                described = self._described.pop((kind, name), None)
                self._add(f"{kind}.{self._project}.{name}", kind, name, each, described)
        self._say_what_is_missing()
        metadata = {
            "dbt_schema_version": f"/manifest/v{KNOWN_SCHEMA}.json",
            "project_name": self._project,
        }
        manifest = _as_dbt_writes({"metadata": metadata, "nodes": self._nodes})
        return Unparsed(manifest, tuple(self._mistakes), tuple(self._unjudged))

    def _code(self, file: SourceFile, text: str = "") -> _Code:
        fqn = (self._project, *file.folders, file.name)
        return _Code(self._files.below_project(file), fqn, text)

    def _snapshots(self) -> Iterator[tuple[str, _Code]]:
        for file in self._files.snapshots:
            here = self._code(file)
            for name, text in snapshots_in(file.text()):
                yield name, _Code(here.file, (*here.fqn, name), text)

    # YAML files

    def _read_schemas(self, *, everywhere: bool) -> None:
        """Read the YAML files, all of them where what they say of a model may matter without a word about Intercom."""
        for file in self._files.schemas:
            text = file.text()
            if everywhere or _SLIPS_LEAVE in text.lower():
                self._read_schema(file, self._files.below_project(file), text)

    def _read_schema(self, file: SourceFile, name: str, text: str) -> None:
        try:
            document = yaml.load(text, Loader=_Loader)  # noqa: S506 (it is a safe one)
        except (yaml.YAMLError, ValueError) as error:
            self._mistakes.append(_no_yaml(name, error))
            return
        for kind, section in _SECTIONS.items():
            for entry in _entries(document, section):
                self._described.setdefault((kind, str(entry.get("name"))), _Described(name, entry))
                if kind == "snapshot" and "relation" in entry:
                    fqn = (self._project, *file.folders, str(entry.get("name")))
                    described = self._described.pop((kind, str(entry.get("name"))))
                    self._add(
                        f"snapshot.{self._project}.{fqn[-1]}", kind, fqn[-1], _Code(name, fqn), described
                    )
        self._add_others(document, name)

    def _add_others(self, document: object, file: str) -> None:
        """Sources and exposures, which cannot carry an activation."""
        for source in _entries(document, "sources"):
            for table in _entries(source, "tables"):
                name = str(table.get("name"))
                whole = {**table, "meta": {**_meta(source), **_meta(table)}, "config": {}}
                unique_id = f"source.{self._project}.{source.get('name')}.{name}"
                self._add(unique_id, "source", name, _Code(file, ()), _Described(file, whole))
        for entry in _entries(document, "exposures"):
            name = str(entry.get("name"))
            unique_id = f"exposure.{self._project}.{name}"
            self._add(unique_id, "exposure", name, _Code(file, ()), _Described(file, entry))

    def _say_what_is_missing(self) -> None:
        for (kind, name), described in sorted(self._described.items()):
            if _mentions(described.entry):
                self._unjudged.append(
                    Message(
                        "model-not-judged",
                        f"{described.file}: {name}: not judged, since the project has no {kind} of that name",
                    )
                )

    # Versions

    def _add_versions(self, models: dict[str, _Code]) -> None:
        """Each version of a model; see https://docs.getdbt.com/reference/resource-properties/versions."""
        for (kind, name), described in list(self._described.items()):
            versions = list(_entries(described.entry, "versions")) if kind == "model" else []
            if not versions:
                continue
            del self._described[kind, name]
            latest = described.entry.get("latest_version", _newest(each.get("v") for each in versions))
            for each in versions:
                own = str(each.get("defined_in") or f"{name}_v{each.get('v')}")
                code = models.pop(own, None) or (models.pop(name, None) if each.get("v") == latest else None)
                if code is None:
                    continue
                version = str(each.get("v"))
                code = _Code(code.file, (*code.fqn[:-1], name, f"v{version}"), code.text)
                entry = _versioned(described.entry, each)
                more = {"version": each.get("v"), "latest_version": latest}
                unique_id = f"model.{self._project}.{name}.v{version}"
                self._add(unique_id, "model", name, code, _Described(described.file, entry), **more)

    # Nodes

    def _add(
        self, unique_id: str, kind: str, name: str, code: _Code, described: _Described | None, **more: Any
    ) -> None:
        entry: Mapping[str, Any] = described.entry if described else {}
        layers = [*self._of_folders(kind, code.fqn), _config(entry)]
        concerned = any(KEY in _mapping(each.get("meta")) for each in layers) or _mentions(entry)
        if KEY in code.text or concerned:
            layers.append(read_config(code.text))
        config = _merged(layers)
        columns = {str(each.get("name")): _column(each) for each in _entries(entry, "columns")}
        has_any = _is_meant(config) or any(KEY in each["meta"] for each in columns.values())
        rendered = UNKNOWN in config.values() or _has_jinja(config.get("enabled"))
        if config.get("enabled") is False or not (has_any or (rendered and KEY in code.text)):
            return
        if rendered or not _judgeable(config, columns):
            label = name if "version" not in more else f"{name}.v{more['version']}"
            self._unjudged.append(_left_to_dbt(described.file if described else code.file, label))
            return
        self._nodes[unique_id] = {
            "unique_id": unique_id,
            "name": name,
            "resource_type": kind,
            "package_name": self._project,
            "original_file_path": code.file,
            "patch_path": f"{self._project}://{described.file}" if described else None,
            "fqn": list(code.fqn),
            "config": config,
            "columns": columns,
            **more,
        }

    def _of_folders(self, kind: str, fqn: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """What dbt_project.yml says for the folders of a node, the outermost first."""
        level = self._files.configured.get(_SECTIONS.get(kind, ""))
        for step in (*fqn, None):
            if not isinstance(level, Mapping):
                return
            # Without a plus a mapping is a folder.
            yield {
                str(key).removeprefix("+"): value
                for key, value in level.items()
                if str(key).startswith("+") or not isinstance(value, Mapping)
            }
            level = level.get(step)


def _versioned(model: Mapping[str, Any], version: Mapping[str, Any]) -> dict[str, Any]:
    """What holds for a version: its own word over the model's, its columns beside those that it includes."""
    items = list(_entries(version, "columns"))
    own = [each for each in items if "include" not in each and "exclude" not in each]
    chosen = next((each for each in items if each not in own), {})
    include, exclude = chosen.get("include", "*"), chosen.get("exclude") or ()
    named = {each.get("name") for each in own}
    shared = [
        each
        for each in _entries(model, "columns")
        if (include in ("*", "all") or each.get("name") in include)
        and each.get("name") not in exclude
        and each.get("name") not in named
    ]
    return {
        **model,
        "config": _deep(_config(model), _config(version)),
        "meta": {},
        "columns": [*shared, *own],
    }


def _deep(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Merge level by level, as dbt 1.x merges a version into its model."""
    merged = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping):
            merged[key] = _deep(below[key], above[key])
    return merged


def _merged(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    config: dict[str, Any] = {"meta": {}}
    for layer in layers:
        config.update({key: value for key, value in layer.items() if key != "meta"})
        if layer.get("meta") is UNKNOWN:
            config["unknown"] = UNKNOWN
        else:
            config["meta"].update(_mapping(layer.get("meta")))
    return config


def _is_meant(config: dict[str, Any]) -> bool:
    """Whether an activation is there, or what can only be meant as one."""
    keys = [*map(str, config["meta"]), *map(str, config)]
    return KEY in keys or any(looks_like_the_key(key) for key in keys)


def _config(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry's `config`, with `meta` from whichever of its two places."""
    return {**_mapping(entry.get("config")), "meta": _meta(entry)}


def _meta(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**_mapping(entry.get("meta")), **_mapping(_mapping(entry.get("config")).get("meta"))}


def _column(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": str(entry.get("name")), "data_type": entry.get("data_type"), "meta": _meta(entry)}


def _judgeable(config: dict[str, Any], columns: Mapping[str, Any]) -> bool:
    """Whether nothing that decides rests on Jinja; keys that are never missed are taken out where they do."""
    meta = config["meta"]
    for key in (KEY, DEFAULTS_KEY):
        if key in meta:
            meta[key] = _without_jinja(meta[key])
    told = [meta.get(KEY), meta.get(DEFAULTS_KEY), *(each["meta"].get(KEY) for each in columns.values())]
    return not _has_jinja(told)


def _without_jinja(block: Any) -> Any:
    if isinstance(block, list):
        return [_without_jinja(each) for each in block]
    if not isinstance(block, Mapping):
        return block
    return {key: each for key, each in block.items() if key not in _NEVER_MISSED or not _has_jinja(each)}


def _has_jinja(value: Any) -> bool:
    if isinstance(value, str):
        return any(marker in value for marker in _JINJA)
    if isinstance(value, Mapping):
        return any(_has_jinja(each) for each in value.values())
    return isinstance(value, list | tuple) and any(_has_jinja(each) for each in value)


def _mentions(value: Any) -> bool:
    """Whether `intercom` is a key anywhere below."""
    if isinstance(value, Mapping):
        return KEY in value or any(_mentions(each) for each in value.values())
    return isinstance(value, list) and any(_mentions(each) for each in value)


def _left_to_dbt(file: str, label: str) -> Message:
    return Message(
        "jinja-not-judged",
        f"{file}: {label}: not judged, since it rests on Jinja that only dbt renders: `dbt parse`, "
        "then `validate --from manifest`",
    )


def _no_yaml(file: str, error: Exception) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    line = None if mark is None else int(mark.line) + 1
    return Mistake(file, line, None, "the file", "YAML", f"what is none: {problem}")


def _entries(document: object, section: str) -> Iterator[Mapping[str, Any]]:
    found = document.get(section) if isinstance(document, Mapping) else None
    yield from (each for each in found if isinstance(each, Mapping)) if isinstance(found, list) else ()


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _newest(versions: Iterable[Any]) -> Any:
    """The version that dbt takes for the latest: the highest number, else the last text."""
    known = list(versions)
    numbers = [each for each in known if isinstance(each, int | float)]
    return max(numbers) if len(numbers) == len(known) else max(map(str, known))


def _as_dbt_writes(document: dict[str, Any]) -> dict[str, Any]:
    """As JSON has it: dates as texts, keys as texts."""

    def text(value: object) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)

    written: dict[str, Any] = json.loads(json.dumps(document, default=text, skipkeys=True))
    return written
