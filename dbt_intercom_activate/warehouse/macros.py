"""dbt's own macros and ours, parsed once: what SQL a warehouse is asked with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt.context.providers import generate_runtime_macro_context
from dbt.context.query_header import generate_query_header_context
from dbt.include.global_project import PROJECT_NAME as GLOBAL_PROJECT_NAME
from dbt.parser.manifest import ManifestLoader

from dbt_intercom_activate.warehouse.target import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def load_macros(config: Any, adapter: Any, macro_package: Path) -> Any:
    """Give an adapter the macros of dbt and of our package; the mapping in which dbt finds them.

    Args:
        config: dbt's configuration of the project.
        adapter: dbt's adapter.
        macro_package: The folder of our package of macros.
    """
    # dbt's own macros and ours: the user's may not even parse, and are not needed.
    dependencies = dict(config.load_dependencies(base_only=True))
    dependencies.pop(config.project_name, None)
    dependencies.update(config.load_projects([macro_package]))
    config.dependencies = dependencies
    # The user's macros are not there, and each look for one of them would cost dbt an exception that reads the
    # whole environment.
    config.dispatch = [
        {"macro_namespace": package, "search_order": [package]} for package in (PACKAGE, GLOBAL_PROJECT_NAME)
    ]
    adapter.set_macro_context_generator(_contexts_made_once())
    macros = _parsed_macros(config, adapter, macro_package)
    adapter.set_macro_resolver(macros)
    adapter.connections.set_query_header(generate_query_header_context(config, macros))
    return macros


def _contexts_made_once() -> Callable[[Any, Any, Any, str | None], dict[str, Any]]:
    """Make what a macro sees once for each package, where dbt makes it anew for each call, with all its 700 macros.

    What is in it stays the same for as long as the warehouse is open: no macro here belongs to a node.
    """
    made: dict[str | None, dict[str, Any]] = {}

    def context(macro: Any, config: Any, macros: Any, package: str | None) -> dict[str, Any]:
        if package not in made:
            made[package] = generate_runtime_macro_context(macro, config, macros, package)
        return dict(made[package])

    return context


_PARSED: dict[tuple[str, str, Path, int], Any] = {}


def _parsed_macros(config: Any, adapter: Any, macro_package: Path) -> Any:
    """The macros, parsed once in a process for each adapter.

    Parsing is most of the time of a sync that finds nothing to send, and they are the same for every project: none of
    them is the user's. A process that works on many projects, as orchestrators do, parses them once.
    """
    changed = max(path.stat().st_mtime_ns for path in (macro_package / "macros").rglob("*.sql"))
    key = (config.credentials.type, config.project_name, macro_package, changed)
    if key not in _PARSED:
        _PARSED[key] = ManifestLoader.load_macros(
            config, adapter.connections.set_query_header, base_macros_only=True
        )
    return _PARSED[key]
