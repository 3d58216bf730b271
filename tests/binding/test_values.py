"""A value of the warehouse as Intercom wants it."""

from __future__ import annotations

import json
import math
import struct
import unicodedata
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbt_intercom_activate.binding.values import (
    MAX_ATTRIBUTE_LENGTH,
    MAX_SECONDS,
    InvalidValue,
    shortest,
    to_intercom,
)
from dbt_intercom_activate.objects.model import FieldType

ANY_VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.binary(),
    st.lists(st.integers()),
)


@given(ANY_VALUE, st.sampled_from(list(FieldType)), st.booleans())
def test_every_value_becomes_json_or_is_refused_without_being_shown(value, field_type, attribute):
    refusal = ""
    converted = None
    try:
        converted = to_intercom(value, field_type, attribute=attribute)
    except InvalidValue as refused:
        refusal = str(refused)
    assert len(str(value)) < 8 or str(value) not in refusal
    assert converted is None or type(converted) in (str, int, float, bool)
    assert json.loads(json.dumps(converted, allow_nan=False)) == converted


@given(ANY_VALUE, st.sampled_from(list(FieldType)))
def test_what_was_converted_once_stays_as_it_is(value, field_type):
    try:
        converted = to_intercom(value, field_type)
    except InvalidValue:
        return
    if not isinstance(value, date) or abs(converted) < MAX_SECONDS:  # the year 5138
        assert to_intercom(converted, field_type) == converted


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_a_number_is_the_same_whatever_its_scale(number):
    converted = to_intercom(number, FieldType.NUMBER)
    wider = number.quantize(Decimal("0.000001"))
    assert json.dumps(to_intercom(wider, FieldType.NUMBER)) == json.dumps(converted)
    assert math.isclose(converted, float(number))


@given(st.integers(-(2**31) + 1, 2**31 - 1))
def test_whole_numbers_are_integers_in_any_guise(number):
    for guise in (number, float(number), Decimal(number), Decimal(f"{number}.00")):
        assert to_intercom(guise, FieldType.INTEGER) == number
        assert type(to_intercom(guise, FieldType.NUMBER)) is int


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_a_time_is_the_same_second_in_every_zone(moment, minutes):
    if not datetime(1, 1, 3) < moment < datetime(9999, 12, 29):  # noqa: DTZ001 (naive on purpose)
        return
    utc = moment.replace(tzinfo=timezone.utc)
    elsewhere = utc.astimezone(timezone(timedelta(minutes=minutes)))
    seconds = to_intercom(moment, FieldType.TIMESTAMP)
    assert seconds == to_intercom(utc, FieldType.TIMESTAMP) == to_intercom(elsewhere, FieldType.TIMESTAMP)
    # Whole division: `total_seconds` rounds the last microsecond of a far year up.
    assert seconds == (utc - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(seconds=1)


@pytest.mark.parametrize(
    ("value", "field_type", "expected"),
    [
        pytest.param(
            " Ada@Example.COM ", FieldType.EMAIL, "ada@example.com", id="emails are trimmed and lower"
        ),
        pytest.param("  ", FieldType.EMAIL, None, id="a blank email is none"),
        pytest.param(" u1 ", FieldType.ID, "u1", id="identifiers are trimmed"),
        pytest.param(42, FieldType.ID, "42", id="a whole number is an identifier"),
        pytest.param(Decimal("42.00"), FieldType.ID, "42", id="a whole decimal is an identifier"),
        pytest.param(" text ", FieldType.TEXT, " text ", id="text keeps its blanks"),
        pytest.param(date(1970, 1, 2), FieldType.TIMESTAMP, 86_400, id="a date is midnight in UTC"),
        pytest.param(date(1969, 12, 31), FieldType.TIMESTAMP, -86_400, id="a date before 1970"),
        pytest.param(1_700_000_000, FieldType.TIMESTAMP, 1_700_000_000, id="seconds stay seconds"),
        pytest.param(1_700_000_000.9, FieldType.TIMESTAMP, 1_700_000_000, id="seconds are cut"),
        pytest.param(date(1970, 1, 2), FieldType.SCALAR, 86_400, id="a date where the type is unknown"),
        pytest.param(True, FieldType.SCALAR, True, id="a boolean where the type is unknown"),
        pytest.param("+1 (415) 555-0123", FieldType.PHONE, "+1 (415) 555-0123", id="a phone number"),
        pytest.param(" (415) 555-0123\t", FieldType.PHONE, "(415) 555-0123", id="a phone number in brackets"),
        pytest.param(
            "+ 44 20 7946 0958", FieldType.PHONE, "+ 44 20 7946 0958", id="a phone number after a blank"
        ),
        pytest.param("415.555.0123 ext. 7", FieldType.PHONE, "415.555.0123 ext. 7", id="an extension"),
        pytest.param("112", FieldType.PHONE, "112", id="a short phone number"),
        pytest.param("lead", FieldType.ROLE, "lead", id="a role"),
    ],
)
def test_values_are_converted(value, field_type, expected):
    converted = to_intercom(value, field_type)
    assert (converted, type(converted)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "field_type", "why"),
    [
        ("ada", FieldType.EMAIL, "email"),
        ("a b@example.com", FieldType.EMAIL, "email"),
        (1, FieldType.EMAIL, "email"),
        ("1.5", FieldType.NUMBER, "number"),
        (True, FieldType.NUMBER, "number"),
        (float("nan"), FieldType.NUMBER, "finite"),
        (Decimal("Infinity"), FieldType.NUMBER, "finite"),
        (1.5, FieldType.INTEGER, "integer"),
        (2**31, FieldType.INTEGER, "integer"),
        ("2024-01-01", FieldType.TIMESTAMP, "text"),
        (1_700_000_000_000, FieldType.TIMESTAMP, "milliseconds"),
        (1, FieldType.BOOLEAN, "boolean"),
        ("yes", FieldType.BOOLEAN, "boolean"),
        (date(2024, 1, 1), FieldType.TEXT, "text"),
        (True, FieldType.TEXT, "text"),
        ("admin", FieldType.ROLE, "role"),
        ("call me", FieldType.PHONE, "phone"),
        ("call 555-0123", FieldType.PHONE, "phone"),
        ("+ () -", FieldType.PHONE, "phone"),
        ("415\n555", FieldType.PHONE, "phone"),
        ([1], FieldType.TEXT, "array"),
        ({}, FieldType.SCALAR, "object"),
        (b"x", FieldType.SCALAR, "bytes"),
    ],
    ids=repr,
)
def test_values_are_refused_with_a_reason(value, field_type, why):
    with pytest.raises(InvalidValue, match=why):
        to_intercom(value, field_type)


