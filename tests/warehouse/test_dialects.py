"""Every statement of every public macro parses in the dialects of warehouses that are not here.

What this proves: dbt's own dispatch picks the macros as it would for that adapter, ours and the adapter's
cross-database macros (copied from its release into the project `dialects`), and sqlglot parses what comes out as one
statement of that dialect.
What it does not prove: that functions and types exist there, and that the statements do what they should.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import Any

import pytest
import sqlglot
from shop_harness import PROJECTS
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from dbt_intercom_activate.binding.binding import ColumnReading, MomentKind
from dbt_intercom_activate.project.location import DbtProject
from dbt_intercom_activate.warehouse import connection, macros
from dbt_intercom_activate.warehouse.access import macro_package

DIALECTS = {
    "snowflake": ["snowflake"],
    "bigquery": ["bigquery"],
    "redshift": ["redshift", "postgres"],
    "databricks": ["databricks", "spark"],
    "spark": ["spark"],
    "trino": ["trino"],
    "postgres": ["postgres"],
    "duckdb": ["duckdb"],
}
"""The adapter, and those whose macros it falls back to."""
LATER = {"databricks", "trino", "postgres", "duckdb", "redshift"}
"""Which the slow tests look at: two that are alike another one, and two on which everything is run."""
TYPE_LABELS = {
    "bigquery": {"STRING": "STRING", "TEXT": "STRING", "FLOAT": "FLOAT64", "INTEGER": "INT64"},
    "trino": {"STRING": "VARCHAR", "FLOAT": "DOUBLE"},
    "databricks": {"STRING": "STRING", "LONG": "BIGINT"},
    "spark": {"STRING": "STRING", "LONG": "BIGINT"},
}
"""`Column.TYPE_LABELS` of each adapter, where it is not dbt's own."""

RUN = {
    "run_id": "r1",
    "project": "p",
    "workspace": "w",
    "workspace_name": "it's \\ here",
    "activation": "a",
    "object_type": "contact",
    "identifier": "external_id",
    "origin": "o",
    "generation": 7,
}
OUTCOME = {
    "seq": 1,
    "payload_hash": "h",
    "operation": "insert",
    "status": "failed",
    "code": "rejected",
    "message": "it's \\ refused\nreally",
    "intercom_id": None,
    "related_id": None,
    "http_status": None,
    "request_id": None,
    "delivered_at": "2024-01-01 00:00:00.000000",
    "attempted_at": None,
    "place": 1,
    "payload": None,
}
CHANGES: dict[str, Any] = {
    "relation": "db.trade.people",
    "filter": "id > 1 -- some",
    "ledger": "db.intercom_activate.ledger",
    "project": "p",
    "workspace": "w",
    "activation": "a",
    "object_type": "contact_tag",
    "identifier": "email",
    "columns": [
        {"name": "id", "literal": None, "alias": "ia_c1", "composite": False},
        {"name": "tags", "literal": None, "alias": "ia_c2", "composite": True},
        {"name": None, "literal": "V\\I'P", "alias": "ia_c3", "composite": False},
        {"name": "happened_at", "literal": None, "alias": "ia_c4", "composite": False, "zoned": True},
        {"name": "number", "literal": None, "alias": "ia_c5", "composite": False, "number": True},
    ],
    "key": [
        {"alias": "ia_c1", "fold": True},
        {"alias": "ia_c3", "fold": True},
        {"alias": "ia_c4", "fold": False, "zoned": True},
        {"alias": "ia_c5", "fold": False, "number": True},
        *({"alias": "ia_c4", "fold": False, "seconds": kind} for kind in MomentKind),
    ],
    "key_numbers": [False, False, False, True, False, False, False],
    "old_keys": True,
    "plain_key": False,
    "identifier_alias": "ia_c1",
    "identifier_number": False,
    "identifier_is_numeric": True,
    "identifier_required": True,
    "identifier_unique": True,
    "fold": True,
    "identity": ["contact"],
    "own_ids": True,
    "related": {
        "alias": "ia_c3",
        "number": True,
        "is_numeric": True,
        "identity": ["company"],
        "identifier": "company_id",
    },
    "two_sided": ["contact_company"],
    "once": True,
    "inserts_only": False,
    "keep_archived_ids": False,
    "mapping_hash": "m",
    "types_hash": "types:t",
    "origin": "o",
    "removal_operations": ["detach"],
    "lasting_codes": ["rejected"],
    "waiting_codes": [],
    "retry_before": "2024-01-01 00:00:00.000000",
    "retry_after": "2024-01-09 00:00:00.000000",
    "resend": False,
    "only_failed": False,
    "with_removed": True,
    "first_by_hash": True,
}
EARLIER = "(select cast('a' as varchar(9)) as ia_identifier, cast('added' as varchar(9)) as ia_class)"
LEDGER, STAGE = "db.intercom_activate.ledger", "db.intercom_activate.stage_1"
REMOVALS = {
    "project": "p",
    "workspace": "w",
    "object_type": "contact_tag",
    "activation": "a",
    "activations": ["a", "b"],
    "identifier": "email",
    "pairs": True,
    "needs_related_id": True,
    "spellings": [
        {"activation": "a", "numbers": [True, False]},
        {"activation": "b", "numbers": [True]},
    ],
    "released": [{"activation": name, "stage": STAGE, "all": name == "a"} for name in ("a", "b")],
    "stages": [STAGE, STAGE],
    "written": [{"activation": name, "stage": STAGE, "comparable": name == "a"} for name in ("a", "b")],
    "relations": [
        {
            "relation": "db.trade.people",
            "identifier": "id",
            "number": False,
            "fold": True,
            "related": "tag",
            "related_number": True,
        },
        {"relation": "db.trade.others", "identifier": "id", "number": True, "fold": False, "related": None},
    ],
    "moved": [{"seq": 1, "intercom_id": "it's \\ here"}, {"seq": 2, "intercom_id": "i"}],
}
KEPT = "db.intercom_activate.stage_plan_1"
RENAMED = {
    "project": "p",
    "workspace": "w",
    "activation": "a",
    "object": "contact",
    "was": ["b", "c"],
}
READ = [
    {"alias": f"ia_c{number}", "reading": reading, "zoned": zoned}
    for number, (reading, zoned) in enumerate(product(ColumnReading, (False, True)))
]
LOCK = {
    "run_id": "r",
    "project": "p",
    "host": "it's",
    "pid": 1,
    "process_space": None,
    "lock_state": "claim",
    "generation": None,
}


