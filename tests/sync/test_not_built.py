"""A relation that is not there yet is called so."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("command", ["sync", "plan", "check"])
def test_before_the_first_build_that_is_said(shop, command):
    shop.sql("drop table customers")
    ran = shop.run(command)

    assert ran.code == 1, ran.text
    assert '"customers" is not built yet: run `dbt build`' in ran.text
    assert "the warehouse refused" not in ran.text


def test_a_view_upon_what_is_gone_was_built(shop):
    shop.sql("alter table customers rename to raw_customers")
    shop.sql("create view customers as select * from raw_customers")
    shop.sql("drop table raw_customers")
    ran = shop.sync()

    assert "not built yet" not in ran.text
    assert "Catalog Error: Table with name … does not exist!" in ran.text
