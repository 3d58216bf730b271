"""`report` writes one page that tells what ledger, results and configuration say."""

from __future__ import annotations

import json
import re

import pytest

from dbt_intercom_activate.cli import run

SECRET = "Zq8 planted value"


@pytest.fixture(scope="module")
def synced(scene):
    """Two activations after two runs: one is well, and of the other one record failed twice."""
    shop = scene()
    shop.sql(
        "insert into customers (customer_id, email, full_name) values ('kx7-planted', 'no email', ?)", SECRET
    )
    shop.sync()
    shop.sql("update customers set full_name = 'Other' where customer_id = 'c1'")
    shop.last_run = shop.sync()
    return shop


def page_of(shop, *arguments):
    ran = shop.run("report", *arguments)
    assert ran.code == 0, ran.text
    return (shop.folder / "target" / "intercom_activate.html").read_text(encoding="utf-8")


def card(page, activation):
    """What the page says of one activation, without tags."""
    [found] = [each for each in page.split("<details class=") if f"<h3><bdi>{activation}</bdi></h3>" in each]
    return " ".join(re.sub(r"<[^>]*>", " ", found).split())


def test_the_numbers_are_those_of_the_results(synced):
    page = page_of(synced)
    for name in ("companies", "customers"):
        told = card(page, name)
        for count, value in synced.last_run[name]["counts"].items():
            assert (f"{count} {value}" in told) == bool(value), count
    assert "1 invalid_value" in card(page, "customers")
    assert f"{synced.last_run['customers']['api_calls']} call" in card(page, "customers")


def test_intercom_is_as_fresh_as_the_build(synced):
    assert "Intercom has the model as it was built at" in card(page_of(synced), "companies")


def test_no_value_stands_there_and_keys_only_on_demand(synced):
    assert "kx7-planted" not in page_of(synced)
    page = page_of(synced, "--keys")
    assert "kx7-planted" in page
    assert SECRET not in page


def test_two_reports_of_one_ledger_are_the_same(synced):
    once, again = (
        re.sub(r"<time[^>]*>[^<]*</time> UTC</p>\n</header>", "", page_of(synced)) for _ in range(2)
    )
    assert "<header>" in once
    assert once == again


def test_only_selected_activations_are_on_the_page(synced):
    page = page_of(synced, "--select", "companies")
    assert "<bdi>companies</bdi>" in page
    assert "<bdi>customers</bdi>" not in page


def test_what_stopped_a_later_run_is_told(synced, monkeypatch):
    target = synced.folder / "target"
    kept = (target / "run_results.json").read_text()
    failed = json.loads(kept)
    for each in failed["results"]:
        each["status"] = "error"
    (target / "run_results.json").write_text(json.dumps(failed))
    blocked = synced.sync("--select", "companies")
    (target / "run_results.json").write_text(kept)
    # The harness takes the results away before each command; whoever runs two has those of the first one.
    monkeypatch.chdir(synced.folder)
    for name, value in synced.environment().items():
        monkeypatch.setenv(name, value)
    assert run(["report", "--quiet"]) == 0

    told = card((target / "intercom_activate.html").read_text(), "companies")
    assert "blocked at" in told
    assert blocked["companies"]["message"] in told
    assert "unchanged 2" in told


def test_what_left_the_project_is_told_on_demand(synced):
    kept = (synced.folder / "target" / "manifest.json").read_bytes()
    synced.configure(accounts=None)
    try:
        assert "<h3><bdi>companies</bdi></h3>" not in page_of(synced)
        assert "no longer in the project" in page_of(synced, "--all")
    finally:
        (synced.folder / "target" / "manifest.json").write_bytes(kept)


def test_what_cannot_be_read_leaves_the_ledger_to_tell(synced):
    manifest = synced.folder / "target" / "manifest.json"
    kept = manifest.read_bytes()
    manifest.unlink()
    try:
        page = page_of(synced)
    finally:
        manifest.write_bytes(kept)
    assert "The configuration could not be read" in page
    assert "<h3><bdi>customers</bdi></h3>" in page


def test_the_page_is_written_where_somebody_wants_it(synced):
    ran = synced.run("report", "--out", "pages/ours.html", "--output", "json")
    assert ran.document["file"] == str(synced.folder / "pages" / "ours.html")
    assert (synced.folder / "pages" / "ours.html").exists()
    refused = synced.run("report", "--out", "dbt_project.yml/page.html")
    assert refused.code == 2
    assert "page.html cannot be written" in refused.err


def test_before_the_first_sync_the_plan_is_shown(shop):
    page = page_of(shop)
    assert "never run" in card(page, "customers")
    assert "intercom_activate" not in shop.schemas()
    assert len(shop.sandbox.calls) == 0


@pytest.mark.slow
def test_a_large_ledger_makes_no_large_page(shop):
    shop.sync("--select", "companies")
    shop.sql(
        "insert into intercom_activate.ledger (run_id, project, workspace, activation, record_key, status, code, "
        "generation) select 'r', 'shop', 'sandbox1', 'companies', n::text, if(n % 3 = 0, 'failed', 'succeeded'), "
        "if(n % 3 = 0, 'not_found', null), 1 from range(100000) t(n)"
    )
    shop.sql(
        "insert into intercom_activate.runs by name select r.* replace (run_id || n::text as run_id, n as updated) "
        "from intercom_activate.runs r, range(500) t(n)"
    )
    assert len(page_of(shop, "--keys").encode()) < 2_000_000
