"""Which Intercom workspaces there are: intercom.yml, or the environment where there is no such file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.configuration.alerts import KEYS as ALERT_KEYS
from dbt_intercom_activate.configuration.alerts import AlertSettings
from dbt_intercom_activate.configuration.base_url import APPS, DEFAULT_REGION, REGIONS
from dbt_intercom_activate.configuration.intercom_file import FILE, IntercomFile, note_unknown_key
from dbt_intercom_activate.configuration.readers import (
    Collector,
    describe,
    dotted,
    listed,
    nearest,
    read_flag,
    read_text,
)
from dbt_intercom_activate.configuration.rendering import Renderer
from dbt_intercom_activate.configuration.settings import DEFAULT_API_VERSION, KEYS, Settings
from dbt_intercom_activate.errors import Mistake

if TYPE_CHECKING:
    from pathlib import Path

    from dbt_intercom_activate.configuration.readers import KeyPath, Note, Reader
    from dbt_intercom_activate.secret import Secret

ENVIRONMENT = "the environment"
"""What messages say in place of a file."""
ONLY_WORKSPACE = "default"
"""The name of the one workspace that the environment describes."""
TOKEN_VARIABLE = "INTERCOM_ACCESS_TOKEN"  # noqa: S105 (the name of a variable)
BASE_URL_VARIABLE = "INTERCOM_BASE_URL"

VARIABLES = {
    "access_token": TOKEN_VARIABLE,
    "region": "INTERCOM_REGION",
    "base_url": BASE_URL_VARIABLE,
    "api_version": "INTERCOM_API_VERSION",
}
"""What describes the one workspace where there is no intercom.yml, by the key that it stands for."""
_REDIRECTING = ("access_token", "base_url")
_ADDRESS = ("region", "base_url")

DEFAULT_TIMEOUT = 30.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """One Intercom workspace, ready to be written to."""

    name: str
    base_url: str
    """Without a slash at its end."""
    access_token: Secret
    api_version: str = DEFAULT_API_VERSION
    admin_id: str | None = None
    concurrency: int | None = None
    """Requests at a time; None for as many as Intercom's limit needs."""
    requests_per_minute: int | None = None
    """A limit of the user's own, below Intercom's; None where there is none."""
    timeout: float = DEFAULT_TIMEOUT
    """Seconds to wait for an answer."""
    region: str | None = None
    """us, eu or au; None where `base_url` decides."""
    redirected: bool = False
    """Whether INTERCOM_BASE_URL sends requests elsewhere than intercom.yml says."""


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """Where the ledger stands in the warehouse."""

    schema: str = field(
        default="intercom_activate", metadata={"meaning": "The schema; it is made when missing."}
    )
    database: str | None = field(
        default=None, metadata={"meaning": "The database or catalog. By default that of the dbt target."}
    )
    payloads: bool = field(
        default=False,
        metadata={"meaning": "Keep with each success what Intercom was told: values of your records."},
    )


