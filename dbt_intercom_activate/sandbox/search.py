"""The query language of POST /contacts/search, turned into a predicate.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts. Where
Intercom refuses something without saying how, the answer is 400 `parameter_invalid` with a message of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.search_fields import FieldKind, SearchField, field_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dbt_intercom_activate.sandbox.records import StoredContact

NESTING_LEVELS = 2
FILTERS_PER_GROUP = 15
DAY_SECONDS = 86_400
LONGEST_NUMBER = 18
"""Digits of a number that is given as text: what 64 bits hold."""
# Fields by which a contact is found without looking at every other one.
INDEXED = {"id", "external_id", "email"}


@dataclass(frozen=True, slots=True)
class Language:
    """What a query may say in this workspace."""

    custom_types: Mapping[str, str]
    max_in_values: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A predicate, and the index entries that every match is among; None where only a scan will do."""

    matches: Callable[[StoredContact], bool]
    lookups: Sequence[tuple[str, str]] | None


def parse(query: Any, language: Language, *, depth: int = 1) -> Query:
    """Read a filter or a group of filters."""
    if not isinstance(query, dict) or "operator" not in query:
        raise errors.parameter_invalid("query must be a filter or a group of filters")
    if query["operator"] in ("AND", "OR"):
        return _group(query, language, depth)
    if "field" not in query:
        raise errors.parameter_invalid("A filter needs a field, an operator and a value")
    return _filter(field_named(query["field"], language.custom_types), query, language)


def _group(query: Mapping[str, Any], language: Language, depth: int) -> Query:
    members = query.get("value")
    if depth > NESTING_LEVELS:
        raise errors.parameter_invalid(f"Queries can be nested {NESTING_LEVELS} levels deep at most")
    if not isinstance(members, list) or not members:
        raise errors.parameter_invalid("The value of AND and OR must be a list of filters")
    if len(members) > FILTERS_PER_GROUP:
        raise errors.parameter_invalid(f"A group can have {FILTERS_PER_GROUP} filters at most")
    parts = [parse(member, language, depth=depth + 1) for member in members]
    predicates = [part.matches for part in parts]
    known = [part.lookups for part in parts if part.lookups is not None]
    if query["operator"] == "AND":
        return Query(lambda c: all(p(c) for p in predicates), min(known, key=len) if known else None)
    every = [entry for lookups in known for entry in lookups] if len(known) == len(parts) else None
    return Query(lambda c: any(p(c) for p in predicates), every)


def _filter(field: SearchField, query: Mapping[str, Any], language: Language) -> Query:
    operator, value = query["operator"], query.get("value")
    if operator not in field.kind.value:
        raise errors.parameter_invalid(f"Operator {operator} is not valid for {field.name}")
    if operator in ("IN", "NIN"):
        if not isinstance(value, list):
            raise errors.parameter_invalid(f"The value of {operator} must be an array")
        if language.max_in_values is not None and len(value) > language.max_in_values:
            raise errors.parameter_invalid(f"{operator} takes {language.max_in_values} values at most")
        values = [_typed(field, item) for item in value]
    else:
        values = [_typed(field, value)]
    lookups = None
    if operator in ("=", "IN") and field.name in INDEXED and None not in values:
        lookups = [(field.name, str(item)) for item in values]
    return Query(_predicate(field, operator, values), lookups)


def _typed(field: SearchField, value: Any) -> Any:
    """The value, when it is of the field's kind; a filter of another type fails the query."""
    if value is None:
        return None
    if field.kind is FieldKind.BOOLEAN:
        # The documentation's examples send "true" as text.
        if isinstance(value, bool) or value in ("true", "false"):
            return value is True or value == "true"
    elif field.kind in (FieldKind.TEXT, FieldKind.MEMBERSHIP):
        if isinstance(value, str):
            return value.lower() if field.name == "email" else value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER:
        return int(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise errors.parameter_invalid(f"The value for {field.name} is of the wrong type")


def _predicate(field: SearchField, operator: str, values: list[Any]) -> Callable[[StoredContact], bool]:
    read, first = field.read, values[0] if values else None
    if field.kind is FieldKind.MEMBERSHIP:
        return lambda c: (first in read(c)) is (operator == "=")
    if field.kind is FieldKind.DATE:
        return _date_predicate(read, operator, first)
    if operator in ("=", "IN"):
        wanted = set(values)
        return lambda c: read(c) in wanted
    if operator in ("!=", "NIN"):
        unwanted = set(values)
        return lambda c: read(c) not in unwanted
    if field.kind is FieldKind.TEXT:
        return _text_predicate(read, operator, first)
    return _number_predicate(read, operator, first)


def _text_predicate(
    read: Callable[[StoredContact], Any], operator: str, value: Any
) -> Callable[[StoredContact], bool]:
    needle = (value or "").casefold()

    def text(contact: StoredContact) -> str:
        return (read(contact) or "").casefold()

    match operator:
        case "~":
            return lambda c: needle in text(c)
        case "!~":
            return lambda c: needle not in text(c)
        case "^":
            return lambda c: text(c).startswith(needle)
    return lambda c: text(c).endswith(needle)


def _number_predicate(
    read: Callable[[StoredContact], Any], operator: str, value: Any
) -> Callable[[StoredContact], bool]:
    if value is None:
        raise errors.parameter_invalid(f"Operator {operator} needs a value")

    def compare(contact: StoredContact) -> bool:
        number = read(contact)
        if number is None:
            return False
        match operator:
            case "<":
                return bool(number < value)
            case ">":
                return bool(number > value)
            case "<=":
                return bool(number <= value)
        return bool(number >= value)

    return compare


def _date_predicate(
    read: Callable[[StoredContact], Any], operator: str, value: Any
) -> Callable[[StoredContact], bool]:
    """Dates are cut to whole days of the workspace's time zone, which is UTC here."""
    if value is None:
        return lambda c: operator == "=" and read(c) is None
    start = int(value) // DAY_SECONDS * DAY_SECONDS
    end = start + DAY_SECONDS

    def compare(contact: StoredContact) -> bool:
        moment = read(contact)
        if moment is None:
            return False
        match operator:
            case "<":
                return bool(moment < start)
            case ">":
                return bool(moment >= end)
        return bool(start <= moment < end)

    return compare
