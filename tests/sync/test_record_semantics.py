"""Random lives of a dozen contacts: rows change, people meddle, search lags, answers get lost; the promises hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.sandbox.records import Condition

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.slow

RECORDS = 12
COLUMNS = "id text, email text, name text"
IN_THE_WAREHOUSE = ("rename", "leave", "return")
BY_PEOPLE = ("edit", "archive", "unarchive", "delete", "merge", "create")
FAULTS = {
    "none": (),
    "an insert's answer is lost": (
        Fault("POST", "/contacts", drop_connection=True, after_commit=True, skip=2),
    ),
    "an update's answer is lost": (Fault("PUT", "/contacts", drop_connection=True, after_commit=True),),
    "an update is answered 503 until we give up": (Fault("PUT", "/contacts", status=503, times=5),),
    "a search is answered 503 once": (Fault("POST", "/contacts/search", status=503),),
}

steps = st.fixed_dictionaries(
    {
        "moves": st.dictionaries(
            st.integers(0, RECORDS - 1),
            st.sampled_from(IN_THE_WAREHOUSE + BY_PEOPLE),
            min_size=RECORDS // 2,
            max_size=RECORDS,
        ),
        "lag": st.sampled_from([0.0, 0.0, 3600.0]),
        "faults": st.sampled_from(sorted(FAULTS)),
    }
)
lives = st.lists(steps, min_size=3, max_size=3)


@dataclass
class Life:
    """The rows as the warehouse has them, and what people did to their contacts since we told them."""

    shop: Any
    names: dict[int, str] = field(default_factory=lambda: dict.fromkeys(range(RECORDS), "name 0"))
    present: set[int] = field(default_factory=lambda: set(range(RECORDS)))
    meddled: set[int] = field(default_factory=set)
    turn: int = 0

    def move(self, number: int, move: str) -> None:
        self.turn += 1
        if move == "rename":
            self.names[number] = f"name {self.turn}"
        elif move == "leave":
            self.present.discard(number)
        elif move == "return":
            self.present.add(number)
        else:
            self._meddle(number, move)

    def _meddle(self, number: int, move: str) -> None:
        """What a teammate does in Intercom to a contact in a condition that allows it."""
        held = self.contacts(number)
        live = next((each for each in held if each.live), None)
        self.meddled.add(number)
        if move == "create" and not held:
            self.shop.add_contact(**self.identity(number), name="made by hand")
        elif move == "edit" and live:
            self.shop.change_contact(live.id, fields={**live.fields, "name": "edited by hand"})
        elif move in ("archive", "delete") and live:
            gone = Condition.ARCHIVED if move == "archive" else Condition.DELETED
            self.shop.change_contact(live.id, condition=gone)
        elif move == "merge" and live:
            survivor = next(each for each in self.shop.state.contacts if each.external_id == "survivor")
            self.shop.change_contact(live.id, condition=Condition.MERGED, merged_into=survivor.id)
        elif move == "unarchive" and not live:
            for each in held[:1]:
                if each.condition is Condition.ARCHIVED:
                    self.shop.change_contact(each.id, condition=Condition.LIVE)

    def identity(self, number: int) -> dict[str, str]:
        return {"external_id": f"u{number}", "email": f"e{number}@example.com"}

    def contacts(self, number: int) -> list[Any]:
        """The contacts of a record, in any condition."""
        return [each for each in self.shop.state.contacts if each.external_id == f"u{number}"]

    def sync(self) -> tuple[Any, dict[int, Mapping[str, Any]]]:
        """Sync what the warehouse has now; the ledger's new rows by record."""
        rows = [[f"u{n}", f"E{n}@Example.com", self.names[n]] for n in sorted(self.present)]
        self.shop.put("customers", COLUMNS, rows)
        before = self.shop.generation()
        with mock.patch.object(IntercomClient, "_pause"):
            ran = self.shop.sync("--no-gate")
        return ran, {_number(row): row for row in self.shop.ledger(after=before)}


def _number(row: Mapping[str, Any]) -> int:
    digits = "".join(each for each in row["record_key"] if each.isdigit())
    return int(digits)


