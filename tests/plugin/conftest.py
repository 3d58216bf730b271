"""Plain dbt, as its own command line is called, with this package installed beside it."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest


@dataclass(frozen=True)
class Ended:
    """How a command of dbt ended."""

    code: int
    out: str
    """What it wrote, on both streams."""


class PlainDbt:
    """dbt in the folder of a project."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.folder: Path = shop.folder

    def __call__(self, *arguments: str, env: dict[str, str] | None = None) -> Ended:
        """Run a command as a person does, in this process."""
        from dbt.cli.main import cli

        out, before = io.StringIO(), Path.cwd()
        os.chdir(self.folder)
        try:
            with (
                mock.patch.dict(os.environ, {**self.shop.environment(), **(env or {})}),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(out),
                pytest.raises(SystemExit) as end,
            ):
                cli(["--no-use-colors", *arguments])
        finally:
            os.chdir(before)
        return Ended(int(end.value.code or 0), out.getvalue())

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the project."""
        file = self.folder / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def set_vars(self, text: str) -> None:
        """Add `vars: {intercom_activate: …}` to dbt_project.yml."""
        file = self.folder / "dbt_project.yml"
        file.write_text(f"{file.read_text()}\nvars:\n  intercom_activate: {text}\n")

    def artifact(self, name: str) -> Path:
        """A file below the target path."""
        return self.folder / "target" / name


@pytest.fixture
def dbt(shop: Any) -> PlainDbt:
    """dbt in a project that was built before and never synced."""
    return PlainDbt(shop)


@pytest.fixture
def project_without_activations(dbt: PlainDbt) -> PlainDbt:
    """dbt in a project that knows nothing of Intercom."""
    (dbt.folder / "models" / "shop.yml").write_text("models: [{name: customers, columns: [{name: email}]}]\n")
    (dbt.folder / "intercom.yml").unlink()
    dbt.artifact("intercom_activate.json").unlink()
    return dbt
