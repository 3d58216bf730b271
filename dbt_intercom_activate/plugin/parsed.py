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
from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.errors import ConfigurationError
from dbt_intercom_activate.plugin.compiled import compile_activations
from dbt_intercom_activate.plugin.finished import sync_when_finished
from dbt_intercom_activate.plugin.settings import Validate, read_settings
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.warehouse.own_command import is_own_command
from dbt_intercom_activate.warehouse.running import RunningDbt

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.plugin.settings import PluginSettings


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
    try:
        settings = read_settings(dbt.variables, dbt.project_name, os.environ)
    except ConfigurationError as error:
        raise ParsingError(str(error)) from None
    activations = _judged(manifest, with_meta, dbt, settings)
    _arrange_sync(dbt, settings)
    if activations is None:
        path.unlink(missing_ok=True)  # it would tell of another project than the one that dbt has parsed
        return {}
    compiled = compile_activations(
        activations,
        invocation_id=dbt.invocation_id,
        dbt_version=str(manifest.metadata.dbt_version),
        generated_at=utc_now(),
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
            raise ParsingError(str(error)) from None
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


def _arrange_sync(dbt: RunningDbt, settings: PluginSettings) -> None:
    if dbt.command in {str(command) for command in settings.sync_after} and not is_own_command():
        # dbt empties this list before each of its commands.
        get_event_manager().add_callback(partial(sync_when_finished, dbt))


def _warn(message: str) -> None:
    fire_event(Note(msg=message), EventLevel.WARN)
