"""`exposures`: activations as exposures of dbt, so that its docs and its lineage end in Intercom.

https://docs.getdbt.com/docs/build/exposures
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.commands.current_activations import current_activations
from dbt_intercom_activate.commands.exposures_file import Exposure, NotEditable, edited, exposures_of
from dbt_intercom_activate.configuration import workspace as workspaces
from dbt_intercom_activate.configuration.selection import Selection
from dbt_intercom_activate.documents import document
from dbt_intercom_activate.errors import CannotRun, Message
from dbt_intercom_activate.project.source_files import SourceFiles
from dbt_intercom_activate.project.whole_file import write_whole
from dbt_intercom_activate.warehouse.access import FromOutside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.project.manifest import Node

_T = TypeVar("_T")

NAME = "intercom_exposures.yml"
MARK = "intercom_activation"
"""The key in `config.meta` of an exposure that this command wrote."""

_HEAD = """\
# The activations of this project, for dbt's docs and lineage. `dbt-intercom-activate exposures` writes type, url,
# description, depends_on and config.meta.intercom_activation, and keeps everything else in this file.
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the file, or would become of it."""

    file: Path
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    total: int
    """Exposures of activations, once it is up to date."""

    @property
    def behind(self) -> bool:
        """Whether the file is, or was, not what the activations are."""
        return bool(self.added or self.changed or self.removed)

    def as_json(self, *, check: bool) -> dict[str, Any]:
        """The JSON document of `exposures --output json`."""
        changes = {name: list(getattr(self, name)) for name in ("added", "changed", "removed")}
        contents = {
            "file": str(self.file),
            "written": self.behind and not check,
            "total": self.total,
            **changes,
        }
        return document(utc_now(), contents)

    def __str__(self) -> str:
        changes = ("added", self.added), ("changed", self.changed), ("removed", self.removed)
        return ", ".join(f"{len(names)} {what} ({', '.join(names)})" for what, names in changes if names)


def exposures(project: DbtProject, file: Path | None, owner: str | None, *, check: bool) -> Written:
    """Write the exposures of all enabled activations; where nothing changed, nothing is written.

    What is switched off, perhaps in this target only, keeps the exposure that it has, as it is.

    Args:
        file: In place of intercom_exposures.yml in the first folder of the project's models.
        owner: A name or an email; where None, an exposure keeps its owner, and a new one has the project's name.
        check: Write nothing.

    Raises:
        CannotRun: Mistakes in the configuration, an exposure of ours is somebody else's, or the file cannot be changed.
    """
    dbt = FromOutside()
    file = file or _usual_file(project)
    text = _text(file)
    known = _known(file, text)
    target = dbt.target(project)
    config = workspaces.read(project.project_dir, target=target.context, env=os.environ)
    activations = current_activations(project, Selection(), dbt)
    wanted: list[Exposure] = []
    for each in activations:
        if each.enabled:
            workspace = each.workspace or config.default
            old = _own(file, known.get(_name(each)))
            page = config.page_of(workspace)
            wanted.append(
                _merged(
                    old, _exposure(each, workspace, page, target.project_name), owner, target.project_name
                )
            )
    names = {_name(each) for each in activations}
    gone = tuple(name for name, each in known.items() if _is_ours(each) and name not in names)
    changed = [each for each in wanted if known.get(each["name"]) != each]
    done = Written(
        file,
        added=tuple(each["name"] for each in changed if each["name"] not in known),
        changed=tuple(each["name"] for each in changed if each["name"] in known),
        removed=gone,
        total=len(wanted),
    )
    if done.behind and not check:
        _write(file, text, changed, gone)
    return done


def _usual_file(project: DbtProject) -> Path:
    folders = SourceFiles(project.project_dir).configured.get("model-paths") or ["models"]
    return project.project_dir / str(folders[0]) / NAME


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")  # not `read_text`, which would change the ends of lines
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise CannotRun(
            Message("file-unreadable", f"{file} cannot be read: {type(error).__name__}")
        ) from None


def _known(file: Path, text: str) -> dict[str, Exposure]:
    try:
        return exposures_of(text)
    except NotEditable:
        raise _not_editable(file) from None


def _not_editable(file: Path) -> CannotRun:
    return CannotRun(
        Message(
            "exposures-in-another-form",
            f"{file} has exposures in a form that cannot be changed line by line; it stays as it is. "
            "Name another file with --file, which then has these alone",
        )
    )


def _is_ours(exposure: Mapping[str, Any]) -> bool:
    config = exposure.get("config")
    meta = config.get("meta") if isinstance(config, dict) else None
    return isinstance(meta, dict) and MARK in meta


def _own(file: Path, old: Exposure | None) -> Exposure:
    if old is not None and not _is_ours(old):
        raise CannotRun(
            Message(
                "exposure-of-somebody-else",
                f"{file} has an exposure {old['name']}, which this command did not write; it stays as it is. "
                "Give it another name, or the activation",
            )
        )
    return old or {}


def _name(activation: Activation) -> str:
    return f"intercom_{activation.name}"


def _exposure(activation: Activation, workspace: str, page: str, project: str) -> Exposure:
    told = {
        "activation": activation.name,
        "object": activation.object.name,
        "behaviour": str(activation.behaviour),
        "identifier": activation.identifier,
        "workspace": workspace,
        "fields": dict(activation.fields),
        "constants": dict(activation.constants),
    }
    about = activation.node.description.strip()
    identifier = f", matched by {activation.identifier}" if activation.identifier else ""
    said = (
        f"{activation.behaviour} {activation.object.name} in Intercom's workspace {workspace}{identifier}, "
        f"from {activation.node.label}."
    )
    return _without_jinja(
        {
            "name": _name(activation),
            "label": f"Intercom: {activation.name}",
            "type": "application",
            "url": page,
            "description": said[0].upper() + said[1:] + (f"\n\n{about}" if about else ""),
            "depends_on": [_reference(activation.node, project)],
            "config": {"meta": {MARK: {name: value for name, value in told.items() if value}}},
        }
    )


def _reference(node: Node, project: str) -> str:
    names = [node.name] if node.package_name in ("", project) else [node.package_name, node.name]
    version = "" if node.version is None else f", v={_literal(node.version)}"
    return f"ref({', '.join(map(repr, names))}{version})"


def _literal(version: str) -> str:
    return version if version.isascii() and version.isdigit() else repr(version)


def _merged(old: Exposure, new: Exposure, owner: str | None, project: str) -> Exposure:
    """An exposure that says what is new, and what its users have added."""
    merged = {**old, **new}
    if old:
        merged["label"] = old.get("label", new["label"])
        meta = {**old["config"]["meta"], **new["config"]["meta"]}
        merged["config"] = {**old["config"], "meta": meta}
        # Somebody may have put the very page of the workspace below the address.
        if str(old.get("url", "")).startswith(f"{new['url']}/"):
            merged["url"] = old["url"]
    if owner is not None:
        merged["owner"] = _without_jinja({"email" if "@" in owner else "name": owner})
    merged.setdefault("owner", _without_jinja({"name": project}))
    return merged


_BEGINS_JINJA = re.compile(r"\{(?=[{%#])")


def _without_jinja(value: _T) -> _T:
    """What dbt renders to the very same texts: what looks like Jinja in a description or in a column's name is none."""
    if isinstance(value, dict):
        return cast("_T", {name: _without_jinja(each) for name, each in value.items()})
    if isinstance(value, list):
        return cast("_T", [_without_jinja(each) for each in value])
    # dbt's own kinds of text are none that YAML knows.
    return cast("_T", _BEGINS_JINJA.sub('{{ "{" }}', str(value))) if isinstance(value, str) else value


def _write(file: Path, text: str, changed: Sequence[Exposure], gone: Sequence[str]) -> None:
    try:
        written = edited(text or _HEAD, changed, gone)
    except NotEditable:
        raise _not_editable(file) from None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, written)
    except OSError as error:
        raise CannotRun(Message("file-unwritable", f"{file} cannot be written: {error.strerror}")) from None
