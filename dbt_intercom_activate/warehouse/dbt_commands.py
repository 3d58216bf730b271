"""dbt's own commands, in process: parse, ls, build and run.

https://docs.getdbt.com/reference/programmatic-invocations
"""

from __future__ import annotations

import contextlib
import io
import json
from typing import TYPE_CHECKING, Any

from dbt.cli.main import dbtRunner
from dbt_common.utils.encoding import JSONEncoder

from dbt_intercom_activate.errors import ArtifactError, Message
from dbt_intercom_activate.warehouse.own_command import own_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbt_intercom_activate.configuration.activation import Judged
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.project.location import DbtProject

_QUIET = ("--log-level", "none", "--log-level-file", "none", "--no-write-json")
_CARRIERS = ("model", "seed", "snapshot")


def parse_project(project: DbtProject) -> dict[str, Any]:
    """Parse the project for its target, as manifest.json would have it; nothing is written.

    Raises:
        ArtifactError: The project does not parse.
    """
    result = _invoke_quietly(["parse", *project.dbt_arguments()])
    if not result.success:
        raise ArtifactError(
            Message("project-unparsable", f"dbt could not parse the project: {_reason(result)}")
        )
    document = result.result.writable_manifest().to_dict(omit_none=False)
    manifest: dict[str, Any] = json.loads(json.dumps(document, cls=JSONEncoder))  # as dbt writes it
    return manifest


def select_nodes(project: DbtProject, selection: Selection) -> frozenset[str]:
    """The unique ids of the models, seeds and snapshots that dbt selects.

    Raises:
        ArtifactError: dbt refuses the selection.
    """
    arguments = ["ls", *project.dbt_arguments(), "--output", "json", "--output-keys", "unique_id"]
    for carrier in _CARRIERS:
        arguments += ["--resource-type", carrier]
    for option, values in (("--select", selection.select), ("--exclude", selection.exclude)):
        for value in values:
            arguments += [option, value]
    if selection.selector:
        arguments += ["--selector", selection.selector]
    if selection.state:
        arguments += ["--state", selection.state]
    result = _invoke_quietly(arguments)
    if not result.success:
        raise ArtifactError(Message("selection-refused", f"dbt could not select: {_reason(result)}"))
    return frozenset(json.loads(line)["unique_id"] for line in result.result or [])


def invoke(arguments: Sequence[str]) -> tuple[int, Judged | None]:
    """Run a dbt command as the user would, with dbt's own output.

    Returns:
        dbt's exit code, and the activations where the plugin has read them.
    """
    with own_command() as own:
        result = dbtRunner().invoke(list(arguments))
    _reraise_exit(result)
    if result.success:
        return 0, own.judged
    return (1 if result.exception is None else 2), own.judged


def _invoke_quietly(arguments: Sequence[str]) -> Any:
    # dbt 1.8 prints the list of `ls` whatever the log level.
    with contextlib.redirect_stdout(io.StringIO()):
        result = dbtRunner().invoke([*_QUIET, *arguments])
    _reraise_exit(result)
    return result


def _reraise_exit(result: Any) -> None:
    """dbtRunner turns Ctrl-C into a result; it is not dbt's to swallow."""
    if isinstance(result.exception, KeyboardInterrupt):
        raise result.exception


def _reason(result: Any) -> str:
    return " ".join(str(result.exception or "see dbt's own output").split())
