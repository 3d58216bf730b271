"""The dbt plugin: what dbt calls in the user's own `dbt parse`, `dbt build` and so on.

dbt finds it by the name of this package and calls `get_manifest_artifacts` whenever it writes manifest.json:
in parse, build, run, test, seed, ls, compile and others, but not under `--no-write-json`. dbt marks the interface as
experimental, so nothing else relies on it:
https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/plugins/manager.py

Everything beyond dbt itself is imported only for a project that has `intercom` in its `meta`.
"""

from __future__ import annotations

from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dbt.adapters.factory import FACTORY
from dbt.exceptions import ParsingError
from dbt.plugins.manager import dbtPlugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

F = TypeVar("F", bound="Callable[..., Any]")

ARTIFACT = "intercom_activate.json"
"""The compiled activations, below the target path."""

_BUG = (
    "dbt-intercom-activate could not judge `meta` ({reason}): this is a bug. "
    "Until it is mended, `vars: {{intercom_activate: {{validate: off}}}}` lets dbt go on"
)
_NEEDED = ("agate", "click", "filelock", "jinja2", "requests", "rich", "yaml")
_KEY = "intercom"


def usable_plugins() -> list[type]:
    """The plugins for dbt.

    Raises:
        ImportError: A library that this package needs is not installed; dbt is better off without us.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ImportError(f"not installed: {', '.join(missing)}")
    return [IntercomActivate]


def _hook(method: F) -> F:
    """Mark a method for dbt, as its own `dbt_hook` does, which would put the method's name before our messages."""
    method.is_dbt_hook = True  # type: ignore[attr-defined]
    return method


class IntercomActivate(dbtPlugin):  # type: ignore[misc]
    """Judges `meta` when dbt parses, writes the compiled activations, and syncs afterwards where it is asked to."""

    @_hook
    def get_manifest_artifacts(self, manifest: Any) -> dict[str, Any]:
        """The artifacts that dbt is to write beside manifest.json, by path.

        Raises:
            ParsingError: `meta` has mistakes; dbt prints all of them and ends with exit code 2.
        """
        with_meta = tuple(_with_meta(manifest))
        path = _target_path() / ARTIFACT
        if not with_meta and not path.exists():
            return {}
        try:
            from dbt_intercom_activate.plugin.parsed import after_parsing

            return after_parsing(manifest, with_meta, path)
        except ParsingError:
            raise
        except Exception as error:
            raise ParsingError(_BUG.format(reason=f"{type(error).__name__}: {error}")) from error


def _with_meta(manifest: Any) -> Iterator[Any]:
    """The nodes with `intercom` in their `meta` or in that of a column. Thousands may have none: this is fast."""
    for node in chain(manifest.nodes.values(), manifest.sources.values(), manifest.exposures.values()):
        if _KEY in _meta(node) or _any_column_with_meta(getattr(node, "columns", None)):
            yield node


def _meta(node: Any) -> Any:
    """The `meta` of a node, from whichever place this version of dbt keeps it in."""
    return getattr(node, "meta", None) or getattr(node.config, "meta", None) or ()


def _any_column_with_meta(columns: Any) -> bool:
    """Whether a column has `intercom` in its `meta`."""
    if not columns:
        return False
    for column in columns.values():
        if column.meta:
            if _KEY in column.meta:
                return True
        # dbt 1.8 and 1.9 keep a column's `config` among what they do not know.
        elif column._extra and _KEY in ((column._extra.get("config") or {}).get("meta") or ()):  # noqa: SLF001
            return True
    return False


def _target_path() -> Path:
    """Where dbt writes its artifacts; its adapter is registered before the hook is called."""
    adapter = next(iter(FACTORY.adapters.values()))
    return Path(adapter.config.project_target_path)
