"""The lock of a project on one machine: held, named, and free again however the run ends."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dbt_intercom_activate.errors import AlreadyRunning, ArtifactError
from dbt_intercom_activate.ledger.journal import FOLDER
from dbt_intercom_activate.ledger.machine_lock import one_run_on_this_machine

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Project:
    target_path: Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "target")


@pytest.fixture
def holder(project: Project) -> Path:
    return project.target_path / FOLDER / "holder.json"


def test_whoever_holds_it_is_named(project, holder):
    with one_run_on_this_machine(project):
        said = json.loads(holder.read_text())
        assert (said["host"], said["pid"]) == (socket.gethostname(), os.getpid())
        named = f"host {said['host']}, process {said['pid']}, since {said['since']} UTC"
        with pytest.raises(AlreadyRunning, match=named), one_run_on_this_machine(project):
            raise AssertionError
        assert json.loads(holder.read_text()) == said, "who is refused does not name itself"


@pytest.mark.parametrize(
    "raised", [None, ZeroDivisionError, KeyboardInterrupt], ids=["well", "a bug", "Ctrl-C"]
)
def test_it_is_free_again_however_the_run_ends(project, holder, raised):
    try:
        with one_run_on_this_machine(project):
            if raised:
                raise raised
    except (ZeroDivisionError, KeyboardInterrupt):
        pass
    assert not holder.exists()
    with one_run_on_this_machine(project):
        assert holder.exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"host": "a"}'])
def test_a_holder_that_cannot_be_read_is_refused_too(project, holder, damage):
    with one_run_on_this_machine(project):
        holder.write_text(damage)
        with (
            pytest.raises(AlreadyRunning, match="one that has not yet said which"),
            one_run_on_this_machine(project),
        ):
            raise AssertionError


def test_a_lock_whose_holder_cannot_be_written_is_not_kept(project, holder):
    holder.mkdir(parents=True)
    with pytest.raises(ArtifactError, match="cannot be written"), one_run_on_this_machine(project):
        raise AssertionError
    holder.rmdir()
    with one_run_on_this_machine(project):
        pass
