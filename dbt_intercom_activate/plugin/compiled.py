"""target/intercom_activate.json: the activations as they were understood when dbt parsed the project."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.configuration.entry import only_to
from dbt_intercom_activate.documents import document
from dbt_intercom_activate.errors import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from dbt_intercom_activate.configuration.activation import Activation, AtMost


@dataclass(frozen=True, slots=True)
class CompiledActivations:
    """An artifact that dbt writes beside manifest.json. dbt needs no more of it than `write`."""

    document: dict[str, Any]
    warn: Callable[[str], None]
    """Says what is wrong in dbt's own log."""

    def write(self, path: str) -> None:
        """Write it as JSON; dbt calls this. A file that cannot be written is no reason to end the user's build."""
        try:
            Path(path).write_text(json.dumps(self.document, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            self.warn(
                Message(
                    "file-unwritable", f"dbt-intercom-activate: {path} cannot be written: {error.strerror}"
                )
            )


def compile_activations(
    activations: Sequence[Activation],
    *,
    invocation_id: str,
    dbt_version: str,
    generated_at: datetime,
    warn: Callable[[str], None],
) -> CompiledActivations:
    """Make the artifact.

    Args:
        invocation_id: dbt's, as manifest.json has it.
        dbt_version: The version of dbt that parsed.
        generated_at: Now, in UTC without a zone.
        warn: Takes what goes wrong when dbt writes it.
    """
    contents = {"activations": [_compiled(each) for each in activations]}
    return CompiledActivations(
        document(generated_at, contents, dbt_invocation_id=invocation_id, dbt_version=dbt_version), warn
    )


def _compiled(activation: Activation) -> dict[str, Any]:
    return {
        "activation": activation.name,
        "unique_id": activation.node.unique_id,
        "file": activation.node.file,
        "object": activation.object.name,
        "behaviour": str(activation.behaviour),
        "identifier": activation.identifier,
        "fields": {name: _mapped(column) for name, column in activation.fields.items()},
        "constants": dict(activation.constants),
        "was": list(activation.was),
        "where": activation.where,
        "workspace_name": activation.workspace,
        "key": list(activation.key),
        "nulls": str(activation.nulls),
        "create_attributes": activation.create_attributes,
        "removed": str(activation.removed),
        "max_removed": _share(activation.max_removed),
        "max_inserted": activation.max_inserted and _share(activation.max_inserted),
        "max_updated": activation.max_updated and _share(activation.max_updated),
        "max_failed": activation.max_failed and _share(activation.max_failed),
        "archived": str(activation.archived),
        "gate": str(activation.gate),
        "warn": sorted(str(code) for code in activation.warn),
        "enabled": activation.enabled,
    }


def _mapped(column: str) -> str | dict[str, object]:
    """A column, as the user writes it."""
    sent = only_to(column)
    return str(column) if sent is None else {"column": str(column), "only_to": sent}


def _share(most: AtMost) -> int | str | None:
    """A count or a percentage, as the user writes it."""
    return most.count if most.percent is None else f"{most.percent:g}%"
