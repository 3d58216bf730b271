"""The dbt models of a world, whose rows come, go and change, and whose columns change their types.

Every value that must not show in a log has `zq` or 7000 in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse_model import Relation

from dbt_intercom_activate.binding.column import RelationColumn
from dbt_intercom_activate.configuration.activation import Activation, activations_of
from dbt_intercom_activate.project import manifest as manifests

if TYPE_CHECKING:
    from random import Random

Row = dict[str, Any]

NUMBERS = ("BIGINT", "DOUBLE", "DECIMAL(18,2)", "VARCHAR")
MOMENTS = ("BIGINT", "TIMESTAMP", "DOUBLE")
SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"

BLOCKS: dict[str, dict[str, Any]] = {
    "people": {
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "external_id",
        "fields": {"external_id": "id", "email": "mail", "name": "nm", "signed_up_at": "since"},
    },
    "numbers": {
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "external_id",
        "fields": {"external_id": "id", "name": "nm"},
    },
    "subscribers": {
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "email",
        "fields": {"email": "mail", "name": "nm"},
    },
    "members": {
        "object": "contact",
        "behaviour": "insert",
        "identifier": "external_id",
        "fields": {"external_id": "id", "email": "mail", "name": "nm"},
    },
    "guests": {
        "object": "contact",
        "behaviour": "insert",
        "identifier": "email",
        "key": ["id"],
        "fields": {"email": "mail", "name": "nm"},
        "constants": {"role": "lead"},
    },
    "prospects": {
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "email",
        "fields": {"email": "mail", "name": "nm"},
        "constants": {"role": "lead"},
    },
    "firms": {
        "object": "company",
        "behaviour": "upsert",
        "identifier": "company_id",
        "fields": {"company_id": "id", "name": "nm"},
    },
    "visits": {
        "object": "event",
        "behaviour": "send",
        "identifier": "external_id",
        "fields": {"external_id": "id", "event_name": "what", "created_at": "since"},
    },
    "calls": {
        "object": "event",
        "behaviour": "send",
        "identifier": "email",
        "fields": {"email": "mail", "event_name": "what", "created_at": "since"},
    },
}
"""What `meta` says of each model."""

TOGETHER = (
    ("people",),
    ("people", "visits"),
    ("people", "calls"),
    ("people", "calls"),
    ("people", "firms"),
    ("people", "numbers"),
    ("numbers",),
    ("subscribers",),
    ("members",),
    ("members",),
    ("guests",),
    ("guests",),
    ("prospects",),
    ("firms",),
)
"""What one project has."""

REMOVED = {"contact": ("archive", "delete", "ignore"), "company": ("delete", "ignore"), "event": ("ignore",)}


@cache
def activation_of(name: str, removed: str, archived: str) -> Activation:
    """A model's activation, through the product's own parser."""
    block = {**BLOCKS[name], "removed": removed, "max_removed": "100%"}
    if block["behaviour"] == "upsert" and block["object"] == "contact":
        block["archived"] = archived
    node = {
        "unique_id": f"model.shop.{name}",
        "name": name,
        "resource_type": "model",
        "package_name": "shop",
        "relation_name": f"db.shop.{name}",
        "original_file_path": f"models/{name}.sql",
        "config": {"materialized": "table", "meta": {"intercom": block}},
        "columns": {},
    }
    known = {"dbt_schema_version": SCHEMA, "dbt_version": "1.11.16", "project_name": "shop"}
    manifest = manifests.from_dict({"metadata": known, "nodes": {node["unique_id"]: node}, "sources": {}})
    (made,) = activations_of(manifest, Path())
    return made


@dataclass
class Model:
    """One model, as its author thinks of it."""

    name: str
    rows: list[Row] = field(default_factory=list)
    types: dict[str, str] = field(
        default_factory=lambda: {
            "id": "BIGINT",
            "mail": "VARCHAR",
            "nm": "VARCHAR",
            "what": "VARCHAR",
            "since": "BIGINT",
        }
    )

    def relation(self) -> Relation:
        """As dbt has built it."""
        columns = tuple(RelationColumn(name, kind) for name, kind in self.types.items())
        rows = [{name: _cast(row[name], kind) for name, kind in self.types.items()} for row in self.rows]
        return Relation(columns, rows)


def _cast(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "DOUBLE":
        return float(value)
    if kind.startswith("DECIMAL"):
        return Decimal(value).quantize(Decimal("0.01"))
    if kind == "TIMESTAMP":
        return datetime(1970, 1, 1) + timedelta(seconds=value)  # noqa: DTZ001 (UTC, as models have it)
    return str(value) if kind == "VARCHAR" else value


def person(number: int) -> Row:
    """A row that nobody else has."""
    return {
        "id": 70000 + number,
        "mail": f"zq{number}@zq.example",
        "nm": f"Zq {number}",
        "what": "zq-visit",
        "since": 1_600_000_000 + number * 86400,
    }


class Author:
    """Who changes the models between two runs."""

    def __init__(self, chance: Random, models: list[Model]) -> None:
        self._chance = chance
        self._models = models
        self._versions = 0
        for number in range(1, chance.randint(2, 6)):
            self._add(person(number))

    def change(self) -> None:
        """Do one of the things that happen to models."""
        chance = self._chance
        deed = chance.choice(
            (
                self._come,
                self._go,
                self._edit,
                self._edit,
                self._retype,
                self._retype,
                self._spoil,
                self._mend,
                self._come_back,
            )
        )
        deed()

    def settle(self) -> None:
        """End with rows of which none is at fault."""
        for model in self._models:
            kept: dict[Any, Row] = {}
            for row in model.rows:
                mail = {each["mail"] for each in kept.values()}
                sound = row["id"] is not None and row["mail"] is not None and "@" in row["mail"]
                if sound and row["id"] not in kept and row["mail"] not in mail:
                    kept[row["id"]] = row
            model.rows = list(kept.values())

    def _add(self, row: Row) -> None:
        for model in self._models:
            if all(each["id"] != row["id"] for each in model.rows):
                model.rows.append(dict(row))

    def _any(self) -> tuple[Model, Row] | None:
        model = self._chance.choice(self._models)
        return (model, self._chance.choice(model.rows)) if model.rows else None

    def _come(self) -> None:
        self._add(person(self._chance.randint(1, 9)))

    _come_back = _come

    def _go(self) -> None:
        found = self._any()
        if found and len(found[0].rows) > 1:
            found[0].rows.remove(found[1])

    def _edit(self) -> None:
        found = self._any()
        if not found:
            return
        self._versions += 1
        row, chance = found[1], self._chance
        if chance.random() < 0.7:
            row["nm"] = f"Zq {row['id']} v{self._versions}"
        elif chance.random() < 0.5:
            row["mail"] = f"zq{row['id']}v{self._versions}@zq.example"
        else:
            row["since"] = (row["since"] or 0) + 86400

    def _retype(self) -> None:
        model = self._chance.choice(self._models)
        column, kinds = self._chance.choice((("id", NUMBERS), ("since", MOMENTS)))
        model.types[column] = self._chance.choice([each for each in kinds if each != model.types[column]])

    def _spoil(self) -> None:
        found = self._any()
        if not found:
            return
        model, row = found
        spoilt = self._chance.randrange(5)
        if spoilt == 0:
            row["mail"] = f"{(row['mail'] or 'zq').replace('@', '(at)')}"
        elif spoilt == 1:
            row["id"] = None
        elif spoilt == 2:
            row["mail"] = None
        elif spoilt == 3:
            other = self._chance.choice(model.rows)
            # Of leads, an email tells nothing: two with one email are two where their keys differ.
            row["mail"] = row["mail"] if model.name == "guests" else other["mail"]
        else:
            model.rows.append(dict(row))

    def _mend(self) -> None:
        for model in self._models:
            for row in model.rows:
                if row["mail"] and "(at)" in row["mail"]:
                    row["mail"] = row["mail"].replace("(at)", "@")
