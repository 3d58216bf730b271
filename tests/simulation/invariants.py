"""What has to be true of every world, whatever went wrong in it.

Each function looks at a world that has ended and tells what it found, in words; nothing where all is well. It knows
from the model of Intercom what really happened, and asks whether ledger, results and logs say so.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from changes_model import newest_first
from intercom_model import WINDOW
from models import BLOCKS
from network import HEALTHY

from dbt_intercom_activate.errors import ActivateError
from dbt_intercom_activate.outcomes.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from intercom_model import Deed, Thing
    from world import Run, World

Row = dict[str, Any]
REMOVALS = ("archive", "delete")
VALUES = re.compile(r"zq|(?<![.\w])7000\d(?!\d)", re.IGNORECASE)
"""What is a value or a key of a record."""


def plain(value: object) -> str:
    """An identifier as people mean it: 1, 1.0 and 1.00 are one."""
    text = "" if value is None else str(value).strip().lower()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return str(int(number)) if number == int(number) else text


def identifier_of(name: str, row: Row) -> str:
    """What a row of a model is matched by."""
    block = BLOCKS[name]
    return plain(row[block["fields"][block["identifier"]]])


def ended_well(run: Run) -> bool:
    """Whether a run came to its end, whatever it says."""
    return run.results is not None


def whole(world: World) -> Iterator[str]:
    """Whatever happens, a run ends with one of the product's own errors, or with results."""
    for run in world.runs:
        if run.error is not None and not isinstance(run.error, ActivateError):
            yield f"{run.process.name}: {run.error!r}"


def accounted(world: World) -> Iterator[str]:
    """Every record of a run that ended has a row in the ledger."""
    for run in world.runs:
        for result in run.results or ():
            if result.status not in (Status.SUCCESS, Status.PARTIAL) or not _is_whole(run):
                continue
            if result.counts["pending"]:
                yield f"{run.process.name}: {result.activation}: {result.counts['pending']} pending"
            known = {
                plain(row[name])
                for row in world.database.ledger[: run.last_row]
                for name in ("identifier_value", "record_key")
                if row["activation"] == result.activation
            }
            for row in run.models[result.activation]:
                # One without a name waits under an older one.
                named = row["id"] is not None and row["mail"] is not None
                names = {identifier_of(result.activation, row), plain(row["id"])}
                if named and not names & known:
                    yield f"{run.process.name}: {result.activation}: no row for {row['id']}"


def _is_whole(run: Run) -> bool:
    return run.options.limit is None and run.options.scope.whole_relation


def known(world: World) -> Iterator[str]:
    """What a run has made in Intercom is in the ledger, or the ledger says that it may be there."""
    processes = {run.process.name: run for run in world.runs}
    ids = {row["intercom_id"] for row in world.database.ledger}
    for deed in world.intercom.diary:
        run = processes.get(deed.by)
        if run is None or deed.what != "insert" or deed.id in ids:
            continue
        thing = world.intercom.things[deed.id]
        last = _last_rows(world, thing)
        if any(row["code"] in ("maybe_delivered", "unreachable") for row in last):
            continue
        recognisable = thing.role == "user" and not _in_the_end(world, thing)
        if recognisable and (run.died or _deferred(run) or _was_undecided(world, thing)):
            continue  # it would have been recognised, had it stayed in the model: see the README
        unsure = run.died or _deferred(run) or _was_undecided(world, thing)
        if _both_refused(run) or (unsure and _others_took(world, thing)):
            continue  # others took it away before the next run looked, or the one that was there before it
        yield f"{run.process.name} made {thing.kind} {thing.external_id} {thing.email}: {[r['code'] for r in last]}"


def _last_rows(world: World, thing: Thing) -> list[Row]:
    """The newest row of each record that means a contact or a company."""
    newest: dict[tuple[str, str], Row] = {}
    for row in sorted(world.database.ledger, key=newest_first):
        if row["object_type"] == thing.kind and plain(row["identifier_value"]) in _names(row, thing):
            newest[row["activation"], row["record_key"]] = row
    return list(newest.values())


def _others_took(world: World, thing: Thing) -> bool:
    """Whether somebody else removed what had the same identifiers."""
    ours = {run.process.name for run in world.runs}
    taken = {deed.id for deed in world.intercom.diary if deed.what in REMOVALS and deed.by not in ours}
    same = [world.intercom.things[each] for each in taken]
    return any(
        (each.kind, each.external_id, each.email) == (thing.kind, thing.external_id, thing.email)
        for each in same
    )