@dataclass(frozen=True, slots=True)
class IntercomConfig:
    """The workspaces by name; each is rendered only when it is asked for."""

    default: str
    """The workspace of activations that name none."""
    ledger: LedgerPlace
    names: tuple[str, ...]
    _file: IntercomFile | None = field(repr=False, compare=False)
    _renderer: Renderer = field(repr=False, compare=False)
    _env: Mapping[str, str] = field(repr=False, compare=False)

    def workspace(self, name: str) -> WorkspaceSettings:
        """Render one workspace.

        Raises:
            ConfigurationError: It does not exist, or its settings have mistakes; all of them.
        """
        collector = Collector()
        if self._file is None:
            settings = _from_environment(self._env, tuple(VARIABLES), collector)
            redirected = False
        else:
            settings, redirected = self._from_file(self._file, name, collector)
        collector.finish()
        if settings.access_token is None:
            raise AssertionError("a missing token is a mistake")
        region = None if settings.base_url else settings.region or DEFAULT_REGION
        values: dict[str, Any] = {key: getattr(settings, key) for key in KEYS}
        values["region"] = region
        values["base_url"] = settings.base_url or REGIONS[region or DEFAULT_REGION]
        given = {key: value for key, value in values.items() if value is not None}
        return WorkspaceSettings(name=name, redirected=redirected, **given)

    @property
    def has_alerts(self) -> bool:
        """Whether the file has `alerts`; nothing of it is rendered for this."""
        return self._file is not None and "alerts" in self._file.document

    def alerts(self) -> AlertSettings | None:
        """Render `alerts`; None where there are none.

        Raises:
            ConfigurationError: They have mistakes; all of them.
        """
        if self._file is None or not self.has_alerts:
            return None
        collector = Collector()
        note, raw = self._file.note(collector), self._file.section("alerts")
        values = self._file.read_values(raw, ("alerts",), ALERT_KEYS, renderer=self._renderer, note=note)
        collector.finish()
        return AlertSettings(**values)

    def page_of(self, name: str) -> str:
        """Where people find a workspace: Intercom's app of its region, or its own `base_url`.

        Of the workspace nothing else is rendered, so that nobody needs its token for this; and INTERCOM_BASE_URL, which
        sends requests elsewhere for a while, does not change it.

        Raises:
            ConfigurationError: It does not exist, or its region or base_url have mistakes.
        """
        collector = Collector()
        if self._file is None:
            settings = Settings(**_described(self._env, _ADDRESS, collector))
        else:
            raw = self._raw(self._file, name, collector) or {}
            values = self._file.read_values(
                raw,
                ("workspaces", name),
                KEYS,
                renderer=self._renderer,
                note=self._file.note(collector),
                leave_out=[key for key in KEYS if key not in _ADDRESS],
            )
            settings = Settings(**values)
        collector.finish()
        return settings.base_url or APPS[settings.region or DEFAULT_REGION]

    def _raw(self, file: IntercomFile, name: str, collector: Collector) -> Mapping[object, object] | None:
        """A workspace as the file has it; None where that is a mistake."""
        note, path = file.note(collector), ("workspaces", name)
        if name not in self.names:
            expected = f"one of the workspaces {listed(self.names)}"
            note(path, expected=expected, found=describe(name), todo=nearest(name, self.names))
            return None
        raw = file.section("workspaces").get(name)
        if not isinstance(raw, Mapping):
            note(path, expected="a mapping with `access_token` and `region`", found=describe(raw))
            return None
        return raw

    def _from_file(self, file: IntercomFile, name: str, collector: Collector) -> tuple[Settings, bool]:
        note = file.note(collector)
        path: KeyPath = ("workspaces", name)
        raw = self._raw(file, name, collector)
        if raw is None:
            return Settings(), False
        redirected = bool(self._env.get(BASE_URL_VARIABLE))
        elsewhere = (*_REDIRECTING, "region") if redirected else ()
        values = file.read_values(raw, path, KEYS, renderer=self._renderer, note=note, leave_out=elsewhere)
        if redirected:
            here = _from_environment(self._env, _REDIRECTING, collector)
            values |= {key: getattr(here, key) for key in _REDIRECTING}
        elif "access_token" not in raw:
            todo = f"Write `access_token: \"{{{{ env_var('{TOKEN_VARIABLE}') }}}}\"`"
            note(path, expected="an `access_token`", found="nothing", todo=todo)
        return Settings(**values), redirected


def read(project_dir: Path, *, target: Mapping[str, object], env: Mapping[str, str]) -> IntercomConfig:
    """Read intercom.yml beside dbt_project.yml, or the environment where there is none.

    Args:
        project_dir: The directory of dbt_project.yml.
        target: dbt's `target`, as Jinja sees it.
        env: The environment variables.

    Raises:
        ConfigurationError: The file has mistakes outside its workspaces; all of them.
    """
    renderer = Renderer(target=target, env=env)
    file = IntercomFile.read(project_dir)
    if file is None:
        return IntercomConfig(ONLY_WORKSPACE, LedgerPlace(), (ONLY_WORKSPACE,), None, renderer, env)
    collector = Collector()
    note = file.note(collector)
    file.check_keys(note)
    names = _names(file, note)
    default = _default(file, names, renderer, note)
    ledger = _ledger(file, renderer, note)
    _check_alerts(file, note)
    collector.finish()
    return IntercomConfig(default, ledger, names, file, renderer, env)


def _names(file: IntercomFile, note: Note) -> tuple[str, ...]:
    raw = file.document.get("workspaces")
    if not isinstance(raw, Mapping) or not raw:
        found = "an empty mapping" if raw == {} else describe(raw)
        note(("workspaces",), expected="a mapping of names to workspaces", found=found)
        return ()
    for name in raw:
        read_text(name, ("workspaces", str(name)), note)
    return tuple(name for name in raw if isinstance(name, str) and name.strip())


