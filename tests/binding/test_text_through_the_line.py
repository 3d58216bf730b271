"""Text from DuckDB to Intercom: sent as it is, or `invalid_value`, and never changed on the way."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

ROWS = 40
COLUMNS = "id text, name text, note text, tag text"
HOSTILE = (
    "'; drop table customers; --",
    '" or ""="',
    "{{ env_var('HOME') }}",
    "{% raw %}{# comment",
    "${HOME} `id` $(id)",
    "null",
    "NULL",
    "",
    " ",
    "\\",
    "\\'",
    "\x00",
    "a\x00b",
    "\x01\x1f\x7f",
    "line\nbreak\r\n\ttab",
    "\u2028\u2029\ufeff\u200b",
    "🦊 👩‍👩‍👧‍👦 \U0001d4b3 e\u0301",
    "Ångström \u0130\u0131\u00df\u017f\u212a",
    "%s %(name)s ? :name $1",
    "1e5",
    "2024-01-01",
    "true",
    '{"a": 1}',
    "[1, 2]",
    "x" * 255,
    "x" * 256,
    "🦊" * 255,
    "y" * 1_000_000,
)
texts = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), min_size=0, max_size=300)
)


@pytest.fixture(scope="module")
def shop(scene):
    return scene()


def block() -> list[dict[str, Any]]:
    by_id = {"external_id": "id"}
    return [
        {
            "object": "contact",
            "behaviour": "upsert",
            "identifier": "external_id",
            "fields": {**by_id, "name": "name", "custom_attributes.plan": "note"},
            "name": "people",
        },
        {
            "object": "contact_tag",
            "behaviour": "attach",
            "identifier": "external_id",
            "fields": {**by_id, "tag": "tag"},
            "key": ["id"],
            "name": "tags",
        },
    ]


@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(drawn=st.lists(st.tuples(texts, texts, texts), min_size=10, max_size=ROWS))
def test_hostile_text_arrives_as_it_is(shop, drawn):
    shop.state.reset()
    shop.state.add_attribute("contact", "plan", "string")
    said = [*zip(HOSTILE, HOSTILE, HOSTILE, strict=True), *drawn]
    rows = [[f"u{n}", *texts] for n, texts in enumerate(said)]
    shop.only(block(), COLUMNS, rows)
    with duckdb.connect(str(shop.folder / "shop.duckdb")) as connection:
        connection.execute("drop schema if exists intercom_activate cascade")

    ran = shop.sync("--no-gate", "--new-ledger")

    assert ran["people"]["status"] in ("success", "partial"), ran["people"]["message"]
    held = {each.external_id: each for each in shop.state.contacts}
    last = shop.last("people")
    for key, name, note, _ in rows:
        if len(note) > 255:
            assert (last[key]["code"], key in held) == ("invalid_value", False)
            assert note not in last[key]["message"]
        else:
            assert last[key]["code"] is None
            assert (held[key].fields["name"], held[key].custom_attributes["plan"]) == (name, note)
    tags = shop.last("tags")
    for key, _, _, tag in rows:
        if tag.strip() == "":
            assert tags[key]["code"] == "missing_identifier"
        elif key in held and tags[key]["code"] is None:
            (tagged,) = held[key].tags
            assert shop.state.tags[tagged].name.lower() == tag.strip().lower()
        else:
            assert tags[key]["code"] in ("not_found", "rejected")
    shop.calls()
    shop.sync("--no-gate")
    again = shop.calls()
    assert "POST /contacts" not in again
    assert "PUT /contacts/{contact_id}" not in again
