"""The command line: options in, one call, an exit code out."""

from __future__ import annotations

from dbt_intercom_activate.cli import (
    apply,
    build,
    check,
    commands,
    compact,
    exposures,
    forget,
    history,
    init,
    login,
    report,
    sandbox,
    schema,
    status,
    validate,
)
from dbt_intercom_activate.cli.group import main, run

__all__ = [
    "apply",
    "build",
    "check",
    "commands",
    "compact",
    "exposures",
    "forget",
    "history",
    "init",
    "login",
    "main",
    "report",
    "run",
    "sandbox",
    "schema",
    "status",
    "validate",
]
