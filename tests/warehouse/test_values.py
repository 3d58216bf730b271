"""Moments that Python cannot hold, values that no driver reads, numbers of 32 bits: each by itself, on every engine."""

from __future__ import annotations

import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

LAST_SECOND = 253402300799
"""9999-12-31 23:59:59, which many models mean as "never"."""
OUTSIDE = ["20240-01-01", "0044-03-15 BC", "infinity", "-infinity"]
ZONES = {"date": "", "timestamp": " 12:00:00", "timestamptz": " 12:00:00+00"}


def signed_up(trade, kind, *rows):
    """Customers of whom only the key and the moment are told."""
    trade.engine.put("customers", [(key, *[None] * 6) for key, _ in rows], signed_up_at=kind)
    for key, moment in rows:
        trade.engine.execute(
            f"update trade.customers set signed_up_at = cast('{written(trade, kind, moment)}' as {kind}) "
            f"where customer_id = '{key}'"
        )


def written(trade, kind, moment):
    """A moment as the engine writes it; DuckDB has its own way to write the years before Christ."""
    if "infinity" in moment:
        return moment
    day, _, era = moment.partition(" ")
    if not era:
        return day + ZONES[kind]
    return f"{day} (BC){ZONES[kind]}" if trade.engine.name == "duckdb" else f"{day}{ZONES[kind]} BC"


@pytest.mark.parametrize("kind", ZONES)
@pytest.mark.parametrize("moment", OUTSIDE)
def test_a_moment_outside_the_calendar_fails_alone(trade, kind, moment):
    signed_up(trade, kind, ("c1", "2024-02-29"), ("c2", moment), ("c3", "1969-12-31"))
    ran = trade.sync("--select", "customers")

    assert ran.counts("customers") == {"rows": 3, "inserted": 2, "failed": 1}, ran.text
    assert trade.codes("customers") == {"c1": None, "c2": "invalid_value", "c3": None}
    [(message,)] = [row[1:] for row in trade.ledger("customers", "record_key", "message") if row[0] == "c2"]
    assert message == "signed_up_at: a moment outside of the years 1 to 9999, or infinite"

    signed_up(trade, kind, ("c1", "2024-02-29"), ("c2", "2024-01-01"), ("c3", "1969-12-31"))
    assert trade.sync("--select", "customers").counts("customers") == {
        "rows": 3,
        "inserted": 1,
        "unchanged": 2,
    }


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_first_and_the_last_moment_are_sent(trade, kind, zone):
    if trade.engine.name == "postgres":
        trade.engine.execute(f"alter database {trade.engine.database} set timezone = '{zone}'")
    first, last = "0001-01-01 00:00:00+00", "9999-12-31 23:59:59+00"
    if kind == "timestamp":
        first, last = first[:-3], last[:-3]
    trade.engine.put(
        "customers",
        [("c1", None, None, first, None, None, None), ("c2", None, None, last, None, None, None)],
        signed_up_at=kind,
    )
    ran = trade.sync("--select", "customers")

    assert ran.code == 0, ran.text
    sent = {key: each.fields["signed_up_at"] for key, each in trade.contacts().items()}
    assert sent == {"c1": -62135596800, "c2": LAST_SECOND}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("interval", "170000000 years"),
        ("time", "24:00:00"),
    ],
)
def test_what_no_driver_reads_spoils_no_page(trade, kind, value):
    trade.engine.put("customers", [("c1", *[None] * 6), ("c2", *[None] * 6)], full_name=kind)
    trade.engine.execute(
        f"update trade.customers set full_name = cast('{value}' as {kind}) where customer_id = 'c1'"
    )
    ran = trade.sync("--select", "customers")

    assert "c2" in trade.contacts(), ran.text
    assert trade.codes("customers") == {"c1": None, "c2": None}


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("kind", ["real", "double precision"])
def test_a_number_that_is_none_fails_alone(trade, kind, amount):
    rows = [
        ("c1", None, None, None, amount, None, None),
        ("c2", None, None, None, "1.5", None, None),
    ]
    trade.engine.put(
        "customers",
        rows,
        balance="double" if kind.startswith("d") and trade.engine.name == "duckdb" else kind,
    )
    trade.sync("--select", "customers")

    assert trade.codes("customers") == {"c1": "invalid_value", "c2": None}
    assert trade.contacts()["c2"].custom_attributes["balance"] == 1.5


