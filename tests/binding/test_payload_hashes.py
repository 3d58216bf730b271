"""Which payloads count as equal: equal payload, no call."""

from __future__ import annotations

from itertools import permutations

import pytest

from dbt_intercom_activate.binding.record import hash_payload
from dbt_intercom_activate.objects import OBJECTS
from dbt_intercom_activate.objects.model import Behaviour

TAKING = {Behaviour.ARCHIVE, Behaviour.DELETE, Behaviour.DETACH}
PAIRS = [
    (each.name, one, other) for each in OBJECTS.values() for one, other in permutations(each.behaviours, 2)
]


@pytest.mark.parametrize(("name", "one", "other"), PAIRS, ids=str)
def test_only_what_does_the_same_is_equal(name, one, other):
    payload = {"external_id": "c1"}
    equal = hash_payload(name, "c1", payload, one) == hash_payload(name, "c1", payload, other)

    assert equal == (not {one, other} & TAKING)
