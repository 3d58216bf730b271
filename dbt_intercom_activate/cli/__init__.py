"""The command line: options in, one call, an exit code out."""

from __future__ import annotations

from dbt_intercom_activate.cli import build, commands, sandbox
from dbt_intercom_activate.cli.group import main, run

__all__ = ["build", "commands", "main", "run", "sandbox"]
