"""What stands on the page of the report."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from report_harness import (
    COMPANY,
    CONTACT,
    HOSTILE,
    NOON,
    activations,
    facts,
    hostile,
    many,
    past_run,
    place,
)

from dbt_intercom_activate.configuration.entry import Entry
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.results import COUNT_NAMES, Status
from dbt_intercom_activate.report import words
from dbt_intercom_activate.report.facts import FailureGroup
from dbt_intercom_activate.report.flow import flow
from dbt_intercom_activate.report.page import render
from dbt_intercom_activate.report.shapes import chart

LATER = datetime(1999, 1, 1)  # noqa: DTZ001 (UTC, as all moments of the facts)


class Read(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def named(self, name):
        return [value for attribute, value in self.attributes if attribute == name]


def read(*places, **more):
    return Read(render(facts(*places, **more)))


@pytest.fixture(scope="module")
def customers():
    [found] = activations({"customers": [CONTACT]})
    return found


def test_the_page_of_an_empty_project_is_small():
    page = render(facts())
    assert len(page.encode()) <= 150_000
    assert "No activations yet" in page


def test_the_same_facts_make_the_same_page():
    assert render(many(5)) == render(many(5))
    other = render(replace(many(5), generated_at=LATER)).replace(
        "1999-01-01T00:00:00Z", "2026-03-14T12:00:00Z"
    )
    assert other.replace("1999-01-01 00:00", "2026-03-14 12:00") == render(many(5))


def test_every_key_of_an_activation_is_told():
    """But for its fields and constants, which the mapping tells, and what the head of its section says."""
    guards = dict.fromkeys(("max_inserted", "max_updated", "max_removed", "max_failed"), 5)
    flags = {
        "was": ["people"],
        "where": "a > 1",
        "warn": ["not_found"],
        "key": ["id"],
        "create_attributes": True,
    }
    [full] = activations({"customers": [{**CONTACT, **guards, **flags}]})
    told = {name for name, _ in words.settings_of(full)}
    elsewhere = {"object", "name", "workspace", "enabled", "fields", "constants", "clear"}
    assert told | elsewhere == {each.name for each in dataclasses.fields(Entry)}


def test_hostile_texts_show_as_text():
    page = render(hostile())
    found = Read(page)
    assert found.tags.count("script") == found.tags.count("style") == 1
    assert "img" not in found.tags
    assert not [name for name, _ in found.attributes if name.startswith("on") or name == "style"]
    assert HOSTILE in found.text
    assert "long" * 2500 in found.text


def test_nothing_on_the_page_leads_elsewhere():
    found = Read(render(many(6)))
    places = {f"#{each}" for each in found.named("id")}
    assert found.named("src") == []
    assert set(found.named("href")) <= places
    assert "http-equiv" in dict(found.attributes)
    assert "default-src 'none'" in str(found.named("content"))


def test_every_count_that_is_not_zero_is_told(customers):
    counts = {name: index for index, name in enumerate(COUNT_NAMES, 101)}
    text = read(place(customers, past_run(0, **counts))).text
    assert [name for name, count in counts.items() if f"{name} {count}" not in text] == []


@pytest.mark.parametrize("code", Code)
def test_each_failure_code_says_what_to_do(customers, code):
    failed = place(customers, past_run(0, "partial", failed=2), failures=(FailureGroup(str(code), 2, NOON),))
    text = read(failed).text.replace(" ,", ",").replace(" .", ".").replace(" :", ":")
    for sentence in (code.meaning, code.remedy):
        assert "".join(sentence.replace("`", "").split()) in "".join(text.split())


def test_a_code_of_another_version_is_still_counted(customers):
    failed = place(customers, past_run(0, failed=2), failures=(FailureGroup("unheard_of", 2, None),))
    assert "2 unheard_of" in read(failed).text


def test_keys_stand_there_only_when_asked_for(customers):
    groups = (FailureGroup("not_found", 200, NOON, ("c1", "")),)
    text = read(place(customers, past_run(0, failed=200), failures=groups), with_keys=True).text
    assert "2 keys, the newest" in text
    assert "(no key)" in text
    assert "the keys of those that failed" in text
    assert "no key" in read(place(customers)).text


# Words


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_colour(customers, status):
    kind = words.kind_of(str(status))
    assert (kind == "none") == (status is Status.SKIPPED)
    attention = words.needs_attention(place(customers, past_run(0, str(status))))
    assert attention == (kind in ("warn", "bad"))


def test_what_never_ran_is_never_called_well(customers):
    [off] = activations({"customers": [{**CONTACT, "enabled": False}]})
    assert (words.status_of(place(customers)), words.status_of(place(off))) == (words.NEVER, words.OFF)
    assert words.kind_of(words.NEVER) == words.kind_of("forgotten") == "none"


def test_a_model_built_after_its_sync_is_behind(customers):
    run = past_run(0, unchanged=4)
    before, after = NOON - timedelta(hours=1), NOON + timedelta(hours=1)
    assert words.freshness(place(customers, run, built_at=before))[0] == "good"
    assert words.freshness(place(customers, run, built_at=after))[1].startswith("Intercom is behind")
    assert words.freshness(place(customers, run))[0] == words.freshness(place(customers))[0] == "none"


def test_records_that_did_not_arrive_are_not_fresh(customers):
    kind, said = words.freshness(place(customers, past_run(0, failed=2, pending=1), built_at=NOON))
    assert (kind, "2 failed, 1 pending" in said) == ("warn", True)


def test_what_is_held_is_told_with_the_way_on(customers):
    writes = place(customers, past_run(0, "held", pending=5), message="5 new records, more than the 3")
    removals = place(customers, past_run(0, "partial", held=1))
    assert "sync --allow-writes" in words.why_held(writes)
    assert "sync --allow-removals" in words.why_held(removals)
    assert words.why_held(place(customers, past_run(0))) is None


# Shapes


def bars(path):
    return path.count("M")


def test_each_count_of_each_run_has_a_bar():
    drawn = chart([past_run(0, inserted=5), past_run(1, updated=3, failed=1, unchanged=5), past_run(2)])
    assert {name: bars(path) for name, _, path in drawn.series} == {"inserted": 1, "updated": 1, "failed": 1}
    assert bars(drawn.unchanged) == 1
    assert (drawn.scale, drawn.most, drawn.cut) == (5, 5, "")


def test_the_first_sync_does_not_dwarf_all_others():
    drawn = chart([past_run(0, inserted=10_000), past_run(1, updated=20), past_run(2, updated=30)])
    assert (drawn.scale, drawn.most, bars(drawn.cut)) == (60, 10_000, 1)


def test_one_failure_among_thousands_is_seen():
    drawn = chart([past_run(0, updated=100_000, failed=1)])
    heights = [float(each) for each in re.findall(r"v([\d.]+)", dict(s[::2] for s in drawn.series)["failed"])]
    assert heights == [1.5]


def test_what_other_writes_are_is_named():
    drawn = chart([past_run(0, attached=4, removed=1)])
    assert [label for _, label, _ in drawn.series] == ["attached, removed"]


def test_each_activation_has_a_line_to_its_object():
    found = activations({"a": [CONTACT, {**COMPANY, "name": "b"}], "c": [CONTACT]})
    drawn = flow({f"a{index}": place(each, delivered=10) for index, each in enumerate(found)})
    assert [way.model for way in drawn.ways] == ["a", None, "c"]
    assert [(end.object, end.rows, end.delivered) for end in drawn.ends] == [
        ("contact", 2, 20),
        ("company", 1, 10),
    ]
    assert flow({}).ways == ()