def _default(file: IntercomFile, names: tuple[str, ...], renderer: Renderer, note: Note) -> str:
    """Return the default workspace: the one that `default` names, or the only one there is."""
    if "default" not in file.document:
        if len(names) > 1:
            note(("default",), expected=f"the default workspace: {listed(names)}", found="nothing")
        return names[0] if names else ""
    readers = {"default": _name_among(names)}
    return file.read_values(file.document, (), readers, renderer=renderer, note=note)["default"] or ""


def _name_among(names: tuple[str, ...]) -> Reader:
    def read_name(value: object, path: KeyPath, note: Note) -> str | None:
        name = read_text(value, path, note)
        if name is None or not names or name in names:
            return name
        expected = f"one of the workspaces {listed(names)}"
        note(path, expected=expected, found=describe(name), todo=nearest(name, names))
        return None

    return read_name


def _ledger(file: IntercomFile, renderer: Renderer, note: Note) -> LedgerPlace:
    raw = file.document.get("ledger", {})
    if not isinstance(raw, Mapping):
        note(("ledger",), expected="a mapping with `schema`, `database` and `payloads`", found=describe(raw))
        return LedgerPlace()
    readers: dict[str, Reader] = {
        "schema": _read_relation_name,
        "database": _read_relation_name,
        "payloads": read_flag,
    }
    for key in raw:
        if key not in readers:
            note_unknown_key(note, ("ledger",), key, readers)
    values = file.read_values(raw, ("ledger",), readers, renderer=renderer, note=note)
    return LedgerPlace(**values)


def _check_alerts(file: IntercomFile, note: Note) -> None:
    """Judge what can be judged of `alerts` before it is rendered."""
    if "alerts" not in file.document:
        return
    raw = file.document["alerts"]
    if not isinstance(raw, Mapping):
        note(("alerts",), expected="a mapping with `url` and `form`", found="something else")
        return
    for key in raw:
        if key not in ALERT_KEYS:
            note_unknown_key(note, ("alerts",), key, ALERT_KEYS)
    if "url" not in raw:
        todo = "Write `url: \"{{ env_var('INTERCOM_ALERTS_URL') }}\"`"
        note(("alerts",), expected="the `url` of a webhook", found="nothing", todo=todo)


_NOT_IN_A_NAME = re.compile(r"""["'`;\\{}]""")
"""What ends a name, or a text, in the SQL of some warehouse: dbt's own macros write names into both as they are."""
LONGEST_NAME = 63
"""Bytes; PostgreSQL cuts off the rest: https://www.postgresql.org/docs/current/sql-syntax-lexical.html."""


def _read_relation_name(value: object, path: KeyPath, note: Note) -> str | None:
    """Read a name that every warehouse takes for one name when it is quoted."""
    name = read_text(value, path, note)
    if name is None:
        return None
    good = name.isprintable() and name == name.strip() and not _NOT_IN_A_NAME.search(name)
    if good and len(name.encode()) <= LONGEST_NAME:
        return name
    note(
        path,
        expected=f"a name of at most {LONGEST_NAME} bytes without quotation marks, semicolons, backslashes and braces, "
        "and without blanks around it",
        found=describe(name),
        todo="Give the ledger another name",
    )
    return None


def _described(env: Mapping[str, str], keys: tuple[str, ...], collector: Collector) -> dict[str, Any]:
    """What the environment says of its one workspace."""
    note = _note_of_environment(collector)
    return {
        key: KEYS[key](env[VARIABLES[key]], (VARIABLES[key],), note)
        for key in keys
        if env.get(VARIABLES[key])
    }


def _note_of_environment(collector: Collector) -> Note:
    def note(path: KeyPath, *, expected: str, found: str, todo: str | None = None) -> None:
        collector.add(Mistake(ENVIRONMENT, None, None, dotted(path), expected, found, todo))

    return note


def _from_environment(env: Mapping[str, str], keys: tuple[str, ...], collector: Collector) -> Settings:
    values = _described(env, keys, collector)
    if not env.get(TOKEN_VARIABLE):
        todo = f"Set {TOKEN_VARIABLE}, or describe your workspaces in {FILE}"
        if keys == _REDIRECTING:
            todo = f"Set {TOKEN_VARIABLE} too, as {BASE_URL_VARIABLE} sends every workspace elsewhere"
        note = _note_of_environment(collector)
        note((TOKEN_VARIABLE,), expected="an access token of Intercom", found="nothing", todo=todo)
    return Settings(**values)