def _was_undecided(world: World, thing: Thing) -> bool:
    """Whether the ledger has ever said of something that it may be there: its record may have become invalid since."""
    return any(
        row["code"] == "unreachable" and plain(row["identifier_value"]) in _names(row, thing)
        for row in world.database.ledger
    )


def _names(row: Row, thing: Thing) -> tuple[str, ...]:
    return (plain(thing.email if row["identifier"] == "email" else thing.external_id),)


def _in_the_end(world: World, thing: Thing) -> bool:
    return any(
        identifier_of(model.name, row) in (plain(thing.external_id), plain(thing.email))
        for model in world.models
        for row in model.rows
        if BLOCKS[model.name]["object"] == thing.kind
    )


def _both_refused(run: Run) -> bool:
    """Whether disk and warehouse both refused: there is no third place."""
    return run.disk_refuses and (run.warehouse_refuses or run.died)


def single(world: World) -> Iterator[str]:
    """Nothing is made twice that Intercom could have recognised, or that was announced."""
    ours = {run.process.name for run in world.runs}
    made: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    gone = Counter(
        deed.id for deed in world.intercom.diary if deed.what in REMOVALS and deed.kind == "contact"
    )
    for deed in world.intercom.diary:
        thing = world.intercom.things.get(deed.id)
        if deed.what == "insert" and deed.kind == "contact" and deed.by in ours and thing is not None:
            email = deed.body.get("email")
            if thing.role == "lead" or not deed.body.get("external_id"):
                made[thing.role, email].append(deed.id)
    for (role, email), ids in made.items():
        if len(ids) - sum(bool(gone[each]) for each in ids) > 1:
            yield f"{len(ids)} {role}s with {email}"
    events = Counter(
        (
            deed.body.get("user_id"),
            deed.body.get("email"),
            deed.body["event_name"],
            deed.body["created_at"],
            deed.id,
        )
        for deed in world.intercom.diary
        if deed.kind == "event"
    )
    yield from (f"{count} events {event}" for event, count in events.items() if count > 1)


def kept(world: World) -> Iterator[str]:
    """Nothing is removed that is in the model or was never ours, and nobody else's contact is overwritten."""
    runs = {run.process.name: run for run in world.runs}
    written: set[str] = set()
    looked_at: set[str] = set()
    """What was taken out of the archive to be read and may be put back, or was archived by others: see the README."""
    for deed in world.intercom.diary:
        run, thing = runs.get(deed.by), world.intercom.things.get(deed.id)
        if deed.what == "archive" and run is None:
            looked_at.add(deed.id)
        if run is None or thing is None:
            continue
        if deed.what in ("insert", "update"):
            written.add(deed.id)
            yield from _overwriting(deed)
        if deed.what == "unarchive":
            looked_at.add(deed.id)
        if deed.what in REMOVALS and deed.id not in looked_at:
            yield from _wrong_removal(world, run, deed, thing, is_ours=deed.id in written)


def _overwriting(deed: Deed) -> Iterator[str]:
    had, given = deed.body.get("had"), deed.body.get("external_id")
    if had and given and plain(given) != plain(had):
        yield f"{deed.by}: {had} was overwritten with {given}"


def _wrong_removal(world: World, run: Run, deed: Deed, thing: Thing, *, is_ours: bool) -> Iterator[str]:
    what = f"{deed.by}: {deed.what} of {thing.external_id} {thing.email}"
    if not _is_whole(run):
        yield f"{what}, though it has not seen all rows"
    if not is_ours and not _delivered(world, run, deed.id):
        yield f"{what}, which was never ours"
    for name, rows in run.models.items():
        of_kind = BLOCKS[name]["object"] == thing.kind
        if of_kind and any(_means(world, run, name, row, thing) for row in rows):
            yield f"{what}, which is in {name}"


def _delivered(world: World, run: Run, intercom_id: str) -> bool:
    return any(
        row["intercom_id"] == intercom_id and row["status"] == "succeeded"
        for row in world.database.ledger[: run.last_row]
    )


