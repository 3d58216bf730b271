"""intercom.yml and the variables of the macros may name two ledgers; that is said."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("command", ["sync", "check"])
def test_two_places_of_the_ledger_are_said(shop, command):
    assert "macros look for it" not in shop.run(command).text
    config = shop.folder / "intercom.yml"
    config.write_text(config.read_text() + "\nledger: {schema: crm_ledger}\n")
    said = shop.run(command).text
    assert "the ledger is in crm_ledger" in said
    assert "macros look for it in intercom_activate" in said
    project = shop.folder / "dbt_project.yml"
    project.write_text(project.read_text() + "\nvars: {intercom_activate: {ledger_schema: crm_ledger}}\n")
    assert "macros look for it" not in shop.run(command).text