def run_row(warehouse):
    names = [name for name, *_ in warehouse.render("columns", table="runs")]
    return {name: "1" if name in ("row_count", "api_calls") else "null" for name in names}


STATEMENTS: dict[str, Any] = {
    "append_left": lambda _: {
        "ledger": LEDGER,
        "stage": STAGE,
        "run": RUN,
        "delivered_at": "2024-01-01 00:00:00.000000",
    },
    "append_lock": lambda _: {"locks": LEDGER, "lock": LOCK},
    "append_outcomes": lambda w: {
        "ledger": LEDGER,
        "stage": STAGE,
        "run": RUN,
        "outcomes": [w.literals(OUTCOME), w.literals(OUTCOME)],
    },
    "append_plan": lambda _: {
        "plans": LEDGER,
        "plan": {"plan_id": "p", "project": "p", "plan_state": "kept", "run_id": None, "stage_count": 1},
    },
    "append_version": lambda _: {"versions": LEDGER, "ledger_version": 1, "program": "1.0"},
    "append_runs": lambda w: {"runs": LEDGER, "rows": [run_row(w), run_row(w)]},
    "compact_ledger": lambda _: {"ledger": LEDGER, "cutoff": "2024-01-01 00:00:00.000000"},
    "count_changes": lambda _: {
        "changes": CHANGES,
        "learnt": {"identifier": [EARLIER, EARLIER], "related": [EARLIER]},
    },
    "count_delivered": lambda _: {"changes": CHANGES},
    "count_old_rows": lambda _: {"changes": CHANGES},
    "count_of_run": lambda _: {"runs": LEDGER, "run": RUN},
    "count_of_activation": lambda _: {
        "synced": LEDGER,
        "project": "p",
        "workspace": "w",
        "activation": "a",
        "once": ["event"],
    },
    "earlier_runs": lambda _: {
        "runs": LEDGER,
        "columns": ["run_id"],
        "counts": ["failed"],
        "limit": 10,
        "without": "untold",
    },
    "objects_of_activations": lambda _: {
        "ledger": LEDGER,
        "project": "p",
        "workspace": "w",
        "activations": ["a", "b"],
    },
    "hand_over": lambda _: {"ledger": LEDGER, "renamed": RENAMED},
    "known_activations": lambda _: {"runs": LEDGER, "project": "p"},
    "count_removals": lambda _: {"stage": STAGE, "ledger": LEDGER, "removals": REMOVALS},
    "count_rows": lambda _: {"relation": LEDGER},
    "count_classes": lambda _: {"changes": CHANGES},
    "count_settled": lambda _: {"changes": CHANGES},
    "count_staged": lambda _: {"stage": STAGE},
    "count_delivered_objects": lambda _: {"synced": LEDGER, "project": "p", "workspace": "w"},
    "count_unlike": lambda w: {
        "one": w.render("staged_query", changes=CHANGES),
        "other": w.render("staged_query", changes=CHANGES | {"kept": KEPT}),
    },
    "create_table": lambda _: {"relation": LEDGER, "table": "ledger"},
    "recorded_of_run": lambda _: {"ledger": LEDGER, "stage": STAGE, "run": RUN},
    "drop_payloads": lambda _: {"ledger": LEDGER, "cutoff": "2024-01-01 00:00:00.000000"},
    "read_history": lambda _: {
        "ledger": LEDGER,
        "columns": ["payload"],
        "named": {
            "project": "p",
            "key": "it's \\ here",
            "activation": "a",
            "until": "2024-01-01 00:00:00.000000",
        },
    },
    "told_payloads": lambda _: {"ledger": LEDGER, "of": RENAMED, "records": STAGE},
    "describe_query": lambda _: {"query": "select 1 as a"},
    "drop_stage": lambda _: {"stage": STAGE},
    "drop_view": lambda _: {"view": LEDGER},
    "failures_view": lambda _: {"view": LEDGER, "ledger": LEDGER},
    "in_memory": lambda _: {},
    "is_read_only": lambda _: {},
    "keep_removals": lambda _: {"kept": KEPT, "stage": STAGE, "ledger": LEDGER, "removals": REMOVALS},
    "keep_equal": lambda w: {
        "kept": KEPT,
        "stage": STAGE,
        "equal": [w.literals({"seq": 1, "payload_hash": "h", "intercom_id": "it's \\ here"})] * 2,
        "first": True,
    },
    "last_place": lambda _: {"ledger": LEDGER, "run_id": "r"},
    "later_claims": lambda _: {"locks": LEDGER, "project": "p", "run_id": "r"},
    "live_locks": lambda _: {"locks": LEDGER, "project": "p", "minutes": 10},
    "delivered_by_activation": lambda _: {"synced": LEDGER},
    "failures_by_code": lambda _: {"failures": LEDGER},
    "failed_keys": lambda _: {"failures": LEDGER, "limit": 9},
    "newest_failures": lambda _: {"failures": LEDGER, "columns": ["code"], "limit": 9},
    "newest_row": lambda _: {
        "ledger": LEDGER,
        "project": "p",
        "workspace": "w",
        "activation": "a",
        "apart": ["r"],
    },
    "newest_runs": lambda _: {"runs": LEDGER, "columns": ["status"], "counts": ["inserted", "failed"]},
    "next_generation": lambda _: {"ledger": LEDGER, "locks": LEDGER, "project": "p"},
    "read_first": lambda _: {"changes": CHANGES, "columns": READ, "most": 20, "told": True},
    "read_leaving": lambda _: {"stage": STAGE, "ledger": LEDGER, "removals": REMOVALS, "most": 20},
    "read_planned": lambda _: {"changes": CHANGES, "columns": READ, "first": 1, "last": 2},
    "planned_removals": lambda _: {"stage": STAGE, "kept": KEPT},
    "read_page": lambda _: {"stage": STAGE, "columns": READ, "first": 1, "last": 2},
    "read_removals": lambda _: {"stage": STAGE, "ledger": LEDGER, "removals": REMOVALS},
    "read_removed": lambda _: {"stage": STAGE},
    "read_undelivered": lambda _: {
        "stage": STAGE,
        "ledger": LEDGER,
        "run": RUN,
        "columns": [{"alias": "ia_c1"}],
        "first": 1,
        "last": 2,
    },
    "read_plans": lambda _: {"plans": LEDGER, "project": "p"},
    "read_versions": lambda _: {"versions": LEDGER},
    "explain_append": lambda _: {"relation": LEDGER},
    "may_create_schema": lambda _: {},
    "may_create_table": lambda _: {"schema": "it's \\ here"},
    "read_added": lambda _: {"changes": CHANGES, "first": 1, "last": 2},
    "select_now": lambda _: {},
    "select_no_rows": lambda _: {"relation": LEDGER},
    "select_no_rows_of_each": lambda _: {"relations": [LEDGER, LEDGER]},
    "select_one": lambda _: {},
    "stage_changes": lambda _: {"stage": STAGE, "changes": CHANGES, "keep_unchanged": False},
    "synced_view": lambda _: {"view": LEDGER, "ledger": LEDGER},
}
"""Each public macro that returns a statement, and what it is given."""
GRANTS = {"explain_append", "in_memory", "is_read_only", "may_create_schema", "may_create_table"}
"""Statements that are asked where the warehouse is known to have them."""
KNOW_GRANTS = {"duckdb", "postgres", "redshift"}


