"""`forget`: let go what an activation that is no longer in the project has delivered."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from dbt_intercom_activate.commands.activations import all_activations
from dbt_intercom_activate.configuration.readers import listed, nearest
from dbt_intercom_activate.errors import CannotRun, Message
from dbt_intercom_activate.ledger.machine_lock import one_run_on_this_machine
from dbt_intercom_activate.ledger.opening import open_ledger
from dbt_intercom_activate.ledger.ownership import FORGOTTEN, known_activations, orphans, row_without_owner

if TYPE_CHECKING:
    from dbt_intercom_activate.project.location import DbtProject


def forget(project: DbtProject, name: str) -> int:
    """Let go what an activation delivered; it stays in Intercom, and no run counts it or removes it any more.

    Returns:
        How many records that are.

    Raises:
        CannotRun: It is in the project, or the ledger does not know it, or a run is alive.
        WarehouseFailed: The warehouse refused.
    """
    if name in {each.name for each in all_activations(project)}:
        raise CannotRun(
            Message(
                "activation-in-project",
                f"activation {name} is in the project, and owns what it delivered. Take it out of the project first",
            )
        )
    with one_run_on_this_machine(project), open_ledger(project) as ledger:
        known = known_activations(ledger)
        own = [each for each in known if each.name == name and not each.left]
        if not own:
            names = list(dict.fromkeys(each.name for each in known if not each.left))
            advice = nearest(name, names) or (f"It knows {listed(names, last='and')}" if names else None)
            said = f". {advice}" if advice else ""
            raise CannotRun(
                Message(
                    "activation-unknown-to-ledger",
                    f"the ledger knows no activation {name} that could be let go{said}",
                )
            )
        others = {each.name for each in known} - {name}
        count = sum(each.records for each in orphans(ledger, others))
        run_id = str(uuid.uuid4())
        lock = ledger.lock(run_id)
        with ledger.held_for_writing(lock):
            for each in own:
                ledger.outcomes.append_run(
                    row_without_owner(
                        each,
                        FORGOTTEN,
                        run_id=run_id,
                        project=ledger.warehouse.target.project_name,
                        now=ledger.now(),
                        generation=lock.generation,
                    )
                )
        return count
