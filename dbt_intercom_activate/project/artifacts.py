"""The right relations: dbt's artifacts of the target that this command works with.

`relation_name` in manifest.json belongs to whichever target last wrote the file, and even `dbt ls` rewrites it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.errors import ArtifactError, Message
from dbt_intercom_activate.project import kept_results
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.project import run_results as all_run_results

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.project.manifest import Manifest
    from dbt_intercom_activate.project.run_results import RunResults


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What dbt left, for one target."""

    manifest: Manifest
    run_results: RunResults | None
    """None where there are none, or none about this target."""
    warning: str | None = None
    note: str | None = None
    """What is worth knowing of where the results come from."""
    parsed_now: bool = False
    """Whether the manifest is not the file's: the project was parsed for this command's target."""


def load_artifacts(
    project: DbtProject,
    *,
    target: str,
    default_target: str | None,
    parse: Callable[[], dict[str, Any]],
) -> Artifacts:
    """Read manifest.json and run_results.json; where they are of another target, parse the project for this one.

    Where a later command overwrote what a build said, that is taken from what was kept of it.

    Args:
        target: The dbt target of this command.
        default_target: The target that dbt takes when none is named.
        parse: Parses the project for `target`, in process.

    Raises:
        ArtifactError: There is no manifest, or none can be had for this target.
    """
    manifest = manifests.read(project.target_path / "manifest.json")
    found = _for_target(project, manifest, target, default_target, parse)
    return replace(found, parsed_now=found.manifest is not manifest)


def _for_target(
    project: DbtProject,
    manifest: Manifest,
    target: str,
    default_target: str | None,
    parse: Callable[[], dict[str, Any]],
) -> Artifacts:
    results = all_run_results.read(project.target_path / all_run_results.FILE)
    if results is not None and results.hides_target:
        return _by_relations(manifest, results, target, parse)
    built_for = artifacts_target(manifest, results, default_target)
    if built_for != target:
        manifest = _parse_for(target, built_for, parse)
    if results is None:
        return Artifacts(manifest, None)
    kept = kept_results.of_last_build(project.target_path, results)
    if kept is not None and (kept.target or default_target) == target:
        return Artifacts(manifest, kept, note=_taken_from(kept, results))
    results_of = results.target or default_target
    if results_of == target:
        return Artifacts(manifest, results)
    warning = Message(
        "results-of-another-target",
        f"run_results.json is of target {results_of!r}, this is {target!r}: "
        "no result of dbt says whether its models and tests are well",
    )
    return Artifacts(manifest, None, warning)


def artifacts_target(
    manifest: Manifest, run_results: RunResults | None, default_target: str | None
) -> str | None:
    """Return the dbt target whose relations the manifest names, or None where that is unknown.

    `relation_name` belongs to the target of whichever command wrote the manifest last, and even
    `dbt ls` writes it; only the run results of the same invocation name that target.
    """
    if run_results is None or run_results.invocation_id is None or run_results.hides_target:
        return None
    if run_results.invocation_id != manifest.invocation_id:
        return None
    return run_results.target or default_target


def _taken_from(kept: RunResults, latest: RunResults) -> str | None:
    if kept.invocation_id == latest.invocation_id:
        return None
    return (
        f"run_results.json is of `{latest.command}`; what `{kept.command}` said before it was kept, and holds"
    )


def _by_relations(
    manifest: Manifest, results: RunResults, target: str, parse: Callable[[], dict[str, Any]]
) -> Artifacts:
    """Tell the target by what it decides: the names of the relations."""
    parsed = _parse_for(target, None, parse)
    expected = _relations(parsed)
    if _relations(manifest) != expected:
        manifest = parsed
    built = {each: name for each, name in results.relations.items() if each in expected}
    if all(expected[each] == name for each, name in built.items()):
        return Artifacts(manifest, results)
    warning = Message(
        "results-of-another-target",
        f"run_results.json is of another target than {target!r} (dbt {results.dbt_version} does not record which): "
        "no result of dbt says whether its models and tests are well",
    )
    return Artifacts(manifest, None, warning)


def _relations(manifest: Manifest) -> dict[str, str | None]:
    """The relations that can be synced, by unique id."""
    return {
        unique_id: node.relation_name
        for unique_id, node in manifest.nodes.items()
        if node.resource_type in manifests.ACTIVATABLE
    }


def _parse_for(target: str, built_for: str | None, parse: Callable[[], dict[str, Any]]) -> Manifest:
    try:
        return manifests.from_dict(parse())
    except ArtifactError as error:
        found = f"target {built_for!r}" if built_for else "an unknown target"
        raise ArtifactError(
            Message(
                "manifest-of-another-target",
                f"manifest.json was written for {found}, this command is for target {target!r}, and the project "
                f"cannot be parsed for it: {error}. Build with `--target {target}`, then sync",
            )
        ) from error


def changed_since(project: DbtProject, manifest: Manifest) -> Message | None:
    """That a file of a model, or dbt_project.yml, was changed since dbt wrote manifest.json; None where none was."""
    own = [
        each
        for each in manifest.nodes.values()
        if each.package_name == manifest.project_name and each.resource_type in manifests.ACTIVATABLE
    ]
    # The rows of a seed are not read by dbt before it builds.
    defining = {each.original_file_path for each in own if each.resource_type != "seed"}
    changed = {}
    for file in filter(None, {"dbt_project.yml", *(each.patch_file for each in own), *defining}):
        with suppress(OSError):
            changed[(project.project_dir / file).stat().st_mtime_ns] = file
    try:
        read = (project.target_path / "manifest.json").stat().st_mtime_ns
    except OSError:
        return None
    newest = max(changed, default=0)
    if newest <= read:
        return None
    return Message(
        "manifest-older",
        f"{changed[newest]} was changed after dbt read the project, so its `meta` may be another one now. "
        "Run `dbt build`, or `dbt parse`",
    )
