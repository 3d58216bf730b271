"""The difference as a table: rows of the relation and rows of the ledger in, a class for each record out.

No Intercom is asked here, and no command line: the macros are rendered and their SQL is run, on each engine.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from binding_harness import bound

from dbt_intercom_activate.ledger.changes import RecordScope, describe_changes
from dbt_intercom_activate.ledger.outcomes import ActivationRun, Outcomes
from dbt_intercom_activate.ledger.stages import Stages
from dbt_intercom_activate.ledger.tables import Tables
from dbt_intercom_activate.outcomes.outcome import Delivered, Operation, Outcome

MAPPING = "m1"
ORIGIN = "o1"
ME = {"project": "p", "workspace": "w", "activation": "people"}

BASE: dict[str, Any] = {
    **ME,
    "relation": "trade.given",
    "filter": None,
    "ledger": "intercom_activate.ledger",
    "object_type": "contact",
    "identifier": "external_id",
    "columns": [
        {"name": "id", "literal": None, "alias": "ia_c1"},
        {"name": "email", "literal": None, "alias": "ia_c2"},
        {"name": "name", "literal": None, "alias": "ia_c3"},
    ],
    "key": [{"alias": "ia_c1", "fold": False}],
    "plain_key": False,
    "key_numbers": [],
    "identifier_alias": "ia_c1",
    "identifier_number": False,
    "identifier_is_numeric": False,
    "identifier_required": True,
    "identifier_unique": True,
    "fold": False,
    "identity": ["contact"],
    "own_ids": False,
    "related": None,
    "once": False,
    "inserts_only": False,
    "two_sided": ["contact_company"],
    "keep_archived_ids": False,
    "mapping_hash": MAPPING,
    "types_hash": "types:t",
    "origin": ORIGIN,
    "removal_operations": ["archive", "delete", "detach"],
    "lasting_codes": ["rejected", "invalid_value", "missing_identifier", "duplicate_identifier"],
    "waiting_codes": ["maybe_delivered"],
    "retry_before": "2024-01-08 00:00:00.000000",
    "retry_after": "2024-02-02 00:00:00.000000",
    "resend": False,
    "only_failed": False,
    "first_by_hash": False,
    "with_removed": True,
}
BY_EMAIL = {
    "identifier": "email",
    "identifier_alias": "ia_c2",
    "key": [{"alias": "ia_c2", "fold": True}],
    "fold": True,
}
KEYED = {"key": [{"alias": "ia_c3", "fold": False}]}
TAG = {
    "object_type": "contact_tag",
    "key": [{"alias": "ia_c1", "fold": False}, {"alias": "ia_c3", "fold": True}],
    "identifier_unique": False,
    "related": {"alias": "ia_c3", "identity": [], "identifier": None},
}
ADA = ("1", "ada@x", "Ada")
ZOE = ("2", "zoe@x", "Zoe")
LATE, EARLY = "2024-02-01 00:00:00", "2024-01-01 00:00:00"
"""After and before the moment until which a lasting failure waits."""
AHEAD = "2024-03-01 00:00:00"
"""In the future."""


@dataclass(frozen=True)
class Told:
    """A row of the ledger: the record as it was then, and what became of it."""

    row: tuple[str | None, str | None, str | None] = ADA
    operation: str = "insert"
    code: str | None = None
    at: str = LATE
    activation: str = "people"
    object_type: str = "contact"
    key: str | None = None
    """Where it is not the first column."""
    intercom_id: str | None = "i1"
    mapping: str = MAPPING
    run_id: str = "r1"
    generation: int | None = None
    place: int | None = None
    payload_hash: str | None = None


@dataclass(frozen=True)
class Case:
    """Given these, expect those."""

    name: str
    given: list[tuple[Any, ...]]
    told: list[Told] = field(default_factory=list)
    expect: list[tuple[str, ...]] = field(default_factory=list)
    """Of each record: key, class, and for invalid and waiting the code."""
    changes: dict[str, Any] = field(default_factory=dict)


FAILED = {"operation": "none", "intercom_id": None}

CASES = [
    Case("nothing is nothing", [], [], []),
    Case("a record never told is added", [ADA], [], [("1", "added")]),
    Case("a record told as it is now is unchanged", [ADA], [Told()], [("1", "unchanged")]),
    Case("another value is a change", [("1", "ada@x", "Ada L.")], [Told()], [("1", "changed")]),
    Case("a null where a value was is a change", [("1", None, "Ada")], [Told()], [("1", "changed")]),
    Case("a value where a null was is a change", [ADA], [Told(("1", None, "Ada"))], [("1", "changed")]),
    Case("an empty string is no null", [("1", "", "")], [Told(("1", None, ""))], [("1", "changed")]),
    Case("the word null is no null", [("1", "null", "")], [Told(("1", None, ""))], [("1", "changed")]),
    Case("the mark of a null is no null", [("1", "N", "")], [Told(("1", None, ""))], [("1", "changed")]),
    Case(
        "text that moves from one column to the next is a change",
        [("1", "a,3:b", "c")],
        [Told(("1", "a", "3:bc"))],
        [("1", "changed")],
    ),
    Case("another mapping is a change", [ADA], [Told(mapping="m0")], [("1", "changed")]),
    Case("a record that is gone was removed", [], [Told()], [("1", "removed")]),
    Case(
        "a record that was removed before is gone for good",
        [],
        [Told(at=EARLY), Told(operation="archive")],
        [],
    ),
    Case("a record that was never told is not removed", [], [Told(code="rejected", **FAILED)], []),
    Case(
        "a record that was told, and failed last, is removed",
        [],
        [Told(at=EARLY), Told(code="rejected", **FAILED)],
        [("1", "removed")],
    ),
    Case(
        "a record that returns after its removal is added",
        [ADA],
        [Told(at=EARLY), Told(operation="archive")],
        [("1", "added")],
    ),
    Case(
        "an unfiltered look finds what is gone, a filtered one does not ask",
        [],
        [Told()],
        [],
        {"with_removed": False},
    ),
    Case("a filter narrows the rows", [ADA, ZOE], [], [("2", "added")], {"filter": "id = '2'"}),
    Case(
        "the newest row of a key decides",
        [ADA],
        [Told(("1", "x", "x"), at=EARLY), Told()],
        [("1", "unchanged")],
    ),
    Case(
        "rows of one moment are ordered by their run",
        [ADA],
        [Told(("1", "x", "x"), run_id="r1"), Told(run_id="r2")],
        [("1", "unchanged")],
    ),
    # The order of rows
    Case(
        "a later generation is newer whatever its clock said",
        [ADA],
        [Told(("1", "x", "x"), at=AHEAD, generation=1), Told(at=EARLY, generation=2)],
        [("1", "unchanged")],
    ),
    Case(
        "any generation is newer than a row without one",
        [ADA],
        [Told(("1", "x", "x"), at=AHEAD), Told(at=EARLY, generation=1, place=1)],
        [("1", "unchanged")],
    ),
    Case(
        "within a generation a later place is newer",
        [ADA],
        [
            Told(("1", "x", "x"), at=LATE, generation=1, place=1, run_id="r2"),
            Told(at=EARLY, generation=1, place=2),
        ],
        [("1", "unchanged")],
    ),
    Case(
        "a failure in the future is no last word",
        [ADA],
        [
            Told(code="rejected", at=AHEAD, generation=1, run_id="r2", **FAILED),
            Told(at=LATE, generation=2),
        ],
        [("1", "unchanged")],
    ),
    Case(
        "a failure of a later generation counts whatever its clock said",
        [ADA],
        [
            Told(at=AHEAD, generation=1, run_id="r2"),
            Told(code="rejected", at=LATE, generation=2, **FAILED),
        ],
        [("1", "waiting", "rejected")],
    ),
    Case(
        "an announcement is superseded though the clock went back",
        [ADA],
        [
            Told(code="maybe_delivered", at=LATE, generation=1, place=1, **FAILED),
            Told(at=EARLY, generation=1, place=2),
        ],
        [("1", "unchanged")],
    ),
    Case(
        "a failure after its success in one generation counts",
        [ADA],
        [
            Told(at=LATE, generation=1, place=1, run_id="r2"),
            Told(code="maybe_delivered", at=EARLY, generation=1, place=2, run_id="r2", **FAILED),
        ],
        [("1", "waiting", "maybe_delivered")],
    ),
    Case(
        "a contact that returned after a removal in the future is told",
        [ADA],
        [Told(operation="archive", at=AHEAD, generation=1), Told(at=LATE, generation=2)],
        [("1", "unchanged")],
    ),
    Case(
        "a lasting failure of the future is tried again",
        [ADA],
        [Told(code="rejected", at=AHEAD, generation=1, **FAILED)],
        [("1", "added")],
    ),
    Case(
        "the id of the later generation is the contact's",
        [("1", "x", "vip")],
        [
            Told(("1", "x", "vip"), "attach", key="1:1,3:vip", object_type="contact_tag", intercom_id="i1"),
            Told(activation="contacts", at=AHEAD, intercom_id="i2", generation=1),
            Told(activation="contacts", at=EARLY, intercom_id="i1", generation=2),
        ],
        [("1:1,3:vip", "unchanged")],
        TAG,
    ),
    Case(
        "a success after a failure is what counts",
        [ADA],
        [Told(code="rejected", at=EARLY, **FAILED), Told()],
        [("1", "unchanged")],
    ),
    Case(
        "a failure that was mended does not wait when the record changes",
        [("1", "x", "x")],
        [Told(code="maybe_delivered", at=EARLY, **FAILED), Told()],
        [("1", "changed")],
    ),
    Case(
        "a failure of the same moment and a later run counts",
        [ADA],
        [Told(run_id="r1"), Told(code="rejected", run_id="r2", **FAILED)],
        [("1", "waiting", "rejected")],
    ),
    Case(
        "a failure of the same moment and an earlier run does not",
        [ADA],
        [Told(run_id="r2"), Told(code="rejected", run_id="r1", **FAILED)],
        [("1", "unchanged")],
    ),
    Case(
        "the newest of several failures is the one that waits",
        [ADA],
        [Told(code="unreachable", at=EARLY, **FAILED), Told(code="rejected", **FAILED)],
        [("1", "waiting", "rejected")],
    ),
    Case(
        "retry takes what failed last, not what failed once",
        [ADA, ZOE],
        [Told(code="unreachable", at=EARLY, **FAILED), Told(), Told(ZOE, code="unreachable", **FAILED)],
        [("2", "added")],
        {"only_failed": True, "with_removed": False},
    ),
    Case("another activation's rows are not ours", [ADA], [Told(activation="other")], [("1", "added")]),
    # Invalid
    Case("a null key is missing", [(None, "x", "x")], [], [("", "invalid", "missing_identifier")]),
    Case("an empty key is missing", [("", "x", "x")], [], [("", "invalid", "missing_identifier")]),
    Case("a blank key is missing", [(" ", "x", "x")], [], [(" ", "invalid", "missing_identifier")]),
    Case(
        "every null key is missing, none is a duplicate",
        [(None, "x", "x"), (None, "y", "y")],
        [],
        [("", "invalid", "missing_identifier")] * 2,
    ),
    Case(
        "every row of a duplicate is invalid, the others go on",
        [ADA, ADA, ZOE],
        [],
        [("1", "invalid", "duplicate_identifier")] * 2 + [("2", "added")],
    ),
    Case(
        "a duplicate of a record that was told is invalid on both rows",
        [ADA, ("1", "x", "x")],
        [Told()],
        [("1", "invalid", "duplicate_identifier")] * 2,
    ),
    Case(
        "blanks around a key do not make it another",
        [ADA, (" 1 ", "x", "x")],
        [],
        [(" 1 ", "invalid", "duplicate_identifier"), ("1", "invalid", "duplicate_identifier")],
    ),
    Case(
        "case makes a key another", [("a", "x", "x"), ("A", "y", "y")], [], [("A", "added"), ("a", "added")]
    ),
    Case(
        "case does not make an email another",
        [("1", "ADA@x", "x"), ("2", "ada@X", "y")],
        [],
        [("ADA@x", "invalid", "duplicate_identifier"), ("ada@X", "invalid", "duplicate_identifier")],
        BY_EMAIL,
    ),
    Case(
        "two keys with one identifier are duplicates",
        [("1", "x", "k1"), ("1", "y", "k2")],
        [],
        [("k1", "invalid", "duplicate_identifier"), ("k2", "invalid", "duplicate_identifier")],
        KEYED,
    ),
    Case(
        "an identifier may be empty where it may be",
        [("", "x", "k1"), (None, "y", "k2")],
        [],
        [("k1", "added"), ("k2", "added")],
        {**KEYED, "identifier_required": False},
    ),
    Case(
        "a key of several parts is null where one is",
        [("1", "x", None)],
        [],
        [("", "invalid", "missing_identifier")],
        TAG,
    ),
    Case(
        "names of tags are duplicates without regard to case",
        [("1", "x", "VIP"), ("1", "x", "vip"), ("1", "x", "new")],
        [],
        [
            ("1:1,3:VIP", "invalid", "duplicate_identifier"),
            ("1:1,3:new", "added"),
            ("1:1,3:vip", "invalid", "duplicate_identifier"),
        ],
        TAG,
    ),
    # Failures
    Case(
        "a failure that may mend itself is tried again",
        [ADA],
        [Told(code="unreachable", **FAILED)],
        [("1", "added")],
    ),
    Case(
        "a failed update is tried again as a change",
        [ADA],
        [Told(at=EARLY), Told(code="unreachable", **FAILED)],
        [("1", "changed")],
    ),
    Case(
        "a lasting failure waits",
        [ADA],
        [Told(code="rejected", **FAILED)],
        [("1", "waiting", "rejected")],
    ),
    Case(
        "a lasting failure of long ago is tried again",
        [ADA],
        [Told(code="rejected", at=EARLY, **FAILED)],
        [("1", "added")],
    ),
    Case(
        "a lasting failure of a record that changed is tried again",
        [("1", "x", "x")],
        [Told(code="rejected", **FAILED)],
        [("1", "added")],
    ),
    Case(
        "a lasting failure is tried again by retry",
        [ADA, ZOE],
        [Told(code="rejected", **FAILED), Told(ZOE)],
        [("1", "added")],
        {"only_failed": True, "with_removed": False},
    ),
    Case(
        "what is wrong with a record is said once",
        [ADA, ADA],
        [Told(code="duplicate_identifier", **FAILED)],
        [("1", "waiting", "duplicate_identifier")] * 2,
    ),
    Case(
        "a duplicate whose other row is gone does not wait",
        [ADA],
        [Told(code="duplicate_identifier", **FAILED)],
        [("1", "added")],
    ),
    Case(
        "what may have been delivered waits, also when it changed",
        [("1", "x", "x")],
        [Told(code="maybe_delivered", at=EARLY, **FAILED)],
        [("1", "waiting", "maybe_delivered")],
    ),
    Case(
        "what may have been delivered is tried again on demand",
        [ADA],
        [Told(code="maybe_delivered", **FAILED)],
        [("1", "added")],
        {"waiting_codes": [], "only_failed": True, "with_removed": False},
    ),
    # Values that fit no field
    Case(
        "a value that fits no field waits while its column's type stays",
        [ADA],
        [Told(code="invalid_value", payload_hash="types:t", **FAILED)],
        [("1", "waiting", "invalid_value")],
    ),
    Case(
        "a value that fits no field does not wait once its column is cast",
        [ADA],
        [Told(code="invalid_value", payload_hash="types:other", **FAILED)],
        [("1", "added")],
    ),
    Case(
        "what an older version refused does not wait",
        [ADA],
        [Told(code="invalid_value", **FAILED)],
        [("1", "added")],
    ),
    Case(
        "what was refused for its payload waits whatever the types",
        [ADA],
        [Told(code="invalid_value", payload_hash="abc", **FAILED)],
        [("1", "waiting", "invalid_value")],
    ),
    # Options
    Case(
        "of two rows with one key a condition lets neither through",
        [ADA, ("1", "other@x", "Ada"), ZOE],
        [],
        [("1", "invalid", "duplicate_identifier")],
        {"filter": "email = 'ada@x' -- one of them", "with_removed": False},
    ),
    Case(
        "a condition that is neither true nor false chooses nothing",
        [("1", None, "Ada"), ZOE],
        [],
        [("2", "added")],
        {"filter": "email <> 'ada@x'", "with_removed": False},
    ),
    Case("resend makes everything a change", [ADA], [Told()], [("1", "changed")], {"resend": True}),
    Case(
        "what is sent once is never sent again",
        [("1", "x", "x")],
        [Told(operation="send")],
        [("1", "unchanged")],
        {"once": True},
    ),
    Case(
        "what is sent once is not sent again by resend either",
        [ADA],
        [Told(operation="send")],
        [("1", "unchanged")],
        {"once": True, "resend": True},
    ),
    Case(
        "what was sent once and failed since is looked at again",
        [ADA],
        [Told(operation="send"), Told(code="duplicate_identifier", operation="none", run_id="r2")],
        [("1", "changed")],
        {"once": True},
    ),
    Case(
        "what was sent once and is a duplicate now is said",
        [ADA, ADA, ZOE],
        [Told(operation="send"), Told(ZOE, operation="send")],
        [("1", "invalid", "duplicate_identifier")] * 2 + [("2", "unchanged")],
        {"once": True},
    ),
    # Moved
    Case(
        "a tag on an id that its contact no longer has is added",
        [("1", "x", "vip")],
        [
            Told(("1", "x", "vip"), "attach", key="1:1,3:vip", object_type="contact_tag", intercom_id="i1"),
            Told(activation="contacts", at=LATE, intercom_id="i2"),
        ],
        [("1:1,3:vip", "added")],
        TAG,
    ),
    Case(
        "a tag on the id that its contact has is unchanged",
        [("1", "x", "vip")],
        [
            Told(("1", "x", "vip"), "attach", key="1:1,3:vip", object_type="contact_tag", intercom_id="i1"),
            Told(activation="contacts", at=LATE, intercom_id="i1"),
        ],
        [("1:1,3:vip", "unchanged")],
        TAG,
    ),
]


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.slow)])
def empty_ledger(request, open_apart):
    """Our own connection to an engine, and its ledger; one for all cases."""
    warehouse, engine = open_apart(request.param)
    tables = Tables(warehouse, schema="intercom_activate", database=None)
    tables.make(tables.standing())
    return warehouse, engine, tables


def classes(empty_ledger: Any, case: Case, **types_of: str) -> list[tuple[str, ...]]:
    """What the stage says of each record: its key, its class, and the code of what is invalid or waits.

    Args:
        types_of: The type of a column that is no text.
    """
    warehouse, engine, tables = empty_ledger
    stages = Stages(warehouse, tables)
    types = dict.fromkeys(("id", "email", "name"), engine.types["text"]) | types_of
    engine.fill("trade.given", types, case.given)
    engine.execute("delete from intercom_activate.ledger")
    for told in case.told:
        engine.fill("trade.then", types, [told.row])
        engine.execute(_insert(warehouse, told))
    changes = BASE | case.changes
    counted = stages.count(changes).counts
    stages.drop("stage_diff")
    stage = stages.stage("stage_diff", changes)
    found = warehouse.query(f"select ia_record_key, ia_class, ia_code from {stage.relation}")
    unchanged = stage.counts.unchanged
    assert counted == stage.counts, "the plan counts what the stage holds"
    by_class = Counter(kind for _, kind, _ in found)
    if changes["with_removed"]:
        assert "unchanged" not in by_class, "the stage holds what is to be acted on"
        found += [(row[0], "unchanged", None) for row in _unchanged(warehouse, stages, changes)]
        assert unchanged == sum(kind == "unchanged" for _, kind, _ in found)
    return sorted(tuple(part for part in row if part is not None) for row in found)


def _insert(warehouse: Any, told: Told) -> str:
    columns = [each["name"] for each in BASE["columns"]]
    values = {
        "run_id": told.run_id,
        "project": "p",
        "workspace": "w",
        "activation": told.activation,
        "object_type": told.object_type,
        "record_key": told.key or told.row[0],
        "identifier": "external_id",
        "identifier_value": told.row[0],
        "operation": told.operation,
        "status": "failed" if told.code else "succeeded",
        "code": told.code,
        "intercom_id": told.intercom_id,
        "payload_hash": told.payload_hash,
        "origin": ORIGIN,
    }
    literals = [warehouse.render("text_literal", text=value) for value in values.values()]
    numbers = [f"cast({number or 'null'} as bigint)" for number in (told.generation, told.place)]
    moment = warehouse.render("timestamp_literal", moment=told.at)
    record_hash = warehouse.render("row_hash", prefix=told.mapping, columns=columns)
    return (
        f"insert into intercom_activate.ledger ({', '.join(values)}, generation, place, delivered_at, record_hash) "
        f"select {', '.join([*literals, *numbers])}, {moment}, {record_hash} from trade.then"
    )


def _unchanged(warehouse: Any, stages: Any, changes: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The keys of the unchanged, from a look that keeps them in the stage."""
    relation = stages.relation("stage_all")
    stages.drop("stage_all")
    sql = warehouse.render("stage_changes", stage=relation, changes=changes, keep_unchanged=True)
    warehouse.execute(sql)
    return warehouse.query(f"select ia_record_key from {relation} where ia_class = 'unchanged'")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_difference(case, empty_ledger):
    assert classes(empty_ledger, case) == sorted(case.expect)


