"""How often a request is sent, and what is said of its last attempt where there is no other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbt_intercom_activate.intercom.api import is_unsettled
from dbt_intercom_activate.intercom.connections import Missed

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.api import Answer

ATTEMPTS = 5
"""How often a request is sent at most, refusals for the rate limit aside."""

ATTEMPTS_AT_REFUSALS = 3
"""The same where Intercom refuses for the moment, as under load; the next run has its own."""

ATTEMPTS_HERE = 2
"""The same for the first question of all to an address of this machine: it takes a second at most."""

ATTEMPTS_AT_500 = 2
"""Intercom's advice for server errors is to retry once; gateways' 502, 503 and 504 pass with time."""


def most_attempts(outcome: Answer | Missed) -> int:
    """How often at most a request is sent that came to this, the times before included."""
    if isinstance(outcome, Missed):
        return ATTEMPTS
    if not is_unsettled(outcome):
        return ATTEMPTS_AT_REFUSALS
    return ATTEMPTS_AT_500 if outcome.status == 500 else ATTEMPTS


def in_words(outcome: Answer | Missed) -> str:
    """What came of an attempt, without a word that may be of a record."""
    if isinstance(outcome, Missed):
        return outcome.value
    named = f" ({outcome.code})" if re.fullmatch(r"[a-z_]{1,40}", outcome.code or "") else ""
    return f"HTTP {outcome.status} from Intercom{named}"
