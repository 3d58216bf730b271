"""What the last build said, kept aside: dbt writes run_results.json anew in commands that build nothing too.

The plugin keeps it when a command of dbt ends, and before the next one begins. `dbt retry` and `dbt test` continue what
was before them, so what is kept is a chain: a build, and what followed it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.errors import ArtifactError, Message
from dbt_intercom_activate.project import run_results as all_run_results
from dbt_intercom_activate.project.run_results import BUILDS_NOTHING, TRUSTED, merged
from dbt_intercom_activate.project.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dbt_intercom_activate.project.run_results import RunResults

FILE = "intercom_activate_built.json"
"""Below the target path."""

_ARGUMENTS = ("which", "target", "profile", "empty", "sample")
_OF_A_RESULT = ("unique_id", "status", "relation_name", "timing")


def keep(target_path: Path, *, invocation_id: str | None = None, retried: bool = False) -> None:
    """Keep what run_results.json says, if it is of a command that built or tested and is not kept yet.

    Args:
        target_path: Where dbt's artifacts are.
        invocation_id: Only if it is of this invocation of dbt; None for any.
        retried: Whether the command was `dbt retry`, as which dbt does not record it.

    Raises:
        ArtifactError: What is there cannot be read.
        OSError: It cannot be written.
    """
    raw = all_run_results.read_raw(target_path / all_run_results.FILE)
    results = all_run_results.from_dict(raw) if raw is not None else None
    if raw is None or results is None or results.which not in TRUSTED:
        return
    if results.invocation_id is None or invocation_id not in (None, results.invocation_id):
        return
    chain = _read(target_path)
    if results.invocation_id in map(_invocation, chain):
        return
    continues = retried or results.is_retry or results.which == "test"
    if not (continues and chain and all_run_results.from_dict(chain[-1]).target == results.target):
        chain = []
        if retried:
            raw = {**raw, "args": {**raw["args"], "which": "retry"}}
    _write(target_path, [*chain, _reduced(raw)])


def of_last_build(target_path: Path, latest: RunResults) -> RunResults | None:
    """What the last build said, with what followed it; None where nothing is kept that belongs to it.

    Args:
        target_path: Where dbt's artifacts are.
        latest: What run_results.json says.

    Raises:
        ArtifactError: What is kept cannot be read.
    """
    if latest.which not in TRUSTED and latest.which not in BUILDS_NOTHING:
        return None
    chain = _read(target_path)
    if not chain:
        return None
    kept = [all_run_results.from_dict(each) for each in chain]
    if latest.which in BUILDS_NOTHING:
        return merged(kept)
    if latest.invocation_id != kept[-1].invocation_id:
        return None
    return merged([*kept[:-1], replace(latest, is_retry=kept[-1].is_retry)])


def _read(target_path: Path) -> list[Mapping[str, Any]]:
    path = target_path / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        chain: list[Mapping[str, Any]] = list(document["builds"])
        for each in chain:
            all_run_results.from_dict(each)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise ArtifactError(
            Message(
                "artifact-unreadable",
                f"{path}: cannot be read ({error}). Remove it, and run `dbt build` again.",
            )
        ) from error
    return chain


def _write(target_path: Path, chain: list[Mapping[str, Any]]) -> None:
    write_whole(target_path / FILE, json.dumps({"builds": chain}, indent=2) + "\n")


def _invocation(raw: Mapping[str, Any]) -> str | None:
    return all_run_results.from_dict(raw).invocation_id


def _reduced(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the gate reads of run_results.json, in its own form."""
    metadata, args = raw.get("metadata") or {}, raw.get("args") or {}
    return {
        "metadata": {name: metadata.get(name) for name in ("invocation_id", "dbt_version", "generated_at")},
        "args": {name: args[name] for name in _ARGUMENTS if name in args},
        "results": [
            {name: result[name] for name in _OF_A_RESULT if name in result} for result in raw["results"]
        ],
    }
