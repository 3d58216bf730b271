"""How many users, leads and companies Intercom holds, beside what the ledger knows of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.errors import ActivateError
from dbt_intercom_activate.intercom import counts as api
from dbt_intercom_activate.objects.company import COMPANY
from dbt_intercom_activate.objects.contact import CONTACT

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.client import IntercomClient
    from dbt_intercom_activate.ledger.outcomes import Outcomes
    from dbt_intercom_activate.sync.connected_workspace import ConnectedWorkspace


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The counts of one workspace."""

    workspace: str
    workspace_name: str
    users: int | None
    """In Intercom; None where it does not tell."""
    leads: int | None
    companies: int | None
    """In Intercom; its list leaves out companies without a contact."""
    ledger_contacts: int
    """Contacts that this project delivered, and did not remove."""
    ledger_companies: int
    message: str | None = None
    """Why Intercom did not tell."""

    def as_json(self) -> dict[str, str | int | None]:
        """As the artifact spells it."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __str__(self) -> str:
        held = ", ".join(
            f"{'unknown' if count is None else f'{count:,}'} {name}"
            for name, count in (("users", self.users), ("leads", self.leads), ("companies", self.companies))
        )
        known = f"{self.ledger_contacts:,} contacts, {self.ledger_companies:,} companies"
        reason = f" ({self.message})" if self.message else ""
        return f"{self.workspace_name} ({self.workspace}) holds {held}; the ledger knows {known}{reason}"


def reconcile(workspace: ConnectedWorkspace, ledger: Outcomes, project: str) -> Reconciliation:
    """Count both sides; what Intercom refuses to tell is left open."""
    delivered = ledger.count_delivered_objects(project, workspace.id)
    counted, message = None, None
    try:
        counted = _ask(workspace.client)
    except ActivateError as error:
        message = str(error)
    users, leads, companies = counted or (None, None, None)
    return Reconciliation(
        workspace=workspace.id,
        workspace_name=workspace.name,
        users=users,
        leads=leads,
        companies=companies,
        ledger_contacts=delivered.get(CONTACT.name, 0),
        ledger_companies=delivered.get(COMPANY.name, 0),
        message=message,
    )


def _ask(client: IntercomClient) -> tuple[int | None, int | None, int | None]:
    """`GET /counts` where it answers, otherwise the totals of search and list."""
    counts = api.read_counts(client.send(api.count_all()))
    if counts is not None:
        return counts.users, counts.leads, counts.companies
    users = api.read_total(client.send(api.count_contacts("user")))
    leads = api.read_total(client.send(api.count_contacts("lead")))
    return users, leads, api.read_total(client.send(api.count_companies()))
