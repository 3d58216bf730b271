"""The whole of `sync` on one screen: who is called, in which order.

::

    manifest ─► Activation ─► plan ─► records ─► Intercom requests ─► outcomes ─► ledger, results
     (meta)      (checked)    (SQL)   (a page)    (paced, concurrent)
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.clock import utc_now
from dbt_intercom_activate.errors import CannotActivate, Message, WarehouseFailed
from dbt_intercom_activate.ledger.machine_lock import one_run_on_this_machine
from dbt_intercom_activate.ledger.opening import open_ledger
from dbt_intercom_activate.ledger.outcomes import RUNS_AT_ONCE, run_row
from dbt_intercom_activate.ledger.ownership import known_activations, orphans
from dbt_intercom_activate.ledger.remembered import recall, remember
from dbt_intercom_activate.outcomes.results import ARTIFACT, ActivationResult, RunResult, Status
from dbt_intercom_activate.project.whole_file import write_whole
from dbt_intercom_activate.sync.activate import Activated, activate
from dbt_intercom_activate.sync.admission import Admission, Job, NotRun
from dbt_intercom_activate.sync.alarm import Alarm
from dbt_intercom_activate.sync.beginning import begun, session_of
from dbt_intercom_activate.sync.occasion import Occasion
from dbt_intercom_activate.sync.preparation import Prepared, prepare
from dbt_intercom_activate.sync.reconcile import Reconciliation, reconcile
from dbt_intercom_activate.sync.removals.doubt import doubt_about
from dbt_intercom_activate.sync.removals.removing import remove
from dbt_intercom_activate.sync.session import Session, Stop, SyncOptions
from dbt_intercom_activate.sync.states import state_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.configuration.selection import Selection
    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.ledger.opening import OpenLedger
    from dbt_intercom_activate.project.location import DbtProject
    from dbt_intercom_activate.warehouse.access import DbtAccess


def sync(
    project: DbtProject,
    selection: Selection,
    options: SyncOptions,
    report: Reporter,
    stop: Stop,
    dbt: DbtAccess | None = None,
    occasion: Occasion | None = None,
) -> RunResult:
    """Make Intercom agree with the selected models, and write the artifact.

    Args:
        dbt: The way to dbt; from outside of any dbt command unless another is given.
        occasion: What the run is made for; the models as they are now unless another is given.

    Raises:
        CannotRun: It could not begin; nothing was sent.
        TokenRefused: At the start; nothing was sent.
    """
    began, run_id, alarm = time.monotonic(), str(uuid.uuid4()), Alarm(report)
    occasion = occasion or Occasion()
    with one_run_on_this_machine(project), _bounded(options.max_time, stop):
        prepared = occasion.narrow(prepare(project, selection, dbt, report.warning))
        results, reconciled = (
            _run(prepared, options, report, stop, run_id, occasion, alarm)
            if prepared.activations
            else ([], [])
        )
    result = RunResult(
        run_id=run_id,
        generated_at=utc_now(),
        dbt_invocation_id=prepared.artifacts.manifest.invocation_id,
        elapsed=time.monotonic() - began,
        results=tuple(results),
        reconciliation=tuple(each.as_json() for each in reconciled),
        exit_code=_exit_code(prepared.activations, results),
    )
    try:
        _write_artifact(project, result)
    except OSError as error:
        report.error(
            Message(
                "results-unwritable",
                f"{project.target_path / ARTIFACT} could not be written: {error.strerror}",
            )
        )
        result = replace(result, exit_code=1)
    alarm.send(result)
    return result


def _run(
    prepared: Prepared,
    options: SyncOptions,
    report: Reporter,
    stop: Stop,
    run_id: str,
    occasion: Occasion,
    alarm: Alarm,
) -> tuple[list[ActivationResult], list[Reconciliation]]:
    admission = Admission(prepared, report, gated=options.gate, stop=stop)
    with open_ledger(prepared.project, prepared.dbt, admission.config) as ledger:
        ledger.refuse_read_only()
        if options.ledger_kept:
            ledger.refuse_in_memory()
        admitted = {each.name: admission(each, ledger.warehouse) for each in prepared.activations}
        admitted = occasion.admit(ledger, prepared, admitted)
        before = recall(prepared.project.target_path, prepared.target.name)
        if "ledger" in ledger.standing.absent and options.ledger_kept and not options.new_ledger:
            before.refuse_new_ledger(ledger.outcomes.name)
        known = known_activations(ledger)
        for orphan in orphans(ledger, prepared.names, known):
            report.warning(str(orphan), event="activation.orphaned")
        session = session_of(prepared, admission, ledger, options, report, stop, run_id, known)
        _announce(prepared, admitted, report, run_id)
        jobs = [each.binding.activation for each in admitted.values() if isinstance(each, Job)]
        for said in before.no_longer_mapped(jobs):
            report.warning(said, event="attribute.unmapped")
        ran = carry_out(session, ledger, prepared, admitted, occasion)
        alarm.look(ledger, admission.config, session, ran[0])
        if jobs and options.ledger_kept:
            remember(prepared.project.target_path, prepared.target.name, before, ledger.outcomes.name, jobs)
        return ran


def carry_out(
    session: Session,
    ledger: OpenLedger,
    prepared: Prepared,
    admitted: Mapping[str, Job | NotRun],
    occasion: Occasion | None = None,
) -> tuple[list[ActivationResult], list[Reconciliation]]:
    """Finish what dead runs left, and run what may run, while no other run of the project may.

    Raises:
        AlreadyRunning: Another run holds the lock.
        WarehouseFailed: The warehouse refused before anything was sent.
    """
    jobs = [each for each in admitted.values() if isinstance(each, Job)]
    with begun(session, ledger, prepared, jobs) if jobs else nullcontext():
        if jobs and occasion is not None:
            occasion.begin(session, ledger)
        results = _run_in_order(session, prepared, admitted)
        if jobs:
            _write_attempts(session, admitted, results, session.lock.generation)
        elif ledger.takes_runs:
            last = session.lock.last_generation(ledger.outcomes.name)
            _write_attempts(session, admitted, results, last)
        if jobs and occasion is not None:
            occasion.end(session, ledger, results)
        reconciled = _reconcile(session, jobs) if session.options.reconcile else []
    session.journal.close()
    return results, reconciled


def _reconcile(session: Session, jobs: list[Job]) -> list[Reconciliation]:
    workspaces = {job.workspace.id: job.workspace for job in jobs}
    reconciled = [reconcile(each, session.ledger, session.project) for each in workspaces.values()]
    for each in reconciled:
        session.report.info(str(each), event="workspace.reconciled", **each.as_json())
    return reconciled


def _announce(
    prepared: Prepared, admitted: Mapping[str, Job | NotRun], report: Reporter, run_id: str
) -> None:
    workspaces = {each.workspace.name: each.workspace.id for each in admitted.values() if each.workspace}
    named = ", ".join(f"{name} ({identity})" for name, identity in sorted(workspaces.items())) or "none"
    count = len(prepared.activations)
    report.info(
        f"Found {count} activation{'s' if count != 1 else ''}; target {prepared.target.name}; workspace {named}",
        event="run.started",
        run_id=run_id,
    )


def _run_in_order(
    session: Session, prepared: Prepared, admitted: Mapping[str, Job | NotRun]
) -> list[ActivationResult]:
    """Run what may run; what fails for good stops the rest of its workspace, or of the run with --fail-fast.

    Removals come last, in reverse order; until then the stages stay, since they tell what is still held.
    """
    results: dict[str, ActivationResult] = {}
    activated: list[Activated] = []
    out_of_reach: dict[str, str] = {}
    total = len(prepared.activations)
    for index, activation in enumerate(prepared.activations, start=1):
        name = activation.name
        job = _unless_ended(
            session, admitted[name], list(results.values()), prepared.activations, out_of_reach
        )
        if isinstance(job, NotRun):
            results[name] = job.as_result(activation, session.default_workspace)
        else:
            what = f"{activation.behaviour} {activation.object.name} from {activation.node.label}"
            session.report.started(index, total, name, what)
            done = activate(session, job, f"stage_{session.run_id.replace('-', '')[:12]}_{index}")
            activated.append(done)
            results[name] = done.result
            if done.result.status is Status.DEFERRED and not done.broken:
                out_of_reach[job.workspace.name] = done.result.message or ""
        session.report.finished(index, total, results[name])
    unreached = (
        Message("held-run-ended", "the run ended early: --fail-fast")
        if _failed_fast(session, prepared, results)
        else None
    )
    for done in reversed(activated):
        name = done.run.activation
        doubt = unreached or doubt_about(done, activated, list(results.values()))
        results[name] = remove(session, done, activated, doubt)
        session.report.removed(done.result, results[name])
    _settle(session, activated, results)
    return [results[each.name] for each in prepared.activations]


def _failed_fast(session: Session, prepared: Prepared, results: Mapping[str, ActivationResult]) -> bool:
    return session.options.fail_fast and bool(_exit_code(prepared.activations, list(results.values())))


def _settle(session: Session, activated: list[Activated], results: Mapping[str, ActivationResult]) -> None:
    """Write the rows of `runs` and drop the stages, unless the journal still has to tell the ledger something."""
    told: list[tuple[Activated, dict[str, str | int | None]]] = []
    for done in activated:
        result = results[done.run.activation]
        if not done.flushed or (
            done.stage is not None and result.status is Status.ERROR and done.result != result
        ):
            continue
        row = run_row(
            session.run_id,
            session.project,
            result,
            started_at=done.started_at,
            finished_at=session.now(),
            generation=done.run.generation,
            warned=done.job.binding.activation.warned,
            state=state_in(session, result).state.value,
        )
        with _warning_of_runs(session, done.run.activation):
            if _knows_who_left(session, done):
                session.ledger.append_left(done.stage_relation, done.run, session.now())
            told.append((done, row))
    written = _write_rows(session, {done.run.activation: row for done, row in told})
    for done in [each for each, _ in told if each.run.activation in written]:
        if done.stage is not None and done.stage.made:
            try:
                session.stages.drop(done.stage_name)
            except WarehouseFailed as error:
                session.report.warning(
                    Message("stage-left", f"{done.stage_relation} could not be dropped: {error}")
                )
            session.journal.end(done.stage_name)


def _write_rows(session: Session, rows: Mapping[str, Mapping[str, str | int | None]]) -> set[str]:
    """Write rows of `runs`, many at once, and return whose are written.

    Where that is refused they are written one by one, so that one that is refused takes no other along.
    """
    written: set[str] = set()
    names = list(rows)
    for few in (names[first : first + RUNS_AT_ONCE] for first in range(0, len(names), RUNS_AT_ONCE)):
        try:
            session.ledger.append_runs([rows[name] for name in few])
            written.update(few)
        except CannotActivate:
            for name in few:
                with _warning_of_runs(session, name):
                    session.ledger.append_run(rows[name])
                    written.add(name)
    return written


@contextmanager
def _warning_of_runs(session: Session, activation: str) -> Iterator[None]:
    """Say that the row of `runs` is missing where the warehouse refuses it."""
    try:
        yield
    except CannotActivate as error:
        session.report.warning(
            Message("runs-unwritable", f"{activation}: its row in `runs` could not be written: {error}")
        )


def _knows_who_left(session: Session, done: Activated) -> bool:
    """Whether a record that the stage does not have is gone; of an empty relation nobody knows."""
    return bool(
        done.stage is not None
        and done.stage.may_leave
        and done.stage.counts.rows
        and session.options.scope.whole_relation
        and session.emptied is None
    )


def _write_attempts(
    session: Session,
    admitted: Mapping[str, Job | NotRun],
    results: list[ActivationResult],
    generation: int | None,
) -> None:
    """Write a row of `runs` of each activation that was to run and was not let in, so that `status` can tell."""
    now, rows = session.now(), {}
    for result in results:
        if isinstance(admitted[result.activation], Job) or result.status is Status.SKIPPED:
            continue
        rows[result.activation] = run_row(
            session.run_id,
            session.project,
            result,
            started_at=now,
            finished_at=now,
            generation=generation,
            state=state_in(session, result).state.value,
        )
    _write_rows(session, rows)


def _unless_ended(
    session: Session,
    job: Job | NotRun,
    results: list[ActivationResult],
    activations: tuple[Activation, ...],
    out_of_reach: Mapping[str, str],
) -> Job | NotRun:
    if isinstance(job, NotRun):
        return job
    if session.options.fail_fast and _exit_code(activations, results):
        return NotRun(Status.SKIPPED, Message("not-reached", "not reached: --fail-fast"), job.workspace)
    if session.stop:
        return NotRun(
            Status.DEFERRED, Message("not-reached", f"not reached: {session.stop.reason}"), job.workspace
        )
    if job.workspace.name in out_of_reach:
        return NotRun(
            Status.DEFERRED,
            Message("not-reached", f"not reached: {out_of_reach[job.workspace.name]}"),
            job.workspace,
        )
    return job


def _exit_code(activations: tuple[Activation, ...], results: list[ActivationResult]) -> int:
    """dbt's: 0 all is well, 1 something failed, was blocked, held or deferred; codes in `warn` do not count."""
    warned = {each.name: each.warned for each in activations}
    return 0 if all(each.is_well(warned[each.activation]) for each in results) else 1


@contextmanager
def _bounded(max_time: float | None, stop: Stop) -> Iterator[None]:
    """Ask the run to end after `max_time` seconds."""
    if max_time is None:
        yield
        return
    timer = threading.Timer(
        max_time, stop.set, [Message("max-time", f"--max-time of {max_time:g} s is over")]
    )
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _write_artifact(project: DbtProject, result: RunResult) -> None:
    project.target_path.mkdir(parents=True, exist_ok=True)
    path = project.target_path / ARTIFACT
    write_whole(path, json.dumps(result.as_json(), indent=2) + "\n")
