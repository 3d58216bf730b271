"""The ways to the user's dbt: from outside of any dbt command, or from inside of the one that is running."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dbt_intercom_activate.warehouse import connection, dbt_commands

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.activation import Judged
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.warehouse.connection import LoadedProfile, Warehouse
    from dbt_intercom_activate.warehouse.target import DbtTarget

PACKAGE = Path(__file__).parents[1]


class DbtAccess(Protocol):
    """What a run needs of dbt."""

    @property
    def judged(self) -> Judged | None:
        """What was read of `meta` in this process already, so that nobody reads it again."""

    def target(self, project: DbtProject) -> DbtTarget:
        """The output of the profile that this command works with."""

    def parse(self, project: DbtProject) -> dict[str, Any]:
        """The project's manifest for its target, as manifest.json would have it; nothing is written."""

    def select(self, project: DbtProject, selection: Selection) -> frozenset[str]:
        """The unique ids that dbt selects."""

    def open(self, project: DbtProject, macro_package: Path) -> Warehouse:
        """The warehouse of the target, with the macros of `macro_package`."""


class FromOutside:
    """Loads the profile and the adapter itself. No dbt command may be running in this process.

    Args:
        judged: What was read of `meta` in this process already.
    """

    def __init__(self, judged: Judged | None = None) -> None:
        self.judged = judged
        self._loaded: LoadedProfile | None = None

    def target(self, project: DbtProject) -> DbtTarget:
        """Load the profile, once; see `connection.load`."""
        return self._load(project).target

    def parse(self, project: DbtProject) -> dict[str, Any]:
        """Parse the project in process; see `dbt_commands.parse_project`."""
        return dbt_commands.parse_project(project)

    def select(self, project: DbtProject, selection: Selection) -> frozenset[str]:
        """Run `dbt ls` in process; see `dbt_commands.select_nodes`."""
        return dbt_commands.select_nodes(project, selection)

    def open(self, project: DbtProject, macro_package: Path) -> Warehouse:
        """Register the adapter; see `connection.open_warehouse`."""
        return connection.open_warehouse(project, macro_package, self._load(project))

    def _load(self, project: DbtProject) -> LoadedProfile:
        if self._loaded is None or self._loaded.project != project:
            self._loaded = connection.load(project)
        return self._loaded


def macro_package() -> Path:
    """The dbt package with our macros: inside the wheel, or the repository in an editable install."""
    inside = PACKAGE / "dbt_package"
    return inside if inside.is_dir() else PACKAGE.parent
