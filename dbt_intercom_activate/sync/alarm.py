"""Says once, to a webhook, that activations came to another state; a webhook that is down never fails a run.

What is said has names, counts and codes, and no value, no key and no token.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dbt_intercom_activate.configuration.alerts import Form
from dbt_intercom_activate.errors import CannotActivate, ConfigurationError, Message
from dbt_intercom_activate.intercom.connections import BearerToken, Connection, Missed, Patience
from dbt_intercom_activate.sync.states import (
    State,
    StateOfRun,
    Turn,
    is_news,
    said_before,
    state_in,
    state_of,
    states_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.configuration.workspace import IntercomConfig
    from dbt_intercom_activate.console import Reporter
    from dbt_intercom_activate.ledger.opening import OpenLedger
    from dbt_intercom_activate.outcomes.results import ActivationResult, RunResult
    from dbt_intercom_activate.secret import Secret
    from dbt_intercom_activate.sync.session import Session

TIMEOUT = 5.0
"""Seconds for the whole answer of a webhook."""

EARLIER_RUNS = 50
"""How far back the beginning of a state is looked for."""

_COLUMNS = (
    "activation",
    "workspace",
    "workspace_name",
    "status",
    "run_id",
    "generation",
    "started_at",
    "run_state",
)
_COUNTS = ("failed", "failed_unwarned", "held")


class Alarm:
    """What is to be said of one run."""

    def __init__(self, report: Reporter) -> None:
        self._report = report
        self._turns: list[Turn] = []
        self._config: IntercomConfig | None = None
        self._of: dict[str, str] = {}

    def look(
        self,
        ledger: OpenLedger,
        config: IntercomConfig,
        session: Session,
        results: Sequence[ActivationResult],
    ) -> None:
        """Find what came to another state, by what `runs` has of the runs before; without alerts nobody is asked."""
        if not config.has_alerts:
            return
        self._config = config
        self._of = {"project": session.project, "target": session.dbt_target}
        came_to = [(each, state_in(session, each)) for each in results]
        told = [(result, now) for result, now in came_to if now.state is not State.UNTOLD]
        try:
            earlier = _earlier(ledger, session, [each.activation for each, _ in told])
        except CannotActivate as error:
            self._report.warning(
                Message("alerts-undecided", f"the alerts could not be decided: {error}"), event="alert.failed"
            )
            return
        for result, came in told:
            *before, now = states_of([*_of(result, earlier[result.activation]), came])
            said = said_before(before)
            if is_news(said, now):
                place = result.activation, result.workspace_name
                self._turns.append(Turn(*place, said.state, now.state, said.failed, now.failed))

    def send(self, result: RunResult) -> None:
        """Say what was found, in one request; what comes of it is a line of the log, and never an error."""
        if not self._turns or self._config is None:
            return
        try:
            settings = self._config.alerts()
        except ConfigurationError as error:
            self._report.warning(
                Message("alert-unsent", f"the alert could not be sent: {error}"), event="alert.failed"
            )
            return
        if settings is None or settings.url is None:
            return
        said = as_json if settings.form is Form.JSON else as_slack
        trouble = post(settings.url, said(result, self._turns, self._of))
        count = len(self._turns)
        if trouble is None:
            self._report.info(
                f"Sent an alert about {count} activation{'s' if count > 1 else ''}", event="alert.sent"
            )
        else:
            self._report.warning(
                Message(
                    "alert-unsent",
                    f"the alert could not be sent: the webhook gave {trouble}. The sync itself is done",
                ),
                event="alert.failed",
            )


def _earlier(
    ledger: OpenLedger, session: Session, activations: Sequence[str]
) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of `runs` of earlier runs, by activation, the oldest first."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    relation = ledger.readable("runs")
    if relation is None or not activations:
        return found
    render = ledger.warehouse.render
    runs = render("of_project", relation=relation, project=session.project, activations=list(activations))
    asked = {
        "columns": list(_COLUMNS),
        "counts": list(_COUNTS),
        "limit": EARLIER_RUNS,
        "without": State.UNTOLD.value,
    }
    names = (*_COLUMNS, *_COUNTS)
    rows = [
        dict(zip(names, row, strict=False))
        for row in ledger.warehouse.query(render("earlier_runs", runs=runs, **asked))
    ]
    for row in sorted(rows, key=lambda row: (int(row["generation"] or 0), row["started_at"], row["run_id"])):
        if row["run_id"] != session.run_id:
            found[row["activation"]].append(row)
    return found


def _of(result: ActivationResult, rows: Sequence[Mapping[str, Any]]) -> list[StateOfRun]:
    """The earlier runs to the same workspace; one that was not let in may not know its id."""
    found = []
    for row in rows:
        other = None not in (row["workspace"], result.workspace) and row["workspace"] != result.workspace
        if not other and row["workspace_name"] == result.workspace_name:
            unwarned = row["failed"] if row["failed_unwarned"] is None else row["failed_unwarned"]
            failed, told = int(unwarned or 0), row["run_state"]
            # Rows of older versions have none.
            state = State(told) if told else state_of(str(row["status"]), failed, int(row["held"] or 0))
            found.append(StateOfRun(state, failed))
    return found


def as_json(result: RunResult, turns: Sequence[Turn], of: Mapping[str, str]) -> dict[str, Any]:
    """The results document, with what changed under `alerts`."""
    alerts = [
        {
            "activation": each.activation,
            "workspace_name": each.workspace_name,
            "was": each.was.value,
            "is": each.now.value,
            "failed_before": each.failed_before,
            "failed": each.failed,
        }
        for each in turns
    ]
    return {**result.as_json(), **of, "alerts": alerts}


def as_slack(result: RunResult, turns: Sequence[Turn], of: Mapping[str, str]) -> dict[str, Any]:
    """A text for Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""
    by_name = {each.activation: each for each in result.results}
    lines = [f"Intercom, project {of['project']}, target {of['target']}:"]
    lines += [_line(each, by_name[each.activation]) for each in turns]
    return {"text": _escaped("\n".join(lines))}


def _line(turn: Turn, result: ActivationResult) -> str:
    codes = ", ".join(f"{count:,} {code}" for code, count in sorted(result.failures.items()))
    if turn.now is State.WELL:
        told = "is well again"
    elif turn.now is turn.was:
        told = f"is {turn.now}, with {turn.failed:,} failed records, and {turn.failed_before:,} when it was said last"
    else:
        told = f"is {turn.now} ({result.status}), and was {turn.was}"
    details = f": {codes}" if codes and turn.now is State.FAILING else ""
    return f"• {turn.activation} to {turn.workspace_name} {told}{details}"


def _escaped(text: str) -> str:
    """As https://docs.slack.dev/messaging/formatting-message-text#escaping says."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post(url: Secret, document: Mapping[str, Any]) -> str | None:
    """Send a document to a webhook, once; returns what was wrong, without a word of the URL or of the answer."""
    parts = urlsplit(url.reveal())
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"
    headers = {"Content-Type": "application/json"}
    connection = Connection(f"{parts.scheme}://{parts.netloc}", headers, BearerToken(None), Patience(TIMEOUT))
    try:
        reply = connection.exchange("POST", target, json.dumps(document).encode())
    finally:
        connection.close()
    if isinstance(reply, Missed):
        return "no connection" if reply in (Missed.UNSENT, Missed.UNTRUSTED) else "no answer in time"
    return None if 200 <= reply.status < 300 else f"HTTP {reply.status}"
