"""What Intercom lets one write: pure data, one file per object."""

from __future__ import annotations

from dbt_intercom_activate.objects.catalogue import OBJECTS
from dbt_intercom_activate.objects.model import Behaviour, Field, FieldType, IntercomObject, Terms
from dbt_intercom_activate.objects.release import COMING, SUPPORTED

__all__ = [
    "COMING",
    "OBJECTS",
    "SUPPORTED",
    "Behaviour",
    "Field",
    "FieldType",
    "IntercomObject",
    "Terms",
]
