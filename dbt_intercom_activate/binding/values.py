"""A value of the warehouse as Intercom wants it.

What the adapters hand over (through agate, or natively): text, booleans, int, float and Decimal, dates, timestamps with
and without zone, None. Arrays and objects arrive as JSON text, so their column's type gives them away.
"""

from __future__ import annotations

import math
import re
import struct
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from dbt_intercom_activate.objects.model import CURRENCY, LINK, FieldType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JsonScalar: TypeAlias = str | int | float | bool | None

MAX_ATTRIBUTE_LENGTH = 255
"""Characters that the value of a custom attribute may have.
https://www.intercom.com/help/en/articles/179-create-and-track-custom-data-attributes-cdas"""

MAX_INTEGER = 2**31 - 1
"""Intercom keeps `monthly_spend` in 32 bits; of custom attributes it names no limit.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/createorupdatecompany"""

MAX_SECONDS = 10**11
"""A unix time beyond this (the year 5138) is in milliseconds, which Intercom would take silently for a far future."""

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NAIVE_EPOCH, _FIRST_DAY, _SECOND = EPOCH.replace(tzinfo=None), EPOCH.date(), timedelta(seconds=1)
_EXACT = 2**53
"""Below it each whole number is a float of its own."""

_EXTENSION = re.compile(r" ?(?:x|ext\.?) ?[0-9]+$", re.IGNORECASE)
_DIGIT = re.compile(r"[0-9]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WITH_POINT = re.compile(r"-?[0-9]+\.[0-9]+")
_WITH_EXPONENT = re.compile(r"-?[0-9](?:\.[0-9]+[eE][+-]?|[eE][+-])[0-9]{1,3}")
_EMAIL = re.compile(r"[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+")


class Unreadable(Enum):
    """What stands for a value that is not read, since no driver could hand it over."""

    MOMENT = "a moment outside of the years 1 to 9999, or infinite"


class InvalidValue(ValueError):
    """A value that Intercom would refuse or misread; the text says why, without the value."""


def to_intercom(
    value: object,
    field_type: FieldType,
    *,
    composite: bool = False,
    attribute: bool = False,
    exact_below: int | None = None,
) -> JsonScalar:
    """Convert a value for a field of the given type.

    Args:
        composite: The value's column holds objects, arrays or bytes.
        attribute: The field is a custom attribute, whose text is limited to 255 characters.
        exact_below: From this size on numbers of the value's column may have lost digits, so that one may stand for
            another: they identify nothing.

    Raises:
        InvalidValue: Intercom would refuse it, or take it for something else.
    """
    if value is None:
        return None
    if isinstance(value, Unreadable):
        raise InvalidValue(value.value)
    if composite or isinstance(value, (dict, list, tuple, set, bytes)):
        raise InvalidValue("an object, an array or bytes; Intercom takes text, numbers, booleans and dates")
    converted = _CONVERTERS[field_type](value)
    if (
        field_type is FieldType.ID
        and exact_below
        and _is_number(value)
        and not -exact_below < value < exact_below
    ):
        raise InvalidValue(
            "a number with more digits than its floating-point column holds exactly; make it text, or a whole number, "
            "where it comes from"
        )
    limited = attribute and field_type is not FieldType.LINK
    if limited and isinstance(converted, str) and len(converted) > MAX_ATTRIBUTE_LENGTH:
        raise InvalidValue(
            f"text of {len(converted)} characters; a custom attribute takes {MAX_ATTRIBUTE_LENGTH}"
        )
    return converted


def converter(
    field_type: FieldType,
    *,
    composite: bool = False,
    attribute: bool = False,
    exact_below: int | None = None,
    single: bool = False,
) -> Callable[[object], JsonScalar]:
    """`to_intercom` for one field.

    Args:
        single: The value's column holds numbers of 32 bits; for the others see there.
    """

    def convert(value: object) -> JsonScalar:
        return to_intercom(
            shortest(value) if single else value,
            field_type,
            composite=composite,
            attribute=attribute,
            exact_below=exact_below,
        )

    return convert


def quick_converters(
    field_type: FieldType, *, attribute: bool
) -> Mapping[type, Callable[[Any], JsonScalar] | None]:
    """What `to_intercom` comes to for values of one Python type, where that is less; None leaves a value as it is.

    Of columns that hold neither composites nor, in an identifier, numbers that may have lost digits.
    """
    quick = {NoneType: None, **_QUICK.get(field_type, {})}
    if attribute and str in quick and quick.pop(str) is None:
        quick[str] = _short
    if attribute and quick.get(int) is _text:
        del quick[int]  # a number of more digits than an attribute takes letters
    return quick


def _short(text: str) -> JsonScalar:
    """The text of a custom attribute."""
    return text if len(text) <= MAX_ATTRIBUTE_LENGTH else to_intercom(text, FieldType.TEXT, attribute=True)


def plain_number(text: str) -> str:
    """The text of a number without an exponent and without zeros at its end, as the macro of that name makes it.

    Any other text stays as it is.
    """
    if _WITH_POINT.fullmatch(text):
        return text.rstrip("0").rstrip(".")
    return _plain(Decimal(text)) if _WITH_EXPONENT.fullmatch(text) else text


def shortest(value: object) -> object:
    """The shortest decimal that is this number of 32 bits: 0.1, where Python's 64 bits show 0.10000000149011612.

    Anything else, a whole number included, stays as it is.
    """
    if isinstance(value, bool) or not isinstance(value, (float, Decimal)) or not Decimal(value).is_finite():
        return value
    number = float(value)
    if number.is_integer() or _as_single(number) != number:
        return value
    texts = (f"{number:.{digits}g}" for digits in range(1, 10))
    return next((float(text) for text in texts if _as_single(float(text)) == number), value)


def _as_single(number: float) -> float | None:
    """The nearest number of 32 bits; None beyond their range."""
    try:
        (single,) = struct.unpack("f", struct.pack("f", number))
    except OverflowError:
        return None
    return float(single)


def _text(value: object) -> JsonScalar:
    if isinstance(value, str):
        return value
    if type(value) is int and -_EXACT < value < _EXACT:
        return str(value)
    if not _is_number(value):
        raise InvalidValue(f"a {_kind(value)} where text is due; cast it in the model")
    number = _finite(value)
    return _plain(Decimal(str(number)))


def _plain(number: Decimal) -> str:
    """Every digit, no exponent, and no zeros at the end, as the macro `number_text` makes it: 1, 1.0, 1e0 are `1`."""
    if number == int(number):
        return str(int(number))
    return format(number, "f").rstrip("0")


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _identifier(value: object) -> JsonScalar:
    """Without white space at its ends: `_white_space` of the macros holds the characters of Python's `strip`."""
    text = str(_text(value)).strip()
    if not text.isprintable() and _CONTROL.search(text) is not None:
        raise InvalidValue("a control character, such as a line break, inside of an identifier")
    return text


def _email(value: object) -> JsonScalar:
    """Intercom keeps emails in lower case, so an email that differs in case only is the same."""
    if not isinstance(value, str):
        raise InvalidValue(f"a {_kind(value)} where an email is due")
    email = value.strip().lower()
    if email == "":
        return None
    if _EMAIL.fullmatch(email) is None:
        raise InvalidValue("not an email address")
    return email


def _phone(value: object) -> JsonScalar:
    """As it is written: Intercom passes over brackets, blanks, dots and hyphens by itself.

    https://www.intercom.com/help/en/articles/6311200
    """
    text = _text(value)
    phone = text.strip() if isinstance(text, str) else ""
    if phone == "":
        return None
    letters = any(character.isalpha() for character in _EXTENSION.sub("", phone))
    if letters or _DIGIT.search(phone) is None or _CONTROL.search(phone) is not None:
        raise InvalidValue("not a phone number; Intercom advises the form +14155550123")
    return phone


def _role(value: object) -> JsonScalar:
    if value not in ("user", "lead"):
        raise InvalidValue("a role other than `user` and `lead`")
    return str(value)


def _boolean(value: object) -> JsonScalar:
    if not isinstance(value, bool):
        raise InvalidValue(f"a {_kind(value)} where a boolean is due; cast it in the model")
    return value


def _number(value: object) -> int | float:
    """Whole numbers as int, so that 1, 1.0 and 1.00 are the same payload."""
    if type(value) is int and -_EXACT < value < _EXACT:
        return value
    if type(value) is Decimal and value.is_finite():
        near = float(value)
        if -_EXACT < near < _EXACT:  # there each whole number has a float of its own
            return int(near) if near.is_integer() else near
    exact = _finite(value)
    if exact == int(exact):
        return int(exact)
    number = float(exact)
    return int(number) if number.is_integer() else number


def _finite(value: object) -> int | float | Decimal:
    if not _is_number(value):
        raise InvalidValue(f"a {_kind(value)} where a number is due; cast it in the model")
    if not isinstance(value, int) and not Decimal(value).is_finite():
        raise InvalidValue("not a finite number")
    if not -sys.float_info.max <= value <= sys.float_info.max:
        raise InvalidValue("a number beyond what JSON carries")
    return value


def _whole(value: object) -> int:
    number = _number(value)
    if not isinstance(number, int):
        raise InvalidValue("a number with decimals where an integer is due; Intercom would cut it")
    return number


def _integer(value: object) -> JsonScalar:
    number = _whole(value)
    if abs(number) > MAX_INTEGER:
        raise InvalidValue(f"an integer beyond {MAX_INTEGER}")
    return number


def _cents(value: object) -> JsonScalar:
    number = _finite(value)
    # 20.00 is the price that its decimals say, not 20 cents.
    has_decimals = isinstance(number, Decimal) and int(number.as_tuple().exponent) < 0
    if isinstance(number, float) or has_decimals:
        raise InvalidValue("a number with decimals where whole cents are due; 19.99 is 1999")
    if number < 0:
        raise InvalidValue("a negative amount; Intercom takes positive ones")
    return int(number)


def _currency(value: object) -> JsonScalar:
    code = value.strip() if isinstance(value, str) else None
    if code == "":
        return None
    if code is None or CURRENCY.fullmatch(code) is None:
        raise InvalidValue("not a currency's code of three letters, such as usd")
    return code.lower()


def _link(value: object) -> JsonScalar:
    text = _text(value)
    link = text.strip() if isinstance(text, str) else ""
    if link == "":
        return None
    if LINK.match(link) is None:
        raise InvalidValue("not a link that begins with http:// or https://")
    return link


def _seconds(value: object) -> JsonScalar:
    """Unix seconds, which is what Intercom calls a date; a time without a zone is UTC."""
    if isinstance(value, datetime):
        return (value - (_NAIVE_EPOCH if value.tzinfo is None else EPOCH)) // _SECOND
    if isinstance(value, date):
        return (value - _FIRST_DAY).days * 86_400
    if isinstance(value, str):
        raise InvalidValue("text where a date or a timestamp is due; cast it in the model")
    seconds = _number(value)
    if abs(seconds) >= MAX_SECONDS:
        raise InvalidValue("milliseconds where seconds are due")
    return math.floor(seconds)


def _scalar(value: object) -> JsonScalar:
    """A field whose type Intercom did not tell: the value's own type decides."""
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, date):
        return _seconds(value)
    return _number(value)


