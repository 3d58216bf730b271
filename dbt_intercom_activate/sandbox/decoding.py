"""From the bytes of a request to values that every endpoint can rely on.

What comes out of here is JSON that can be written again: whole texts, numbers that a double holds, and no deeper than
any endpoint needs. How Intercom words its refusals of such garbage is not documented; the
messages are ours.
"""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from dbt_intercom_activate.sandbox import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

DEEPEST = 32
LARGEST_INTEGER = int(sys.float_info.max)


def body(raw: bytes) -> Mapping[str, Any]:
    """The body as a JSON object; nothing at all is an empty one.

    Raises:
        IntercomError: 400, for whatever else it is.
    """
    if not raw.strip():
        return {}
    try:
        found = document(raw)
    except ValueError as error:
        raise errors.parameter_invalid(f"The request body is not valid JSON: {error}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise errors.parameter_invalid("The request body must be a JSON object")
    return found


def query(raw: bytes) -> Mapping[str, str]:
    """The parameters of a query string; of several with one name, the last.

    Raises:
        IntercomError: 400, for what is no text.
    """
    try:
        found = dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict"))
        for text in (*found, *found.values()):
            _check_text(text)
    except ValueError as error:
        raise errors.parameter_invalid(f"The query string is not valid: {error}") from None
    return found


def document(raw: bytes) -> Any:
    """A JSON document.

    Raises:
        ValueError: it is none, or holds what cannot be stored or written again.
    """
    try:
        found = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise ValueError("it is not in UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:
        # Python's own limit on the digits of a number, or NaN and its like, which JSON does not have.
        raise ValueError("it holds a number that is none or too long") from None
    _check_values(found)
    return found


def _check_values(found: Any) -> None:
    """Look at every value, without recursion: what is nested deeply is what this is to find."""
    pending = [(found, 1)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, int):
            if abs(value) > LARGEST_INTEGER:
                raise ValueError("it holds a number that is too large")
        elif isinstance(value, float):
            if not math.isfinite(value):
                raise ValueError("it holds a number that is too large")
        elif value is not None:
            if depth > DEEPEST:
                raise ValueError("it is nested too deeply")
            if isinstance(value, dict):
                pending += [(key, depth) for key in value]
                value = value.values()
            pending += [(item, depth + 1) for item in value]


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half a surrogate pair") from None


def _no_constant(name: str) -> None:
    """Python reads NaN and Infinity; JSON has no such values."""
    raise ValueError(name)
