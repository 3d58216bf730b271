"""The blocks of docs/reference/commands.md: every command and every option, from click."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from dbt_intercom_activate.cli.build import _shared
from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import common_options
from docs.generator.markdown import code, sentences, table

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEADINGS = ("option", "does", "default", "environment")


@click.command()
@common_options
def _with_common_options() -> None:
    """Has the options of every command that works on a project."""


COMMON = [each for each in _with_common_options.params if isinstance(each, click.Option)]


def _has_common(command: click.Command) -> bool:
    return {each.name for each in COMMON} <= {each.name for each in command.params}


def _command(name: str, command: click.Command) -> str:
    common = {each.name for each in COMMON} if _has_common(command) else set()
    own = [each for each in command.params if isinstance(each, click.Option) and each.name not in common]
    parts = [_usage(name, command), _help(command)]
    if any(not each.hidden for each in own):
        parts.append(_options(own))
    if common:
        parts.append("Also the [common options](#common-options).")
    return "\n\n".join(parts)


def _passed_on() -> str:
    ours = {each.name for each in COMMON}
    return _options(
        each for each in _shared.params if isinstance(each, click.Option) and each.name not in ours
    )


def _usage(name: str, command: click.Command) -> str:
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    words = [_argument(each) for each in arguments]
    return f"```\n{' '.join(['dbt-intercom-activate', name, '[OPTIONS]', *words])}\n```"


def _argument(argument: click.Argument) -> str:
    if isinstance(argument.type, click.Choice):
        return "|".join(map(str, argument.type.choices))
    return "[DBT_OPTIONS]..." if argument.nargs == -1 else str(argument.name).upper()


def _help(command: click.Command) -> str:
    said = "\n".join(line.strip() for line in (command.help or "").splitlines())
    return "\n\n".join(sentences(" ".join(part.split())) for part in said.split("\n\n"))


def _options(options: Iterable[click.Option]) -> str:
    return table(_HEADINGS, [_row(each) for each in options if not each.hidden])


def _row(option: click.Option) -> tuple[str, str, str, str]:
    return _names(option), f"{_said(option)}{_values(option.type)}", _default(option), _environment(option)


def _names(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.metavar or _metavar(option.type)}"
    names = [*option.opts, *option.secondary_opts]
    return ", ".join(f"`{name}`" for name in [*names[:-1], f"{names[-1]}{value}"])


def _metavar(kind: click.ParamType[Any]) -> str:
    if isinstance(kind, click.Choice):
        return "WORD"
    if isinstance(kind, click.Path):
        return "FILE"
    return "NUMBER" if kind.name in ("integer", "integer range", "float range") else "TEXT"


def _said(option: click.Option) -> str:
    if not option.help:
        raise ValueError(f"{option.opts[0]} has no help")
    return option.help


def _values(kind: click.ParamType[Any]) -> str:
    if isinstance(kind, click.Choice):
        return f" {code(*map(str, kind.choices))}."
    if isinstance(kind, click.IntRange | click.FloatRange):
        return f" From {kind.min:g}." if kind.max is None else f" From {kind.min:g} to {kind.max:g}."
    return ""


def _default(option: click.Option) -> str:
    if option.required:
        return "required"
    # What was not given is a marker of click's own.
    if option.is_flag or not isinstance(option.default, str | int | float):
        return ""
    return f"`{option.default}`"


def _environment(option: click.Option) -> str:
    names = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
    return ", ".join(f"`{name}`" for name in names)


BLOCKS = {
    "common options": partial(_options, COMMON),
    **{name: partial(_command, name, each) for name, each in sorted(cli.commands.items()) if not each.hidden},
    "options that dbt takes too": _passed_on,
}
