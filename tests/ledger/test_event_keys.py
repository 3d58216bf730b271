"""An event is known by the second at which it happened, however its column spells that."""

from __future__ import annotations

import pytest

MIDNIGHTS = {"c1": ("2024-02-29", 1_709_164_800), "c2": ("2024-07-01", 1_719_792_000)}
TYPES = {
    "timestamptz": lambda day, _: f"{day} 00:00:00+00",
    "timestamp": lambda day, _: f"{day} 00:00:00.75",
    "date": lambda day, _: day,
    "bigint": lambda _, seconds: seconds,
    "double precision": lambda _, seconds: seconds + 0.25,
    "decimal(20, 6)": lambda _, seconds: f"{seconds}.5",
}
"""Each type of a column, and how it spells a moment; some tell parts of a second, which Intercom does not keep."""


def put_events(trade, data_type):
    rows = [(contact, "joined", TYPES[data_type](*moment), "pro") for contact, moment in MIDNIGHTS.items()]
    trade.engine.put("events", rows, happened_at=data_type)


@pytest.mark.slow
def test_another_type_of_the_same_moments_sends_nothing_again(trade):
    put_events(trade, "timestamptz")
    assert trade.sync().counts("events") == {"rows": 2, "sent": 2}
    assert [key for key, _ in trade.ledger("events", "record_key", "code")] == [
        f"2:{contact},6:joined,10:{seconds}" for contact, (_, seconds) in MIDNIGHTS.items()
    ]
    trade.calls()
    for data_type in TYPES:
        put_events(trade, data_type)
        ran = trade.sync("--select", "events")
        assert ran.counts("events") == {"rows": 2, "unchanged": 2}, (data_type, ran.text)
    assert trade.calls() == {}
    assert len(trade.state.events) == 2


@pytest.mark.slow
def test_an_event_whose_twin_is_gone_leaves_the_failures(trade):
    """It was sent before the twin came, so it is not sent again either."""
    put_events(trade, "bigint")
    trade.sync()
    for command in (("sync",), ("sync", "--resend"), ("retry",)):
        trade.engine.execute("insert into trade.events select * from trade.events where customer_id = 'c1'")
        ran = trade.sync("--select", "events")
        assert ran.counts("events") == {"rows": 3, "unchanged": 1, "failed": 2}, ran.text
        put_events(trade, "bigint")
        trade.calls()
        ran = trade.run(*command, "--select", "events")
        assert ran.code == 0, ran.text
        assert set(trade.codes("events").values()) == {None}, command
        assert trade.calls() == {}
    assert trade.sync("--select", "events").counts("events") == {"rows": 2, "unchanged": 2}
    assert len(trade.state.events) == 2


@pytest.mark.slow
def test_what_is_no_moment_of_intercoms_fails_alone(make_trade):
    trade = make_trade("duckdb")
    trade.engine.execute(
        "create or replace table trade.events as select * from (values "
        "('c1', 'joined', timestamp 'infinity', null), ('c1', 'joined', timestamp '20240-01-01', null), "
        "('c2', 'joined', timestamp '1969-12-31 23:59:59.5', null)"
        ") as events (customer_id, event_name, happened_at, plan_name)"
    )
    assert trade.sync().counts("events") == {"rows": 3, "sent": 1, "failed": 2}
    assert trade.codes("events")["2:c2,6:joined,2:-1"] is None


@pytest.mark.slow
@pytest.mark.parametrize("number", ["cast('nan' as double)", "cast(1e300 as double)", "cast(2e11 as double)"])
def test_a_number_that_is_no_moment_fails_alone(make_trade, number):
    trade = make_trade("duckdb")
    trade.engine.execute(
        "create or replace table trade.events as select * from (values "
        f"('c1', 'joined', {number}, null), ('c2', 'joined', cast(1709164800 as double), null)"
        ") as events (customer_id, event_name, happened_at, plan_name)"
    )
    assert trade.sync().counts("events") == {"rows": 2, "sent": 1, "failed": 1}
