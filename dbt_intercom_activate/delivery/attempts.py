"""When something was sent that may have been carried out though its answer never came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.errors import RequestFailed, Stopped

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.api import Answer, Request
    from dbt_intercom_activate.intercom.client import Sender


class NotedAttempts:
    """Carries the requests of one conversation, and notes the first change that Intercom may have made unknown to us.

    A later run takes for our own what Intercom says to have made since then.
    """

    def __init__(self, client: Sender) -> None:
        self._client = client
        self.attempted_at: int | None = None
        """Unix seconds by Intercom's clock; None where there is no such request."""

    def send(self, request: Request) -> Answer:
        """Send one request; errors as `IntercomClient.send`."""
        try:
            answer = self._client.send(request)
        except (RequestFailed, Stopped) as failure:
            self._note(request, failure.attempted_at)
            raise
        if answer.repeated:
            self._note(request, answer.attempted_at)
        return answer

    def _note(self, request: Request, attempted_at: int | None) -> None:
        if request.changes and attempted_at is not None:
            self.attempted_at = min(self.attempted_at or attempted_at, attempted_at)
