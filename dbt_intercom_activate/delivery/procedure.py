"""How records of an object are said to Intercom; one entry per object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery import company, contact
from dbt_intercom_activate.intercom.contacts import Contact
from dbt_intercom_activate.record import Conversation, Record, Rules, Talk

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOKUP_SIZE = 50
"""Identifiers in one search. Intercom documents no limit of `IN`; a size that it refuses is halved.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts"""


@dataclass(frozen=True, slots=True)
class Procedure:
    """The conversations of one object."""

    write: Callable[[Rules, Record, Sequence[Contact]], Talk]
    needs_lookup: Callable[[Rules, Record], bool]
    search: Callable[[Rules, Sequence[str]], Conversation[dict[str, tuple[Contact, ...]]]]


def _write_company(rules: Rules, record: Record, found: Sequence[Contact]) -> Talk:
    return company.write(rules, record)


def _never(rules: Rules, record: Record) -> bool:
    return False


PROCEDURES: Mapping[str, Procedure] = MappingProxyType(
    {
        "contact": Procedure(contact.write, contact.needs_lookup, contact.search),
        "company": Procedure(_write_company, _never, contact.search),
    }
)