@pytest.mark.parametrize(
    ("wrong", "text", "right", "unix"),
    [
        ("text", "1700000000", "bigint", 1700000000),
        ("text", "2024-02-29 12:34:56", "timestamp", 1709210096),
        ("text", "2024-02-29", "date", 1709164800),
    ],
)
def test_a_cast_in_the_model_mends_the_activation(trade, wrong, text, right, unix):
    """No text fits a moment, so that it is a mistake of the activation and no record's failure."""
    row = ("c1", None, None, text, None, None, None)
    trade.engine.put("customers", [row], signed_up_at=wrong)
    ran = trade.sync("--select", "customers")
    assert (ran.code, trade.contacts()) == (1, {})
    assert "fields.signed_up_at: expected a value that fits signed_up_at" in ran.text

    trade.engine.put("customers", [row], signed_up_at=right)
    ran = trade.sync("--select", "customers")

    assert ran.counts("customers") == {"rows": 1, "inserted": 1}, ran.text
    assert trade.contacts()["c1"].fields["signed_up_at"] == unix


def test_a_failure_of_an_older_ledger_is_attempted_once_more(trade):
    """What failed for another row's sake has the hash that it had, and is well."""
    trade.engine.put("customers", [("c1", "no email", *[None] * 5)])
    trade.sync("--select", "customers")
    trade.engine.execute("update intercom_activate.ledger set payload_hash = null")

    trade.sync("--select", "customers")
    assert len(trade.ledger("customers", "code")) == 2, "it was attempted"
    trade.sync("--select", "customers")
    assert len(trade.ledger("customers", "code")) == 2, "it waits"


def test_a_number_of_32_bits_is_sent_as_written(trade):
    trade.engine.put("customers", [("c1", None, None, None, "0.1", None, None)], balance="real")
    trade.sync("--select", "customers")

    assert trade.contacts()["c1"].custom_attributes["balance"] == 0.1


WHITE_SPACE = "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))
spaced = st.text(st.sampled_from(WHITE_SPACE + "ab\x01\u200b"), max_size=8)


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(request, open_apart):
    return open_apart(request.param)[0]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(spaced, min_size=20, max_size=40))
@example(list(WHITE_SPACE))
def test_warehouse_and_python_trim_alike(warehouse, texts):
    """A text travels as its characters' numbers: a literal with a line break would test the literal."""
    sql = "select " + ", ".join(
        warehouse.render("_trimmed", expression="||".join(f"chr({ord(each)})" for each in f"{text}") or "''")
        + f" as c{number}"
        for number, text in enumerate(texts)
    )
    (row,) = warehouse.query(sql)
    assert list(row) == [text.strip() for text in texts]


def test_white_space_around_an_identifier_is_trimmed(trade):
    rows = [
        ("u1\n", "ada@example.com\t"),
        ("\t", "zoe@example.com"),
        ("\u2003u2\r\n", None),
        ("u2", None),
        ("u\n3", None),
    ]
    trade.put(customers=[(key, email, *[None] * 5) for key, email in rows])
    trade.sync("--select", "customers")

    assert trade.contacts().keys() == {"u1"}
    assert trade.contacts()["u1"].email == "ada@example.com"
    assert trade.codes("customers") == {
        "u1\n": None,
        "\t": "missing_identifier",
        "\u2003u2\r\n": "duplicate_identifier",
        "u2": "duplicate_identifier",
        "u\n3": "invalid_value",
    }


def test_a_ledger_with_untrimmed_identifiers_goes_on(trade):
    """What an older version sent with a line break is the same contact, and keeps its ledger's row."""
    trade.put(customers=[("u1", None, "Ada", *[None] * 4)])
    trade.sync("--select", "customers")
    trade.engine.execute(
        "update intercom_activate.ledger set record_key = record_key || chr(10), "
        "identifier_value = identifier_value || chr(10)"
    )
    trade.put(customers=[("u1\n", None, "Ada L.", *[None] * 4)])
    trade.calls()
    trade.sync("--select", "customers")

    assert trade.calls() == {"PUT /contacts/{contact_id}": 1}
    assert [(each.external_id, each.fields["name"]) for each in trade.state.contacts] == [("u1", "Ada L.")]
