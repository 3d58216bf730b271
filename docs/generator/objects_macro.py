"""Writes the macro that tells the data tests what the catalogue of objects says, since Jinja reads no Python."""

from __future__ import annotations

import json
from pathlib import Path

from dbt_intercom_activate.objects import OBJECTS

PATH = Path(__file__).parents[2] / "macros" / "generic_tests" / "_objects.sql"


def text() -> str:
    """The macro: a mapping by the object's name."""
    entries = []
    for name, each in OBJECTS.items():
        # Both sides of a membership are fields, and each identifies.
        identifiers = each.identifiers or tuple(name for group in each.one_of for name in group)
        facts = {"identifiers": identifiers, "unique": each.unique, "counted_ids": each.counted_ids}
        entries.append(f"    {json.dumps(name)}: {json.dumps(facts)},")
    head = "{#- Written by `python -m docs.generator` from the catalogue of objects; not to be edited by hand. -#}"
    lines = [head, "{% macro _objects() -%}", "  {{ return({", *entries, "  }) }}", "{%- endmacro %}"]
    return "\n".join(lines) + "\n"
