"""The text of intercom.yml: its keys with their lines, and its values rendered on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import yaml

from dbt_intercom_activate.configuration import yaml_marks
from dbt_intercom_activate.configuration.discretion import HIDDEN, is_harmless, without_quotations
from dbt_intercom_activate.configuration.readers import describe, dotted, listed, nearest
from dbt_intercom_activate.configuration.rendering import RenderingError
from dbt_intercom_activate.errors import ConfigurationError, Mistake

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from dbt_intercom_activate.configuration.readers import Collector, KeyPath, Note, Reader
    from dbt_intercom_activate.configuration.rendering import Rendered, Renderer

FILE = "intercom.yml"
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "default": "The workspace of activations that name none. Required where there are several.",
        "workspaces": "The workspaces by the names that you give them. Only those in use are rendered.",
        "ledger": "Where the ledger stands in the warehouse, and what it keeps.",
        "alerts": "Where it is said that an activation came to another state. Rendered when there is something to say.",
    }
)
"""The keys of the file, each with what an editor and the reference say of it."""
KEYS = tuple(MEANINGS)

# PyYAML's constructors raise these for what YAML allows and Python has no value for: `2024-99-99`, `!!int x`.
_UNREADABLE = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, RecursionError)


@dataclass(frozen=True, slots=True)
class IntercomFile:
    """A file that is a YAML mapping; nothing in it is rendered or judged yet."""

    document: Mapping[object, object] = field(repr=False)
    root: yaml.Node | None = field(repr=False)

    @classmethod
    def read(cls, project_dir: Path) -> IntercomFile | None:
        """Read the file beside dbt_project.yml; None where there is none.

        Raises:
            ConfigurationError: It cannot be read, or is no mapping.
        """
        try:
            text = (project_dir / FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise _unreadable(f"one that cannot be read ({type(error).__name__})") from None
        try:
            document = yaml.safe_load(text)
        except _UNREADABLE as error:
            raise _no_yaml(error) from None
        if not isinstance(document, Mapping):
            raise _unreadable(describe(document) if document is None else "something else")
        return cls(document, yaml_marks.compose(text))

    def note(self, collector: Collector) -> Note:
        """Return what takes down the mistakes of this file, with their lines."""

        def note(path: KeyPath, *, expected: str, found: str, todo: str | None = None) -> None:
            _, line = yaml_marks.deepest(self.root, path)
            collector.add(Mistake(FILE, line, None, dotted(path), expected, found, todo))

        return note

    def section(self, key: str) -> Mapping[object, object]:
        """Return a part of the file, empty where it is no mapping."""
        found = self.document.get(key)
        return found if isinstance(found, Mapping) else {}

    def check_keys(self, note: Note) -> None:
        """Note keys that the file does not have, and keys that stand twice."""
        for key in self.document:
            if key not in KEYS:
                note_unknown_key(note, (), key, KEYS)
        for path in yaml_marks.repeated(self.root):
            note(
                _up_to_what_is_shown(path), expected="the key once", found="it twice", todo="Keep one of them"
            )

    def read_values(
        self,
        raw: Mapping[object, object],
        path: KeyPath,
        readers: Mapping[str, Reader],
        *,
        renderer: Renderer,
        note: Note,
        leave_out: Collection[str] = (),
    ) -> dict[str, Any]:
        """Render and read those values of a mapping that have a reader.

        Args:
            raw: The mapping as YAML has it.
            path: Where it stands.
            readers: The keys to read.
            renderer: What renders Jinja.
            note: What takes down mistakes.
            leave_out: Keys that are not even rendered.
        """
        values: dict[str, Any] = {}
        for written, value in raw.items():
            key, here = str(written), (*path, str(written))
            if key in readers and key not in leave_out:
                values[key] = _read_value(value, here, readers[key], renderer=renderer, note=note)
            elif key not in readers and path[:1] == ("workspaces",):
                note_unknown_key(note, path, written, readers)
        return values


def note_unknown_key(note: Note, path: KeyPath, key: object, known: Iterable[str]) -> None:
    """Note a key that does not belong below `path`; it is shown only where it can be no token."""
    known, name = list(known), str(key)
    if is_harmless(name):
        note((*path, name), expected=listed(known), found=describe(key), todo=nearest(name, known))
    else:
        note(path, expected=listed(known), found=f"another key, {HIDDEN}")


def _up_to_what_is_shown(path: KeyPath) -> KeyPath:
    hidden = next((at for at, step in enumerate(path) if not is_harmless(str(step))), len(path))
    return path[:hidden]


def _read_value(value: object, path: KeyPath, read: Reader, *, renderer: Renderer, note: Note) -> Any:
    try:
        rendered = renderer.render(value)
    except RenderingError as failure:
        note(path, expected=failure.expected, found=failure.found, todo=failure.todo)
        return None
    return read(rendered.value, path, _discreet(note, rendered))


def _discreet(note: Note, rendered: Rendered) -> Note:
    """Return a note that shows neither what an environment variable held nor what may be a token."""
    if not rendered.variables and (not isinstance(rendered.value, str) or is_harmless(rendered.value)):
        return note
    instead = f"what {listed(rendered.variables, last='and')} holds" if rendered.variables else HIDDEN

    def discreet(path: KeyPath, *, expected: str, found: str, todo: str | None = None) -> None:
        without = found.replace(describe(rendered.value), instead)
        shown = instead if str(rendered.value) in without else without
        note(path, expected=expected, found=shown, todo=todo)

    return discreet


def _no_yaml(error: Exception) -> ConfigurationError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "a value that cannot be read"
    return _unreadable(
        f"an error: {without_quotations(problem)}",
        line=None if mark is None else mark.line + 1,
        expected="YAML",
    )


def _unreadable(found: str, *, line: int | None = None, expected: str | None = None) -> ConfigurationError:
    expected = expected or f"a mapping with {listed(KEYS, last='and')}"
    return ConfigurationError([Mistake(FILE, line, None, "the file", expected, found)])
