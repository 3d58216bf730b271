"""Whatever an adapter hands over becomes what Intercom takes, or is `invalid_value`; nothing in between."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from dbt_intercom_activate.binding.values import MAX_INTEGER, InvalidValue, to_intercom
from dbt_intercom_activate.objects import FieldType

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
decimals = st.decimals(allow_nan=True, allow_infinity=True)
moments = st.one_of(st.datetimes(), st.datetimes(timezones=zones))
anything = st.one_of(
    st.none(),
    texts,
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**300),
    st.floats(),
    decimals,
    st.dates(),
    moments,
    st.times(),
    st.timedeltas(),
    st.binary(max_size=20),
    st.uuids(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(texts, st.integers(), max_size=2),
    st.emails(),
)
"""The Python types of DuckDB, PostgreSQL and Snowflake, by way of agate or natively."""

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc)
EARLIEST, LATEST = (each.replace(tzinfo=None) for each in (EPOCH.replace(year=2), EPOCH.replace(year=9998)))
TYPES = list(FieldType)
quick = settings(max_examples=200, deadline=None)


@quick
@given(anything, st.sampled_from(TYPES), st.booleans(), st.booleans())
@example(Decimal("sNaN"), FieldType.NUMBER, False, False)
@example(10**400, FieldType.TEXT, False, False)
@example(Decimal("1e999999"), FieldType.NUMBER, False, False)
@example(float("inf"), FieldType.TIMESTAMP, False, False)
@example(LAST_MOMENT, FieldType.TIMESTAMP, False, False)
@example(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), FieldType.TIMESTAMP, False, False)
@example(time(1, 2), FieldType.TEXT, False, False)
@example(uuid.UUID(int=1), FieldType.ID, False, False)
def test_every_value_becomes_a_json_scalar_or_is_invalid(value, field_type, composite, attribute):
    try:
        sent = to_intercom(value, field_type, composite=composite, attribute=attribute)
    except InvalidValue:
        return
    assert sent is None or type(sent) in (str, int, float, bool)
    # What is sent is what arrives.
    assert json.loads(json.dumps(sent, allow_nan=False)) == sent


# Most values do not fit most types; a run of such is bad luck and no fault of the test.
@settings(quick, suppress_health_check=[HealthCheck.filter_too_much])
@given(anything, st.sampled_from(TYPES))
def test_what_is_sent_would_be_sent_as_it_is(value, field_type):
    """The payload is canonical: its values stand for themselves, so equal values have equal hashes."""
    try:
        sent = to_intercom(value, field_type)
    except InvalidValue:
        assume(False)
    # The year 5139 is a moment like any other; its number alone would be taken for milliseconds.
    assume(not isinstance(value, date) or value.year < 5138)
    assert to_intercom(sent, field_type) == sent
    assert type(to_intercom(sent, field_type)) is type(sent)


@quick
@given(texts.map(lambda text: f"Vz9{text}"), st.sampled_from(TYPES))
def test_a_refusal_never_tells_the_value(text, field_type):
    said = ""
    try:
        to_intercom(text, field_type, attribute=True)
    except InvalidValue as fault:
        said = str(fault)
    assert "Vz9" not in said


@quick
@given(texts, st.sampled_from([FieldType.TEXT, FieldType.URL, FieldType.SCALAR]))
@example("'; drop table customers; --", FieldType.TEXT)
@example("{{ env_var('HOME') }}{% raw %}", FieldType.TEXT)
@example("\x00\x1f\x7f\u2028\ufeff", FieldType.TEXT)
@example("👩‍👩‍👧‍👦", FieldType.SCALAR)
@example("null", FieldType.SCALAR)
@example("", FieldType.SCALAR)
def test_text_is_sent_as_it_is(text, field_type):
    assert to_intercom(text, field_type) == text


@quick
@given(texts)
def test_a_custom_attribute_takes_255_characters_and_no_more(text):
    if len(text) <= 255:
        assert to_intercom(text, FieldType.TEXT, attribute=True) == text
    else:
        with pytest.raises(InvalidValue, match="255"):
            to_intercom(text, FieldType.TEXT, attribute=True)


@quick
@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_is_the_same_from_every_type(number):
    for value in (number, float(number), Decimal(number), Decimal(f"{number}.00")):
        sent = to_intercom(value, FieldType.NUMBER)
        assert (sent, type(sent)) == (number, int)
        assert to_intercom(value, FieldType.ID) == to_intercom(value, FieldType.TEXT) == str(number)
        if abs(number) > MAX_INTEGER:
            with pytest.raises(InvalidValue, match="beyond"):
                to_intercom(value, FieldType.INTEGER)
        else:
            assert to_intercom(value, FieldType.INTEGER) == number
        assert to_intercom(value, FieldType.WHOLE) == number


@quick
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**28), max_value=10**28, places=10))
@example(Decimal("12345678901234567890.5"))
@example(Decimal("0.00001"))
@example(Decimal("-0.0"))
def test_a_decimal_as_text_loses_no_digit(number):
    assert Decimal(str(to_intercom(number, FieldType.TEXT))) == number
    assert "E" not in str(to_intercom(number, FieldType.TEXT)).upper()


@quick
@given(st.datetimes(EARLIEST, LATEST), zones)
def test_a_moment_is_the_same_in_every_time_zone(moment, zone):
    sent = to_intercom(moment, FieldType.TIMESTAMP)
    aware = moment.replace(tzinfo=timezone.utc)
    assert to_intercom(aware, FieldType.TIMESTAMP) == sent
    assert to_intercom(aware.astimezone(zone), FieldType.TIMESTAMP) == sent
    assert EPOCH + timedelta(seconds=sent) == aware.replace(microsecond=0)


@quick
@given(st.dates())
def test_a_date_is_its_midnight_in_utc(day):
    sent = to_intercom(day, FieldType.TIMESTAMP)
    assert (date(1970, 1, 1) + timedelta(days=sent // 86_400), sent % 86_400) == (day, 0)


@quick
@given(st.integers(10**11, 10**14))
def test_milliseconds_are_no_seconds(number):
    for value in (number, Decimal(number), float(number)):
        with pytest.raises(InvalidValue, match="milliseconds"):
            to_intercom(value, FieldType.TIMESTAMP)


@quick
@given(st.emails(), st.integers(0, 3))
def test_case_and_blanks_do_not_change_an_email(email, blanks):
    assume(email.upper().lower() == email.lower())
    sent = to_intercom(email, FieldType.EMAIL)
    assert sent == email.lower()
    assert to_intercom(" " * blanks + email.upper() + " " * blanks, FieldType.EMAIL) == sent
