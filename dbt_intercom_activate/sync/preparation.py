"""What is known before Intercom or the warehouse is asked: dbt's artifacts, the activations, the selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.activation import Activation, activations_of
from dbt_intercom_activate.configuration.selection import Selection, choose
from dbt_intercom_activate.delivery.registry import place_in_run
from dbt_intercom_activate.errors import Message
from dbt_intercom_activate.project.artifacts import Artifacts, changed_since, load_artifacts
from dbt_intercom_activate.warehouse.access import DbtAccess, FromOutside

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.warehouse.target import DbtTarget


NO_ACTIVATIONS = Message(
    "no-activations",
    "there is nothing to do: no model of this project has `config: {meta: {intercom: …}}`. "
    "The README begins with one, `dbt-intercom-activate init --from MODEL` suggests one, and "
    "https://docs.getdbt.com/reference/resource-configs/meta says where `meta` stands",
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A command's input, checked as far as it can be without asking anybody."""

    project: DbtProject
    dbt: DbtAccess
    target: DbtTarget
    artifacts: Artifacts
    activations: tuple[Activation, ...]
    """The selected ones, in the order in which they are to run."""
    enabled: tuple[Activation, ...]
    """All enabled activations of the project, selected or not."""

    names: frozenset[str] = frozenset()
    """Of all activations of the project, and those that they had before."""

    @property
    def emptied(self) -> str | None:
        """`--empty` or `--sample`, where dbt built the models with it."""
        results = self.artifacts.run_results
        if results is None:
            return None
        return "--empty" if results.empty else "--sample" if results.sample else None

    @property
    def sampling_unknown(self) -> bool:
        """Whether dbt may have built the models with a part of their rows and not told."""
        results = self.artifacts.run_results
        return results is not None and results.hides_sampling


def prepare(
    project: DbtProject,
    selection: Selection,
    dbt: DbtAccess | None = None,
    warn: Callable[[str], None] | None = None,
) -> Prepared:
    """Read the artifacts and the selection; every mistake in `meta` is found here.

    Args:
        dbt: The way to dbt; from outside of any dbt command unless another is given.
        warn: Told of what was selected and matches nothing, of a project without activations, and of files that dbt has
            not read yet.

    Raises:
        CannotRun: With all mistakes; nothing was sent.
    """
    dbt = dbt or FromOutside()
    target = dbt.target(project)
    artifacts = load_artifacts(
        project,
        target=target.name,
        default_target=target.default_name,
        parse=lambda: dbt.parse(project),
    )
    judged, manifest = dbt.judged, artifacts.manifest
    if judged is not None and judged.invocation_id == manifest.invocation_id:
        activations = judged.activations
    else:
        activations = activations_of(manifest, project.project_dir)
    if warn is not None:
        unread = None if artifacts.parsed_now else changed_since(project, manifest)
        if unread is not None:
            warn(unread)
        if not activations:
            warn(NO_ACTIVATIONS)
    chosen = choose(activations, selection, lambda asked: dbt.select(project, asked), warn)
    ordered = sorted(chosen, key=lambda each: (place_in_run(each.object.name), each.name))
    enabled = tuple(each for each in activations if each.enabled)
    names = frozenset(name for each in activations for name in (each.name, *each.was))
    return Prepared(project, dbt, target, artifacts, tuple(ordered), enabled, names)
