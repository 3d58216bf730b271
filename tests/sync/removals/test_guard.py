"""Removals that are too many, out of scope, or in doubt are held; those that fail are tried again; last of all."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.configuration.entry import AtMost
from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.sandbox.records import Condition
from dbt_intercom_activate.sync.removals.doubt import allowed_removals


@pytest.mark.parametrize(
    ("max_removed", "delivered", "allowed"),
    [
        (AtMost(percent=10.0), 0, 10),
        (AtMost(percent=10.0), 100, 10),
        (AtMost(percent=10.0), 119, 11),
        (AtMost(percent=0.0), 1_000, 10),
        (AtMost(percent=100.0), 1_000, 1_000),
        (AtMost(count=0), 1_000, 10),
        (AtMost(count=25), 30, 25),
    ],
    ids=str,
)
def test_ten_are_always_allowed_and_then_the_share(max_removed, delivered, allowed):
    assert allowed_removals(max_removed, delivered) == allowed


def crowd(two_models, count):
    two_models.people(*(f"u{number:02}" for number in range(count)))


@pytest.mark.parametrize("max_removed", ["20%", pytest.param(12, marks=pytest.mark.slow)])
def test_more_than_max_removed_are_held_until_allowed(two_models, max_removed):
    two_models.block(max_removed=max_removed)
    crowd(two_models, 60)
    two_models.sync()
    crowd(two_models, 47)
    two_models.shop.calls()
    ran = two_models.sync(code=1)
    assert ran["people"]["status"] == "partial"
    assert ran.counts("people") == {"rows": 47, "unchanged": 47, "held": 13}
    assert "more than the 12" in ran["people"]["message"]
    assert two_models.shop.calls() == {}
    assert two_models.shop.runs()[-1]["held"] == 13
    crowd(two_models, 48)
    ran = two_models.sync()
    assert ran["people"]["counts"]["removed"] == 12
    crowd(two_models, 20)
    two_models.sync(code=1)
    assert len(two_models.here()) == 48
    assert two_models.sync("--allow-removals")["people"]["counts"]["removed"] == 28
    assert len(two_models.here()) == 20


@pytest.mark.parametrize("keys", [(), (None, None)], ids=["no rows", "rows without identifiers"])
def test_an_empty_relation_removes_nothing_unless_it_is_allowed(synced, keys):
    synced.people(*keys)
    ran = synced.sync(code=1)
    assert ran["people"]["counts"]["held"] == 3
    assert synced.here() == {"u1", "u2", "u3"}
    synced.sync("--allow-removals", code=1 if keys else 0)
    assert synced.here() == set()


def test_a_missing_relation_removes_nothing_even_where_it_is_allowed(synced):
    synced.shop.sql("drop table customers")
    ran = synced.sync("--allow-removals", code=1)
    assert ran["people"]["status"] == "error"
    assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_a_partial_sync_or_build_removes_nothing(synced):
    synced.people("u1", "u2")
    for arguments in (
        ["--where", "id = 'u1'"],
        ["--where", "true"],
        ["--limit", "1"],
        ["--limit", "1000"],
    ):
        ran = synced.sync(*arguments, "--allow-removals")
        assert ran["people"]["counts"]["removed"] == ran["people"]["counts"]["held"] == 0
    assert synced.shop.run("retry", "--allow-removals").code == 0
    for built in ({"empty": True}, {"sample": "1 day"}):
        synced.results(args={"empty": False, "sample": None, **built})
        synced.sync("--allow-removals", code=1)
        ran = synced.sync("--no-gate", "--allow-removals", code=1)
        assert ran["people"]["counts"]["held"] == 1
    assert synced.here() == {"u1", "u2", "u3"}
    synced.results(args={"empty": False, "sample": None})
    synced.sync()
    assert synced.here() == {"u1", "u2"}


def test_a_blocked_activation_removes_nothing(synced):
    synced.people("u1", "u2")
    synced.results(customers="error")
    synced.sync("--allow-removals", code=1)
    assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403])
def test_an_activation_that_ended_early_removes_nothing(synced, status):
    synced.people("u1", "u2", "u4")
    synced.shop.sandbox.faults.add(Fault("POST", "/contacts", status=status, times=100))
    ran = synced.sync("--allow-removals", code=1)
    assert ran["people"]["status"] == ("deferred" if status == 401 else "error")
    assert ran["people"]["counts"]["held"] == 1
    assert synced.here() == {"u1", "u2", "u3"}


TAGS = {
    "name": "tags",
    "object": "contact_tag",
    "behaviour": "attach",
    "identifier": "external_id",
    "fields": {"external_id": "id"},
    "constants": {"tag": "VIP"},
}


@pytest.mark.slow
def test_a_run_that_ended_early_elsewhere_removes_nothing(synced):
    synced.write(synced.blocks["customers"], TAGS)
    synced.people("u1", "u2")
    synced.shop.sandbox.faults.add(Fault("POST", "/tags", status=401, times=100))
    ran = synced.sync("--allow-removals", code=1)
    assert ran.statuses() == {"people": "partial", "tags": "deferred"}
    assert synced.here() == {"u1", "u2", "u3"}


def test_fail_fast_removes_nothing(synced):
    synced.write(synced.blocks["customers"], TAGS)
    synced.people("u1", "u2", None)
    ran = synced.sync("--allow-removals", "--fail-fast", code=1)
    assert ran.statuses() == {"people": "partial", "tags": "skipped"}
    assert synced.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_what_fails_is_tried_again_by_every_run(synced):
    synced.people("u1", "u2")
    synced.shop.sandbox.faults.add(Fault("POST", "/contacts/", status=422, times=1))
    ran = synced.sync(code=1)
    assert ran["people"]["status"] == "partial"
    assert ran.counts("people") == {"rows": 2, "unchanged": 2, "held": 1}
    assert ran["people"]["failures"] == {"rejected": 1}
    assert synced.sync()["people"]["counts"]["removed"] == 1
    assert synced.here() == {"u1", "u2"}


@pytest.mark.slow
def test_a_removal_that_finds_nothing_touches_nobody_else(synced):
    contacts = synced.shop.contacts()
    for key, condition in (("u2", Condition.DELETED), ("u3", Condition.MERGED)):
        into = contacts["u1"].id if condition is Condition.MERGED else None
        synced.shop.change_contact(contacts[key].id, condition=condition, external_id=None, merged_into=into)
        synced.shop.add_contact(external_id=key, email=f"{key}@elsewhere.example")
    synced.people("u1")
    ran = synced.sync(code=1)
    assert ran.counts("people") == {"rows": 1, "unchanged": 1, "removed": 1, "held": 1}
    assert ran["people"]["failures"] == {"merged": 1}
    assert synced.here() == {"u1", "u2", "u3"}
    synced.shop.calls()
    synced.sync(code=1)
    assert synced.shop.calls() == {"POST /contacts/{contact_id}/archive": 1, "GET /contacts/{contact_id}": 1}


@pytest.mark.slow
def test_what_was_archived_is_unarchived_when_the_record_returns(synced):
    before = synced.contact("u3").id
    synced.people("u1", "u2")
    synced.sync()
    synced.people("u1", "u2", "u3")
    synced.shop.calls()
    ran = synced.sync()
    assert synced.contact("u3").id == before
    assert ran["people"]["counts"]["unarchived"] == 1
    calls = synced.shop.calls()
    calls.pop("POST /contacts/search", None)  # one for fifty
    assert calls == {"POST /contacts/{contact_id}/unarchive": 1, "PUT /contacts/{contact_id}": 1}
    synced.people("u1", "u2")
    synced.sync()
    assert synced.here() == {"u1", "u2"}


@pytest.mark.slow
def test_an_archived_insert_is_unarchived_when_it_returns(two_models):
    two_models.block(behaviour="insert", removed="archive")
    two_models.sync()
    before = two_models.contact("u3").id
    two_models.people("u1", "u2")
    two_models.sync()
    assert two_models.here() == {"u1", "u2"}
    two_models.people("u1", "u2", "u3")
    ran = two_models.sync()
    assert two_models.contact("u3").id == before
    assert ran["people"]["counts"]["unarchived"] == 1
    assert two_models.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_what_was_deleted_is_called_so_when_the_record_returns(two_models):
    two_models.block(removed="delete")
    two_models.sync()
    two_models.people("u1", "u2")
    two_models.shop.calls()
    two_models.sync()
    assert two_models.shop.calls() == {"DELETE /contacts/{contact_id}": 1}
    assert two_models.conditions()["u3"] is Condition.DELETED
    two_models.people("u1", "u2", "u3")
    ran = two_models.sync(code=1)
    assert ran["people"]["failures"] == {"deleted": 1}
    assert two_models.here() == {"u1", "u2"}


COMPANIES = {
    "name": "companies",
    "object": "company",
    "behaviour": "upsert",
    "identifier": "company_id",
    "fields": {"company_id": "company"},
    "removed": "delete",
}
COMPANY_TAGS = {
    "name": "company_tags",
    "object": "company_tag",
    "behaviour": "attach",
    "identifier": "company_id",
    "fields": {"company_id": "company"},
    "constants": {"tag": "Big"},
    "removed": "detach",
}
MEMBERS = {
    "name": "members",
    "object": "contact_company",
    "behaviour": "attach",
    "fields": {"contact.external_id": "id", "company.company_id": "company"},
    "removed": "detach",
}
ROWS = [("u1", "u1@example.com", "c1"), ("u2", "u2@example.com", "c2"), ("u3", "u3@example.com", "c3")]
COLUMNS = "id text, email text, company text"


@pytest.mark.slow
def test_removals_come_after_all_writes_in_reverse_order(two_models):
    two_models.write(
        two_models.blocks["customers"], {**TAGS, "removed": "detach"}, MEMBERS, COMPANIES, COMPANY_TAGS
    )
    two_models.rows(COLUMNS, *ROWS)
    two_models.sync()
    two_models.rows(COLUMNS, *ROWS[:2], ("u4", "u4@example.com", "c4"))
    two_models.shop.calls()
    ran = two_models.sync()
    made = [
        f"{call.method} {call.template}" for call in two_models.shop.sandbox.calls if call.method != "GET"
    ]
    removals = [
        "POST /tags",  # company_tag
        "DELETE /contacts/{contact_id}/tags/{tag_id}",
        "DELETE /contacts/{contact_id}/companies/{company_id}",
        "POST /contacts/{contact_id}/archive",
        "DELETE /companies/{company_id}",
    ]
    assert [call.replace("{id}", "{tag_id}") for call in made][-1].startswith("DELETE /companies/")
    assert made[-2].endswith("/archive")
    assert "/companies/" in made[-3]
    assert "/tags/" in made[-4] or made[-4] == "POST /tags"
    assert not [call for call in made[: -len(removals)] if call.startswith("DELETE") or "archive" in call]
    assert {name: ran[name]["counts"]["removed"] for name in ran.statuses()} == dict.fromkeys(
        ran.statuses(), 1
    )
    assert set(two_models.shop.companies()) == {"c1", "c2", "c4"}
    assert two_models.here() == {"u1", "u2", "u4"}
    two_models.shop.calls()
    two_models.sync()
    assert two_models.shop.calls() == {}
