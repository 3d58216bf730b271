"""The output of the user's profile that a command works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PACKAGE = "intercom_activate"
"""The name of this package's macros, and of the variables that they read."""


@dataclass(frozen=True, slots=True)
class DbtTarget:
    """The output of the user's profile that this command works with."""

    name: str
    type: str
    schema: str
    database: str | None
    context: Mapping[str, Any]
    """`target` as Jinja sees it in a dbt project, credentials left out."""
    project_name: str
    default_name: str | None
    """The output that the profile names as its `target`; None where that one cannot be loaded."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """`vars: {intercom_activate: …}` as the macros see it."""


def target_of(config: Any, default_name: str | None) -> DbtTarget:
    """What dbt's configuration says of the output in use."""
    credentials = config.credentials
    return DbtTarget(
        name=config.target_name,
        type=credentials.type,
        schema=credentials.schema,
        database=credentials.database,
        context=config.to_target_dict(),
        project_name=config.project_name,
        default_name=default_name,
        variables=_variables_of_macros(config),
    )


def _variables_of_macros(config: Any) -> Mapping[str, Any]:
    written = {**config.vars.to_dict(), **config.cli_vars}
    own = written.get(config.project_name)
    scoped = own.get(PACKAGE) if isinstance(own, Mapping) else None
    found = config.cli_vars.get(PACKAGE) or scoped or written.get(PACKAGE)
    return found if isinstance(found, Mapping) else {}
