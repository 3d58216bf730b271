"""A plan's forecast, held against the calls of the sync that follows, for every object, behaviour and identifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from blocks_harness import COLUMNS, ITEMS, block, every_combination

from dbt_intercom_activate.objects import OBJECTS
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.objects.vocabulary import Removed

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = 51
"""More than go in a search and in a batch."""
TAGS = 3
COMPANIES = 17
LEARNING = {
    "known_tags": "contact_tag attach external_id",
    "known_members": "contact_company attach external_id+company_id",
    "known_companies": "company upsert company_id",
}
"""Activations over the rows of others, which come to know contacts and companies before them in the same run."""


REMOVING = (
    "contact upsert external_id",
    "contact insert email",
    "company upsert company_id",
    "contact_tag attach email",
    "company_tag attach id",
    "conversation_tag attach id",
    "contact_company attach id+id",
)
"""One of each object from which records may be removed, and of each way."""


class Everything:
    """One project with an activation for each of many combinations, each over a relation of its own."""

    def __init__(self, shop: Any, combinations: Sequence[str]) -> None:
        self.shop = shop
        self.state = shop.state
        self.blocks: dict[str, dict[str, Any]] = {}
        for index, combination in enumerate(combinations):
            self.add(combination, f"a{index}", f"r_a{index}")
        self.write()

    def learn(self) -> None:
        """Have contacts, companies and what belongs to them in one run, over the same rows."""
        contacts = next(
            each["relation"] for each in self.blocks.values() if each["said"] == "contact upsert external_id"
        )
        for name, combination in LEARNING.items():
            self.blocks[name] = {
                **block(combination),
                "name": name,
                "relation": contacts,
                "said": combination,
            }
        self.blocks["known_companies"] |= {
            "fields": {"company_id": "company_id"},
            "where": f"k < 'k{COMPANIES}'",
        }
        self.write()

    def add(self, combination: str, name: str, relation: str) -> None:
        self.blocks[name] = {**block(combination), "name": name, "relation": relation, "said": combination}
        # What an insert that changed fails with, and what comes back after it was deleted.
        self.blocks[name]["warn"] = ["changed_after_insert", "deleted"]
        order = [each.split()[0] for each in COLUMNS.split(", ")]
        rows = [self.row(combination, name, number) for number in range(ROWS)]
        with duckdb.connect(str(self.shop.folder / "shop.duckdb")) as connection:
            connection.execute(f"create table main.{relation} ({COLUMNS})")
            places = ", ".join("?" for _ in order)
            values = [[row[column] for column in order] for row in rows]
            connection.executemany(f"insert into main.{relation} values ({places})", values)

    def row(self, combination: str, name: str, number: int) -> dict[str, Any]:
        kind, behaviour, _ = combination.split()
        creates = behaviour in ("upsert", "insert")
        company_id = f"{name}-c{number % COMPANIES if kind != 'company' else number}"
        who = {"external_id": f"{name}-{number:03}", "email": f"{name}-{number:03}@example.com"}
        contact = self.shop.add_contact(**who) if not creates and kind != "company" else None
        company = None
        if not creates and kind != "contact":
            there = next((each for each in self.state.companies if each.company_id == company_id), None)
            company = there or self.shop.add_company(company_id)
        return {
            **who,
            "k": f"k{number:02}",
            "intercom_id": contact.id if contact else None,
            "company_id": company_id,
            "company_intercom_id": company.id if company else None,
            "item_id": ITEMS.get(kind),
            "tag": f"{name} {number if kind in ITEMS else number % TAGS}",
            "event_name": "ordered",
            "admin_id": "991267459",
            "name": "a name",
            "moment": 17,
        }

    def write(self) -> None:
        manifest = self.shop.manifest()
        template = manifest["nodes"]["model.shop.customers"]
        for each in ("customers", "accounts"):
            node = manifest["nodes"][f"model.shop.{each}"]
            node["config"]["meta"] = node["meta"] = {}
            for column in node["columns"].values():
                column["meta"], column["config"] = {}, {"meta": {}}
        for relation in {each["relation"] for each in self.blocks.values()}:
            of_relation = [
                {key: value for key, value in each.items() if key not in ("relation", "said")}
                for each in self.blocks.values()
                if each["relation"] == relation
            ]
            manifest["nodes"][f"model.shop.{relation}"] = {
                **template,
                "unique_id": f"model.shop.{relation}",
                "name": relation,
                "alias": relation,
                "relation_name": template["relation_name"].replace("customers", relation),
                "config": {**template["config"], "meta": {"intercom": of_relation}},
                "meta": {},
                "columns": {},
            }
        self.shop.write_manifest(manifest)

    def remove(self) -> None:
        """Let what left be removed, in each way that an object has."""
        for number, each in enumerate(self.blocks.values()):
            allowed = OBJECTS[each["object"]].behaviours[Behaviour(each["behaviour"])].removals
            if "admin_id" in each["fields"]:  # whoever takes a tag off a record that left is no column of it
                each["fields"] = {name: it for name, it in each["fields"].items() if name != "admin_id"}
                each["constants"] = {"admin_id": "991267459"}
            ways = sorted(str(way) for way in allowed - {Removed.IGNORE})
            if ways:
                each |= {"removed": ways[number % len(ways)], "max_removed": "100%"}
        self.write()

    def everywhere(self, statement: str) -> None:
        relations = {each["relation"] for each in self.blocks.values()}
        self.shop.sql(
            "; ".join(
                statement.replace("{0}", relation).replace("{}", relation) for relation in sorted(relations)
            )
        )

    def planned_and_made(self) -> dict[str, int]:
        """Plan and sync; hold the one against the other, and tell the calls by endpoint."""
        plan = self.shop.plan("--no-gate")
        assert plan.code == 0, plan.text
        self.shop.sandbox.calls.clear()
        ran = self.shop.sync("--no-gate")
        assert ran.code == 0, [
            (self.blocks[each["activation"]]["said"], each["status"], each["message"], each["failures"])
            for each in ran.artifact["results"]
            if each["status"] != "success"
        ]
        wrong = [
            (name, self.blocks[name]["said"], plan[name]["forecast"], made)
            for name in self.blocks
            if not within(plan[name]["forecast"]["calls"], made := ran[name]["api_calls"])
        ]
        assert wrong == []
        calls = self.shop.sandbox.calls.by_operation()
        told = plan.document["forecast"]
        assert within(told["calls"], sum(calls.values()))
        assert [each for each in calls if each not in told["endpoints"]] == []
        assert [
            (each, foreseen, calls.get(each, 0))
            for each, foreseen in told["endpoints"].items()
            if not within(foreseen, calls.get(each, 0))
        ] == []
        return calls


def within(foreseen: dict[str, int], made: int) -> bool:
    return foreseen["least"] <= made <= foreseen["most"]


@pytest.mark.slow
def test_every_sync_makes_the_calls_that_its_plan_told(scene):
    everything = Everything(scene(), every_combination())
    everything.learn()
    everything.planned_and_made()

    everything.everywhere("update main.{} set name = 'another name', admin_id = '991267460'")
    everything.planned_and_made()


@pytest.mark.slow
def test_removals_and_returns_are_foreseen_too(scene):
    everything = Everything(scene(), REMOVING)
    everything.remove()
    everything.planned_and_made()

    everything.everywhere("create table main.{0}_before as select * from main.{0}")
    everything.everywhere(
        "delete from main.{} where k >= 'k07'; update main.{} set name = 'b' where k = 'k01'"
    )
    assert "DELETE /contacts/{contact_id}" in everything.planned_and_made()

    everything.everywhere("insert into main.{0} select * from main.{0}_before where k >= 'k07' and k < 'k20'")
    assert everything.planned_and_made()["POST /contacts/{contact_id}/unarchive"] > 0
