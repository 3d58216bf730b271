"""Jinja in intercom.yml, as in dbt's profiles.yml: `env_var`, `target`, and the filters that make types.

https://docs.getdbt.com/reference/dbt-jinja-functions/env_var
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import StrictUndefined, TemplateError, Undefined, pass_context
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.sandbox import SandboxedEnvironment

from dbt_intercom_activate.configuration.discretion import HIDDEN, is_variable_name, without_quotations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jinja2.runtime import Context

_MARKERS = ("{{", "{%", "{#")

# What an expression can raise by itself: `{{ 1 / 0 }}`, `{{ 'a' + 1 }}`, `{{ 'x' | as_number }}`.
_EXPRESSION_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)


class RenderingError(Exception):
    """A template that gives no value; `expected`, `found` and `todo` say why, without any value."""

    def __init__(self, expected: str, found: str, todo: str | None = None) -> None:
        self.expected, self.found, self.todo = expected, found, todo
        super().__init__(f"expected {expected}, found {found}")


class _MissingVariableError(Exception):
    """`env_var` without default names a variable that is not set."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template gave."""

    value: object
    variables: tuple[str, ...]
    """The environment variables that it read, whose values are nobody's business."""


class Renderer:
    """Renders single values in a sandbox."""

    def __init__(self, *, target: Mapping[str, object], env: Mapping[str, str]) -> None:
        self._env = env
        self._used: dict[str, None] = {}
        self._jinja = _Typed(undefined=StrictUndefined)
        self._jinja.globals = {"env_var": self._env_var, "target": target}
        self._jinja.filters.update(FILTERS)

    def render(self, value: object) -> Rendered:
        """Render a text that has Jinja in it; leave every other value alone.

        Raises:
            RenderingError: A variable is missing, or the template is faulty.
        """
        if not isinstance(value, str) or not any(marker in value for marker in _MARKERS):
            return Rendered(value, ())
        self._used = {}
        try:
            rendered: object = self._jinja.from_string(value).render()
        except _MissingVariableError as error:
            name = str(error)
            if not is_variable_name(name):
                todo = "Write the name of the variable that holds it, in capitals: INTERCOM_ACCESS_TOKEN"
                raise RenderingError("the name of an environment variable", HIDDEN, todo) from None
            raise RenderingError(
                f"the environment variable {name}", "nothing", "Set it, or give `env_var` a default"
            ) from None
        except TemplateError as error:
            # The text of the error can quote a value once a variable was read.
            kind = type(error).__name__
            reason = kind if self._used else without_quotations(error.message or kind)
            raise RenderingError("a Jinja template that renders", f"one that fails: {reason}") from None
        except _EXPRESSION_FAILURES as error:
            reason = type(error).__name__
            raise RenderingError("a Jinja template that renders", f"one that fails with {reason}") from None
        return Rendered(rendered, tuple(self._used))

    def _env_var(self, name: str, default: object = None) -> object:
        if name in self._env:
            self._used[name] = None
            return self._env[name]
        if default is None:
            raise _MissingVariableError(name)
        return default


class _Typed(SandboxedEnvironment):
    """Gives the value itself where a template is one expression, and text everywhere else."""

    code_generator_class = NativeCodeGenerator

    @staticmethod
    def concat(parts: Iterable[object]) -> object:  # type: ignore[override]
        values = list(parts)
        if len(values) == 1 and not isinstance(values[0], Undefined):
            return values[0]
        return "".join(str(value) for value in values)


# The filters ask for the context only so that Jinja does not apply them to literals
# while it compiles, which would turn the result back into text.


@pass_context
def _as_text(_: Context, value: object) -> str:
    return str(value)


@pass_context
def _as_number(_: Context, value: object) -> int | float:
    text = str(value).strip()
    try:
        return int(text)
    except ValueError:
        return float(text)


@pass_context
def _as_bool(_: Context, value: object) -> bool:
    text = str(value).strip().lower()
    if text not in ("true", "false"):
        raise ValueError("neither true nor false")
    return text == "true"


@pass_context
def _as_native(_: Context, value: object) -> object:
    return ast.literal_eval(value.strip()) if isinstance(value, str) else value


FILTERS = {"as_text": _as_text, "as_number": _as_number, "as_bool": _as_bool, "as_native": _as_native}
"""dbt's own, beside those of Jinja."""
