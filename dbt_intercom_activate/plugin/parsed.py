"""What happens when dbt has parsed a project that has `intercom` in its `meta`."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from dbt.exceptions import ParsingError
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note
from dbt_common.utils.encoding import JSONEncoder

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.configuration.activation import Judged, activations_of
from dbt_intercom_activate.configuration.plugin_settings import Validate, read_settings
from dbt_intercom_activate.errors import ArtifactError, ConfigurationError, Message, with_code
from dbt_intercom_activate.plugin.compiled import compile_activations
from dbt_intercom_activate.plugin.finished import keep_results_when_finished, sync_when_finished
from dbt_intercom_activate.project import kept_results
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.warehouse.own_command import running_own_command
from dbt_intercom_activate.warehouse.running import RunningDbt

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.plugin_settings import PluginSettings


_LET_DBT_GO_ON = (
    "Until they are mended, `vars: {intercom_activate: {validate: warn}}` in dbt_project.yml lets dbt go on"
)


def after_parsing(manifest: Any, with_meta: Iterable[Any], path: Path) -> dict[str, Any]:
    """Judge the activations and return them as an artifact; arrange the sync at the end, where one is wished for.

    Args:
        manifest: dbt's own, as parsed.
        with_meta: Its nodes with `intercom` in their `meta`.
        path: Where the artifact goes.

    Raises:
        ParsingError: There are mistakes; it holds all of them.
    """
    dbt = RunningDbt(manifest)
    _arrange_keeping(dbt)
    try:
        settings = read_settings(dbt.variables, dbt.project_name, os.environ)
    except ConfigurationError as error:
        raise ParsingError(str(error)) from None
    activations = _judged(manifest, with_meta, dbt, settings)
    _arrange_sync(dbt, settings)
    if activations is None:
        _forget(path)  # it would tell of another project than the one that dbt has parsed
        return {}
    _hand_over(Judged(dbt.invocation_id, activations), dbt)
    compiled = compile_activations(
        activations,
        invocation_id=dbt.invocation_id,
        dbt_version=str(manifest.metadata.dbt_version),
        generated_at=utc_now(),
        warn=_warn,
    )
    return {str(path): compiled}


def _judged(
    manifest: Any, with_meta: Iterable[Any], dbt: RunningDbt, settings: PluginSettings
) -> tuple[Activation, ...] | None:
    """The activations; None where they have mistakes that are not to end the command, or are not looked at."""
    if settings.validate is Validate.OFF:
        return None
    try:
        return activations_of(manifests.from_dict(_reduced(manifest, with_meta)), dbt.project.project_dir)
    except ConfigurationError as error:
        if settings.validate is Validate.ERROR:
            raise ParsingError(f"{error}\n{_LET_DBT_GO_ON}") from None
        _warn(str(error))
    return None


def _reduced(manifest: Any, with_meta: Iterable[Any]) -> dict[str, Any]:
    """manifest.json with nothing but these nodes: the whole would take seconds to make."""
    document = {
        "metadata": {
            **manifest.metadata.to_dict(omit_none=False),
            "dbt_schema_version": f"/manifest/v{manifests.KNOWN_SCHEMA}.json",
        },
        "nodes": {node.unique_id: node.to_dict(omit_none=False) for node in with_meta},
    }
    reduced: dict[str, Any] = json.loads(json.dumps(document, cls=JSONEncoder))  # as dbt writes it
    return reduced


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _warn(
            Message(
                "file-unwritable",
                f"dbt-intercom-activate: {path} is out of date and cannot be removed: {error.strerror}",
            )
        )


def _hand_over(judged: Judged, dbt: RunningDbt) -> None:
    """Spare the sync after this command from reading the same again, whoever starts it."""
    dbt.judged = judged
    own = running_own_command()
    if own is not None:
        own.judged = judged


def _arrange_keeping(dbt: RunningDbt) -> None:
    """Keep what the last build said, which this command may overwrite, and then what this one says."""

    def keep(**what: Any) -> None:
        try:
            kept_results.keep(dbt.project.target_path, **what)
        except (ArtifactError, OSError) as error:
            _warn(
                Message(
                    "results-not-kept",
                    f"dbt-intercom-activate: what dbt built cannot be kept for the gate: {error}",
                )
            )

    keep()
    # dbt empties this list before each of its commands.
    get_event_manager().add_callback(partial(keep_results_when_finished, dbt, keep))


def _arrange_sync(dbt: RunningDbt, settings: PluginSettings) -> None:
    if dbt.command in {str(command) for command in settings.sync_after} and running_own_command() is None:
        get_event_manager().add_callback(partial(sync_when_finished, dbt))


def _warn(message: str) -> None:
    fire_event(Note(msg=with_code(message)), EventLevel.WARN)
