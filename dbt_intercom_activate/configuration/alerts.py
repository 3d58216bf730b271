"""`alerts` of intercom.yml: where it is said that an activation came to another state."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.base_url import EXPECTED, checked
from dbt_intercom_activate.configuration.readers import as_key, read_choice
from dbt_intercom_activate.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.configuration.readers import KeyPath, Note, Reader


class Form(str, Enum):
    """What is sent."""

    JSON = "json"
    """The results of the run, as in `intercom_activate_results.json`, with what changed."""
    SLACK = "slack"
    """A text as Slack's incoming webhooks take it."""


def _webhook(value: object, path: KeyPath, note: Note) -> Secret | None:
    """Read the URL of a webhook; no message ever shows it, since whoever knows it may write there."""
    found = "a value that is no text"
    if isinstance(value, str):
        try:
            checked(value.strip(), with_query=True)
            return Secret(value.strip())
        except ValueError as error:
            found = str(error)
    note(path, expected=EXPECTED, found=found)
    return None


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What is written; its attributes are the keys."""

    url: Secret | None = field(
        default=None,
        metadata=as_key(
            _webhook,
            "The webhook: an https URL, or an http URL of this machine. Take it from the environment: "
            "{{ env_var('…') }}.",
        ),
    )
    form: Form = field(
        default=Form.JSON,
        metadata=as_key(read_choice(Form), "json: the results of the run; slack: a text for Slack."),
    )


KEYS: Mapping[str, Reader] = MappingProxyType(
    {each.name: each.metadata["read"] for each in dataclasses.fields(AlertSettings)}
)
"""The keys of `alerts`, each with its reader."""
