"""`init --from MODEL`: an activation for a built model, suggested from its columns."""

from __future__ import annotations

import difflib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from dbt_intercom_activate.binding.column_types import Family
from dbt_intercom_activate.configuration import yaml_marks
from dbt_intercom_activate.configuration.meta import KEY
from dbt_intercom_activate.configuration.readers import listed
from dbt_intercom_activate.errors import CannotRun, Message
from dbt_intercom_activate.objects.usual_columns import (
    IDENTIFYING_COLUMNS,
    MOMENTS,
    NUMBERS,
    USUAL_COLUMNS,
    USUAL_CONSTANTS,
    usual_object,
)
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.project.manifest import ACTIVATABLE
from dbt_intercom_activate.project.whole_file import write_whole
from dbt_intercom_activate.warehouse.access import FromOutside, macro_package

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dbt_intercom_activate.binding.column import RelationColumn
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.project.manifest import Node

DBT_COLUMNS = frozenset({"dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_is_deleted"})
"""What dbt adds to a snapshot: https://docs.getdbt.com/docs/build/snapshots#snapshot-meta-fields"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What `init --from` found."""

    node: Node
    block: Mapping[str, object]
    """The keys below `intercom`."""
    left_out: tuple[str, ...]
    """Columns that Intercom has no field for, with why."""

    def as_yaml(self) -> str:
        """As it is pasted into a schema file."""
        model = {"name": self.node.name, "config": {"meta": {KEY: dict(self.block)}}}
        notes = "".join(f"# left out: {each}\n" for each in self.left_out)
        return notes + _dump({f"{self.node.resource_type}s": [model]})


def suggest(project: DbtProject, name: str) -> Suggestion:
    """Suggest an activation for a built model.

    Raises:
        CannotRun: There is no such model, it has an activation, or none of its columns identifies anything.
        WarehouseFailed: Its relation may not be read, or is not there.
    """
    manifest = manifests.read(project.target_path / "manifest.json")
    node = _node(manifest.nodes.values(), name)
    if KEY in node.meta:
        raise CannotRun(
            Message(
                "activation-exists",
                f"{node.label} has an activation already, which stays as it is: {node.file}",
            )
        )
    if node.relation_name is None:
        raise CannotRun(
            Message(
                "model-without-relation",
                f"{node.label} has no relation in the warehouse: make it a view or a table",
            )
        )
    warehouse = FromOutside().open(project, macro_package())
    with warehouse.connected():
        columns = warehouse.columns_of(node.relation_name)
    return Suggestion(node, *_block(node, columns))


def _node(nodes: object, name: str) -> Node:
    known = [each for each in nodes if each.resource_type in ACTIVATABLE]  # type: ignore[attr-defined]
    found: list[Node] = [each for each in known if name in (each.name, each.label)]
    if not found:
        close = difflib.get_close_matches(name, [each.name for each in known], n=3)
        advice = f" Did you mean {listed(close)}?" if close else ""
        raise CannotRun(
            Message("model-unknown", f"the manifest has no model, seed or snapshot {name!r}.{advice}")
        )
    return found[-1]


def _block(node: Node, columns: Sequence[RelationColumn]) -> tuple[dict[str, object], tuple[str, ...]]:
    owner = usual_object(node.name, {each.name.lower() for each in columns})
    fields: dict[str, str] = {}
    for field, synonyms in USUAL_COLUMNS[owner.name].items():
        taken = fields.values()
        found = next((each for word in synonyms for each in columns if each.name.lower() == word), None)
        if found is not None and found.name not in taken and _fits(field, found):
            fields[field] = found.name
    identifier = next((each for each in ("external_id", "company_id", "email") if each in fields), None)
    if identifier is None:
        raise CannotRun(
            Message(
                "no-identifying-column",
                f"no column of {node.label} is named like one that identifies a contact or a company: "
                f"{listed(IDENTIFYING_COLUMNS)}. "
                "Write the activation by hand; `dbt-intercom-activate init --example FILE` has one",
            )
        )
    left_out = []
    prefix = owner.open_prefix or ""
    for each in columns:
        if each.name in fields.values() or (
            node.resource_type == "snapshot" and each.name.lower() in DBT_COLUMNS
        ):
            continue
        if each.type.composite or each.type.family is Family.OTHER:
            left_out.append(f"{each.name}, as Intercom has no field for its type {each.data_type}")
        else:
            fields[f"{prefix}{each.name.lower()}"] = each.name
    block: dict[str, object] = {
        "object": owner.name,
        "behaviour": "upsert",
        "identifier": identifier,
        "fields": fields,
    }
    if any(each.startswith(prefix) for each in fields):
        block["create_attributes"] = True
    if owner.name in USUAL_CONSTANTS:
        block["constants"] = dict(USUAL_CONSTANTS[owner.name])
    return block, tuple(left_out)


