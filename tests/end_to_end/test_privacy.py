"""No record's values, no record key and no token appear in output, logs, artifacts or journal, at any level."""

from __future__ import annotations

import logging

import pytest

from dbt_intercom_activate.sandbox.faults import Fault

KEYS = ("Kq7planted-key-one", "Kq7planted-key-two", "Kq7planted-key-three", "Kq7planted-key-four")
VALUES = ("Vz9planted@example.com", "Vz9planted name", "Vz9planted plan")
TOKEN = "Tx3planted-token"
PLANTED = ("kq7planted", "vz9planted", "tx3planted")


@pytest.fixture
def secretive(shop):
    block = {
        "name": "people",
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "external_id",
        "fields": {"external_id": "id", "email": "email", "name": "name", "custom_attributes.plan": "plan"},
    }
    rows = [(key, *VALUES) for key in KEYS[:1]] + [(key, None, *VALUES[1:]) for key in KEYS[1:]]
    shop.only(block, "id text, email text, name text, plan text", rows)
    shop.state.token = shop.token = TOKEN
    yield shop
    shop.state.token = "sandbox"


def assert_discreet(shop, ran, caplog):
    files = [
        path.read_text(errors="replace")
        for path in shop.folder.rglob("*")
        if path.is_file() and path.suffix not in (".duckdb", ".wal", ".sql", ".msgpack")
    ]
    written = [ran.text, caplog.text, *(str(record.__dict__) for record in caplog.records), *files]
    for text in written:
        for secret in PLANTED:
            assert secret not in text.lower()


def echoing(text: str) -> dict[str, object]:
    return {"type": "error.list", "errors": [{"code": "parameter_invalid", "message": text}]}


def refuse_all(shop):
    message = f"{VALUES[0]} of {KEYS[0]} is not welcome"
    shop.sandbox.faults.add(Fault("POST", "/contacts", status=400, body=echoing(message), skip=1, times=99))


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


def nothing(shop):
    """All is well."""


@pytest.mark.parametrize(
    "trouble",
    [
        nothing,
        refuse_all,
        invalid,
        duplicates,
        a_cast_that_fails,
        drops,
        conflicts,
        a_server_that_fails,
        a_refused_token,
    ],
    ids=lambda trouble: trouble.__name__.replace("_", " "),
)
def test_nothing_planted_is_seen(secretive, caplog, trouble):
    trouble(secretive)
    for options in (["--log-format", "text"], ["--log-format", "json", "--resend"]):
        with caplog.at_level(logging.DEBUG):
            ran = secretive.sync("--log-level", "debug", *options)

        assert ran.text
        assert_discreet(secretive, ran, caplog)
    secretive.state.token_revoked = False
