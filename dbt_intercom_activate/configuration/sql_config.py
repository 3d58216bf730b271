"""What `config(...)` in a model's own file says, as far as it is constant.

https://docs.getdbt.com/reference/dbt-jinja-functions/config
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, TemplateError, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN = object()
"""A value that is known only when dbt renders the file."""

_SNAPSHOT = re.compile(r"\{%-?\s*snapshot\s+(\w+)\s*-?%\}(.*?)\{%-?\s*endsnapshot\s*-?%\}", re.DOTALL)
_READ = ("meta", "enabled", "materialized")


def snapshots_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each snapshot of a file, and what stands in its block."""
    for found in _SNAPSHOT.finditer(text):
        yield found[1], found[2]


def read_config(text: str) -> dict[str, Any]:
    """`meta`, `enabled` and `materialized` of a file's `config(...)`; UNKNOWN where they are not constant."""
    if not re.search(r"\bconfig\s*\(", text):
        return {}
    try:
        calls = list(_jinja().parse(text).find_all(nodes.Call))
    except TemplateError:
        return dict.fromkeys(_READ, UNKNOWN)
    config: dict[str, Any] = {}
    for call in calls:
        if isinstance(call.node, nodes.Name) and call.node.name == "config":
            _update(config, _arguments(call))
    return config


def _update(config: dict[str, Any], more: dict[str, Any]) -> None:
    """Add one call to those before it, as dbt does: `meta` key by key, the rest whole."""
    both = (config.get("meta"), more.get("meta"))
    if all(isinstance(meta, dict) for meta in both):
        more = {**more, "meta": {**config["meta"], **more["meta"]}}
    config.update(more)


def _arguments(call: nodes.Call) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if call.dyn_args is not None or call.dyn_kwargs is not None:
        found = dict.fromkeys(_READ, UNKNOWN)
    for positional in call.args:
        value = _constant(positional)
        found.update(value if isinstance(value, dict) else dict.fromkeys(_READ, UNKNOWN))
    found.update({each.key: _constant(each.value) for each in call.kwargs if each.key in _READ})
    return {key: value for key, value in found.items() if key in _READ}


def _constant(expression: nodes.Expr) -> Any:
    try:
        return expression.as_const()
    except nodes.Impossible:
        return UNKNOWN


@cache
def _jinja() -> Environment:
    # Nothing is rendered: what is parsed has no way out.
    return Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])  # noqa: S701