def _fits(field: str, column: RelationColumn) -> bool:
    family = column.type.family
    if field in MOMENTS:
        return family is Family.TIMESTAMP
    if field in NUMBERS:
        return family in (Family.INTEGER, Family.NUMBER)
    return not column.type.composite and family in (Family.TEXT, Family.INTEGER)


def write(project: DbtProject, suggestion: Suggestion) -> Path:
    """Put the block into the YAML file that describes the model; every other line stays as it is.

    Raises:
        CannotRun: No file describes it, or the block cannot be put there line by line.
    """
    node = suggestion.node
    if node.patch_file is None or not node.patch_file.endswith((".yml", ".yaml")):
        raise CannotRun(
            Message(
                "model-without-yaml",
                f"no YAML file describes {node.label} yet; put this into one:\n\n{suggestion.as_yaml()}",
            )
        )
    file = project.project_dir / node.patch_file
    _refuse_a_second(file, node)
    by_hand = CannotRun(
        Message(
            "yaml-in-another-form",
            f"{node.patch_file} is written in a way that no lines can be added to; put this there by hand:\n\n"
            f"{suggestion.as_yaml()}",
        )
    )
    try:
        text = file.read_bytes().decode("utf-8")  # not `read_text`, which would change the ends of lines
        written = _inserted(text, suggestion)
        same = written is not None and _same_but_for_the_block(text, written, suggestion)
    except (OSError, ValueError, yaml.YAMLError):
        raise by_hand from None
    if written is None or not same:
        raise by_hand
    try:
        write_whole(file, written)
    except OSError as error:
        raise CannotRun(
            Message("file-unwritable", f"{node.patch_file} cannot be written: {error.strerror}")
        ) from None
    return file


def _refuse_a_second(file: Path, node: Node) -> None:
    """What was written since dbt read the project is there too."""
    with suppress(OSError, ValueError, yaml.YAMLError):
        found = yaml_marks.compose(file.read_text(encoding="utf-8"))
        for key in (f"{node.resource_type}s", node.name, "config", "meta", KEY):
            step = yaml_marks.step(found, key)
            if step is None:
                return
            found = step[1]
        raise CannotRun(
            Message(
                "activation-exists",
                f"{node.label} has an activation already, which stays as it is: {node.patch_file}",
            )
        )


def _inserted(text: str, suggestion: Suggestion) -> str | None:
    """The text with the block where `config.meta` is, or has to be; None where lines cannot tell."""
    section = yaml_marks.step(yaml_marks.compose(text), f"{suggestion.node.resource_type}s")
    model = yaml_marks.step(section[1], suggestion.node.name) if section else None
    if model is None or not isinstance(model[1], yaml.MappingNode) or model[1].flow_style:
        return None
    here = model[1]
    tree: dict[str, Any] = {KEY: dict(suggestion.block)}
    for key in ("config", "meta"):
        found = yaml_marks.step(here, key)
        if found is None:
            tree = {key: tree} if key == "meta" or here is not model[1] else {"config": {"meta": tree}}
            break
        if not isinstance(found[1], yaml.MappingNode) or found[1].flow_style or not found[1].value:
            return None
        here = found[1]
    first_key, first_value = here.value[0]
    at = first_key.start_mark
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    own = "".join(f"{' ' * at.column}{line}{end}" for line in _dump(tree).splitlines())
    # The first key of a list's item stands beside the dash: the block goes below it.
    place = first_value.end_mark.line + 1 if here is model[1] else at.line
    return "".join(lines[:place]) + own + "".join(lines[place:])


def _same_but_for_the_block(before: str, after: str, suggestion: Suggestion) -> bool:
    """Whether the new text says what the old one says, and the block."""
    kind, name = f"{suggestion.node.resource_type}s", suggestion.node.name
    old, new = yaml.safe_load(before), yaml.safe_load(after)
    (told,) = [each for each in new[kind] if each["name"] == name]
    block = told["config"]["meta"].pop(KEY)
    (was,) = [each for each in old[kind] if each["name"] == name]
    if not told["config"]["meta"] and "meta" not in (was.get("config") or {}):
        del told["config"]["meta"]
    if not told["config"] and "config" not in was:
        del told["config"]
    return bool(block == dict(suggestion.block) and old == new)


def _dump(tree: Mapping[str, object]) -> str:
    return str(yaml.safe_dump(dict(tree), sort_keys=False, allow_unicode=True, width=1000))
