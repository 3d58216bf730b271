"""A shop whose two relations hold people, and an Intercom that says what became of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dbt_intercom_activate.sandbox.records import Condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


PEOPLE: Mapping[str, Any] = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "email": "email"},
    "removed": "archive",
}
ALL = ("u1", "u2", "u3")


class TwoModels:
    """People of a shop: in `customers` the ones that leave, in `accounts` whatever else may hold them."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.blocks: dict[str, Any] = {"customers": dict(PEOPLE), "accounts": None}
        self.held_against_the_plan = False

    def block(self, model: str = "customers", **changes: Any) -> None:
        """Change the activation of a model; a first one is made of PEOPLE."""
        block = {**PEOPLE, **(self.blocks[model] or {}), **changes}
        self.blocks[model] = {name: value for name, value in block.items() if value is not None}
        self.shop.configure(**self.blocks)

    def write(self, *blocks: Mapping[str, Any], model: str = "customers") -> None:
        """Set the activations of a model."""
        self.blocks[model] = [dict(each) for each in blocks]
        self.shop.configure(**self.blocks)

    def people(self, *keys: str | None, model: str = "customers") -> None:
        """Who is in a model."""
        rows = [(key, f"{key}@example.com" if key else None) for key in keys]
        self.shop.put(model, "id text, email text", rows)

    def rows(self, columns: str, *rows: Sequence[Any], model: str = "customers") -> None:
        self.shop.put(model, columns, rows)

    def sync(self, *arguments: str, code: int | None = 0) -> Any:
        planned = self._planned(*arguments)
        ran = self.shop.sync(*arguments)
        assert code in (None, ran.code), ran.text
        for name, foreseen in planned.items():
            counts = ran[name]["counts"]
            came_of_it = (counts["removed"], counts["held"])
            assert foreseen[0] >= came_of_it[0], (name, foreseen, ran.text)
            if not self._follows_from_answers(ran):
                assert foreseen == came_of_it, (name, ran.text)
        assert "Traceback" not in ran.text
        return ran

    def _follows_from_answers(self, ran: Any) -> bool:
        """Whether only Intercom could tell: something failed, or a contact has two identifiers."""
        blocks = [
            each for block in self.blocks.values() for each in (block if isinstance(block, list) else [block])
        ]
        identifiers = {each["identifier"] for each in blocks if each and "identifier" in each}
        results = ran.artifact["results"] if ran.artifact else []
        failed = any(each["failures"] or each["status"] in ("error", "deferred") for each in results)
        return failed or len(identifiers) > 1

    def _planned(self, *arguments: str) -> dict[str, tuple[int, int]]:
        """What `plan` says just before: how many removals of each activation are to be, and how many held."""
        if not self.held_against_the_plan or set(arguments) & {"--limit", "--fail-fast", "--resend"}:
            return {}
        results = self.shop.plan(*arguments).document["results"]
        counts = {each["activation"]: each["counts"] for each in results if each["counts"] is not None}
        return {name: (count["removed"], count["held"]) for name, count in counts.items()}

    def here(self) -> set[str | None]:
        """Who can be seen in Intercom."""
        return set(self.shop.contacts())

    def conditions(self) -> dict[str | None, Condition]:
        return {each.external_id: each.condition for each in self.shop.state.contacts}

    def contact(self, external_id: str) -> Any:
        return self.shop.contacts()[external_id]

    def tags(self, external_id: str) -> set[str]:
        return {self.shop.state.tags[tag].name for tag in self.contact(external_id).tags}

    def results(self, **changes: Any) -> None:
        """Change what dbt says of its last command: `args`, or the status of a node."""
        path = self.shop.folder / "target" / "run_results.json"
        document = json.loads(path.read_text())
        document["args"].update(changes.pop("args", {}))
        for result in document["results"]:
            if result["unique_id"] in (f"model.shop.{name}" for name in changes):
                result["status"] = changes[result["unique_id"].rpartition(".")[2]]
        path.write_text(json.dumps(document))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A slow test is run once: held against the plan, which changes nothing, it proves all that it proves alone."""
    items[:] = [
        item
        for item in items
        if not (
            Path(__file__).parent in item.path.parents
            and item.get_closest_marker("slow") is not None
            and isinstance(item, pytest.Function)
            and hasattr(item, "callspec")
            and item.callspec.params.get("two_models") is False
        )
    ]


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.slow, id="as planned")])
def two_models(shop: Any, request: pytest.FixtureRequest) -> TwoModels:
    """Three people in `customers`, not yet delivered; once more with each sync held against its plan."""
    two_models = TwoModels(shop)
    two_models.held_against_the_plan = request.param
    two_models.block()
    two_models.people(*ALL)
    return two_models


@pytest.fixture
def synced(two_models: TwoModels) -> TwoModels:
    """The same, after their first sync."""
    two_models.sync()
    two_models.shop.calls()
    return two_models