def _means(world: World, run: Run, name: str, row: Row, thing: Thing) -> bool:
    """Whether a row says that a contact or company is still there, and was not delivered to another one."""
    fields = BLOCKS[name]["fields"]
    by_id = "external_id" if thing.kind == "contact" else "company_id"
    same = {
        by_id: plain(thing.external_id) if thing.role == "user" else None,
        "email": plain(thing.email) if thing.kind == "contact" else None,
    }
    named = [
        field
        for field, value in same.items()
        if value and field in fields and plain(row[fields[field]]) == value
    ]
    return bool(named) and not _is_another(world, run, name, row, thing)


def _is_another(world: World, run: Run, name: str, row: Row, thing: Thing) -> bool:
    newest: dict[str, Row] = {}
    for each in world.database.ledger[: run.last_row]:
        same = each["activation"] == name and plain(each["identifier_value"]) == identifier_of(name, row)
        if same and each["intercom_id"] and each["status"] == "succeeded":
            newest[name] = each
    return name in newest and newest[name]["intercom_id"] != thing.id


def right_ids(world: World) -> Iterator[str]:
    """The ids in the ledger are those of the contacts and companies that the records mean."""
    for row in world.database.ledger:
        thing = world.intercom.things.get(row["intercom_id"] or "")
        if row["status"] != "succeeded" or row["object_type"] == "event" or row["intercom_id"] is None:
            continue
        if thing is None:
            yield f"{row['activation']}: nothing has the id {row['intercom_id']}"
        elif plain(row["identifier_value"]) not in _names(row, thing):
            yield f"{row['activation']}: {row['identifier_value']} has the id of {thing.external_id} {thing.email}"


def counted(world: World) -> Iterator[str]:
    """The counts of a result add up, and are those of the ledger and of Intercom."""
    for run in world.runs:
        for result in run.results or ():
            counts, where = result.counts, f"{run.process.name}: {result.activation}"
            parts = ("unchanged", "inserted", "updated", "sent", "failed", "pending")
            ended = result.status in (Status.SUCCESS, Status.PARTIAL, Status.DEFERRED)
            if ended and counts["rows"] != sum(counts[each] for each in parts):
                yield f"{where}: {dict(counts)} do not add up"
            if result.status in (Status.SUCCESS, Status.PARTIAL):
                yield from (f"{where}: {each}" for each in _against_the_ledger(world, run, result))
                if run.options.scope.whole_relation and counts["rows"] != len(run.models[result.activation]):
                    yield f"{where}: {counts['rows']} rows, there are {len(run.models[result.activation])}"


def _against_the_ledger(world: World, run: Run, result: Any) -> Iterator[str]:
    newest: dict[str, Row] = {}
    for row in world.database.ledger[: run.last_row]:
        if row["run_id"] == run.run_id and row["activation"] == result.activation:
            newest[row["record_key"]] = row
    told = Counter(row["operation"] for row in newest.values() if row["status"] == "succeeded")
    names = {"inserted": ("insert",), "updated": ("update",), "sent": ("send",), "removed": REMOVALS}
    for name, operations in names.items():
        if result.counts[name] != sum(told[each] for each in operations):
            yield f"{result.counts[name]} {name}, the ledger has {dict(told)}"
    failed = sum(row["status"] == "failed" for row in newest.values())
    if sum(result.failures.values()) < failed:
        yield f"{dict(result.failures)}, the ledger has {failed} failures"
    if run.weather is HEALTHY and not run.died and len(world.activations) == 1:
        did = Counter(deed.what for deed in world.intercom.diary if deed.by == run.process.name)
        if result.counts["inserted"] < did["insert"] or result.counts["sent"] < did["event"]:
            yield f"{result.counts['inserted']} inserted, Intercom says {dict(did)}"


def equal(world: World) -> Iterator[str]:
    """In the end Intercom has what the models say; what failed has a reason that is true."""
    last = world.runs[-1]
    if last.results is None:
        yield f"the last run did not end: {last.error}"
        return
    for result in last.results:
        rows = [row for row in world.database.ledger if row["activation"] == result.activation]
        newest = {plain_key(row): row for row in sorted(rows, key=newest_first)}
        if result.status not in (Status.SUCCESS, Status.PARTIAL):
            yield f"{result.activation} is {result.status}: {result.message}"
        for row in last.models[result.activation]:
            # What waits has the identifier that it had when it failed.
            named = (identifier_of(result.activation, row), plain(row["id"]))
            candidates = [
                each
                for key, each in newest.items()
                if plain(each["identifier_value"]) == named[0] or key in named
            ]
            if not candidates:
                yield f"{result.activation}: no row for {row['id']}"
                continue
            told = max(candidates, key=newest_first)
            wrong = _difference(world, result.activation, row, told)
            if wrong:
                yield f"{result.activation}: {row['id']}: {wrong}"