def has_none(dialect, macro):
    """Whether a macro has no statement for this warehouse."""
    if (dialect, macro) in {
        ("spark", "compact_ledger"),
        ("spark", "drop_payloads"),
        ("redshift", "is_read_only"),
    }:
        return True
    if macro == "select_no_rows_of_each":
        return dialect not in ("duckdb", "postgres")
    if macro == "in_memory":
        return dialect != "duckdb"
    if macro == "describe_query":
        return dialect not in ("spark", "databricks")
    return macro in GRANTS and dialect not in KNOW_GRANTS


PARTS = {
    "bigint_type",
    "columns",
    "completed",
    "integer_type",
    "kept_rows",
    "minutes_ago",
    "netstring",
    "no_stage",
    "number_text",
    "of_project",
    "outcome_rows",
    "plain_number",
    "record_key",
    "row_hash",
    "rows_to_sync",
    "staged_query",
    "text_escapes",
    "text_literal",
    "text_type",
    "timestamp_literal",
    "timestamp_type",
    "typed_nulls",
    "utc_now",
    "utc_text",
    "with_handed_over",
}
"""Public macros that return a part of a statement."""


@pytest.fixture(
    scope="module",
    params=[pytest.param(each, marks=pytest.mark.slow if each in LATER else ()) for each in DIALECTS],
)
def dialect(request, built_on, tmp_path_factory):
    """A warehouse whose macros are chosen as for another adapter; nothing is run on it."""
    from dbt.context import providers

    name = request.param
    folder = built_on("duckdb")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRADE_ENGINE", "duckdb")
    patch.setenv("TRADE_FOLDER", str(tmp_path_factory.mktemp(name)))
    load = macros.load_macros

    def load_both(config, adapter, package):
        both = dict(config.load_projects([PROJECTS / "dialects"]))
        original = config.load_projects
        patch.setattr(type(config), "load_projects", lambda _, paths: [*original(paths), *both.items()])
        return load(config, adapter, package)

    patch.setattr(connection, "load_macros", load_both)
    patch.setattr(macros, "_PARSED", {})  # these macros are of several adapters, and nobody else's
    warehouse = connection.open_warehouse(
        DbtProject(project_dir=folder, profiles_dir=folder, target_path=folder / "target"), macro_package()
    )
    adapter = warehouse._adapter
    labels = TYPE_LABELS.get(name, {"STRING": "TEXT"})
    patch.setattr(
        adapter, "Column", type("Column", (adapter.Column,), {"TYPE_LABELS": labels}), raising=False
    )
    patch.setattr(providers, "get_adapter_type_names", lambda _: DIALECTS[name])
    order = {"dbt": ["dialects", "dbt"]}
    patch.setattr(
        type(warehouse._config), "get_macro_search_order", lambda _, namespace: order.get(namespace)
    )
    yield name, warehouse
    patch.undo()


