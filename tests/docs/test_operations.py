"""docs/operations.md and docs/failures.md: every message has its place, and what is said of the ledger holds."""

from __future__ import annotations

import ast
import copy
import json
import re
from pathlib import Path

import pytest
from pages_of_the_docs import DOCS, blocks

import dbt_intercom_activate
from dbt_intercom_activate import errors
from dbt_intercom_activate.outcomes.results import COUNT_NAMES, Status

PACKAGE = Path(dbt_intercom_activate.__file__).parent
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
FAILURES = (DOCS / "failures.md").read_text(encoding="utf-8")

# Messages: those that the code says, and those that have a row


def templates(node: ast.expr) -> list[str]:
    """The texts that an expression can be, with `…` for what differs."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        return ["".join(map(str, parts))]
    if isinstance(node, ast.IfExp):
        return [*templates(node.body), *templates(node.orelse)]
    return ["…"]


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


CALLS = [
    (f"{path.relative_to(PACKAGE)}:{node.lineno}", node)
    for path in sorted(PACKAGE.rglob("*.py"))
    if "sandbox" not in path.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Call)
]

MESSAGES = [
    (place, code.value, text)
    for place, call in CALLS
    if name_of(call) == "Message" and isinstance(code := call.args[0], ast.Constant)
    for text in templates(call.args[1])
]
"""Where each is said, its code, and its text."""


def plain(text: str) -> str:
    """Without the marks of code, which Markdown cannot nest, and without doubled dots."""
    return re.sub(r"…+", "…", " ".join(text.replace("`", "").split()))


def opening(message: str) -> str:
    """A message up to its first stop; what follows says what to do."""
    return re.split(r"[.;] |[.;]$", plain(message), maxsplit=1)[0]


ROWS = [
    (found[1], opening(found[2]))
    for found in re.finditer(r"^\| `([a-z0-9-]+)` \| (.+?) \| ", FAILURES, re.MULTILINE)
]
"""The code and the message of each row."""


def is_about(row: str, message: str) -> bool:
    """Whether a row of the page shows a message."""
    return re.fullmatch(re.escape(row).replace("…", ".*"), opening(message)) is not None


def test_the_page_has_the_codes_that_messages_carry():
    assert {code for code, _ in ROWS} == {code for _, code, _ in MESSAGES}


def test_every_message_has_a_row_with_its_code():
    missing = {
        place: opening(text)
        for place, code, text in MESSAGES
        if opening(text) != "…"
        and code != "mistakes"
        and not any(own == code and is_about(row, text) for own, row in ROWS)
    }
    assert missing == {}


def test_every_row_shows_a_message_of_its_code():
    put_together = {"mistakes", "too-many-writes"}
    strange = [
        (code, row)
        for code, row in ROWS
        if code not in put_together
        and not any(own == code and is_about(row, text) for _, own, text in MESSAGES)
    ]
    assert strange == []


@pytest.mark.parametrize(
    "says",
    ["error", "warning", "warn", *(name for name in vars(errors) if name.endswith(("Refused", "Failed")))],
)
def test_nothing_is_said_without_a_code(says):
    """The types hold this for errors; a console takes any text."""
    bare = [
        place
        for place, call in CALLS
        if name_of(call) == says and call.args and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert bare == []


def test_a_code_stands_behind_the_first_line():
    assert errors.with_code(errors.Message("no-manifest", "there is none")) == "there is none [no-manifest]"
    assert errors.with_code(errors.Message("mistakes", "two:\n  a\n  b")) == "two: [mistakes]\n  a\n  b"


def test_an_error_keeps_its_code_when_it_is_told_on():
    told = str(errors.ArtifactError(errors.Message("no-manifest", "there is none")))
    assert errors.with_code(copy.deepcopy(told)) == "there is none [no-manifest]"


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.SUCCESS], ids=str)
def test_every_status_that_is_not_success_has_its_place(status):
    heading = "Records failed" if status is Status.PARTIAL else f"is `{status}`"
    assert re.search(rf"^## .*{heading}", FAILURES, re.MULTILINE)


def test_every_event_of_the_log_has_its_place():
    texts = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    names = set(re.findall(r'"((?:command|run|activation|workspace|check|ledger)\.[a-z]+)"', texts))
    assert len(names) > 10
    assert {name for name in names if f"`{name}`" not in OPERATIONS} == set()


# The results and the ledger of a real sync


@pytest.fixture(scope="module")
def synced(scene):
    shop = scene()
    shop.sql("insert into customers (customer_id, email) values ('c9', 'no email')")
    return shop, shop.sync()


def keys(document) -> set[str]:
    if isinstance(document, dict):
        return set(document) | {key for value in document.values() for key in keys(value)}
    return {key for each in document for key in keys(each)} if isinstance(document, list) else set()


def test_the_example_results_have_the_keys_of_real_ones(synced):
    _, ran = synced
    (example,) = (
        json.loads(block.text)
        for block in blocks("json")
        if block.page.name == "operations.md" and "results" in block.text
    )
    assert keys(example) - {"not_found"} == keys(ran.artifact) - {"invalid_value"}
    for result in example["results"]:
        counts = result["counts"]
        assert list(counts) == list(COUNT_NAMES)
        acted = sum(counts[name] for name in COUNT_NAMES[1:-3])
        assert counts["rows"] == acted


def test_every_count_is_explained():
    table = OPERATIONS.partition("| count | of |")[2].partition("\n\n")[0]
    assert re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines() if row)) == list(
        COUNT_NAMES
    )


def test_the_example_log_line_looks_like_a_real_one(synced):
    shop, _ = synced
    (example,) = (
        json.loads(block.text)
        for block in blocks("json")
        if block.page.name == "operations.md" and "info" in block.text
    )
    real = [json.loads(line) for line in shop.sync("--log-format", "json").out.splitlines()]
    assert {frozenset(each) for each in real} == {frozenset(example)}
    assert {frozenset(each["info"]) for each in real} == {frozenset(example["info"])}


def test_every_column_is_explained(synced):
    shop, _ = synced
    columns = {
        table: [
            name
            for (name,) in shop.sql(
                "select column_name from information_schema.columns"
                " where table_schema = 'intercom_activate' and table_name = ? order by ordinal_position",
                table,
            )
        ]
        for table in ("ledger", "failures", "synced", "runs", "locks")
    }
    ledger = OPERATIONS.partition("| column of `ledger`")[2].partition("\n\n")[0]
    explained = re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in ledger.splitlines()[2:]))
    assert sorted(explained) == sorted(columns["ledger"]) == sorted(columns["failures"])
    assert columns["synced"] == columns["ledger"]
    after = OPERATIONS.partition("| column of `ledger`")[2].partition("\n\n")[2]
    for column in columns["runs"] + columns["locks"]:
        assert f"`{column}`" in after.partition("## Logs")[0] or column in COUNT_NAMES


# What is said of names


RENAMED = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "customer_id", "email": "email"},
}


@pytest.mark.slow
def test_renaming_an_activation_costs_one_call_a_contact(shop):
    shop.configure(customers={**RENAMED, "name": "contacts"})
    shop.sync()
    shop.calls()
    shop.configure(customers=RENAMED)
    ran = shop.sync()

    assert shop.calls() == {"PUT /contacts/{contact_id}": 4}
    assert ran.counts("people") == {"rows": 4, "updated": 4}


@pytest.mark.slow
def test_another_key_is_another_record_and_nothing_is_removed(shop):
    shop.configure(customers={**RENAMED, "removed": "archive"})
    shop.sync()
    shop.configure(customers={**RENAMED, "identifier": "email", "removed": "archive"})
    shop.sql("delete from customers where email is null")
    ran = shop.sync()

    assert ran.counts("people").get("removed", 0) == 0
    assert len(shop.contacts()) == 4


@pytest.mark.slow
def test_another_relation_with_the_same_payload_costs_no_call(shop):
    shop.sync()
    shop.calls()
    shop.sql("create schema elsewhere")
    shop.sql("create table elsewhere.customers as select * from customers")
    manifest = shop.manifest()
    node = manifest["nodes"]["model.shop.customers"]
    node["relation_name"] = node["relation_name"].replace('"main"', '"elsewhere"')
    shop.write_manifest(manifest)
    ran = shop.sync("--select", "customers")

    assert ran.counts("customers") == {"rows": 4, "unchanged": 4}
    assert shop.calls() == {}


def test_the_views_come_back_when_they_were_dropped(shop):
    shop.sync()
    shop.sql("drop view intercom_activate.failures")
    shop.sql("drop view intercom_activate.synced")
    shop.sync()

    assert len(shop.dicts("select * from intercom_activate.synced")) == 6
    assert shop.dicts("select * from intercom_activate.failures") == []
