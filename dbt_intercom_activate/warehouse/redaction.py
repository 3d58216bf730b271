"""What may be shown of a complaint of the warehouse, of its driver, or of dbt about a profile.

A complaint may quote any value of any row, in any place and in any form, and a driver's may quote a password. So
nothing of its text is passed on: what is shown are texts that stand here, with names that our own statement has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DBT = ("Database Error", "Runtime Error", "Compilation Error")
_DUCKDB = (
    "Binder|Catalog|Connection|Constraint|Conversion|Decimal|Dependency|Divide by Zero|Expression|FATAL|HTTP|INTERNAL|"
    "INTERRUPT|IO|Index|Invalid Configuration|Invalid Input|Mismatch Type|Missing Extension|Not implemented|"
    "Out of Memory|Out of Range|Parser|Permission|Planner|Sequence|Serialization|Settings|Syntax|TransactionContext"
)
_CLASS = re.compile(
    rf"\s*(?:(?P<dbt>{'|'.join(_DBT)})\b[^\n]*\n?\s*)?"
    rf"(?P<engine>(?:{_DUCKDB}) Error|\[[A-Z][A-Z0-9_.]*\]|[0-9]{{6}} \([0-9A-Z]{{5}}\))?:?\s*"
)
"""What dbt calls the error, and then DuckDB, Spark (in brackets), or Snowflake (its number and SQLSTATE)."""

_NAME = r"""["'`]?(?P<name>[^\s"'`]+(?:["`]\.["`][^\s"'`]+)*)["'`]?"""
_TYPES = (
    "BIGINT|BLOB|BOOLEAN|DATE|DECIMAL|DOUBLE|FLOAT|HUGEINT|INT128|INT16|INT32|INT64|INT8|INTEGER|INTERVAL|INT|JSON|"
    "NUMERIC|REAL|SMALLINT|STRING|TEXT|TIMESTAMPTZ|TIMESTAMP|TIME|TINYINT|UUID|VARCHAR"
)
_TYPE = rf"(?P<type>(?i:{_TYPES})\b(?:\([0-9, ]{{1,9}}\))?)"

_COMPLAINTS = (
    ("Could not convert string … to {type}", rf"Could not convert string .* to {_TYPE}"),
    ("invalid input syntax for type {type}: …", rf"invalid input syntax for type {_TYPE}"),
    ("a value is out of range for type {type}", rf"value .* is out of range for type {_TYPE}"),
    ("a value is not in the form of a date", r"invalid date field format"),
    ("a value is not in the form of a moment", r"(?:invalid )?timestamp field (?:format|value)"),
    ("a date or a time is out of range", r"(?i:date/time|date|time|timestamp) (?:field value )?out of range"),
    ("Casting a value to another type failed", r"Casting value |Type \w+ with value "),
    ("Malformed JSON", r"Malformed JSON"),
    ("Overflow in a calculation", r"Overflow in |.*\bout of range$"),
    ("division by zero", r"division by zero"),
    # Our own words, of the macro `append_outcomes`; the column is one of its list.
    (
        "nothing fills the column {type} of the ledger",
        r"nothing fills the column (?P<type>\w+) of the ledger",
    ),
    ("Table with name {name} does not exist!", rf"Table with name {_NAME} does not exist"),
    ("Schema with name {name} does not exist!", rf"Schema with name {_NAME} does not exist"),
    ("Catalog {name} does not exist!", rf"Catalog {_NAME} does not exist"),
    ('Referenced column "{name}" was not found', rf"Referenced column {_NAME} (?:was )?not found"),
    (
        'the table does not have a column named "{name}"',
        rf"Table .* does not have a column (?:named|with name) {_NAME}",
    ),
    ('relation "{name}" does not exist', rf"relation {_NAME} does not exist"),
    ('schema "{name}" does not exist', rf"schema {_NAME} does not exist"),
    ('column "{name}" does not exist', rf"column {_NAME} does not exist"),
    ('column "{name}" of the relation does not exist', rf"column {_NAME} of relation .* does not exist"),
    ('permission denied for schema "{name}"', rf"permission denied for schema {_NAME}"),
    ('permission denied for table "{name}"', rf"permission denied for (?:table|relation) {_NAME}"),
    ('permission denied for database "{name}"', rf"permission denied for database {_NAME}"),
    ("must be owner of {name}", rf"must be owner of (?:table|relation|view|schema) {_NAME}"),
    ("violates unique constraint", r"duplicate key value violates unique constraint"),
    ("violates not-null constraint", r"null value in column .* violates not-null constraint"),
    ("a CHECK constraint failed", r"CHECK constraint failed|new row .* violates check constraint"),
    ('relation "{name}" already exists', rf"(?:relation|Table with name) {_NAME} already exists"),
    (
        "the database is attached in read-only mode",
        r"Cannot execute statement of type .* on database .* which is attached in read-only mode",
    ),
    ("the transaction is read-only", r"cannot execute [A-Z ]+ in a read-only transaction"),
    (
        "the statement was cancelled for its time limit",
        r"canceling statement due to (?:statement|lock) timeout",
    ),
    ("the disk is full", r"could not (?:extend|write) file .*No space left"),
    (
        "Object '{name}' does not exist or not authorized.",
        rf"(?:SQL compilation error:\s*)?Object {_NAME} does not exist or not authorized",
    ),
    (
        "Insufficient privileges to operate on {name}",
        rf"(?:SQL access control error:\s*)?Insufficient privileges to operate on \w+ {_NAME}",
    ),
    ("Numeric value … is not recognized", r"Numeric value .* is not recognized"),
    ("Bad value for the type {type}", rf"Bad {_TYPE} value"),
    ("Access Denied", r"(?:403 )?Access Denied"),
    ("Not found: {name}", rf"(?:404 )?Not found: \w+ {_NAME}"),
)
"""What is shown, and the complaint that it is shown for; a name is shown where our statement has it."""
_KNOWN = tuple((shown, re.compile(pattern, re.DOTALL)) for shown, pattern in _COMPLAINTS)
_UNTOLD = "(its text may hold values)"
_FREE_TEXT = re.compile(r"\bPL/pgSQL function\b|Invalid Input Error: (?!Cannot execute statement)")
"""The text of `raise` and of `error()`, which may say anything."""


def without_values(message: str, statement: str = "", sqlstate: str | None = None) -> str:
    """What may be shown of a warehouse's complaint about a statement: its class, and what is ours in it.

    Args:
        statement: The SQL that it is about, or the names of relations; only names that stand there are shown.
        sqlstate: The class of the error by the standard, where the driver tells it.
    """
    found = _CLASS.match(message)
    if found is None:
        raise AssertionError("every text has a class, if an empty one")
    rest = message[found.end() :]
    parts = (
        found["dbt"],
        f"{found['engine']}:" if found["engine"] else None,
        f"SQLSTATE {sqlstate}:" if sqlstate else None,
        _UNTOLD if _FREE_TEXT.search(message) else _told(rest, statement),
    )
    return " ".join(part for part in parts if part)


def _told(text: str, statement: str) -> str:
    for shown, pattern in _KNOWN:
        found = pattern.match(text)
        if found is not None:
            parts = found.groupdict()
            name = parts.get("name", "")
            return shown.format(name=name if _is_ours(name, statement) else "…", type=parts.get("type"))
    return _UNTOLD


_NOT_THERE = re.compile(
    rf"Table with name {_NAME} does not exist|relation {_NAME.replace('<name>', '<relation>')} does not exist|"
    rf"(?:SQL compilation error:\s*)?Object {_NAME.replace('<name>', '<object>')} does not exist|"
    rf"(?:404 )?Not found: Table {_NAME.replace('<name>', '<found>')}|"
    rf"The table or view {_NAME.replace('<name>', '<view>')} cannot be found"
)


def is_about_a_missing_relation(message: str, statement: str) -> bool:
    """Whether a warehouse says that a relation is not there which the statement names, and no other one below it."""
    found = _CLASS.match(message)
    missing = _NOT_THERE.match(message, found.end() if found else 0)
    named = next((name for name in missing.groups() if name), "") if missing else ""
    return _is_ours(named, statement)


_LITERAL = re.compile(r"'(?:[^'\\]|''|\\.)*'", re.DOTALL)


def _is_ours(name: str, statement: str) -> bool:
    """Whether every part of a name stands in a statement as a name; its literals may be values."""
    names = set(_names(_LITERAL.sub(" ", statement)))
    parts = [part for part in re.split(r"""["`.]+""", name.lower()) if part]
    return bool(parts) and all(part in names for part in parts)


