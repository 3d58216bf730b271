"""The head that all JSON documents of this package share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt_intercom_activate import __version__
from dbt_intercom_activate.clock import as_json

if TYPE_CHECKING:
    from datetime import datetime

SCHEMA_VERSION = 1
"""The version of the documents' form; it grows when a reader of the old form would be misled."""


def document(generated_at: datetime, contents: dict[str, Any], /, **more: object) -> dict[str, Any]:
    """A JSON document: `metadata`, then its contents.

    Args:
        generated_at: In UTC, without a zone.
        contents: What stands beside `metadata`.
        more: Further keys of `metadata`.
    """
    head = {"schema_version": SCHEMA_VERSION, "generated_at": as_json(generated_at), "version": __version__}
    return {"metadata": {**head, **more}, **contents}
