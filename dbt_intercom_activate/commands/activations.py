"""The activations of a project as they stand in its manifest, for `ls`; dbt is asked for its selection grammar only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.configuration.selection import choose
from dbt_intercom_activate.project import manifest as manifests

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.project.location import DbtProject


def all_activations(project: DbtProject) -> tuple[Activation, ...]:
    """Every activation of target/manifest.json.

    Raises:
        CannotRun: There is no manifest, or it has mistakes.
    """
    manifest = manifests.read(project.target_path / "manifest.json")
    return activations_of(manifest, project.project_dir)


def list_activations(
    project: DbtProject, selection: Selection, warn: Callable[[str], None] | None = None
) -> tuple[Activation, ...]:
    """The selected activations of target/manifest.json.

    Raises:
        CannotRun: There is no manifest, it has mistakes, or dbt refuses the selection.
    """

    def ask_dbt(asked: Selection) -> frozenset[str]:
        # Importing dbt takes seconds, and a plain list needs none of it.
        from dbt_intercom_activate.warehouse.dbt_commands import select_nodes

        return select_nodes(project, asked)

    return choose(all_activations(project), selection, ask_dbt, warn)


def describe(activation: Activation) -> dict[str, str | bool | None]:
    """One activation as `ls --output json` prints it."""
    return {
        "activation": activation.name,
        "unique_id": activation.node.unique_id,
        "object": activation.object.name,
        "behaviour": str(activation.behaviour),
        "identifier": activation.identifier,
        "workspace_name": activation.workspace,
        "enabled": activation.enabled,
        "file": activation.node.file,
    }