def _names(statement: str) -> Iterator[str]:
    for quoted, plain in re.findall(r'["`]([^"`]+)["`]|([A-Za-z_]\w*)', statement):
        yield (quoted or plain).lower()


_CONNECTION = (
    "Connection refused",
    "timeout expired",
    "timed out",
    "password authentication failed",
    "Incorrect username or password",
    "no password supplied",
    "no pg_hba.conf entry",
    "could not translate host name",
    "Name or service not known",
    "No route to host",
    "Network is unreachable",
    "server closed the connection unexpectedly",
    "too many connections",
    "the database system is starting up",
    "certificate verify failed",
    "SSL",
    "Could not set lock on file",
    "No such file or directory",
    "Permission denied",
    "Cannot open file",
    "Cannot open database",
    "not a valid DuckDB database file",
    "read-only",
    "Is a directory",
    "No space left on device",
    "does not exist",
    "is not permitted to log in",
)
_HOLDER = re.compile(r"\(PID ([0-9]{1,10})\)")


def of_connection(message: str) -> str:
    """What may be shown of a driver's complaint about a connection; it may quote user and password."""
    said = [phrase for phrase in _CONNECTION if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", message)]
    holder = _HOLDER.search(message)
    if holder is not None and "lock" in message:
        said.append(f"held by process {holder[1]}")
    return ", ".join(said) or "the driver's own words are not shown, since they may hold a password"


_NAMED = re.compile(
    r"(\bprofile|\btarget named|\bEnv var required but not provided:) '([\w.-]+)'", re.IGNORECASE
)
"""Names in dbt's complaints about profiles.yml, which tell more than the values beside them."""
_QUOTED = re.compile(r"'[^']*'|=\([^)]*\)")
_EMAIL = re.compile(r"\S+@\S+")
_INVALID = re.compile(r"(?<=invalid: ).*?(?= is not )")


def of_profile(message: str) -> str:
    """What dbt says about a profile, on one line, without what may be a credential."""
    text = " ".join(line.strip() for line in message.splitlines() if line.strip())
    named = _INVALID.sub("…", _NAMED.sub(r"\1 \2", text))
    return _EMAIL.sub("…", _QUOTED.sub("'…'", named))[:500]


def sqlstate(error: BaseException) -> str | None:
    """The standard's class of an error, as drivers of PostgreSQL tell it; dbt's own error hides the driver's."""
    cause: BaseException | None = error
    while cause is not None:
        code = getattr(cause, "pgcode", None) or getattr(cause, "sqlstate", None)
        if isinstance(code, str) and re.fullmatch(r"[0-9A-Z]{5}", code):
            return code
        cause = cause.__cause__ or cause.__context__
    return None
