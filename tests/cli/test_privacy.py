"""No record's values, no record key and no token appear in output, logs, artifacts or journal, at any level."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from unittest import mock

import duckdb
import pytest
from forking import ForkingProcess
from hypothesis import given
from hypothesis import strategies as st

from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.warehouse.redaction import of_connection, of_profile, without_values

KEYS = ("Kq7planted-key-one", "Kq7planted-key-two", "Kq7planted-key-three", "Kq7planted-key-four")
VALUES = ("Vz9planted@example.com", "Vz9planted name", "Vz9planted plan")
TOKEN = "Tx3planted-token"
PLANTED = ("kq7planted", "vz9planted", "tx3planted", "91736455")


@pytest.fixture
def shop_with_secrets(shop):
    block = {
        "name": "people",
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "external_id",
        "fields": {"external_id": "id", "email": "email", "name": "name", "custom_attributes.plan": "plan"},
    }
    rows = [(key, *VALUES) for key in KEYS[:1]] + [(key, None, *VALUES[1:]) for key in KEYS[1:]]
    shop.only(block, "id text, email text, name text, plan text", rows)
    config = shop.folder / "intercom.yml"
    config.write_text(f"{config.read_text()}ledger: {{payloads: true}}\n")
    shop.state.token = shop.token = TOKEN
    yield shop
    shop.state.token = "sandbox"


def assert_hidden(shop, *texts: str) -> None:
    """Not in these texts, and in no file but the warehouse and what the user wrote."""
    files = {
        str(path): path.read_text(errors="replace")
        for path in shop.folder.rglob("*")
        if path.is_file() and path.suffix not in (".duckdb", ".wal", ".sql", ".msgpack")
    }
    for text in (*texts, *files, *files.values()):
        for secret in PLANTED:
            assert secret not in text.lower()


def assert_discreet(shop, ran, caplog) -> None:
    assert_hidden(shop, ran.text, caplog.text, *(str(record.__dict__) for record in caplog.records))


def echoing(text: str) -> dict[str, object]:
    return {"type": "error.list", "errors": [{"code": "parameter_invalid", "message": text}]}


def refuse_all(shop):
    message = f"{VALUES[0]} of {KEYS[0]} is not welcome"
    shop.sandbox.faults.add(
        Fault("POST", "/contacts", status=400, body=echoing(message), whole_path=True, times=99)
    )


def invalid(shop):
    shop.sql("update customers set email = 'Vz9planted without at', plan = repeat('Vz9planted', 30)")


def duplicates(shop):
    shop.sql("insert into customers select * from customers")


def a_cast_that_fails(shop):
    shop.sql("alter table customers rename to raw_customers")
    shop.sql("create view customers as select * replace (cast(name as integer) as name) from raw_customers")


def drops(shop):
    shop.sandbox.faults.add(Fault("POST", "/contacts", drop_connection=True, times=3))


def conflicts(shop):
    shop.add_contact(external_id="other", email=VALUES[0].lower())


def a_server_that_fails(shop):
    shop.sandbox.faults.add(Fault("POST", "/contacts", status=500, body=echoing(VALUES[0]), skip=1, times=99))


def a_refused_token(shop):
    shop.state.token_revoked = True


def a_search_that_fails(shop):
    shop.sandbox.faults.add(Fault("POST", "/contacts/search", status=400, body=echoing(KEYS[1]), times=99))


def a_search_without_an_answer(shop):
    shop.sandbox.faults.add(Fault("POST", "/contacts/search", drop_connection=True, times=2))


def an_answer_that_is_none(shop):
    shop.sandbox.faults.add(
        Fault("POST", "/contacts", status=200, body=[KEYS[0], VALUES[0]], skip=1, times=99)
    )


def an_answer_of_another_shape(shop):
    body = {"type": VALUES[1], "data": {KEYS[0]: VALUES[0]}, "id": [KEYS[1]]}
    shop.sandbox.faults.add(Fault("POST", "/contacts/search", status=200, body=body, times=99))


def a_code_of_its_own(shop):
    body = {"type": "error.list", "errors": [{"code": VALUES[2], "message": KEYS[0], "field": VALUES[1]}]}
    shop.sandbox.faults.add(Fault("POST", "/contacts", status=422, body=body, skip=1, times=99))


def a_contact_that_cannot_be_read(shop):
    other = shop.add_contact(external_id="other", email=VALUES[0].lower())
    shop.sandbox.faults.add(
        Fault("GET", f"/contacts/{other.id}", status=404, body=echoing(KEYS[0]), times=99)
    )


def a_moment_that_python_cannot_hold(shop):
    shop.sql("alter table customers add column born timestamp")
    shop.sql("update customers set born = timestamp '290000-01-01'")
    block = shop.manifest()["nodes"]["model.shop.customers"]["config"]["meta"]["intercom"]
    block["fields"]["custom_attributes.renewed_on"] = "born"
    shop.configure(customers=block)


def a_view_that_makes_dates(shop):
    shop.sql("alter table customers rename to raw_customers")
    date = "make_date(91736455 + 0 * length(name), 13, 77)"
    shop.sql(f"create view customers as select * replace (cast({date} as text) as name) from raw_customers")


def a_view_that_fails_with_text_of_its_own(shop):
    shop.sql("alter table customers rename to raw_customers")
    shop.sql("create view customers as select * replace (error(name || email) as name) from raw_customers")


def a_value_with_marks_in_it(shop):
    shop.sql("""update customers set name = 'it''s "Vz9planted" name'""")
    a_cast_that_fails(shop)


def a_ledger_that_is_gone(shop):
    shop.sync("--limit", "1")
    shop.sql("alter table intercom_activate.ledger rename to ledger_away")
    shop.sql(
        "create view intercom_activate.ledger as select * exclude (message) from intercom_activate.ledger_away"
    )
    refuse_all(shop)


def nothing(shop):
    """All is well."""


@pytest.mark.parametrize(
    "trouble",
    [
        nothing,
        invalid,
        a_cast_that_fails,
        an_answer_of_another_shape,
        a_view_that_fails_with_text_of_its_own,
        a_value_with_marks_in_it,
        *(
            pytest.param(trouble, marks=pytest.mark.slow)
            for trouble in (
                refuse_all,
                duplicates,
                drops,
                conflicts,
                a_server_that_fails,
                a_refused_token,
                a_search_that_fails,
                a_search_without_an_answer,
                an_answer_that_is_none,
                a_code_of_its_own,
                a_contact_that_cannot_be_read,
                a_moment_that_python_cannot_hold,
                a_view_that_makes_dates,
                a_ledger_that_is_gone,
            )
        ),
    ],
    ids=lambda trouble: trouble.__name__.replace("_", " "),
)
def test_nothing_planted_is_seen(shop_with_secrets, caplog, trouble):
    trouble(shop_with_secrets)
    for options in (["--log-format", "text"], ["--log-format", "json", "--resend"]):
        with caplog.at_level(logging.DEBUG):
            ran = shop_with_secrets.sync("--log-level", "debug", *options)

        assert ran.text
        assert_discreet(shop_with_secrets, ran, caplog)
    shop_with_secrets.state.token_revoked = False


@pytest.mark.parametrize(
    "arguments",
    [
        ["sync", "--output", "json"],
        ["sync", "--limit", "2", "--fail-fast"],
        ["plan"],
        ["plan", "--against-intercom", "--output", "json"],
        ["plan", "--output", "markdown"],
        ["plan", "--out", "plan.json"],
        ["retry"],
        ["status"],
        ["status", "--output", "json"],
        ["report"],
        ["check"],
        ["check", "--output", "json"],
        ["compact", "--older-than", "0", "--payloads"],
        ["exposures"],
        ["ls", "--output", "json"],
    ],
    ids=" ".join,
)
def test_no_command_shows_what_it_was_not_asked_for(shop_with_secrets, caplog, arguments):
    refuse_all(shop_with_secrets)
    shop_with_secrets.sync()
    with caplog.at_level(logging.DEBUG):
        ran = shop_with_secrets.run(*arguments, "--log-level", "debug", env={"DBT_LOG_LEVEL": "debug"})

    assert ran.code in (0, 1), ran.text
    assert_discreet(shop_with_secrets, ran, caplog)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_plan_shows_records_on_standard_output_only(shop_with_secrets, caplog, form):
    shop_with_secrets.add_contact(external_id=KEYS[0], email=VALUES[0], name="Vz9planted old name")
    asked = ["--records", "--values", "--against-intercom", "--output", form, "--log-level", "debug"]
    with caplog.at_level(logging.DEBUG):
        ran = shop_with_secrets.run("plan", *asked, "--log-format", "json", env={"DBT_LOG_LEVEL": "debug"})

    assert ran.code == 0, ran.text
    assert KEYS[0] in ran.out
    assert "Vz9planted old name" in ran.out
    logged = [line for line in ran.out.splitlines() if line.startswith('{"data"')]
    assert_hidden(
        shop_with_secrets, *logged, ran.err, caplog.text, *(str(each.__dict__) for each in caplog.records)
    )


def test_history_shows_on_standard_output_and_nowhere_else(shop_with_secrets, caplog):
    shop_with_secrets.sync()
    with caplog.at_level(logging.DEBUG):
        ran = shop_with_secrets.run(
            "history", KEYS[0], "--log-level", "debug", env={"DBT_LOG_LEVEL": "debug"}
        )

    assert VALUES[1] in ran.out
    assert_hidden(shop_with_secrets, ran.err, caplog.text, *(str(each.__dict__) for each in caplog.records))
    shop_with_secrets.sql("alter table intercom_activate.ledger rename to ledger_away")
    shop_with_secrets.sql(
        "create view intercom_activate.ledger as select * from intercom_activate.ledger_away"
    )
    shop_with_secrets.sql("drop table intercom_activate.ledger_away")
    refused = shop_with_secrets.run("history", KEYS[0], "--log-level", "debug")
    assert refused.code == 2
    assert_hidden(shop_with_secrets, refused.text)


@pytest.mark.slow
def test_a_plan_that_is_applied_or_refused_shows_no_record(shop_with_secrets, caplog):
    refuse_all(shop_with_secrets)
    shop_with_secrets.run("plan", "--out", "plan.json")
    shop_with_secrets.sql("update customers set name = 'another'")
    for options in ([], ["--stale-data"], ["--stale-data"]):
        with caplog.at_level(logging.DEBUG):
            ran = shop_with_secrets.run("apply", "plan.json", "--log-level", "debug", *options)

        assert ran.code in (1, 2), ran.text
        assert_discreet(shop_with_secrets, ran, caplog)


CRASHES = {
    "a value": "RecordMaker, '_made', lambda maker, row, values: boom(values)",
    "a payload": "activate, 'procedure_of', lambda name, rules: boom(rules)",
    "a request": "contact, 'write', lambda rules, record, found: boom(record)",
    "an answer": "client, 'read_answer', lambda status, headers, content, **_: boom(content)",
    "the journal": "Journal, 'record', lambda self, stage, delivered: boom(delivered)",
    "the ledger": "Outcomes, 'append', lambda self, stage, run, outcomes: boom(outcomes)",
    "a page": "Stages, 'pages', lambda self, stage, binding, seqs: boom(self._warehouse.query('from customers'))",
    "the artifact": "sync, '_write_artifact', lambda project, result: boom(project)",
}
IMPORTS = """
import dbt.adapters.duckdb, dbt.cli.main
from dbt_intercom_activate.sync import activate
from dbt_intercom_activate.sync import run as sync
from dbt_intercom_activate.binding.making import RecordMaker
from dbt_intercom_activate.cli import main
from dbt_intercom_activate.delivery import contact
from dbt_intercom_activate.intercom import client
from dbt_intercom_activate.ledger.journal import Journal
from dbt_intercom_activate.ledger.outcomes import Outcomes
from dbt_intercom_activate.ledger.stages import Stages

