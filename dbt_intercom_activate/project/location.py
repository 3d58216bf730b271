"""Where the user's dbt project is and how dbt is to be called for it; resolved as dbt itself resolves it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from dbt_intercom_activate.errors import ArtifactError, Message

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class DbtProject:
    """The options that dbt and this package share.

    `target` is dbt's: the profile's output. None means the profile's default.
    """

    project_dir: Path
    profiles_dir: Path
    target_path: Path
    profile: str | None = None
    target: str | None = None
    vars: str | None = None

    def dbt_arguments(self) -> list[str]:
        """These options as arguments of a dbt command."""
        given = {"--profile": self.profile, "--target": self.target, "--vars": self.vars}
        arguments = ["--project-dir", str(self.project_dir), "--profiles-dir", str(self.profiles_dir)]
        arguments += ["--target-path", str(self.target_path)]
        for option, value in given.items():
            if value is not None:
                arguments += [option, value]
        return arguments


def locate_project(
    *,
    project_dir: str | None,
    profiles_dir: str | None = None,
    profile: str | None = None,
    target: str | None = None,
    target_path: str | None = None,
    variables: str | None = None,
    cwd: Path,
    home: Path,
) -> DbtProject:
    """Resolve the options as dbt does; see https://docs.getdbt.com/reference/global-configs/about-global-configs.

    Raises:
        ArtifactError: There is no dbt_project.yml.
    """
    root = (cwd / project_dir).resolve() if project_dir else _nearest_project(cwd)
    if not (root / "dbt_project.yml").is_file():
        raise ArtifactError(
            Message(
                "no-project",
                f"{root}: expected a dbt project, found no dbt_project.yml. "
                "Run this in the project, or name it with --project-dir",
            )
        )
    profiles = (cwd / profiles_dir) if profiles_dir else _default_profiles_dir(cwd, home)
    artifacts = target_path or _configured_target_path(root)
    return DbtProject(
        project_dir=root,
        profiles_dir=profiles.resolve(),
        target_path=root / artifacts,
        profile=profile,
        target=target,
        vars=variables,
    )


def dbt_variable(env: Mapping[str, str], name: str) -> str | None:
    """The value of a dbt environment variable, in its old spelling (`DBT_`) or that of 1.12 (`DBT_ENGINE_`)."""
    return env.get(f"DBT_ENGINE_{name}") or env.get(f"DBT_{name}") or None


def _nearest_project(cwd: Path) -> Path:
    for folder in (cwd, *cwd.parents):
        if (folder / "dbt_project.yml").is_file():
            return folder.resolve()
    return cwd.resolve()


def _default_profiles_dir(cwd: Path, home: Path) -> Path:
    return cwd if (cwd / "profiles.yml").is_file() else home / ".dbt"


def _configured_target_path(root: Path) -> str:
    """`target-path` of dbt_project.yml, deprecated but still obeyed by dbt 1.x; else dbt's default."""
    try:
        configured = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ArtifactError(
            Message("project-unreadable", f"{root / 'dbt_project.yml'}: expected YAML, found: {error}")
        ) from error
    value = configured.get("target-path") if isinstance(configured, dict) else None
    return value if isinstance(value, str) and "{{" not in value else "target"