@pytest.fixture(scope="module")
def parsed(dialect):
    """What sqlglot makes of a macro's statement, once: of BigQuery's that takes it long. None where there is none."""
    name, warehouse = dialect

    @cache
    def once(macro):
        sql = warehouse.render(macro, **STATEMENTS[macro](warehouse))
        return None if sql is None else sqlglot.parse(sql.removeprefix("explain "), dialect=name)

    return once


@pytest.mark.parametrize("macro", STATEMENTS)
def test_every_statement_parses(dialect, parsed, macro):
    statements = parsed(macro)
    assert (statements is None) == has_none(dialect[0], macro)
    if statements is None:
        return

    assert len(statements) == 1
    assert not isinstance(statements[0], exp.Command), "sqlglot gave up on it"
    if macro not in GRANTS | {"compact_ledger", "drop_payloads"}:
        assert not list(statements[0].find_all(exp.Update, exp.Delete, exp.Merge)), "a sync only appends"


def test_what_is_said_of_contacts_parses_too(dialect):
    name, warehouse = dialect
    own = {
        "plain_key": True,
        "key": [{"alias": "ia_c1", "fold": True, "number": True}],
        "key_numbers": [True],
        "related": None,
    }
    statements = {
        "count_changes": {"changes": CHANGES | own},
        "read_removals": {
            "stage": STAGE,
            "ledger": LEDGER,
            "removals": REMOVALS | {"pairs": False, "moved": []},
        },
    }
    for macro, arguments in statements.items():
        assert len(sqlglot.parse(warehouse.render(macro, **arguments), dialect=name)) == 1


