"""What one run of one activation learns on the way, shared by its workers."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbt_intercom_activate.delivery.adoptions import Adoptions


@dataclass(frozen=True, slots=True)
class Notebook:
    """Ids that many records need; an entry is only ever added, so threads may share it."""

    tags: dict[str, str] = field(default_factory=dict)
    """Intercom's id by the tag's name in lower case, as Intercom compares names."""
    companies: dict[str, str] = field(default_factory=dict)
    """Intercom's id by `company_id`."""
    adoptions: Adoptions = field(default_factory=Adoptions)
    """Shared by all activations of a run that write to the same workspace."""