@pytest.fixture(scope="module")
def shop(scene):
    """A project whose ledger is there, and empty."""
    shop = scene()
    shop.only(block("external_id", "fail"), COLUMNS, [])
    shop.sync("--no-gate")
    return shop


def block(identifier: str, archived: str) -> dict[str, Any]:
    return {
        "object": "contact",
        "behaviour": "upsert",
        "identifier": identifier,
        "fields": {"external_id": "id", "email": "email", "name": "name"},
        "constants": {"role": "user"},
        "archived": archived,
        "name": "people",
    }


LIVES = {
    "life": lives,
    "identifier": st.sampled_from(["external_id", "email"]),
    "archived": st.sampled_from(["fail", "unarchive"]),
}
"""A dozen records at once make up for the few lives that fit into a test's time."""
FEW = settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FEW
@given(**LIVES)
def test_whatever_happens_nothing_is_lost_doubled_or_claimed(shop, life, identifier, archived):
    live_through(shop, life, identifier, archived)


@pytest.mark.slow
@settings(FEW, max_examples=12)
@given(**LIVES)
def test_in_many_lives_too_nothing_is_lost_doubled_or_claimed(shop, life, identifier, archived):
    live_through(shop, life, identifier, archived)


def live_through(shop: Any, life: list[dict[str, Any]], identifier: str, archived: str) -> None:
    shop.state.reset()
    shop.sql("delete from intercom_activate.ledger")
    shop.only(block(identifier, archived), COLUMNS, [])
    shop.add_contact(external_id="survivor", email="survivor@example.com")
    world = Life(shop)
    for step in life:
        for number, move in step["moves"].items():
            world.move(number, move)
        shop.state.search_lag = step["lag"]
        for fault in FAULTS[step["faults"]]:
            shop.sandbox.faults.add(fault)
        before = {number: world.contacts(number) for number in range(RECORDS)}

        ran, new = world.sync()

        shop.sandbox.faults.clear()
        check(world, ran, new, before)
    check_in_the_end(world)


def check(
    world: Life, ran: Any, new: Mapping[int, Mapping[str, Any]], before: Mapping[int, list[Any]]
) -> None:
    live = [each for each in world.shop.state.contacts if each.live]
    for identifier in ("external_id", "email"):
        held = [getattr(each, identifier) for each in live]
        assert len(held) == len(set(held)), "doubled"
    for number, row in new.items():
        contact = world.shop.state.contacts.get(row["intercom_id"]) if row["intercom_id"] else None
        if row["status"] == "succeeded" and row["operation"] in ("insert", "update"):
            assert contact.live
            assert (contact.external_id, contact.fields["name"]) == (f"u{number}", world.names[number])
            world.meddled.discard(number)
        elif row["code"] in ("archived", "deleted", "merged"):
            assert world.contacts(number) == before[number], "a failed record was touched"
    counts = ran["people"]["counts"]
    parts = ("unchanged", "inserted", "updated", "failed", "pending")
    assert counts["rows"] == sum(counts[part] for part in parts) == len(world.present)


def check_in_the_end(world: Life) -> None:
    """Without faults and lag every row is told, or fails for what people did to its contact."""
    world.shop.state.search_lag = 0.0
    before = {number: world.contacts(number) for number in range(RECORDS)}
    check(world, *world.sync(), before)
    last = {_number(row): row for row in world.shop.ledger()}
    for number in world.present:
        row = last[number]
        conditions = {each.condition for each in world.contacts(number)}
        if row["status"] == "failed":
            assert row["code"] in ("archived", "deleted", "merged")
            assert conditions - {Condition.LIVE} or number in world.meddled
        elif number not in world.meddled:
            contact = world.shop.state.contacts.get(row["intercom_id"])
            assert (contact.live, contact.fields["name"]) == (True, world.names[number]), "told is not held"
    world.shop.calls()
    ran, new = world.sync()
    assert (world.shop.calls(), new) == ({}, {}), "a second sync is not quiet"
    assert ran["people"]["api_calls"] == 0
