"""`plan --out` and `apply`: what is sent is what was planned, or nothing."""

from __future__ import annotations

import json

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "name": "name"},
}
COLUMNS = "id text, name text"


def test_a_plan_is_applied_as_it_was_kept(shop):
    shop.only(PEOPLE, COLUMNS, [["u1", "A"], ["u2", "B"]])
    ran = shop.run("plan", "--out", "plan.json")
    assert ran.code == 0, ran.text
    print(ran.text)
    print((shop.folder / "plan.json").read_text())
    ran = shop.run("apply", "plan.json")
    print(ran.text)
    assert ran.counts("people") == {"rows": 2, "inserted": 2}
