"""The settings of one workspace: their keys, and how each value is read."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.base_url import REGIONS, read_base_url
from dbt_intercom_activate.configuration.readers import as_key, describe, listed, read_count
from dbt_intercom_activate.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.configuration.readers import KeyPath, Note, Reader

OLDEST_API_VERSION = (2, 16)
DEFAULT_API_VERSION = "2.16"
PREVIEW = "Preview"
"""Intercom's name for what may become its next version."""

_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})")
_VERSION_EXPECTED = "'2.16' or newer"


def _token(value: object, path: KeyPath, note: Note) -> Secret | None:
    """Read a token. A message never has it: HTTP headers allow visible ASCII only."""
    expected = "an access token"
    if not isinstance(value, str):
        note(path, expected=expected, found="a value that is no text", todo="Put it in quotes")
    elif not value.strip():
        note(path, expected=expected, found="an empty text")
    elif not all("!" <= char <= "~" for char in value.strip()):
        note(path, expected=expected, found="a text with spaces or special characters in it")
    else:
        return Secret(value.strip())
    return None


def _region(value: object, path: KeyPath, note: Note) -> str | None:
    if isinstance(value, str) and value.lower() in REGIONS:
        return value.lower()
    note(path, expected=listed(REGIONS), found=describe(value))
    return None


def _api_version(value: object, path: KeyPath, note: Note) -> str | None:
    text = _version_text(value)
    found = _VERSION.fullmatch(text) if text else None
    if text == PREVIEW:
        return PREVIEW
    if found is None:
        # YAML reads 2.20 as the number 2.2.
        quotes = isinstance(value, int | float) and not isinstance(value, bool)
        todo = "Put the version in quotes" if quotes else None
        note(path, expected=_VERSION_EXPECTED, found=describe(value), todo=todo)
    elif (int(found[1]), int(found[2])) < OLDEST_API_VERSION:
        note(path, expected=_VERSION_EXPECTED, found=describe(value))
    else:
        return text
    return None


def _version_text(value: object) -> str | None:
    """Return a version as text; None for a number that may have lost a zero at its end."""
    if isinstance(value, float):
        text = str(value)
        return text if re.fullmatch(r"\d+\.\d\d", text) else None
    return value.strip() if isinstance(value, str) else None


def _admin_id(value: object, path: KeyPath, note: Note) -> str | None:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if text.isascii() and text.isdigit():
        return text
    note(path, expected="the id of an admin, a whole number", found=describe(value))
    return None


def _seconds(value: object, path: KeyPath, note: Note) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST_TIMEOUT:
        return float(value)
    todo = "Write it without quotes, or end the Jinja with `| as_number`" if isinstance(value, str) else None
    note(path, expected=f"seconds, up to {LONGEST_TIMEOUT}", found=describe(value), todo=todo)
    return None


LONGEST_TIMEOUT = 3600
"""Seconds."""
HIGHEST_CONCURRENCY = 200
"""Requests at a time; the pace is set by Intercom's own headers."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is written for a workspace; its attributes are the keys that it may have."""

    access_token: Secret | None = field(
        default=None,
        metadata=as_key(
            _token, "The token of the workspace's app. Take it from the environment: {{ env_var('…') }}."
        ),
    )
    region: str | None = field(default=None, metadata=as_key(_region, "Where Intercom hosts the workspace."))
    base_url: str | None = field(
        default=None,
        metadata=as_key(read_base_url, "Instead of `region`: an https URL, or an http URL of this machine."),
    )
    api_version: str | None = field(
        default=None, metadata=as_key(_api_version, "The version of Intercom's API, '2.16' or newer.")
    )
    admin_id: str | None = field(
        default=None,
        metadata=as_key(
            _admin_id,
            "The admin in whose name tags are set where Intercom asks for one, and the activation maps none.",
        ),
    )
    concurrency: int | None = field(
        default=None,
        metadata=as_key(
            read_count(1, HIGHEST_CONCURRENCY),
            "Requests at a time. By default as many as it takes to use up Intercom's limit, from 8 to 200.",
        ),
    )
    requests_per_minute: int | None = field(
        default=None, metadata=as_key(read_count(1), "A limit of your own, below Intercom's.")
    )
    timeout: float | None = field(
        default=None, metadata=as_key(_seconds, "Seconds to wait for one whole answer.")
    )


KEYS: Mapping[str, Reader] = MappingProxyType(
    {each.name: each.metadata["read"] for each in dataclasses.fields(Settings)}
)
"""The keys of a workspace, each with its reader."""

MEANINGS: Mapping[str, str] = MappingProxyType(
    {each.name: each.metadata["meaning"] for each in dataclasses.fields(Settings)}
)
"""The same keys, each with what an editor and the reference say of it."""
