"""What a run is made for: the models as they are now, or a plan that was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.ledger.plans import Plans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.ledger.opening import OpenLedger
    from dbt_intercom_activate.outcomes.results import ActivationResult
    from dbt_intercom_activate.sync.admission import Job, NotRun
    from dbt_intercom_activate.sync.preparation import Prepared
    from dbt_intercom_activate.sync.session import Session


class Occasion:
    """A run for the models as they are now; what has another occasion says so in its own class."""

    def narrow(self, prepared: Prepared) -> Prepared:
        """What of the project is meant.

        Raises:
            CannotRun: There is something that the run cannot begin with.
        """
        return prepared

    def admit(
        self,
        ledger: OpenLedger,  # noqa: ARG002 (for other occasions)
        prepared: Prepared,  # noqa: ARG002
        admitted: Mapping[str, Job | NotRun],
    ) -> dict[str, Job | NotRun]:
        """What may run, by the names of the activations; nothing is written.

        Raises:
            CannotRun: Something is not as it has to be.
        """
        return dict(admitted)

    def begin(self, session: Session, ledger: OpenLedger) -> None:
        """The lock is held, and nothing was sent yet."""
        if not ledger.standing.keeps_plans:
            return
        dropped = Plans(ledger).drop_old(session.now())
        if dropped:
            session.report.info(
                f"Dropped what {dropped} plan{'s' if dropped != 1 else ''} kept", event="plans.dropped"
            )

    def end(self, session: Session, ledger: OpenLedger, results: Sequence[ActivationResult]) -> None:
        """All activations have ended, and the lock is still held."""