def test_what_is_equal_in_intercom_is_kept_and_read(dialect):
    name, warehouse = dialect
    row = warehouse.literals({"seq": 1, "payload_hash": "h", "intercom_id": "i"})
    statements = {
        "keep_equal": {"kept": KEPT, "stage": STAGE, "equal": [row], "first": False},
        "read_page": {"stage": STAGE, "columns": READ, "first": 1, "last": 2, "keyed": True},
        "stage_changes": {
            "stage": STAGE,
            "changes": CHANGES | {"kept": KEPT, "equal": KEPT},
            "keep_unchanged": False,
        },
    }
    for macro, arguments in statements.items():
        assert len(sqlglot.parse(warehouse.render(macro, **arguments), dialect=name)) == 1


def test_chosen_rows_of_a_snapshot_parse(dialect):
    name, warehouse = dialect
    snapshot = {"valid_to": "dbt_valid_to", "current": "to_date('9999-12-31')", "deleted": "dbt_is_deleted"}
    for where, of in (("plan is not null", None), (None, snapshot), ("plan is not null", snapshot)):
        rows = warehouse.render("rows_to_sync", relation=LEDGER, where=where, snapshot=of)
        (parsed,) = sqlglot.parse(f"select count(*) as rows_found from {rows}", dialect=name)
        assert parsed.find(exp.Where)


def test_hostile_words_come_back_out_of_their_literal(dialect):
    name, warehouse = dialect
    for text in ("it's", "back\\slash", "\\'; drop table x; --", 'double "quotes"', "名前 🦊"):
        literal = warehouse.render("text_literal", text=text)
        (select,) = sqlglot.parse(f"select {literal} as a", dialect=name)
        assert select.find(exp.Literal).this == text


def test_values_are_written_as_the_macro_writes_them(dialect):
    _, warehouse = dialect
    row = {"a": "it's", "b": "back\\slash", "c": "\\'\n--", "d": "", "e": None, "f": 0, "g": -3}
    written = warehouse.literals(row)
    assert written == {name: warehouse.render("_literal", value=value) for name, value in row.items()}


def test_no_text_is_cut_on_redshift(dialect):
    name, warehouse = dialect
    sql = warehouse.render("stage_changes", **STATEMENTS["stage_changes"](warehouse))

    assert ("as text)" in sql.lower()) == (name in ("snowflake", "postgres", "duckdb"))
    assert ("varchar(65535)" in sql) == (name == "redshift")


