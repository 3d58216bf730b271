"""A contact belongs to one record of a run, and the answer to a write is held against the record.

Two rows with one email and different external_ids find the same contact that has none. Intercom takes the external_id
of the second as gladly as that of the first, so that one of the two people would be lost: a PUT may change the
external_id of a user, and its email need not be unique.
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/updatecontact
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery.answers import failed
from dbt_intercom_activate.errors import RequestFailed
from dbt_intercom_activate.intercom import contacts as api
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from dbt_intercom_activate.binding.record import Record, Talk
    from dbt_intercom_activate.delivery.adoptions import Adoptions
    from dbt_intercom_activate.intercom.api import Answer, Request


def watched(adoptions: Adoptions, record: Record, talk: Talk) -> Talk:
    """Lead the conversation about a contact, as long as its writes are the record's own.

    Args:
        adoptions: What the records of this run have made their own.
        record: The record.
        talk: What is said about it. It ends early where the contact is another record's, and where the answer to a
            write tells of another email than was sent.
    """
    writes = _Writes(adoptions, record)
    try:
        request = next(talk)
        while True:
            outcome = writes.before(request)
            if outcome is not None:
                return outcome
            try:
                answer = yield request
            except RequestFailed as failure:
                request = talk.throw(failure)
                continue
            outcome = writes.after(request, answer)
            if outcome is not None:
                return outcome
            request = talk.send(answer)
    except StopIteration as end:
        return writes.judged(end.value)
    finally:
        talk.close()


class _Writes:
    """What one record writes."""

    def __init__(self, adoptions: Adoptions, record: Record) -> None:
        external_id = record.payload.get("external_id")
        self._external_id = external_id if isinstance(external_id, str) else ""
        self._adoptions = adoptions
        self._record = record

    def before(self, request: Request) -> Outcome | None:
        """Why a request may not be sent."""
        contact_id = api.updated_contact_id(request)
        if not contact_id or not self._external_id or self._adoptions.give(contact_id, self._external_id):
            return None
        return Outcome(
            Operation.UPDATE,
            Code.IDENTIFIER_CONFLICT,
            "another record of this run, with another external_id, has made the contact its own",
            contact_id,
        )

    def after(self, request: Request, answer: Answer) -> Outcome | None:
        """Why an answer is no success."""
        updated_id = api.updated_contact_id(request)
        if updated_id and self._external_id and not answer.ok:
            self._adoptions.take_back(updated_id, self._external_id)
        contact = api.written_contact(request, answer)
        if contact is None:
            return None
        if not updated_id:
            self._adoptions.made(contact.id, self)
            if self._external_id:
                self._adoptions.give(contact.id, self._external_id)
        if self._has_email(answer, contact.email):
            return None
        return failed(
            Operation.UPDATE if updated_id else Operation.INSERT,
            Code.REJECTED,
            answer,
            message="the contact that Intercom answered with has another email than was sent",
            intercom_id=contact.id,
        )

    def judged(self, outcome: Outcome) -> Outcome:
        """An insert that recognises a contact as its own may find one that was made for another record."""
        contact_id = outcome.intercom_id
        inserted = outcome.operation is Operation.INSERT and outcome.code is None
        if not inserted or contact_id is None or self._adoptions.made(contact_id, self):
            return outcome
        return Outcome(
            Operation.INSERT,
            Code.ALREADY_EXISTS,
            "the contact was made for another record of this run",
            contact_id,
        )

    def _has_email(self, answer: Answer, held: str | None) -> bool:
        """Whether a contact has the email that was sent, without regard to case and to blanks around it.

        An answer without the field tells nothing.
        """
        sent = self._record.payload.get("email")
        told = isinstance(answer.body, dict) and "email" in answer.body
        if not isinstance(sent, str) or not sent or not told:
            return True
        return (held or "").strip().casefold() == sent.strip().casefold()
