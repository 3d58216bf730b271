"""The dbt command that is running in this process: its project, its target, its adapter.

Loading the profile again would reset dbt's adapters and flags under the command that works with them.
So its own adapter is used, which stays registered until the command's very end.
Our macros stand beside its macros, not among them.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from dbt.adapters.factory import FACTORY, get_adapter_package_names
from dbt.contracts.files import ParseFileType
from dbt.contracts.graph.manifest import MacroManifest, Manifest
from dbt.flags import get_flags
from dbt.parser.macros import MacroParser
from dbt.parser.read_files import load_source_file
from dbt.parser.search import FileBlock
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.invocation import get_invocation_id

from dbt_intercom_activate.errors import ArtifactError, Message
from dbt_intercom_activate.project.location import DbtProject
from dbt_intercom_activate.warehouse.connection import Warehouse
from dbt_intercom_activate.warehouse.target import target_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dbt_intercom_activate.configuration.activation import Judged
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.warehouse.target import DbtTarget


class RunningDbt:
    """The dbt command of this process, from the moment when it has parsed until it ends.

    Args:
        manifest: What it has parsed.
    """

    judged: Judged | None = None
    """What was read of `meta` already."""

    def __init__(self, manifest: Any) -> None:
        self._macros = manifest.macros
        self._adapter = next(iter(FACTORY.adapters.values()))
        self._config = self._adapter.config
        self.invocation_id = str(get_invocation_id())

    @property
    def command(self) -> str:
        """Its name: build, run, parse and so on."""
        return str(get_flags().WHICH)

    @property
    def project_name(self) -> str:
        """The root project's name."""
        return str(self._config.project_name)

    @property
    def variables(self) -> Mapping[str, object]:
        """The project's `vars`, with what `--vars` says."""
        return {**self._config.vars.to_dict(), **self._config.cli_vars}

    @property
    def project(self) -> DbtProject:
        """Its options, as our own commands have them."""
        return DbtProject(
            project_dir=Path(self._config.project_root),
            profiles_dir=Path(get_flags().PROFILES_DIR),
            target_path=Path(self._config.project_target_path),
            profile=self._config.profile_name,
            target=self._config.target_name,
            vars=yaml.safe_dump(dict(self._config.cli_vars)) if self._config.cli_vars else None,
        )

    def option(self, name: str) -> Any:
        """One of dbt's global options, such as LOG_FORMAT; None where this version has none of that name."""
        return getattr(get_flags(), name, None)

    @contextmanager
    def unlogged(self) -> Iterator[None]:
        """Keep statements out of dbt's logs, and from programs that listen to its events.

        dbt writes each statement to logs/dbt.log, and those of the ledger hold what Intercom said of a record.
        """
        manager = get_event_manager()
        loggers, callbacks = manager.loggers, manager.callbacks
        manager.loggers, manager.callbacks = [], []
        try:
            yield
        finally:
            manager.loggers, manager.callbacks = loggers, callbacks

    def target(self, project: DbtProject) -> DbtTarget:  # noqa: ARG002 (there is but one)
        """The output of the profile that the command works with."""
        return target_of(self._config, self._config.target_name)

    def parse(self, project: DbtProject) -> dict[str, Any]:
        """Refuse: a second command of dbt cannot run inside this one.

        Raises:
            ArtifactError: Always.
        """
        raise ArtifactError(
            Message(
                "dbt-left-no-artifacts", f"`dbt {self.command}` left no artifacts in {project.target_path}"
            )
        )

    def select(self, project: DbtProject, selection: Selection) -> frozenset[str]:
        """Refuse, as `parse` does.

        Raises:
            ArtifactError: Always.
        """
        raise ArtifactError(
            Message(
                "selection-inside-dbt",
                f"{project.project_dir}: cannot select {selection} inside of `dbt {self.command}`",
            )
        )

    def open(self, project: DbtProject, macro_package: Path) -> Warehouse:  # noqa: ARG002 (there is but one)
        """The command's own adapter, with the macros of `macro_package`."""
        macros = self._with_ours(macro_package)
        return Warehouse(self._adapter, self._config, macros, target_of(self._config, None))

    def _with_ours(self, macro_package: Path) -> Any:
        """dbt's own macros and ours, as `connection.open_warehouse` has them: none of the user's."""
        packages = get_adapter_package_names(self._config.credentials.type)
        of_dbt = {name: macro for name, macro in self._macros.items() if macro.package_name in packages}
        return MacroManifest({**of_dbt, **_parsed(self._config, macro_package)})


def _parsed(config: Any, macro_package: Path) -> Mapping[str, Any]:
    [(name, package)] = config.load_projects([macro_package])
    manifest = Manifest()
    parser = MacroParser(package, manifest)
    for path in parser.get_paths():
        file = load_source_file(path, ParseFileType.Macro, name, {})
        parser.parse_file(FileBlock(file))
    macros: Mapping[str, Any] = manifest.macros
    return macros
