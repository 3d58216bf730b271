"""While Intercom left any record of an activation undecided, that activation removes nothing."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.sandbox.faults import Fault

UNANSWERED = {"status": 503, "times": None}
LEADS = {
    "identifier": None,
    "behaviour": "insert",
    "key": ["id"],
    "fields": {"email": "email"},
    "constants": {"role": "lead"},
}


def held(ran, count):
    assert ran["people"]["status"] == "partial"
    assert ran["people"]["counts"]["removed"] == 0
    assert ran["people"]["counts"]["held"] == count
    return ran["people"]["message"]


@pytest.mark.slow
@pytest.mark.parametrize("removed", ["archive", "delete"])
def test_keys_of_another_type_remove_nobody_while_search_fails(two_models, removed):
    two_models.block(removed=removed)
    two_models.rows("id bigint, email text", *((n, f"p{n}@example.com") for n in range(1, 9)))
    two_models.sync()
    two_models.shop.sandbox.faults.add(Fault("POST", "/contacts/search", **UNANSWERED))
    two_models.rows("id double, email text", *((n, f"p{n}@example.com") for n in range(1, 9)))
    two_models.sync("--allow-removals", code=None)

    assert two_models.here() == {str(n) for n in range(1, 9)}


def test_an_unreachable_record_holds_every_removal(synced):
    synced.shop.sandbox.faults.add(Fault("POST", "/contacts", whole_path=True, **UNANSWERED))
    synced.people("u1", "new")
    message = held(synced.sync(code=1), 2)

    assert "undecided" in message
    assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_a_failed_lookup_holds_every_removal(synced):
    synced.shop.sandbox.faults.add(Fault("POST", "/contacts/search", **UNANSWERED))
    synced.people("u1", "new")
    held(synced.sync(code=1), 2)
    assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_held_removals_go_once_every_record_is_decided(synced):
    fault = Fault("POST", "/contacts", whole_path=True, **UNANSWERED)
    synced.shop.sandbox.faults.add(fault)
    synced.people("u1", "new")
    held(synced.sync(code=1), 2)
    synced.shop.sandbox.faults.clear()

    synced.sync()
    assert synced.here() == {"u1", "new"}


@pytest.mark.slow
def test_a_lead_that_may_exist_holds_removals_while_it_waits(two_models):
    two_models.block(**LEADS)
    two_models.sync()
    two_models.shop.sandbox.faults.add(Fault("POST", "/contacts", drop_connection=True, whole_path=True))
    two_models.people("u1", "u2", "new")
    for _ in range(2):
        held(two_models.sync("--allow-removals", code=1), 1)

    assert {each.email for each in two_models.shop.state.contacts if each.live} == {
        f"{key}@example.com" for key in ("u1", "u2", "u3")
    }


@pytest.mark.slow
def test_an_undecided_tag_holds_the_tags_removals(two_models):
    two_models.sync()
    tags = {
        "name": "vips",
        "object": "contact_tag",
        "behaviour": "attach",
        "identifier": "external_id",
        "fields": {"external_id": "id"},
        "constants": {"tag": "VIP"},
        "removed": "detach",
    }
    two_models.write(tags)
    two_models.sync()
    two_models.shop.add_contact(external_id="new", email="new@example.com")
    two_models.people("u1", "u2", "new")
    two_models.shop.sandbox.faults.add(Fault("POST", "/contacts/search", **UNANSWERED))
    ran = two_models.sync(code=1)

    assert ran["vips"]["counts"]["held"] == 1
    assert "VIP" in two_models.tags("u3")
