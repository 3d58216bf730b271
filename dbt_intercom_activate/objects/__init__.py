"""What Intercom lets one write: pure data, one file per object."""

from __future__ import annotations

from dbt_intercom_activate.objects.catalogue import OBJECTS
from dbt_intercom_activate.objects.model import Behaviour, Field, FieldType, IntercomObject, Terms

__all__ = [
    "OBJECTS",
    "Behaviour",
    "Field",
    "FieldType",
    "IntercomObject",
    "Terms",
]
