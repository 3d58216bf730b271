"""`compact` drops what the ledger no longer needs, and nothing else."""

from __future__ import annotations


def _age(shop, days):
    """Let every row of the ledger be older, as time would."""
    shop.sql(f"update intercom_activate.ledger set delivered_at = delivered_at - interval {days} day")


def _rows(shop):
    found = shop.sql("select count(*) from intercom_activate.ledger")
    return found[0][0]


def test_superseded_rows_go_and_the_state_stays(shop):
    shop.sync()
    _age(shop, 200)
    shop.sql("update customers set full_name = 'Other' where customer_id = 'c1'")
    shop.sync()
    before = _rows(shop)

    ran = shop.run("compact", "--output", "json")

    assert (ran.code, ran.document) == (
        0,
        {"rows_before": before, "rows_after": before - 1, "rows_dropped": 1},
    )
    shop.sandbox.calls.clear()
    assert shop.sync().code == 0
    assert shop.sandbox.calls.writes == 0


def test_rows_that_are_not_old_enough_stay(shop):
    shop.sync()
    shop.sql("update customers set full_name = 'Other' where customer_id = 'c1'")
    shop.sync()
    before = _rows(shop)

    assert shop.run("compact").code == 0
    assert _rows(shop) == before


def test_without_a_ledger_there_is_nothing_to_compact(shop):
    ran = shop.run("compact")

    assert ran.code == 2
    assert "nothing was synced" in ran.err + ran.out


def test_a_selection_is_refused_since_the_ledger_is_one(shop):
    assert shop.run("compact", "--select", "customers").code == 2
