"""Whether the warehouse holds what an activation may send: what dbt built, and what its tests said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.readers import listed
from dbt_intercom_activate.errors import ArtifactError, Message
from dbt_intercom_activate.objects.vocabulary import Gate
from dbt_intercom_activate.project.run_results import TRUSTED

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.project.manifest import Manifest, Test
    from dbt_intercom_activate.project.run_results import RunResults

_BUILDING = frozenset(TRUSTED) - {"test"}
# Any other word, dbt's own of a later version included, blocks. `warn` is dbt 2's, of a model that is built and about
# which it has something to say; a test's own `warn` is judged as a test.
# https://github.com/dbt-labs/dbt-core/blob/main/crates/dbt-schemas/src/stats.rs
_BUILT = frozenset({"success", "pass", "no-op", "reused", "warn"})
_MOST_NAMED = 3

NO_RUN_RESULTS = Message(
    "no-run-results",
    "there is no run_results.json, so nothing tells whether models were built and tests passed;"
    " run `dbt build` first to be sure",
)


class GateState(str, Enum):
    """What the gate says."""

    OPEN = "open"
    BLOCKED = "blocked"
    """The data failed: by the model's status or by a test."""
    SKIPPED = "skipped"
    """The last build left the model out."""


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The gate's answer for one activation."""

    kind: GateState
    reason: str | None = None
    """Why it is not open."""


def check_trust(run_results: RunResults | None) -> str | None:
    """Return a warning where there are no run results; None where they can be trusted.

    Raises:
        ArtifactError: Another command of dbt has overwritten what the build said.
    """
    if run_results is None:
        return NO_RUN_RESULTS
    if run_results.which in TRUSTED:
        return None
    command = f"`{run_results.command}`" if run_results.command else "an unknown command"
    raise ArtifactError(
        Message(
            "run-results-overwritten",
            f"run_results.json is of {command}, which does not tell whether models were built and tests passed."
            " Run `dbt build` again, or use `--no-gate`.",
        )
    )


def judge(activation: Activation, manifest: Manifest, run_results: RunResults | None) -> GateVerdict:
    """Say whether an activation may run after what dbt did last."""
    if run_results is None:
        return GateVerdict(GateState.OPEN)
    unique_id = activation.node.unique_id
    status = run_results.statuses.get(unique_id)
    if status is None and run_results.is_retry:
        return GateVerdict(GateState.BLOCKED, _said_before(activation))
    if status is None and run_results.which in _BUILDING:
        reason = Message(
            "not-built-this-time", f"`dbt {run_results.which}` did not build {activation.node.label}"
        )
        return GateVerdict(GateState.SKIPPED, reason)
    for option, given in (("--empty", run_results.empty), ("--sample", run_results.sample)):
        if given:
            return GateVerdict(
                GateState.BLOCKED,
                Message("model-sampled", f"{activation.node.label} was built with `{option}`"),
            )
    if status is not None and status not in _BUILT:
        return GateVerdict(
            GateState.BLOCKED, Message("model-failed", f"{activation.node.label} has the status {status}")
        )
    judged = {unique_id}
    if activation.gate is Gate.PARENTS:
        judged.update(manifest.parents(unique_id))
    return _by_tests(judged, manifest, run_results)


def _said_before(activation: Activation) -> str:
    return Message(
        "retry-untold",
        f"`dbt retry` ran only what had failed, and nothing tells what became of {activation.node.label} before it. "
        "Run `dbt build` again, or use `--no-gate`",
    )


def _by_tests(judged: set[str], manifest: Manifest, run_results: RunResults) -> GateVerdict:
    failed = [
        test.name
        for test in manifest.tests.values()
        if _failed(test, run_results) and judged.intersection(test.concerns)
    ]
    if not failed:
        return GateVerdict(GateState.OPEN)
    named = failed[:_MOST_NAMED]
    if len(failed) > _MOST_NAMED:
        named.append(f"{len(failed) - _MOST_NAMED} more")
    return GateVerdict(GateState.BLOCKED, Message("test-failed", f"failed: {listed(named, last='and')}"))


def _failed(test: Test, run_results: RunResults) -> bool:
    """Whether a test failed with severity error; one that only warns cannot block, not even by an error."""
    status = run_results.statuses.get(test.unique_id)
    return status == "fail" or (status in ("error", "runtime error") and test.severity == "error")