def test_text_of_a_custom_attribute_has_a_limit():
    assert to_intercom("x" * MAX_ATTRIBUTE_LENGTH, FieldType.TEXT, attribute=True)
    with pytest.raises(InvalidValue, match="256 characters"):
        to_intercom("x" * 256, FieldType.TEXT, attribute=True)
    assert to_intercom("x" * 256, FieldType.TEXT)


@given(st.text(st.sampled_from("0123456789 ()+.-/\u00a0"), max_size=30))
def test_a_phone_number_needs_nothing_but_digits(phone):
    if any(character in "0123456789" for character in phone):
        assert to_intercom(phone, FieldType.PHONE) == phone.strip()
    elif phone.strip():
        with pytest.raises(InvalidValue):
            to_intercom(phone, FieldType.PHONE)


@given(st.floats(width=32))
def test_a_number_of_32_bits_has_few_digits(number):
    sent = shortest(number)
    if not math.isfinite(number):
        assert sent is number
        return
    assert struct.pack("f", sent) == struct.pack("f", number)
    assert number.is_integer() or len(repr(sent).partition("e")[0].strip("-0.").replace(".", "")) <= 9


@given(st.one_of(st.decimals(), st.integers(), st.booleans(), st.none(), st.floats()))
def test_other_numbers_than_those_of_32_bits_stay(value):
    sent = shortest(value)
    assert sent is value or struct.pack("f", sent) == struct.pack("f", float(value))


@pytest.mark.parametrize(
    ("digits", "sent"), [("0.1", 0.1), ("-1.1", -1.1), ("3.4e-38", 3.4e-38), ("0.3333333", 0.3333333)]
)
def test_a_float_is_the_decimal_that_was_meant(digits, sent):
    (single,) = struct.unpack("f", struct.pack("f", float(digits)))
    assert shortest(single) == shortest(Decimal(repr(single))) == sent


@given(st.text(st.sampled_from("ab \t\n\x00\x1f\x7f\x85\u2028\u3000"), max_size=10))
def test_an_identifier_is_trimmed_and_has_no_control_character(text):
    if any(unicodedata.category(character) == "Cc" for character in text.strip()):
        with pytest.raises(InvalidValue, match="control character"):
            to_intercom(text, FieldType.ID)
    else:
        assert to_intercom(text, FieldType.ID) == text.strip()
