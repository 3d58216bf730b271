"""What an event's metadata may hold: amounts of money, links, and how many names there may be."""

from __future__ import annotations

import pytest

EVENT = {
    "name": "people",
    "object": "event",
    "behaviour": "send",
    "identifier": "external_id",
}
FIELDS = {"external_id": "id", "event_name": "what", "created_at": "at"}
MONEY = {"metadata.price.amount": "amount", "metadata.price.currency": "currency"}
LINK = {"metadata.order.url": "url", "metadata.order.value": "label"}


def given(shop, fields, columns, **more):
    """Map these fields of an event of u1, from columns as SQL."""
    shop.add_contact(external_id="u1")
    shop.configure(customers={**EVENT, "fields": {**FIELDS, **fields}, **more}, accounts=None)
    written = ", ".join(f"{value} as {name}" for name, value in columns.items())
    shop.sql(
        f"create or replace table customers as select 'u1' as id, 'ordered' as what, 1700000000 as at, {written}"
    )


def test_an_amount_and_its_currency_are_one_value(shop):
    given(shop, MONEY, {"amount": "1999", "currency": "'USD'"})
    ran = shop.sync()

    assert ran.code == 0, ran.text
    assert shop.state.events[0].metadata == {"price": {"amount": 1999, "currency": "usd"}}


def test_a_currency_may_be_a_constant(shop):
    given(
        shop,
        {"metadata.price.amount": "amount"},
        {"amount": "1999"},
        constants={"metadata.price.currency": "eur"},
    )
    assert shop.sync().code == 0
    assert shop.state.events[0].metadata == {"price": {"amount": 1999, "currency": "eur"}}


def test_a_link_and_its_text_are_one_value(shop):
    given(shop, LINK, {"url": "'https://example.org/o/1'", "label": "'3434-3434'"})
    ran = shop.sync()

    assert ran.code == 0, ran.text
    link = {"url": "https://example.org/o/1", "value": "3434-3434"}
    assert shop.state.events[0].metadata == {"order": link}


def test_without_an_amount_there_is_no_price(shop):
    given(
        shop,
        {**MONEY, "metadata.plan": "plan"},
        {"amount": "null::integer", "currency": "'usd'", "plan": "'pro'"},
    )
    assert shop.sync().code == 0
    assert shop.state.events[0].metadata == {"plan": "pro"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "columns", "message"),
    [
        pytest.param(
            MONEY,
            {"amount": "19.99::decimal(10, 2)", "currency": "'usd'"},
            "metadata.price.amount: a number with decimals where whole cents are due; 19.99 is 1999",
            id="units where cents are due",
        ),
        pytest.param(
            MONEY,
            {"amount": "20.00::decimal(10, 2)", "currency": "'usd'"},
            "metadata.price.amount: a number with decimals where whole cents are due; 19.99 is 1999",
            id="whole units with decimals",
        ),
        pytest.param(
            MONEY,
            {"amount": "20::double", "currency": "'usd'"},
            "metadata.price.amount: a number with decimals where whole cents are due; 19.99 is 1999",
            id="a float",
        ),
        pytest.param(
            MONEY,
            {"amount": "-1", "currency": "'usd'"},
            "metadata.price.amount: a negative amount",
            id="a negative amount",
        ),
        pytest.param(
            MONEY,
            {"amount": "1", "currency": "'dollars'"},
            "metadata.price.currency: not a currency's code of three letters, such as usd",
            id="a currency that is none",
        ),
        pytest.param(
            MONEY,
            {"amount": "1", "currency": "null::varchar"},
            "metadata.price.currency: nothing, where there is `amount`",
            id="an amount without currency",
        ),
        pytest.param(
            LINK,
            {"url": "'example.org'", "label": "'1'"},
            "metadata.order.url: not a link that begins with http:// or https://",
            id="a link that is none",
        ),
    ],
)
def test_what_is_no_such_value_is_invalid(shop, fields, columns, message):
    given(shop, fields, columns)
    ran = shop.sync()

    assert ran["people"]["failures"] == {"invalid_value": 1}
    [row] = shop.last("people").values()
    assert row["message"].startswith(message)
    assert shop.state.events == []


def test_metadata_is_sent_in_the_order_of_the_mapping(shop):
    names = [f"n{number}" for number in (5, 3, 9, 1, 8, 2, 7, 4, 6, 11, 10, 12)]
    given(shop, {f"metadata.{name}": name for name in names}, {name: f"'{name}'" for name in names})
    ran = shop.sync()

    assert ran.code == 0, ran.text
    assert list(shop.state.events[0].metadata) == names[:10]
    for command in ("sync", "plan", "check"):
        told = shop.run(command).text
        assert "people: 12 names below `metadata.` are mapped" in told
        assert "articles/175-set-up-event-tracking-in-intercom" in told
        assert "data-events/createdataevent" in told


def test_an_event_name_beyond_the_120th_says_so(shop):
    shop.state.event_names.update(f"e{number}" for number in range(120))
    given(shop, {"metadata.plan": "plan"}, {"plan": "'pro'"})
    ran = shop.sync()

    assert ran["people"]["failures"] == {"rejected": 1}
    [row] = shop.last("people").values()
    assert row["message"].startswith(
        "Cannot have more than 120 active event names. This one is new to the workspace: archive events"
    )
