"""An Intercom that answers over HTTP, and records said to it without a warehouse."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from binding_harness import activation_of
from no_books import NoBooks

from dbt_intercom_activate.binding.binder import bind
from dbt_intercom_activate.binding.column import RelationColumn
from dbt_intercom_activate.binding.record import Record
from dbt_intercom_activate.binding.row import StagedRow
from dbt_intercom_activate.delivery.adoptions import Adoptions
from dbt_intercom_activate.delivery.registry import procedure_of
from dbt_intercom_activate.delivery.workers import Assignment, Workers
from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.intercom.pacing import Pacer
from dbt_intercom_activate.outcomes.outcome import Outcome
from dbt_intercom_activate.sandbox.records import Applied, Condition, StoredCompany, StoredContact, StoredTag
from dbt_intercom_activate.sandbox.server import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


ADMIN = "991267459"


@dataclass(frozen=True)
class Row:
    """A row of the relation as the plan hands it over."""

    values: Mapping[str, Any]
    known_id: str | None = None
    known_related_id: str | None = None
    delivered: bool = False
    first_attempt_at: datetime | None = None


def type_of(value: object) -> str:
    """The type of a column with this value."""
    if isinstance(value, datetime):
        return "timestamp"
    return "bigint" if isinstance(value, int) else "varchar"


class World:
    """A workspace with what a person put into it, and what we then say to it."""

    def __init__(self, sandbox: Sandbox, client: IntercomClient) -> None:
        self.sandbox = sandbox
        self.state = sandbox.state
        self.client = client

    # What is there

    def contact(
        self,
        external_id: str | None = None,
        email: str | None = None,
        *,
        role: str = "user",
        condition: Condition = Condition.LIVE,
        merged_into: str | None = None,
        tags: Sequence[str] = (),
        companies: Sequence[str] = (),
        **fields: Any,
    ) -> StoredContact:
        """A contact that was there long before us."""
        contact_id, sequence = self.state.object_id()
        long_ago = self.state.now() - 100_000
        applied = {self.tag(name).id: Applied(long_ago, ADMIN) for name in tags}
        return self.state.put_contact(
            StoredContact(
                id=contact_id,
                sequence=sequence,
                role=role,
                created_at=long_ago,
                updated_at=long_ago,
                external_id=external_id,
                email=email,
                condition=condition,
                merged_into=merged_into,
                fields=fields,
                tags=applied,
                companies=tuple(companies),
            )
        )

    def change(self, contact_id: str, **changes: Any) -> None:
        """What a person does to a contact."""
        self.state.put_contact(dataclasses.replace(self.state.contacts.get(contact_id), **changes))

    def company(
        self, company_id: str, *, live: bool = True, tags: Sequence[str] = (), **fields: Any
    ) -> StoredCompany:
        """A company that was there long before us."""
        intercom_id, sequence = self.state.object_id()
        long_ago = self.state.now() - 100_000
        applied = {self.tag(name).id: Applied(long_ago, ADMIN) for name in tags}
        return self.state.put_company(
            StoredCompany(
                intercom_id, sequence, company_id, long_ago, long_ago, live=live, fields=fields, tags=applied
            )
        )

    def tag(self, name: str) -> StoredTag:
        """A tag, made where it is missing."""
        return self.state.tag_named(name) or self.state.put_tag(StoredTag(str(self.state.serial()), name))

    def held(self) -> list[Any]:
        """Everything that people would see: to compare."""
        state = self.state
        return [
            {each.id: each for each in state.contacts},
            {each.id: each for each in state.companies},
            dict(state.conversations),
            dict(state.tickets),
            list(state.events),
        ]

    # What we say

    def row(self, values: Mapping[str, Any], **known: Any) -> Row:
        """A row, and what the ledger knows of it."""
        return Row(values, **known)

    def say(
        self,
        block: Mapping[str, Any],
        *rows: Row,
        concurrency: int = 1,
        adoptions: Adoptions | None = None,
    ) -> list[Outcome]:
        """Say the rows as one activation would; their outcomes in the rows' order. One run has the same `adoptions`."""
        binding = bind(
            activation_of(block),
            [RelationColumn(name, type_of(rows[0].values[name])) for name in rows[0].values],
            None,
            "customers",
            admin_id=ADMIN,
        )
        outcomes: dict[int, Outcome] = {}
        records = []
        for seq, row in enumerate(rows):
            made = binding.record(_staged(binding, seq, row))
            if isinstance(made, Record):
                records.append(made)
            else:
                outcomes[seq] = made
        procedure = procedure_of(binding.activation.object.name, binding.rules)
        assignment = Assignment(
            self.client, procedure, binding.rules, concurrency, adoptions=adoptions or Adoptions()
        )
        workers = Workers(assignment, NoBooks())
        outcomes |= {each.seq: each.outcome for each in workers.deliver(iter(records))}
        return [outcomes[seq] for seq in range(len(rows))]

    def calls(self) -> list[str]:
        """The calls since this was last asked, in their order."""
        made = [str(call) for call in self.sandbox.calls]
        self.sandbox.calls.clear()
        return made


def _staged(binding: Any, seq: int, row: Row) -> StagedRow:
    values = {
        each.alias: row.values[each.column.name] if each.column else each.literal for each in binding.columns
    }
    nothing = dict.fromkeys(each.name for each in dataclasses.fields(StagedRow))
    return StagedRow(
        **{
            **nothing,
            "seq": seq,
            "change": "changed" if row.delivered else "added",
            "known_id": row.known_id,
            "known_related_id": row.known_related_id,
            "first_attempt_at": row.first_attempt_at,
            "delivered": row.delivered,
            "values": values,
        }
    )


@pytest.fixture(scope="session")
def _served() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(rate_limit=0, workspace_id="sandbox1")) as sandbox:
        yield sandbox


@pytest.fixture
def world(_served: Sandbox) -> Iterator[World]:
    """An empty workspace."""
    _served.state.reset()
    client = IntercomClient(
        _served.base_url, _served.token, "2.16", pacer=Pacer(), sleep=lambda _: None, timeout=10
    )
    yield World(_served, client)
    client.close()
