"""The file of a kept plan: which plan of the warehouse it is, and what must not have changed when it is applied.

It holds no value and no key of a record, and a sum over itself, so that one that was cut or edited is told apart.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate import __version__
from dbt_intercom_activate.clock import as_text, from_text
from dbt_intercom_activate.errors import Message, PlanRefused
from dbt_intercom_activate.project.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MODE = 0o600
"""It says how much there is to send, and to whom: that is nobody else's business."""

_SUM = "sum"


@dataclass(frozen=True, slots=True)
class PlannedActivation:
    """One activation of a kept plan."""

    activation: str
    number: int
    """Of its stage, from 1."""
    workspace: str
    """Intercom's own id."""
    workspace_name: str
    mapping: str
    """A hash of what decides what Intercom gets of a row."""
    configuration: str
    """A hash of all else that is written about the activation and its workspace; the token is no part of it."""
    ledger: str
    """A hash that tells which row of the activation was the newest in the ledger."""
    counts: Mapping[str, int]
    """As `plan` shows them."""
    staged: str
    """A hash of how many records of each class are in the stage."""
    removals: bool
    """Whether there are records to be removed."""
    held_because: str | None = None
    """Why removals are held."""
    equal: int = 0
    """How many records Intercom had already as they would be sent."""
    forecast: Mapping[str, Any] | None = None
    """What it will cost, where that was foreseen."""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A kept plan."""

    plan: str
    """Its id, a UUID."""
    version: str
    """Of the program that made it."""
    project: str
    target: str
    planned_at: datetime
    """By the warehouse's clock, in UTC without a zone."""
    gate: bool
    """Whether dbt's results decide what may be sent."""
    activations: tuple[PlannedActivation, ...]

    def write(self, path: Path) -> None:
        """Write it, whole or not at all, for nobody else to read.

        Raises:
            PlanRefused: It could not be written; there is no new file.
        """
        contents = {**asdict(self), "planned_at": as_text(self.planned_at)}
        text = json.dumps({**contents, _SUM: sum_of(contents)}, indent=2) + "\n"
        try:
            write_whole(path, text, MODE)
        except OSError as error:
            raise PlanRefused(
                Message("plan-unwritable", f"{path} could not be written: {error.strerror}. No plan was kept")
            ) from None


def sum_of(contents: Mapping[str, Any]) -> str:
    """The sum over all that a plan file says."""
    return hash_of({name: value for name, value in contents.items() if name != _SUM})


def hash_of(words: object) -> str:
    """A hash of what JSON can say."""
    text = json.dumps(words, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_plan(path: Path) -> PlanFile:
    """Read a plan file.

    Raises:
        PlanRefused: It is not there, or not as it was written.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PlanRefused(
            Message("plan-unreadable", f"the plan {path} cannot be read: {error.strerror}. Nothing was sent")
        ) from None
    except UnicodeDecodeError:
        raise _not_as_written(path) from None
    try:
        contents = json.loads(text)
    except (ValueError, RecursionError):
        raise _not_as_written(path) from None
    if not isinstance(contents, dict) or contents.get(_SUM) != sum_of(contents):
        raise _not_as_written(path)
    if contents.get("version") != __version__:
        raise PlanRefused(
            Message(
                "plan-of-another-version",
                f"the plan {path} was made by dbt-intercom-activate {contents.get('version')}, and this is "
                f"{__version__}. Plan again; nothing was sent",
            )
        )
    return _plan(contents, path)


def _not_as_written(path: Path) -> PlanRefused:
    return PlanRefused(
        Message(
            "plan-edited",
            f"the plan {path} is not as `plan --out` wrote it: it was cut, or edited. Plan again; nothing was sent",
        )
    )


def _plan(contents: Mapping[str, Any], path: Path) -> PlanFile:
    """The plan that a file with the right sum holds; a sum can be made for anything."""
    names = {each.name for each in fields(PlannedActivation)}
    try:
        planned = tuple(
            PlannedActivation(**{name: each[name] for name in names}) for each in contents["activations"]
        )
        return PlanFile(
            plan=str(uuid.UUID(contents["plan"])),
            version=contents["version"],
            project=contents["project"],
            target=contents["target"],
            planned_at=from_text(contents["planned_at"]),
            gate=bool(contents["gate"]),
            activations=planned,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _not_as_written(path) from None
