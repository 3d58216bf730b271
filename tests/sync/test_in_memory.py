"""A DuckDB database without a path: it is gone with the process, and so is a ledger in it."""

from __future__ import annotations

import pytest

GONE = "is in memory and is gone with the process, and the ledger with it"


@pytest.fixture
def in_memory(shop):
    """A shop whose profile names no path."""
    profile = shop.folder / "profiles.yml"
    profile.write_text(profile.read_text().replace("path: shop.duckdb", "threads: 1"))
    return shop


def test_a_ledger_in_memory_ends_a_sync_before_any_call(in_memory):
    ran = in_memory.sync()

    assert ran.code == 2
    assert GONE in ran.err
    assert "--no-ledger-kept" in ran.err
    assert len(in_memory.sandbox.calls) == 0


def test_our_own_build_sends_nothing_from_memory(in_memory):
    ran = in_memory.run("build")

    assert ran.code == 2, ran.text
    assert GONE in ran.text
    assert len(in_memory.sandbox.calls) == 0


def test_our_own_build_sends_without_a_ledger_when_asked(in_memory):
    ran = in_memory.run("build", "--no-ledger-kept")

    assert ran.code == 0, ran.text
    assert len(in_memory.contacts()) == 4


def test_models_in_memory_are_gone_and_not_unbuilt(in_memory):
    ran = in_memory.sync("--no-ledger-kept", "--select", "accounts")

    assert ran.code == 1
    assert "is gone: the database is in memory" in ran["companies"]["message"]


def test_check_says_that_the_ledger_is_in_memory(in_memory):
    ran = in_memory.run("check")

    assert ran.code == 2
    assert GONE in ran.text
