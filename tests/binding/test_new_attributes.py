"""Attributes that an activation may make: none that people could not tell from one that is there."""

from __future__ import annotations

import pytest
from binding_harness import bound

from dbt_intercom_activate.errors import MistakesFound

BLOCK = {
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "create_attributes": True,
}


def fields(*names: str):
    return {**BLOCK, "fields": {"external_id": "id", **{f"custom_attributes.{each}": each for each in names}}}


def columns(*names: str):
    return {"id": "varchar", **dict.fromkeys(names, "varchar")}


@pytest.mark.parametrize("there", ["Plan", "PLAN"])
def test_no_attribute_is_made_beside_one_in_another_case(there):
    with pytest.raises(MistakesFound) as mistakes:
        bound(fields("plan"), columns("plan"), {there: "string"})
    assert str(mistakes.value).endswith(
        "expected a contact attribute that exists in Intercom, found custom_attributes.plan, which does not. "
        f"Did you mean `{there}`? To Intercom, names that differ in case are two attributes"
    )


def test_two_new_attributes_differ_in_more_than_case():
    block = {
        **BLOCK,
        "fields": {"external_id": "id", "custom_attributes.tone": "a", "custom_attributes.Tone": "b"},
    }
    with pytest.raises(MistakesFound, match="Did you mean `Tone`"):
        bound(block, columns("a", "b"))


def test_an_attribute_of_its_own_name_is_made():
    binding = bound(fields("plan", "planet"), columns("plan", "planet"), {"plan": "string"})
    assert [(each.name, each.data_type) for each in binding.missing] == [("planet", "string")]
