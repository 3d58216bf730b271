"""`status` tells of the past, from the ledger alone."""

from __future__ import annotations

import json

import pytest

KEYS = ["007", "1e5", "[red]x[/red]", "two\nlines", "true"]


@pytest.fixture(scope="module")
def failed(scene):
    """Five records failed, under keys that look like numbers, like markup and like flags."""
    shop = scene()
    for key in KEYS:
        shop.sql("insert into customers (customer_id, email) values (?, 'no email')", key)
    assert shop.sync().code == 1
    return shop


def test_before_the_first_sync_there_is_nothing_to_tell(shop):
    assert (shop.run("status").code, shop.run("status").out) == (0, "Nothing was synced yet.\n")
    assert shop.run("status", "--failures").out == "No record failed last.\n"
    assert shop.run("status", "--output", "json").document["results"] == []
    assert "intercom_activate" not in shop.schemas()
    assert len(shop.sandbox.calls) == 0


def test_the_newest_result_of_each_activation_is_told(shop):
    shop.sync()
    shop.sql("update customers set full_name = 'Other' where customer_id = 'c1'")
    second = shop.sync("--select", "customers")
    shop.sandbox.calls.clear()

    ran = shop.run("status", "--output", "json")

    told = {each["activation"]: each for each in ran.document["results"]}
    assert set(told) == {"companies", "customers"}
    assert told["customers"]["counts"] == dict(second["customers"]["counts"])
    assert told["customers"]["run_id"] == second.artifact["metadata"]["run_id"]
    assert told["companies"]["counts"]["inserted"] == 2
    assert (told["companies"]["status"], told["companies"]["workspace_name"]) == ("success", "test")
    assert told["companies"]["finished_at"].endswith("Z")
    assert len(shop.sandbox.calls) == 0
    text = shop.run("status", "--select", "customers").out
    assert text.startswith("customers to test: success at ")
    assert text.endswith(": 3 unchanged, 1 updated\n")


def test_earlier_runs_are_listed_the_newest_first(shop):
    for name in ("One", "Two", "Three"):
        shop.sql(f"update customers set full_name = '{name}' where customer_id = 'c1'")
        shop.sync("--select", "customers")
    lines = shop.run("status", "--runs", "2").out.splitlines()

    assert [line.partition("Z: ")[2] for line in lines] == ["3 unchanged, 1 updated"] * 2
    runs = shop.run("status", "--runs", "--output", "json").document["results"]
    assert [each["counts"]["inserted"] for each in runs] == [0, 0, 4]
    assert "newest_attempt" not in runs[0]


def test_a_later_attempt_is_shown_beside_the_result(shop):
    """Whether it was blocked, or had nothing to try again; of what never ran, the attempt is the result."""
    first = shop.sync("--select", "customers")
    results = json.loads((shop.folder / "target" / "run_results.json").read_text())
    for each in results["results"]:
        each["status"] = "error"
    (shop.folder / "target" / "run_results.json").write_text(json.dumps(results))
    blocked = shop.sync()
    assert blocked.statuses() == {"companies": "blocked", "customers": "blocked"}

    ran = shop.run("status", "--output", "json")
    text = shop.run("status").out.splitlines()

    told = {each["activation"]: each for each in ran.document["results"]}
    assert told["customers"]["run_id"] == first.artifact["metadata"]["run_id"]
    assert told["customers"]["newest_attempt"]["run_id"] == blocked.artifact["metadata"]["run_id"]
    assert {name: each["newest_attempt"]["status"] for name, each in told.items()} == blocked.statuses()
    assert told["companies"]["status"] == "blocked"
    assert text[1].startswith("customers to test: success at ")
    assert "inserted; blocked at " in text[1]

    shop.run("retry", "--no-gate")
    assert "inserted; success at " in shop.run("status", "--select", "customers").out


def test_an_attempt_before_any_ledger_leaves_nothing_behind(shop):
    results = json.loads((shop.folder / "target" / "run_results.json").read_text())
    for each in results["results"]:
        each["status"] = "error"
    (shop.folder / "target" / "run_results.json").write_text(json.dumps(results))
    shop.sync()
    assert "intercom_activate" not in shop.schemas()
    assert shop.run("status").out == "Nothing was synced yet.\n"


def test_failed_records_are_told_by_key_and_nowhere_else(failed):
    ran = failed.run("status", "--failures", "--output", "json")
    text = failed.run("status", "--failures")

    assert ran.code == text.code == 0
    assert {each["record_key"] for each in ran.document["results"]} == set(KEYS)
    assert {each["code"] for each in ran.document["results"]} == {"invalid_value"}
    assert all(each["delivered_at"].endswith("Z") for each in ran.document["results"])
    assert ran.err == ""
    assert len(text.out.splitlines()) == len(KEYS)
    assert "customers: [red]x[/red]: invalid_value at " in text.out


def test_a_limit_says_how_many_more_there_are(failed):
    text = failed.run("status", "--failures", "--limit", "2")
    ran = failed.run("status", "--failures", "--limit", "2", "--output", "json")

    assert len(text.out.splitlines()) == 3
    assert "… and 3 more" in text.out
    assert (len(ran.document["results"]), ran.document["total"]) == (2, 5)


def test_only_selected_activations_are_told(failed):
    assert failed.run("status", "--failures", "--select", "accounts").out == "No record failed last.\n"
    assert len(failed.run("status", "--failures", "--select", "activation:customers").out.splitlines()) == 5


def test_no_manifest_is_needed(failed):
    manifest = failed.folder / "target" / "manifest.json"
    kept = manifest.read_bytes()
    manifest.unlink()
    try:
        assert failed.run("status").code == 0
    finally:
        manifest.write_bytes(kept)
