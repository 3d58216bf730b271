"""The calls that several objects have in common: lookups, and batches of tags."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery.contact_lookup import is_searched
from dbt_intercom_activate.delivery.forecast import Forecast, perhaps, surely
from dbt_intercom_activate.delivery.procedure import BATCH_SIZE, LOOKUP_SIZE
from dbt_intercom_activate.delivery.workers import BACKLOG

if TYPE_CHECKING:
    from dbt_intercom_activate.delivery.forecast import Work


def searches(work: Work) -> Forecast:
    """Unknown contacts are searched for, many in a call."""
    unknown = sum(each.count for each in work.records if not each.known)
    if not is_searched(work.rules):
        return surely("POST /contacts/search", 0)
    least = _ceiling(unknown, LOOKUP_SIZE)
    return perhaps("POST /contacts/search", least, min(unknown, least + work.parts - 1))


def finds(work: Work, companies: int, records: int) -> Forecast:
    """Companies are read by `company_id`, each once, unless several workers ask for it at the same time.

    Args:
        work: Of the activation.
        companies: How many companies are not known.
        records: How many records have one of them.
    """
    return perhaps("GET /companies", companies, min(records, companies * work.concurrency))


def batches(work: Work) -> Forecast:
    """Records of one tag go together, many in a call.

    With so many tags that no batch fills up while the workers have records enough, batches leave half full.
    """
    by_tag: Counter[str | None] = Counter()
    for each in work.records:
        by_tag[each.tag] += each.count
    least = sum(_ceiling(count, BATCH_SIZE) for count in by_tag.values())
    crowded = len(by_tag) * (BATCH_SIZE - 1) >= BACKLOG
    half_full = (work.count // BACKLOG if crowded else 0) + work.parts - 1
    return perhaps("POST /tags", least, min(work.count, least + half_full * len(by_tag)))


def tag_list(work: Work) -> Forecast:
    """The tags of the workspace are read once, where there is any record."""
    return surely("GET /tags", int(work.count > 0))


def _ceiling(count: int, size: int) -> int:
    return -(-count // size)
