"""`only_to`: a boolean that is sent only where it is one of the two, and what `check` says where it is missing."""

from __future__ import annotations

import dataclasses

import pytest
from binding_harness import activation_of, bound

from dbt_intercom_activate.binding.record import Record
from dbt_intercom_activate.binding.row import StagedRow
from dbt_intercom_activate.configuration.consent import takes_back
from dbt_intercom_activate.errors import MistakesFound

COLUMNS = {"id": "varchar", "opted_out": "boolean"}
OPTED_OUT = "unsubscribed_from_emails"


def block(written: object, **rest):
    fields = {"external_id": "id", OPTED_OUT: written}
    return {"object": "contact", "behaviour": "upsert", "identifier": "external_id", "fields": fields, **rest}


def record(binding, value) -> Record:
    """What becomes of a row that says this of consent."""
    values = {each.alias: "u1" if each.column.name == "id" else value for each in binding.columns}
    nothing = dict.fromkeys(each.name for each in dataclasses.fields(StagedRow))
    made = binding.record(StagedRow(**{**nothing, "seq": 1, "change": "changed", "values": values}))
    assert isinstance(made, Record)
    return made


ONLY_TRUE = {"column": "opted_out", "only_to": True}


@pytest.mark.parametrize("value", [False, None])
def test_what_is_not_that_value_is_left_out(value):
    binding = bound(block(ONLY_TRUE), COLUMNS)
    assert record(binding, value).payload == {"external_id": "u1"}
    assert record(binding, True).payload == {"external_id": "u1", OPTED_OUT: True}


def test_what_is_left_out_makes_no_change():
    """The payload's hash decides on a call: false, null and no word at all are the same."""
    binding = bound(block(ONLY_TRUE), COLUMNS)
    hashes = [record(binding, value).payload_hash for value in (False, None)]
    assert len(set(hashes)) == 1
    assert record(binding, True).payload_hash not in hashes


def test_a_custom_attribute_may_be_sent_so():
    fields = {"external_id": "id", "custom_attributes.is_vip": {"column": "opted_out", "only_to": False}}
    binding = bound({**block("opted_out"), "fields": fields}, COLUMNS, {"is_vip": "boolean"})
    assert record(binding, False).payload["custom_attributes"] == {"is_vip": False}
    assert "custom_attributes" not in record(binding, True).payload


def test_its_column_holds_booleans():
    with pytest.raises(MistakesFound, match="expected a column of booleans, for a field with `only_to`"):
        bound(block(ONLY_TRUE), {**COLUMNS, "opted_out": "varchar"})


def test_the_mapping_changes_with_it_alone():
    plain, only = bound(block("opted_out"), COLUMNS), bound(block(ONLY_TRUE), COLUMNS)
    assert plain.mapping_hash != only.mapping_hash
    assert plain.origin == only.origin


@pytest.mark.parametrize(
    ("written", "warned"),
    [
        pytest.param(block("opted_out"), True, id="a column"),
        pytest.param(
            block({"column": "opted_out", "only_to": False}), True, id="a column that only subscribes"
        ),
        pytest.param(block(ONLY_TRUE), False, id="a column that only unsubscribes"),
        pytest.param(block("opted_out", behaviour="insert"), False, id="only new contacts"),
        pytest.param(
            {**block("opted_out"), "fields": {"external_id": "id"}, "constants": {OPTED_OUT: False}},
            True,
            id="everybody subscribed",
        ),
        pytest.param(
            {**block("opted_out"), "fields": {"external_id": "id"}, "constants": {OPTED_OUT: True}},
            False,
            id="everybody unsubscribed",
        ),
    ],
)
def test_check_warns_of_consent_that_is_taken_back(written, warned):
    messages = list(takes_back(activation_of(written)))
    assert bool(messages) is warned
    assert all(OPTED_OUT in each and "only true is ever sent" in each for each in messages)
