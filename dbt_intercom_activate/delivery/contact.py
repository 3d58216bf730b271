"""Contacts: how a record finds its contact, and what is done to it.

Only an answer to a write proves that a contact is absent: what search does not find is created, and a
409 names the contact that was there. That contact is read before it is touched, since Intercom matches by
email or external_id while the record matches by one of them.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery import contact_fields
from dbt_intercom_activate.delivery.answers import NOT_FOUND, failed, gone_by_now, rejected, succeeded
from dbt_intercom_activate.delivery.contact_lookup import (
    GONE,
    LOST,
    ambiguous,
    identify,
    lookup_endpoints,
    merged,
    narrowed,
    read_past_search,
    reading_endpoints,
    resolve,
    resolve_afresh,
    search_living,
    survivor_of,
    which_exist,
)
from dbt_intercom_activate.delivery.contact_writes import watched
from dbt_intercom_activate.delivery.forecast import Forecast, one_of, summed, surely
from dbt_intercom_activate.delivery.foreseen_calls import searches
from dbt_intercom_activate.delivery.procedure import LOOKUP_SIZE, Delivery, IdentityLookup, Lookup, Procedure
from dbt_intercom_activate.intercom import contacts as api
from dbt_intercom_activate.objects.contact import CONTACT
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.objects.vocabulary import Archived, Removed
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbt_intercom_activate.binding.record import Record, Rules, Talk
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.delivery.forecast import AlikeRecords, Work
    from dbt_intercom_activate.intercom.api import Answer, JsonValue
    from dbt_intercom_activate.intercom.contacts import Contact

CONFLICT = 409


def write(rules: Rules, record: Record, found: Sequence[Contact]) -> Talk:
    """Do to the contact of a record what the behaviour says.

    Args:
        rules: The activation's.
        record: The record.
        found: What search knows under the record's identifier; empty where it was not asked.
    """
    if rules.behaviour is Behaviour.DELETE:
        return (yield from _delete(record.identifier or ""))
    if rules.behaviour is Behaviour.ARCHIVE:
        return (yield from _archive(rules, record, found))
    if rules.identifier == "id" and record.identifier:
        return (yield from _update(record, record.identifier))
    if record.archived_id:
        return (yield from _return(rules, record, found))
    if record.known_id and rules.behaviour is not Behaviour.INSERT:
        outcome = yield from _update(record, record.known_id)
        if outcome.http_status not in LOST:
            return outcome
        # The id that we remember is forgotten, and the record matched afresh.
        found = yield from search_living(rules, record, record.known_id)
        return (yield from _match_afresh(rules, record, found, outcome))
    return (yield from _match(rules, record, found))


def _return(rules: Rules, record: Record, found: Sequence[Contact]) -> Talk:
    """What this tool archived when the record left the model, it unarchives when the record returns."""
    contact_id = record.archived_id or ""
    answer = yield api.unarchive_contact(contact_id)
    if answer.ok:
        return (yield from _update(record, contact_id, unarchived=True))
    if answer.status in LOST:
        living = [contact for contact in found if contact.id != contact_id]
        return (
            yield from _match_afresh(rules, record, living, _refused(Operation.UPDATE, answer, contact_id))
        )
    return _refused_unarchiving(answer, contact_id)


def _refused_unarchiving(answer: Answer, contact_id: str) -> Outcome:
    # 400 "User has been marked for permanent deletion and is not restorable."
    deleted = "not restorable" in (answer.message or "")
    code = Code.DELETED if deleted else Code.ARCHIVED
    return failed(Operation.UNARCHIVE, code, answer, intercom_id=contact_id)


def _delete(contact_id: str) -> Talk:
    answer = yield api.delete_contact(contact_id)
    if answer.ok or gone_by_now(answer):
        return succeeded(Operation.DELETE, answer, contact_id)
    return _refused(Operation.DELETE, answer, contact_id)


def _archive(rules: Rules, record: Record, found: Sequence[Contact]) -> Talk:
    """Archive; what is archived already answers alike, so by a known id that succeeds too."""
    contact_id: str | Outcome = record.known_id or (yield from resolve(rules, record, found))
    if isinstance(contact_id, Outcome):
        return contact_id
    answer = yield api.archive_contact(contact_id)
    if answer.status in LOST and rules.identifier != "id":
        refusal = _refused(Operation.ARCHIVE, answer, contact_id)
        contact_id = yield from resolve_afresh(rules, record, contact_id, refusal)
        if isinstance(contact_id, Outcome):
            return contact_id
        answer = yield api.archive_contact(contact_id)
    if answer.ok:
        return succeeded(Operation.ARCHIVE, answer, contact_id)
    return _refused(Operation.ARCHIVE, answer, contact_id)


def _match(rules: Rules, record: Record, found: Sequence[Contact]) -> Talk:
    """Choose among what search found, or create."""
    wanted_role = record.payload.get("role")
    candidates = narrowed(found, wanted_role)
    if rules.behaviour is Behaviour.INSERT and candidates:
        return _present(record, candidates[0])
    if len(candidates) > 1:
        return ambiguous(candidates)
    if candidates:
        outcome = yield from _update_match(rules, record, candidates[0])
        if outcome.http_status not in LOST:
            return outcome
        # Search shows for minutes what is there no more.
        living = [contact for contact in found if contact is not candidates[0]]
        return (yield from _match_afresh(rules, record, living, outcome))
    if rules.behaviour is Behaviour.UPDATE:
        seen = yield from read_past_search(rules, record)
        return seen if isinstance(seen, Outcome) else (yield from _update_match(rules, record, seen))
    return (yield from _create(rules, record))


def _match_afresh(rules: Rules, record: Record, living: Sequence[Contact], refusal: Outcome) -> Talk:
    """Match a record whose contact is there no more; whoever was merged into another is not created again.

    Args:
        rules: The activation's.
        record: The record.
        living: What search knows under the record's identifier, the dead id left out.
        refusal: What Intercom said of the dead id, `not_found` or `merged`.
    """
    if refusal.code is not Code.MERGED:
        return (yield from _match(rules, record, living))
    candidates = narrowed(living, record.payload.get("role"))
    if len(candidates) > 1:
        return ambiguous(candidates)
    seen: Contact | Outcome
    if candidates:
        seen = candidates[0]
    else:
        seen = yield from read_past_search(rules, record, survivor_of(refusal))
    if isinstance(seen, Outcome):
        return seen if seen.code is Code.REJECTED else refusal
    return refusal if _conflict(rules, record, seen) else (yield from _update(record, seen.id))


def _update_match(rules: Rules, record: Record, contact: Contact) -> Talk:
    """Update a contact that was found by its identifier, after holding the other identifier against it."""
    conflict = _conflict(rules, record, contact)
    if conflict is not None:
        return conflict
    return (yield from _update(record, contact.id))


def _conflict(rules: Rules, record: Record, contact: Contact) -> Outcome | None:
    """Why this contact must not be touched, though Intercom or search says that it matches."""
    if contact.role == "user" and record.payload.get("role") == "lead":
        return Outcome(
            Operation.UPDATE,
            Code.ROLE_CONFLICT,
            "the contact is a user, and a user cannot become a lead",
            contact.id,
        )
    if rules.identifier == "email" and (contact.email or "").lower() != record.identifier:
        return _identifier_conflict(contact, "email")
    ours = record.payload.get("external_id")
    # A lead's external_id is Intercom's own; a user without one is adopted.
    theirs = contact.external_id if contact.role != "lead" else None
    if ours is not None and theirs and theirs != ours:
        return _identifier_conflict(contact, "external_id")
    if rules.identifier == "external_id" and not _shares_identifier(record, contact):
        return Outcome(
            Operation.UPDATE,
            Code.IDENTIFIER_CONFLICT,
            "the contact that Intercom names has neither the external_id nor the email of the record",
            contact.id,
        )
    return None


def _shares_identifier(record: Record, contact: Contact) -> bool:
    """Whether a contact has an identifier that the record carries; without one it is somebody else."""
    email = record.payload.get("email")
    same_email = bool(email) and email == (contact.email or "").lower()
    return same_email or (bool(record.identifier) and record.identifier == contact.external_id)


def _identifier_conflict(contact: Contact, field: str) -> Outcome:
    return Outcome(
        Operation.UPDATE,
        Code.IDENTIFIER_CONFLICT,
        f"the contact that matches has another {field}",
        contact.id,
    )


def _update(record: Record, contact_id: str, *, unarchived: bool = False) -> Talk:
    """PUT the payload; the outcome's http_status is 404 where the id is unknown to Intercom."""
    answer = yield api.update_contact(contact_id, record.payload)
    if answer.ok:
        return succeeded(Operation.UPDATE, answer, contact_id, unarchived=unarchived)
    return _refused_update(answer, contact_id)


