"""The command line: options in, one call, an exit code out."""

from __future__ import annotations

from dbt_intercom_activate.cli import (
    apply,
    build,
    check,
    commands,
    compact,
    forget,
    init,
    login,
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
    "forget",
    "init",
    "login",
    "main",
    "run",
    "sandbox",
    "schema",
    "status",
    "validate",
]