def _kind(value: object) -> str:
    names: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (str, "text"),
        (datetime, "timestamp"),
        (date, "date"),
        (int, "number"),
        (float, "number"),
        (Decimal, "number"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), type(value).__name__)


_CONVERTERS: dict[FieldType, Callable[[object], JsonScalar]] = {
    FieldType.TEXT: _text,
    FieldType.URL: _text,
    FieldType.ID: _identifier,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _phone,
    FieldType.ROLE: _role,
    FieldType.BOOLEAN: _boolean,
    FieldType.INTEGER: _integer,
    FieldType.WHOLE: _whole,
    FieldType.NUMBER: _number,
    FieldType.TIMESTAMP: _seconds,
    FieldType.SCALAR: _scalar,
    FieldType.CENTS: _cents,
    FieldType.CURRENCY: _currency,
    FieldType.LINK: _link,
}

_MOMENTS: dict[type, Callable[[Any], JsonScalar] | None] = {datetime: _seconds, date: _seconds}
_NUMBERS: dict[type, Callable[[Any], JsonScalar] | None] = {int: _number, float: _number, Decimal: _number}

_QUICK: dict[FieldType, dict[type, Callable[[Any], JsonScalar] | None]] = {
    FieldType.TEXT: {str: None, int: _text},
    FieldType.URL: {str: None, int: _text},
    FieldType.ID: {str: _identifier, int: _identifier},
    FieldType.EMAIL: {str: _email},
    FieldType.BOOLEAN: {bool: None},
    FieldType.INTEGER: {int: _integer},
    FieldType.WHOLE: {int: _whole},
    FieldType.NUMBER: _NUMBERS,
    FieldType.TIMESTAMP: _MOMENTS,
    FieldType.SCALAR: {str: None, bool: None} | _MOMENTS | _NUMBERS,
}
"""By the type of a field and the Python type of a value; see `quick_converters`."""