def plain_key(row: Row) -> str:
    """A record's key, as people mean it."""
    return plain(row["record_key"])


def _difference(world: World, name: str, row: Row, told: Row) -> str | None:
    if told["status"] == "failed":
        return None if _is_true(world, name, row, told) else f"{told['code']}, which is not so"
    block = BLOCKS[name]
    if block["object"] == "event":
        return None
    thing = world.intercom.things.get(told["intercom_id"] or "")
    if thing is None:
        return f"{told['operation']}, without an id"
    if thing.state != "live":
        return (
            f"{thing.state}, and the ledger says {told['operation']}"
            if not _by_others(world, thing)
            else None
        )
    if block["behaviour"] == "insert":
        return None
    has = {
        "external_id": thing.external_id,
        "company_id": thing.external_id,
        "email": thing.email,
        **thing.values,
    }
    for field, column in block["fields"].items():
        if plain(has.get(field)) != plain(row[column]) and not _overwritten(world, name, field):
            return f"{field} is {has.get(field)} in Intercom, {row[column]} in the model"
    return None


def _overwritten(world: World, name: str, field: str) -> bool:
    """Whether another activation writes the same field of the same contacts."""
    return any(
        field in BLOCKS[each]["fields"] and BLOCKS[each]["object"] == BLOCKS[name]["object"]
        for each in world.names
        if each != name
    )


def _by_others(world: World, thing: Thing) -> bool:
    removal, before, last = None, None, None
    for deed in world.intercom.diary:
        if deed.id != thing.id:
            continue
        if deed.what == "unarchive":
            before = removal
        if deed.what in REMOVALS:
            # What was taken out of the archive to be read, and was not the record's own, is put back.
            was_looked_at = last is not None and (last.what, last.by) == ("unarchive", deed.by)
            removal = before if was_looked_at else deed
        last = deed
    return removal is not None and removal.by not in {run.process.name for run in world.runs}


def _is_true(world: World, name: str, row: Row, told: Row) -> bool:
    """Whether what the ledger says of a failure is so."""
    code = told["code"]
    things = [each for each in world.intercom.things.values() if each.kind == "contact"]
    by_id = [each for each in things if each.role == "user" and plain(each.external_id) == plain(row["id"])]
    by_email = [each for each in things if plain(each.email) == plain(row["mail"])]
    live = [each for each in by_email if each.state == "live"]
    if code in ("archived", "deleted"):
        return any(each.state != "live" for each in by_id + by_email)
    if code == "identifier_conflict":
        return any(each not in by_id for each in by_email)
    if code == "already_exists":
        # Another row may have had the email before, and still has it in Intercom.
        others = [each for each in by_email if each not in by_id]
        return bool(others) or _made_by_others(world, by_id + by_email)
    if code == "ambiguous_match":
        return len(live) > 1
    if code == "role_conflict":
        return any(each.role == "user" for each in live)
    if code == "not_found":
        return BLOCKS[name]["object"] == "event"
    if code == "maybe_delivered":
        return name in ("guests", "prospects", "calls") and (_left(world, name, told) or _about_to(world))
    return code == "changed_after_insert" and BLOCKS[name]["behaviour"] == "insert"


def _left(world: World, name: str, told: Row) -> bool:
    """Whether a request about the record ever left a machine."""
    target = "POST /events " if BLOCKS[name]["object"] == "event" else "POST /contacts "
    return any(
        each.startswith(target) and f'"{told["identifier_value"]}"' in each for each in world.network.left
    )


def _deferred(run: Run) -> bool:
    return any(result.status is Status.DEFERRED for result in run.results or ())


def _about_to(world: World) -> bool:
    """Whether a run was killed when it had written to its journal that it sends, and before it did."""
    written = b"".join(machine.disk.written for machine in world.machines)
    dead = [run.run_id.replace("-", "")[:12] for run in world.runs if run.died]
    return any(re.search(rb"stage_%s_\d\",\"sending" % each.encode(), written) for each in dead)


