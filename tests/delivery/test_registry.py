"""Every object has its own entry, and nothing outside asks an object for its name."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.binding.record import Rules
from dbt_intercom_activate.delivery.registry import DELIVERIES, procedure_of
from dbt_intercom_activate.objects import OBJECTS


def test_the_registry_has_the_objects_of_the_catalogue():
    assert set(DELIVERIES) == set(OBJECTS)
    assert all(DELIVERIES[name].object is OBJECTS[name] for name in OBJECTS)


@pytest.mark.parametrize("name", OBJECTS)
def test_every_behaviour_has_its_own_procedure(name):
    for behaviour, terms in OBJECTS[name].behaviours.items():
        procedure = procedure_of(name, Rules(behaviour, next(iter(terms.identifiers), "id")))
        assert (procedure.write is None) != (procedure.batch is None)


def test_an_unknown_object_is_an_error_and_no_tag():
    behaviour = next(iter(OBJECTS["contact_tag"].behaviours))
    with pytest.raises(KeyError):
        procedure_of("unknown", Rules(behaviour, "id"))


def test_what_others_refer_to_goes_first():
    order = list(DELIVERIES)
    assert order[:2] == ["company", "contact"]
    assert order[-1] == "event"
