"""`vars: {intercom_activate: …}` of dbt_project.yml: what the plugin is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.readers import (
    PROJECT_FILE,
    Collector,
    describe,
    dotted,
    listed,
    nearest,
    read_choice,
)
from dbt_intercom_activate.errors import Mistake
from dbt_intercom_activate.objects.vocabulary import Word

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.readers import KeyPath, Note

SECTION = "intercom_activate"
SYNC_AFTER_VARIABLE = "INTERCOM_SYNC_AFTER"
"""The environment variable that takes the place of `sync_after`; empty: never."""

OF_MACROS = ("ledger_schema", "ledger_database")
"""Variables of the dbt package `intercom_activate`, which dbt reads from the same section."""


class Validate(Word):
    """What becomes of mistakes in `meta` when dbt parses."""

    ERROR = "error"
    """dbt ends with exit code 2."""
    WARN = "warn"
    """dbt says them and goes on."""
    OFF = "off"
    """Nothing is looked at."""


class Command(Word):
    """The commands of dbt that a sync can follow."""

    BUILD = "build"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """What the plugin is to do."""

    validate: Validate = Validate.ERROR
    """What becomes of mistakes in `meta` when dbt parses."""
    sync_after: frozenset[Command] = frozenset()
    """The commands of dbt that end with a sync."""


def read_settings(
    variables: Mapping[str, object], project_name: str, environment: Mapping[str, str]
) -> PluginSettings:
    """Read the plugin's settings.

    Args:
        variables: The project's `vars`, with what `--vars` says.
        project_name: Under whose name `vars` may stand as well.
        environment: Environment variables.

    Raises:
        ConfigurationError: There are mistakes; it holds all of them.
    """
    collector = Collector()
    note = _note(collector)
    section = _section(variables, project_name, note)
    for key in section:
        if key not in ("validate", "sync_after", *OF_MACROS):
            known = ("validate", "sync_after", *OF_MACROS)
            note((key,), expected=listed(known), found=describe(key), todo=nearest(str(key), known))
    settings = PluginSettings(
        validate=_validate(section.get("validate", "error"), note) or Validate.ERROR,
        sync_after=_sync_after(section.get("sync_after", ()), environment, note),
    )
    collector.finish()
    return settings


def _section(variables: Mapping[str, object], project_name: str, note: Note) -> Mapping[str, object]:
    own = variables.get(project_name)
    scoped = own.get(SECTION) if isinstance(own, Mapping) else None
    merged: dict[str, object] = {}
    for found in (variables.get(SECTION), scoped):
        if isinstance(found, Mapping):
            merged.update(found)
        elif found is not None:
            note((), expected="a mapping", found=describe(found))
    return merged


def _validate(value: object, note: Note) -> Validate | None:
    # YAML 1.1 reads `off` as false and `on` as true: https://yaml.org/type/bool.html
    word = {False: "off", True: "error"}[value] if isinstance(value, bool) else value
    chosen: Validate | None = read_choice(Validate)(word, ("validate",), note)
    return chosen


def _sync_after(value: object, environment: Mapping[str, str], note: Note) -> frozenset[Command]:
    given = environment.get(SYNC_AFTER_VARIABLE)
    if given is not None:
        commands = {word.strip() for word in given.split(",") if word.strip()}
        wrong = sorted(commands.difference(str(each) for each in Command))
        if wrong:
            _environment_mistake(wrong, note)
        return frozenset(Command(each) for each in commands.difference(wrong))
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        note(("sync_after",), expected="a list of build and run", found=describe(value))
        return frozenset()
    read = read_choice(Command)
    return frozenset(filter(None, (read(each, ("sync_after",), note) for each in value)))


def _environment_mistake(wrong: list[str], note: Note) -> None:
    note(
        ("sync_after",),
        expected=f"build and run, with a comma between them, in {SYNC_AFTER_VARIABLE}",
        found=listed([describe(each) for each in wrong], last="and"),
    )


def _note(collector: Collector) -> Note:
    def note(path: KeyPath, *, expected: str, found: str, todo: str | None = None) -> None:
        where = dotted(("vars", SECTION, *path))
        collector.add(Mistake(PROJECT_FILE, None, None, where, expected, found, todo))

    return note
