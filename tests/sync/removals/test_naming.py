"""Who is named by a row that could not be delivered has not left."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.sandbox.faults import Fault

BY_EMAIL = {"identifier": "email", "fields": {"email": "email", "external_id": "id"}}
OTHERS = {"name": "others", "removed": "ignore"}
READ = "POST /contacts/search"
COMPANIES = {
    "name": "people",
    "object": "company",
    "behaviour": "upsert",
    "identifier": "company_id",
    "fields": {"company_id": "id", "size": "size"},
    "removed": "delete",
}


def people(two_models, *rows, model="customers"):
    """Rows of (external_id, email)."""
    two_models.rows("id text, email text", *rows, model=model)


def held(ran, count):
    assert ran["people"]["counts"]["held"] == count
    assert not count or "still names it" in ran["people"]["message"]


def refuse(two_models, method, path, *, whole_path=False):
    two_models.shop.sandbox.faults.add(Fault(method, path, status=422, times=None, whole_path=whole_path))


@pytest.mark.slow
@pytest.mark.parametrize("removed", ["archive", "delete"])
def test_a_bad_email_holds_the_contact_of_its_external_id(two_models, removed):
    two_models.block(**BY_EMAIL, removed=removed)
    people(two_models, *((f"u{n}", f"p{n}@x.com") for n in (1, 2, 3, 4)))
    two_models.sync()
    people(two_models, ("u1", "p1@x.com"), ("u2", "p2@x.com"), ("u3", "p3(at)x.com"))
    ran = two_models.sync("--allow-removals", code=1)

    assert two_models.here() == {"u1", "u2", "u3"}
    held(ran, 1)
    assert ran["people"]["status"] == "partial"
    assert ran["people"]["counts"]["removed"] == 1


@pytest.mark.slow
def test_a_row_that_waits_since_an_earlier_run_holds_too(two_models):
    two_models.block(**BY_EMAIL)
    people(two_models, *((f"u{n}", f"p{n}@x.com") for n in (1, 2, 3)))
    two_models.sync()
    people(two_models, ("u1", "p1@x.com"), ("u2", "p2@x.com"), ("u3", "p3(at)x.com"))
    for _ in range(3):
        held(two_models.sync(code=1), 1)

    assert two_models.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
@pytest.mark.parametrize("column", ["id double", "id decimal(9,2)"])
def test_a_key_of_another_type_names_its_contact(two_models, column):
    two_models.block(removed="delete")
    two_models.rows("id bigint, email text", *((n, f"p{n}@x.com") for n in range(1, 9)))
    two_models.sync()
    two_models.rows(f"{column}, email text", *((n, "no address") for n in range(1, 9)))
    two_models.sync("--allow-removals", code=1)

    assert two_models.here() == {str(n) for n in range(1, 9)}


@pytest.mark.slow
def test_an_email_names_its_contact_in_any_case(synced):
    refuse(synced, "POST", "/contacts", whole_path=True)
    people(synced, ("u1", "u1@example.com"), ("other", " U2@Example.com "))
    held(synced.sync(code=1), 1)

    assert synced.here() == {"u1", "u2"}


def test_a_row_without_a_key_names_its_contact(synced):
    people(synced, ("u1", "u1@example.com"), (None, "u2@example.com"))
    held(synced.sync(code=1), 1)
    assert synced.here() == {"u1", "u2"}


@pytest.mark.slow
def test_what_intercom_has_counts_rather_than_the_ledger(two_models):
    """The model maps no email at first; a teammate enters one, and the row of that email then fails."""
    two_models.block(fields={"external_id": "id"})
    two_models.sync()
    two_models.shop.change_contact(two_models.contact("u3").id, email="teammate@example.com")
    two_models.block(fields={"external_id": "id", "email": "email"})
    refuse(two_models, "POST", "/contacts", whole_path=True)
    people(two_models, ("u1", "u1@example.com"), ("u2", "u2@example.com"), ("other", "teammate@example.com"))
    two_models.sync(code=1)

    assert two_models.here() == {"u1", "u2", "u3"}


@pytest.mark.slow
def test_a_row_of_another_contact_holds_nobody(synced):
    """u2 takes the email of u3, who leaves: Intercom refuses, and yet u2 is known to be somebody else."""
    refuse(synced, "PUT", "/contacts")
    people(synced, ("u1", "u1@example.com"), ("u2", "u3@example.com"))
    ran = synced.sync(code=1)

    assert synced.here() == {"u1", "u2"}
    held(ran, 0)


@pytest.mark.slow
def test_a_row_that_names_nobody_holds_nobody(synced):
    people(synced, ("u1", "u1@example.com"), ("u9", "no address"))
    ran = synced.sync(code=1)
    assert synced.here() == {"u1"}
    assert ran["people"]["counts"]["removed"] == 2


def test_rows_of_another_activation_hold_what_they_name(two_models):
    two_models.block("accounts", **OTHERS, identifier="email", fields={"email": "email"})
    people(two_models, ("u9", "u9@example.com"), model="accounts")
    two_models.sync()
    refuse(two_models, "POST", "/contacts/search")
    refuse(two_models, "PUT", "/contacts")
    people(two_models, ("u1", "u1@example.com"))
    people(two_models, ("x", "U3@example.com"), ("u9", "nobody"), model="accounts")
    ran = two_models.sync(code=1)

    assert two_models.here() == {"u1", "u3", None}
    held(ran, 1)
    assert ran["people"]["counts"]["removed"] == 1


@pytest.mark.slow
def test_rows_of_no_identifier_leave_removals_alone(two_models):
    leads = {"identifier": None, "behaviour": "insert", "key": ["id"], "fields": {"phone": "email"}}
    two_models.block("accounts", **OTHERS, **leads, constants={"role": "lead"})
    people(two_models, ("u3", "no phone"), model="accounts")
    two_models.sync(code=1)
    people(two_models, ("u1", "u1@example.com"), ("u2", "u2@example.com"))
    two_models.sync(code=1)

    assert two_models.here() == {"u1", "u2"}


def test_a_contact_goes_once_its_row_is_mended(two_models):
    two_models.block(**BY_EMAIL)
    people(two_models, *((f"u{n}", f"p{n}@x.com") for n in (1, 2, 3)))
    two_models.sync()
    people(two_models, ("u1", "p1@x.com"), ("u2", "p2@x.com"), ("u3", "p3(at)x.com"))
    two_models.sync(code=1)
    people(two_models, ("u1", "p1@x.com"), ("u2", "p2@x.com"))
    two_models.sync()

    assert two_models.here() == {"u1", "u2"}


def crowd(two_models, size):
    """`size` people who all leave but one, beside a row that cannot be sent."""
    rows = [(f"u{n}", f"u{n}@example.com") for n in range(size)]
    people(two_models, *rows)
    two_models.sync()
    two_models.shop.calls()
    people(two_models, rows[0], ("bad", "no address"))


@pytest.mark.slow
def test_fifty_contacts_are_read_in_one_call(two_models):
    crowd(two_models, 101)
    two_models.sync("--allow-removals", code=1)
    assert two_models.shop.calls() == {READ: 2, "POST /contacts/{contact_id}/archive": 100}


@pytest.mark.slow
def test_nothing_is_read_where_every_row_is_delivered(synced):
    synced.people("u1", "u2", "new")
    synced.sync()
    assert synced.shop.calls() == {READ: 1, "POST /contacts": 1, "POST /contacts/{contact_id}/archive": 1}


@pytest.mark.slow
def test_what_search_does_not_show_is_read_singly(two_models):
    crowd(two_models, 4)
    refuse(two_models, "POST", "/contacts/search")
    ran = two_models.sync("--allow-removals", code=1)

    assert ran["people"]["counts"]["removed"] == 3
    assert two_models.shop.calls()["GET /contacts/{contact_id}"] == 3


@pytest.mark.slow
def test_a_contact_that_cannot_be_read_is_held(two_models):
    crowd(two_models, 3)
    refuse(two_models, "POST", "/contacts/search")
    refuse(two_models, "GET", "/contacts")
    ran = two_models.sync("--allow-removals", code=1)

    assert ran["people"]["counts"]["held"] == 2
    assert "would not tell" in ran["people"]["message"]
    assert len(two_models.here()) == 3


@pytest.mark.slow
def test_a_company_that_a_failed_row_names_is_held(two_models):
    two_models.write({**COMPANIES, "key": ["key"]})
    two_models.rows("key text, id text, size int", ("a", "c1", 1), ("b", "c2", 2), ("c", "c3", 3))
    two_models.sync()
    two_models.shop.calls()
    two_models.rows("key text, id text, size int", ("a", "c1", 1), ("z", " c2", 4))
    two_models.shop.sandbox.faults.add(Fault("POST", "/companies", status=422, whole_path=True))
    ran = two_models.sync("--allow-removals", code=1)

    assert set(two_models.shop.companies()) == {"c1", "c2"}
    assert ran["people"]["counts"]["removed"] == 1
    assert "GET /companies/{company_id}" not in two_models.shop.calls()


@pytest.mark.slow
def test_a_company_by_id_is_read_for_its_company_id(two_models):
    two_models.write(
        {**COMPANIES, "identifier": "id", "fields": {"id": "iid", **COMPANIES["fields"]}, "key": ["key"]}
    )
    columns = "key text, iid text, id text, size int"
    two_models.rows(columns, ("a", None, "c1", 1), ("b", None, "c2", 2), ("c", None, "c3", 3))
    two_models.sync()
    two_models.shop.calls()
    two_models.rows(columns, ("a", None, "c1", 1), ("z", None, "c2", -1))
    two_models.shop.sandbox.faults.add(Fault("GET", "/companies", status=422, whole_path=True))
    two_models.sync("--allow-removals", code=1)

    assert set(two_models.shop.companies()) == {"c1", "c2"}
    assert two_models.shop.calls()["GET /companies/{company_id}"] == 2
