"""The page of the report in a real browser: what it asks for, what it shows, and whether everybody can use it."""

from __future__ import annotations

import pytest
from browser import WIDTHS
from report_harness import facts, hostile, many

from dbt_intercom_activate.commands.report import write
from dbt_intercom_activate.report.page import render

pytestmark = pytest.mark.browser

PAGES = {"none": facts(), "three": many(3), "forty": many(40), "hostile": hostile()}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, told in PAGES.items():
        write(folder / f"{name}.html", render(told))
    return {name: (folder / f"{name}.html").as_uri() for name in PAGES}


def numbers(page, heading):
    return [int(each.replace(",", "")) if each else -1 for each in shown(page, heading)]


def shown(page, heading):
    script = """([table, heading]) => {
      const index = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent.trim() === heading);
      return [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => row.cells[index].innerText.trim());
    }"""
    table = page.query_selector("#table")
    return page.evaluate(script, [table, heading])


@pytest.mark.parametrize(("width", "dark"), [(400, True), (1400, False)], ids=["phone, dark", "desk, light"])
@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_well_and_everybody_can_use_it(look, addresses, name, width, dark):
    seen = look(addresses[name], width=width, dark=dark)
    seen.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")

    assert seen.complaints == []
    assert seen.requests == []
    assert seen.overflow() == 0
    assert seen.violations() == []


def test_without_a_script_everything_is_there(look, addresses):
    page = look(addresses["three"], java_script=False).page
    assert page.locator(".card").count() == 3
    assert not page.locator("#filter").is_visible()


def test_a_heading_sorts_by_its_column(look, addresses):
    page = look(addresses["forty"]).page
    heading = page.get_by_role("button", name="delivered")

    heading.click()
    found = numbers(page, "delivered")
    assert found == sorted(found, reverse=True)
    heading.click()
    assert numbers(page, "delivered") == sorted(found)
    assert page.locator("#table th[aria-sort]").get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="activation").click()
    names = [each.splitlines()[0] for each in shown(page, "activation")]
    assert names == sorted(names, key=lambda each: int(each.partition("_")[2]))


def test_filters_leave_what_fits_in_both_lists(look, addresses):
    page = look(addresses["forty"]).page
    assert page.locator("#shown").inner_text() == "40 of 40"

    page.get_by_label("Status").select_option("partial")
    assert page.locator("#shown").inner_text() == "10 of 40"
    assert set(shown(page, "status")) == {"partial"}
    page.get_by_label("Search").fill("company model_1")
    left = [each.splitlines()[0] for each in shown(page, "activation")]
    assert left == ["model_1", "model_13", "model_17"]
    assert page.locator(".card:visible").count() == 3
    page.get_by_label("Search").fill("")
    page.get_by_label("Status").select_option("")
    page.get_by_label("to look at").check()
    assert set(shown(page, "status")) == {"partial", "blocked"}


def test_the_theme_follows_the_system_until_somebody_chooses(look, addresses):
    background = "getComputedStyle(document.body).backgroundColor"
    light, dark = (look(addresses["three"], dark=dark).page for dark in (False, True))
    colours = light.evaluate(background), dark.evaluate(background)
    assert colours[0] != colours[1]

    button = light.get_by_role("button", name="Theme")
    for expected in (colours[0], colours[1], colours[0]):
        button.click()
        assert light.evaluate(background) == expected
    button.click()
    button.click()
    light.reload()
    assert light.evaluate(background) == colours[1]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_keyboard_alone_goes_everywhere(look, addresses, width):
    """Tab by tab; an activation is opened, the table sorted, a filter typed, without a mouse."""
    page = look(addresses["forty"], width=width).page
    focused = "document.activeElement"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(f"{focused}.id || {focused}.className || {focused}.innerText"))
        if page.evaluate(f"{focused}.innerText") == "failed":
            break
    assert {"theme", "words", "status", "attention", "scroll"} <= reached
    page.keyboard.press("Enter")
    assert page.locator("#table th[aria-sort]").inner_text() == "failed"

    page.locator("#words").focus()
    page.keyboard.type("model_11")
    page.locator("#table tbody a:visible").focus()
    page.keyboard.press("Enter")
    assert page.locator(".card[open] h3").all_inner_texts() == ["model_11"]


def test_the_numbers_are_those_of_the_results_json(look, scene):
    shop = scene()
    shop.sql("insert into customers (customer_id, email) values ('x', 'no email')")
    synced = shop.sync()
    assert shop.run("report").code == 0

    page = look((shop.folder / "target" / "intercom_activate.html").as_uri()).page
    for heading in ("inserted", "updated", "unchanged", "failed", "held"):
        expected = [synced[name]["counts"][heading] for name in ("companies", "customers")]
        assert numbers(page, heading) == expected
    assert numbers(page, "calls") == [synced[name]["api_calls"] for name in ("companies", "customers")]
    assert shown(page, "status") == ["success", "partial"]
