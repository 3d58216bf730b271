"""The files that dbt parses, found where dbt looks for them; nothing here is parsed.

https://docs.getdbt.com/reference/project-configs/model-paths
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PROJECT_FILE = "dbt_project.yml"

_PATHS = {
    "model-paths": ["models"],
    "seed-paths": ["seeds"],
    "snapshot-paths": ["snapshots"],
    "analysis-paths": ["analyses"],
    "macro-paths": ["macros"],
    "test-paths": ["tests"],
}
"""Where dbt looks, with its defaults. It reads YAML in all of them, whatever a file describes."""
_ACTIVATABLE = ("model-paths", "seed-paths", "snapshot-paths")
_YAML = (".yml", ".yaml")
_CODE = (".sql", ".py")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file below one of the project's paths."""

    path: Path
    folder: Path
    """The path below which it was found, such as `models`."""

    @property
    def name(self) -> str:
        """What dbt calls the model or seed in it."""
        return self.path.stem

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders between the project's path and the file."""
        return self.path.relative_to(self.folder).parent.parts

    def text(self) -> str:
        """What it holds; empty where that is no text."""
        try:
            return self.path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""


class SourceFiles:
    """The files of one project."""

    def __init__(self, project_dir: Path) -> None:
        self.project_dir = project_dir

    @cached_property
    def configured(self) -> Mapping[str, Any]:
        """What dbt_project.yml says; empty where it is no YAML."""
        try:
            found = yaml.safe_load((self.project_dir / _PROJECT_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def schemas(self) -> Iterator[SourceFile]:
        """The YAML files, whatever they describe."""
        yield from self._below(tuple(_PATHS), _YAML)

    @property
    def models(self) -> Iterator[SourceFile]:
        """The files with a model each."""
        yield from self._below(("model-paths",), _CODE)

    @property
    def seeds(self) -> Iterator[SourceFile]:
        """The files with a seed each."""
        yield from self._below(("seed-paths",), (".csv",))

    @property
    def snapshots(self) -> Iterator[SourceFile]:
        """The SQL files with snapshots, of which one file may have several."""
        yield from self._below(("snapshot-paths",), (".sql",))

    def below_project(self, file: SourceFile) -> str:
        """The path of a file as dbt writes it: `models/crm/people.sql`."""
        return Path(os.path.relpath(file.path, self.project_dir)).as_posix()

    def are_newer_than(self, file: Path) -> bool:
        """Whether a file with `meta` was changed after `file` was written, or there is no such file."""
        written = _changed_at(file)
        if written is None or _is_newer(self.project_dir / _PROJECT_FILE, written):
            return True
        return any(_is_newer(each.path, written) for each in self._below(_ACTIVATABLE, (*_YAML, *_CODE)))

    def _below(self, keys: tuple[str, ...], suffixes: tuple[str, ...]) -> Iterator[SourceFile]:
        seen: set[Path] = set()
        for key in keys:
            paths = self.configured.get(key)
            for path in paths if isinstance(paths, list) else _PATHS[key]:
                folder = self.project_dir / str(path)
                for file in _files(folder, suffixes):
                    if file not in seen:
                        seen.add(file)
                        yield SourceFile(file, folder)


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    for directory, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(directory, name) for name in sorted(names) if name.endswith(suffixes))


def _is_newer(file: Path, written: float) -> bool:
    return (_changed_at(file) or 0) > written


def _changed_at(file: Path) -> float | None:
    try:
        return file.stat().st_mtime
    except OSError:
        return None
