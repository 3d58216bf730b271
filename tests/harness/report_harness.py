"""Facts for the page of the report, made up: what a page shows needs neither dbt nor a warehouse."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.outcomes.results import COUNT_NAMES
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.report.facts import Facts, FailureGroup, PastRun, ReportedActivation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOON = datetime(2026, 3, 14, 12)  # noqa: DTZ001 (UTC, as all moments of the facts)
CONTACT: Mapping[str, Any] = {
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "customer_id", "email": "email"},
}
COMPANY: Mapping[str, Any] = {
    "object": "company",
    "behaviour": "upsert",
    "identifier": "company_id",
    "fields": {"company_id": "account_id", "name": "account_name"},
}
HOSTILE = "<script>alert(1)</script></style>\"'&<img src=x onerror=alert(2)>{{ 7 * 7 }}"
RIGHT_TO_LEFT = "نموذج_العملاء"


def activations(models: Mapping[str, Sequence[Mapping[str, Any]]], description: str = "") -> tuple[Any, ...]:
    """The activations of models with these blocks."""
    nodes = {
        f"model.shop.{name}": {
            "resource_type": "model",
            "name": name,
            "package_name": "shop",
            "original_file_path": "models/shop.sql",
            "description": description,
            "config": {"materialized": "table", "meta": {"intercom": list(blocks)}},
        }
        for name, blocks in models.items()
    }
    known = {"dbt_schema_version": f"/manifest/v{manifests.KNOWN_SCHEMA}.json", "dbt_version": "1.11.0"}
    return activations_of(manifests.from_dict({"metadata": known, "nodes": nodes}), Path("nowhere"))


def past_run(day: int = 0, status: str = "success", **counts: int) -> PastRun:
    """A run that began at noon, so many days later, and took a minute and a half."""
    began, calls = NOON + timedelta(days=day), sum(counts.values())
    told = {**dict.fromkeys(COUNT_NAMES, 0), **counts}
    return PastRun(f"run-{day}", status, began, began + timedelta(seconds=90), told, calls)


def place(activation: Any, *runs: PastRun, **more: Any) -> ReportedActivation:
    """An activation that was synced by these runs, the oldest first."""
    synced = {"workspace": "abc123", "result": runs[-1], "runs": runs} if runs else {"workspace": None}
    return ReportedActivation(
        **{
            "name": activation.name,
            "workspace_name": "production",
            "activation": activation,
            **synced,
            **more,
        }
    )


def facts(*places: ReportedActivation, **more: Any) -> Facts:
    """What a report tells of these."""
    made = Facts("shop", "prod", '"db"."intercom_activate"."ledger"', "1.2.3", NOON, places)
    return replace(made, **more)


def many(count: int) -> Facts:
    """So many activations of all kinds: well, failing, blocked, held, switched off and never run."""
    blocks = (CONTACT, COMPANY)
    models = {f"model_{index}": [blocks[index % 2]] for index in range(count)}
    made = []
    for index, each in enumerate(activations(models)):
        first = past_run(0, inserted=1000 + index, rows=1000 + index)
        failing = past_run(2, "partial", unchanged=900 + index, updated=90, failed=10, held=3)
        failures = (FailureGroup("not_found", 7, NOON), FailureGroup("rejected", 3, NOON))
        kinds = (
            place(each, first, past_run(1, unchanged=1000 + index), delivered=1000 + index),
            place(each, first, failing, failures=failures, delivered=990 + index, message="3 removals held"),
            place(each, first, attempt=past_run(3, "blocked"), built_at=NOON + timedelta(days=4)),
            place(each),
        )
        made.append(kinds[index % len(kinds)])
    return facts(*made)


def hostile() -> Facts:
    """Names, descriptions and messages that try to be more than text, or are as long or as odd as can be."""
    fields = {"company_id": HOSTILE, f"custom_attributes.{RIGHT_TO_LEFT}": "العمود"}
    models = {
        HOSTILE: [{**COMPANY, "name": "hostile", "fields": fields}],
        RIGHT_TO_LEFT: [{**CONTACT, "name": "x" * 60, "where": f"name <> '{HOSTILE}'"}],
    }
    made = [
        place(
            each,
            past_run(0, "partial", failed=2),
            workspace_name=HOSTILE,
            message=f"{HOSTILE}\n{'long' * 2500}",
            failures=(FailureGroup(HOSTILE, 2, NOON, (HOSTILE, "")),),
        )
        for each in activations(models, description=f"{HOSTILE} half of a character: \ud800")
    ]
    gone = replace(made[0], name="gone", activation=None)
    return facts(
        *made, gone, project=HOSTILE, ledger=HOSTILE, note=f"2 mistakes\n  {HOSTILE}", with_keys=True
    )