def _of_numbers(case: Case) -> bool:
    """Whether the case can be told of a record that is named by a number."""
    names = [row[0] for row in case.given] + [told.row[0] for told in case.told]
    keyed_by = (BASE | case.changes)["key"]
    return {part["alias"] for part in keyed_by} == {"ia_c1"} and all(
        name is None or name.isdecimal() for name in names
    )


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if _of_numbers(case)], ids=lambda case: case.name)
def test_the_difference_of_records_that_are_named_by_a_number(case, empty_ledger):
    numbered = replace(case, changes=case.changes | {"plain_key": True})

    assert classes(empty_ledger, numbered, id=empty_ledger[1].types["whole"]) == sorted(case.expect)


def test_the_mapping_of_these_cases_is_the_command_lines():
    fields = {"external_id": "id", "email": "email", "name": "name"}
    block = {"object": "contact", "behaviour": "upsert", "identifier": "external_id", "fields": fields}
    described = describe_changes(
        bound(block, dict.fromkeys(("id", "email", "name"), "varchar")),
        RecordScope(),
        relation="trade.given",
        ledger=BASE["ledger"],
        project=BASE["project"],
        workspace=BASE["workspace"],
        quote=str,
        now=datetime(2024, 2, 1),  # noqa: DTZ001 (UTC)
    )
    assert described.keys() == BASE.keys()


def test_the_outcome_of_a_removal_stands_in_the_ledger(empty_ledger):
    """A run that died after it was written is completed from its journal, and not by writing it twice."""
    tables = empty_ledger[2]
    ledger = Outcomes(empty_ledger[0], tables)
    classes(empty_ledger, Case("somebody who left", [], [Told()]))
    run = ActivationRun("r2", "p", "w", "w", "people", "contact", "external_id", ORIGIN)
    stage = str(tables.relation("stage_diff"))
    assert ledger.recorded_of_run(stage, run) == set()

    at = datetime(2024, 3, 1)  # noqa: DTZ001 (naive, as in the warehouse)
    ledger.append(stage, run, [Delivered(1, None, Outcome(Operation.ARCHIVE, intercom_id="i1"), at)])
    assert ledger.recorded_of_run(stage, run) == {1}


def test_before_the_first_run_everything_is_added(empty_ledger):
    warehouse, engine, tables = empty_ledger
    engine.fill("trade.given", dict.fromkeys(("id", "email", "name"), engine.types["text"]), [ADA, ZOE])

    counts = Stages(warehouse, tables).count(BASE | {"ledger": None}).counts
    assert (counts.added, counts.rows) == (2, 2)
