"""Whether a sync could run, and what it would lack, in the manner of `dbt debug`; nothing is made or changed.

Every check is made, whatever another one found. The exit code is the one that `sync` would begin with: 2 for what
stops it before anything is sent, 1 for what fails an activation.
"""

from __future__ import annotations

import os
import platform
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate import __version__
from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.commands.current_activations import current_activations
from dbt_intercom_activate.commands.grants import prove
from dbt_intercom_activate.configuration import workspace as workspaces
from dbt_intercom_activate.configuration.base_url import REGIONS
from dbt_intercom_activate.configuration.consent import takes_back
from dbt_intercom_activate.delivery.needed_scopes import by_scope
from dbt_intercom_activate.documents import document
from dbt_intercom_activate.errors import (
    ActivateError,
    CannotActivate,
    CannotRun,
    ConfigurationError,
    LedgerRefused,
    MistakesFound,
    Stopped,
    TokenRefused,
    VersionRefused,
    WarehouseFailed,
    with_code,
)
from dbt_intercom_activate.intercom.scopes import SCOPES_ARE_INFERRED, ScopeState, probe
from dbt_intercom_activate.ledger.opening import OpenLedger
from dbt_intercom_activate.ledger.ownership import orphans
from dbt_intercom_activate.ledger.tables import Tables
from dbt_intercom_activate.sync.admission import columns_of, ledgers_apart, relation_of
from dbt_intercom_activate.sync.connected_workspace import connect
from dbt_intercom_activate.sync.relation_rows import bind_to_rows
from dbt_intercom_activate.warehouse.access import FromOutside, macro_package
from dbt_intercom_activate.warehouse.dbt_process import dbt_two_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbt_intercom_activate.binding.binding import Binding
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.configuration.workspace import IntercomConfig, WorkspaceSettings
    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.intercom.scopes import Probed, Scope
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.sync.connected_workspace import ConnectedWorkspace
    from dbt_intercom_activate.warehouse.connection import Warehouse
    from dbt_intercom_activate.warehouse.target import DbtTarget

_HUB = "Give it to the app in Intercom's Developer Hub (Configure, Authentication)"