def _made_by_others(world: World, things: list[Thing]) -> bool:
    ours = {run.process.name for run in world.runs}
    # A run that ends before it knows that it has made a contact leaves no trace of it: see the README.
    ours -= {run.process.name for run in world.runs if run.died or _deferred(run)}
    by = {deed.id: deed.by for deed in world.intercom.diary if deed.what == "insert"}
    return any(by[each.id] not in ours for each in things)


def removed(world: World) -> Iterator[str]:
    """In the end what left the models is gone from Intercom, where the project says so."""
    last = world.runs[-1]
    for result, activation in zip(last.results or (), world.activations, strict=False):
        if str(activation.removed) == "ignore" or result.counts["held"] or result.failures:
            continue
        here = {identifier_of(activation.name, row) for row in last.models[activation.name]}
        newest: dict[str, Row] = {}
        for row in sorted(world.database.ledger, key=newest_first):
            if row["activation"] == activation.name and row["status"] == "succeeded":
                newest[row["record_key"]] = row
        for row in newest.values():
            if row["operation"] in REMOVALS or plain(row["identifier_value"]) in here:
                continue
            thing = world.intercom.things.get(row["intercom_id"] or "")
            if thing is None:
                continue
            others = [each for each in newest.values() if each is not row and each["intercom_id"] == thing.id]
            if thing.state == "live" and not others and len(world.activations) == 1:
                yield f"{activation.name}: {row['identifier_value']} left the model, and is in Intercom"


def settled(world: World) -> Iterator[str]:
    """When all is as it should be, another run writes nothing."""
    last = world.runs[-1].process.name
    if len(world.activations) > 1:
        return
    for deed in world.intercom.diary:
        if deed.by == last and deed.what in ("insert", "update"):
            yield f"{deed.what} of {deed.id} by the last run"


def silent(world: World) -> Iterator[str]:
    """No log, no message and no journal has a value or a key of a record."""
    for run in world.runs:
        found = _value_in(f"{run.log} {run.error or ''}")
        if found:
            yield f"{run.process.name}: {run.log[max(0, found.start() - 80) : found.end() + 40]}"
    for machine in world.machines:
        if _value_in(machine.disk.written.decode(errors="replace")):
            yield f"the journal on {machine.name}"


def _value_in(text: str) -> re.Match[str] | None:
    # Most texts have none, and to look for two words costs a tenth of the pattern.
    return VALUES.search(text) if "zq" in text.lower() or "7000" in text else None


def paced(world: World) -> Iterator[str]:
    """No window of Intercom's is overrun by a run that was alone and heard the truth."""
    for moment in world.intercom.exceeded:
        at = moment - (world.true_time() - world.scheduler.now)
        around = [run for run in world.runs if run.began - WINDOW <= at <= run.ended + WINDOW]
        if (
            len(around) == 1
            and not around[0].died
            and not (around[0].weather.late or around[0].weather.doubled)
            and _has_heard(world, around[0], at)
        ):
            yield f"{around[0].process.name}: a window was overrun at {at:.1f}"


def _has_heard(world: World, run: Run, at: float) -> bool:
    """Whether a run had an answer of Intercom's before a moment; without one it knows of no window."""
    return any(
        moment < at and who == run.process.name and fault is None
        for moment, who, _, _, fault, _ in world.network.trace
    )


def alone(world: World) -> Iterator[str]:
    """When another run has taken the place of one that was silent, that one ends."""
    writes: dict[str, list[Deed]] = defaultdict(list)
    for deed in world.intercom.diary:
        writes[deed.by].append(deed)
    names = [run.process.name for run in world.runs]
    for name in names:
        for other in names:
            if name == other or not writes[name] or not writes[other]:
                continue
            first = writes[other][0].at
            after = [deed for deed in writes[name] if deed.at > first]
            if writes[name][0].at < first and len(after) > 2 * world.concurrency:
                yield f"{name} wrote {len(after)} times after {other} had begun"


INVARIANTS: tuple[Callable[[World], Iterator[str]], ...] = (
    whole,
    accounted,
    known,
    single,
    kept,
    right_ids,
    counted,
    equal,
    removed,
    settled,
    silent,
    paced,
    alone,
)


def violations(world: World) -> Iterator[tuple[str, str]]:
    """The name of each invariant that a world violates, and how."""
    for invariant in INVARIANTS:
        for found in invariant(world):
            yield invariant.__name__, found
