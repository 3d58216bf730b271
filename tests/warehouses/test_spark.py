"""The main job on an engine that distributes its work, with tables that can only be appended to or made anew."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.spark


@pytest.fixture
def trade(make_trade):
    return make_trade("spark")


def rows(*, balance="19.90"):
    return [
        ("c1", "ada@example.com", "Ada\nLovelace \\N 'x'", None, balance, 3, True),
        ("c2", "zoe@example.com", "Zoë 🦊", None, "0.00", 0, False),
        ("c3", None, "", None, None, None, None),
    ]


def test_the_life_of_a_model_on_spark(trade):
    """One test, since a session of Spark takes its time: first sync, quiet second, one change, removals."""
    trade.put(customers=rows())
    ran = trade.sync()

    assert ran.code == 0, ran.text
    assert {key: each.fields.get("name") for key, each in trade.contacts().items()} == {
        "c1": "Ada\nLovelace \\N 'x'",
        "c2": "Zoë 🦊",
        "c3": "",
    }
    assert trade.contacts()["c1"].custom_attributes["balance"] == 19.9
    assert (trade.tags_of("c1"), trade.tags_of("c2")) == ({"vip"}, {"vip", "new"})
    assert len(trade.state.events) == 2
    assert {row[0]: row[1] for row in trade.ledger("customers", "record_key", "intercom_id")} == {
        key: each.id for key, each in trade.contacts().items()
    }

    trade.calls()
    ran = trade.sync("--select", "customers", "tags")
    assert ran.code == 0, ran.text
    assert trade.calls() == {}
    assert ran.counts("customers") == {"rows": 3, "unchanged": 3}
    assert ran.counts("tags") == {"rows": 3, "unchanged": 3}

    trade.put(customers=rows(balance="20.00"))
    ran = trade.sync("--select", "customers")
    assert trade.calls() == {"PUT /contacts/{contact_id}": 1}
    assert ran.counts("customers") == {"rows": 3, "unchanged": 2, "updated": 1}

    trade.put(customers=[])
    ran = trade.sync("--select", "customers")
    assert ran.code == 1
    assert ran.counts("customers") == {"held": 3}
    assert trade.calls() == {}

    trade.put(customers=rows(balance="20.00")[:2])
    ran = trade.sync("--select", "customers")
    assert ran.counts("customers") == {"rows": 2, "unchanged": 2, "removed": 1}
    assert trade.contacts().keys() == {"c1", "c2"}

    tables = {row[1] for row in trade.engine.query("show tables in intercom_activate")}
    assert not {name for name in tables if name.startswith("stage_")}
    provider = trade.engine.query("describe extended intercom_activate.ledger")
    assert ("Provider", "parquet") in {row[:2] for row in provider}
