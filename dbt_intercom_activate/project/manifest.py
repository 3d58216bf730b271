"""What a project holds, read from dbt's manifest.json.

dbt 1.8 to 1.12 and dbt 2 all write version 12 of the artifact. They differ in where `meta` stands:
https://docs.getdbt.com/reference/artifacts/manifest-json
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.errors import ArtifactError, Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

KNOWN_SCHEMA = 12
"""The version of manifest.json that this release understands."""

ACTIVATABLE = ("model", "seed", "snapshot")
"""The resource types that can carry an activation."""

_TEST_TYPES = ("test", "unit_test")


@dataclass(frozen=True, slots=True)
class DocumentedColumn:
    """A column that the project documents."""

    name: str
    data_type: str | None
    meta: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """A model, seed or snapshot, or another resource that could carry `meta`."""

    unique_id: str
    name: str
    resource_type: str
    package_name: str
    relation_name: str | None
    """The quoted name of the relation, as the dbt target of the manifest has it."""
    database: str | None
    schema: str | None
    alias: str | None
    materialized: str | None
    patch_file: str | None
    """The schema file that describes the node, below its package; None where there is none."""
    original_file_path: str
    """The file that defines the node, below its package."""
    version: str | None
    latest_version: str | None
    """The version that `ref` means where it names none; None for a model without versions."""
    meta: Mapping[str, Any]
    columns: tuple[DocumentedColumn, ...]
    tags: tuple[str, ...]
    fqn: tuple[str, ...]
    depends_on: tuple[str, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    """Mappings, lists and texts of the config, `meta` aside: what dbt does not know it keeps as it is."""
    description: str = field(default="", compare=False)
    """As dbt shows it, with its Jinja rendered."""

    @property
    def file(self) -> str:
        """The schema file where known, else the file that defines the node."""
        return self.patch_file or self.original_file_path

    @property
    def label(self) -> str:
        """The node's name, with its version as dbt writes it: `customers.v2`."""
        return self.name if self.version is None else f"{self.name}.v{self.version}"


@dataclass(frozen=True, slots=True)
class Test:
    """A data test or a unit test."""

    __test__ = False  # pytest collects classes of this name

    unique_id: str
    name: str
    severity: str
    """`error` or `warn`."""
    attached_node: str | None
    """The node that a generic test belongs to; None for any other test."""
    depends_on: tuple[str, ...]

    @property
    def concerns(self) -> tuple[str, ...]:
        """The nodes that the test speaks about."""
        return (self.attached_node,) if self.attached_node else self.depends_on


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts of manifest.json that decide what is synced."""

    project_name: str
    dbt_version: str
    adapter_type: str | None
    invocation_id: str | None
    nodes: Mapping[str, Node]
    """Every enabled resource but tests, by unique id."""
    tests: Mapping[str, Test]

    def parents(self, unique_id: str) -> tuple[str, ...]:
        """Return the unique ids that a node reads from directly."""
        node = self.nodes.get(unique_id)
        return node.depends_on if node else ()

    def latest_of(self, node: Node) -> Node | None:
        """Return the latest version of the model that a node is a version of; None where it is not enabled."""
        return next(
            (
                each
                for each in self.nodes.values()
                if (each.package_name, each.name) == (node.package_name, node.name)
                and each.version == node.latest_version is not None
            ),
            None,
        )


def read(path: Path) -> Manifest:
    """Read manifest.json.

    Raises:
        ArtifactError: There is none, it cannot be read, or its version is unknown.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(
            Message(
                "no-manifest",
                f"{path}: there is no manifest. Run `dbt build` (or `dbt parse`) first, or name the folder"
                " with --target-path.",
            )
        ) from None
    except (OSError, ValueError) as error:
        raise ArtifactError(
            Message("artifact-unreadable", f"{path}: cannot be read ({error}). Run `dbt build` again.")
        ) from error
    return from_dict(raw, source=str(path))


def from_dict(raw: object, *, source: str = "manifest.json") -> Manifest:
    """Make a typed view of a manifest.

    Args:
        raw: The decoded JSON document.
        source: The name of the document in messages.

    Raises:
        ArtifactError: It is no manifest, or one of an unknown version.
    """
    document = _mapping(raw)
    metadata = _mapping(document.get("metadata"))
    _check_schema(metadata, source)
    dbt_version = str(metadata.get("dbt_version") or "")
    nodes = dict(_nodes(document, dbt_version))
    return Manifest(
        project_name=str(metadata.get("project_name") or ""),
        dbt_version=dbt_version,
        adapter_type=_text(metadata.get("adapter_type")),
        invocation_id=_text(metadata.get("invocation_id")),
        nodes=nodes,
        tests=dict(_tests(document)),
    )


