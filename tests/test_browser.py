"""The browser of the tests notices what is wrong with a page."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html><head><title>Wrong</title></head><body>
<div style="width: 500px">wide</div><img src="elsewhere.png"><script>console.error("said"); ended()</script>"""


def test_what_is_wrong_with_a_page_is_noticed(look, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(PAGE)

    wrong = look(page.as_uri(), width=400)

    assert "said" in wrong.complaints
    assert "ended is not defined" in "".join(wrong.complaints)
    assert wrong.requests == [(tmp_path / "elsewhere.png").as_uri()]
    assert wrong.overflow() > 0
    rules = [each.partition(":")[0] for each in wrong.violations()]
    assert {"html-has-lang", "image-alt"} <= set(rules)
