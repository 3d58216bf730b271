"""Whether an activation may run now: enabled, its gate open, its workspace there, its mapping right."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.binding import Binding
from dbt_intercom_activate.configuration import workspace as workspaces
from dbt_intercom_activate.configuration.workspace import LedgerPlace
from dbt_intercom_activate.errors import (
    CannotActivate,
    ConfigurationError,
    IntercomDown,
    Interrupted,
    Message,
    NotThere,
    Unreachable,
)
from dbt_intercom_activate.outcomes.results import ActivationResult, Status
from dbt_intercom_activate.sync import gate
from dbt_intercom_activate.sync.connected_workspace import ConnectedWorkspace, connect
from dbt_intercom_activate.sync.relation_rows import bind_to_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbt_intercom_activate.binding.column import RelationColumn
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.workspace import IntercomConfig
    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.errors import Mistake
    from dbt_intercom_activate.ledger.kept_stage import KeptStage
    from dbt_intercom_activate.sync.preparation import Prepared
    from dbt_intercom_activate.sync.session import Stop
    from dbt_intercom_activate.warehouse.connection import Warehouse
    from dbt_intercom_activate.warehouse.target import DbtTarget


@dataclass(frozen=True, slots=True)
class Job:
    """An activation that may run."""

    binding: Binding
    workspace: ConnectedWorkspace
    relation: str
    """What stands after `from` to read its rows."""
    kept: KeptStage | None = None
    """What a plan kept, which is sent in place of them."""


@dataclass(frozen=True, slots=True)
class NotRun:
    """An activation that may not, and why."""

    status: Status
    message: str
    workspace: ConnectedWorkspace | None = None

    def as_result(self, activation: Activation, default_workspace: str | None) -> ActivationResult:
        """The result of an activation that was not let in."""
        workspace = self.workspace
        return ActivationResult(
            activation=activation.name,
            unique_id=activation.node.unique_id,
            object=activation.object.name,
            behaviour=str(activation.behaviour),
            workspace=workspace.id if workspace else None,
            workspace_name=workspace.name if workspace else activation.workspace or default_workspace,
            status=self.status,
            message=self.message,
        )


class Admission:
    """Judges activations one by one, and asks each workspace once who it is.

    Raises:
        ArtifactError: dbt's results do not say whether the models are well.
        ConfigurationError: intercom.yml has mistakes.
        TokenRefused: When asked; before anything was sent.
    """

    def __init__(
        self, prepared: Prepared, report: Reporter, *, gated: bool, stop: Stop | None = None
    ) -> None:
        self._prepared = prepared
        self._report = report
        self._gated = gated
        self._stop = stop
        self._connected: dict[str, ConnectedWorkspace | CannotActivate | IntercomDown] = {}
        self.config: IntercomConfig = workspaces.read(
            prepared.project.project_dir, target=prepared.target.context, env=os.environ
        )
        apart = ledgers_apart(self.config.ledger, prepared.target)
        if apart:
            report.warning(apart)
        for each in prepared.activations:
            for advised in each.advice if each.enabled else ():
                report.warning(advised)
        if gated:
            warning = prepared.artifacts.warning or gate.check_trust(prepared.artifacts.run_results)
            if warning:
                report.warning(warning)
            if prepared.artifacts.note:
                report.info(prepared.artifacts.note, event="results.kept")
        self._check_configuration()

    def __call__(self, activation: Activation, warehouse: Warehouse) -> Job | NotRun:
        """Judge one activation, its relation and its workspace included; nothing is written."""
        shut = self._shut(activation)
        if shut is not None:
            return shut
        workspace = None
        try:
            workspace = self._workspace(activation)
            binding, rows = self._bind(activation, workspace, warehouse)
            return Job(binding, workspace, rows)
        except Interrupted as error:
            return NotRun(Status.DEFERRED, self._stop.reason if self._stop else str(error), workspace)
        except IntercomDown as error:
            return NotRun(Status.DEFERRED, str(error), workspace)
        except CannotActivate as error:
            return NotRun(Status.ERROR, str(error), workspace)

    def _shut(self, activation: Activation) -> NotRun | None:
        if not activation.enabled:
            return NotRun(Status.SKIPPED, Message("disabled", "disabled: `enabled: false`"))
        if not self._gated:
            return None
        artifacts = self._prepared.artifacts
        verdict = gate.judge(activation, artifacts.manifest, artifacts.run_results)
        if verdict.kind is gate.GateState.OPEN:
            return None
        status = Status.BLOCKED if verdict.kind is gate.GateState.BLOCKED else Status.SKIPPED
        return NotRun(status, verdict.reason or "")

    def _check_configuration(self) -> None:
        """Render every workspace in use before anything is asked of anybody, so that all mistakes are known at once."""
        runnable = [each for each in self._prepared.activations if self._shut(each) is None]
        unknown = [each for each in runnable if self._name(each) not in self.config.names]
        if unknown:
            raise ConfigurationError([_no_workspace(each, self.config.names) for each in unknown])
        for name in sorted({self._name(each) for each in runnable}):
            workspace = self.config.workspace(name)
            if workspace.redirected:
                self._report.info(
                    f"INTERCOM_BASE_URL sends workspace {name!r} to {workspace.base_url}",
                    event="workspace.redirected",
                )

    def _name(self, activation: Activation) -> str:
        return activation.workspace or self.config.default

    def _workspace(self, activation: Activation) -> ConnectedWorkspace:
        name = self._name(activation)
        if name not in self._connected:
            try:
                self._connected[name] = connect(
                    self.config.workspace(name), self._stop.on_set if self._stop is not None else None
                )
            except Unreachable as error:
                self._connected[name] = IntercomDown(error.message)
            except (CannotActivate, IntercomDown) as error:
                self._connected[name] = error
        connected = self._connected[name]
        if isinstance(connected, Exception):
            raise connected
        return connected

    def _bind(
        self, activation: Activation, workspace: ConnectedWorkspace, warehouse: Warehouse
    ) -> tuple[Binding, str]:
        relation = relation_of(activation)
        columns = columns_of(activation, warehouse)
        attributes = workspace.attributes(activation.object.attribute_model, self._report.warning)
        admin_id = workspace.settings.admin_id
        return bind_to_rows(activation, relation, columns, attributes, warehouse, admin_id=admin_id)


def _no_workspace(activation: Activation, names: Sequence[str]) -> Mistake:
    return activation.mistake(
        "workspace",
        expected=f"a workspace of intercom.yml ({', '.join(names)})",
        found=repr(activation.workspace),
        todo="Correct the name, or add the workspace to intercom.yml",
    )


def ledgers_apart(ledger: LedgerPlace, target: DbtTarget) -> str | None:
    """Why macros and commands do not use the same ledger; None where they do."""
    told = target.variables
    schema = told.get("ledger_schema") or LedgerPlace().schema
    database = told.get("ledger_database") or target.database
    if (schema, database) == (ledger.schema, ledger.database or target.database):
        return None
    return Message(
        "ledger-place-differs",
        f"the ledger is in {ledger.schema} as `ledger` of intercom.yml says, and macros look for it in {schema} as "
        "`vars: {intercom_activate: {ledger_schema, ledger_database}}` of dbt_project.yml says: write the same in both",
    )


def columns_of(activation: Activation, warehouse: Warehouse) -> tuple[RelationColumn, ...]:
    """The columns of the activation's relation.

    Raises:
        CannotActivate: dbt gives it no relation, or has not built it yet.
        WarehouseFailed: It may not be read.
    """
    relation = relation_of(activation)
    try:
        return warehouse.columns_of(relation)
    except NotThere:
        if warehouse.is_in_memory():
            raise NotThere(
                Message(
                    "relation-in-memory",
                    f"{relation} is gone: the database is in memory, and what `dbt build` made went with its process. "
                    "Give the profile a `path`",
                )
            ) from None
        raise NotThere(Message("not-built", f"{relation} is not built yet: run `dbt build`")) from None


def relation_of(activation: Activation) -> str:
    """The relation of the activation's model, quoted as dbt quotes it.

    Raises:
        CannotActivate: dbt gives it none.
    """
    if activation.node.relation_name is None:
        raise CannotActivate(
            Message("no-relation", f"{activation.node.label} has no relation in the warehouse")
        )
    return activation.node.relation_name
