"""The difference between a relation and the ledger, as the macros `_changes` and `read_removals` find and explain it.

What is here is what contacts, companies and events need: objects with another side, such as tags, are left out, and so
are moments with a zone.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from warehouse_model import Relation

Row = dict[str, Any]

LOST_ID_CODES = ("not_found", "archived", "deleted", "merged")
REMOVALS = ("archive", "delete", "detach")


def newest_first(row: Row) -> tuple[Any, ...]:
    """What says which of two rows of the ledger is the newer one."""
    return (row["generation"], row["place"])


def failed_since(success: Row | None, failure: Row | None) -> bool:
    """Whether the last outcome of a record is a failure."""
    return failure is not None and (success is None or newest_first(failure) > newest_first(success))


def as_text(value: object) -> str | None:
    """A value cast to text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (float, Decimal)):
        return str(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def classified(relation: Relation, ledger: list[Row], changes: Mapping[str, Any]) -> list[Row]:
    """A row per record of the relation, and one per record that left it."""
    assert changes["related"] is None
    assert changes["filter"] is None
    records = [_keyed(row, changes) for row in relation.rows]
    same_key = Counter(_compared_key(each, changes) for each in records)
    same_identifier = Counter(each["ia_identifier"] for each in records)
    succeeded, failed = succeeded_and_failed(ledger, changes)
    known, attempts = _known_ids(ledger, changes), _attempts(ledger, changes)
    found = []
    for each in records:
        reason = _reason(
            each, changes, same_key[_compared_key(each, changes)], same_identifier[each["ia_identifier"]]
        )
        found.append(_compared(each, reason, succeeded, failed, known, attempts, changes))
    if changes["with_removed"]:
        present = {each["ia_record_key"] for each in records}
        found += [
            _compared({"ia_record_key": key}, None, succeeded, failed, known, attempts, changes)
            for key in succeeded
            if key not in present
        ]
    return found


def succeeded_and_failed(
    ledger: list[Row], changes: Mapping[str, Any]
) -> tuple[dict[str, Row], dict[str, Row]]:
    """The newest row of each record of an activation that succeeded, and that failed."""
    mine = list(_of(ledger, changes))
    return (
        _newest((each for each in mine if each["status"] == "succeeded"), "record_key"),
        _newest((each for each in mine if each["status"] in ("failed", "left")), "record_key"),
    )


def undelivered(stage: list[Row], ledger: list[Row], run: Mapping[str, Any]) -> list[Row]:
    """The rows of a stage that are in the relation, and of which the ledger does not say that they were delivered."""
    newest = newest_of_each(ledger, run)
    return [
        each
        for each in stage
        if each["ia_class"] != "removed" and not _is_delivered(newest.get(each["ia_record_key"]))
    ]


def newest_of_each(ledger: list[Row], owner: Mapping[str, Any]) -> dict[Any, Row]:
    """The newest row of each record of an activation."""
    return _newest(_of(ledger, owner), "record_key")


def _is_delivered(row: Row | None) -> bool:
    return row is not None and row["intercom_id"] is not None and row["status"] == "succeeded"


def _of(ledger: list[Row], owner: Mapping[str, Any], *names: str) -> Iterator[Row]:
    names = names or ("project", "workspace", "activation")
    return (each for each in ledger if all(each[name] == owner[name] for name in names))


def _newest(rows: Iterable[Row], by: str) -> dict[Any, Row]:
    newest: dict[Any, Row] = {}
    for row in rows:
        if row[by] not in newest or newest_first(row) > newest_first(newest[row[by]]):
            newest[row[by]] = row
    return newest


def _folded(text: str | None, *, fold: bool) -> str | None:
    if text is None:
        return None
    return text.strip().lower() if fold else text.strip()


def _keyed(row: Row, changes: Mapping[str, Any]) -> Row:
    values = {
        each["alias"]: row[each["name"].strip('"')] if each["name"] else each["literal"]
        for each in changes["columns"]
    }
    parts = [_key_text(values[part["alias"]], part) for part in changes["key"]]
    alias = changes["identifier_alias"]
    texts = [_name(values[each["alias"]], number=each["number"]) for each in changes["columns"]]
    hashed = [changes["mapping_hash"], *map(_netstring, texts)]
    identifier = _name(values[alias], number=changes["identifier_number"]) if alias else None
    return {
        **values,
        "ia_record_key": _record_key(parts),
        "ia_identifier": _folded(identifier, fold=changes["fold"]),
        "ia_hash": "".join(hashed),
    }


def _name(value: object, *, number: bool) -> str | None:
    """A column that names a record, as text: a number's does not depend on its type."""
    text = as_text(value)
    if not number or text is None:
        return text
    exact = Decimal(text)
    return str(int(exact)) if exact == int(exact) else format(exact.normalize(), "f")


def _key_text(value: object, part: Mapping[str, Any]) -> str | None:
    """A part of the key: of a moment its unix seconds."""
    if part.get("seconds") and value is not None:
        seconds = value - datetime(1970, 1, 1) if isinstance(value, datetime) else value  # noqa: DTZ001 (UTC)
        return str(int(seconds.total_seconds() if isinstance(value, datetime) else seconds))  # type: ignore[union-attr,arg-type]
    return _name(value, number=part.get("number", False))


def _netstring(text: str | None) -> str:
    return "N" if text is None else f"{len(text)}:{text}"


def _record_key(parts: list[str | None]) -> str:
    if any(each is None for each in parts):
        return ""
    return parts[0] or "" if len(parts) == 1 else ",".join(_netstring(each) for each in parts)


def _compared_key(record: Row, changes: Mapping[str, Any]) -> str:
    parts = [_folded(_key_text(record[part["alias"]], part), fold=part["fold"]) for part in changes["key"]]
    return _record_key(parts)


def _reason(record: Row, changes: Mapping[str, Any], same_key: int, same_identifier: int) -> str | None:
    if not record["ia_record_key"] or (changes["identifier_required"] and not record["ia_identifier"]):
        return "missing_identifier"
    if same_key > 1:
        return "duplicate_identifier"
    unique = changes["identifier_alias"] and changes["identifier_unique"]
    if unique and same_identifier > 1 and record["ia_identifier"]:
        return "duplicate_identifier"
    return None


def _compared(
    record: Row,
    reason: str | None,
    succeeded: dict[str, Row],
    failed: dict[str, Row],
    known: dict[str, str | None],
    attempts: dict[str, str],
    changes: Mapping[str, Any],
) -> Row:
    key, is_here = record["ia_record_key"], "ia_hash" in record
    success, failure = succeeded.get(key), failed.get(key)
    failed_last = failed_since(success, failure)
    removed = success is not None and success["operation"] in changes["removal_operations"]
    known_id = known.get(record.get("ia_identifier"))
    if changes["identifier_alias"] is None or changes["identifier"] == "id":
        known_id = success["intercom_id"] if success else None
    aliases = {each["alias"]: record.get(each["alias"]) for each in changes["columns"]}
    compared: Row = {
        **aliases,
        "ia_record_key": key,
        "ia_key": key,
        "ia_identifier": record.get("ia_identifier") or (success["identifier_value"] if success else None),
        "ia_hash": record.get("ia_hash"),
        "ia_related": None,
        "ia_known_id": known_id,
        "ia_known_related_id": None,
        "ia_last_payload_hash": (
            success["payload_hash"] if success and (changes["inserts_only"] or not failed_last) else None
        ),
        "ia_first_attempt_at": datetime.fromisoformat(attempts[key]) if key in attempts else None,
        "ia_delivered": int(success is not None and not removed),
        "ia_from_here": int(success is not None and success["origin"] == changes["origin"]),
        "ia_removed_by": success["operation"] if success and removed else None,
        "ia_last_id": (success["intercom_id"] if success else None) or known.get(record.get("ia_identifier")),
    }
    compared["ia_settled"] = 0 if failed_last and not changes["once"] else compared["ia_delivered"]
    compared["ia_class"] = _class(
        compared, reason, success, failure if failed_last else None, changes, is_here
    )
    code = {"waiting": failure["code"] if failure else None, "invalid": reason}
    compared["ia_code"] = code.get(compared["ia_class"])
    return compared


def _class(
    record: Row,
    reason: str | None,
    success: Row | None,
    last_failure: Row | None,
    changes: Mapping[str, Any],
    is_here: bool,
) -> str:
    if not is_here:
        return "removed" if record["ia_delivered"] else "gone"
    if changes["only_failed"] and last_failure is None:
        return "gone"
    if last_failure is not None and last_failure["code"] in changes["waiting_codes"]:
        return "waiting"
    again = changes["resend"] or changes["only_failed"]
    fresh = last_failure is not None and (
        changes["retry_before"] <= last_failure["delivered_at"] <= changes["retry_after"]
    )
    if reason is not None:
        same = last_failure is not None and last_failure["code"] == reason
        return "waiting" if same and fresh and not again else "invalid"
    if last_failure is not None and not again and _waits(record, last_failure, changes) and fresh:
        return "waiting"
    if changes["once"] and record["ia_delivered"] and last_failure is None:
        return "unchanged"
    settled = last_failure is None and record["ia_delivered"] and not changes["resend"]
    if settled and success is not None and success["record_hash"] == record["ia_hash"]:
        return "unchanged"
    return "changed" if record["ia_delivered"] else "added"


def _waits(record: Row, failure: Row, changes: Mapping[str, Any]) -> bool:
    """Whether a failure is the same again, and lasts."""
    if failure["record_hash"] != record["ia_hash"] or failure["code"] not in changes["lasting_codes"]:
        return False
    if failure["code"] in ("missing_identifier", "duplicate_identifier"):
        return False
    types = failure["payload_hash"] or ""
    return (
        failure["code"] != "invalid_value" or types == changes["types_hash"] or not types.startswith("types:")
    )


def _known_ids(ledger: list[Row], changes: Mapping[str, Any]) -> dict[Any, str | None]:
    if not changes["identity"] or changes["identifier"] in (None, "id"):
        return {}
    owner = ("project", "workspace", "identifier", *(["activation"] if changes["own_ids"] else []))
    rows = [
        each
        for each in _of(ledger, changes, *owner)
        if each["object_type"] in changes["identity"]
        and (
            (each["status"] == "succeeded" and each["intercom_id"] is not None)
            or (each["code"] in LOST_ID_CODES and each["object_type"] not in changes["two_sided"])
        )
    ]
    gone = ("delete",) if changes["keep_archived_ids"] else ("archive", "delete")
    newest: dict[Any, Row] = {}
    for row in sorted(rows, key=lambda row: (_tells_an_id(row), newest_first(row))):
        newest[row["identifier_value"]] = row
    return {
        value: None if row["operation"] in gone else row["intercom_id"]
        for value, row in newest.items()
        if row["status"] == "succeeded"
    }


def _tells_an_id(row: Row) -> bool:
    """Whether a row says what Intercom answered, rather than what was known."""
    return row["status"] == "failed" or 200 <= (row["http_status"] or 0) <= 299


def _attempts(ledger: list[Row], changes: Mapping[str, Any]) -> dict[str, str]:
    """When each record was sent first without anybody learning what came of it, by Intercom's clock."""
    first: dict[str, str] = {}
    for each in _of(ledger, changes):
        moment = each["attempted_at"]
        if moment is not None:
            first[each["record_key"]] = min(first.get(each["record_key"], moment), moment)
    return first


def removable(
    stages: Mapping[str, list[Row]],
    stage: str,
    ledger: list[Row],
    removals: Mapping[str, Any],
    relations: Mapping[str, Relation],
) -> list[tuple[Any, ...]]:
    """The records that left the relation and may be removed; see `read_removals`."""
    assert not removals["pairs"]
    of_object = list(_of(ledger, removals, "project", "workspace", "object_type"))
    latest = _latest([each for each in of_object if each["activation"] in removals["activations"]])
    holders = _holders(stages, latest, removals)
    held_ids = {each["intercom_id"] for each in holders} - {None}
    present = {
        _bare(each["identifier_value"]) for each in holders if each["identifier"] == removals["identifier"]
    }
    for name in removals["stages"]:
        present |= {
            _bare(each["ia_identifier"]) for each in _stage(stages, name) if each["ia_class"] != "removed"
        }
    for each in removals["relations"]:
        column = each["identifier"].strip('"')
        texts = [_name(row[column], number=each["number"]) for row in relations[each["relation"]].rows]
        present |= {_bare(_folded(text, fold=each["fold"])) for text in texts}
    named = _named(stages, of_object, removals)
    moved = {each["seq"]: each["intercom_id"] for each in removals.get("moved", ())}
    found = []
    for each in stages[stage]:
        own = latest.get((removals["activation"], each["ia_record_key"]))
        if each["ia_class"] != "removed" or not each["ia_from_here"] or own is None:
            continue
        intercom_id = moved.get(each["ia_seq"]) if moved else own["intercom_id"]
        if own["operation"] in REMOVALS or intercom_id is None:
            continue
        held = intercom_id in held_ids or (_bare(each["ia_identifier"]) in present - {None})
        if not held or intercom_id in named:
            found.append(
                (each["ia_seq"], intercom_id, None, None, each["ia_identifier"], int(intercom_id in named))
            )
    return found


def _bare(text: str | None) -> str | None:
    return None if text is None else "".join(text.split())


def _stage(stages: Mapping[str, list[Row]], relation: str) -> list[Row]:
    return stages[relation.rpartition(".")[2]]


def _latest(rows: list[Row]) -> dict[tuple[str, str], Row]:
    """The newest success of each record, with the newest id that is known of it."""
    latest: dict[tuple[str, str], Row] = {}
    for row in sorted((each for each in rows if each["status"] == "succeeded"), key=newest_first):
        key = (row["activation"], row["record_key"])
        before = latest.get(key, {})
        latest[key] = {**row, "intercom_id": row["intercom_id"] or before.get("intercom_id")}
    return latest


def _holders(
    stages: Mapping[str, list[Row]], latest: Mapping[tuple[str, str], Row], removals: Mapping[str, Any]
) -> list[Row]:
    released = {
        (each["activation"], row["ia_record_key"])
        for each in removals["released"]
        for row in _stage(stages, each["stage"])
        if row["ia_class"] == "removed" and (each["all"] or row["ia_from_here"])
    }
    return [row for key, row in latest.items() if row["operation"] not in REMOVALS and key not in released]


def _named(stages: Mapping[str, list[Row]], rows: list[Row], removals: Mapping[str, Any]) -> set[str | None]:
    """What Intercom named when it refused a row of this run."""
    named: set[str | None] = set()
    for each in removals["written"]:
        newest = _newest((row for row in rows if row["activation"] == each["activation"]), "record_key")
        for staged in _stage(stages, each["stage"]):
            row = newest.get(staged["ia_record_key"])
            if staged["ia_class"] != "removed" and row is not None and row["status"] == "failed":
                named.add(row["intercom_id"])
    return named - {None}