def _refused(operation: Operation, answer: Answer, contact_id: str) -> Outcome:
    if answer.status == NOT_FOUND:
        return failed(operation, Code.NOT_FOUND, answer)
    return merged(answer) if answer.status == GONE else rejected(operation, answer, contact_id)


def _refused_update(answer: Answer, contact_id: str) -> Outcome:
    if answer.status == CONFLICT:
        return failed(Operation.UPDATE, Code.IDENTIFIER_CONFLICT, answer, intercom_id=contact_id)
    # 400 client_error "Contact with user role can't be converted to a lead"
    if "can't be converted to a lead" in (answer.message or ""):
        return failed(Operation.UPDATE, Code.ROLE_CONFLICT, answer, intercom_id=contact_id)
    return _refused(Operation.UPDATE, answer, contact_id)


def _create(rules: Rules, record: Record) -> Talk:
    """POST the payload, nulls left out, since there is nothing to clear yet."""
    payload = _without_nulls(record.payload)
    answer = yield api.create_contact(payload, repeatable=is_recognisable(record))
    if answer.ok:
        contact = api.read_contact(answer)
        return succeeded(Operation.INSERT, answer, contact.id if contact else None)
    if answer.status != CONFLICT:
        return rejected(Operation.INSERT, answer)
    if answer.named_id is None:
        # 409 "Multiple existing users match this email address - must be more specific using user_id"
        several = "Multiple existing users" in (answer.message or "")
        return failed(Operation.INSERT, Code.AMBIGUOUS_MATCH if several else Code.REJECTED, answer)
    if answer.archived:
        return (yield from _archived(rules, record, answer, answer.named_id))
    return (yield from _conflicting(rules, record, answer, answer.named_id))


