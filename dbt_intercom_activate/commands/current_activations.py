"""The activations as the files of the project have them now, for commands that come before a build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.configuration.selection import choose
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.sync.preparation import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.warehouse.access import DbtAccess

_PATHS = {"model-paths": ["models"], "seed-paths": ["seeds"], "snapshot-paths": ["snapshots"]}
"""Where `meta` may stand, with dbt's defaults."""
_SUFFIXES = frozenset({".yml", ".yaml", ".sql", ".py"})


def current_activations(
    project: DbtProject,
    selection: Selection,
    dbt: DbtAccess,
    warn: Callable[[str], None] | None = None,
) -> tuple[Activation, ...]:
    """The selected activations; the project is parsed where target/manifest.json is missing or older than it.

    Raises:
        CannotRun: The project does not parse, or its `meta` has mistakes.
    """
    if not _is_outdated(project):
        return prepare(project, selection, dbt, warn).activations
    manifest = manifests.from_dict(dbt.parse(project))
    activations = activations_of(manifest, project.project_dir)
    return choose(activations, selection, lambda asked: dbt.select(project, asked), warn)


def _is_outdated(project: DbtProject) -> bool:
    written = _changed_at(project.target_path / "manifest.json")
    return written is None or any((_changed_at(file) or 0) > written for file in _files(project.project_dir))


def _files(root: Path) -> Iterator[Path]:
    yield root / "dbt_project.yml"
    configured = _read(root / "dbt_project.yml")
    for key, default in _PATHS.items():
        paths = configured.get(key)
        for path in paths if isinstance(paths, list) else default:
            yield from (file for file in (root / str(path)).rglob("*") if file.suffix in _SUFFIXES)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


def _changed_at(file: Path) -> float | None:
    try:
        return file.stat().st_mtime
    except OSError:
        return None
