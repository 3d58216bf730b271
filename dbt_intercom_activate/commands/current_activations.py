"""The activations as the files of the project have them now, for commands that come before a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.configuration.selection import choose
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.project.source_files import SourceFiles
from dbt_intercom_activate.sync.preparation import prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.warehouse.access import DbtAccess


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
    if not SourceFiles(project.project_dir).are_newer_than(project.target_path / "manifest.json"):
        return prepare(project, selection, dbt, warn).activations
    manifest = manifests.from_dict(dbt.parse(project))
    activations = activations_of(manifest, project.project_dir)
    return choose(activations, selection, lambda asked: dbt.select(project, asked), warn)