"""
CRASH = """
def boom(seen):
    try:
        raise KeyError(seen)
    except KeyError as error:
        raise ValueError(f"cannot {{seen!r}} {VALUES} {KEYS}") from error

setattr({what})
sys.argv[1:] = ["sync", "--resend"]
main()
"""


@pytest.mark.slow
def test_a_bug_shows_its_place_and_no_data(shop_with_secrets):
    environment = {"PYTHONFAULTHANDLER": "1", "DBT_LOG_LEVEL": "debug", **shop_with_secrets.environment()}
    with contextlib.closing(ForkingProcess(shop_with_secrets.folder, IMPORTS, environment)) as process:
        for place, what in CRASHES.items():
            ran = process.run(CRASH.format(what=what, VALUES=VALUES[0], KEYS=KEYS[0]))

            assert ran.code == 1, (place, ran.err)
            assert "ended unexpectedly (ValueError): this is a bug" in ran.err, place
            assert "in boom" in ran.err, place
            assert_hidden(shop_with_secrets, ran.out, ran.err)
            # The next run goes on from there.
            assert shop_with_secrets.sync("--resend").code == 0, place
            assert len(shop_with_secrets.state.contacts) == len(KEYS), place


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in (signal.SIGINT, signal.SIGABRT, signal.SIGKILL)
        ),
    ],
)
def test_a_signal_in_mid_flight_shows_nothing(shop_with_secrets, number):
    config = shop_with_secrets.folder / "intercom.yml"
    config.write_text(config.read_text().replace("concurrency: 8", "concurrency: 1"))
    shop_with_secrets.sandbox.faults.add(Fault("POST", "/contacts", delay_s=1.0, skip=1, times=99))
    with mock.patch.dict(os.environ, {"PYTHONFAULTHANDLER": "1", "DBT_LOG_LEVEL": "debug"}):
        process = shop_with_secrets.start("sync", "--log-format", "json")
        deadline = time.monotonic() + 60
        while shop_with_secrets.sandbox.calls.by_operation().get("POST /contacts", 0) == 0:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        out, err = process.communicate(timeout=120)

    assert process.returncode != 0
    assert_hidden(shop_with_secrets, out, err)
    shop_with_secrets.sandbox.faults.clear()
    ran = shop_with_secrets.sync("--log-level", "debug")
    assert len(shop_with_secrets.state.contacts) == len(KEYS)
    assert_hidden(shop_with_secrets, ran.text)


@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.parametrize("after", ["INTERCOM_SYNC_AFTER", None], ids=["plain dbt build", "our own build"])
def test_dbt_writes_nothing_of_a_record_to_its_own_logs(shop_with_secrets, after):
    """What Intercom said of a record stands in the statements that fill the ledger, and dbt logs its statements."""
    shop_with_secrets.sql("create table raw_people as select * from customers")
    (shop_with_secrets.folder / "models" / "customers.sql").write_text("select * from raw_people")
    schema = shop_with_secrets.folder / "models" / "shop.yml"
    schema.write_text(
        "models: [{name: customers, config: {meta: {intercom: {name: people, object: contact, behaviour: upsert,"
        " identifier: external_id, fields: {external_id: id, email: email, name: name}}}}}]"
    )
    refuse_all(shop_with_secrets)
    environment = {"DBT_LOG_LEVEL": "debug", "DBT_LOG_FORMAT": "json"}
    with mock.patch.dict(os.environ, environment | ({after: "build"} if after else {})):
        dbt = ["import sys; from dbt.cli.main import cli; cli()"] if after else [None]
        process = shop_with_secrets.start("build", "--select", "customers", code=dbt[0])
        out, err = process.communicate(timeout=120)

    assert process.returncode == 1, out + err
    assert (
        "OK created sql table model main.customers"
        in (shop_with_secrets.folder / "logs" / "dbt.log").read_text()
    )
    refused = [row for row in shop_with_secrets.ledger() if row["code"] == "rejected"]
    assert refused, [(row["operation"], row["code"]) for row in shop_with_secrets.ledger()]
    assert VALUES[0] in refused[0]["message"]
    assert_hidden(shop_with_secrets, out, err)


VALUE = "Vz9planted"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (f"select cast('{VALUE} name' as integer)", "Conversion Error: Could not convert string … to INT32"),
        (f"select cast('it''s {VALUE}' as date)", "Conversion Error: a value is not in the form of a date"),
        (f"""select cast('a "{VALUE}" b' as decimal(5, 2))""", "Could not convert string … to DECIMAL(5,2)"),
        (f"select strptime('{VALUE}', '%Y')", "Invalid Input Error: (its text may hold values)"),
        (f"select error('{VALUE}')", "Invalid Input Error: (its text may hold values)"),
        (f"select cast('{VALUE}' as json)", "Conversion Error: Malformed JSON"),
        ("select cast(91827364509 as integer)", "Conversion Error: Casting a value to another type failed"),
        (
            "select 2091827364::integer + 2091827364::integer",
            "Out of Range Error: Overflow in a calculation",
        ),
        (
            "select cast(9182736.4 as decimal(3, 1))",
            "Conversion Error: Casting a value to another type failed",
        ),
        (f"select nothing, '{VALUE}'", 'Referenced column "nothing" was not found'),
        (f"select '{VALUE}' from gone", "Catalog Error: Table with name gone does not exist!"),
        ("select make_date(91827, 13, 77)", "Conversion Error: a date or a time is out of range"),
        ("select make_time(91827, 61, 3.5)", "Conversion Error: a date or a time is out of range"),
        (
            "select make_timestamp(91827, 13, 45, 1, 2, 3)",
            "Conversion Error: a date or a time is out of range",
        ),
        ("select to_days(91827364509)", "Invalid Input Error: (its text may hold values)"),
        (f"select '{VALUE}'::timestamp", "Conversion Error: a value is not in the form of a moment"),
        (f"select '{VALUE}'::enum('a')", "Conversion Error: (its text may hold values)"),
        (f"select regexp_matches('a', '({VALUE}')", "Invalid Input Error: (its text may hold values)"),
        ("select chr(918273645)", "Invalid Input Error: (its text may hold values)"),
        (f"select '\\xzz{VALUE}'::blob", "Conversion Error: (its text may hold values)"),
    ],
)
def test_what_duckdb_complains_of_is_told_without_the_value(query, shown):
    with pytest.raises(duckdb.Error) as error:
        duckdb.sql(query).fetchall()

    told = without_values(str(error.value), query)
    assert shown in told
    assert VALUE not in told
    assert "91827" not in told


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            'Database Error\n  invalid input syntax for type integer: "Vz9 x"\n  LINE 1: select',
            "Database Error invalid input syntax for type integer: …",
        ),
        (
            'value "91827364509" is out of range for type integer',
            "a value is out of range for type integer",
        ),
        (
            'duplicate key value violates unique constraint "people_email"\nDETAIL:  Key (email)=(Vz9) already exists.',
            "violates unique constraint",
        ),
        ("Vz9 is odd\nCONTEXT:  PL/pgSQL function f() line 1 at RAISE", "(its text may hold values)"),
        ("Numeric value 'Vz9' is not recognized", "Numeric value … is not recognized"),
        ("Bad int64 value: Vz9 9", "Bad value for the type int64"),
        (
            "[CAST_INVALID_INPUT] The value 'Vz9' of the type \"STRING\" cannot be cast",
            "[CAST_INVALID_INPUT]: (its text may hold values)",
        ),
        (
            "Object 'DB.SCHEMA.PEOPLE' does not exist or not authorized.",
            "Object 'DB.SCHEMA.PEOPLE' does not exist or not authorized.",
        ),
        (
            'permission denied for schema "intercom_activate"',
            'permission denied for schema "intercom_activate"',
        ),
        ("no such thing as ada@example.com here", "(its text may hold values)"),
        ('date/time field value out of range: "91827-13-77"', "a date or a time is out of range"),
        ("time field value out of range: 25:61:3.5", "a date or a time is out of range"),
        (
            'Database Error\n  relation "people" does not exist',
            'Database Error relation "people" does not exist',
        ),
        ('relation "ada" does not exist', 'relation "…" does not exist'),
        ('relation "vz9" does not exist', 'relation "…" does not exist'),
        ('column "vz9 secret" does not exist', "(its text may hold values)"),
    ],
)
def test_what_other_engines_complain_of_is_told_without_the_value(message, shown):
    statement = (
        """select * from "DB"."SCHEMA".people, intercom_activate.ledger where name = 'Vz9 it''s vz9 ada'"""
    )
    assert without_values(message, statement) == shown


TEXTS = st.text(max_size=20) | st.text(alphabet="'\"`\n() to.:[]", max_size=20)
COMPLAINTS = (
    "Runtime Error\n  Conversion Error: Could not convert string '{}' to INT32",
    "Conversion Error: Date out of range: {}",
    "Catalog Error: Table with name {} does not exist!",
    'Database Error\n  column "{}" does not exist\n  LINE 1: select {}',
    "[CAST_INVALID_INPUT] The value '{}' cannot be cast to \"{}\"",
    "001003 (42000): SQL compilation error:\nObject '{}' does not exist or not authorized.",
    "permission denied for schema {}",
    "{}",
    "{} Error: {}",
)


@given(
    complaint=st.sampled_from(COMPLAINTS),
    before=TEXTS,
    after=TEXTS,
    secret=st.from_regex(r"[qxz]{6,12}", fullmatch=True),
)
def test_nothing_of_a_value_is_shown(complaint, before, after, secret):
    value = f"{before}{secret}{after}"
    quoted = value.replace("'", "''")
    statement = f"""insert into "shop"."ledger" (email) values ('{quoted}')"""
    assert secret not in without_values(complaint.replace("{}", value), statement)
    assert secret not in of_connection(complaint.replace("{}", value))


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            'connection to server at "db.local", port 5432 failed: FATAL: password authentication failed for "Vz9"',
            "password authentication failed",
        ),
        ("could not connect: postgresql://Vz9:Vz9@db/shop: Connection refused", "Connection refused"),
        ('invalid dsn: missing "=" after "Vz9" in connection info string "user=Vz9 password=Vz9"', None),
        (
            "250001 (08001): Incorrect username or password was specified for Vz9",
            "Incorrect username or password",
        ),
        ("{'password': 'Vz9', 'user': \"Vz9\"} timed out", "timed out"),
        (
            'IO Error: Could not set lock on file "/Vz9/shop.duckdb": Conflicting lock is held in /bin/x (PID 77)',
            "Could not set lock on file, held by process 77",
        ),
        ("Vz9", None),
    ],
)
def test_a_driver_never_tells_user_or_password(message, shown):
    told = of_connection(message)
    assert "Vz9" not in told
    assert told == (shown or "the driver's own words are not shown, since they may hold a password")


def test_a_password_that_is_a_number_is_not_shown():
    said = 'Credentials in profile "shop", target "dev" invalid: 91827364 is not of type \'string\''
    assert "91827364" not in of_profile(said)


@pytest.mark.parametrize("command", ["sync", "plan", "check", "status"])
def test_a_connection_that_fails_shows_nothing_of_the_profile(shop, caplog, command):
    """What the driver says of a connection string has its user and password in it."""
    profiles = shop.folder / "profiles.yml"
    profiles.write_text(
        profiles.read_text().replace("path: shop.duckdb", "path: Vz9planted:Tx3planted@db/shop.duckdb")
    )
    ran = shop.run(command)

    assert ran.code != 0
    assert "no connection to the warehouse of target 'dev' (duckdb)" in ran.text, ran.text
    for text in (ran.text, caplog.text):
        assert "Vz9planted" not in text
        assert "Tx3planted" not in text
