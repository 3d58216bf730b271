"""A warehouse that may be read and not written."""

from __future__ import annotations


def test_a_read_only_warehouse_ends_before_any_call(shop):
    assert shop.sync().code == 0
    shop.calls()
    profile = shop.folder / "profiles.yml"
    read_only = "path: shop.duckdb\n      config_options: {access_mode: read_only}"
    profile.write_text(profile.read_text().replace("path: shop.duckdb", read_only))
    ran = shop.sync()

    assert ran.code == 2, ran.text
    assert "may be read, and not written" in ran.err
    assert shop.calls() == {}
    assert "Traceback" not in ran.text
    assert shop.run("plan").code == 0
