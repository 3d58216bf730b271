"""Values that remember what they were."""

from __future__ import annotations

from dataclasses import dataclass

from dbt_intercom_activate.sandbox.versions import Versions


@dataclass(frozen=True)
class Thing:
    id: str
    name: str
    live: bool = True


def written(*writes: tuple[float, Thing]) -> Versions[Thing]:
    versions: Versions[Thing] = Versions()
    for at, thing in writes:
        versions.put(thing, at=at, keep=True)
    return versions


def test_a_value_is_unknown_before_it_was_written():
    versions = written((10, Thing("a", "first")))
    assert versions.as_of("a", 9) is None
    assert versions.as_of("a", 10) == Thing("a", "first")


def test_each_moment_has_its_version():
    versions = written((10, Thing("a", "first")), (20, Thing("a", "second")), (30, Thing("a", "third")))
    names = [versions.as_of("a", moment).name for moment in (15, 25, 35)]
    assert names == ["first", "second", "third"]


def test_now_needs_no_moment():
    assert written((10, Thing("a", "first"))).as_of("a", None) == Thing("a", "first")


def test_live_values_are_counted_as_of_a_moment():
    versions = written((10, Thing("a", "x")), (20, Thing("b", "x")), (30, Thing("a", "x", live=False)))
    assert [versions.count_live(moment) for moment in (5, 15, 25, 35, None)] == [0, 1, 2, 1, 1]


def test_what_is_no_longer_live_was_so_a_moment_ago():
    versions = written((10, Thing("a", "x")), (20, Thing("a", "x", live=False)))
    assert versions.live_as_of("a", 15) is not None
    assert versions.live_as_of("a", 25) is None