def _check_schema(metadata: Mapping[str, Any], source: str) -> None:
    schema = str(metadata.get("dbt_schema_version") or "")
    found = re.search(r"/manifest/v(\d+)\.json$", schema)
    if found is None:
        raise ArtifactError(
            Message(
                "manifest-unknown",
                f"{source}: is not a manifest of dbt. Run `dbt build` (or `dbt parse`) again.",
            )
        )
    if int(found[1]) != KNOWN_SCHEMA:
        raise ArtifactError(
            Message(
                "manifest-version",
                f"{source}: expected version {KNOWN_SCHEMA} of the manifest (dbt 1.8 or newer), found {found[1]}."
                " Upgrade dbt, or dbt-intercom-activate if dbt is the newer one.",
            )
        )


def _nodes(document: Mapping[str, Any], dbt_version: str) -> Iterator[tuple[str, Node]]:
    for section in ("nodes", "sources", "exposures"):
        for unique_id, raw in _mapping(document.get(section)).items():
            values = _mapping(raw)
            if values.get("resource_type") not in _TEST_TYPES:
                yield unique_id, _node(unique_id, values, dbt_version)


def _node(unique_id: str, raw: Mapping[str, Any], dbt_version: str) -> Node:
    config = _mapping(raw.get("config"))
    version, latest = raw.get("version"), raw.get("latest_version")
    return Node(
        unique_id=unique_id,
        name=str(raw.get("name") or unique_id),
        resource_type=str(raw.get("resource_type") or unique_id.partition(".")[0]),
        package_name=str(raw.get("package_name") or ""),
        relation_name=_text(raw.get("relation_name")),
        database=_text(raw.get("database")),
        schema=_text(raw.get("schema")),
        alias=_text(raw.get("alias")),
        materialized=_text(config.get("materialized")),
        patch_file=_patch_file(raw.get("patch_path")),
        original_file_path=str(raw.get("original_file_path") or "").replace("\\", "/"),
        version=None if version is None else str(version),
        latest_version=None if latest is None else str(latest),
        meta=_mapping(config.get("meta")) or _mapping(raw.get("meta")),
        columns=tuple(
            _column(name, _mapping(column), dbt_version)
            for name, column in _mapping(raw.get("columns")).items()
        ),
        tags=_texts(raw.get("tags")),
        fqn=_texts(raw.get("fqn")),
        depends_on=_texts(_mapping(raw.get("depends_on")).get("nodes")),
        config={
            str(key): value
            for key, value in config.items()
            if key != "meta" and value and isinstance(value, (dict, list, str))
        },
        description=_text(raw.get("description")) or "",
    )


def _column(name: str, raw: Mapping[str, Any], dbt_version: str) -> DocumentedColumn:
    own = _mapping(_mapping(raw.get("config")).get("meta"))
    # dbt 2.0 copies the model's whole meta into `columns[].meta` of a column that has none itself
    # (dbt-core#16097), so that only `config.meta` can be believed there.
    if not dbt_version.startswith("2."):
        own = {**_mapping(raw.get("meta")), **own}
    return DocumentedColumn(
        name=str(raw.get("name") or name), data_type=_text(raw.get("data_type")), meta=own
    )


def _tests(document: Mapping[str, Any]) -> Iterator[tuple[str, Test]]:
    for section in ("nodes", "unit_tests"):
        for unique_id, raw in _mapping(document.get(section)).items():
            values = _mapping(raw)
            if section == "unit_tests" or values.get("resource_type") in _TEST_TYPES:
                yield unique_id, _test(unique_id, values)


def _test(unique_id: str, raw: Mapping[str, Any]) -> Test:
    severity = _mapping(raw.get("config")).get("severity")
    return Test(
        unique_id=unique_id,
        name=str(raw.get("name") or unique_id),
        severity="warn" if str(severity or "").lower() == "warn" else "error",
        attached_node=_text(raw.get("attached_node")),
        depends_on=_texts(_mapping(raw.get("depends_on")).get("nodes")),
    )


def _patch_file(patch_path: object) -> str | None:
    """Return `models/x.yml` of `project://models/x.yml`."""
    if not isinstance(patch_path, str) or not patch_path:
        return None
    return patch_path.partition("://")[2].replace("\\", "/") or patch_path.replace("\\", "/")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