def is_unrepeatable(rules: Rules, record: Record) -> bool:
    """Whether the record may create a contact that a second attempt would create again."""
    creates = rules.behaviour in (Behaviour.UPSERT, Behaviour.INSERT)
    has_contact = record.known_id or (rules.identifier == "id" and record.identifier)
    return creates and not has_contact and not is_recognisable(record)


def is_recognisable(record: Record) -> bool:
    """Whether Intercom would answer a second creation with 409: users with an identifier, never leads."""
    role = record.payload.get("role") or "user"
    return role == "user" and bool(record.payload.get("external_id") or record.payload.get("email"))


def _conflicting(rules: Rules, record: Record, conflict: Answer, named_id: str) -> Talk:
    """Read the contact that a 409 names, and go on with it where it is the record's own."""
    answer = yield api.get_contact(named_id)
    contact = api.read_contact(answer) if answer.ok else None
    if answer.status == GONE and rules.behaviour is Behaviour.UPSERT:
        return (yield from _match_afresh(rules, record, (), merged(answer)))
    if contact is None:
        return rejected(Operation.INSERT, conflict, named_id)
    if conflict.repeated and _created_since(contact, conflict.attempted_at) and _same(record, contact):
        # The first attempt of this request had been carried out after all.
        return succeeded(Operation.INSERT, answer, contact.id)
    ours = _made_by_an_earlier_run(record, contact)
    if rules.behaviour is Behaviour.INSERT and ours:
        return succeeded(Operation.INSERT, answer, contact.id)
    if rules.behaviour is Behaviour.INSERT or (rules.identifier == "id" and not ours):
        return failed(Operation.INSERT, Code.ALREADY_EXISTS, conflict, intercom_id=named_id)
    # What an earlier run made holds what the record said then.
    return (yield from _update_match(rules, record, contact))


def _present(record: Record, contact: Contact) -> Outcome:
    """An insert found its contact there: ours if it was created after our first attempt."""
    if _made_by_an_earlier_run(record, contact):
        return Outcome(Operation.INSERT, intercom_id=contact.id)
    return Outcome(Operation.INSERT, Code.ALREADY_EXISTS, "a contact with this identifier exists", contact.id)


def _made_by_an_earlier_run(record: Record, contact: Contact) -> bool:
    return _created_since(contact, record.first_attempt_at) and _same(record, contact)


def _created_since(contact: Contact, moment: int | None) -> bool:
    return moment is not None and contact.created_at is not None and contact.created_at >= moment


def _same(record: Record, contact: Contact) -> bool:
    """Whether the contact has the identifiers that the record would have given it."""
    ours: Mapping[str, JsonValue] = record.payload
    external_id, email = ours.get("external_id"), ours.get("email")
    return (external_id is None or external_id == contact.external_id) and (
        email is None or email == (contact.email or "").lower()
    )