class Verdict(str, Enum):
    """What a check came to."""

    OK = "ok"
    WARN = "warn"
    """Worth a look; a sync would run."""
    SKIP = "skip"
    """Not checked, or not to be proved without changing something."""
    ERROR = "error"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check."""

    section: str
    name: str
    verdict: Verdict
    message: str
    fatal: bool = False
    """Whether a sync could not even begin."""
    workspace: str | None = None
    """The label in intercom.yml, where the check is about a workspace."""
    activations: tuple[str, ...] = ()
    """Those that are concerned."""
    state: ScopeState | None = None
    """Of a scope."""

    def as_json(self) -> dict[str, Any]:
        """As `check --output json` prints it."""
        return {
            "section": self.section,
            "name": self.name,
            "status": str(self.verdict),
            "message": self.message,
            "workspace_name": self.workspace,
            "activations": list(self.activations),
            "state": None if self.state is None else str(self.state),
        }


def exit_code(findings: Sequence[Finding]) -> int:
    """2: a sync could not begin. 1: something is missing. 0: all is well, warnings aside."""
    errors = [each for each in findings if each.verdict is Verdict.ERROR]
    if any(each.fatal for each in errors):
        return 2
    return 1 if errors else 0


def as_document(findings: Sequence[Finding]) -> dict[str, Any]:
    """The JSON document of `check --output json`."""
    contents = {"exit_code": exit_code(findings), "results": [each.as_json() for each in findings]}
    return document(utc_now(), contents)


def check(project: DbtProject, selection: Selection, report: Reporter) -> list[Finding]:
    """Make every check that can be made, and tell of each as it is made."""
    checks = _Checks(project, report)
    with ExitStack() as stack:
        checks.make(selection, stack)
    report.info(_last_line(checks.findings), event="check.finished", exit_code=exit_code(checks.findings))
    return checks.findings


def _last_line(findings: Sequence[Finding]) -> str:
    errors = sum(each.verdict is Verdict.ERROR for each in findings)
    warnings = sum(each.verdict is Verdict.WARN for each in findings)
    told = f"{warnings} warning{'s' if warnings > 1 else ''}. " if warnings else ""
    return told + (f"{errors} check{'s' if errors > 1 else ''} failed" if errors else "All checks passed!")


class _Checks:
    """The checks of one project, in their order."""

    def __init__(self, project: DbtProject, report: Reporter) -> None:
        self._project = project
        self._dbt = FromOutside()
        self._names: frozenset[str] | None = None
        self._report = report
        self._section = ""
        self.findings: list[Finding] = []

    def make(self, selection: Selection, stack: ExitStack) -> None:
        """Every check; what could not be had is skipped further down."""
        self._versions()
        target = self._profile()
        if target is None:
            return
        activations = self._activations(selection)
        config = self._config(target)
        warehouse = self._warehouse(target, stack)
        if warehouse is not None and config is not None:
            self._ledger(warehouse, config)
        if config is not None:
            connected = self._workspaces(config, activations)
            self._fields(config, activations, connected, warehouse)

    def _begin(self, section: str, heading: str) -> None:
        self._section = section
        self._report.info(f"{heading}:", event="check.section", section=section)

    def _note(self, name: str, verdict: Verdict, message: str, **more: Any) -> None:
        finding = Finding(self._section, name, verdict, message, **more)
        self.findings.append(finding)
        self._report.checked(name, verdict.name, with_code(message), finding.as_json())

    def _ok(self, name: str, message: str, **more: Any) -> None:
        self._note(name, Verdict.OK, message, **more)

    def _failed(self, name: str, error: ActivateError, **more: Any) -> None:
        """Note an error; one of several mistakes as so many findings."""
        fatal = isinstance(error, CannotRun | TokenRefused)
        mistakes = error.mistakes if isinstance(error, ConfigurationError | MistakesFound) else [error]
        for mistake in mistakes:
            self._note(name, Verdict.ERROR, str(mistake), fatal=fatal, **more)

    def _versions(self) -> None:
        self._begin("versions", "Versions")
        self._ok("dbt-intercom-activate", __version__)
        self._ok("dbt-core", _installed("dbt-core"))
        self._ok("python", platform.python_version())
        found, said = dbt_two_of(self._project)
        if said is not None:
            self._note("dbt 2", Verdict.OK if found else Verdict.WARN, said)

    def _profile(self) -> DbtTarget | None:
        self._begin("project", "Project")
        self._ok("dbt_project.yml", f"found in {self._project.project_dir}")
        try:
            target = self._dbt.target(self._project)
        except CannotRun as error:
            self._failed("profiles.yml", error)
            return None
        self._ok("profiles.yml", f"found and valid in {self._project.profiles_dir}, target {target.name!r}")
        self._ok("adapter", f"dbt-{target.type} {_installed(f'dbt-{target.type}')}")
        return target

    def _activations(self, selection: Selection) -> tuple[Activation, ...]:
        try:
            activations = current_activations(
                self._project, selection, self._dbt, lambda said: self._note("selection", Verdict.WARN, said)
            )
        except ActivateError as error:
            self._failed("activations", error)
            return ()
        enabled = tuple(each for each in activations if each.enabled)
        if not selection:
            self._names = frozenset(name for each in activations for name in (each.name, *each.was))
        verdict = Verdict.OK if enabled else Verdict.WARN
        disabled = len(activations) - len(enabled)
        message = f"{len(enabled)} found" + (f", and {disabled} disabled" if disabled else "")
        self._note("activations", verdict, message, activations=tuple(each.name for each in enabled))
        return enabled

    def _config(self, target: DbtTarget) -> IntercomConfig | None:
        directory = self._project.project_dir
        try:
            config = workspaces.read(directory, target=target.context, env=os.environ)
        except CannotRun as error:
            self._failed("intercom.yml", error)
            return None
        there = (directory / "intercom.yml").is_file()
        message = "found" if there else "none: the workspace is what INTERCOM_ACCESS_TOKEN opens"
        self._ok("intercom.yml", message)
        apart = ledgers_apart(config.ledger, target)
        if apart:
            self._note("ledger", Verdict.WARN, apart)
        self._alerts(config)
        return config

    def _alerts(self, config: IntercomConfig) -> None:
        """A sync would run, and say nothing: so this is no error."""
        try:
            alerts = config.alerts()
        except CannotRun as error:
            self._note("alerts", Verdict.WARN, str(error))
            return
        if alerts is not None:
            self._ok("alerts", f"set, as {alerts.form.value}; nothing was sent")

    def _warehouse(self, target: DbtTarget, stack: ExitStack) -> Warehouse | None:
        self._begin("warehouse", "Warehouse")
        self._ok("type", target.type)
        self._ok("database", target.database or "the adapter's default")
        self._ok("schema", target.schema)
        try:
            warehouse = self._dbt.open(self._project, macro_package())
            stack.enter_context(warehouse.connected())
        except CannotRun as error:
            self._failed("Connection test", error)
            return None
        self._ok("Connection test", "connection ok")
        return warehouse

    def _ledger(self, warehouse: Warehouse, config: IntercomConfig) -> None:
        self._begin("ledger", "Ledger")
        try:
            proofs = prove(warehouse, config.ledger)
        except WarehouseFailed as error:
            self._failed("ledger schema", error)
            return
        for proof in proofs:
            verdict = {True: Verdict.OK, False: Verdict.ERROR, None: Verdict.SKIP}[proof.proved]
            self._note(proof.name, verdict, proof.message)
        tables = Tables(warehouse, schema=config.ledger.schema, database=config.ledger.database)
        try:
            standing = tables.standing()
            standing.refuse()
            ledger = OpenLedger(warehouse, tables, standing)
            ledger.refuse_in_memory()
        except (LedgerRefused, WarehouseFailed) as error:
            self._failed("ledger version", error)
        else:
            verdict = Verdict.WARN if standing.grows else Verdict.OK
            self._note("ledger version", verdict, str(standing))
            self._orphans(ledger)

    def _orphans(self, ledger: OpenLedger) -> None:
        """What activations delivered that are not in the project; unknown where not all were chosen."""
        try:
            found = [] if self._names is None else orphans(ledger, self._names)
        except WarehouseFailed as error:
            self._failed("owners", error)
            return
        for each in found:
            self._note("owners", Verdict.WARN, str(each))

    def _workspaces(
        self, config: IntercomConfig, activations: Sequence[Activation]
    ) -> dict[str, ConnectedWorkspace]:
        """Every workspace in use; without any activation, the default one."""
        names = sorted({each.workspace or config.default for each in activations}) or [config.default]
        connected = {}
        for name in names:
            users = [each for each in activations if (each.workspace or config.default) == name]
            workspace = self._workspace(config, name, users)
            if workspace is not None:
                connected[name] = workspace
                self._scopes(workspace, users)
        return connected

    def _workspace(
        self, config: IntercomConfig, name: str, users: Sequence[Activation]
    ) -> ConnectedWorkspace | None:
        self._begin("workspace", f"Workspace {name}")
        used = {"workspace": name, "activations": tuple(each.name for each in users)}
        try:
            workspace = config.workspace(name)
        except ConfigurationError as error:
            self._failed("settings", error, **used)
            return None
        because = " as INTERCOM_BASE_URL says" if workspace.redirected else ""
        self._ok("address", f"{workspace.base_url}{because}", workspace=name)
        try:
            connected = connect(workspace)
        except VersionRefused as error:
            self._failed("API version", error, **used)
            return None
        except ActivateError as error:
            self._failed("token" if isinstance(error, TokenRefused) else "connection", error, **used)
            return None
        self._identity(connected)
        return connected

    def _identity(self, connected: ConnectedWorkspace) -> None:
        settings, account = connected.settings, connected.account
        label = {"workspace": settings.name}
        self._ok(
            "token",
            f"accepted by {account.name or 'a workspace without a name'}, id {account.id_code}",
            **label,
        )
        conflict = region_conflict(settings, account.region)
        if conflict is None:
            self._ok("region", account.region or "not told", **label)
        else:
            self._note("region", Verdict.WARN, conflict, **label)
        self._ok("API version", f"{settings.api_version} accepted", **label)
        self._ok("rate limit", _rate_limit(connected), **label)

    def _scopes(self, workspace: ConnectedWorkspace, users: Sequence[Activation]) -> None:
        self._begin("scopes", f"Scopes of the token of {workspace.name} ({SCOPES_ARE_INFERRED})")
        for scope, names in by_scope(users):
            try:
                probed = probe(workspace.client, scope)
            except (Stopped, CannotRun) as error:
                self._failed(scope.name, error, workspace=workspace.name, activations=names)
                return
            self._scope(workspace.name, scope, probed, names)

    def _scope(self, workspace: str, scope: Scope, probed: Probed, names: tuple[str, ...]) -> None:
        needed = f"needed by {', '.join(names)}"
        more: dict[str, Any] = {"workspace": workspace, "activations": names, "state": probed.state}
        if probed.state is ScopeState.GRANTED:
            self._ok(scope.name, f"granted, {needed}", **more)
        elif probed.state is ScopeState.MISSING:
            other = f", or `{scope.instead}`" if scope.instead else ""
            self._note(scope.name, Verdict.ERROR, f"missing, {needed}. {_HUB}{other}", **more)
        else:
            self._note(scope.name, Verdict.WARN, f"unknown, {needed}: {probed.reason}", **more)

    def _fields(
        self,
        config: IntercomConfig,
        activations: Sequence[Activation],
        connected: dict[str, ConnectedWorkspace],
        warehouse: Warehouse | None,
    ) -> None:
        self._begin("fields", "Fields, against the columns of each model and the attributes of Intercom")
        for activation in activations:
            name = activation.workspace or config.default
            about = {"workspace": name, "activations": (activation.name,)}
            for advised in activation.advice:
                self._note(activation.name, Verdict.WARN, advised, **about)
            if warehouse is None or name not in connected:
                missing = "the warehouse" if warehouse is None else f"workspace {name}"
                self._note(activation.name, Verdict.SKIP, f"not checked without {missing}", **about)
                continue
            try:
                binding = self._bind(activation, connected[name], warehouse, about)
            except (CannotActivate, Stopped) as error:
                self._failed(activation.name, error, **about)
                continue
            self._ok(activation.name, _fits(binding), **about)
            for message in takes_back(activation):
                self._note(activation.name, Verdict.WARN, message, **about)

    def _bind(
        self,
        activation: Activation,
        workspace: ConnectedWorkspace,
        warehouse: Warehouse,
        about: dict[str, Any],
    ) -> Binding:
        relation = relation_of(activation)
        columns = columns_of(activation, warehouse)
        attributes = workspace.attributes(
            activation.object.attribute_model,
            lambda message: self._note(activation.name, Verdict.WARN, message, **about),
        )
        admin_id = workspace.settings.admin_id
        binding, _ = bind_to_rows(activation, relation, columns, attributes, warehouse, admin_id=admin_id)
        return binding


def region_conflict(settings: WorkspaceSettings, told: str | None) -> str | None:
    """Why requests go to another region than the workspace's own; None where they do not, or nobody knows."""
    own = (told or "").lower()
    asked = next((region for region, url in REGIONS.items() if url == settings.base_url), None)
    if asked is None or own not in REGIONS or own == asked:
        return None
    return (
        f"Intercom says {own.upper()}, and requests go to {settings.base_url}: "
        f"set `region: {own}`, or use the token of a workspace in {asked.upper()}"
    )


def _rate_limit(connected: ConnectedWorkspace) -> str:
    told = connected.client.rate_limit
    limit = "none told" if told is None else f"{told.limit:,} calls in 10 seconds"
    own = connected.settings.requests_per_minute
    return limit if own is None else f"{limit}; `requests_per_minute` holds it to {own:,} a minute"


def _fits(binding: Binding) -> str:
    made = ", ".join(f"{each.name} ({each.data_type})" for each in binding.missing)
    return f"{len(binding.fields) + len(binding.constants)} fields fit" + (
        f"; the first sync makes {made}" if made else ""
    )


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "installed under another name"
