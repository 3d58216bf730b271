"""Fixed values of fields: what fits a field, and how it is kept."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dbt_intercom_activate.objects import FieldType
from dbt_intercom_activate.objects.model import CURRENCY, LINK

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt_intercom_activate.configuration.readers import JsonScalar
    from dbt_intercom_activate.objects import Field

LONGEST_ATTRIBUTE = 255
"""Characters that Intercom keeps of a text in a custom attribute."""

FIRST_MILLISECONDS = 100_000_000_000
"""Unix seconds from here on (the year 5138) are milliseconds by mistake."""


def settle(field: Field, value: JsonScalar) -> JsonScalar:
    """Return the value as it is kept: dates as unix seconds, identifiers as text.

    Raises:
        ValueError: The value does not fit; the message says what would.
    """
    if value is None:
        if not field.nullable:
            raise ValueError("a value, as null cannot clear this field")
        return None
    return _SETTLE[field.type](value)


def _role(value: JsonScalar) -> JsonScalar:
    return _checked(value, expected="user or lead", fits=value in ("user", "lead"))


def _boolean(value: JsonScalar) -> JsonScalar:
    return _checked(value, expected="true or false", fits=isinstance(value, bool))


def _integer(value: JsonScalar) -> JsonScalar:
    return _checked(value, expected="a whole number", fits=_is_whole(value))


def _cents(value: JsonScalar) -> JsonScalar:
    fits = _is_whole(value) and value >= 0  # type: ignore[operator]
    return _checked(value, expected="a whole number of cents", fits=fits)


def _currency(value: JsonScalar) -> JsonScalar:
    fits = isinstance(value, str) and CURRENCY.fullmatch(value.strip()) is not None
    return _checked(value, expected="a currency's code of three letters, such as usd", fits=fits)


def _link(value: JsonScalar) -> JsonScalar:
    fits = isinstance(value, str) and LINK.match(value) is not None
    return _checked(value, expected="text that begins with http:// or https://", fits=fits)


def _email(value: JsonScalar) -> JsonScalar:
    local, _, domain = value.strip().rpartition("@") if isinstance(value, str) else ("", "", "")
    return _checked(value, expected="an email address", fits=bool(local and domain))


def _text(value: JsonScalar) -> JsonScalar:
    return _checked(value, expected="text", fits=isinstance(value, str))


def _identifier(value: JsonScalar) -> JsonScalar:
    fits = _is_whole(value) or (isinstance(value, str) and bool(value.strip()))
    return str(_checked(value, expected="an id, as text", fits=fits))


def _scalar(value: JsonScalar) -> JsonScalar:
    fits = not isinstance(value, str) or len(value) <= LONGEST_ATTRIBUTE
    return _checked(value, expected=f"at most {LONGEST_ATTRIBUTE} characters", fits=fits)


def _timestamp(value: JsonScalar) -> JsonScalar:
    expected = "a date such as 2024-05-31, or unix seconds"
    if not isinstance(value, str):
        fits = _is_whole(value) and abs(value) < FIRST_MILLISECONDS  # type: ignore[arg-type]
        return _checked(value, expected=expected, fits=fits)
    try:
        # Python 3.10 does not read the `Z` of ISO 8601.
        moment = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return int(aware.timestamp())
    except (ValueError, OverflowError):
        raise ValueError(expected) from None


def _is_whole(value: JsonScalar) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _checked(value: JsonScalar, *, expected: str, fits: bool) -> JsonScalar:
    if not fits:
        raise ValueError(expected)
    return value


_SETTLE: dict[FieldType, Callable[[JsonScalar], JsonScalar]] = {
    FieldType.TEXT: _text,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _text,
    FieldType.URL: _text,
    FieldType.INTEGER: _integer,
    FieldType.WHOLE: _integer,
    FieldType.BOOLEAN: _boolean,
    FieldType.TIMESTAMP: _timestamp,
    FieldType.ROLE: _role,
    FieldType.SCALAR: _scalar,
    FieldType.ID: _identifier,
    FieldType.CENTS: _cents,
    FieldType.CURRENCY: _currency,
    FieldType.LINK: _link,
}