def _archived(rules: Rules, record: Record, conflict: Answer, named_id: str) -> Talk:
    """The contact in the way is archived or deleted: Intercom's words for both are the same.

    It cannot be read while it is archived. So it is unarchived, read, and archived again where it is not
    the record's own.
    """
    if named_id == record.deleted_id:
        return failed(Operation.INSERT, Code.DELETED, conflict, intercom_id=named_id)
    if not rules.unarchive or rules.behaviour is Behaviour.INSERT:
        return failed(Operation.INSERT, Code.ARCHIVED, conflict, intercom_id=named_id)
    answer = yield api.unarchive_contact(named_id)
    if not answer.ok:
        return _refused_unarchiving(answer, named_id)
    answer = yield api.get_contact(named_id)
    contact = api.read_contact(answer) if answer.ok else None
    conflicting = (
        _conflict(rules, record, contact) if contact else rejected(Operation.UNARCHIVE, answer, named_id)
    )
    if conflicting is not None:
        answer = yield api.archive_contact(named_id)
        return (
            conflicting
            if answer.ok
            else replace(conflicting, message=f"{conflicting.message}; it is unarchived now")
        )
    return (yield from _update(record, named_id, unarchived=True))


def _without_nulls(payload: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    kept: dict[str, JsonValue] = {}
    for field, value in payload.items():
        if isinstance(value, dict):
            value = _without_nulls(value)  # noqa: PLW2901 (custom_attributes)
            if not value:
                continue
        if value is not None:
            kept[field] = value
    return kept


def _endpoints(activation: Activation) -> Iterator[str]:
    behaviour, removed = activation.behaviour, activation.removed
    if behaviour is not Behaviour.DELETE:
        yield from lookup_endpoints(activation.identifier)
    if behaviour in (Behaviour.UPSERT, Behaviour.INSERT):
        yield "POST /contacts"
        yield "GET /contacts/{contact_id}"
    if behaviour in (Behaviour.UPSERT, Behaviour.UPDATE):
        yield "PUT /contacts/{contact_id}"
    if removed in (Removed.ARCHIVE, Removed.DELETE):
        yield from reading_endpoints()
    if behaviour is Behaviour.DELETE or removed is Removed.DELETE:
        yield "DELETE /contacts/{contact_id}"
    if behaviour is Behaviour.ARCHIVE or removed is Removed.ARCHIVE:
        yield "POST /contacts/{contact_id}/archive"
    if activation.archived is Archived.UNARCHIVE or removed is Removed.ARCHIVE:
        yield "POST /contacts/{contact_id}/unarchive"


def _forecast(work: Work) -> Forecast:
    forecasts = [_foreseen(work.rules, each) for each in work.records]
    # What was inserted once is not looked up any more: nothing is said of it.
    asked = [each for each, foreseen in zip(work.records, forecasts, strict=True) if foreseen.total.most]
    searched = (
        Forecast() if work.rules.behaviour is Behaviour.DELETE else searches(replace(work, records=asked))
    )
    return summed([searched, *forecasts])


def _foreseen(rules: Rules, each: AlikeRecords) -> Forecast:
    """What comes after the lookup, as `write` has it."""
    create, update, count = "POST /contacts", "PUT /contacts/{contact_id}", each.count
    if rules.behaviour is Behaviour.DELETE:
        return surely("DELETE /contacts/{contact_id}", count)
    if rules.behaviour is Behaviour.ARCHIVE:
        return surely("POST /contacts/{contact_id}/archive", count)
    if each.returns:
        return surely("POST /contacts/{contact_id}/unarchive", count) + surely(update, count)
    if rules.behaviour is Behaviour.INSERT:
        return surely(create, 0 if each.delivered else count)
    by_id = rules.identifier == "id"
    if each.known or rules.behaviour is Behaviour.UPDATE or (by_id and each.identified):
        return surely(update, count)
    return surely(create, count) if by_id else one_of(count, create, update)


DELIVERY = Delivery(
    object=CONTACT,
    procedure=lambda _: Procedure(
        lambda rules, notebook, record, found: watched(
            notebook.adoptions, record, write(rules, record, found)
        ),
        by_search=True,
        unrepeatable=is_unrepeatable,
    ),
    endpoints=_endpoints,
    forecast=_forecast,
    held=contact_fields.HELD,
    lookup=lambda rules: Lookup(which_exist, 1 if rules.identifier == "id" else LOOKUP_SIZE),
    identity_lookup=lambda _: IdentityLookup(identify, "POST /contacts/search", LOOKUP_SIZE),
    # Who has the identifier of a deleted contact was never delivered, and is not removed for it.
    follows=frozenset({Code.MERGED}),
)