def test_every_literal_that_a_query_hands_on_has_a_type(dialect, parsed):
    """Redshift finds the type of a union two branches at a time, and takes null for text."""
    name, warehouse = dialect
    contacts = REMOVALS | {"pairs": False}
    others = {
        "of contacts": warehouse.render("read_removals", stage=STAGE, ledger=LEDGER, removals=contacts),
        "before a ledger": warehouse.render("count_changes", changes=CHANGES | {"ledger": None}),
    }
    all_parsed = _all_statements(parsed) | {
        what: sqlglot.parse_one(sql, dialect=name) for what, sql in others.items()
    }
    for macro, statement in all_parsed.items():
        for select in statement.find_all(exp.Select):
            untyped = [each.sql() for each in select.expressions if _has_no_type(each.unalias())]
            assert not untyped or select is statement, (macro, untyped)


def _all_statements(parsed):
    found = {macro: parsed(macro) for macro in STATEMENTS if macro not in GRANTS}
    return {macro: statements[0] for macro, statements in found.items() if statements}


def _has_no_type(value):
    return isinstance(value, exp.Null) or (isinstance(value, exp.Literal) and value.is_string)


def test_no_select_has_two_columns_of_one_name(parsed):
    """BigQuery refuses such a result; elsewhere one of the two could not be named."""
    twice = {}
    for macro, statement in _all_statements(parsed).items():
        query = statement.find(exp.Query)
        for scope in traverse_scope(query) if query else ():
            names = _names(scope)
            twice[macro] = {each for each in names if names.count(each) > 1} | twice.get(macro, set())
    assert {macro: names for macro, names in twice.items() if names} == {}


def _names(scope):
    """The columns of a select, in lower case; those of a star where what it stands for is in the statement."""
    if isinstance(scope.expression, exp.SetOperation):
        return [each.lower() for each in scope.expression.named_selects]
    names = []
    for each in scope.expression.selects:
        if each.is_star:
            sources = [each.table] if isinstance(each, exp.Column) else list(scope.selected_sources)
            known = [scope.sources[source] for source in sources]
            names += [column for source in known if isinstance(source, Scope) for column in _names(source)]
        elif isinstance(each, (exp.Alias, exp.Column)):
            names.append(each.alias_or_name.lower())
    return names


def test_redshift_tells_two_moments_of_one_second_apart(dialect):
    """`getdate()` has whole seconds; and like `sysdate` it is of the session's zone."""
    name, warehouse = dialect
    if name == "redshift":
        assert warehouse.render("utc_now") == "(cast(sysdate as timestamptz) at time zone 'utc')"


def test_a_batch_of_outcomes_tells_the_type_of_each_literal(dialect):
    name, warehouse = dialect
    outcomes = [warehouse.literals(OUTCOME | {"http_status": status}) for status in (None, 200)]
    sql = warehouse.render("outcome_rows", outcomes=outcomes)
    if name == "redshift":
        assert sql.count("cast(") == 2 * len(OUTCOME)
        assert "cast(null as integer) as http_status" in sql.lower()
    if name == "bigquery":
        assert "place string" not in sql, "it takes no number for a text"


def test_every_implementation_is_reached_and_calls_what_there_is():
    """One that stays behind when its macro goes is taken for what an adapter does, and is not."""
    text = "\n".join(path.read_text() for path in (macro_package() / "macros").rglob("*.sql"))
    defined = set(re.findall(r"{%-? *(?:macro|test) (\w+)\(", text))
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'", text))
    called = set(re.findall(r"intercom_activate\.(\w+)\(", text))

    implementations = {name for name in defined if re.match(r"(?!test_)[a-z]+__", name)}
    assert {name for name in implementations if name.split("__", 1)[1] not in dispatched} == set()
    assert called - defined == set()


def test_every_public_macro_is_here():
    """But for those of the user's own models, which tests/macros has."""
    public = {
        path.stem
        for path in (macro_package() / "macros").rglob("*.sql")
        if not path.stem.startswith("_") and path.parent.name not in ("relations", "generic_tests")
    }

    assert public == STATEMENTS.keys() | PARTS
