"""What dbt did last, read from its run_results.json.

https://docs.getdbt.com/reference/artifacts/run-results-json
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunResults:
    """The command that wrote the artifact, and the status of each resource that it touched."""

    which: str | None
    """The command: build, run, test, compile and so on."""
    target: str | None
    """The `--target` that was given; None where the profile's default held, and with dbt 2."""
    profile: str | None
    vars: Mapping[str, Any]
    empty: bool
    """Whether `--empty` made relations without rows."""
    sample: bool
    """Whether `--sample` made relations with a part of their rows."""
    invocation_id: str | None
    statuses: Mapping[str, str]
    """Status by unique id, in lower case."""
    relations: Mapping[str, str] = field(default_factory=dict)
    """The relation by unique id, of the resources that have one."""
    dbt_version: str = ""
    tells_sampling: bool = False
    """Whether `empty` and `sample` are among the arguments that the artifact records."""

    @property
    def hides_target(self) -> bool:
        """Whether a `--target` may have been given that the artifact does not tell: dbt 2 records none."""
        return self.target is None and self._leaves_arguments_out

    @property
    def hides_sampling(self) -> bool:
        """Whether the models may hold a part of their rows, which the artifact does not tell: dbt 2 can sample."""
        return not self.tells_sampling and self._leaves_arguments_out

    @property
    def _leaves_arguments_out(self) -> bool:
        return bool(self.dbt_version) and not self.dbt_version.startswith("1.")


def read(path: Path) -> RunResults | None:
    """Read run_results.json; None where there is none.

    Raises:
        ArtifactError: It cannot be read.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: cannot be read ({error}). Run `dbt build` again.") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("results"), list):
        raise ArtifactError(f"{path}: holds no run results of dbt. Run `dbt build` again.")
    return from_dict(raw)


def from_dict(raw: Mapping[str, Any]) -> RunResults:
    """Make a typed view of the decoded artifact."""
    args = _mapping(raw.get("args"))
    results = [_mapping(result) for result in raw.get("results") or ()]
    return RunResults(
        which=_text(args.get("which")),
        target=_text(args.get("target")),
        profile=_text(args.get("profile")),
        vars=_mapping(args.get("vars")),
        empty=bool(args.get("empty")),
        sample=bool(args.get("sample")),
        invocation_id=_text(_mapping(raw.get("metadata")).get("invocation_id")),
        statuses={
            str(result.get("unique_id")): str(result.get("status") or "").lower()
            for result in results
            if result.get("unique_id")
        },
        relations={
            str(result.get("unique_id")): str(result["relation_name"])
            for result in results
            if result.get("relation_name")
        },
        tells_sampling="empty" in args and "sample" in args,
        dbt_version=str(_mapping(raw.get("metadata")).get("dbt_version") or ""),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
