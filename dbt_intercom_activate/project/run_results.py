"""What dbt did last, read from its run_results.json.

https://docs.getdbt.com/reference/artifacts/run-results-json
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.errors import ArtifactError, Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILE = "run_results.json"

TRUSTED = ("build", "run", "seed", "snapshot", "test", "retry")
"""The commands whose run results tell of relations or tests."""

BUILDS_NOTHING = ("compile", "show", "generate", "run-operation")
"""The commands that write run results, and leave relations and tests as they are. `generate` is `dbt docs generate`.
https://docs.getdbt.com/reference/artifacts/run-results-json"""

_AS_TYPED = {"generate": "docs generate"}


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
    built_at: Mapping[str, datetime] = field(default_factory=dict)
    """When each resource was built, by unique id, in UTC without a zone; only of those that were."""
    is_retry: bool = False
    """Whether it is of `dbt retry`, and tells only of what had failed before. dbt records the retried command."""

    @property
    def command(self) -> str | None:
        """The command as one types it; None where the artifact does not tell."""
        if self.is_retry:
            return "dbt retry"
        return None if self.which is None else f"dbt {_AS_TYPED.get(self.which, self.which)}"

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
    raw = read_raw(path)
    return None if raw is None else from_dict(raw)


def read_raw(path: Path) -> Mapping[str, Any] | None:
    """Read run_results.json as dbt wrote it; None where there is none.

    Raises:
        ArtifactError: It cannot be read.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ArtifactError(
            Message("artifact-unreadable", f"{path}: cannot be read ({error}). Run `dbt build` again.")
        ) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("results"), list):
        raise ArtifactError(
            Message("run-results-unknown", f"{path}: holds no run results of dbt. Run `dbt build` again.")
        )
    return raw


def merged(chain: Sequence[RunResults]) -> RunResults:
    """What a build and the commands that continued it say together: of each resource the last word."""
    statuses: dict[str, str] = {}
    relations: dict[str, str] = {}
    built_at: dict[str, datetime] = {}
    for each in chain:
        statuses.update(each.statuses)
        built_at.update(each.built_at)
        relations.update(each.relations)
    return replace(
        chain[-1],
        statuses=statuses,
        relations=relations,
        built_at=built_at,
        empty=any(each.empty for each in chain),
        sample=any(each.sample for each in chain),
        tells_sampling=all(each.tells_sampling for each in chain),
        is_retry=chain[0].is_retry,
    )


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
        built_at={
            str(result.get("unique_id")): moment
            for result in results
            if result.get("relation_name") and (moment := _completed_at(result)) is not None
        },
        tells_sampling="empty" in args and "sample" in args,
        dbt_version=str(_mapping(raw.get("metadata")).get("dbt_version") or ""),
        is_retry=_is_retry(_text(args.get("which")), str(args.get("invocation_command") or "")),
    )


def _completed_at(result: Mapping[str, Any]) -> datetime | None:
    """When dbt had executed a resource that it then called built; dbt 2 may leave the moments out."""
    if str(result.get("status")).lower() not in ("success", "warn"):
        return None
    steps = [_mapping(each) for each in result.get("timing") or ()]
    moment = next((each.get("completed_at") for each in steps if each.get("name") == "execute"), None)
    if not isinstance(moment, str):
        return None
    try:
        # Python 3.10 reads neither `Z` nor nanoseconds.
        return datetime.fromisoformat(moment.removesuffix("Z")[:26])
    except ValueError:
        return None


def _is_retry(which: str | None, invocation_command: str) -> bool:
    """Whether `dbt retry` was typed: `which` is then the command that was retried."""
    words = invocation_command.split()
    return which == "retry" or ("retry" in words and which not in words)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
