"""Which rows of a relation an activation means: its `where`, and the current rows of a snapshot."""

from __future__ import annotations

from typing import Any

import pytest

PEOPLE: dict[str, Any] = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "email": "email"},
    "removed": "archive",
}
COLUMNS = "id text, email text, plan text"
ROWS = [(f"u{number}", f"u{number}@example.com", "pro" if number % 2 else None) for number in range(1, 5)]


def test_a_row_that_where_leaves_out_has_left(shop):
    shop.only({**PEOPLE, "where": "plan is not null -- who pays"}, COLUMNS, ROWS)
    assert shop.sync().counts("people") == {"rows": 2, "inserted": 2}
    shop.sql("update customers set plan = null where id = 'u1'")

    assert shop.plan()["people"]["counts"]["removed"] == 1
    assert shop.sync().counts("people") == {"rows": 1, "unchanged": 1, "removed": 1}
    assert set(shop.contacts()) == {"u3"}


def test_a_condition_that_does_not_fit_is_a_mistake(shop):
    shop.only({**PEOPLE, "where": "plann is not null", "fields": {"external_id": "idd"}}, COLUMNS, ROWS)
    ran = shop.plan()

    assert ran.code == 1
    (column, where) = ran["people"]["message"].splitlines()[:2]
    assert ".fields.external_id: expected a column" in column
    assert ".where: expected a condition over the columns of " in where
    assert 'found "plann is not null". The warehouse says:' in where


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "columns", "current", "deleted"),
    [
        ({}, "dbt_valid_to timestamp", [None], []),
        (
            {
                "dbt_valid_to_current": "timestamp '9999-12-31'",
                "snapshot_meta_column_names": {"dbt_valid_to": "until"},
            },
            "until timestamp",
            ["9999-12-31"],
            [],
        ),
        (
            {"hard_deletes": "new_record"},
            "dbt_valid_to timestamp, dbt_is_deleted text",
            [None, "False"],
            [None, "True"],
        ),
    ],
    ids=["ended rows", "a configured end", "deletions in rows of their own"],
)
def test_a_snapshot_means_its_current_rows(shop, config, columns, current, deleted):
    manifest = shop.manifest()
    node = manifest["nodes"].pop("model.shop.customers")
    node.update(unique_id="snapshot.shop.customers", resource_type="snapshot")
    node["config"] = {**node["config"], **config, "meta": {"intercom": PEOPLE}}
    node["columns"] = {}
    manifest["nodes"]["snapshot.shop.customers"] = node
    shop.write_manifest(manifest)
    shop.configure(accounts=None)
    table = f"id text, email text, {columns}"
    past = ["2024-01-01", *current[1:]]
    shop.put("customers", table, [("u1", "u1@example.com", *current), ("u2", "u2@example.com", *current)])
    assert shop.sync("--no-gate").counts("people") == {"rows": 2, "inserted": 2}
    rows = [
        ("u1", "u1@example.com", *past),
        ("u1", "new@example.com", *current),
        ("u2", "u2@example.com", *past),
    ]
    shop.put("customers", table, [*rows, *([("u2", "u2@example.com", *deleted)] if deleted else [])])

    assert shop.sync("--no-gate").counts("people") == {"rows": 1, "updated": 1, "removed": 1}
    assert shop.contacts()["u1"].email == "new@example.com"
