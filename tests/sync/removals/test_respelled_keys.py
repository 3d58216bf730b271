"""A number is one key and one identifier, however its type spells it; a text is another."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.sandbox.faults import Fault

EIGHT = tuple(range(1, 9))
TYPES = ("double", "decimal(10, 2)", "float", "bigint")
REFUSED = {
    "status": 400,
    "times": None,
    "body": {"type": "error.list", "errors": [{"code": "parameter_invalid", "message": "no"}]},
}
UNANSWERED = {"status": 503, "times": None}
NOTHING = {"rows": 8, "unchanged": 8}
TAGS = {
    "name": "vips",
    "object": "contact_tag",
    "behaviour": "attach",
    "identifier": "external_id",
    "fields": {"external_id": "id", "tag": "tag"},
    "removed": "detach",
}


def people(kind, *keys, email="{}@example.com"):
    """A relation of contacts by number, with ids of this type."""
    return f"id {kind}, email text", *((key, email.format(key)) for key in keys)


@pytest.fixture
def eight(two_models):
    """Eight contacts whose ids are BIGINT, delivered."""
    two_models.block(removed="delete")
    two_models.rows(*people("bigint", *EIGHT))
    two_models.sync()
    two_models.shop.calls()
    return two_models


def old_ledger(two_models, spelling, activation="people"):
    """Spell the keys of the ledger as older versions did."""
    two_models.shop.sql(
        f"update intercom_activate.ledger set record_key = {spelling.format('record_key')}, "
        f"identifier_value = identifier_value || '.0' where activation = '{activation}'"
    )


def test_another_type_of_number_is_no_change(eight):
    for kind in TYPES:
        eight.rows(*people(kind, *EIGHT))
        assert eight.sync().counts("people") == NOTHING, kind
        assert eight.shop.calls() == {}, kind
    assert {row["record_key"] for row in eight.shop.ledger()} == {str(key) for key in EIGHT}


@pytest.mark.slow
def test_another_type_removes_nobody_while_search_fails(eight):
    eight.shop.sandbox.faults.add(Fault("POST", "/contacts/search", **UNANSWERED))
    for kind in ("double", "decimal(10, 2)"):
        eight.rows(*people(kind, *EIGHT))
        assert eight.sync("--allow-removals").counts("people") == NOTHING
    assert eight.here() == {str(key) for key in EIGHT}


@pytest.mark.slow
def test_another_type_removes_nobody_where_another_column_went_bad(eight):
    eight.rows(*people("double", *EIGHT, email="{}(at)example.com"))
    ran = eight.sync("--allow-removals", code=1)

    assert ran["people"]["failures"] == {"invalid_value": 8}
    assert ran.counts("people") == {"rows": 8, "failed": 8}
    assert eight.here() == {str(key) for key in EIGHT}
    eight.rows(*people("bigint", *EIGHT))
    eight.sync()
    eight.shop.calls()
    assert eight.sync().counts("people") == NOTHING
    assert eight.shop.calls() == {}
    assert len(eight.shop.state.contacts) == 8


@pytest.mark.slow
@pytest.mark.parametrize("spelling", ["{} || '.0'", "{} || '.0E0'"])
def test_a_ledger_of_old_spellings_goes_on_without_a_call(eight, spelling):
    old_ledger(eight, spelling)
    for kind in ("bigint", "double"):
        eight.rows(*people(kind, *EIGHT))
        assert eight.sync().counts("people") == NOTHING
        assert eight.shop.calls() == {}


@pytest.mark.slow
def test_a_change_under_an_old_key_needs_no_lookup(eight):
    old_ledger(eight, "{} || '.0'")
    eight.rows(*people("double", *EIGHT, email="new{}@example.com"))

    assert eight.sync().counts("people") == {"rows": 8, "updated": 8}
    assert eight.shop.calls() == {"PUT /contacts/{contact_id}": 8}
    assert eight.sync().counts("people") == NOTHING
    assert eight.shop.sql("select count(*) from intercom_activate.synced") == [(8,)]


@pytest.mark.slow
def test_what_left_under_an_old_key_is_removed_once(eight):
    old_ledger(eight, "{} || '.0'")
    eight.rows(*people("double", 1, 2))

    assert eight.sync().counts("people") == {"rows": 2, "unchanged": 2, "removed": 6}
    assert eight.here() == {"1", "2"}
    eight.shop.calls()
    assert eight.sync().counts("people") == {"rows": 2, "unchanged": 2}
    assert eight.shop.calls() == {}


def test_two_spellings_of_a_key_are_one_record(eight):
    eight.shop.sql(
        "insert into intercom_activate.ledger select * replace (record_key || '.0' as record_key, "
        "delivered_at + interval 1 second as delivered_at) from intercom_activate.ledger"
    )
    eight.rows(*people("decimal(10, 2)", 1, 2))

    assert eight.sync().counts("people") == {"rows": 2, "unchanged": 2, "removed": 6}
    assert eight.here() == {"1", "2"}


def test_a_text_with_a_point_stays_a_text(two_models):
    two_models.block(removed="delete")
    two_models.rows(*people("text", "1.0", "1.00", "2"))
    two_models.sync()
    two_models.shop.calls()

    assert two_models.here() == {"1.0", "1.00", "2"}
    assert two_models.sync().counts("people") == {"rows": 3, "unchanged": 3}
    two_models.rows(*people("text", "1.0", "2"))
    assert two_models.sync().counts("people") == {"rows": 2, "unchanged": 2, "removed": 1}
    assert two_models.here() == {"1.0", "2"}


@pytest.mark.slow
def test_numbers_that_become_undelivered_texts_are_held(eight):
    eight.rows(*people("text", *(f"{key}.0" for key in EIGHT), email="{}(at)example.com"))
    ran = eight.sync("--allow-removals", code=1)

    assert ran.counts("people") == {"rows": 8, "failed": 8, "held": 8}
    assert eight.here() == {str(key) for key in EIGHT}


@pytest.mark.slow
def test_texts_that_become_numbers_are_the_same_people(two_models):
    two_models.rows(*people("text", "1.0", "2"))
    two_models.sync()
    two_models.rows(*people("double", 1, 2, email="{}.0@example.com"))
    two_models.shop.calls()

    assert two_models.sync().counts("people") == {"rows": 2, "updated": 2}
    assert two_models.shop.calls() == {"PUT /contacts/{contact_id}": 2}
    assert two_models.here() == {"1", "2"}


@pytest.mark.slow
def test_hexadecimal_texts_are_no_numbers_with_an_exponent(two_models):
    two_models.rows(*people("text", "12e5", "1E5"))
    two_models.sync()
    two_models.rows(*people("bigint", 1_200_000, 100_000))

    assert two_models.sync().counts("people") == {"rows": 2, "inserted": 2, "removed": 2}


@pytest.fixture
def tagged(two_models):
    """Three contacts by number, two of them tagged with numbers, delivered."""
    for key in (1, 2, 3):
        two_models.shop.add_contact(external_id=str(key))
    two_models.write(TAGS)
    two_models.rows("id bigint, tag bigint", (1, 7), (2, 7))
    two_models.sync()
    two_models.shop.calls()
    return two_models


@pytest.mark.slow
def test_another_type_of_number_detaches_nothing(tagged):
    for path in ("/contacts/search", "/contacts/find_by_external_id"):
        tagged.shop.sandbox.faults.add(Fault("POST" if "search" in path else "GET", path, **REFUSED))
    tagged.rows("id double, tag decimal(10, 2)", (1, 7), (2, 7))

    assert tagged.sync().counts("vips") == {"rows": 2, "unchanged": 2}
    assert tagged.shop.calls() == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "key", ["'3:' || identifier_value || '.0,3:7.0'", "'4:' || identifier_value || '.00,1:7'"]
)
def test_a_compound_key_of_old_spelling_needs_no_call(tagged, key):
    tagged.shop.sql(f"update intercom_activate.ledger set record_key = {key}, related_value = '7.0'")
    tagged.rows("id double, tag decimal(4, 1)", (1, 7))
    ran = tagged.sync()

    assert ran.counts("vips") == {"rows": 1, "unchanged": 1, "removed": 1}
    assert tagged.shop.calls().keys() == {"GET /tags", "DELETE /contacts/{contact_id}/tags/{tag_id}"}
    assert (tagged.tags("1"), tagged.tags("2")) == ({"7"}, set())


@pytest.mark.slow
def test_a_refused_lookup_holds_the_tag_of_another_spelling(tagged):
    tagged.shop.sandbox.faults.add(Fault("POST", "/contacts/search", **REFUSED))
    tagged.rows("id text, tag text", ("1.0", "7"), ("2.0", "7.0"))
    ran = tagged.sync("--allow-removals", code=1)

    assert ran.counts("vips") == {"rows": 2, "failed": 2, "held": 2}
    assert (tagged.tags("1"), tagged.tags("2")) == ({"7"}, {"7"})
