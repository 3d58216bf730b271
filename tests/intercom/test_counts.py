"""Counting what a workspace holds: the legacy way, and the ways that are documented."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.intercom import counts

COUNTS = {
    "type": "count.hash",
    "company": {"count": 55},
    "segment": {"count": 47},
    "tag": {"count": 341},
    "user": {"count": 1002},
    "lead": {"count": 0},
}


def test_requests() -> None:
    assert counts.count_all().target == "/counts"
    assert counts.count_contacts("lead").body == {
        "query": {"field": "role", "operator": "=", "value": "lead"},
        "pagination": {"per_page": 1},
    }
    assert counts.count_companies().endpoint == "POST /companies/list"
    assert counts.count_companies().target == "/companies/list?per_page=1"


def test_all_at_once(answered) -> None:
    assert counts.read_counts(answered(COUNTS)) == counts.Counts(users=1002, leads=0, companies=55)


@pytest.mark.parametrize(
    "change",
    [{"lead": None}, {"user": {}}, {"company": 55}, {"user": {"count": "7"}}, {"user": {"count": True}}],
    ids=str,
)
def test_a_number_that_is_missing_is_not_made_up(change, answered) -> None:
    assert counts.read_counts(answered({**COUNTS, **change})) is None


def test_where_counts_does_not_answer(answered, not_found) -> None:
    assert counts.read_counts(not_found) is None
    assert counts.read_counts(answered(None)) is None


def test_the_total_of_a_list(answered) -> None:
    assert counts.read_total(answered({"type": "list", "data": [], "total_count": 0})) == 0
    assert counts.read_total(answered({"type": "list", "data": [{}], "total_count": 78})) == 78


@pytest.mark.parametrize("body", [None, [], {}, {"total_count": None}, {"total_count": -1}], ids=str)
def test_a_list_without_a_total(body, answered) -> None:
    assert counts.read_total(answered(body)) is None


def test_the_total_of_a_refusal(answered) -> None:
    assert counts.read_total(answered({"total_count": 5}, 400)) is None
